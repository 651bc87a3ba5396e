"""The definition of ULP, in one place."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conformance.estimate import Estimate, joined, two_sum
from conformance.exact import (
    FINITE,
    INFINITE,
    TOP,
    UNDERFLOW,
    UNDERFLOW_EXPONENT,
    ZERO,
    Exact,
    Number,
    order,
    rounded_values,
    split,
)
from conformance.formats import BINARY64, Format, Mask, Values


@lru_cache(maxsize=128)
def ulp_exponent(exact: Exact, fmt: Format) -> NDArray[np.int64]:
    """The binary exponent of one ULP of an exact value in a format.

    For 2^e < |v| < 2^(e+1) one ULP is 2^(e−p+1), the distance of the format's two numbers around v. At an
    exact power of two, v = 2^e, it is the finer of the two neighbouring distances, 2^(e−p). Nothing is finer
    than the smallest subnormal: below the smallest normal, and for zero, one ULP is 2^(emin−p+1). Above the
    largest finite number the exponent is treated as unbounded.

    Parameters
    ----------
    exact : Exact, shape (N,)
    fmt : Format

    Returns
    -------
    ndarray of int64, shape (N,)
        The exponent u of ulp(v) = 2^u. Meaningless for the tags INFINITE, NAN and NONE.
    """
    power = (exact.high == TOP) & (exact.low == 0) & ~exact.sticky
    ulp = np.maximum(exact.exponent - power - fmt.precision + 1, fmt.quantum)
    return np.where((exact.tag == ZERO) | (exact.tag == UNDERFLOW), fmt.quantum, ulp)


def ulp_error(got: Values, exact: Exact, unit: NDArray[np.int64], fmt: Format) -> Values:
    """The fractional error |got − exact| in units of 2^unit, against the unrounded exact value.

    Parameters
    ----------
    got : ndarray of float64, shape (N,)
        What was returned. An infinity counts as ±2^(emax+1), the first number out of the format's reach; where
        the exact value itself rounds to that infinity it is no error at all.
    exact : Exact, shape (N,)
    unit : ndarray of int64, shape (N,)
        ``ulp_exponent`` of the exact value (relative figure) or of its scale.
    fmt : Format

    Returns
    -------
    ndarray of float64, shape (N,)
        In ULPs, correct to about 2^-52 of itself (or to 2^-60 ULP, if that is more). 0 where both are the
        same infinity, infinite where only the exact value is; NaN where there is nothing to measure.
    """
    beyond = 2.0**fmt.emax  # twice this: 2^(emax+1) itself is no binary64 number
    infinite = np.isinf(got)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        # Three exact-or-harmless subtractions: whenever two operands cancel, their difference is exact.
        if infinite.any():
            error = np.ldexp(np.where(infinite, np.copysign(beyond, got), got), np.where(infinite, 1, 0) - unit)
        else:
            error = _times_power(got, -unit)
        finite = exact.tag == FINITE
        place = (exact.exponent - 63 - unit) * finite
        for part in split(exact):
            error = error - _times_power(part * finite, place)
    error = np.abs(error)
    error = np.where(exact.tag == INFINITE, np.inf, error)
    error = np.where(infinite & (got == rounded_values(exact, fmt)), 0.0, error)
    return np.where((exact.tag > INFINITE) | np.isnan(got), np.nan, error)


def _times_power(number: Values, exponent: NDArray[np.int64]) -> Values:
    """ldexp, in a third of its time where the powers are numbers of binary64: a product rounds once too."""
    if len(exponent) and exponent.min() >= -1022 and exponent.max() <= 1023:
        return number * ((exponent + 1023) << 52).view(np.float64)
    return np.ldexp(number, exponent)


CLOSE = 2.0**-40
"""Relative distance from a bound below which a figure in binary64 does not decide on which side it lies."""


PLAIN = 2.0**-20
"""A bound above this is plain to binary64 beside a value of 24 bits of ULPs."""


def compare(
    error: Values, bound: float | Values, got: Values, exact: Exact, unit: NDArray[np.int64], fmt: Format
) -> Values:
    """The sign of error − bound, decided with exact numbers where the figures are too close to tell.

    Parameters
    ----------
    error : ndarray of float64, shape (N,)
        From ``ulp_error`` with the same arguments.
    bound : float, or ndarray of float64, shape (N,)
        In the same ULPs, taken as the exact number it is.
    got, exact, unit, fmt
        As for ``ulp_error``.

    Returns
    -------
    ndarray of float64, shape (N,)
        −1, 0 or 1; NaN where there is no error to compare.
    """
    away = error - bound
    sign = np.sign(away)
    close = np.flatnonzero((np.abs(away) <= CLOSE * bound) & np.isfinite(error) & (exact.tag <= UNDERFLOW))
    if not len(close):
        return sign
    bounds = np.broadcast_to(bound, error.shape)[close]
    results, values, units = got[close], exact.take(close), unit[close]
    sure = np.zeros(len(close), bool)
    if fmt.precision < BINARY64.precision:  # the others' borders are two numbers of binary64
        sign[close], sure = _signs(results, values, units, bounds)
    for k in np.flatnonzero(~sure).tolist():
        pair = float(results[k]), values.number(k)
        sign[close[k]] = _sign(*pair, int(units[k]), Fraction(float(bounds[k])), fmt)
    return sign


def _signs(got: Values, exact: Exact, unit: NDArray[np.int64], bound: Values) -> tuple[Values, Mask]:
    """The same for many, on integers: on which side of the border got ∓ bound a value lies; and where that is sure."""
    gone = exact.tag == UNDERFLOW
    if gone.any():  # as small as that, and more than 0
        finite = np.where(gone, np.uint8(FINITE), exact.tag)
        exponent = np.where(gone, UNDERFLOW_EXPONENT, exact.exponent)
        high = np.where(gone, TOP, exact.high)
        exact = Exact(finite, exact.negative, exponent, high, exact.low, exact.sticky | gone)
    sure = np.isfinite(got) & (bound > PLAIN)
    got = np.where(sure, got, 0.0)
    size = np.ldexp(exact.high.astype(np.float64), exact.exponent - 63)
    side = np.sign(np.where(exact.negative, -size, size) - got)  # so far apart that binary64 tells
    border = _exactly(*two_sum(got, side * np.ldexp(bound, unit)))
    sure &= (border.tag <= ZERO) & ~border.sticky & (side != 0)
    return side * order(exact, border), sure


def _exactly(head: Values, rest: Values) -> Exact:
    return joined(Estimate(head, rest, np.zeros(head.shape)), head == 0)


def _sign(got: float, number: Number, unit: int, bound: Fraction, fmt: Format) -> int:
    value = _power(fmt.emax + 1) * (1 if got > 0 else -1) if np.isinf(got) else Fraction(got)
    step = _power(UNDERFLOW_EXPONENT) if number.tag == UNDERFLOW else _power(number.exponent - 127)
    nearest = number.significand * step
    ends = (nearest, nearest + step) if number.sticky or number.tag == UNDERFLOW else (nearest, nearest)
    errors = [abs(value + end if number.negative else value - end) / _power(unit) - bound for end in ends]
    if errors[0] == errors[1]:
        return (errors[0] > 0) - (errors[0] < 0)
    # Strictly between its ends; a step is far below a unit, so neither the result nor the bound lies inside.
    return 1 if min(errors) >= 0 else -1


def _power(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)
