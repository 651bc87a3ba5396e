"""The elements of a reduction: a few distinct rows, repeated to any length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conformance.formats import FORMATS, Bits, Format, Values, from_float64, rounded

PERIOD = 29
"""Rows of the mixed values: a prime, so that a row meets every lane of a vector, and a weight every row."""

WEIGHTS = {
    "ones": (1.0,),
    "mixed": (4.0, 0.5, 3.0, 1.0, 6.0, 8.0, 0.25),
    "some-zero": (4.0, 0.0, 0.5, 3.0, 0.0, 6.0, 8.0),
    "all-zero": (0.0,),
    "by-class": (0.5, 3.0),
    "one-class": (0.0, 3.0),
}
"""Weights in turn, or of labels 0 and 1; few bits each. Those of some-zero tell N, their sum and the number of
non-zero ones apart."""

BY_CLASS = ("by-class", "one-class")
"""Weights of classes: that of an element is its label's, and labels 0 and 1 take turns."""

CYCLES = {
    "rest": (0.0,),
    "rest_probability": (0.5, 0.25, 0.125),
    "pos_weight": (0.5, 1.0, 2.0, 3.0),
    "weight": (1.0, 0.5, 2.0),
}
"""What the arguments beside the first and the label hold in turn."""

LABELS = {"hard0": (0.0,), "hard1": (1.0,), "soft": (0.25,)}


@dataclass(frozen=True, eq=False)
class Sample:
    """Elements to reduce.

    Attributes
    ----------
    values : str
        ``mixed``, ``equal``, ``huge``, ...
    weighting : str
        A key of ``WEIGHTS``; empty where no weights are given.
    columns : tuple of ndarray of float64, each of shape (R,)
        The distinct rows, one array an argument.
    weights : ndarray of float64, shape (R,), or None
        The weight of each row; None where none is given.
    length : int
        How many elements there are.
    first : bool
        The first row stands once, at the front, and the second everywhere else; otherwise all stand in turn.
    """

    values: str
    weighting: str
    columns: tuple[Values, ...]
    weights: Values | None
    length: int
    first: bool = False

    @property
    def region(self) -> str:
        """The name of the trials of this sample: ``mixed.n=7,weights=some-zero``."""
        return f"{self.values}.n={self.length}" + (f",weights={self.weighting}" if self.weighting else "")

    @property
    def counts(self) -> list[int]:
        """How many elements each row has."""
        if self.first:
            return [1, self.length - 1]
        whole, rest = divmod(self.length, len(self.columns[0]))
        return [whole + (i < rest) for i in range(len(self.columns[0]))]

    def row(self, element: int) -> int:
        """The row of an element.

        Parameters
        ----------
        element : int
        """
        return min(element, 1) if self.first else element % len(self.columns[0])

    @property
    def index(self) -> NDArray[np.intp]:
        """The row of each element: an array as long as the sample, 130 MB for the longest."""
        elements = np.arange(self.length, dtype=np.intp)
        return np.minimum(elements, 1) if self.first else elements % len(self.columns[0])

    @property
    def repeated(self) -> int:
        """To how many elements the worker repeats the inputs; 0 where they are complete."""
        return 0 if self.first else self.length

    @lru_cache(maxsize=8192)  # noqa: B019 - samples are cached too
    def inputs(self, fmt: Format) -> tuple[Bits, ...]:
        """The bits of each argument, and of the weights last, as a job carries them."""
        columns = self.columns if self.weights is None else (*self.columns, self.weights)
        if self.first or not self.length:
            columns = tuple(column[self.index] for column in columns)
        return tuple(from_float64(column, fmt) for column in columns)

    def rows(self) -> list[tuple[float, ...]]:
        """The arguments of each distinct row."""
        return list(zip(*(column.tolist() for column in self.columns), strict=True))


@lru_cache(maxsize=1024)
def sample(
    values: str, arguments: tuple[str, ...], dtype: str, labels: tuple[str, ...], length: int, weighting: str = ""
) -> Sample:
    """A sample by its name; the same one each time, so that what follows from it is computed once.

    Parameters
    ----------
    values : str
        ``equal``: one row, of loss(-1, 0) = 0.31. ``mixed``: losses of hard labels from about 2^-18 to 10, a
        binade or so apart and shuffled, soft ones among them. ``moderate``: logits from -2 to 2 or what stands
        for them, for gradients, where no formula in use is inexact. ``huge``: a loss of about 9 first, then
        losses of a quarter of its ulp, lost where they meet it one at a time. ``infinite``: every third of the
        mixed values has an infinite loss and weight 0, the others weight 1.
    arguments : tuple of str
        Of the loss.
    dtype : str
        In which the inputs are exact.
    labels : tuple of str
        Label classes there may be; empty means all.
    length : int
    weighting : str
        A key of ``WEIGHTS``: weights in turn.
    """
    fmt, classes = FORMATS[dtype], _classes(labels)
    columns = {"equal": _equal, "moderate": _moderate, "huge": _huge}.get(values, _mixed)(arguments, fmt, classes)
    if values != "huge":
        columns = tuple(column[: length or PERIOD] for column in columns)
    weights = np.resize(np.array(WEIGHTS[weighting]), len(columns[0])) if weighting else None
    if weighting in BY_CLASS:
        weights = np.where(columns[arguments.index("label")] == 1, *WEIGHTS[weighting][::-1])
    if values == "infinite":
        return _infinite(columns, arguments, classes[0], length)
    return Sample(values, weighting, columns, weights, length, first=values == "huge")


def _equal(arguments: tuple[str, ...], fmt: Format, classes: list[str]) -> tuple[Values, ...]:
    return _columns(arguments, fmt, [-1.0], classes[:1])


def _mixed(arguments: tuple[str, ...], fmt: Format, classes: list[str]) -> tuple[Values, ...]:
    against = [-12.6 + 0.805 * ((11 * i + 19) % PERIOD) for i in range(PERIOD)]
    return _columns(arguments, fmt, against, [classes[i % len(classes)] for i in range(PERIOD)])


def _moderate(arguments: tuple[str, ...], fmt: Format, classes: list[str]) -> tuple[Values, ...]:
    against = [-1.9 + 0.135 * ((11 * i + 19) % PERIOD) for i in range(PERIOD)]
    return _columns(arguments, fmt, against, [classes[i % len(classes)] for i in range(PERIOD)])


def _huge(arguments: tuple[str, ...], fmt: Format, classes: list[str]) -> tuple[Values, ...]:
    small = 2.0 ** (2 - fmt.precision)
    label = "hard1" if "hard1" in classes else classes[0]
    columns = _columns(arguments, fmt, [9.01, math.log(math.expm1(small))], [label, label])
    if arguments[0] == "probability":  # 1 − p is exact too: who computes log(1 − p) loses nothing
        columns[0][1] = 1 - small if label == "hard1" else small
    return columns


def _infinite(columns: tuple[Values, ...], arguments: tuple[str, ...], label: str, length: int) -> Sample:
    y = LABELS[label][0]
    end = {"logit": math.inf if y == 0 else -math.inf, "probability": 1 - y}[arguments[0]]
    bad = np.arange(len(columns[0])) % 3 == 1
    ends = {arguments[0]: end, "label": y}
    spoiled = tuple(np.where(bad, ends.get(a, c), c) for a, c in zip(arguments, columns, strict=True))
    return Sample("infinite", "some-zero", spoiled, np.where(bad, 0.0, 1.0), length)


def _classes(labels: tuple[str, ...]) -> list[str]:
    """The label classes of the rows in turn: hard ones mostly."""
    return [name for name in ("hard0", "hard1", "hard0", "hard1", "soft") if not labels or name in labels]


def _columns(arguments: tuple[str, ...], fmt: Format, against: list[float], classes: list[str]) -> tuple[Values, ...]:
    """One array an argument; ``against`` holds logits against the label: softplus of them is the loss."""
    labels = np.array([LABELS[name][0] for name in classes])
    logits = np.where(labels == 1, -np.array(against), np.array(against))
    ends = max(fmt.smallest_normal, 2.0**-20), 1 - 2.0**-min(fmt.precision, 20)
    known = {
        "label": labels,
        "logit": logits,
        "probability": np.clip(1 / (1 + np.exp(-logits)), *ends),
        **{name: np.resize(np.array(turn), len(labels)) for name, turn in CYCLES.items()},
    }
    return tuple(rounded(known[argument], fmt) for argument in arguments)
