"""Certified exact values: enclosures in Arb balls, refined until the leading bits are decided (Ziv's strategy)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flint import arb, fmpq

from conformance.enclosures import PRECISION, Split, at
from conformance.exact import FINITE, UNDERFLOW, UNDERFLOW_EXPONENT, Number, number_of_ratio

LAST_PRECISION = 1 << 15


class Uncertified(Exception):
    """No precision up to the last one decided the value; a value that needs this is a bug in its definition."""


class Sum(NamedTuple):
    """exact + Σ coefficient · ball, every ball strictly positive."""

    exact: fmpq
    tails: tuple[tuple[fmpq, arb], ...]


Enclosure = Callable[[int], Sum]
"""A value as a function of the working precision in bits."""


def combine(exact: fmpq, *parts: tuple[fmpq, Split]) -> Sum:
    """exact + Σ factor · split as a Sum; parts with the same ball are one term.

    Parameters
    ----------
    exact : fmpq
    *parts : tuple of (fmpq, Split)
    """
    terms: list[tuple[fmpq, arb]] = []
    for factor, part in parts:
        exact = exact + factor * part.exact
        coefficient = factor * part.coefficient
        if coefficient != 0:
            terms.append((coefficient, part.ball))
    return Sum(exact, tuple(terms))


def multiple(total: Sum, factor: fmpq) -> Sum:
    """An exact multiple of a Sum.

    Parameters
    ----------
    total : Sum
    factor : fmpq
    """
    if factor == 0:
        return Sum(fmpq(0), ())
    return Sum(total.exact * factor, tuple((c * factor, ball) for c, ball in total.tails))


def certify(enclosure: Enclosure) -> Number:
    """The exact value, certain in all its 128 bits and its sticky bit.

    Parameters
    ----------
    enclosure : callable
        From a precision in bits to a Sum. It is called with growing precision until the two ends of the
        enclosure have the same leading 128 bits, tag, sign and sticky bit.

    Returns
    -------
    Number

    Raises
    ------
    Uncertified
        When 32,768 bits do not decide.
    """
    precision = PRECISION
    while precision <= LAST_PRECISION:
        found = decide(enclosure(precision), precision)
        if found is not None:
            return found
        precision *= 2
    raise Uncertified(f"{LAST_PRECISION} bits do not decide this value; its definition needs an exact part")


def decide(total: Sum, precision: int) -> Number | None:
    """The Number that every point of an enclosure has, or None."""
    exact, tails = total
    if not tails:
        return number_of_ratio(int(exact.p), int(exact.q))
    with at(precision):
        first, ball = tails[0]
        if first != 1:  # most are: a product costs as much as the rest of this function
            ball = -ball if first == -1 else arb(first) * ball
        for coefficient, other in tails[1:]:
            ball = ball + arb(coefficient) * other
        quick = _leading(ball if exact == 0 else ball + arb(exact))
    if quick is not None:
        return quick
    return _beside(exact, ball) or _between(exact, ball)


def _beside(exact: fmpq, ball: arb) -> Number | None:
    """The Number of an exact part of at most 128 bits and a ball below its last bit: only the ball's sign matters."""
    number = number_of_ratio(int(exact.p), int(exact.q))
    if number.sticky or number.tag != FINITE:
        return None
    middle, exponent = ball.mid().man_exp()
    radius, scale = ball.rad().man_exp()
    m, top = int(middle), int(middle).bit_length() + int(exponent)  # 2^(top−1) ≤ |middle| < 2^top
    if int(radius).bit_length() + int(scale) > top - 2 or top + 1 > number.exponent - 128:
        return None  # of either sign, or not below half a unit of the last bit
    if (m < 0) == number.negative:
        return number._replace(sticky=True)
    if number.significand == 1 << 127:  # just below a power of two
        return number._replace(exponent=number.exponent - 1, significand=(1 << 128) - 1, sticky=True)
    return number._replace(significand=number.significand - 1, sticky=True)


def _leading(ball: arb) -> Number | None:
    """The common leading bits of a ball that contains no number of 128 bits, else None."""
    middle, exponent = ball.mid().man_exp()
    m, e = int(middle), int(exponent)
    negative = m < 0
    if negative:
        m = -m
    extra = m.bit_length() - 128
    if extra < 8:
        m <<= 8 - extra  # a middle of few bits
        e -= 8 - extra
        extra = 8
    r, f = ball.rad().man_exp()
    shift = int(f) - e
    radius = (int(r) << shift if shift >= 0 else int(r) >> -shift) + 1 if shift < 1024 else None
    if radius is None:
        return None
    rest = m & ((1 << extra) - 1)
    if rest <= radius or rest + radius >= 1 << extra:
        return None
    exponent_of_value = e + extra + 127
    if exponent_of_value < UNDERFLOW_EXPONENT:
        return Number(UNDERFLOW, negative)
    return Number(FINITE, negative, exponent_of_value, m >> extra, True)


def _between(exact: fmpq, ball: arb) -> Number | None:
    """The Number of both ends of exact + ball, in integers: what both have, every point between them has."""
    first, last = exact + _end(ball, -1), exact + _end(ball, +1)
    if (first < 0) != (last < 0) or first == 0 or last == 0:
        return None
    a, b = number_of_ratio(int(first.p), int(first.q)), number_of_ratio(int(last.p), int(last.q))
    return a if a == b else None


def _end(ball: arb, side: int) -> fmpq:
    middle, exponent = ball.mid().man_exp()
    radius, scale = ball.rad().man_exp()
    return _dyadic(int(middle), int(exponent)) + side * _dyadic(int(radius), int(scale))


def _dyadic(mantissa: int, exponent: int) -> fmpq:
    return fmpq(mantissa << exponent) if exponent >= 0 else fmpq(mantissa, 1 << -exponent)


def ratio(value: float | fmpq) -> fmpq:
    """A finite float as the exact rational it is.

    Parameters
    ----------
    value : float, or fmpq
        A rational is one already.
    """
    return value if isinstance(value, fmpq) else fmpq(*value.as_integer_ratio())
