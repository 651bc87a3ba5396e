"""An adapter file audited for real, through a worker of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.cell import Cell
from conformance.judgement import Result
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.session import results
from conformance.subject import Filters, sources, subjects
from conformance.verdicts import FINDINGS

Key = tuple[str, str, str, str, str]
"""Entry point, dtype, quantity, region, label class."""


def audit(file: Path | str, tier: str = "quick", **filters: Any) -> list[Result]:
    """What every subject of an adapter file that passes the filters did, quantity by quantity."""
    found, kept = sources([str(file)]), Filters(tier=tier, **filters)
    with Pool(workers=1) as pool:
        return list(results(Plan(found, tier), subjects(found, kept), pool))


def cells(found: Iterable[Result]) -> list[Cell]:
    """All cells of these results."""
    return [cell for result in found for cell in result.cells]


def flagged(found: Iterable[Result]) -> dict[Key, set[str]]:
    """The cells with a finding, and the kinds of their findings."""
    return {
        (cell.entry_point, cell.dtype, cell.quantity, cell.region, cell.label_class): kinds
        for cell in cells(found)
        if (kinds := cell.verdicts.keys() & FINDINGS)
    }
