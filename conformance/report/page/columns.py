"""All series of a run as columns for a page: cases, exact values and results each once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from conformance.cases import Cases
from conformance.report.page.axis import AXES
from conformance.report.page.drawn import NO_SPACE, Drawn, Key
from conformance.report.page.packing import smallest, steps
from conformance.report.page.series import Series, halved

SAME, NEAR, OTHER = range(3)
"""How a result is written: as the one that is due, as a distance in bit patterns of less than 128, as it is."""


MOST = 1 << 16
"""Cases of a space: their places are kept in 16 bits."""


def columns_of(drawn: Drawn, joins: int, detailed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """All series as a head and columns.

    Parameters
    ----------
    drawn : Drawn
    joins : int
        How often columns of the axis are joined two by two.
    detailed : int
        Errors from this code on keep their case, their result and the one due; smaller ones their size only.
    """
    found = drawn.found
    for _ in range(joins):
        found = [halved(one) for one in found]
    keys = [key for _, key in drawn.shared.values]
    kept = [((one.kind > 0) | (one.error >= detailed)) & (one.case >= 0) for one in found]
    used_of_key: list[list[np.ndarray]] = [[] for _ in keys]
    for one, key, keep in zip(found, drawn.keys, kept, strict=True):
        used_of_key[key].append(one.case[keep])
    used = [np.unique(np.concatenate([np.zeros(0, np.int64), *parts])) for parts in used_of_key]
    in_space = _spaces(drawn.spaces, keys, used)
    refs, dues = _keys(drawn, found, kept, keys, used, in_space)
    columns: dict[str, np.ndarray] = {
        "series.points": smallest(len(one) for one in found),
        "series.key": smallest(drawn.keys),
        "series.histogram": np.concatenate([np.zeros((0,), "u8"), *(one.histogram.astype("u8") for one in found)]),
        "key.cases": smallest(len(places) for places in used),
        "key.case": _joined(steps(ref, "u2") for ref in refs),
        "key.due": _joined((due.astype("u8") for due in dues), "u8"),
        "space.cases": smallest(len(order) for order in in_space),
    }
    columns |= _points(found, drawn.keys, kept, used, refs)
    for k in range(max((len(space.arguments) for space in drawn.spaces), default=0)):
        parts = (s.bits[k][order] for s, order in zip(drawn.spaces, in_space, strict=True) if k < len(s.arguments))
        columns[f"space.argument{k}"] = _joined((part.astype("u8") for part in parts), "u8")
    head = {
        "columnsOfAxis": found[0].columns if found else 0,
        "axes": {name: axis.to_json() for name, axis in AXES.items()},
        "spaces": [{"arguments": list(s.arguments), "dtype": s.fmt.name} for s in drawn.spaces],
        "keys": [asdict(key) for key in keys],
    }
    return head, columns


def _spaces(spaces: Sequence[Cases], keys: Sequence[Key], used: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The cases of each space that some key uses, in the order of their first argument."""
    order = []
    for number, space in enumerate(spaces):
        mine = [places for key, places in zip(keys, used, strict=True) if key.space == number]
        every = np.unique(np.concatenate([np.zeros(0, np.int64), *mine]))
        assert len(every) <= MOST  # no space of cases is as large, by far
        order.append(every[np.lexsort((every, space.values[0][every]))])
    return order


def _keys(
    drawn: Drawn,
    found: Sequence[Series],
    kept: Sequence[np.ndarray],
    keys: Sequence[Key],
    used: Sequence[np.ndarray],
    in_space: Sequence[np.ndarray],
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each key its cases as places in its space, ascending, and what is due for them."""
    refs, dues = [], []
    of_case: list[dict[int, int]] = [{} for _ in keys]
    for one, number, keep in zip(found, drawn.keys, kept, strict=True):
        of_case[number].update(zip(one.case[keep].tolist(), one.due[keep].tolist(), strict=True))
    for key, places, due in zip(keys, used, of_case, strict=True):
        if key.space == NO_SPACE:
            refs.append(np.zeros(0, np.int64))
            dues.append(np.zeros(0, "u8"))
            continue
        spot = np.argsort(in_space[key.space])
        ref = spot[np.searchsorted(in_space[key.space][spot], places)]
        order = np.argsort(ref)
        refs.append(ref[order])
        dues.append(np.array([due[case] for case in places[order].tolist()], "u8"))
    for number, places in enumerate(used):  # the same order for the cases themselves
        if keys[number].space == NO_SPACE:
            continue
        spot = np.argsort(in_space[keys[number].space])
        ref = spot[np.searchsorted(in_space[keys[number].space][spot], places)]
        used[number][:] = places[np.argsort(ref)]
    return refs, dues


def _points(
    found: Sequence[Series],
    numbers: Sequence[int],
    kept: Sequence[np.ndarray],
    used: Sequence[np.ndarray],
    refs: Sequence[np.ndarray],
) -> dict[str, np.ndarray]:
    """The columns of points."""
    place, column, error, case, mode, near, other = ([] for _ in range(7))
    for one, number, keep in zip(found, numbers, kept, strict=True):
        place.append(one.kind * 4 + one.label_class)
        column.append(steps(one.column, "u1"))
        error.append(one.error)
        spot = np.argsort(used[number])
        ref = spot[np.searchsorted(used[number][spot], one.case[keep])] if keep.any() else np.zeros(0, np.int64)
        case.append(steps(ref, "u2"))
        got, due = one.got[keep].astype("u8"), one.due[keep].astype("u8")
        distance = (got - due).astype(np.int64)
        way = np.where(distance == 0, SAME, np.where((distance > -128) & (distance < 128), NEAR, OTHER))
        mode.append(way)
        near.append(distance[way == NEAR].astype("i1").view("u1"))
        other.append(got[way == OTHER])
    return {
        "point.place": _joined(place, "u1"),
        "point.column": _joined(column, "u1"),
        "point.error": _joined(error, "u2"),
        "point.case": _joined(case, "u2"),
        "point.mode": _joined(mode, "u1"),
        "point.near": _joined(near, "u1"),
        "point.other": _joined(other, "u8"),
    }


def _joined(parts: Any, kind: str = "u2") -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *(np.asarray(part).astype(kind) for part in parts)])


