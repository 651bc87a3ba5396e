"""Histograms of errors: integer counts by binade of the input and by bin of the error, so that parts add up exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from conformance.formats import Bits, Format, Mask, Values
from conformance.ulp import CLOSE

FINE = 64
"""Bins to a ULP, below as many ULPs; from there on a bin is a power of two."""

LINEAR = FINE * FINE
"""The number of the first bin of a power of two: [64, 128) ULP."""

BINS = LINEAR + 2400
"""No error of a number reaches 2^2400 ULP: binary64 spans 2^2098 of its smallest subnormals."""

Counts = Mapping[str, Mapping[str, int]]
"""Binade → bin → count, both as text: what JSON has for keys."""


def bins(error: Values) -> tuple[NDArray[np.int64], Mask]:
    """The bin of every error, and where it is in doubt.

    Parameters
    ----------
    error : ndarray of float64, shape (N,)
        In ULPs; NaN where there is none, infinite where the exact value is.

    Returns
    -------
    number : ndarray of int64, shape (N,)
        Below 64 ULP the floor of 64 times the error; from 2^k ULP on, LINEAR + k − 6; −1 where there is no number.
    doubtful : ndarray of bool, shape (N,)
        The error lies within `CLOSE` of itself of the border of two bins, so that another number may be right. The
        lower border of the first bin is none.
    """
    known = np.isfinite(error)
    finite = np.where(known, error, 0.0)
    fine = np.minimum(finite, 2 * FINE) * FINE
    number = fine.astype(np.int64)
    away = np.abs(fine - np.rint(fine))
    close = CLOSE * fine
    far = np.flatnonzero(fine >= LINEAR - 1)
    if len(far):
        large = finite[far]
        number[far] = np.where(large < FINE, number[far], LINEAR - 7 + np.frexp(large)[1])
        away[far] = np.abs(large - border(nearest(large)))
        close[far] = CLOSE * large
    doubtful = (away <= close) & (fine >= 0.5)
    number[~known] = -1
    return number, doubtful


def nearest(error: Values) -> NDArray[np.int64]:
    """The bin whose lower border is the nearest to a finite error, in ULPs."""
    significand, power = np.frexp(error)
    fine = np.rint(np.minimum(error, FINE) * FINE)
    return np.where(error < FINE, fine, LINEAR - 7 + power + (significand > 0.75)).astype(np.int64)


def border(number: NDArray[np.int64]) -> Values:
    """The least errors of bins, in ULPs."""
    return np.where(number < LINEAR, number / FINE, np.exp2(np.clip(number - LINEAR + 6, 6, 1023)))


def binade(field: int, fmt: Format) -> str:
    """The name of a binade of inputs by the sign and exponent field of their patterns: ``+2^-3``, ``-subnormal``.

    Parameters
    ----------
    field : int
        The upper bits of a pattern, without those of the significand.
    fmt : Format
    """
    top = 2 * fmt.emax + 1
    sign, exponent = "-" if field > top else "+", field & top
    if exponent == top:
        return sign + "nonfinite"
    return f"{sign}2^{exponent - fmt.emax}" if exponent else sign + "subnormal"


def fields(bits: Bits, fmt: Format) -> NDArray[np.int64]:
    """Sign and exponent field of every pattern."""
    shifted: NDArray[np.int64] = (bits >> np.array(fmt.precision - 1).astype(bits.dtype)).astype(np.int64)
    return shifted


def sparse(counts: NDArray[np.int64]) -> dict[str, int]:
    """The bins that are not empty."""
    return {str(number): int(counts[number]) for number in np.flatnonzero(counts).tolist()}


def added(first: Counts, second: Counts) -> dict[str, dict[str, int]]:
    """The sum of two histograms, in the order of their keys."""
    found = {name: dict(counts) for name, counts in first.items()}
    for name, counts in second.items():
        own = found.setdefault(name, {})
        for number, count in counts.items():
            own[number] = own.get(number, 0) + count
    return {name: dict(sorted(found[name].items(), key=lambda pair: int(pair[0]))) for name in sorted(found)}
