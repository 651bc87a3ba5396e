"""Consecutive results against the exact curve: the pass that every block of a large sweep goes through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conformance.curve import ROW, Curve
from conformance.formats import Format, Values
from conformance.oracle import BOUND
from conformance.summary import Tally
from conformance.sweep.histogram import FINE
from conformance.verdicts import SEVERITY

PARTS = 1 << 16
"""Into how many parts a bin is divided to see how close an error lies to its borders."""

WINDOW = 2
"""Parts to either side of a border in which an error is left open: one is the bound of the curve's own error, in ULPs
of binary32 and as parts of a bin, and the other is more than enough for rounding in here."""


@dataclass(frozen=True)
class Scanned:
    """What a pass over one block found.

    Attributes
    ----------
    counts : ndarray of int64
        Cases of each bin, up to the limit's.
    worst : float
        The largest error below the limit, in ULPs; −1 where no case is settled.
    place : int
        Its index in the block, the first of several; 0 where it was not looked for.
    open : ndarray of intp
        Indices of what is not settled: at or above the limit, close to a border, not numbers, or where the curve is
        not sure of itself.
    """

    counts: NDArray[np.int64]
    worst: float
    place: int
    open: NDArray[np.intp]


def scan(curve: Curve, got: NDArray[np.float32], fmt: Format, limit: float, above: float = -1.0) -> Scanned:
    """Count the errors of one block in bins, as far as binary64 decides.

    Parameters
    ----------
    curve : Curve, of shape (rows, ROW)
        Of values of one sign.
    got : ndarray of float32, shape (rows · ROW,)
    fmt : Format
        Of the results: binary32.
    limit : float
        In ULPs of the value. Its own bin is left open.
    above : float
        The worst error known: the place of one that is no larger is not looked for.
    """
    error, parts, low = _scratch(len(curve.exponent))
    top = int(limit * FINE)
    # One ULP of 2^e < v < 2^(e+1) is 2^(e-p+1), and no finer than the smallest subnormal.
    ulp = np.maximum(curve.exponent - fmt.precision + 1, fmt.quantum)
    unit = np.exp2(-ulp.astype(np.float64)) * (FINE * PARTS)
    with np.errstate(invalid="ignore"):
        np.copyto(error, got.reshape(error.shape))
        np.subtract(error, curve.values, out=error)
        if unit[0] == unit[-1] and (unit == unit[0]).all():
            np.multiply(error, unit[0], out=error)
        else:
            np.multiply(error, unit[:, None], out=error)
        np.abs(error, out=error)
        if not curve.sure.all():
            error[~curve.sure] = np.nan
        beyond = top * float(PARTS)
        worst = error.max()
        flat = error.ravel()
        unsettled = np.flatnonzero(~(flat < beyond)) if not worst < beyond else np.empty(0, np.intp)
        if len(unsettled):
            flat[unsettled] = 0.0
        np.copyto(parts, error, casting="unsafe")
    np.copyto(low, parts, casting="unsafe")
    np.add(low, np.uint16(WINDOW), out=low)
    close = np.flatnonzero((low < 2 * WINDOW).ravel())
    numbers = parts.ravel()
    close = close[numbers[close] >= WINDOW]  # the lower border of the first bin is none
    counts = np.bincount(np.right_shift(numbers, 16), minlength=top + 1)
    if len(close) or len(unsettled):
        counts[0] -= len(unsettled)
        np.subtract.at(counts, numbers[close] >> 16, 1)
        flat[close] = 0.0
        unsettled = np.sort(np.concatenate([unsettled, close]))
        worst = error.max()
    worst = float(worst) / (FINE * PARTS) if len(unsettled) < len(flat) else -1.0
    return Scanned(counts, worst, int(flat.argmax()) if worst > above else 0, unsettled)


def accepted(found: Scanned, above: float, name: int) -> Tally:
    """The tally of what a scan settled: all of it acceptable, and of one scale with its value.

    Parameters
    ----------
    found : Scanned
    above : float
        As for ``scan``.
    name : int
        The ticket of the result that is named.
    """
    half = FINE // 2
    bounds = {
        "correctly-rounded": found.counts[:half],
        "faithful": found.counts[half:FINE],
        "within-limit": found.counts[FINE:],
    }
    verdicts = {verdict: int(part.sum()) for verdict, part in bounds.items() if part.any()}
    if found.worst <= above:
        return Tally(verdicts)
    return Tally(verdicts, found.worst, found.worst, None, (float(len(SEVERITY)), -found.worst, -found.worst, name))


def zero_signs(curve: Curve, got: NDArray[np.float32], left: NDArray[np.intp], fmt: Format) -> int:
    """How many zeros of the wrong sign are among what a scan settled.

    Parameters
    ----------
    curve, got, fmt
        As for ``scan``.
    left : ndarray of intp
        What it left open.
    """
    if curve.exponent.min() >= fmt.emin:
        return 0
    wrong = (got == 0) & (np.signbit(got) != np.signbit(curve.values.ravel()))
    wrong[left] = False
    return int(np.count_nonzero(wrong))


@lru_cache(maxsize=4)
def _scratch(rows: int) -> tuple[Values, NDArray[np.int32], NDArray[np.uint16]]:
    """Arrays to work in: new ones for each block would cost a page fault for each 4 KiB."""
    shape = rows, ROW
    return np.empty(shape), np.empty(shape, np.int32), np.empty(shape, np.uint16)


assert FINE * PARTS * BOUND * 2.0**24 <= WINDOW - 1
