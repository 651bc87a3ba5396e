"""The arguments that an entry point's behaviour is asked about: shapes, dtypes and values. Pure.

A name is ``family.detail``. The families: ``shape`` (prediction and label alike), ``unequal`` (not alike), ``layout``,
``dtypes`` (a float dtype of the prediction and another of the label), ``labels`` and ``prediction`` (a dtype that is
no float, or no integer for an index), ``domain`` (one value outside it), ``weight`` and ``pos_weight`` (its shape),
``argument`` (a static argument that is not among those supported). ``gradient.`` before a name asks for the derivative.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from conformance import losses
from conformance.adapter import Adapter
from conformance.behaviour.calls import DISTRIBUTIONS, INDICES, LABEL, ROWS, SIGNS, Call
from conformance.behaviour.promises import documented

N = 7
"""Elements of a vector, rows of a table: a prime, so that no other shape has as many."""

Shape = tuple[int, ...]

_VECTOR, _COLUMN, _MATRIX, _TABLE = (N,), (N, 1), (2, 3), (N, 2)

_ALIKE: Mapping[str, Shape] = {
    "vector": _VECTOR,
    "scalar": (),
    "empty": (0,),
    "column": _COLUMN,
    "matrix": _MATRIX,
    "cube": (2, 2, 2),
}
_UNEQUAL: Mapping[str, tuple[Shape, Shape]] = {
    "labels-column": (_VECTOR, _COLUMN),
    "prediction-column": (_COLUMN, _VECTOR),
    "labels-one": (_VECTOR, (1,)),
    "labels-scalar": (_VECTOR, ()),
    "prediction-one": ((1,), _VECTOR),
    "labels-shorter": (_VECTOR, (N - 1,)),
    "labels-row": (_VECTOR, (1, N)),
    "labels-flat": (_MATRIX, (6,)),
    "labels-one-column": (_MATRIX, (2, 1)),
    "labels-one-row": (_MATRIX, (3,)),
    "labels-transposed": (_MATRIX, (3, 2)),
}
_WEIGHTS: Mapping[str, tuple[Shape, Shape]] = {
    "alike": (_VECTOR, _VECTOR),
    "scalar": (_VECTOR, ()),
    "one": (_VECTOR, (1,)),
    "shorter": (_VECTOR, (N - 1,)),
    "column": (_VECTOR, _COLUMN),
    "of-columns": (_MATRIX, (3,)),
    "of-rows": (_MATRIX, (2, 1)),
    "of-rows-flat": (_MATRIX, (2,)),
}
_INDEXED: Mapping[str, tuple[Shape, Shape]] = {
    "shape.table": (_TABLE, _VECTOR),
    "shape.row": ((2,), ()),
    "shape.empty": ((0, 2), (0,)),
    "shape.one": ((1, 2), (1,)),
    "unequal.labels-column": (_TABLE, _COLUMN),
    "unequal.labels-row": (_TABLE, (1, N)),
    "unequal.labels-shorter": (_TABLE, (N - 1,)),
    "unequal.labels-one": (_TABLE, (1,)),
    "unequal.labels-scalar": (_TABLE, ()),
    "unequal.labels-table": (_TABLE, _TABLE),
}
_DISTRIBUTED: Mapping[str, tuple[Shape, Shape]] = {
    "shape.table": (_TABLE, _TABLE),
    "shape.row": ((2,), (2,)),
    "shape.empty": ((0, 2), (0, 2)),
    "shape.one": ((1, 2), (1, 2)),
    "unequal.labels-one-row": (_TABLE, (1, 2)),
    "unequal.labels-row": (_TABLE, (2,)),
    "unequal.labels-column": (_TABLE, _COLUMN),
    "unequal.labels-vector": (_TABLE, _VECTOR),
    "unequal.labels-shorter": (_TABLE, (N - 1, 2)),
    "unequal.labels-more-classes": (_TABLE, (N, 3)),
    "unequal.labels-transposed": (_TABLE, (2, N)),
}
_OUTSIDE: Mapping[str, Mapping[str, float]] = {
    "probability": {"above": 1.5, "below": -0.5, "nan": math.nan, "infinite": math.inf},
    "logit": {"nan": math.nan, "infinite": math.inf},
    INDICES: {"above": 2, "below": -1, "ignored": -100},
}
_OUTSIDE_LABELS = {"above": 1.5, "below": -0.5, "nan": math.nan, "infinite": math.inf}
_PLURAL = {"probability": "probabilities", "logit": "logits"}
_STATIC: Mapping[str, Mapping[str, Any]] = {
    "reduction": {"reduction": "median"},
    "label_smoothing-above": {"label_smoothing": 1.5},
    "label_smoothing-below": {"label_smoothing": -0.5},
    "dtype": {"dtype": "float33"},
    "dtype-binary16": {"dtype": "float16"},
    "dtype-bfloat16": {"dtype": "bfloat16"},
    "dtype-binary64": {"dtype": "float64"},
}
"""Tried where the config has such an argument, or a promise speaks of it."""


@dataclass(frozen=True)
class Arrangement:
    """What the arguments of one call are.

    Attributes
    ----------
    name : str
    prediction, label : tuple of int
        Shapes.
    weight : tuple of int, or None
        The weight's shape; None is the prediction's.
    dtypes : mapping of str to str
        Argument → its dtype, where that is not the subject's.
    outside : mapping of str to float
        Argument → the value at `arguments.PLACE`.
    layout : str
        The layout of prediction and label, one of the adapter's; empty is as it comes.
    config : mapping
        Static arguments that are changed or added.
    """

    name: str
    prediction: Shape = _VECTOR
    label: Shape = _VECTOR
    weight: Shape | None = None
    dtypes: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, float] = field(default_factory=dict)
    layout: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gradient(self) -> bool:
        """Whether the derivative by the prediction is asked for."""
        return self.name.startswith("gradient.")

    def shape(self, call: Call, argument: str) -> Shape:
        """The shape of an argument."""
        if argument == LABEL:
            return self.label
        return self.weight if self.weight is not None and argument == call.weight else self.prediction


def arrangements(call: Call, adapter: Adapter, dtype: str) -> Iterator[Arrangement]:
    """What an adapter can write down for a call.

    Parameters
    ----------
    call : Call
    adapter : Adapter
        Without ``reshape`` it writes vectors only, without ``cast`` one dtype only.
    dtype : str
        The prediction's.
    """
    if call.alone:
        parts = [_shapes(call, adapter), _dtypes(call, adapter, dtype), _domain(call), _static(call, adapter)]
    else:
        parts = []
    for arrangement in chain(*parts, _weights(call)):
        shapes = [arrangement.shape(call, argument) for argument in call.arguments]
        written = bool(adapter.reshape) or all(len(shape) == 1 for shape in shapes)
        if written and ("reverse" in adapter.derivatives or not arrangement.gradient):
            yield arrangement


def kind(call: Call) -> str:
    """What the prediction is: ``logit`` or ``probability``."""
    return losses.load(call.entry.loss).ARGUMENTS[0]


def basic(call: Call) -> tuple[Shape, Shape]:
    """The shapes of a prediction and a label that nobody would call odd."""
    return {INDICES: (_TABLE, _VECTOR), DISTRIBUTIONS: (_TABLE, _TABLE)}.get(call.targets, (_VECTOR, _VECTOR))


def _shapes(call: Call, adapter: Adapter) -> Iterator[Arrangement]:
    if call.targets in ROWS:
        for name, (prediction, label) in (_INDEXED if call.targets == INDICES else _DISTRIBUTED).items():
            yield Arrangement(name, prediction, label)
        return
    for name, shape in _ALIKE.items():
        yield Arrangement(f"shape.{name}", shape, shape)
        if name in ("scalar", "empty"):
            yield Arrangement(f"gradient.shape.{name}", shape, shape)
    for name, (prediction, label) in _UNEQUAL.items():
        yield Arrangement(f"unequal.{name}", prediction, label)
    for layout in adapter.layouts:
        yield Arrangement(f"layout.{layout}", _MATRIX, _MATRIX, layout=layout)


def _dtypes(call: Call, adapter: Adapter, dtype: str) -> Iterator[Arrangement]:
    if not adapter.cast:
        return
    shapes = basic(call)
    floats = [d for d in call.entry.dtypes if d in adapter.names and d != dtype]
    named = {f"dtypes.{dtype}-{d}": {LABEL: d} for d in floats}
    if call.targets == INDICES:                             # an index of a float dtype is what is odd
        named = {"labels.float": {LABEL: dtype}}
    signed = ("int32", "int64") if call.targets == SIGNS else tuple(adapter.others)
    named |= {f"labels.{d}": {LABEL: d} for d in adapter.others if d in signed}
    for name, dtypes in named.items():
        yield Arrangement(name, *shapes, dtypes=dtypes)
        yield Arrangement(f"gradient.{name}", *shapes, dtypes=dtypes)
    for d in adapter.others:
        yield Arrangement(f"prediction.{d}", *shapes, dtypes={call.prediction: d})


def _domain(call: Call) -> Iterator[Arrangement]:
    shapes = basic(call)
    for where, value in _OUTSIDE[kind(call)].items():
        yield Arrangement(f"domain.{_PLURAL[kind(call)]}-{where}", *shapes, outside={call.prediction: value})
    for where, value in _OUTSIDE.get(call.targets, _OUTSIDE_LABELS).items():
        yield Arrangement(f"domain.labels-{where}", *shapes, outside={LABEL: value})


def _weights(call: Call) -> Iterator[Arrangement]:
    if call.weight:
        for name, (shape, its) in _WEIGHTS.items():
            yield Arrangement(f"{call.weight}.{name}", shape, shape, its)


def _static(call: Call, adapter: Adapter) -> Iterator[Arrangement]:
    for name, config in _STATIC.items():
        (key, value), dtype = next(iter(config.items())), name.partition("dtype-")[2]
        there = key in call.entry.config or documented(call.entry, call.targets, f"argument.{name}").says
        if there and (not dtype or dtype in adapter.names):
            yield Arrangement(f"argument.{name}", *basic(call), config={key: value})
