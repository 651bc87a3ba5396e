"""What a loss divides by, and over what it sums: hypotheses, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from conformance.formats import FORMATS, Values, rounded
from conformance.identify.arrangements import Arrangement
from conformance.identify.fit import Fit
from conformance.identify.identification import CERTAIN, LIKELY, UNKNOWN, Probe, Property
from conformance.identify.points import GRID, RESTS
from conformance.identify.probing import Probing
from conformance.identify.tolerance import roundoff, tolerance

SHAPES = ((5,), (7,), (2, 3), (4, 3), (3, 5))
"""Each axis is of its own length, and in no two the same: the first ones show what a vector gives."""


WEIGHTS = (1.25, 2.5, 0.0, 0.75)
"""In turn: unequal, one of them 0, and no sum of a sample of them is the number of anything."""


@dataclass(frozen=True)
class Trial:
    """What one shape gave: the elements' own losses, how far each may be off in a sum, and what came back.

    Attributes
    ----------
    shape : tuple of int
    ones : int
        How many labels are 1.
    weights : ndarray of float64
        Of the elements, all 1 where they are no argument.
    elements, off, got : ndarray of float64
    """

    shape: tuple[int, ...]
    ones: int
    weights: Values
    elements: Values
    off: Values
    got: Values


@dataclass(frozen=True)
class Denominator:
    """One hypothesis: what a sum is divided by; who means that."""

    name: str
    words: str
    value: Callable[[Trial], float]
    mistaken: bool = False


DENOMINATORS = (
    Denominator("sum", "the sum of all elements", lambda t: 1.0),
    Denominator("mean", "the mean over all elements", lambda t: float(np.prod(t.shape))),
    Denominator("sum over first axis", "the sum, divided by the length of the first axis", lambda t: float(t.shape[0])),
    Denominator("sum over last axis", "the sum, divided by the length of the last axis", lambda t: float(t.shape[-1])),
    Denominator(
        "sum over weights",
        "the sum, divided by the sum of the weights, or by 1 where that is less",
        lambda t: float(t.weights.sum()),
    ),
    Denominator(
        "sum over nonzero weights",
        "the sum, divided by the number of weights that are not 0",
        lambda t: float(np.count_nonzero(t.weights)),
    ),
    Denominator(
        "mean divided again",
        "the mean over all elements, divided by their number once more",
        lambda t: float(np.prod(t.shape)) ** 2,
        mistaken=True,
    ),
    Denominator(
        "mean divided by the first axis",
        "the mean over all elements, divided by the length of the first axis once more",
        lambda t: float(np.prod(t.shape) * t.shape[0]),
        mistaken=True,
    ),
    Denominator("positives", "the sum, divided by the number of labels that are 1", lambda t: float(t.ones)),
    Denominator(
        "one less", "the sum, divided by the number of elements less 1", lambda t: float(np.prod(t.shape) - 1)
    ),
)
"""The plain ones first: a vector alone does not tell all of them apart. What is divided by the sum of the weights
alone has no weight where it is called with one element; what has one there is divided by 1."""

AXES = {-1: "the last axis", 0: "the first axis"}
ALONG: dict[str, Callable[..., Any]] = {"mean": np.mean, "sum": np.sum}

MISTAKEN = {"mean over first axis", *(row.name for row in DENOMINATORS if row.mistaken)}
"""Reductions that nobody means."""


def reduction(probing: Probing, fit: Fit, wide: bool) -> Property:
    """Over what a loss sums, and what it divides by.

    Parameters
    ----------
    probing : Probing
    fit : Fit
        What it computes of one element.
    wide : bool
        Whether arrays of two dimensions are asked about, too.
    """
    trials = [t for shape in SHAPES if wide or len(shape) == 1 for t in [_trial(probing, fit, shape)] if t]
    if not trials:
        return Property("reduction", None, "it takes no arrays of several elements", UNKNOWN)
    vectors, matrices = ([t for t in trials if len(t.shape) == n] for n in (1, 2))
    fitting = [found for found in (_of(group) for group in (vectors, matrices)) if found]
    if not fitting:
        return Property("reduction", "unknown", _shapes(trials), UNKNOWN)
    both = _of(trials)
    if both is not None:
        return replace(both, confidence=CERTAIN if matrices or not wide else LIKELY)
    if len(fitting) == 2 and vectors and matrices:
        last = fitting[-1]
        return replace(last, words=f"{last.words}; of a vector {fitting[0].words}")
    return replace(fitting[0], confidence=LIKELY)


def _shapes(trials: list[Trial]) -> str:
    return "; ".join(f"{t.shape} gives {t.got.shape or 'a number'}" for t in trials)


def _of(trials: list[Trial]) -> Property | None:
    """The one hypothesis that fits several shapes."""
    if not trials:
        return None
    if all(_is(t, lambda elements: elements) for t in trials):
        return Property("reduction", "none", "none: one number for each element", CERTAIN, _shown(trials[-1]))
    for axis, words in AXES.items():
        for name, reduce in ALONG.items():
            if all(len(t.shape) > 1 and _is(t, partial(reduce, axis=axis)) for t in trials):
                said = f"the {name} over {words}"
                return Property("reduction", f"{name} over {words[4:]}", said, CERTAIN, _shown(trials[-1]))
    for hypothesis in DENOMINATORS:
        if all(t.got.size == 1 and _is(t, partial(_divided, hypothesis, t)) for t in trials):
            return Property("reduction", hypothesis.name, hypothesis.words, CERTAIN, _shown(trials[-1]))
    return None


def _is(trial: Trial, reduce: Callable[[Values], Values]) -> bool:
    """Whether what came back is what a reduction says, which is of no sign: it reduces the errors, too."""
    due, off = reduce(trial.elements), reduce(trial.off)
    got = trial.got.reshape(due.shape) if trial.got.size == due.size == 1 else trial.got
    return got.shape == due.shape and bool((np.abs(got - due) <= off).all())


def _divided(hypothesis: Denominator, trial: Trial, elements: Values) -> Values:
    return np.asarray(elements.sum() / hypothesis.value(trial))


def _shown(trial: Trial) -> Probe:
    inputs = {"elements": float(trial.elements.size), "sum of their losses": float(trial.elements.sum())}
    if (trial.weights != 1).any():
        inputs["sum of the weights"] = float(trial.weights.sum())
    got = float(trial.got.ravel()[0]) if trial.got.size == 1 else f"an array of shape {trial.got.shape}"
    return Probe(inputs, got)


def _trial(probing: Probing, fit: Fit, shape: tuple[int, ...]) -> Trial | None:
    """Ask for the loss of an array of a shape; None where it raises."""
    columns = sample(fit, shape, probing.dtype)
    flat = [columns[role] for role in fit.roles]
    arrangement: Arrangement = probing.arrangement
    if len(shape) > 1:
        if arrangement.name not in ("vectors", "columns"):
            return None
        arrays = flat
    else:
        arrays = arrangement.arrays(flat)
    reply = probing.box.call(arrays, probing.dtype, arrangement.integers)
    if not reply.ok or len(reply.values) != 1:
        return None
    got = reply.values[0]
    if len(shape) == 1 and got.shape == (*shape, 1):
        got = got[:, 0]
    ones = int(np.count_nonzero(columns["label"] == fit.labels[1]))
    elements = fit.predicted(columns)
    # A sum of n is off by n - 1 roundings of all of it, a division by one or two.
    off = tolerance(fit, columns) + (elements.size + 1) * roundoff(fit.fmt) * np.abs(elements)
    weights = columns.get("weight", np.ones(shape))
    return Trial(shape, ones, weights, elements, off, got)


def sample(fit: Fit, shape: tuple[int, ...], dtype: str) -> dict[str, Values]:
    """Inputs of a shape, no two rows or columns alike, with two labels of five that are 1, and weights that differ."""
    count = int(np.prod(shape))
    at = np.arange(count)
    prediction = rounded(np.array(GRID)[at * 3 % len(GRID)] - at / 256, FORMATS[dtype])
    label = np.array(fit.labels)[(at * 2 % 5 < 2).astype(int)]
    columns = {
        "prediction": prediction,
        "label": label,
        "rest": rounded(np.array(RESTS)[at % len(RESTS)], FORMATS[dtype]),
        "weight": np.resize(WEIGHTS, count),
        "pos_weight": np.ones(count),
    }
    return {role: columns[role].reshape(shape) for role in fit.roles}
