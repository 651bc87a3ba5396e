"""Where a format has too many numbers: the worst case is searched for, and what is found is a lower bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from conformance.cases import kind
from conformance.formats import Bits, Format, to_float64
from conformance.summary import RANK, Tally, merge, tally
from conformance.sweep.measured import Measured
from conformance.sweep.part import Part, ticket
from conformance.sweep.points import judged
from conformance.sweep.space import domain, label_of

SEED = 20261122

STRATUM = 12
"""Inputs of each binade, sign and label."""

ROUNDS = 10
"""Refinements, each in a narrower neighbourhood of the worst inputs so far."""

BEST = 6
"""So many of the worst of each region and label are refined."""

AROUND = 48
"""Inputs around each of them."""

Patterns = NDArray[np.uint64]

Asked = Callable[[Patterns, Patterns], tuple[Bits, ...]]
"""From patterns of inputs and labels to the results of each quantity."""


@dataclass(frozen=True)
class Found:
    """What a search knows: patterns of inputs and labels, with the region, rank and error of one quantity."""

    inputs: Patterns
    labels: Patterns
    place: NDArray[np.int64]
    rank: NDArray[np.float64]
    error: NDArray[np.float64]


def search(measured: Measured, quantities: tuple[str, ...], labels: tuple[tuple[int, ...], ...], ask: Asked) -> Part:
    """Search for the worst error of each quantity, region and label: all binades first, then around the worst.

    Parameters
    ----------
    measured : Measured
    quantities : tuple of str
        What one call yields.
    labels : tuple of tuple of int
        Patterns, a tuple for each class.
    ask : callable

    Returns
    -------
    Part
        With cells alone.
    """
    random = np.random.default_rng(SEED)
    asked = np.empty((0, 2), np.uint64)
    inputs, given = strata(measured.argument, measured.fmt, labels, random)
    cells: dict[str, Tally] = {}
    nans: Counter[str] = Counter()
    certified = 0
    known: dict[str, list[Found]] = {quantity: [] for quantity in quantities}
    for step in range(ROUNDS + 1):
        asked, (inputs, given) = unasked(asked, inputs, given)
        for quantity, bits in zip(quantities, ask(inputs, given), strict=True):
            found, counted, part, empty = _judged(measured, quantity, inputs, given, bits)
            known[quantity].append(found)
            certified += counted
            nans.update(empty)
            cells = {key: merge(cells.get(key, Tally()), part.get(key, Tally())) for key in {**cells, **part}}
        width = (measured.fmt.precision - 2) * (ROUNDS - step) // ROUNDS
        near = [around(several, width, measured.fmt, random) for several in known.values()]
        inputs, given = (np.concatenate(columns) for columns in zip(*near, strict=True))
        inputs = within(measured.argument, measured.fmt, inputs)
    return Part(cells={key: cells[key] for key in sorted(cells)}, nans=dict(sorted(nans.items())), certified=certified)


def strata(
    argument: str, fmt: Format, labels: tuple[tuple[int, ...], ...], random: np.random.Generator
) -> tuple[Patterns, Patterns]:
    """Both ends of every binade and sign and random patterns between, each under a random label of every class.

    Parameters
    ----------
    argument : str
    fmt : Format
    labels : tuple of tuple of int
    random : Generator
    """
    size = 1 << (fmt.precision - 1)
    starts = [start for first, count in domain(argument, fmt) for start in range(first, first + count, size)]
    shape = len(labels), len(starts), STRATUM
    places = random.integers(0, size, shape, dtype=np.uint64)
    places[..., :2] = 0, size - 1  # powers of two, zeros and infinities among them
    patterns = places + np.array(starts, np.uint64)[None, :, None]
    given = np.stack([random.choice(np.array(several, np.uint64), shape[1:]) for several in labels])
    return within(argument, fmt, patterns.ravel()), given.ravel()


def unasked(asked: Patterns, inputs: Patterns, labels: Patterns) -> tuple[Patterns, tuple[Patterns, Patterns]]:
    """All pairs of an input and a label that are asked so far, and those of them that are new, each once.

    What is counted twice would be no lower bound.

    Parameters
    ----------
    asked : ndarray of uint64, shape (N, 2)
    inputs, labels : ndarray of uint64, shape (M,)
    """
    pairs = np.concatenate([asked, np.stack([inputs, labels], axis=1)])
    first = np.sort(np.unique(pairs, axis=0, return_index=True)[1])
    fresh = pairs[first[first >= len(asked)]]
    return pairs[first], (np.ascontiguousarray(fresh[:, 0]), np.ascontiguousarray(fresh[:, 1]))


def within(argument: str, fmt: Format, patterns: Patterns) -> Patterns:
    """Patterns moved to the nearest end of the domain where they lie outside."""
    first, (last, count) = domain(argument, fmt)[0][0], domain(argument, fmt)[-1]
    return np.clip(patterns, np.uint64(first), np.uint64(last + count - 1))


def around(known: list[Found], width: int, fmt: Format, random: np.random.Generator) -> tuple[Patterns, Patterns]:
    """Random patterns within 2^width of the worst of each place: the most severe verdict, then the largest error.

    Parameters
    ----------
    known : list of Found
    width : int
    fmt : Format
    random : Generator
    """
    every = Found(*(np.concatenate([getattr(one, name) for one in known]) for name in Found.__dataclass_fields__))
    order = np.lexsort((every.inputs, -every.error, every.rank, every.place))
    first = np.flatnonzero(np.diff(every.place[order], prepend=-1))
    best = np.concatenate([o[every.place[o] == every.place[o[0]]] for o in (order[k : k + BEST] for k in first)])
    steps = random.integers(-(1 << width), (1 << width) + 1, (len(best), AROUND))
    sign = np.uint64(1 << (fmt.width - 1))
    size = (every.inputs[best] & (sign - np.uint64(1))).astype(np.int64)
    top = (1 << (fmt.width - 1)) - 1
    steps = np.minimum(steps, (top - size)[:, None])  # above the top of 64 bits integers begin anew
    moved = np.maximum(size[:, None] + steps, 0).astype(np.uint64) | (every.inputs[best] & sign)[:, None]
    return moved.ravel(), np.repeat(every.labels[best], AROUND)


def _judged(
    measured: Measured, quantity: str, inputs: Patterns, labels: Patterns, bits: Bits
) -> tuple[Found, int, dict[str, Tally], dict[str, int]]:
    fmt = measured.fmt
    columns = tuple(to_float64(patterns.astype(fmt.storage), fmt) for patterns in (inputs, labels))
    said = judged(measured.entry, measured.dtype, quantity, columns, bits, measured.flags)
    space = kind(measured.argument)
    region = space.region(columns[0], fmt)
    classes = {pattern: label_of(pattern, fmt)[1] for pattern in np.unique(labels).tolist()}
    names = sorted(set(classes.values()))
    label = np.array([names.index(classes[pattern]) for pattern in labels.tolist()], np.int64)
    place = region * len(names) + label
    nan = np.isnan(to_float64(bits, measured.container(quantity))) & ~np.isnan(columns[0])
    nans = {f"{quantity}/{name}": int(np.count_nonzero(nan & (label == k))) for k, name in enumerate(names)}
    cells: dict[str, Tally] = {}
    for one in np.unique(place).tolist():
        index = np.flatnonzero(place == one)
        found = tally(said.columns, index)
        assert found.worst is not None
        k = found.worst[3]
        key = (*found.worst[:3], ticket(int(labels[k]), int(inputs[k]), int(bits[k])))
        cells[f"{quantity}/{space.REGIONS[one // len(names)]}/{names[one % len(names)]}"] = replace(found, worst=key)
    error = np.nan_to_num(said.columns.ulp, nan=-1.0, posinf=np.finfo(float).max)
    ranks = RANK[said.columns.verdict].astype(float)
    return Found(inputs, labels, place, ranks, error), said.certified, cells, nans
