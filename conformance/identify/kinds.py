"""What a loss may be a function of: hypotheses about its first argument, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from conformance.formats import Format, Values, rounded

CLASSES = (2, 3, 4, 5, 6, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256, 512, 1000, 1024, 10000)
"""Numbers of classes that are tried where they are not known from the shape of what is given."""


class Terms(NamedTuple):
    """What a loss of label 1 and one of label 0 consist of, at predictions x.

    Attributes
    ----------
    yes, no : ndarray of float64
        −log p and −log(1 − p), or what stands for them.
    p, q : ndarray of float64
        The probability of the label 1 and that of 0.
    """

    yes: Values
    no: Values
    p: Values
    q: Values


@dataclass(frozen=True)
class Kind:
    """One hypothesis.

    Attributes
    ----------
    name : str
    takes : str
        ``logits`` or ``probabilities``, or what else.
    words : str
        The loss, as in "a binary cross-entropy of logits".
    terms : callable
        From predictions, the other entries of their row and the number of classes to Terms.
    losses : tuple of str
        The plain loss in ``conformance.losses``, with pos_weight, with a weight, and focal; empty where there is none.
    row : bool
        Whether a prediction has others in its row.
    entropy : bool
        Whether it is a cross-entropy: of others no clamp, power or smoothing is looked for.
    mistake : str
        What is wrong with a loss of this kind, where it can only be a mistake.
    rival : str
        The name of the kind that people mistake it for: the probe is shown that tells the two apart.
    route : str
        How it comes to its values, where that shows.
    """

    name: str
    takes: str
    words: str
    terms: Callable[[Values, Values, int], Terms]
    losses: tuple[str, str, str, str] = ("", "", "", "")
    row: bool = False
    entropy: bool = True
    mistake: str = ""
    rival: str = "logits"
    route: str = ""


def softplus(x: Values) -> Values:
    """log(1 + e^x), to an ulp or two."""
    with np.errstate(all="ignore"):
        found: Values = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found


def sigmoid(x: Values) -> Values:
    """1/(1 + e^−x), without overflow."""
    with np.errstate(all="ignore"):
        e = np.exp(-np.abs(x))
        found: Values = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return found


def _logits(x: Values, rest: Values, classes: int) -> Terms:
    return Terms(softplus(-x), softplus(x), sigmoid(x), sigmoid(-x))


def by_sigmoid(kind: Kind, fmt: Format) -> Kind:
    """Binary cross-entropy of logits as it is without care: of a sigmoid that is rounded before it is subtracted.

    Parameters
    ----------
    kind : Kind
        Of logits.
    fmt : Format
        What it computes in.
    """

    def terms(x: Values, rest: Values, classes: int) -> Terms:
        p = rounded(sigmoid(x), fmt)
        with np.errstate(all="ignore"):
            return Terms(-np.log(p), -np.log(1 - p), p, 1 - p)

    return replace(kind, terms=terms, route="a sigmoid that is rounded first")


def _probabilities(p: Values, rest: Values, classes: int) -> Terms:
    with np.errstate(all="ignore"):
        return Terms(-np.log(p), -np.log1p(-p), p, 1 - p)


def _twice(x: Values, rest: Values, classes: int) -> Terms:
    return _logits(sigmoid(x), rest, classes)


def _log_probabilities(x: Values, rest: Values, classes: int) -> Terms:
    with np.errstate(all="ignore"):
        return Terms(-x, -np.log(-np.expm1(x)), np.exp(x), -np.expm1(x))


def _rows(x: Values, rest: Values, classes: int) -> Terms:
    d, others = x - rest, classes - 1
    yes, no = softplus(np.log(others) - d), np.log(others) + softplus(d - np.log(others))
    return Terms(yes, no, np.exp(-yes), np.exp(-no))


def _rows_of_probabilities(p: Values, rest: Values, classes: int) -> Terms:
    with np.errstate(all="ignore"):
        whole = p + (classes - 1) * rest
        return Terms(-np.log(p / whole), -np.log(rest / whole), p / whole, rest / whole)


def _unnormalised(p: Values, rest: Values, classes: int) -> Terms:
    with np.errstate(all="ignore"):
        return Terms(-np.log(p), -np.log(rest), p, rest)


def _square(p: Values, rest: Values, classes: int) -> Terms:
    return Terms((1 - p) ** 2, p**2, p, 1 - p)


def _square_of_sigmoid(x: Values, rest: Values, classes: int) -> Terms:
    return _square(sigmoid(x), rest, classes)


def _hinge(x: Values, rest: Values, classes: int) -> Terms:
    return Terms(np.maximum(1 - x, 0), np.maximum(1 + x, 0), sigmoid(x), sigmoid(-x))


SIGMOID = ("sigmoid_cross_entropy", "weighted_sigmoid_cross_entropy", "element_weighted_sigmoid_cross_entropy", "focal")
BINARY = ("binary_cross_entropy", "", "element_weighted_binary_cross_entropy", "focal_of_probability")

KINDS = (
    Kind("logits", "logits", "binary cross-entropy of logits", _logits, SIGMOID, rival="probabilities"),
    Kind("probabilities", "probabilities", "binary cross-entropy of probabilities", _probabilities, BINARY),
    Kind(
        "sigmoid twice",
        "logits",
        "binary cross-entropy of sigmoid(sigmoid(x))",
        _twice,
        mistake="it applies a sigmoid to what a sigmoid returned: take one of the two away",
    ),
    Kind(
        "log-probabilities",
        "log-probabilities",
        "binary cross-entropy of log-probabilities",
        _log_probabilities,
    ),
    Kind(
        "rows of logits",
        "logits",
        "softmax cross-entropy of rows of logits",
        _rows,
        ("softmax_cross_entropy", "", "", ""),
        row=True,
        rival="rows of probabilities",
    ),
    Kind(
        "rows of probabilities",
        "probabilities",
        "categorical cross-entropy of rows of probabilities, which it divides by their sum",
        _rows_of_probabilities,
        ("categorical_cross_entropy", "", "", ""),
        row=True,
        rival="rows of logits",
    ),
    Kind(
        "rows as they are",
        "probabilities",
        "categorical cross-entropy of rows of probabilities, taken as they are",
        _unnormalised,
        row=True,
        rival="rows of probabilities",
    ),
    Kind("squares", "probabilities", "squared error of probabilities", _square, entropy=False, rival="probabilities"),
    Kind("squares of sigmoids", "logits", "squared error of sigmoid(x)", _square_of_sigmoid, entropy=False),
    Kind("hinge", "scores", "hinge loss", _hinge, entropy=False),
)
"""Plausible first: of two that fit alike the first is named."""
