"""Where a case stands on the horizontal axis of a plot: a place from 0 to 1 for its logit or probability. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.formats import Values

COLUMNS = 128
"""How many columns an axis has; a power of two, so that columns can be joined two by two."""

LINEAR, FARTHEST = 0.01, 1e4
"""A logit's axis is linear within the first, logarithmic beyond, and ends at the second."""

DEEPEST = 20.0
"""A probability's axis ends at 10^-20 from 0, and from 1."""


@dataclass(frozen=True)
class Axis:
    """The axis of a first argument.

    Attributes
    ----------
    argument : str
    place : callable
        From values to places; what lies outside has a place beyond 0 or 1, a NaN none.
    ticks : tuple of (str, float)
        Labels and their values.
    """

    argument: str
    place: Callable[[Values], Values]
    ticks: tuple[tuple[str, float], ...]

    def columns(self, values: Values) -> NDArray[np.int16]:
        """The column of each value; what is beyond an end is in the last column there, a NaN in none (-1).

        Parameters
        ----------
        values : ndarray of float64, shape (N,)
        """
        place = self.place(values)
        inside = np.clip(np.floor(np.clip(place, 0, 1) * COLUMNS), 0, COLUMNS - 1)
        found: NDArray[np.int16] = np.where(np.isnan(place), -1, np.nan_to_num(inside)).astype(np.int16)
        return found

    def to_json(self) -> dict[str, Any]:
        """Its name and its ticks, each with its place."""
        places = self.place(np.array([value for _, value in self.ticks]))
        ticks = [[label, round(float(p), 5)] for (label, _), p in zip(self.ticks, places, strict=True)]
        return {"argument": self.argument, "ticks": ticks}


def _of_logit(values: Values) -> Values:
    near = np.clip(values, -2 * FARTHEST, 2 * FARTHEST)
    return np.asarray(0.5 + np.arcsinh(near / LINEAR) / (2 * np.arcsinh(FARTHEST / LINEAR)))


def _of_probability(values: Values) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.log10(values) - np.log10(1 - values)
    place = np.select([values <= 0, values >= 1], [-1.0, 1.0], inside / DEEPEST)
    return np.where(np.isnan(values), np.nan, 0.5 + place / 2)


LOGIT = Axis(
    "logit",
    _of_logit,
    (("−10⁴", -1e4), ("−100", -100.0), ("−1", -1.0), ("0", 0.0), ("1", 1.0), ("100", 100.0), ("10⁴", 1e4)),
)
PROBABILITY = Axis(
    "probability",
    _of_probability,
    (("0", 0.0), ("10⁻¹⁵", 1e-15), ("10⁻¹⁰", 1e-10), ("10⁻⁵", 1e-5), ("½", 0.5), ("1−10⁻⁵", 1 - 1e-5),
     ("1−10⁻¹⁰", 1 - 1e-10), ("1−10⁻¹⁵", 1 - 1e-15), ("1", 1.0)),
)  # fmt: skip
AXES = {axis.argument: axis for axis in (LOGIT, PROBABILITY)}
"""By the first argument of a loss; what has another has no plot."""
