"""The cells that one examination makes of an adapter file, measured for real."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance import examinations
from conformance.cell import Cell
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.session import measured
from conformance.subject import Filters, sources, subjects


def examine(name: str, file: Path | str, tier: str = "full", **filters: Any) -> list[Cell]:
    """The cells of all trials of the subjects that pass the filters."""
    found = sources([str(file)])
    plan = Plan(found, tier)
    trials = list(examinations.load(name).trials(plan, subjects(found, Filters(tier=tier, **filters))))
    with Pool(workers=1) as pool:
        return [cell for result in measured(plan, (), trials, pool) for cell in result.cells]


def findings(cells: Iterable[Cell]) -> dict[tuple[str, str], str]:
    """Quantity and region of the cells with a finding, and the finding."""
    return {(cell.quantity, cell.region): cell.finding for cell in cells if cell.finding}
