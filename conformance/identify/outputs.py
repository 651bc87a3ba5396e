"""Whether what a model returns fits what a loss takes. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.identify.identification import CERTAIN, LIKELY, Identification

SURE = 20
"""Logits all between 0 and 1: among so many outputs that does not happen by chance. Of a standard normal one, wherever
its centre, two in five are there at most, and 0.4^20 is 1e-8."""

ROWS = 2.0**-8
"""A row of probabilities sums to 1 within this: so much of itself an entry of bfloat16, the coarsest format, is off."""

FLOOR = math.log1p(math.exp(-1))
"""The least a loss of logits can be of a probability."""


@dataclass(frozen=True)
class Outputs:
    """What a model returns.

    Attributes
    ----------
    looks : str
        ``probabilities``, ``logits``, ``log-probabilities``, ``constant`` or ``nothing``.
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
        Of any shape; rows of classes along the last axis.
    """
    flat = np.asarray(values, np.float64).ravel()
    known = flat[np.isfinite(flat)]
    if not known.size:
        return Outputs("nothing", CERTAIN, "no output is a finite number")
    low, high = float(known.min()), float(known.max())
    spread = f"{known.size} outputs, from {low:.4g} to {high:.4g}"
    if known.size > 1 and low == high and known.size >= SURE:
        return Outputs("constant", CERTAIN, f"all {known.size} outputs are {low:.4g}")
    if low < 0 and high <= 0 and known.size >= SURE:
        return Outputs("log-probabilities", LIKELY, f"{spread}: none is above 0")
    if low < 0 or high > 1:
        beyond = int(np.count_nonzero((known < 0) | (known > 1)))
        return Outputs("logits", CERTAIN, f"{spread}: {beyond} lie outside [0, 1]")
    if values.ndim == 2 and values.shape[1] > 1 and np.allclose(values.sum(-1), 1, atol=ROWS):
        return Outputs("probabilities", CERTAIN, f"{spread}: every row sums to 1")
    confidence = CERTAIN if known.size >= SURE else LIKELY
    return Outputs("probabilities", confidence, f"{spread}: all lie within [0, 1]")


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
    found: list[str] = []
    takes, seen = said.value("takes"), outputs(values)
    sure = "" if seen.confidence == CERTAIN else "probably "
    if said.known and takes == "logits" and seen.looks == "probabilities":
        found.append(
            f"This loss takes logits, and the model's outputs are {sure}probabilities ({seen.words}): "
            f"take its sigmoid away, or the loss can never fall below {FLOOR:.2f} per element."
        )
    if said.known and takes == "probabilities" and seen.looks in ("logits", "log-probabilities"):
        found.append(
            f"This loss takes probabilities, and the model's outputs are {sure}{seen.looks} ({seen.words}): "
            f"apply a sigmoid first, or take the loss of logits."
        )
    if seen.looks == "log-probabilities" and takes == "logits":
        found.append(f"The model's outputs may be log-probabilities ({seen.words}); this loss takes logits.")
    if seen.looks in ("constant", "nothing"):
        found.append(f"The model's outputs say nothing: {seen.words}.")
    broken = int(np.count_nonzero(~np.isfinite(np.asarray(values, np.float64))))
    if broken:
        found.append(f"{broken} of the model's outputs are NaN or infinite.")
    if labels is not None:
        found += _labels(said, values, labels)
    return found


def _labels(said: Identification, values: NDArray[Any], labels: NDArray[Any]) -> list[str]:
    found: list[str] = []
    takes = said.value("labels")
    distinct = np.unique(np.asarray(labels, np.float64))
    shown = ", ".join(f"{v:g}" for v in distinct[:5]) + (", …" if len(distinct) > 5 else "")
    soft = bool(((distinct > 0) & (distinct < 1)).any())
    signs = bool((distinct < 0).any())
    if takes == "{0, 1}" and signs:
        found.append(f"This loss takes labels 0 and 1, and the labels are {shown}: map them by (y + 1) / 2.")
    if takes == "{-1, 1}" and not signs:
        found.append(f"This loss takes labels -1 and 1, and the labels are {shown}: map them by 2 y - 1.")
    if takes == "{0, 1}" and distinct.size and distinct.max() > 1:
        found.append(f"This loss takes labels 0 and 1, and the labels are {shown}: are they class indices?")
    if soft and said.value("soft labels") in ("index", "rounded", "threshold", "raises"):
        how = said.property("soft labels")
        assert how is not None
        found.append(f"Some labels lie between 0 and 1, and of those this loss makes something else: {how.words}.")
    if labels.shape != values.shape and labels.size == values.size and said.value("arrangement") == "vectors":
        found.append(
            f"Outputs of shape {values.shape} against labels of shape {labels.shape} broadcast to "
            f"{np.broadcast_shapes(values.shape, labels.shape) if _broadcasts(values, labels) else 'nothing'}: "
            "give both one shape."
        )
    return found


def _broadcasts(first: NDArray[Any], second: NDArray[Any]) -> bool:
    try:
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        return False
    return True
