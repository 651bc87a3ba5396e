"""A comparison as JSON, for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.cell import Cell
from conformance.compare.case_change import CaseChange, Returned
from conformance.compare.comparison import Change
from conformance.report.comparison.words import Told
from conformance.run import Run

SCHEMA = "bce-conformance/comparison/1"
"""Names the format."""


def schema() -> dict[str, Any]:
    """The published JSON Schema of a comparison."""
    text = Path(__file__).with_name("comparison.schema.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def to_text(told: Told) -> str:
    """The comparison as JSON."""
    return json.dumps(to_json(told), ensure_ascii=False, allow_nan=False, indent=1)


def to_json(told: Told) -> dict[str, Any]:
    """The comparison as JSON types.

    ``changes`` has a record for each cell: all, or with ``only_changed`` those that are not the same. ``growth`` is by
    how many ULPs the error of a case grew most; the largest number of binary64 where a number became none.

    Parameters
    ----------
    told : Told
    """
    comparison = told.comparison
    changes = [c for c in comparison.changes if not (told.only_changed and c.kind == "same")]
    return {
        "schema": SCHEMA,
        "before": _run(told.names[0], comparison.before),
        "after": _run(told.names[1], comparison.after),
        "differences": [
            {"of": d.of, "name": d.name, "before": d.before, "after": d.after} for d in comparison.differences
        ],
        "common": comparison.common,
        "other_cases": comparison.other_cases,
        "broken": comparison.broken,
        "counts": comparison.counts,
        "fail_on": [str(rule) for rule in told.rules],
        "failing": [change.id for change in told.failing],
        "changes": [_change(change) for change in changes],
    }


def _run(name: str, run: Run) -> dict[str, Any]:
    return {
        "name": name,
        "invocation": run.invocation,
        "tier": run.tier,
        "adapters": list(run.adapters),
        "environment": dict(run.environment),
    }


def _change(change: Change) -> dict[str, Any]:
    largest = sys.float_info.max
    return {
        "id": change.id,
        "kind": change.kind,
        "cause": change.cause,
        "why": change.why,
        "before": _cell(change.before),
        "after": _cell(change.after),
        "case": _case(change.case),
        "new_nan": change.seen.new_nan,
        "growth": max(-largest, min(change.seen.growth, largest)),
    }


def _cell(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {
        "cases": cell.cases,
        "verdicts": dict(cell.verdicts),
        "finding": cell.finding,
        "ulp": cell.figure if cell.finding else cell.max_ulp,
        "bits_digest": cell.bits_digest,
        "message": cell.message,
    }


def _case(case: CaseChange | None) -> dict[str, Any] | None:
    if case is None:
        return None
    return {
        "case": case.case,
        "inputs": dict(case.inputs),
        "exact": case.exact,
        "before": _returned(case.before),
        "after": _returned(case.after),
    }


def _returned(said: Returned) -> Mapping[str, Any]:
    return {"got": said.got, "verdict": said.verdict or None, "ulp": said.ulp}
