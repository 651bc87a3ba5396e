"""The second opinion: the normative mpmath definitions, evaluated and held against certified Numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mpmath

from conformance import contracts, losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, UNDERFLOW_EXPONENT, ZERO, Number

Definition = Callable[..., Any]
"""From the mpmath context and the arguments to a value."""

GUARD = 60
"""Bits beyond the 128 of a Number to which the two must agree."""

RESOLVED = 1200.0
"""Up to here the working precision shows e^−x beside any number; beyond, only the sign of such a tail matters."""


def working_precision(row: Sequence[float]) -> int:
    """Bits that resolve every cancellation and every tail these inputs can produce.

    Sums of numbers of the inputs' size and of e^±x: twice the widest span of exponents, and what e^x shifts.

    Parameters
    ----------
    row : sequence of float
        Finite inputs.
    """
    exponents = [abs(math.frexp(v)[1]) for v in row if v]
    shift = max((min(abs(v), RESOLVED) for v in row), default=0.0)
    return 256 + GUARD + 2 * max(exponents, default=0) + int(3 * shift)


def agrees(definition: Definition, row: Sequence[float], number: Number) -> bool:
    """Whether the normative definition yields a certified Number.

    Parameters
    ----------
    definition : callable
        From the mpmath context and the arguments to a value.
    row : sequence of float
        Inputs inside the domain.
    number : Number
        What the enclosures certified.

    Returns
    -------
    bool
        All 128 bits, tag, sign and sticky bit agree with an evaluation that has at least 60 bits more.
    """
    precision = working_precision(row)
    return any(_agrees(definition, row, number, p) for p in (precision, 4 * precision))


def definition_of(name: str, loss: str, quantity: str, row: Sequence[float]) -> Definition | None:
    """The normative definition of a loss or contract at an input; None where its value is stated, not computed.

    Parameters
    ----------
    name : str
        A loss, or a contract with its constant.
    loss : str
        The loss, or the one the contract deviates from.
    quantity : str
    row : sequence of float
        Inputs.
    """
    if name == loss:
        exact = losses.load(loss)
        if exact.special(quantity, *row) is not None:
            return None
        return lambda mp, *arguments: exact.definition(mp, quantity, *arguments)
    contract = contracts.load(name, loss)
    constants = contract.rules.constants(contract.constant, None)
    if constants is None or not contract.rules.computed(quantity, tuple(row)):
        return None

    def documented(mp: Any, *arguments: Any) -> Any:
        decimals = tuple(mp.mpf(int(c.p)) / int(c.q) for c in constants)
        return contract.rules.definition(mp, quantity, decimals, *arguments)

    return documented


class Disputed(Exception):
    """The two ways to compute a golden value differ: no verdict may rest on it."""


@lru_cache(maxsize=1 << 16)
def confirm(loss: str, quantity: str, row: tuple[float, ...], number: Number) -> None:
    """Hold the golden value of a finding's witness against the normative definition.

    Parameters
    ----------
    loss, quantity : str
    row : tuple of float
        The witness's inputs.
    number : Number
        Its golden value; limits and undefined values are stated, not computed, and pass.

    Raises
    ------
    Disputed
        When the two differ. Nothing is judged by such a value, so this ends the audit.
    """
    definition = definition_of(loss, loss, quantity, row)
    if definition is not None and not agrees(definition, row, number):
        inputs = ", ".join(v.hex() for v in row)
        raise Disputed(f"Arb and mpmath differ on {quantity} of {loss} at {inputs}: please report this")


def _agrees(definition: Definition, row: Sequence[float], number: Number, precision: int) -> bool:
    with mpmath.workprec(precision):
        value = definition(mpmath.mp, *(mpmath.mpf(v) for v in row))
        if number.tag in (NAN, NONE):
            return bool(mpmath.isnan(value))
        if number.tag == ZERO:
            return bool(value == 0)
        if bool(value < 0) != number.negative or value == 0:
            return False
        if number.tag == INFINITE:
            return bool(mpmath.isinf(value))
        _, _, exponent, bits = value._mpf_
        if number.tag == UNDERFLOW:
            return bool(exponent + bits - 1 < UNDERFLOW_EXPONENT)
        assert number.tag == FINITE
        # In units of the last of the 128 bits, the excess over the truncated significand is in [0, 1).
        unit = mpmath.ldexp(1, number.exponent - 127)
        excess = abs(value) / unit - number.significand
        slack = mpmath.ldexp(1, -GUARD)
        if not number.sticky:
            return bool(abs(excess) <= slack)
        if excess == 0 and all(abs(v) < RESOLVED for v in row):
            return False  # all there is fits into 128 bits
        return bool(-slack <= excess <= 1 + slack)
