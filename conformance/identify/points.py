"""The inputs of probes: columns by role, or by place where the roles are not known yet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from conformance.formats import FORMATS, Mask, Values, rounded

GRID = (0.35, 0.08, 0.2, 0.47, 0.6, 0.72, 0.85, 0.94)
"""Probabilities and logits at once, and labels between 0 and 1; no two of them sum to 1."""

OTHERS = 0.375
"""What each other entry of a row of probabilities is where the clamp is looked for."""

FEW = (0.2, 0.35, 0.6, 0.85)
ENDS = (0.0, 1.0)
RESTS = (0.15, 0.5, 0.8)
SOFT = (0.25, 0.5, 0.75)

LOGITS = (0.0, 0.5, 1.5, 3.0, 5.0, 8.0)
LARGE = (12.0, 14.0, 16.0, 18.0, 20.0, 25.0, 30.0, 37.0, 45.0, 60.0, 88.0, 90.0, 100.0, 120.0, 300.0, 710.0, 760.0)
FAR = {"binary64": 1000.0, "binary32": 1000.0}
"""A logit at which every clamp is reached that anybody writes."""

SMALL = (
    *(m * 10.0**-k for k in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14) for m in (1.0, 3.0)),
    *(10.0**-k for k in (16, 20, 25, 30, 35)),
)
"""Probabilities; those of them that leave 1 in the format are taken from 1, too."""


def unknown(count: int, labels: Sequence[float] = ENDS) -> list[Values]:
    """Every combination of inside values and labels, of arguments whose roles are not known.

    Parameters
    ----------
    count : int
        Of arguments.
    labels : sequence of float
        What may stand for 0 and 1.
    """
    inside = GRID if count == 2 else FEW
    rows = [row for row in product((*inside, *labels), repeat=count) if any(v in labels for v in row)]
    rows = [row for row in rows if sum(v in labels for v in row) < count]
    return [np.array(column) for column in zip(*rows, strict=True)]


def rows(labels: Sequence[float] = ENDS) -> list[Values]:
    """Predictions, the rest of their rows, and hard labels."""
    found = list(product(GRID, RESTS, labels))
    return [np.array(column) for column in zip(*found, strict=True)]


def pairs(labels: Sequence[float] = ENDS) -> list[Values]:
    """Predictions and hard labels."""
    return [np.array(column) for column in zip(*product(GRID, labels), strict=True)]


def at(
    roles: Sequence[str], takes: str, predictions: Sequence[float], labels: Sequence[float], dtype: str
) -> dict[str, Values]:
    """Predictions with every label, what else there is at its plainest.

    Parameters
    ----------
    roles : sequence of str
    takes : str
        ``probabilities`` or something else: it decides what the rest of a row is.
    predictions, labels : sequence of float
    dtype : str
        They are rounded to it.
    """
    both = list(product(predictions, labels))
    prediction, label = (np.array([row[k] for row in both], np.float64) for k in range(2))
    plain = {"rest": OTHERS if takes == "probabilities" else 0.0, "weight": 1.0, "pos_weight": 1.0}
    columns = {"prediction": rounded(prediction, FORMATS[dtype]), "label": label}
    return {role: columns.get(role, np.full(label.shape, plain.get(role, 0.0))) for role in roles}


def ends(takes: str) -> tuple[float, float]:
    """The predictions at which −log p, and −log(1 − p), are largest."""
    return (0.0, 1.0) if takes == "probabilities" else (-FAR["binary64"], FAR["binary64"])


def domain(takes: str) -> tuple[float, float]:
    """Between which predictions a loss is defined, the ends included."""
    return {"probabilities": (0.0, 1.0), "log-probabilities": (-np.inf, 0.0)}.get(takes, (-np.inf, np.inf))


def middle(takes: str) -> tuple[float, ...]:
    """Predictions in the wide middle of the domain."""
    if takes == "probabilities":
        return (0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999)
    if takes == "log-probabilities":
        return (-8.0, -3.0, -1.5, -0.5, -0.1)
    return tuple(sorted({sign * x + 0.0 for x in LOGITS for sign in (-1.0, 1.0)}))


def inside(takes: str, predictions: Values) -> Mask:
    """Which predictions lie in the middle of the domain, whose ends are its own."""
    wide = middle(takes)
    return np.asarray((predictions >= min(wide)) & (predictions <= max(wide)))


def tails(takes: str, dtype: str) -> tuple[float, ...]:
    """Predictions towards the ends of the domain, the ends among them."""
    if takes == "probabilities":
        near = [1 - p for p in SMALL if float(rounded(np.array([1 - p]), FORMATS[dtype])[0]) < 1]
        return tuple(sorted({0.0, *SMALL, *near, 1.0}))
    if takes == "log-probabilities":
        return (-1000.0, -100.0, -20.0)
    return tuple(sorted({sign * x for x in (*LARGE, FAR[dtype]) for sign in (-1.0, 1.0)}))


def beyond(takes: str) -> tuple[float, ...]:
    """Predictions at infinities, and outside the domain."""
    outside = (-0.5, 1.5) if takes == "probabilities" else ()
    return (-np.inf, np.inf, np.nan, *outside)


def named(columns: Mapping[str, Values], k: int) -> dict[str, float]:
    """One probe's inputs."""
    return {role: float(values[k]) for role, values in columns.items()}
