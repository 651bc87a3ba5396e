"""What a sweep covers: bit patterns × labels, cut into shards and these into batches. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from conformance import cases
from conformance.cell import LABEL_CLASSES
from conformance.formats import Format, from_float64, to_float64
from conformance.sweep.histogram import fields

BATCH = 1 << 20
"""Patterns of one call: enough to make its overhead small, few enough for any memory."""

SHARD = 1 << 25
"""Patterns of one shard, about a second's work."""

SOFT = 64
"""Soft labels of a sweep of 16 bits."""

TOGETHER = 8
"""Labels of one shard of 16 bits."""


@dataclass(frozen=True)
class Column:
    """Consecutive patterns of the first argument under one label.

    Attributes
    ----------
    label, first, count : int
        Bit patterns; ``count`` of them from ``first`` on.
    """

    label: int
    first: int
    count: int

    def batches(self) -> list[Column]:
        """The same, in pieces of at most ``BATCH``."""
        starts = range(self.first, self.first + self.count, BATCH)
        return [Column(self.label, s, min(BATCH, self.first + self.count - s)) for s in starts]


@dataclass(frozen=True)
class Segment:
    """A part of a batch that lies in one binade and one region.

    Attributes
    ----------
    start, stop : int
        Indices in the batch.
    field : int
        Sign and exponent field of its patterns.
    region : str
    """

    start: int
    stop: int
    field: int
    region: str


@cache
def label_of(pattern: int, fmt: Format) -> tuple[float, str]:
    """The value of a label, and its class.

    Parameters
    ----------
    pattern : int
    fmt : Format
    """
    value = to_float64(np.array([pattern], fmt.storage), fmt)
    return float(value[0]), LABEL_CLASSES[int(cases.label_class(value)[0])]


def domain(argument: str, fmt: Format) -> list[tuple[int, int]]:
    """The patterns of an argument, as ranges (first, count) of one sign.

    Every logit, NaNs too; every probability from 0 to 1.

    Parameters
    ----------
    argument : str
    fmt : Format
    """
    if argument != "probability":
        half = 1 << (fmt.width - 1)
        return [(0, half), (half, half)]
    return [(0, int(from_float64(np.array([1.0]), fmt)[0]) + 1)]


def labels(fmt: Format, soft: bool) -> list[int]:
    """The patterns of the labels: 0 and 1, and in a sweep of 16 bits 64 soft ones.

    Half of these are evenly spaced, a quarter each come near 0 and near 1 by powers of two: there a loss or a gradient
    rests on the smaller of its terms.

    Parameters
    ----------
    fmt : Format
    soft : bool
    """
    values = [0.0, 1.0]
    if soft:
        near = [2.0**-k for k in range(2, SOFT // 4 + 2)]
        spaced = [(2 * k + 1) / SOFT for k in range(SOFT // 2)]
        values += [*spaced, *near, *(1 - v for v in near)]
    patterns = list(dict.fromkeys(from_float64(np.array(values), fmt).tolist()))
    # Of those near 1 most round to 1: what is missing comes from the floats just below it.
    top, k = patterns[1], 1
    while soft and len(patterns) < SOFT + 2:
        if top - k not in patterns:
            patterns.append(top - k)
        k += 1
    return patterns


def shards(argument: str, fmt: Format, wanted: Sequence[int], mirrored: bool) -> list[tuple[Column, ...]]:
    """All columns of a sweep, a tuple for each shard.

    Parameters
    ----------
    argument : str
        The first one.
    fmt : Format
    wanted : sequence of int
        Patterns of labels.
    mirrored : bool
        Whether the two hard labels go together, the second at the negated inputs: their results must be each other's.
    """
    pieces = [
        (start, min(SHARD, first + count - start))
        for first, count in domain(argument, fmt)
        for start in range(first, first + count, SHARD)
    ]
    found: list[tuple[Column, ...]] = []
    left = list(wanted)
    if mirrored and left[:2] == labels(fmt, soft=False):
        sign, (no, yes) = 1 << (fmt.width - 1), left[:2]
        found += [(Column(no, start, count), Column(yes, start ^ sign, count)) for start, count in pieces]
        del left[:2]
    together = TOGETHER if fmt.width == 16 else 1
    groups = [left[k : k + together] for k in range(0, len(left), together)]
    return found + [tuple(Column(label, *one) for label in group) for group in groups for one in pieces]


@lru_cache(maxsize=64)
def segments(argument: str, fmt: Format, first: int, count: int) -> tuple[Segment, ...]:
    """A batch cut where binade or region change.

    Parameters
    ----------
    argument : str
    fmt : Format
    first, count : int
    """
    space = cases.kind(argument)
    bits = np.array([first, first + count - 1], fmt.storage)
    where = fields(bits, fmt), space.region(to_float64(bits, fmt), fmt)
    # Regions are intervals of magnitudes: where both ends of one binade are in one, all of it is.
    if all(kind[0] == kind[1] for kind in where):
        return (Segment(0, count, int(where[0][0]), space.REGIONS[where[1][0]]),)
    bits = (np.arange(count, dtype=np.uint64) + np.uint64(first)).astype(fmt.storage)
    where = fields(bits, fmt), space.region(to_float64(bits, fmt), fmt)
    changes = np.flatnonzero((np.diff(where[0]) != 0) | (np.diff(where[1]) != 0)) + 1
    edges = [0, *changes.tolist(), count]
    return tuple(Segment(a, b, int(where[0][a]), space.REGIONS[where[1][a]]) for a, b in pairwise(edges))


def direction(quantity: str, label: float, negative: bool) -> int:
    """Which way a quantity goes with the patterns of one sign: 1 upwards, −1 downwards, 0 both.

    The losses here are convex in their first argument, so that the first derivative rises; a loss rises where the
    label is 0 and falls where it is 1, and with a soft label does both.

    Parameters
    ----------
    quantity : str
    label : float
    negative : bool
        Whether the patterns are those of negative numbers, which fall as the patterns rise.
    """
    if quantity == "loss":
        upwards = 1 if label == 0 else -1 if label == 1 else 0
    else:
        upwards = 0 if quantity.startswith("d2_") else 1
    return -upwards if negative else upwards


def monotone(quantity: str, label: float) -> bool:
    """Whether a quantity goes one way along the inputs of one sign.

    Parameters
    ----------
    quantity : str
    label : float
    """
    return direction(quantity, label, False) != 0 or (quantity.startswith("d2_") and label in (0, 1))
