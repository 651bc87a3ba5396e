"""How a loss may want its arguments: hypotheses about shapes and integers, a row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from conformance.formats import Values
from conformance.identify.roles import LABELS, TWO

COLUMNS = 3
"""Columns of a row: more than two, so that a row is no pair."""


@dataclass(frozen=True)
class Arrangement:
    """One hypothesis.

    Attributes
    ----------
    name : str
    words : str
        Its shapes, as a reader writes them.
    arrays : callable
        From columns of one length to the arguments of a call.
    roles : tuple of str
        What each column is; empty where that is to be found out.
    integers : tuple of int
        Arguments that are given as integers.
    count : int
        Of columns; 0 is any.
    labels : (float, float)
        What is given for labels, where roles say which these are, before it is known what stands for the classes.
    """

    name: str
    words: str
    arrays: Callable[[Sequence[Values]], list[Values]]
    roles: tuple[str, ...] = ()
    integers: tuple[int, ...] = ()
    count: int = 0
    labels: tuple[float, float] = (0.0, 1.0)


def _vectors(columns: Sequence[Values]) -> list[Values]:
    return list(columns)


def _column(columns: Sequence[Values]) -> list[Values]:
    return [column[:, None] for column in columns]


def row(prediction: Values, rest: Values) -> Values:
    """Rows in which class 1 has the prediction, and every other class the rest."""
    return np.stack([prediction if k == 1 else rest for k in range(COLUMNS)], -1)


def _target(label: Values) -> Values:
    return np.stack([1 - label, label, *[np.zeros(label.shape)] * (COLUMNS - 2)], -1)


def _indices(columns: Sequence[Values]) -> list[Values]:
    return [row(columns[0], columns[1]), columns[2]]


def _one_hot(columns: Sequence[Values]) -> list[Values]:
    return [row(columns[0], columns[1]), _target(columns[2])]


def _indices_first(columns: Sequence[Values]) -> list[Values]:
    return _indices(columns)[::-1]


def _one_hot_first(columns: Sequence[Values]) -> list[Values]:
    return _one_hot(columns)[::-1]


ROW = ("prediction", "rest", "label")
ARRANGEMENTS = (
    Arrangement("vectors", "(N,) and (N,)", _vectors),
    Arrangement("columns", "(N, 1) and (N, 1)", _column),
    *(
        Arrangement(name, words, arrays, roles, (), 2, labels)
        for name, words, arrays in (("vectors", "(N,) and (N,)", _vectors), ("columns", "(N, 1) and (N, 1)", _column))
        for labels in LABELS
        for roles in TWO
    ),
    Arrangement("integers second", "(N,) and (N,) integers", _vectors, ("prediction", "label"), (1,), 2),
    Arrangement("integers first", "(N,) integers and (N,)", _vectors, ("label", "prediction"), (0,), 2),
    Arrangement("rows and indices", "(N, C) and (N,) integers", _indices, ROW, (1,), 3),
    Arrangement("rows and targets", "(N, C) and (N, C)", _one_hot, ROW, (), 3),
    Arrangement("indices and rows", "(N,) integers and (N, C)", _indices_first, ROW, (0,), 3),
    Arrangement("targets and rows", "(N, C) and (N, C), targets first", _one_hot_first, ROW, (), 3),
)
"""The plain ones first: what fits one is not asked for another. Those whose roles are settled come after those of the
same shapes in which any argument may be anything: a loss may raise at what is no label."""
