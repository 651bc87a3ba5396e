"""Long runs of results that are all alike: one constant, or the input itself. Their ends say all about them.

Most floats are tiny or huge, and there a loss is a constant, 0 or x: four fifths of a sweep go this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from conformance.exact import FINITE, Exact, rounded_values
from conformance.formats import BINARY64, Bits, Format, Mask, to_float64
from conformance.sweep.points import Judged
from conformance.ulp import ulp_error, ulp_exponent

Index = NDArray[np.int64]

PIECES = 64
"""Into so many a run is cut whose ends disagree, and each piece again."""

SHORT = 4096
"""A piece of so few cases is judged case by case."""


@dataclass(frozen=True)
class Alike:
    """Consecutive results that follow from the input's pattern.

    Attributes
    ----------
    first, count : int
        Patterns.
    base, step : int
        The result at pattern x is ``base + step · (x − first)``, as patterns: step 0 is a constant, step 1 the input
        or its negative.
    """

    first: int
    count: int
    base: int
    step: int

    def bits(self, index: Index, fmt: Format) -> Bits:
        """The results at some places."""
        return (np.uint64(self.base) + np.uint64(self.step) * index.astype(np.uint64)).astype(fmt.storage)

    def part(self, start: int, stop: int) -> Alike:
        """Those of some places."""
        return Alike(self.first + start, stop - start, self.base + self.step * start, self.step)


def alike(bits: Bits, first: int) -> Alike | None:
    """The run that all these results are, or None.

    Parameters
    ----------
    bits : ndarray of unsigned integers, shape (N,)
        Results, every NaN as the same one.
    first : int
        The pattern of the first input.
    """
    start, end, count = int(bits[0]), int(bits[-1]), len(bits)
    if start == end and (bits == bits[0]).all():
        return Alike(first, count, start, 0)
    sign = 1 << (8 * bits.itemsize - 1)
    if end - start == count - 1 and (start ^ first) & ~sign == 0:
        there = np.arange(count, dtype=np.uint64).astype(bits.dtype) + bits[0]
        if np.array_equal(bits, there):
            return Alike(first, count, start, 1)
    return None


def follows(run: Alike, other: Alike) -> bool:
    """Whether a run goes on with another."""
    return other == Alike(run.first + run.count, other.count, run.base + run.step * run.count, run.step)


def settle(
    run: Alike,
    judge: Callable[[Alike, Index], Judged],
    settled: Callable[[Judged, Index, Index], None],
    pieces: int = 1,
) -> None:
    """Judge the ends of a run; where they disagree, those of its pieces.

    Between two ends of one verdict, one bin and one unit everything has these: the exact values are monotone, the
    results constant or the input, and so their distance has no other extreme but 0, which shows in its sign. What is
    documented is monotone too between two ends in one binade, if it is the mathematics at both or at neither. Where the
    errors of many points are the same number of binary64, the witness is an end.

    Parameters
    ----------
    run : Alike
        In one binade and region.
    judge : callable
        From a run and places in it, ascending, to what is said of these.
    settled : callable
        Called with judged points, indices of some, and how many cases each stands for: either end of a piece for half
        of it, so that the worse one is seen.
    pieces : int
    """
    cuts = np.unique(np.linspace(0, run.count, pieces + 1).astype(np.int64))
    starts, stops = cuts[:-1], cuts[1:]
    places = np.unique(np.concatenate([starts, stops - 1]))
    found = judge(run, places)
    left, right = np.searchsorted(places, starts), np.searchsorted(places, stops - 1)
    same = agree(found, left, right)
    count = (stops - starts)[same]
    ends = np.concatenate([left[same], right[same]])
    settled(found, ends, np.concatenate([count - count // 2, count // 2]))
    for a, b in zip(starts[~same].tolist(), stops[~same].tolist(), strict=True):
        if b - a <= SHORT:
            every = np.arange(a, b)
            settled(judge(run, every), every - a, np.ones(b - a, np.int64))
        else:
            settle(run.part(a, b), judge, settled, PIECES)


def agree(found: Judged, first: Index, second: Index) -> Mask:
    """Whether points get the same verdict, bin, unit and side of the exact value, and of contracts', as others.

    Parameters
    ----------
    found : Judged
    first, second : ndarray of intp, shape (N,)
        Indices of points.
    """
    value, columns = found.standard.mathematics.value, found.columns
    traits = (columns.verdict, columns.zero_sign, found.bins, value.tag, value.negative)
    same = np.all([trait[first] == trait[second] for trait in traits], axis=0)
    for size in (value.exponent, ulp_exponent(value, found.standard.target)):  # a power of two has an ulp of its own
        same &= (size[first] == size[second]) | (value.tag[first] != FINITE)
    same &= (found.above[first] == found.above[second]) | (found.bins[first] <= 0)
    result: Mask = same & _agree_by_contract(found, first, second)
    return result


def _agree_by_contract(found: Judged, first: Index, second: Index) -> Mask:
    """The same of all that is documented: one unit, conforming or not, if not from one side; the errors go one way.

    Then the error by each contract is largest at an end, and so is the least of them. A contract that parts from the
    mathematics may turn there: for the derivative by a logit ``log_clamped_logits`` rises to s = floor and then falls.
    """
    rule = found.standard
    got = to_float64(found.bits, rule.container)
    same, ways = np.ones(len(first), bool), []
    for reference in rule.references:
        value, unit = reference.golden.value, ulp_exponent(reference.golden.scale, rule.target)
        apart = _differ(value, rule.mathematics.value)
        if reference.golden.other is not None:
            apart |= _differ(value, reference.golden.other)
        same &= apart[first] == apart[second]
        error = ulp_error(got, value, unit, rule.target)
        same &= (value.tag[first] == value.tag[second]) & (value.negative[first] == value.negative[second])
        same &= (unit[first] == unit[second]) | (value.tag[first] != FINITE)
        above = got > rounded_values(value, BINARY64)
        within = error <= rule.limit
        same &= (within[first] == within[second]) & (within[first] | (above[first] == above[second]))
        with np.errstate(invalid="ignore"):
            ways.append(np.sign(error[second] - error[first]))
    if len(ways) > 1:
        same &= ~((np.max(ways, axis=0) > 0) & (np.min(ways, axis=0) < 0))
    return same


def _differ(value: Exact, other: Exact) -> Mask:
    mask: Mask = np.any([getattr(value, f.name) != getattr(other, f.name) for f in fields(Exact)], axis=0)
    return mask
