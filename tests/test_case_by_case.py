"""The case of a cell that changed most, found among the bits of every case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cell import Cell
from conformance.compare.case_by_case import CaseByCase
from conformance.compare.case_change import Seen
from conformance.compare.judged_tests import Held, JudgedTests
from conformance.exact import rounded_values
from conformance.formats import BINARY32, Bits, from_float64
from conformance.job import Observation
from conformance.judgement import cell_mask, judged
from conformance.plan import Plan
from conformance.probe import Probe
from conformance.standards import standard
from conformance.subject import Subject, sources

FOUND = [source for source in sources() if source.adapter.name == "reference"]
PLAN = Plan(FOUND, "quick")
SUBJECT = Subject("reference", "sigmoid_cross_entropy", "{}", "eager", "binary32")
CASES, _ = PLAN.cases(SUBJECT, "loss")
EXACT = rounded_values(
    standard(PLAN.entry(SUBJECT), "binary32", "loss", "quick", False, False).mathematics.value, BINARY32
)
RIGHT = from_float64(EXACT, BINARY32)
TEST = f"{SUBJECT.id}/loss"
NAN = from_float64(np.array([np.nan]), BINARY32)[0]


def cells(bits: Bits) -> dict[str, Cell]:
    """The cells of these results, by region and label class."""
    observation = Observation("ok", outputs=(bits,), dtypes=("binary32",))
    found = judged(PLAN, SUBJECT, "loss", observation, Probe((False, False), (False, False))).cells
    return {f"{cell.region}/{cell.label_class}": cell for cell in found}


def look(before: Held, after: Held, tier: str = "quick") -> CaseByCase:
    return CaseByCase(JudgedTests(FOUND, tier, before), JudgedTests(FOUND, tier, after))


def seen(before: Bits, after: Bits, place: str, kind: str = "bits") -> Seen | None:
    return look({TEST: before}, {TEST: after})(cells(before)[place], cells(after)[place], kind)


def inside(place: str) -> np.ndarray:
    """The cases of a cell whose result is an ordinary number."""
    region, label = place.split("/")
    return np.flatnonzero(cell_mask(CASES, region, label) & (EXACT > 1e-30) & (EXACT < 1e30))


PLACE = "transition/soft"


@given(st.dictionaries(st.sampled_from(list(inside(PLACE))), st.integers(1, 1000), min_size=1, max_size=4))
@settings(deadline=None, max_examples=25)
def test_the_largest_change_of_all_is_shown(steps: dict[int, int]) -> None:
    def changed(some: dict[int, int]) -> Seen:
        after = RIGHT.copy()
        for index, many in some.items():
            after[index] += many
        found = seen(RIGHT, after, PLACE)
        assert found is not None and found.case is not None and found.case.complete and not found.new_nan
        assert found.case.before.verdict == "correctly-rounded"
        return found

    alone = {CASES.name(int(index)): changed({index: many}).growth for index, many in steps.items()}
    for (name, growth), many in zip(alone.items(), steps.values(), strict=True):
        assert many - 1 <= growth <= 2 * many + 1, name     # above a power of two a step is two of its ULPs
    together = changed(steps)
    assert together.growth == max(alone.values())
    assert together.case is not None and alone[together.case.case] == together.growth


def test_a_nan_is_the_largest_change_of_all() -> None:
    first, second = inside(PLACE)[:2]
    after = RIGHT.copy()
    after[first] += 10**6
    after[second] = NAN
    found = seen(RIGHT, after, PLACE)
    assert found is not None and found.case is not None
    assert found.case.case == CASES.name(int(second)) and found.new_nan and found.growth == np.inf
    back = seen(after, RIGHT, PLACE)
    assert back is not None and not back.new_nan and back.growth < 1


def test_what_got_worse_is_shown_though_something_got_better_by_more() -> None:
    first, second = inside(PLACE)[:2]
    before, after = RIGHT.copy(), RIGHT.copy()
    before[first] += 10**6
    after[second] += 10**4
    for kind, index in (("bits", first), ("better", first), ("worse", second)):
        found = seen(before, after, PLACE, kind)
        assert found is not None and found.case is not None
        assert found.case.case == CASES.name(int(index)), kind
        assert found.growth == pytest.approx(1e4, abs=1)


def test_two_nans_with_other_bits_are_no_change() -> None:
    index = inside(PLACE)[0]
    before, after = RIGHT.copy(), RIGHT.copy()
    before[index], after[index] = NAN, NAN + 1
    assert seen(before, after, PLACE) == Seen()


def test_other_cases_than_these_are_left_alone() -> None:
    after = RIGHT.copy()
    after[inside(PLACE)[0]] += 1
    here, there = cells(RIGHT)[PLACE], cells(after)[PLACE]
    cases = look({TEST: RIGHT}, {TEST: after})
    assert cases(here, there, "bits") is not None
    assert cases(here, replace(there, bits_digest="0" * 16), "bits") is None     # another version's cases
    assert cases(here, replace(there, verdicts={"raised": 1}), "new") is None    # what raised has no bits
    assert cases(replace(here, method="exhaustive"), there, "bits") is None
    assert cases(replace(here, adapter="jax"), there, "bits") is None
    assert cases(replace(here, quantity="d9_logits"), there, "bits") is None
    assert cases(replace(here, entry_point="gone"), there, "bits") is None
    assert look({}, {TEST: after})(here, there, "bits") is None
    assert look({TEST: RIGHT[:-1]}, {TEST: after})(here, there, "bits") is None
    assert look({TEST: RIGHT.astype("u8")}, {TEST: after})(here, there, "bits") is None
    assert look({TEST: RIGHT}, {TEST: after}, "default")(here, there, "bits") is None


@pytest.mark.parametrize(("region", "label"), [("symmetry", "identities"), ("of-another-day", "soft")])
def test_a_cell_that_is_of_no_cases_of_this_version_has_none(region: str, label: str) -> None:
    """An examination's cell has the quantity of a test, and none of its regions; so has a cell of an older version."""
    other = replace(cells(RIGHT)[PLACE], region=region, label_class=label)
    assert JudgedTests(FOUND, "quick", {TEST: RIGHT})(other) is None
