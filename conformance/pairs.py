"""From one input tuple to its certified value and the scale its errors are measured in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flint import fmpq

from conformance import losses
from conformance.certify import Sum, certify, ratio
from conformance.contracts import Constants, Contract
from conformance.enclosures import PRECISION
from conformance.exact import ZERO, Number

Row = tuple[float, ...]
Pair = tuple[Number, Number]


def exact_pair(loss: str, quantity: str) -> Callable[[Row], Pair]:
    """The function from one input tuple to its certified value and scale."""
    definition = losses.load(loss)

    def pair(row: Row) -> Pair:
        special = definition.special(quantity, *row)
        if special is not None:
            stated = special._replace(negative=special.negative and special.tag != ZERO)  # an exact zero has no sign
            return stated, stated
        arguments = tuple(_ratio(v) for v in row)
        return _certified(lambda precision: definition.enclose(quantity, arguments, precision))

    return pair


def contract_pair(
    contract: Contract, quantity: str, constants: Constants, outer: bool = False
) -> Callable[[Row], Pair]:
    """The function from one input tuple to what the contract documents, and its scale."""

    def pair(row: Row) -> Pair:
        first = contract.rules.value(quantity, row, constants, PRECISION, outer)
        if isinstance(first, Number):
            return first, first

        def enclose(precision: int) -> tuple[Sum, Sum]:
            again = contract.rules.value(quantity, row, constants, precision, outer)
            assert not isinstance(again, Number)  # precision does not change what kind of value it is
            return again

        return _certified(enclose)

    return pair


def _certified(enclose: Callable[[int], tuple[Sum, Sum]]) -> Pair:
    """Certify both ends of a pair; a scale that *is* the value is certified once."""
    first, second = enclose(PRECISION)
    value = certify(lambda precision: first if precision == PRECISION else enclose(precision)[0])
    if second is first:
        return value, value
    return value, certify(lambda precision: second if precision == PRECISION else enclose(precision)[1])


@lru_cache(maxsize=4096)
def _ratio(value: float) -> fmpq:
    return ratio(value)
