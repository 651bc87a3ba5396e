"""The arguments of a call as an arrangement has them, and the rows of a loss that they are. Pure."""

from __future__ import annotations

import math

import numpy as np

from conformance.behaviour.arrangements import Arrangement, kind
from conformance.behaviour.calls import BINARY, DISTRIBUTIONS, INDICES, LABEL, ROWS, SIGNS, Call
from conformance.formats import FORMATS

LOGITS = (0.5, -0.75, 1.0, -0.25, 0.125, -1.0, 0.75)
PROBABILITIES = (0.5, 0.25, 0.75, 0.375, 0.625, 0.125, 0.875)
SOFT = (0.0, 1.0, 0.5, 0.25, 1.0, 0.75, 0.0)
HARD = (0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0)
WEIGHT = 2.0
"""Values that every format has exactly, the hard labels integers, and where no formula loses digits."""

PLACE = 3
"""The element or row where the one value outside the domain stands."""


def values(call: Call, arrangement: Arrangement, argument: str) -> list[float]:
    """The values of an argument, flat.

    Parameters
    ----------
    call : Call
    arrangement : Arrangement
    argument : str
    """
    count = math.prod(arrangement.shape(call, argument))
    if argument == call.weight:
        return [WEIGHT] * count
    if argument == LABEL:
        found = _labels(call, arrangement, count)
    else:
        integers = arrangement.dtypes.get(argument, "binary32") not in FORMATS
        found = _cycle(HARD if integers else LOGITS if kind(call) == "logit" else PROBABILITIES, count)
        if call.targets in ROWS:                            # the other class has logit 0, or the rest of 1
            found = [v for x in found[::2] for v in (0.0 if kind(call) == "logit" else 1 - x, x)]
    if argument in arrangement.outside:
        rows = call.targets in ROWS and (argument, call.targets) != (LABEL, INDICES)
        found[2 * PLACE + 1 if rows else PLACE] = arrangement.outside[argument]
    return found


def soft(call: Call, arrangement: Arrangement) -> bool:
    """Whether labels between 0 and 1 are given: to what takes them, and not as integers."""
    integers = arrangement.dtypes.get(LABEL, "binary32") not in FORMATS
    return call.targets in (BINARY, DISTRIBUTIONS) and "soft" in (call.entry.labels or ("soft",)) and not integers


def _labels(call: Call, arrangement: Arrangement, count: int) -> list[float]:
    if call.targets == DISTRIBUTIONS:
        half = _cycle(SOFT if soft(call, arrangement) else HARD, (count + 1) // 2)
        return [v for y in half for v in (1 - y, y)][:count]
    found = _cycle(SOFT if soft(call, arrangement) else HARD, count)
    return [2 * y - 1 for y in found] if call.targets == SIGNS else found


def _cycle(source: tuple[float, ...], count: int) -> list[float]:
    return [source[i % len(source)] for i in range(count)]


def rows(call: Call, arrangement: Arrangement, outer: bool = False) -> list[tuple[float, ...]]:
    """The arguments of the loss for each element or row; nothing where they are not known.

    Parameters
    ----------
    call : Call
    arrangement : Arrangement
    outer : bool
        False pairs as many labels as predictions whatever their shapes; True broadcasts them.
    """
    integers = arrangement.dtypes.get(call.prediction, "binary32") not in FORMATS
    if arrangement.outside or arrangement.config or (integers and kind(call) == "probability"):
        return []
    x, y = (
        np.reshape(values(call, arrangement, argument), arrangement.shape(call, argument))
        for argument in call.arguments[:2]
    )
    if call.targets == SIGNS:
        y = (y + 1) / 2
    if call.targets in ROWS:
        if outer or (call.targets == DISTRIBUTIONS and y.shape[-1:] != x.shape[-1:]):
            return []
        x, y = x[..., 1], y[..., 1] if call.targets == DISTRIBUTIONS else y
    if x.size == y.size and not outer:
        x, y = x.ravel(), y.ravel()
    try:
        x, y = np.broadcast_arrays(x, y)
    except ValueError:
        return []
    columns = [x, y, *(np.full_like(x, WEIGHT) for _ in call.arguments[2:])]
    if call.targets in ROWS:
        columns.insert(1, np.zeros_like(x) if kind(call) == "logit" else 1 - x)
    return list(zip(*(c.ravel().tolist() for c in columns), strict=True))
