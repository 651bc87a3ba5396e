"""Exact values as arrays: sign, binary exponent, 128-bit truncated significand, sticky bit; rounded once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from conformance.formats import Bits, Format, Mask, Values, round_half_even, to_float64

FINITE, ZERO, UNDERFLOW, INFINITE, NAN, NONE = range(6)
"""Tags. UNDERFLOW is not zero, but far below half the smallest subnormal of every format; NONE is no golden."""

TOP = np.uint64(1 << 63)
UNDERFLOW_EXPONENT = -1200  # the smallest subnormal of binary64 is 2^-1074


class Number(NamedTuple):
    """One exact value: (−1)^negative · significand · 2^(exponent − 127), and a little more if sticky.

    A finite significand has 128 bits, so ``exponent`` is the floor of log2 of the magnitude.
    """

    tag: int
    negative: bool = False
    exponent: int = 0
    significand: int = 0
    sticky: bool = False


NOTHING = Number(NONE)


@dataclass(frozen=True, eq=False)
class Exact:
    """An array of exact values, a structure of arrays of one length. It is its own identity, so results are cached."""

    tag: NDArray[np.uint8]
    negative: Mask
    exponent: NDArray[np.int64]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    sticky: Mask

    def __len__(self) -> int:
        return len(self.tag)

    def take(self, index: Any) -> Exact:
        """The values at an index or mask."""
        return Exact(*(getattr(self, f.name)[index] for f in fields(self)))

    def put(self, index: NDArray[np.intp], values: Exact) -> Exact:
        """These values with others at an index."""
        columns = {f.name: getattr(self, f.name).copy() for f in fields(self)}
        for name, column in columns.items():
            column[index] = getattr(values, name)
        return Exact(**columns)

    def number(self, i: int) -> Number:
        """The i-th value as Python integers."""
        significand = (int(self.high[i]) << 64) | int(self.low[i])
        return Number(
            int(self.tag[i]), bool(self.negative[i]), int(self.exponent[i]), significand, bool(self.sticky[i])
        )


def pack(numbers: Iterable[Number]) -> Exact:
    """Numbers as arrays.

    Parameters
    ----------
    numbers : iterable of Number
    """
    rows = list(numbers)
    mask = (1 << 64) - 1
    return Exact(
        np.array([r[0] for r in rows], np.uint8),
        np.array([r[1] for r in rows], bool),
        np.array([r[2] for r in rows], np.int64),
        np.array([r[3] >> 64 for r in rows], np.uint64),
        np.array([r[3] & mask for r in rows], np.uint64),
        np.array([r[4] for r in rows], bool),
    )


def order(exact: Exact, other: Exact) -> NDArray[np.int8]:
    """The sign of exact − other.

    Parameters
    ----------
    exact, other : Exact, shape (N,)
        Tagged FINITE or ZERO. ``other`` is not sticky: what is, is above its truncation.
    """
    mine, its = (np.where(e.tag == ZERO, 0, 1 - 2 * e.negative.astype(np.int8)) for e in (exact, other))
    size = exact.sticky.astype(np.int8)
    for column in ("low", "high", "exponent"):
        a, b = getattr(exact, column), getattr(other, column)
        size = np.where(a == b, size, np.where(a > b, np.int8(1), np.int8(-1)))
    found: NDArray[np.int8] = np.where(mine == its, size * mine, np.sign(mine - its)).astype(np.int8)
    return found


def number_of_ratio(numerator: int, denominator: int) -> Number:
    """An exact rational as a Number.

    Parameters
    ----------
    numerator, denominator : int
        ``denominator`` is positive.
    """
    if numerator == 0:
        return Number(ZERO)
    magnitude = abs(numerator)
    shift = 129 - magnitude.bit_length() + denominator.bit_length()  # the quotient gets 129 or 130 bits
    if shift >= 0:
        quotient, rest = divmod(magnitude << shift, denominator)
    else:
        quotient, rest = divmod(magnitude, denominator << -shift)
    extra = quotient.bit_length() - 128
    sticky = rest != 0 or quotient & ((1 << extra) - 1) != 0
    exponent = quotient.bit_length() - 1 - shift
    if exponent < UNDERFLOW_EXPONENT:
        return Number(UNDERFLOW, numerator < 0)
    return Number(FINITE, numerator < 0, exponent, quotient >> extra, sticky)


def round_to(exact: Exact, fmt: Format) -> Bits:
    """The correctly rounded bits: one rounding, to nearest, ties to even, with integers.

    Parameters
    ----------
    exact : Exact, shape (N,)
    fmt : Format

    Returns
    -------
    ndarray of ``fmt.storage``, shape (N,)
        NaN for the tags NAN and NONE. The sign of a result that rounds to zero is the exact value's;
        an exact zero is +0.
    """
    kept = np.clip(fmt.precision + np.minimum(exact.exponent - fmt.emin, 0), -1, fmt.precision)
    drop = (64 - np.maximum(kept, 0)).astype(np.uint64)
    quotient = round_half_even(exact.high, drop, (exact.low != 0) | exact.sticky)
    quotient = np.where(kept < 0, np.uint64(0), quotient)
    biased = np.clip(exact.exponent - fmt.emin, 0, 2 * fmt.emax).astype(np.uint64)
    infinity = np.uint64((2 * fmt.emax + 1) << (fmt.precision - 1))
    bits = np.minimum((biased << np.uint64(fmt.precision - 1)) + quotient, infinity)
    bits = np.where((exact.exponent > fmt.emax) | (exact.tag == INFINITE), infinity, bits)
    bits = np.where((exact.tag == ZERO) | (exact.tag == UNDERFLOW), np.uint64(0), bits)
    bits = bits | (exact.negative.astype(np.uint64) << np.uint64(fmt.width - 1))
    quiet = np.uint64(int(infinity) | (1 << (fmt.precision - 2)))
    bits = np.where((exact.tag == NAN) | (exact.tag == NONE), quiet, bits)
    return bits.astype(fmt.storage)


@lru_cache(maxsize=128)
def rounded_values(exact: Exact, fmt: Format) -> Values:
    """The correctly rounded values; shared, not to be written to.

    Parameters
    ----------
    exact : Exact, shape (N,)
    fmt : Format
    """
    return to_float64(round_to(exact, fmt), fmt)


@lru_cache(maxsize=128)
def split(exact: Exact) -> tuple[Values, Values, Values]:
    """Signed significands as three float64 arrays whose sum is high·2^64 + low, but for the last 11 bits.

    Parameters
    ----------
    exact : Exact

    Returns
    -------
    tuple of float64 arrays
        The upper 32 bits of ``high``, its lower 32 bits, and ``low``, each in units of 2^(exponent − 63).
    """
    sign = np.where(exact.negative, -1.0, 1.0)
    upper = (exact.high >> np.uint64(32)).astype(np.float64) * 2.0**32
    lower = (exact.high & np.uint64(0xFFFFFFFF)).astype(np.float64)
    return sign * upper, sign * lower, sign * exact.low.astype(np.float64) * 2.0**-64


def decimal(number: Number, digits: int = 20) -> str:
    """A Number in decimal, rounded to so many significant digits.

    Parameters
    ----------
    number : Number
    digits : int
    """
    sign = "-" if number.negative else ""
    if number.tag != FINITE:
        return {
            ZERO: "0",
            UNDERFLOW: f"{sign}0 (underflow)",
            INFINITE: f"{sign}inf",
            NAN: "nan",
            NONE: "none",
        }[number.tag]
    import mpmath  # only a report needs decimals

    with mpmath.workprec(160):
        value = mpmath.mpf((0, number.significand, number.exponent - 127, number.significand.bit_length()))
        return sign + str(mpmath.nstr(value, digits, min_fixed=-4, max_fixed=8, strip_zeros=True))
