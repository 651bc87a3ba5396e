"""Estimates in two parts, a head and a rest far below it, and how far off they may be: a double-double and its slack.

A soft label times a logit is a short binary number, and σ of a large one is next to 1: what decides on which side of a
rounding border such a value lies is the sign of a tiny tail. Head and rest keep the tail; the slack is relative to it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from conformance.exact import FINITE, INFINITE, NAN, UNDERFLOW, ZERO, Exact
from conformance.formats import Mask, Values

BOUND = 2.0**-46
"""What a fast oracle may be off, relative to the terms of its tail: of its values and of its scales."""

QUOTIENT = 2.0**-96
"""What the estimate of a quotient may be off, relatively: the remainder, known to 2^-51 of itself, is below 2^-52."""

HEAD, LEAST = 2.0**-400, 2.0**-900
"""A positive tail below LEAST beside a head above HEAD is as good as LEAST: only its sign matters.

Heads of binary32's inputs, and every border between verdicts, are multiples of HEAD.
"""

_FIELD = np.int64(0x7FF)
_FRACTION = np.uint64((1 << 52) - 1)
_IMPLICIT = np.uint64(1 << 52)
_SPLIT = 2.0**27 + 1


class Estimate(NamedTuple):
    """head + rest, at most slack off. The head is the sum, rounded; a slack of 0 says that the sum is exact."""

    head: Values
    rest: Values
    slack: Values

    def take(self, index: np.ndarray) -> Estimate:
        """The estimates at an index or mask."""
        return Estimate(self.head[index], self.rest[index], self.slack[index])

    def put(self, index: np.ndarray, part: Estimate) -> Estimate:
        """These estimates with others at an index."""
        columns = [column.copy() for column in self]
        for column, own in zip(columns, part, strict=True):
            column[index] = own
        return Estimate(*columns)

    def magnitude(self) -> Estimate:
        """The same without its sign."""
        return Estimate(np.abs(self.head), np.where(self.head < 0, -self.rest, self.rest), self.slack)


def two_sum(a: Values, b: Values) -> tuple[Values, Values]:
    """The sum, rounded, and its rounding error, exactly.

    Parameters
    ----------
    a, b : ndarray of float64
    """
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def quotient(head: Values, rest: Values, divisor: float) -> Estimate:
    """The estimate of (head + rest) / divisor: a rounded quotient, and its exact remainder divided once more.

    Parameters
    ----------
    head, rest : ndarray of float64
        As ``two_sum`` gives them; exact together.
    divisor : float
        Not so large or small that a product of parts overflows or underflows.
    """
    found = head / divisor
    (high, low), (a, b) = _halves(found), _halves(np.float64(divisor))
    product = found * divisor
    lost = ((high * a - product) + high * b + low * a) + low * b  # Dekker's product: exactly what it was rounded by
    remainder = ((head - product) - lost) + rest
    found, rest = two_sum(found, remainder / divisor)  # which may be as much as an ulp
    return Estimate(found, rest, np.abs(found) * QUOTIENT)


def _halves(number: Any) -> tuple[Any, Any]:
    """The upper 26 bits of numbers and the rest, so that products of halves are exact."""
    scaled = number * _SPLIT
    high = scaled - (scaled - number)
    return high, number - high


def beside(head: Values, residue: Values, tail: Values, terms: Values) -> Estimate:
    """The estimate of head + residue + tail.

    Parameters
    ----------
    head, residue : ndarray of float64
        Exact together, the residue below the head's last bit.
    tail : ndarray of float64
        Good to BOUND of its terms.
    terms : ndarray of float64
        The sum of the magnitudes of the tail's terms.
    """
    total, rest = two_sum(head, tail)
    rest = rest + residue
    sum_ = total + rest
    rest = rest - (sum_ - total)
    slack = BOUND * (terms + np.abs(residue))
    beyond = ~np.isfinite(sum_)
    if beyond.any():  # infinities have no rest, and what is NaN says so in its head
        sum_ = np.where(beyond, total, sum_)
        rest, slack = (np.where(beyond, 0.0, v) for v in (rest, slack))
    return Estimate(sum_, rest, slack)


def joined(estimate: Estimate, zero: Mask) -> Exact:
    """An estimate as an exact value: truncated to 128 bits, and sticky wherever it is not exact.

    Parameters
    ----------
    estimate : Estimate, shape (N,)
    zero : ndarray of bool, shape (N,)
        Where a zero is exact; elsewhere it is what is left of an underflow.
    """
    head, rest, slack = estimate
    bits = head.view(np.uint64)
    field = (bits >> np.uint64(52)).astype(np.int64) & _FIELD
    fraction = bits & _FRACTION
    negative = np.signbit(head)
    finite = (field != 0) & (field != _FIELD)
    high = ((fraction | _IMPLICIT) << np.uint64(11)) * finite
    exponent = (field - 1023) * finite
    tiny = np.flatnonzero((field == 0) & (fraction != 0))
    if len(tiny):
        finite[tiny] = True
        significand, power = np.frexp(np.abs(head[tiny]))
        high[tiny], exponent[tiny] = (significand * 2.0**64).astype(np.uint64), power - 1
    low, sticky = np.zeros(head.shape, np.uint64), (slack > 0) & finite
    places = np.flatnonzero((rest != 0) & finite)
    if len(places):
        whole = len(places) == len(head)
        index = slice(None) if whole else places
        below = rest[index] * (1 - 2.0 * negative[index])
        # One less than a power of two has its leading bit one place further down; high, 2^64 there, is 0.
        shorter = (fraction[index] == 0) & (below < 0)
        exponent[index] -= shorter
        part = high[index] * ~shorter
        shift = np.clip(1086 - exponent[index], 1, 2046)  # 63 − exponent, as the exponent field of a power of two
        below = below * (shift << 52).view(np.float64)  # in units of high's last bit
        unit = np.trunc(below)
        under = np.abs(below - unit) * 2.0**64
        bottom = under.astype(np.uint64)
        lost = under != bottom.astype(np.float64)
        minus = below < 0
        bottom += lost & minus  # truncated downwards
        low[index] = np.where(minus, np.uint64(0) - bottom, bottom)
        high[index] = part + (unit.astype(np.int64) - (minus & (bottom > 0))).view(np.uint64)
        sticky[index] |= lost
    tag = np.zeros(head.shape, np.uint8)
    if not finite.all():
        size = np.abs(head)
        tag = np.where(zero & (size == 0), ZERO, UNDERFLOW)
        tag = np.where(np.isnan(head), NAN, np.where(np.isinf(head), INFINITE, tag))
        tag = np.where(finite, FINITE, tag).astype(np.uint8)
        negative = negative & (tag != ZERO) & (tag != NAN)
    return Exact(tag, negative, exponent, high, low, sticky)
