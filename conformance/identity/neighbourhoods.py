"""Consecutive numbers of a format around values of each region, for what must hold from one number to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conformance.cases import kind
from conformance.formats import FORMATS, Values, from_float64, neighbours
from conformance.invariance.agreement import ordinals

ANCHORS = 4
"""How many values of a region are chosen, where there are so many."""

REACH = 8
"""How many neighbours to either side of each."""


@dataclass(frozen=True)
class Neighbourhoods:
    """Numbers in ascending order.

    Attributes
    ----------
    values : ndarray of float64, shape (N,)
    adjacent : ndarray of intp, shape (M,)
        The numbers whose follower is the format's next number.
    mirror : ndarray of intp, shape (N,)
        Where the mirror image stands, −x of a logit and 1 − p of a probability; -1 where it is not here.
    """

    values: Values
    adjacent: NDArray[np.intp]
    mirror: NDArray[np.intp]


@lru_cache(maxsize=16)
def neighbourhoods(argument: str, dtype: str) -> Neighbourhoods:
    """The neighbourhoods of an argument's regions, with their mirror images.

    Parameters
    ----------
    argument : str
        ``logit`` or ``probability``.
    dtype : str
    """
    fmt, space = FORMATS[dtype], kind(argument)
    known = np.array([value for _, value in (*space.edges(fmt), *space.grid(fmt))])
    known = np.unique(np.abs(known[np.isfinite(known)]))
    regions, chosen = space.region(known, fmt), []
    for region in np.unique(regions):
        inside = known[regions == region]
        anchors = inside[np.linspace(0, len(inside) - 1, min(ANCHORS, len(inside))).astype(int)]
        chosen += [near for anchor in anchors.tolist() for near in neighbours(anchor, fmt, REACH)]
    values = np.array(chosen)
    if argument == "logit":
        values = np.unique(np.concatenate([values, -values]))
        values = values[np.isfinite(values)]
        images = -values
    else:
        values = values[(values > 0) & (values < 1)]
        values = np.unique(np.concatenate([values, 1 - values[values >= 0.5]]))
        images = 1 - values
    place = np.searchsorted(values, images).clip(0, len(values) - 1)
    mirrored = (values[place] == images) & ((argument == "logit") | (1 - images == values))     # 1 - p is exact
    line = ordinals(from_float64(values, fmt), fmt)
    steps = np.diff(line + (line < 0))                                                          # one zero, not two
    return Neighbourhoods(values, np.flatnonzero(steps == 1), np.where(mirrored, place, -1).astype(np.intp))
