"""Arb enclosures of the transcendental pieces that losses are made of.

Each piece is *split*: piece = exact + coefficient · ball with an exact rational part, an exact rational
coefficient and a ball that is strictly positive. The split is what makes a certificate possible where the
transcendental part is thousands of bits below the rational one: its sign is known without its digits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from flint import arb, ctx, fmpq

ZERO, QUARTER, HALF, ONE = fmpq(0), fmpq(1, 4), fmpq(1, 2), fmpq(1)
FAR = fmpq(4096)
TINY = fmpq(1, 1 << 96)
PRECISION = 192
"""Bits of the first attempt: 128 kept, 64 to spare."""


class Split(NamedTuple):
    """exact + coefficient · ball, the ball strictly positive."""

    exact: fmpq
    coefficient: fmpq
    ball: arb


def _surrogate() -> arb:
    """A positive ball below 2^-5900.

    It stands for every term e^−a with a > 4096. All results are either such a term alone, which is tagged as
    an underflow, or a rational of at least 2^-2200 and that term, whose 128 leading bits and sticky bit depend
    on the sign of the term only. So any positive value below 2^-5900 gives the same golden, powers and products of
    it too.
    """
    return arb(fmpq(3, 1 << 5903)) + arb(0, fmpq(1, 1 << 5964))


@lru_cache(maxsize=1024)
def softplus_tail(a: fmpq, precision: int) -> Split:
    """log(1 + e^−a).

    Parameters
    ----------
    a : fmpq
        Not negative.
    precision : int
        Bits of working precision.
    """
    if a > FAR:
        return Split(ZERO, ONE, _surrogate())
    with at(precision):
        return Split(ZERO, ONE, (-arb(a)).exp().log1p())


@lru_cache(maxsize=1024)
def logistic_tail(a: fmpq, precision: int) -> Split:
    """1 / (1 + e^a), which is 1/2 − tanh(a/2)/2.

    Parameters
    ----------
    a : fmpq
        Not negative.
    precision : int
        Bits of working precision.
    """
    if a == 0:
        return Split(HALF, ZERO, arb(1))
    if a > FAR:
        return Split(ZERO, ONE, _surrogate())
    with at(precision):
        if a < 1:
            return Split(HALF, -HALF, arb(a / 2).tanh())
        e = (-arb(a)).exp()
        return Split(ZERO, ONE, e / (1 + e))


@lru_cache(maxsize=1024)
def logistic_slope(a: fmpq, precision: int) -> Split:
    """e^−a / (1 + e^−a)², the derivative of the logistic function: 1/4 − tanh²(a/2)/4.

    Parameters
    ----------
    a : fmpq
        Not negative.
    precision : int
        Bits of working precision.
    """
    if a == 0:
        return Split(QUARTER, ZERO, arb(1))
    if a > FAR:
        return Split(ZERO, ONE, _surrogate())
    with at(precision):
        if a < 1:
            t = arb(a / 2).tanh()
            return Split(QUARTER, -QUARTER, t * t)
        e = (-arb(a)).exp()
        return Split(ZERO, ONE, e / ((1 + e) * (1 + e)))


@lru_cache(maxsize=1024)
def odds_softplus(d: fmpq, others: int, precision: int) -> Split:
    """log(1 + n·e^−d) for d ≥ 0, log(n + e^d) for d < 0.

    Parameters
    ----------
    d : fmpq
    others : int
        n, at least 1.
    precision : int
        Bits of working precision.
    """
    if others == 1:
        return softplus_tail(abs(d), precision)
    with at(precision):
        if d > FAR:
            return Split(ZERO, fmpq(others), _surrogate())
        e = _surrogate() if d < -FAR else (-arb(abs(d))).exp()
        return Split(ZERO, ONE, (others * e).log1p() if d >= 0 else arb(others).log() + (e / others).log1p())


@lru_cache(maxsize=1024)
def odds_tail(d: fmpq, others: int, precision: int) -> Split:
    """1 − p for d ≥ 0 and p for d < 0, where p = 1/(1 + n·e^−d).

    Parameters
    ----------
    d : fmpq
    others : int
        n, at least 1.
    precision : int
        Bits of working precision.
    """
    if others == 1:
        return logistic_tail(abs(d), precision)
    if d == 0:
        return Split(fmpq(others, others + 1), ZERO, arb(1))
    if abs(d) > FAR:
        return Split(ZERO, fmpq(others) if d > 0 else fmpq(1, others), _surrogate())
    with at(precision):
        e = (-arb(abs(d))).exp()
        e = others * e if d > 0 else e / others
        return Split(ZERO, ONE, e / (1 + e))


@lru_cache(maxsize=1024)
def odds_slope(d: fmpq, others: int, precision: int) -> Split:
    """p·(1 − p), where p = 1/(1 + n·e^−d).

    Parameters
    ----------
    d : fmpq
    others : int
        n, at least 1.
    precision : int
        Bits of working precision.
    """
    if others == 1:
        return logistic_slope(abs(d), precision)
    if d == 0:
        return Split(fmpq(others, (others + 1) ** 2), ZERO, arb(1))
    if abs(d) > FAR:
        return Split(ZERO, fmpq(others) if d > 0 else fmpq(1, others), _surrogate())
    with at(precision):
        e = (-arb(abs(d))).exp()
        e = others * e if d > 0 else e / others
        return Split(ZERO, ONE, e / ((1 + e) * (1 + e)))


@lru_cache(maxsize=1024)
def negative_log(p: fmpq, precision: int) -> Split:
    """−log p.

    Parameters
    ----------
    p : fmpq
        In (0, 1].
    precision : int
        Bits of working precision.
    """
    if p > HALF:
        return negative_log_complement(1 - p, precision)
    with at(precision):
        return Split(ZERO, ONE, -arb(p).log())


@lru_cache(maxsize=1024)
def negative_log_complement(q: fmpq, precision: int) -> Split:
    """−log(1 − q).

    Parameters
    ----------
    q : fmpq
        In [0, 1).
    precision : int
        Bits of working precision.
    """
    if q == 0:
        return Split(ZERO, ZERO, arb(1))
    if q > HALF:
        return negative_log(1 - q, precision)
    with at(precision):
        if q < TINY:  # q + q²/2 + r with q³/3 < r < q³/2
            return Split(q + q * q / 2, q * q * q, arb(fmpq(5, 12)) + arb(0, fmpq(1, 12)))
        return Split(ZERO, ONE, -(-arb(q)).log1p())


class at:
    """Arb's working precision for a block; python-flint keeps it in one global context."""

    def __init__(self, precision: int) -> None:
        self.precision = precision

    def __enter__(self) -> None:
        self.before = ctx.prec
        if self.before != self.precision:
            ctx.prec = self.precision

    def __exit__(self, *failure: Any) -> None:
        if self.before != self.precision:
            ctx.prec = self.before
