"""Shapes, dtypes and errors: what is asked, what is due, and which verdict an answer earns."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.behaviour import promises
from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RAISES, RETURNS, Promise
from conformance.cell import Cell
from conformance.examinations import behaviour, trial_of
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.report.behaviour import table
from conformance.session import measured
from conformance.subject import Filters, sources, subjects

MISBEHAVED = Path(__file__).with_name("misbehaved.py")


def promise(entry_point: str, trials: str, says: str, **fields: Any) -> Promise:
    return Promise(entry_point, tuple(trials.split()), says, "https://example.org", "made up for this test", **fields)


SAID = (
    promise("spreading", "unequal.*", EXCLUDES),
    promise("hiding", "unequal.*", EXCLUDES),
    promise("*", "unequal.*", RAISES, errors=("ValueError",)),
    promise("*", "shape.* layout.* labels.* dtypes.*", ACCEPTS),
    promise("*", "domain.labels-* prediction.*", EXCLUDES),
    promise("*", "*", RETURNS, shape="prediction", dtype="prediction"),
)
"""What is documented of the adapters here, and nothing else."""

COLUMNS = {"unequal.labels-column", "unequal.prediction-column"}
BROADCAST = COLUMNS | {
    f"unequal.{name}"
    for name in ("labels-one", "labels-scalar", "prediction-one", "labels-row", "labels-one-column", "labels-one-row")
}
"""Unequal shapes that NumPy takes all the same."""


@cache
def plan() -> Plan:
    return Plan(sources([str(MISBEHAVED)]), "full")


@cache
def cells() -> tuple[Cell, ...]:
    """Everything asked of every adapter of the file."""
    trials = list(behaviour.trials(plan(), subjects(list(plan().sources.values()), Filters(tier="full"))))
    with Pool(1) as pool:
        return tuple(cell for found in measured(plan(), (), trials, pool) for cell in found.cells)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[Cell, ...]:
    monkeypatch.setattr(promises, "promises", lambda: SAID)
    return cells()


def findings(asked: tuple[Cell, ...], adapter: str, mode: str = "eager") -> dict[str, set[str]]:
    """Kind of finding → the trials that have it, in binary32."""
    found: dict[str, set[str]] = {}
    for cell in asked:
        if (cell.adapter, cell.mode, cell.dtype) == (adapter, mode, "binary32") and cell.finding:
            found.setdefault(cell.finding, set()).add(cell.region)
    return found


def named(asked: tuple[Cell, ...], *families: str, mode: str = "eager", adapter: str = "careful") -> set[str]:
    here = {cell.region for cell in asked if (cell.adapter, cell.mode) == (adapter, mode)}
    return {region for region in here if region.partition(".")[0] in families}


def test_what_behaves_as_documented_has_no_finding(asked: tuple[Cell, ...]) -> None:
    mine = [cell for cell in asked if cell.adapter == "careful"]
    assert len(mine) > 60 and [cell.id for cell in mine if cell.finding] == []
    assert {kind for cell in mine for kind in cell.verdicts} == {"documented", "raised-documented", "undocumented"}
    assert all(cell.worst is not None and "made up for this test" in cell.worst["contract"] for cell in mine)


def test_each_fault_is_found_and_nothing_else(asked: tuple[Cell, ...]) -> None:
    delivered = named(asked, "shape", "layout", "labels", "dtypes") - {"dtypes.binary64-binary32"}
    bent = {"shape.scalar", "shape.column", "shape.matrix", "shape.cube", "layout.transposed"}
    integers = {"labels.int32", "labels.uint8", "labels.bool"}
    assert findings(asked, "broadcasting") == {"not-raised": BROADCAST}
    assert findings(asked, "spreading") == {"wrong-shape": COLUMNS}
    assert findings(asked, "hiding") == {"wrong-shape": COLUMNS}
    logits = {"domain.logits-nan", "domain.logits-infinite"}
    assert findings(asked, "widening") == {"wrong-dtype": delivered | logits}
    assert findings(asked, "flattening") == {"wrong-shape": bent}
    assert findings(asked, "refusing") == {"raised": integers}
    assert findings(asked, "misnaming") == {"raised": named(asked, "unequal")}
    assert findings(asked, "wrapping") == {"beyond-limit": {"labels.uint8"}}
    assert findings(asked, "lacking") == {"wrong-class": {"labels.int32"}}


def test_a_mode_that_does_otherwise_is_found_in_that_mode(asked: tuple[Cell, ...]) -> None:
    delivered = named(asked, "shape", "layout", "labels", "dtypes") - {"dtypes.binary64-binary32"}
    logits = {"domain.logits-nan", "domain.logits-infinite"}
    bent = {"shape.scalar", "shape.column", "shape.matrix", "shape.cube", "layout.transposed"}
    promoted = {"dtypes.binary32-binary64", "labels.int32", "labels.bool"}
    assert findings(asked, "two-faced") == {}
    assert findings(asked, "two-faced", "widened") == {"mode-dependent": delivered | logits}
    assert findings(asked, "two-faced", "flat") == {"mode-dependent": bent}
    unchecked = findings(asked, "two-faced", "unchecked")["mode-dependent"]
    taken = {"prediction.int32", "prediction.uint8"}
    assert unchecked == BROADCAST | promoted | taken | named(asked, "domain") - logits
    cell = next(c for c in asked if c.mode == "unchecked" and c.region == "labels.int32" and c.dtype == "binary32")
    assert cell.message == "binary64 (7,); in eager binary32 (7,)"
    assert cell.worst is not None and cell.worst["index"] == 1 and cell.worst["exact"] == "binary32 (7,) in eager"


def test_a_cell_leads_back_to_its_trial(asked: tuple[Cell, ...]) -> None:
    for cell in asked[::37]:
        trial = trial_of(plan(), cell)
        assert trial is not None and trial.id == cell.id


def test_ids_are_unique_and_shell_safe(asked: tuple[Cell, ...]) -> None:
    assert len({cell.id for cell in asked}) == len(asked)
    assert all(re.fullmatch(r"[A-Za-z0-9_./,=-]+", cell.id) for cell in asked)


def test_the_quick_tier_asks_nothing_and_the_default_tier_less() -> None:
    found = sources()
    counts = {
        tier: sum(len(t.jobs) for t in behaviour.trials(Plan(found, tier), subjects(found, Filters(tier=tier))))
        for tier in ("quick", "default", "full")
    }
    assert counts["quick"] == 0 < counts["default"] < 1000 < counts["full"]


def test_the_table_has_a_line_for_each_trial(asked: tuple[Cell, ...]) -> None:
    mine = [cell for cell in asked if cell.dtype == "binary32" and cell.adapter in ("careful", "broadcasting")]
    lines = table(mine, ["unequal"])
    assert {"careful/careful/-/eager/binary32/cpu", "broadcasting/broadcasting/-/eager/binary32/cpu", ""} < {*lines}
    assert sorted(line for line in lines if " unequal.labels-column " in line) == [
        "  unequal.labels-column      raised-documented  ValueError: shapes (7,) and (7, 1) differ",
        "! unequal.labels-column      not-raised         binary32 (7, 7)",
    ]
