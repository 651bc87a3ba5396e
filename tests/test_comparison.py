"""One run against another, by hand-made runs: what becomes of every cell."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from handmade import ELSEWHERE, ENVIRONMENT, PYTORCH, WITNESS, cell, lost, make_run, not_a_number

from conformance.causes import Cause, Versions
from conformance.cell import Cell
from conformance.compare.case_change import CaseChange, Returned, Seen
from conformance.compare.comparison import Change, Comparison, compare
from conformance.compare.differences import Difference
from conformance.expectations import Expectations

OTHER_BITS = "fedcba9876543210"
NOTHING = {"region": "every", "label_class": "every", "limit": None, "max_ulp": None, "bits_digest": ""}


def one(before: Cell, after: Cell, **environment: Any) -> Change:
    """What becomes of a cell."""
    (change,) = compare(make_run(before), make_run(after, **environment)).changes
    return change


def kinds(comparison: Comparison) -> dict[str, int]:
    return {kind: count for kind, count in comparison.counts.items() if count}


def test_a_finding_that_was_not_there_is_new_and_one_that_is_gone_is_fixed() -> None:
    assert one(cell(), lost(bits_digest=OTHER_BITS)).kind == "new"
    assert one(lost(bits_digest=OTHER_BITS), cell()).kind == "fixed"
    assert one(lost(), lost()).kind == "same"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lost(), not_a_number(region="saturated+")),  # a more severe kind
        (lost(), lost(verdicts={"correctly-rounded": 299, "lost": 22})),  # one more case that is wholly wrong
        (lost(), lost(verdicts={"correctly-rounded": 299, "lost": 21, "flushed": 1})),  # another kind besides
        (lost(ulp=1e3), lost(ulp=2e3)),  # one more bit
        (lost(verdicts={"lost": 3}), lost(verdicts={"lost": 2, "wrong-sign": 1})),  # fewer, and one that is graver
        (lost(verdicts={"correctly-rounded": 3, "lost": 10}), lost(verdicts={"flushed": 13})),  # three zeros more
        (lost(verdicts={"correctly-rounded": 1, "lost": 4}), lost(verdicts={"lost": 3, "daz": 1, "flushed": 1})),
    ],
)
def test_a_finding_gets_worse_or_better(before: Cell, after: Cell) -> None:
    after = replace(after, id=before.id, bits_digest=OTHER_BITS, cases=before.cases)
    assert one(before, after).kind == "worse"
    assert one(after, before).kind == "better"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (cell(), cell(max_ulp=12.0)),  # within the limit nothing is a finding
        (cell(), cell(verdicts={"documented": 321}, max_ulp=1e9)),
        (lost(ulp=1e3), lost(ulp=1.99e3)),
        (lost(verdicts={"beyond-limit": 3}), lost(verdicts={"beyond-limit": 4})),  # how many are inexact says little
    ],
)
def test_what_is_no_finding_or_no_worse_a_one_is_bits(before: Cell, after: Cell) -> None:
    assert one(before, replace(after, bits_digest=OTHER_BITS)).kind == "bits"
    assert one(replace(after, bits_digest=OTHER_BITS), before).kind == "bits"


def test_a_zero_that_a_probe_explains_is_the_zero_it_was() -> None:
    """TensorFlow 1.15 and 2.4 lose the same tail; only of the later one a probe says that it flushes."""
    unproven = lost(verdicts={"correctly-rounded": 300, "lost": 21})
    proven = lost(ulp=8e6, verdicts={"correctly-rounded": 300, "lost": 8, "flushed": 13})
    assert one(unproven, proven).kind == one(proven, unproven).kind == "same"


def test_without_a_digest_all_that_is_recorded_tells_results_apart() -> None:
    assert one(cell(bits_digest=""), cell(bits_digest="")).kind == "same"
    assert one(cell(bits_digest=""), cell(bits_digest="", max_ulp=0.76)).kind == "bits"


def test_on_another_cpu_nobody_can_tell_why_bits_differ() -> None:
    change = one(cell(), cell(bits_digest=OTHER_BITS), environment=ELSEWHERE)
    assert (change.kind, change.why) == ("cannot-tell", "the runs were made on different CPUs")
    assert one(cell(), cell(), environment=ELSEWHERE).kind == "same"
    assert one(cell(), lost(bits_digest=OTHER_BITS), environment=ELSEWHERE).kind == "new"


def test_what_only_more_cases_show_is_not_told() -> None:
    few: dict[str, Any] = {"cases": 3, "bits_digest": OTHER_BITS}
    many: dict[str, Any] = {"cases": 321}
    assert one(cell(**few), lost(**many)).kind == "cannot-tell"
    assert one(lost(**many), cell(**few)).kind == "cannot-tell"
    assert one(cell(**many), lost(**few)).kind == "new"
    assert one(lost(**few), cell(**many)).kind == "fixed"
    change = one(cell(**few), cell(**many))
    assert (change.kind, change.why) == ("cannot-tell", "the runs have other cases of it (3 and 321)")
    assert compare(make_run(cell(**few)), make_run(cell(**many))).other_cases
    assert not compare(make_run(cell()), make_run(lost())).other_cases


def test_a_cell_of_one_run_appeared_or_vanished() -> None:
    comparison = compare(make_run(cell()), make_run(cell(), lost(mode="vmap")))
    assert kinds(comparison) == {"appeared": 1, "same": 1} and comparison.common == 1
    (change,) = comparison.of("appeared")
    assert change.before is None and change.cell == lost(mode="vmap")
    assert change.why == "the subject was not measured"
    assert kinds(compare(make_run(cell(), lost(mode="vmap")), make_run(cell()))) == {"vanished": 1, "same": 1}


def test_why_a_cell_is_in_one_run_only() -> None:
    def why(here: Cell, *there: Cell, **changes: Any) -> str:
        comparison = compare(make_run(here), make_run(*there, **changes), since={known: "2.1"})
        (change,) = comparison.of("vanished")
        return change.why

    known = ("pytorch", cell().entry_point, cell().config)
    unsupported = cell(verdicts={"unsupported": 1}, message="no such function", **NOTHING)
    assert why(cell(), unsupported) == "unsupported: no such function, since 2.1"
    told = replace(unsupported, message="needs torch 2.1 or newer, this is 1.8")
    assert why(cell(), told) == "unsupported: needs torch 2.1 or newer, this is 1.8"
    assert why(cell(), cell(region="zero")) == "no case of it in the default tier of that version"
    assert why(cell(), cell(quantity="loss")) == "d_logits was not measured"
    assert why(cell(), cell(adapter="jax"), adapters=[{**PYTORCH, "name": "jax"}]) == "pytorch was not measured"
    broken = {**PYTORCH, "status": "crashed", "reason": "SIGILL"}
    assert why(cell(), adapters=[broken]) == "pytorch is crashed: SIGILL"


def test_an_adapter_that_could_be_measured_and_cannot_any_more_is_broken() -> None:
    broken = {**PYTORCH, "status": "crashed", "reason": "SIGILL"}
    assert compare(make_run(cell()), make_run(adapters=[broken])).broken == {"pytorch": "crashed: SIGILL"}
    assert not compare(make_run(adapters=[broken]), make_run(cell())).broken


def test_what_delivered_and_crashes_now_is_a_new_finding() -> None:
    crashed = cell(verdicts={"crashed": 321}, message="SIGSEGV", **NOTHING)
    comparison = compare(make_run(cell(), cell(region="zero")), make_run(crashed))
    assert kinds(comparison) == {"new": 1, "vanished": 2} and comparison.comparable
    assert comparison.changes[0].id == crashed.id and comparison.changes[0].seen.growth == math.inf
    assert {change.why for change in comparison.of("vanished")} == {"crashed: SIGSEGV"}
    assert kinds(compare(make_run(crashed), make_run(cell()))) == {"fixed": 1, "appeared": 1}


def test_what_was_unsupported_and_delivers_only_appeared() -> None:
    unsupported = cell(verdicts={"unsupported": 321}, **NOTHING)
    comparison = compare(make_run(unsupported), make_run(lost()))
    assert kinds(comparison) == {"appeared": 1} and comparison.changes[0].why == "unsupported"
    assert not comparison.comparable


def test_both_witnesses_of_one_case_show_it() -> None:
    worst = {**WITNESS, "got": "0x1.4p-128", "verdict": "within-limit", "ulp": 1.5}
    before = cell(worst=worst, verdicts={"within-limit": 321})
    change = one(before, lost(bits_digest=OTHER_BITS))
    assert change.case == CaseChange(
        "x=-88.5,y=1",
        {"logit": "-0x1.62p+6", "label": "0x1p+0"},
        "3.6725362900000000000e-39",
        Returned("0x1.4p-128", "within-limit", 1.5),
        Returned("0x0p+0", "lost", 2621440.0),
    )
    assert change.case.complete


def test_a_witness_of_one_run_only_is_shown_with_what_is_known() -> None:
    other = cell(worst={**WITNESS, "case": "x=1,y=1", "verdict": "faithful", "ulp": 0.9})
    change = one(other, lost(bits_digest=OTHER_BITS))
    assert change.case is not None and not change.case.complete
    assert (change.case.case, change.case.before, change.case.after.verdict) == ("x=-88.5,y=1", Returned(), "lost")
    gone = one(lost(bits_digest=OTHER_BITS), other)
    assert gone.case is not None and gone.case.before.verdict == "lost" and not gone.case.after.known
    perfect = one(cell(verdicts={"correctly-rounded": 321}), lost(bits_digest=OTHER_BITS))
    assert perfect.case is not None and perfect.case.before == Returned(None, "correctly-rounded", None)
    assert one(cell(), cell(bits_digest=OTHER_BITS)).case is None


def test_a_nan_that_was_not_there_is_new() -> None:
    assert one(cell(region="infinite"), not_a_number(bits_digest=OTHER_BITS)).seen == Seen(
        one(cell(region="infinite"), not_a_number(bits_digest=OTHER_BITS)).case, True, math.inf
    )
    already = not_a_number(verdicts={"wrong-class": 1})
    assert not one(already, not_a_number(verdicts={"wrong-class": 3}, bits_digest=OTHER_BITS)).seen.new_nan
    assert not one(cell(), lost(bits_digest=OTHER_BITS)).seen.new_nan


def test_what_the_bits_of_every_case_show_goes_before_the_witnesses() -> None:
    pair = Returned("0x1p+1", "faithful", 0.6), Returned("nan", "wrong-class")
    seen = Seen(CaseChange("x=2,y=1", {}, "2", *pair), new_nan=True)
    asked = []

    def evidence(before: Cell, after: Cell, kind: str) -> Seen | None:
        asked.append((before.id, kind))
        return seen if kind == "new" else None

    before, after = make_run(cell(), lost(mode="vmap"), cell(mode="jit")), make_run(
        lost(bits_digest=OTHER_BITS), cell(mode="vmap", bits_digest=OTHER_BITS), cell(mode="jit")
    )
    new, fixed, same = compare(before, after, evidence=evidence).changes
    assert (new.seen, fixed.kind, same.kind) == (seen, "fixed", "same")
    assert fixed.case is not None and fixed.case.case == WITNESS["case"]
    assert sorted(kind for _, kind in asked) == ["fixed", "new"]  # what is the same needs none


def test_a_change_has_the_recorded_cause_of_its_finding() -> None:
    cause = Cause(
        id="tail",
        name="pytorch",
        versions=Versions.parse("torch==2.13.*"),
        selectors=({},),
        verdicts=frozenset({"lost"}),
        cap=2.0**24,
        why="It cancels.",
        link="https://example.org/source",
    )
    known = Expectations({"tail": cause})
    old = [{**PYTORCH, "versions": {"torch": "2.9.1"}}]
    before, after = make_run(cell(), adapters=old), make_run(lost(bits_digest=OTHER_BITS))
    assert compare(before, after, known).changes[0].cause == "tail"
    assert compare(after, before, known).changes[0].cause == "tail"
    assert compare(before, after).changes[0].cause is None
    elsewhen = make_run(lost(bits_digest=OTHER_BITS), adapters=old)
    assert compare(before, elsewhen, known).changes[0].cause is None


def test_changes_stand_by_kind_and_the_gravest_first() -> None:
    cells = [cell(mode=mode) for mode in ("a", "b", "c", "d", "e")]
    after = [
        replace(cells[0], bits_digest=OTHER_BITS),
        replace(lost(ulp=1e3, mode="b"), bits_digest=OTHER_BITS),
        replace(lost(ulp=1e6, mode="c"), bits_digest=OTHER_BITS),
        replace(not_a_number(mode="d"), id=cells[3].id, bits_digest=OTHER_BITS),
        cells[4],
    ]
    comparison = compare(make_run(*cells), make_run(*after))
    assert [change.cell.id for change in comparison.changes] == [cells[i].id for i in (3, 2, 1, 0, 4)]


def test_differences_are_told_the_machine_first() -> None:
    other = {
        **ENVIRONMENT,
        "cpu": "Another CPU",
        "threads": 4,
        "variables": {"OMP_NUM_THREADS": "2", "XLA_FLAGS": ""},
        "bce-conformance": "9",
    }
    record = {**PYTORCH, "versions": {"torch": "2.9.1", "numpy": "2.0"}, "python": "3.8.18"}
    before, after = make_run(cell()), make_run(cell(), environment=other, tier="quick", adapters=[record])
    assert compare(before, after).differences == (
        Difference("machine", "cpu", "A CPU", "Another CPU"),
        Difference("machine", "threads", "2", "4"),
        Difference("variable", "XLA_FLAGS", "-", '""'),
        Difference("measured", "tier", "default", "quick"),
        Difference("adapter", "pytorch, Python", "3.11.7", "3.8.18"),
        Difference("release", "pytorch, torch", "2.13.0+cpu", "2.9.1"),
        Difference("release", "pytorch, numpy", "-", "2.0"),
    )
    assert not compare(before, before).differences
