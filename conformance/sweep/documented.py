"""What contracts document, in binary64 where that decides: their fast oracles, and the proof that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from conformance import contracts, losses, oracle
from conformance.contracts import Constants, Contract, Variants
from conformance.estimate import Estimate
from conformance.formats import Bits, Format, Values, from_float64, neighbours, rounded, to_float64
from conformance.golden import Golden, changed, contract_golden
from conformance.sweep.doubt import in_doubt

AROUND = 64
"""So many numbers of a format to either side of each constant are checked."""


@dataclass(frozen=True)
class Documented:
    """What is documented of results; a contract without a fast oracle is certified.

    Attributes
    ----------
    got : ndarray of float64, shape (N,)
        The results: where they are clear of every border, an estimate is as good as the exact value.
    target : Format
    limit : float
        In ULPs of the scale.
    """

    got: Values
    target: Format
    limit: float

    def __call__(
        self, contract: Contract, quantity: str, constants: Constants, columns: tuple[Values, ...], mathematics: Golden
    ) -> Golden:
        """The same verdicts as by ``contract_golden``, with the same arguments."""
        rows = changed(contract, quantity, constants, columns)
        if not len(rows):
            return mathematics
        estimates = _estimates(contract, quantity, constants, [column[rows] for column in columns])
        if estimates is None:
            return contract_golden(contract, quantity, constants, columns, mathematics)
        value, scale = estimates
        part = oracle.as_exact(value, scale, oracle.at_end(contract.loss, columns[0][rows]))
        open_ = np.isnan(value.head)
        open_[in_doubt(self.got[rows], value, scale, part, self.target, self.limit)] = True
        index = np.flatnonzero(open_)
        if len(index):
            known = [column[rows[index]] for column in columns]
            own = contract_golden(contract, quantity, constants, known, mathematics.take(rows[index]))
            part = part.put(index, own)
        return mathematics.put(rows, part)


@cache
def variants(contract: Contract, quantity: str, fmt: Format) -> Variants:
    """The verdicts that a contract can earn, with its constants: a sweep asks for each block.

    Parameters
    ----------
    contract : Contract
    quantity : str
    fmt : Format
        That constants may be rounded to.
    """
    return contract.rules.variants(quantity, contract.constant, fmt)


def plain(contract: Contract, quantity: str, fmt: Format, columns: Sequence[Values]) -> bool:
    """Whether a contract says what mathematics says at two inputs, and so between them, whatever its constants.

    Parameters
    ----------
    contract : Contract
    quantity : str
    fmt : Format
        That its constants may be rounded to.
    columns : sequence of ndarray of float64, each of shape (2,)
        The other arguments are the same at both.
    """
    several = variants(contract, quantity, fmt)
    return not any(len(changed(contract, quantity, constants, columns)) for _, constants in several)


def stated(
    contract: Contract, quantity: str, fmt: Format, columns: Sequence[Values], value: Estimate
) -> list[tuple[str, Estimate]] | None:
    """What a contract says with each of its constants, in the order of the verdicts; None where only Arb tells.

    Parameters
    ----------
    contract, quantity, fmt
        As for ``plain``.
    columns : sequence of ndarray of float64, each of shape (N,)
    value : Estimate
        Of the mathematics.
    """
    found = []
    for kind, constants in variants(contract, quantity, fmt):
        rows = changed(contract, quantity, constants, columns)
        own = value
        if len(rows):
            estimates = _estimates(contract, quantity, constants, [column[rows] for column in columns])
            if estimates is None:
                return None
            own = estimates[0] if len(rows) == len(value.head) else value.put(rows, estimates[0])
        found.append((kind, own))
    return found


def check(contract: str, loss: str, quantities: Sequence[str], inputs: Format, compute: Format) -> None:
    """Compare a contract's fast oracle with certified values in every binade and around its constants.

    Parameters
    ----------
    contract, loss : str
    quantities : sequence of str
        Of the loss.
    inputs : Format
    compute : Format
        That the contract's constants may be rounded to.

    Raises
    ------
    OracleError
        When an error exceeds half of what the oracle allows for: the other half is for the points in between.
    """
    bound = contracts.load(contract, loss)
    for quantity in quantities:
        for _, constants in variants(bound, quantity, compute):
            columns = _places(losses.load(loss).ARGUMENTS[0], constants, inputs)
            rows = changed(bound, quantity, constants, columns)
            columns = [column[rows] for column in columns]
            estimates = _estimates(bound, quantity, constants, columns)
            if estimates is None:
                continue
            known = np.flatnonzero(~np.isnan(estimates[0].head))
            columns = [column[known] for column in columns]
            exact = contract_golden(bound, quantity, constants, columns)
            value, scale = (one.take(known) for one in estimates)
            oracle.compare(f"{quantity} by {contract} of {loss}", value, scale, exact, columns)


def _estimates(
    contract: Contract, quantity: str, constants: Constants, columns: Sequence[Values]
) -> tuple[Estimate, Estimate] | None:
    rules: Any = contract.rules
    found: tuple[Estimate, Estimate] | None = (
        rules.oracle(quantity, columns, constants) if hasattr(rules, "oracle") else None
    )
    return found


def _places(argument: str, constants: Constants, fmt: Format) -> list[Values]:
    """Points in every binade and around every constant, under the hard labels and, in 16 bits, soft ones."""
    random = np.random.default_rng(oracle.SEED)
    near = [v for c in constants for v in neighbours(float(int(c.p) / int(c.q)), fmt, AROUND)]
    x = np.concatenate((to_float64(oracle.patterns(fmt, random), fmt), np.array(near)))
    bits: Bits = np.unique(from_float64(x, fmt))
    x = to_float64(bits, fmt)
    x = x[np.isfinite(x) & ((x >= 0) & (x <= 1) if argument == "probability" else True)]
    labels = [np.full(len(x), y) for y in oracle.HARD]
    if fmt.width == 16:
        labels += [rounded(random.random(len(x)), fmt) for _ in range(oracle.SOFT)]
    return [np.tile(x, len(labels)), np.concatenate(labels)]
