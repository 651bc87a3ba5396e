"""What is drawn of a sweep: the worst error of every binade of inputs, and a histogram of all results. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from conformance.cell import LABEL_CLASSES
from conformance.report.page.axis import COLUMNS, Axis
from conformance.report.page.series import BINS, KINDS, PLAIN, Series, encoded
from conformance.sweep.histogram import FINE, border
from conformance.sweep.outcome import Outcome

NO_CASE = -1
"""In place of the index of a case: a sweep keeps none."""

MIDDLE = 1.5
"""A binade from 2^e on is drawn at so many times 2^e."""


def of_sweeps(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes by test: subject and quantity."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(f"{one.subject}/{one.quantity}", []).append(one)
    return found


def sweep_series(outcomes: Sequence[Outcome], axis: Axis) -> Series:
    """Draw the sweeps of one test.

    An error is the lower border of its bin, and in the first bin, below a 64th of an ULP, the middle.

    Parameters
    ----------
    outcomes : sequence of Outcome
        One a label class.
    axis : Axis
        Of the swept argument.
    """
    worst: dict[tuple[int, int], int] = {}
    histogram = np.zeros(len(BINS) + len(KINDS) - 1, np.int64)
    for one in outcomes:
        label = LABEL_CLASSES.index(one.label_class) if one.label_class in LABEL_CLASSES else 0
        histogram[len(BINS)] += one.nans
        for binade, counts in one.histogram.items():
            numbers = np.array([int(number) for number in counts], np.int64)
            errors = np.where(numbers > 0, border(numbers), 1 / (2 * FINE))
            np.add.at(histogram, np.searchsorted(BINS, errors, side="left"), list(counts.values()))
            column = _column(binade, axis)
            if column is not None and len(numbers):
                worst[label, column] = max(worst.get((label, column), 0), int(numbers.max()))
    keys = sorted(worst)
    top = np.array([worst[key] for key in keys], np.int64)
    errors = np.where(top > 0, border(top), 1 / (2 * FINE))
    nothing = np.zeros(len(keys), np.uint64)
    return Series(
        np.full(len(keys), PLAIN, np.uint8),
        np.array([label for label, _ in keys], np.uint8),
        np.array([column for _, column in keys], np.uint8),
        encoded(errors),
        np.full(len(keys), NO_CASE, np.int64),
        nothing,
        nothing,
        histogram,
        COLUMNS,
    )


def _column(binade: str, axis: Axis) -> int | None:
    """Where a binade stands; None for what is no number."""
    if binade[1:] == "subnormal":
        value = 0.0
    elif found := re.fullmatch(r"[+-]2\^(-?\d+)", binade):
        value = MIDDLE * 2.0 ** int(found[1])
    else:
        return None
    return int(axis.columns(np.array([-value if binade[0] == "-" else value]))[0])
