"""Reductions: an exact one has no finding, and each way to get one wrong is told by its verdict."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from handmade import ENVIRONMENT

from conformance import losses
from conformance.cell import Cell
from conformance.examinations import Trial, reductions, trial_of
from conformance.formats import FORMATS
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.reduction import divisors
from conformance.reduction.programme import LARGE, SIZES
from conformance.replay import details
from conformance.run import Run
from conformance.session import measured
from conformance.subject import Filters, Source, sources, subjects

ADAPTER = Path(__file__).with_name("reducing.py")

SPOILED = {
    "divides_by_the_weights": {"wrong-denominator", "wrong-class"},
    "divides_by_the_elements": {"wrong-denominator"},
    "counts_in_the_dtype": {"wrong-denominator"},
    "gradient_undivided": {"wrong-denominator"},
    "drops_the_last": {"beyond-limit", "lost"},
    "raises_on_nothing": {"raised"},
    "added_in_turn": {"beyond-limit", "wrong-class", "raised"},
    "sum_in_the_dtype": {"wrong-class"},
    "negative": {"wrong-sign"},
    "nothing": {"lost", "wrong-class"},
    "keeps_a_dimension": {"wrong-shape"},
    "wide": {"wrong-dtype"},
}
"""Which findings each fault leads to, all of them."""


def trials_of(adapter: str, tier: str, found: Sequence[Source]) -> list[Trial]:
    wanted = subjects(found, Filters(adapters=(adapter,), tier=tier))
    return list(reductions.trials(Plan(found, tier), wanted))


def cells_of(adapter: str, tier: str) -> list[Cell]:
    found = sources([str(ADAPTER)])
    trials = [t for t in trials_of(adapter, tier, found) if t.question.item.sample.length < min(LARGE.values())]
    with Pool(1) as pool:
        return [cell for result in measured(Plan(found, tier), (), trials, pool) for cell in result.cells]


@pytest.fixture(scope="module")
def faulty() -> list[Cell]:
    return cells_of("faulty-reductions", "default")


def one(cells: Sequence[Cell], path: str, region: str, quantity: str = "loss", dtype: str = "binary32") -> Cell:
    (cell,) = [
        c
        for c in cells
        if (c.entry_point, c.region, c.quantity, c.dtype) == (path, region, quantity, dtype)
    ]
    return cell


def test_an_exact_reduction_has_no_finding_and_all_of_it_is_judged() -> None:
    cells = cells_of("reducing", "full")
    assert [cell.id for cell in cells if cell.finding] == []
    assert {cell.dtype for cell in cells} == set(FORMATS)
    assert {kind for cell in cells for kind in cell.verdicts} <= {
        "correctly-rounded", "faithful", "within-limit", "undocumented"
    }
    silent = {cell.region for cell in cells if "undocumented" in cell.verdicts}
    assert silent == {"mixed.n=0", "mixed.n=7,weights=all-zero", "infinite.n=7,weights=some-zero"}


@pytest.mark.parametrize("fault", SPOILED)
def test_each_fault_leads_to_its_findings_and_to_no_other(faulty: list[Cell], fault: str) -> None:
    assert {kind for cell in faulty if cell.entry_point == fault for kind in cell.findings} == SPOILED[fault]


def test_what_a_fault_does_not_touch_is_no_finding(faulty: list[Cell]) -> None:
    kept = [cell for cell in faulty if cell.entry_point == "gradient_undivided" and cell.quantity == "loss"]
    assert len(kept) > 5 and not any(cell.finding for cell in kept)
    unweighted = [c for c in faulty if c.entry_point == "divides_by_the_weights" and "weights" not in c.region]
    assert len(unweighted) > 5 and not any(cell.finding for cell in unweighted)


@pytest.mark.parametrize(
    ("path", "region", "quantity", "dtype", "words"),
    [
        (
            "divides_by_the_weights",
            "mixed.n=7,weights=some-zero",
            "loss",
            "binary32",
            "as if divided by the sum of the weights, 21.5; documented is the number of elements, 7",
        ),
        (
            "counts_in_the_dtype",
            "equal.n=70000",
            "loss",
            "binary16",
            "as if divided by 70000 in binary16, which is inf; documented is the number of elements, 70000",
        ),
        (
            "gradient_undivided",
            "moderate.n=7",
            "d_logits",
            "binary32",
            "as if divided by 1; documented is the number of elements, 7",
        ),
        (
            "sum_in_the_dtype",
            "mixed.n=70000",
            "loss",
            "binary16",
            "the sum is more than binary16 holds; the result is not",
        ),
        (
            "added_in_turn",
            "huge.n=70000",
            "loss",
            "binary32",
            "beside a huge first loss 69,999 of 69,999 small ones vanish, as when all are added to one accumulator "
            "in turn; bits as if added in turn in binary32",
        ),
        ("raises_on_nothing", "mixed.n=0", "loss", "binary32", "ValueError: nothing to reduce"),
        ("wide", "mixed.n=7", "loss", "binary32", "binary64 comes back instead of binary32"),
    ],
)
def test_a_cell_says_what_was_done(
    faulty: list[Cell], path: str, region: str, quantity: str, dtype: str, words: str
) -> None:
    cell = one(faulty, path, region, quantity, dtype)
    assert cell.finding and cell.message == words


def test_the_divisor_in_use_is_a_fact_where_all_is_well(faulty: list[Cell]) -> None:
    cell = one(faulty, "gradient_undivided", "mixed.n=7,weights=some-zero")
    assert cell.finding is None and cell.message == "divided by the number of elements, 7"


def test_a_sum_beyond_the_format_is_due_as_infinity(faulty: list[Cell]) -> None:
    assert one(faulty, "raises_on_nothing", "mixed.n=70000", dtype="binary16").verdicts == {"correctly-rounded": 1}


def test_the_reproducer_of_a_trial_shows_what_came_back(faulty: list[Cell], tmp_path: Path) -> None:
    made = one(faulty, "added_in_turn", "huge.n=70000")
    assert made.worst is not None
    told = details(Run([made], environment=ENVIRONMENT, tier="default"), made, [str(ADAPTER)])
    assert told.replayed == "as in the run"
    script = tmp_path / "reproducer.py"
    script.write_text(told.reproducer)
    done = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=True)
    assert re.findall("'(.*?)'", done.stdout) == [float.fromhex(made.worst["got"]).hex()]


def test_a_cell_leads_back_to_its_trial(faulty: list[Cell]) -> None:
    plan = Plan(sources([str(ADAPTER)]))
    for cell in faulty[::20]:
        found = trial_of(plan, cell)
        assert found is not None and found.id == cell.id


def test_the_full_tier_has_every_size_and_the_quick_one_nothing() -> None:
    found = sources([str(ADAPTER)])
    assert trials_of("reducing", "quick", found) == []
    full = trials_of("reducing", "full", found)
    lengths = {t.question.item.sample.length for t in full if t.question.where.entry.config["reduction"] == "mean"}
    assert lengths >= {0, *SIZES, *LARGE.values()}
    assert len({trial.id for trial in full}) == len(full)
    assert all(re.fullmatch(r"[\w=.,-]+", trial.region) for trial in full)


BUILT_IN = sources()
REDUCED = [(s.adapter.name, e) for s in BUILT_IN for e in s.adapter.entry_points if e.reductions]


def test_the_default_tier_asks_every_quick_entry_point_for_every_reduction() -> None:
    plan = Plan(BUILT_IN)
    asked = {t.subject.id for t in reductions.trials(plan, subjects(BUILT_IN, Filters()))}
    quick = [(name, e) for name, e in REDUCED if e.tier == "quick"]
    assert len(quick) > 10
    for name, entry in quick:
        for reduction in entry.reductions:
            assert any(
                name.replace("[", "-").replace("]", "") + "/" + entry.path + "/" in identity
                and f"reduction={reduction}/" in identity
                for identity in asked
            )


@pytest.mark.parametrize(("name", "entry"), REDUCED, ids=[f"{n}-{e.path}-{e.key}" for n, e in REDUCED])
def test_what_divides_is_documented_and_quoted(name: str, entry: object) -> None:
    from fnmatch import fnmatchcase

    from conformance.adapter import EntryPoint

    assert isinstance(entry, EntryPoint)
    assert set(entry.reductions.values()) <= set(divisors.NAMES)
    assert any(fnmatchcase(entry.path, clause.entry_point) for clause in divisors.CLAUSES)
    assert losses.load(entry.loss).ARGUMENTS
