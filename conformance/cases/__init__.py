"""Where the inputs come from, by region. One file for each kind of argument; its name is the argument's.

An argument file provides ``edges(fmt)``, the named values of every region; a first argument (logit,
probability) also ``grid(fmt)``, dense values between them, ``region(values, fmt)`` and ``REGIONS``. An argument
beside the label may state ``LABELS``, the names of the labels it meets; where the region depends on it as well
it provides ``region(first, own, fmt)`` and ``REGIONS`` in place of the first, and ``kept(first, own, fmt)``
where not every pair is a case.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.formats import FORMATS, Bits, Format, Mask, Values, from_float64, to_float64

Named = list[tuple[str, float]]

TIERS = ("quick", "default", "full")


@dataclass(frozen=True)
class Cases:
    """Input tuples for one loss in one format, each exact in it.

    Attributes
    ----------
    arguments : tuple of str
    bits : tuple of ndarray
        One array of bit patterns an argument, all of length N.
    values : tuple of ndarray of float64
        The same inputs as values.
    region, label_class : ndarray of intp, shape (N,)
        Indices into ``regions`` and ``conformance.cell.LABEL_CLASSES``.
    """

    fmt: Format
    arguments: tuple[str, ...]
    bits: tuple[Bits, ...]
    values: tuple[Values, ...]
    labels: tuple[tuple[str, ...], ...]
    index: NDArray[np.intp]
    region: NDArray[np.intp]
    label_class: NDArray[np.intp]
    regions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.region)

    def name(self, i: int) -> str:
        """The stable, readable id of a case: ``logit=ln2+1ulp,label=0.5``."""
        return ",".join(
            f"{argument}={names[j]}"
            for argument, names, j in zip(self.arguments, self.labels, self.index[i], strict=True)
        )

    def hex(self, i: int) -> dict[str, str]:
        """The inputs of a case as hex floats."""
        return {a: float(v[i]).hex() for a, v in zip(self.arguments, self.values, strict=True)}

    def find(self, name: str) -> int:
        """The index of a case by its id; KeyError when there is none."""
        if name not in self._by_name:
            raise KeyError(f"no case is named {name!r}")
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {self.name(i): i for i in range(len(self))}

    @cached_property
    def by_inputs(self) -> dict[tuple[str, ...], int]:
        """The index of every case, by its inputs as hex floats."""
        columns = [[value.hex() for value in values.tolist()] for values in self.values]
        return {inputs: i for i, inputs in enumerate(zip(*columns, strict=True))}

    def where(self, keep: Mask | NDArray[np.intp]) -> Cases:
        """The cases of a mask, or those of these indices, in order."""
        return Cases(
            self.fmt,
            self.arguments,
            tuple(b[keep] for b in self.bits),
            tuple(v[keep] for v in self.values),
            self.labels,
            self.index[keep],
            self.region[keep],
            self.label_class[keep],
            self.regions,
        )


def kind(argument: str) -> Any:
    """The module of an argument's input space.

    Parameters
    ----------
    argument : str
        ``logit``, ``probability``, ``label``, ``pos_weight``.
    """
    return importlib.import_module(f"{__name__}.{argument}")


def distinct(named: Iterable[tuple[str, float]], fmt: Format) -> tuple[list[str], Bits]:
    """Round named values into the format; of values with equal bits the first name stays.

    Parameters
    ----------
    named : iterable of (name, value)
    fmt : Format
    """
    names, values = zip(*named, strict=True)
    bits = from_float64(np.array(values), fmt)
    first = np.sort(np.unique(bits, return_index=True)[1])
    return [names[i] for i in first], bits[first]


def label_class(values: Values) -> NDArray[np.intp]:
    """The label class of every label, as an index into ``conformance.cell.LABEL_CLASSES``.

    Parameters
    ----------
    values : ndarray of float64
    """
    return np.select([values == 0, values == 1, (values > 0) & (values < 1)], [0, 1, 2], 3).astype(np.intp)


@lru_cache(maxsize=64)
def build(arguments: tuple[str, ...], dtype: str, tier: str = "default") -> Cases:
    """The cases of a loss in a format.

    Every edge of the first argument meets every edge of the others. Grid values meet the hard labels, and one
    of the soft labels in turn, so that each stretch of the grid sees all of them. Another argument is drawn in
    turn on the grid too.

    Parameters
    ----------
    arguments : tuple of str
        The loss's ``ARGUMENTS``.
    dtype : str
        Name of the format.
    tier : str
        ``quick`` leaves the grids out; ``default`` and ``full`` have the same cases.
    """
    fmt = FORMATS[dtype]
    spaces = [kind(a) for a in arguments]
    met = next((space.LABELS for space in spaces if hasattr(space, "LABELS")), None)
    edges = [distinct(_met(a, s.edges(fmt), met), fmt) for a, s in zip(arguments, spaces, strict=True)]
    count = len(edges[0][0])
    grid = [] if tier == "quick" else spaces[0].grid(fmt)
    first = distinct([*zip(edges[0][0], to_float64(edges[0][1], fmt), strict=True), *grid], fmt)
    label = arguments.index("label")
    names, bits = [first[0], *(e[0] for e in edges[1:])], [first[1], *(e[1] for e in edges[1:])]
    index = np.concatenate(
        [_product(count, [len(n) for n in names[1:]]), _in_turn(count, names, label, to_float64(bits[label], fmt))]
    )
    together = next((k for k, space in enumerate(spaces) if k and hasattr(space, "region")), 0)
    if hasattr(spaces[together], "kept"):
        index = index[spaces[together].kept(*(to_float64(bits[k][index[:, k]], fmt) for k in (0, together)), fmt)]
    picked = tuple(np.ascontiguousarray(b[index[:, k]]) for k, b in enumerate(bits))
    values = tuple(to_float64(b, fmt) for b in picked)
    regions: Sequence[str] = spaces[together].REGIONS
    return Cases(
        fmt,
        arguments,
        picked,
        values,
        tuple(tuple(n) for n in names),
        index,
        spaces[together].region(*(values[k] for k in sorted({0, together})), fmt),
        label_class(values[label]),
        tuple(regions),
    )


def _met(argument: str, named: Named, met: Sequence[str] | None) -> Named:
    """The edges of an argument; of a label, those that another argument meets."""
    return [(n, v) for n, v in named if met is None or argument != "label" or n in met]


def _product(count: int, others: list[int]) -> NDArray[np.intp]:
    axes = np.meshgrid(np.arange(count), *(np.arange(n) for n in others), indexing="ij")
    return np.stack([a.ravel() for a in axes], axis=1).astype(np.intp)


def _in_turn(count: int, names: list[list[str]], label: int, labels: Values) -> NDArray[np.intp]:
    """Grid values × (label 0, label 1, a soft label in turn), an argument beside the label in turn too."""
    classes = label_class(labels)
    hard, soft = np.flatnonzero(classes < 2), np.flatnonzero(classes == 2)
    rows = []
    for i in range(count, len(names[0])):
        for k, j in enumerate((*hard, soft[i % len(soft)])):
            rows.append([i, *((3 * i + k) % len(n) for n in names[1:])])
            rows[-1][label] = j
    return np.array(rows, dtype=np.intp).reshape(-1, len(names))
