"""Whether what a model returns, and its labels, fit what a loss takes. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.identify.identification import CERTAIN, LIKELY, UNKNOWN, Identification

SURE = 20
"""So many equal outputs are no chance, and fewer within [0, 1] hardly say anything. More say little: a head that has
not been trained gives logits of a small spread, and one that ends in a ReLU none below 0."""

ROWS = 2.0**-8
"""A row of probabilities sums to 1 within this: so much of itself an entry of bfloat16, the coarsest format, is off."""

ENOUGH = 4
"""Rows that prove it. Sums of unrelated numbers that spread over an eighth lie within ``ROWS`` of 1 once in sixteen:
four do once in 65,000."""

SLACK = 4
"""Units in the last place of 1 by which a probability may lie outside [0, 1]: a sum or a mean of some is rounded."""

VERBS = {CERTAIN: "are", LIKELY: "look like", UNKNOWN: "may be"}


@dataclass(frozen=True)
class Outputs:
    """What a model returns.

    Attributes
    ----------
    looks : str
        ``probabilities``, ``logits`` (what is no probability), ``log-probabilities``, ``decisions``, ``constant`` or
        ``nothing``.
    confidence : str
    words : str
        Why.
    """

    looks: str
    confidence: str
    words: str


def outputs(values: NDArray[Any]) -> Outputs:
    """What outputs look like.

    Parameters
    ----------
    values : ndarray
        Of any shape and any real dtype; classes along the last axis or the second.
    """
    numbers = np.asarray(values, np.float64)
    known = numbers[np.isfinite(numbers)]
    if not known.size:
        return Outputs("nothing", CERTAIN, "no output is a finite number")
    low, high = float(known.min()) + 0.0, float(known.max()) + 0.0        # no -0
    spread = f"{known.size} outputs, from {low:.4g} to {high:.4g}"
    if low == high and known.size >= SURE:
        return Outputs("constant", CERTAIN, f"all {known.size} outputs are {low:.4g}")
    if low < high and ((known == low) | (known == high)).all() and high == 1 and low in (-1, 0):
        confidence = CERTAIN if known.size >= SURE else LIKELY
        return Outputs("decisions", confidence, f"all {known.size} outputs are {low:g} or 1")
    slack = _slack(values)
    if -slack <= low and high <= 1 + slack:
        rows = _rows_of_one(numbers)
        if rows:
            confidence = CERTAIN if rows >= ENOUGH else LIKELY
            return Outputs("probabilities", confidence, f"{spread}: every row sums to 1")
        confidence = LIKELY if known.size >= SURE else UNKNOWN
        return Outputs("probabilities", confidence, f"{spread}: all lie within [0, 1], as logits of a small spread may")
    if high <= slack:
        rows = _rows_of_one(np.exp(numbers))
        if rows:
            confidence = CERTAIN if rows >= ENOUGH else LIKELY
            return Outputs("log-probabilities", confidence, f"{spread}: every row of their exponentials sums to 1")
        return Outputs("log-probabilities", UNKNOWN, f"{spread}: none is above 0")
    beyond = int(np.count_nonzero((known < -slack) | (known > 1 + slack)))
    return Outputs("logits", CERTAIN, f"{spread}: {beyond} outside [0, 1]")


def _slack(values: NDArray[Any]) -> float:
    """By binary32 where the dtype is a wider one: what was computed in binary32 is often saved as binary64."""
    least = np.dtype(np.float32)
    return SLACK * max(float(np.finfo(of).eps) for of in (values.dtype, least) if of.kind == "f")


def _rows_of_one(numbers: NDArray[np.float64]) -> int:
    """How many rows there are, where every one of finite numbers sums to 1; else 0."""
    for axis in sorted({1, numbers.ndim - 1}) if numbers.ndim > 1 else ():
        sums = numbers.sum(axis)
        sums = sums[np.isfinite(sums)]
        if numbers.shape[axis] > 1 and sums.size and (np.abs(sums - 1) <= ROWS).all():
            return int(sums.size)
    return 0


def warnings(said: Identification, values: NDArray[Any], labels: NDArray[Any] | None = None) -> list[str]:
    """What does not fit between a loss, a model's outputs and its labels, a sentence each.

    Parameters
    ----------
    said : Identification
        Of the loss.
    values : ndarray
        The outputs.
    labels : ndarray, optional
    """
    seen = outputs(values)
    found: list[str] = []
    rows = said.known and _by_rows(said)
    if rows and (values.ndim < 2 or max(values.shape[1], values.shape[-1]) < 2):
        found.append(f"This loss takes rows of classes, (N, C), and the model's outputs have the shape {values.shape}.")
    elif said.known:
        found += _unfit(said.value("takes"), rows, seen, values)
    if seen.looks == "decisions":
        found.append(
            f"The model's outputs {VERBS[seen.confidence]} decisions ({seen.words}): give what it returns before they "
            "are made."
        )
    if seen.looks in ("constant", "nothing"):
        found.append(f"The model's outputs say nothing: {seen.words}.")
    broken = int(np.count_nonzero(~np.isfinite(np.asarray(values, np.float64))))
    if broken:
        found.append(f"Outputs of the model that are NaN or infinite: {broken} of {values.size}.")
    if labels is not None:
        broken = int(np.count_nonzero(~np.isfinite(np.asarray(labels, np.float64))))
        if broken:
            found.append(f"Labels that are NaN or infinite: {broken} of {labels.size}.")
        if rows:
            found += _classes(said, values, labels)
        elif said.known:
            found += [*_labels(said, labels), *_shapes(values, labels)]
        elif values.shape[:1] != labels.shape[:1]:
            found += _shapes(values, labels)
    return found


def _by_rows(said: Identification) -> bool:
    return said.property("classes") is not None or "rows" in str(said.value("arrangement"))


def _unfit(takes: str, rows: bool, seen: Outputs, values: NDArray[Any]) -> list[str]:
    """Whether outputs are what a loss takes."""
    squashed, confidence = "softmax" if rows else "sigmoid", seen.confidence
    if seen.looks == "probabilities" and takes in ("logits", "scores"):
        if rows and "sums to 1" not in seen.words:
            confidence = UNKNOWN                # no softmax made them
        start = f"This loss takes {takes}, and the model's outputs {VERBS[confidence]} probabilities ({seen.words})"
        whether = ": " if confidence == CERTAIN else "; if they are, "
        return [f"{start}{whether}take the model's last activation away, since {_harm(takes, rows, values)}."]
    if seen.looks == "log-probabilities" and seen.confidence != UNKNOWN and takes in ("logits", "probabilities"):
        start = f"This loss takes {takes}, and the model's outputs {VERBS[confidence]} log-probabilities ({seen.words})"
        if takes == "probabilities":
            return [f"{start}: take their exponential first."]
        if rows:
            return [f"{start}: a softmax leaves their probabilities as they are, so one of the two is superfluous."]
        return [f"{start}: take that away, since a sigmoid of a log-probability is never above 0.5."]
    if seen.looks in ("logits", "log-probabilities") and takes == "probabilities":
        return [
            f"This loss takes probabilities, and the model's outputs are none ({seen.words}): where they are logits, "
            f"apply a {squashed} first, or take the loss of logits."
        ]
    if takes == "log-probabilities":
        above = int(np.count_nonzero(np.asarray(values, np.float64) > _slack(values)))
        words = f"This loss takes log-probabilities; outputs of the model above 0: {above} of {values.size}."
        return [words] if above else []
    return []


def _harm(takes: str, rows: bool, values: NDArray[Any]) -> str:
    """What goes wrong where probabilities are taken for something else: true of whatever is made of them."""
    if takes == "scores":
        return "a score below 0 speaks for one of the labels, and no probability is below 0"
    if rows:
        count = min(values.shape[k] for k in (1, values.ndim - 1) if values.shape[k] > 1)
        return f"a softmax of {count} probabilities is never above {math.e / (math.e + count - 1):.2g}"
    return f"a sigmoid of a probability lies between 0.5 and {1 / (1 + math.exp(-1)):.2f}, never near 0 or 1"


def _labels(said: Identification, labels: NDArray[Any]) -> list[str]:
    """Whether labels are the two that a loss takes, or between them."""
    takes, numbers = said.value("labels"), _finite(labels)
    distinct = np.unique(numbers)
    if takes not in ("{0, 1}", "{-1, 1}") or not distinct.size:
        return []
    low = 0.0 if takes == "{0, 1}" else -1.0
    start = f"This loss takes labels {low:g} and 1, and the labels are {_shown(distinct)}"
    inside = (distinct >= low) & (distinct <= 1)
    if low == 0 and -1 in distinct and np.isin(distinct, (-1, 1)).all():
        return [f"{start}: map them by (y + 1) / 2."]
    if low == -1 and 0 in distinct and (distinct >= 0).all() and inside.all():
        return [f"{start}: map them by 2 y - 1."]
    found: list[str] = []
    whole = (distinct >= 0).all() and (distinct == np.floor(distinct)).all()
    if not inside.all() and whole and distinct[-1] < 2 * distinct.size:
        found.append(f"{start}: are they class indices?")
    elif not inside.all():
        count = int(np.count_nonzero((numbers < low) | (numbers > 1)))
        found.append(
            f"This loss takes labels {low:g} and 1; labels outside these: {count} of {labels.size} "
            f"({_shown(distinct[~inside])}). Leave them out of the loss where they mark what is to be ignored."
        )
    how = said.property("soft labels")
    if how is not None and how.value != "weighted" and ((distinct > low) & (distinct < 1)).any():
        words = f"and of those this loss makes something else: {how.words}."
        found.append(f"Some labels lie between {low:g} and 1, {words}")
    return found


def _shapes(values: NDArray[Any], labels: NDArray[Any]) -> list[str]:
    """Whether each output has a label."""
    if labels.shape == values.shape:
        return []
    start = f"Outputs of shape {values.shape} against labels of shape {labels.shape}"
    try:
        return [f"{start} broadcast to {np.broadcast_shapes(values.shape, labels.shape)}: give both one shape."]
    except ValueError:
        return [f"{start} do not fit: give each output its label."]


def _classes(said: Identification, values: NDArray[Any], labels: NDArray[Any]) -> list[str]:
    """Whether labels say a class of each row, as the loss takes it: by its index or by a target for each."""
    if values.ndim < 2:
        return []
    arrangement = str(said.value("arrangement"))
    start = f"Outputs of shape {values.shape} against labels of shape {labels.shape}"
    one_hot = labels.shape == values.shape
    by_index = "indices" in arrangement or ("targets" not in arrangement and not one_hot)
    numbers = _finite(labels)
    if not by_index:
        if not one_hot:
            return [f"{start}: this loss takes a target for each class, such as one-hot rows."]
        outside = numbers[(numbers < 0) | (numbers > 1)]
        shown = _shown(np.unique(outside))
        return [f"Targets outside 0 to 1: {outside.size} of {labels.size} ({shown})."] if outside.size else []
    sizes = {values.shape[:-1]: values.shape[-1], (*values.shape[:-1], 1): values.shape[-1]}
    count = sizes.get(labels.shape, values.shape[1] if labels.shape == values.shape[:1] + values.shape[2:] else 0)
    if not count:
        return [f"{start}: this loss takes one class index for each row."]
    wrong = numbers[(numbers < 0) | (numbers >= count) | (numbers != np.floor(numbers))]
    if not wrong.size:
        return []
    share = f"{wrong.size} of {labels.size} ({_shown(np.unique(wrong))})"
    return [f"Labels that are no index of the {count} columns, 0 to {count - 1}: {share}."]


def _finite(labels: NDArray[Any]) -> NDArray[np.float64]:
    numbers = np.asarray(labels, np.float64).ravel()
    return numbers[np.isfinite(numbers)]


def _shown(distinct: NDArray[np.float64]) -> str:
    return ", ".join(f"{v:g}" for v in distinct[:5]) + (", …" if len(distinct) > 5 else "")
