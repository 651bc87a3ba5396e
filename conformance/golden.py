"""Golden values of cases: certified, each distinct input once, as arrays ready for the judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

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
    unchanged = getattr(contract.rules, "unchanged", None)
    if mathematics is not None and unchanged is not None:
        rows = np.flatnonzero(~unchanged(quantity, columns, constants))
        part = contract_golden(contract, quantity, constants, [column[rows] for column in columns])
        value, scale = mathematics.value.put(rows, part.value), mathematics.scale.put(rows, part.scale)
        return Golden(value, scale, None if part.other is None else mathematics.value.put(rows, part.other))
    decimal = constants == contract.rules.constants(contract.constant, None)
    own = contract.loss == tables.functions().get(contract.name)
    table = _stored(contract.name, quantity) if decimal and own else {}
    inner = _gather(contract_pair(contract, quantity, constants), columns, table)
    kinks = contract.rules.kinks
    if any(kinks(quantity, row, constants) for row in zip(*(c.tolist() for c in columns), strict=True)):
        outer = _gather(contract_pair(contract, quantity, constants, outer=True), columns, {})
        return Golden(inner.value, inner.scale, outer.value)
    return inner


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
