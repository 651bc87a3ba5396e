"""Many results of which some miss the mathematics: what binary64 says of them, without exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conformance import oracle
from conformance.estimate import Estimate, two_sum
from conformance.formats import Bits, Format, Mask, Values, to_float64
from conformance.judge import CODE, Columns
from conformance.limits import limit
from conformance.sweep import documented
from conformance.sweep.histogram import FINE, LINEAR
from conformance.sweep.measured import Measured

CLEAR = 2.0**-20
"""How far from a limit, relatively, a figure is clear of it: the bound of an estimate is 2^-22 ULP of binary32, and a
limit is more than one."""

OFF = 2.0**-12
"""How far from the border of two bins of a 64th of an ULP, in bins: 16 times that bound. Half an ULP is such a border,
and a whole one."""

_FRACTION, _NEAR = np.uint64((1 << 52) - 1), np.uint64(1 << 12)

Stated = Sequence[tuple[str, Estimate]]
"""What is documented, in the order of the verdicts: a kind, and its values."""


@dataclass(frozen=True)
class Missed:
    """What is said of some results.

    Attributes
    ----------
    index : ndarray of intp, shape (K,)
        Which these are.
    columns : Columns
        Of length K, as the judge has them.
    bins : ndarray of int64, shape (K,)
    open : ndarray of intp
        The other results.
    """

    index: NDArray[np.intp]
    columns: Columns
    bins: NDArray[np.int64]
    open: NDArray[np.intp]


def of(measured: Measured, quantity: str, columns: tuple[Values, Values], bits: Bits) -> Missed:
    """Judge results of one binade, as far as ``missed`` does.

    Parameters
    ----------
    measured : Measured
        Of results in the format of the inputs.
    quantity : str
        Of the loss.
    columns : tuple of ndarray of float64
        Inputs of one binade, and a hard label.
    bits : ndarray of unsigned integers
    """
    entry, fmt = measured.entry, measured.fmt
    ((value, _),) = oracle.estimates(entry.loss, (quantity,), columns)
    stated = documented.stated(measured.contract, quantity, fmt, columns, value)
    if stated is None or (measured.flags[1] and abs(columns[0][0]) < fmt.smallest_normal):
        stated = [("by-source", Estimate(*np.full((3, len(bits)), np.nan)))]
    return missed(to_float64(bits, fmt), value, stated, fmt, limit(entry.loss, quantity, fmt))


def missed(got: Values, value: Estimate, stated: Stated, target: Format, limit: float) -> Missed:
    """Judge the results that clearly are the mathematics or miss it, and as clearly are what is documented or are not.

    Parameters
    ----------
    got : ndarray of float64, shape (N,)
    value : Estimate
        Of the exact values, which are their own scales.
    stated : sequence of (str, Estimate)
        The same of what is documented. NaN leaves a result open.
    target : Format
        Its precision is 24 at most.
    limit : float
        In ULPs; at least 1.
    """
    with np.errstate(all="ignore"):
        unit, sure = _unit(value, target)
        error = _error(got, value)
        ulp = error.head * _power(-unit)
        sure &= (got != 0) & (np.abs(got) <= target.largest) & ((got < 0) == (value.head < 0))
        sure &= np.abs(ulp - limit) > limit * CLEAR
        bins, clear = _bins(error, unit, ulp)
        sure &= clear
        verdict = np.full(len(got), CODE["beyond-limit"], np.uint8)
        beyond = ulp > limit
        nearest = np.full(len(got), np.nan)
        for kind, estimate in reversed(stated):
            its, known = _unit(estimate, target)
            away = _error(got, estimate).head * _power(-its)
            sure &= known & (np.abs(away - limit) > limit * CLEAR)
            verdict[beyond & (away < limit)] = CODE[kind]
            nearest = np.fmin(nearest, away)
        for kind, border in (("within-limit", limit), ("faithful", 1.0), ("correctly-rounded", 0.5)):
            verdict[~beyond & (ulp < border)] = CODE[kind]
    index, left = np.flatnonzero(sure), np.flatnonzero(~sure)
    ulp = ulp[index]
    columns = Columns(verdict[index], ulp, ulp, nearest[index], np.zeros(len(index), bool))
    return Missed(index, columns, bins[index], left)


def _unit(value: Estimate, target: Format) -> tuple[NDArray[np.int64], Mask]:
    """The exponents of ULPs, and where they are sure: of normal numbers on a known side of a power of two."""
    bits, size = value.head.view(np.uint64), np.abs(value.head)
    exponent = ((bits >> np.uint64(52)) & np.uint64(0x7FF)).astype(np.int64) - 1023
    fraction = bits & _FRACTION
    power = fraction == 0
    # Beside a power of two its rest says on which side a number lies; that near to one, the slack must not reach it.
    near = ((fraction + _NEAR) & _FRACTION) <= _NEAR + _NEAR
    sure = (size >= 2 * target.smallest_normal) & (size <= target.largest / 2) & (value.slack <= size * 2.0**-45)
    sure &= ~near | (value.slack < np.where(power, np.abs(value.rest), size * 2.0**-54))
    below = power & ((value.rest < 0) != (value.head < 0))
    return exponent - below - target.precision + 1, sure


def _error(got: Values, value: Estimate) -> Estimate:
    """|got − value|, its slack that of the value and of one more rounding."""
    away, lost = two_sum(got, -value.head)
    low = lost - value.rest
    head, rest = two_sum(away, low)
    return Estimate(head, rest, value.slack + np.abs(low) * 2.0**-52).magnitude()


def _bins(error: Estimate, unit: NDArray[np.int64], ulp: Values) -> tuple[NDArray[np.int64], Mask]:
    """The bins of errors, and where they are clear of the borders: the lower one of the first bin is none."""
    large = ulp > FINE - 0.5 / FINE
    fine = np.where(large, 0.5, ulp * FINE)
    clear = (np.abs(fine - np.rint(fine)) > OFF) | (fine < 0.5)
    number = fine.astype(np.int64)
    if large.any():
        significand, power = np.frexp(ulp)
        high = significand > 0.75
        nearest = power - 1 + high
        away = (error.head - np.ldexp(1.0, nearest + unit)) + error.rest
        number = np.where(large, LINEAR - 6 + nearest - (away < 0), number)
        clear = np.where(large, np.abs(away) > 2 * error.slack, clear)
    return number, clear


def _power(exponent: NDArray[np.int64]) -> Values:
    """2^exponent for exponents of normal numbers."""
    return ((np.clip(exponent, -1022, 1023) + 1023) << 52).view(np.float64)
