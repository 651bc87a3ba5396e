"""Golden values of cases: certified, each distinct input once, as arrays ready for the judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance import tables
from conformance.contracts import Constants, Contract
from conformance.exact import Exact, pack
from conformance.formats import Values
from conformance.pairs import Pair, Row, contract_pair, exact_pair


@dataclass(frozen=True)
class Golden:
    """Exact values and their scales, arrays of one length.

    Attributes
    ----------
    value : Exact
    scale : Exact
        The sum of the magnitudes of the value's terms.
    other : Exact or None
        At a kink the other one-sided derivative, elsewhere ``value`` again; None where there is no kink.
    """

    value: Exact
    scale: Exact
    other: Exact | None = None

    def take(self, index: Any) -> Golden:
        """The values at an index or mask."""
        other = None if self.other is None else self.other.take(index)
        return Golden(self.value.take(index), self.scale.take(index), other)

    def put(self, index: NDArray[np.intp], part: Golden) -> Golden:
        """These values, which have no kink, with others at an index, ascending."""
        if len(index) in (0, len(self.value)):
            return part if len(index) else self
        other = None if part.other is None else self.value.put(index, part.other)
        return Golden(self.value.put(index, part.value), self.scale.put(index, part.scale), other)


@dataclass(frozen=True)
class Distinct:
    """Rows, each once, and the place among them of each row that was asked for."""

    columns: list[Values]
    index: NDArray[np.intp]


def golden(loss: str, quantity: str, columns: Sequence[Values]) -> Golden:
    """The mathematics of a loss.

    Parameters
    ----------
    loss, quantity : str
    columns : sequence of ndarray of float64, each of shape (N,)
        The arguments in the loss's order, exact.

    Returns
    -------
    Golden
        Of length N.
    """
    return _gather(exact_pair(loss, quantity), columns, _stored(loss, quantity))


def contract_golden(
    contract: Contract,
    quantity: str,
    constants: Constants,
    columns: Sequence[Values],
    mathematics: Golden | None = None,
) -> Golden:
    """What a contract documents, with given constants.

    Parameters
    ----------
    contract : Contract
    quantity : str
    constants : tuple of fmpq
        From the contract's ``constants``: decimal or rounded.
    columns : sequence of ndarray of float64, each of shape (N,)
    mathematics : Golden, optional
        Of the loss at these columns: it is taken where the contract says that it says nothing else.

    Returns
    -------
    Golden
        Of length N; ``other`` differs from ``value`` at kinks only.
    """
    if mathematics is not None:
        rows = changed(contract, quantity, constants, columns)
        few = distinct(contract, quantity, constants, [column[rows] for column in columns])
        part = contract_golden(contract, quantity, constants, few.columns).take(few.index)
        return mathematics.put(rows, part)
    decimal = constants == contract.rules.constants(contract.constant, None)
    own = contract.loss == tables.functions().get(contract.name)
    table = _stored(contract.name, quantity) if decimal and own else {}
    inner = _gather(contract_pair(contract, quantity, constants), columns, table)
    kinks = contract.rules.kinks
    if any(kinks(quantity, row, constants) for row in zip(*(c.tolist() for c in columns), strict=True)):
        outer = _gather(contract_pair(contract, quantity, constants, outer=True), columns, {})
        return Golden(inner.value, inner.scale, outer.value)
    return inner


def changed(contract: Contract, quantity: str, constants: Constants, columns: Sequence[Values]) -> NDArray[np.intp]:
    """The rows of which a contract does not say what mathematics says, as far as it knows.

    Parameters
    ----------
    contract, quantity, constants, columns
        As for ``contract_golden``.
    """
    unchanged = getattr(contract.rules, "unchanged", None)
    if unchanged is None:
        return np.arange(len(columns[0]))
    return np.flatnonzero(~unchanged(quantity, columns, constants))


def distinct(contract: Contract, quantity: str, constants: Constants, columns: Sequence[Values]) -> Distinct:
    """Rows of which a contract says as much as of these, each once.

    Parameters
    ----------
    contract, quantity, constants, columns
        As for ``contract_golden``.
    """
    alike = getattr(contract.rules, "alike", None)
    if alike is None or not len(columns[0]):
        return Distinct(list(columns), np.arange(len(columns[0])))
    code = np.zeros(len(columns[0]), np.int64)
    own = alike(quantity, columns, constants)
    for column in own:
        several, place = np.unique(column, return_inverse=True)
        code = code * len(several) + place
    _, first, index = np.unique(code, return_index=True, return_inverse=True)
    return Distinct([column[first] for column in own], index)


@cache
def _stored(name: str, quantity: str) -> dict[Row, Pair]:
    """The golden table's values of one quantity."""
    return {row: pair for (q, row), pair in tables.read(name).items() if q == quantity}


def _gather(pair: Callable[[Row], Pair], columns: Sequence[Values], stored: dict[Row, Pair]) -> Golden:
    """Look each distinct row up, or compute it, once."""
    rows = list(zip(*(c.tolist() for c in columns), strict=True))
    table: dict[Row, int] = {}
    index = np.empty(len(rows), np.intp)
    pairs: list[Pair] = []
    for i, row in enumerate(rows):
        # -0.0 and 0.0 are one key, rightly: every loss here is continuous at 0. A NaN is never equal to itself.
        known = table.get(row)
        if known is None:
            known = table[row] = len(pairs)
            pairs.append(stored.get(row) or pair(row))
        index[i] = known
    value, scale = pack(p[0] for p in pairs), pack(p[1] for p in pairs)
    return Golden(value.take(index), scale.take(index))
