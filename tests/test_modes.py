"""Eager against each other mode: other bits are a fact, a change of class, dtype or limit is a finding."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from examining import examine
from handmade import cell
from judging import golden
from workbench import FAULTY

from conformance import examinations
from conformance.cell import Cell
from conformance.examinations.modes import changes
from conformance.formats import BINARY32, from_float64
from conformance.judge import Standard
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.session import measured
from conformance.subject import Filters, sources, subjects

FICKLE = FAULTY / "fickle.py"
BOTH = ("loss", "d_logits")

REGIONS = {"endless": "vanished+", "lost": "saturated+", "inexact": "transition"}
"""Mode → a region of the cases that must be named in the message of its finding."""


@cache
def examined() -> dict[tuple[str, str], Cell]:
    cells = examine("modes", FICKLE, dtypes=("binary32",))
    assert {c.region for c in cells} == {"against-eager"}
    return {(c.mode, c.quantity): c for c in cells}


def test_every_mode_is_held_against_the_first_but_one_that_delivers_nothing() -> None:
    assert examined().keys() == {(m, q) for m in ("same", "up", "endless", "lost", "inexact", "widened") for q in BOTH}


@pytest.mark.parametrize("quantity", BOTH)
def test_the_same_bits_are_said_to_be(quantity: str) -> None:
    found = examined()["same", quantity]
    assert found.verdicts == {"same-bits": found.cases} and found.cases > 1000


@pytest.mark.parametrize("quantity", BOTH)
def test_other_bits_within_the_limit_are_a_fact(quantity: str) -> None:
    found = examined()["up", quantity]
    assert found.finding is None and found.verdicts["undocumented"] > found.cases / 2
    assert f"{found.verdicts['undocumented']} of {found.cases} differ, at most 1 ULP" == found.message


@pytest.mark.parametrize("quantity", BOTH)
@pytest.mark.parametrize("mode", REGIONS)
def test_a_change_of_class_or_limit_is_a_finding(mode: str, quantity: str) -> None:
    if (mode, quantity) == ("endless", "d_logits"):
        return
    found = examined()[mode, quantity]
    assert found.finding == "mode-dependent"
    assert found.verdicts.keys() <= {"mode-dependent", "same-bits", "undocumented"}
    assert REGIONS[mode] in found.message.partition(" in class or limit in ")[2]
    assert found.worst is not None and found.worst["got"] in found.message


def test_what_never_exceeds_the_bound_does_not_change() -> None:
    assert examined()["endless", "d_logits"].finding is None


@pytest.mark.parametrize("quantity", BOTH)
def test_another_dtype_is_a_finding(quantity: str) -> None:
    found = examined()["widened", quantity]
    assert found.verdicts == {"mode-dependent": 1} and found.message == "binary64, and binary32 in eager"


def test_of_two_results_within_the_limit_none_is_of_a_wrong_class() -> None:
    tiny, large = 2.0**-149, BINARY32.largest
    exact = golden([tiny, large, 1.0, 1.0, tiny])
    rule = Standard(BINARY32, BINARY32, 3.0, exact)
    pairs = [(0.0, tiny), (np.inf, large), (1.0, np.inf), (1.0, 1.5), (-tiny, tiny)]
    first, second = (from_float64(np.array(side), BINARY32) for side in zip(*pairs, strict=True))
    found = changes(first, second, rule)
    assert found.differ.all()
    assert found.matter.tolist() == [False, False, True, True, False]
    assert found.special.tolist() == [False, False, True, False, False]


def test_two_results_that_are_wrong_alike_do_not_matter() -> None:
    rule = Standard(BINARY32, BINARY32, 3.0, golden([1.0, 1.0, 1.0]))
    first, second = (from_float64(np.array(side), BINARY32) for side in ([2.0, 0.0, np.nan], [4.0, 4.0, np.nan]))
    found = changes(first, second, rule)
    assert found.matter.tolist() == [False, True, False]
    assert found.differ.tolist() == [True, True, False]


def test_the_jobs_of_the_cases_are_measured_once() -> None:
    found = sources([str(FICKLE)])
    plan, done = Plan(found, "full"), []
    chosen = subjects(found, Filters(tier="full", dtypes=("binary32",), modes=("eager", "same")))
    trials = list(examinations.load("modes").trials(plan, chosen))
    with Pool(1, progress=lambda n, total, job, said: done.append(job)) as pool:
        cells = [c for result in measured(plan, chosen, trials, pool) for c in result.cells]
    assert len(done) == len(set(done)) == 2 * 2 + sum(len(plan.quantities(subject)) for subject in chosen)
    assert [c.quantity for c in cells if c.label_class == "modes"] and len(trials) == 2


def test_the_default_tier_asks_one_dtype_and_the_quick_tier_none() -> None:
    found = sources([str(FICKLE)])
    for tier, dtypes in (("quick", set()), ("default", {"binary32"})):
        plan = Plan(found, tier)
        trials = examinations.load("modes").trials(plan, subjects(found, Filters(tier=tier)))
        assert {trial.subject.dtype for trial in trials} == dtypes


def test_a_cell_is_like_any_other() -> None:
    assert cell(label_class="modes", region="against-eager").examination == "modes"
