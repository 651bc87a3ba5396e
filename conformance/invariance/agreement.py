"""Whether results that should be the same are the same: bit for bit, and if not, how far apart. Pure, on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conformance.exact import UNDERFLOW, Exact
from conformance.formats import Bits, Format, Values, to_float64
from conformance.ulp import ulp_exponent

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Disagreement:
    """How many groups of results that should be equal are not, and the worst of them.

    Attributes
    ----------
    groups, differing : int
        Groups of at least two results, and those whose results differ.
    ulp : float
        The largest distance of two results of a group where both are finite, in ULPs of the scale, or of the larger
        result if that is more.
    classes : bool
        Whether a NaN or an infinity meets something else in any group.
    first, second : int
        Two results of the worst group, by their indices; -1 where nothing differs. One with a NaN or an infinity
        goes first, then the one with the largest distance, then the first there is.
    """

    groups: int
    differing: int = 0
    ulp: float = 0.0
    classes: bool = False
    first: int = -1
    second: int = -1

    @property
    def words(self) -> str:
        """How many differ, and by how much, for a message."""
        if not self.differing:
            return f"all {self.groups} agree"
        much = [f"at most {self.ulp:.3g} ULP"] * bool(self.ulp) + ["NaN or infinity against another"] * self.classes
        return f"{self.differing} of {self.groups} differ, {' and '.join(much) or 'only in the sign of a zero'}"


def unit(scale: Exact, fmt: Format) -> Indices:
    """The binary exponent of an ULP of a scale; the least there is where the scale is no finite number.

    Parameters
    ----------
    scale : Exact, shape (N,)
    fmt : Format
    """
    return np.where(scale.tag > UNDERFLOW, fmt.quantum, ulp_exponent(scale, fmt))


def ordinals(bits: Bits, fmt: Format) -> Indices:
    """Integers in the order of the numbers, one apart for neighbours; every NaN is the same and beyond infinity.

    Parameters
    ----------
    bits : ndarray of unsigned integers
    fmt : Format

    Returns
    -------
    ndarray of int64
        The two zeros are neighbours: bitwise they are two results.
    """
    top = np.int64(np.iinfo(np.int64).min) if fmt.width == 64 else np.int64(1 << (fmt.width - 1))
    raw = bits.view(np.int64) if fmt.width == 64 else bits.astype(np.int64)
    line = np.where((raw & top) != 0, -1 - (raw & ~top), raw)
    return np.where(np.isnan(to_float64(bits, fmt)), np.int64(np.iinfo(np.int64).max), line)


def kinds(values: Values) -> Indices:
    """What each number is without regard to its size: NaN, an infinity, zero or another number, as 0 to 4.

    Parameters
    ----------
    values : ndarray of float64
    """
    masks = [np.isnan(values), values == -np.inf, values == np.inf, values == 0]
    return np.select(masks, range(len(masks)), len(masks)).astype(np.int64)


def distances(low: Values, high: Values, unit: Indices, fmt: Format) -> Values:
    """How far numbers are above others, in ULPs of the scale, or of the larger of the two if that is more.

    Parameters
    ----------
    low, high : ndarray of float64
    unit : ndarray of int64
        The binary exponent of an ULP of the scale.
    fmt : Format
    """
    larger = np.maximum(np.abs(low), np.abs(high))
    down = -np.maximum(unit, np.where(np.isfinite(larger), np.frexp(larger)[1] - fmt.precision, 0))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.ldexp(high, down) - np.ldexp(low, down)


def disagreement(bits: Bits, fmt: Format, keys: Sequence[Indices], unit: Indices) -> Disagreement:
    """Compare the results that have the same keys.

    Parameters
    ----------
    bits : ndarray of unsigned integers, shape (N,)
    fmt : Format
        What the bits are.
    keys : sequence of integer arrays of shape (N,)
        What the results of a group have in common.
    unit : ndarray of int64, shape (N,)
        The binary exponent of an ULP of the scale, from ``unit``.
    """
    if not len(bits):
        return Disagreement(0)
    line, value = ordinals(bits, fmt), to_float64(bits, fmt)
    order = np.lexsort((line, *reversed(keys)))
    starts = np.flatnonzero(np.any([np.diff(key[order], prepend=key[order[:1]] - 1) != 0 for key in keys], axis=0))
    ends = np.append(starts[1:], len(order)) - 1
    together = ends > starts
    low, high = order[starts[together]], order[ends[together]]          # sorted: the extremes of each group
    differing = line[low] != line[high]
    if not differing.any():
        return Disagreement(len(low))
    low, high = low[differing], high[differing]
    special = ~(np.isfinite(value[low]) & np.isfinite(value[high]))
    distance = np.where(special, 0.0, distances(value[low], value[high], unit[low], fmt))
    worst = int(np.lexsort((-distance, ~special))[0])
    return Disagreement(
        groups=int(together.sum()),
        differing=int(differing.sum()),
        ulp=float(distance.max()),
        classes=bool(special.any()),
        first=int(low[worst]),
        second=int(high[worst]),
    )
