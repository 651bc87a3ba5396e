"""Which changes fail a comparison."""

from __future__ import annotations

import math

import pytest
from handmade import PYTORCH, cell, lost, make_run, not_a_number

from conformance.compare.case_change import Seen
from conformance.compare.comparison import KINDS, Change, compare
from conformance.compare.regression import Rule, RuleError, exit_status, parse

OTHER_BITS = "fedcba9876543210"
REGRESSION = [Rule("regression")]


def change(kind: str, growth: float = 0.0, new_nan: bool = False) -> Change:
    before = None if kind == "appeared" else cell()
    after = None if kind == "vanished" else cell(bits_digest="" if kind == "same" else OTHER_BITS)
    return Change(cell().id, kind, before, after, Seen(None, new_nan, growth))


@pytest.mark.parametrize("text", ["regression", "new-nan", "any-bit", "ulp>8", "ulp>0.5", "ulp>1e+06"])
def test_a_rule_is_written_as_it_was_read(text: str) -> None:
    assert str(parse(text)) == text
    assert parse(text.replace(">", " > ")) == parse(text)


@pytest.mark.parametrize(
    "text", ["", "bits", "ulp", "ulp>", "ulp>x", "ulp>-1", "ulp>nan", "ulp>inf", "ulp<3", "new-nan,any-bit"]
)
def test_what_is_no_rule_is_one_sentence(text: str) -> None:
    with pytest.raises(RuleError, match=r"--fail-on .* is no rule: give regression, new-nan, any-bit or 'ulp>N'"):
        parse(text)


def test_a_number_that_nothing_exceeds_is_refused() -> None:
    with pytest.raises(RuleError, match=r"--fail-on 'ulp>1e400' fails nothing, .*: give a finite number of ULPs\."):
        parse("ulp>1e400")


def selected(rule: str) -> set[str]:
    return {kind for kind in KINDS if parse(rule).selects(change(kind))}


def test_each_rule_selects_its_kinds() -> None:
    assert selected("regression") == {"new", "worse"}
    assert selected("any-bit") == set(KINDS) - {"appeared", "same"}
    assert selected("new-nan") == selected("ulp>0") == set()
    assert {kind for kind in KINDS if parse("new-nan").selects(change(kind, new_nan=True))} == set(KINDS)


def test_a_finding_judged_otherwise_with_the_same_bits_is_no_bit() -> None:
    (judged,) = compare(make_run(cell()), make_run(lost())).changes
    assert judged.kind == "new" and not parse("any-bit").selects(judged)


@pytest.mark.parametrize(
    ("growth", "fails"), [(-math.inf, False), (0.0, False), (8.0, False), (8.1, True), (math.inf, True)]
)
def test_an_error_has_to_grow_by_more_than_the_number(growth: float, fails: bool) -> None:
    assert parse("ulp>8").selects(change("bits", growth)) is fails


def test_growth_within_the_limit_is_seen_where_it_is_asked_for() -> None:
    comparison = compare(make_run(cell(max_ulp=0.5)), make_run(cell(max_ulp=12.0, bits_digest=OTHER_BITS)))
    assert exit_status(comparison, REGRESSION) == 0
    assert exit_status(comparison, [parse("ulp>11")]) == 1
    assert exit_status(comparison, [parse("ulp>12")]) == 0
    back = compare(comparison.after, comparison.before)
    assert exit_status(back, [parse("ulp>0")]) == 0     # it shrank


def test_one_rule_of_several_is_enough() -> None:
    comparison = compare(make_run(cell()), make_run(cell(bits_digest=OTHER_BITS)))
    assert [exit_status(comparison, rules) for rules in (REGRESSION, [*REGRESSION, Rule("any-bit")], [])] == [0, 1, 0]


def test_a_new_nan_is_a_regression_and_the_other_way_round_it_is_not() -> None:
    before, after = make_run(cell(region="infinite")), make_run(not_a_number(bits_digest=OTHER_BITS))
    for rules in (REGRESSION, [Rule("new-nan")]):
        assert exit_status(compare(before, after), rules) == 1
        assert exit_status(compare(after, before), rules) == 0


def test_nothing_comparable_is_never_green() -> None:
    assert exit_status(compare(make_run(cell()), make_run(cell(mode="vmap"))), REGRESSION) == 5
    assert exit_status(compare(make_run(), make_run()), REGRESSION) == 5
    lacking = make_run(cell(region="every", label_class="every", verdicts={"unsupported": 9}, message="no vmap"))
    assert exit_status(compare(lacking, lacking), REGRESSION) == 5


def test_a_framework_that_broke_fails_whatever_the_rule() -> None:
    jax = {**PYTORCH, "name": "jax"}
    broken = {**jax, "status": "unavailable", "reason": "No module named jax"}
    before = make_run(cell(), cell(adapter="jax"), adapters=[PYTORCH, jax])
    after = make_run(cell(), adapters=[PYTORCH, broken])
    assert exit_status(compare(before, after), [Rule("new-nan")]) == 1
    assert exit_status(compare(after, before), REGRESSION) == 0
