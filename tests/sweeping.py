"""Sweeps made by hand: their runs and outcomes, and the rows of the published table that come of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from handmade import make_run

from conformance import run as runs
from conformance.accuracy import Row, rows
from conformance.cell import Cell
from conformance.run import Run
from conformance.sweep import outcome
from conformance.sweep.outcome import Outcome, verdicts_of

DAY = "2026-11-22"


def swept(*cells: Cell, method: str = "exhaustive", **changes: Any) -> tuple[Run, list[Outcome]]:
    """The run of a sweep that judged these cells, and its outcomes."""
    cells = tuple(replace(c, method=method) for c in cells)
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for one in cells:
        groups.setdefault((one.subject, one.quantity, one.label_class), []).append(one)
    found = []
    for (subject, quantity, label), members in groups.items():
        verdicts = verdicts_of(members)
        fields: dict[str, Any] = {"disorder": 0, "asymmetry": None, "nans": 0, "digest": "ab" * 16} | changes
        points = sum(verdicts.values())
        found.append(Outcome(subject, quantity, label, points, verdicts, {"1": {"0": points}}, certified=0, **fields))
    return make_run(*cells), found


def made(*cells: Cell, date: str = DAY, **changes: Any) -> list[Row]:
    return rows(*swept(*cells, **changes), date)


def saved(folder: Path, *cells: Cell, **changes: Any) -> Path:
    """The same on disk."""
    result, outcomes = swept(*cells, **changes)
    runs.write(result, folder)
    outcome.write(outcomes, {}, folder)
    return folder
