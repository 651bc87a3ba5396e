"""What a reader sees of a comparison."""

from __future__ import annotations

import json

import jsonschema
import pytest
from handmade import ENTRY_POINT, PYTORCH, WITNESS, cell, lost, make_run, not_a_number

from conformance.causes import Cause, Versions
from conformance.cell import Cell
from conformance.compare.case_change import CaseChange, Returned
from conformance.compare.comparison import Comparison, compare
from conformance.compare.regression import parse
from conformance.expectations import Expectations
from conformance.report.comparison import data
from conformance.report.comparison.columns import Shown, columns_json, columns_markdown, columns_text
from conformance.report.comparison.markdown import markdown, plain
from conformance.report.comparison.text import text
from conformance.report.comparison.words import Told, exact, number
from conformance.report.figures import WIDTH
from conformance.report.terminal import plain as plain_lines

OTHER_BITS = "fedcba9876543210"
CAUSE = Cause(
    id="sigmoid-minus-label",
    name="pytorch",
    versions=Versions.parse("torch==2.*"),
    selectors=({},),
    verdicts=frozenset({"lost"}),
    cap=2.0**24,
    why="The gradient is sigmoid(x) - y, which cancels near y = 1. " * 3,
    link="https://example.org/source",
)
KNOWN = Expectations({CAUSE.id: CAUSE})
KEPT = {**WITNESS, "got": "0x1.4p-128", "verdict": "within-limit", "ulp": 1.5}


def changed(*pairs: tuple[Cell, Cell], known: bool = True) -> Comparison:
    before, after = ([pair[side] for pair in pairs] for side in (0, 1))
    old = [{**PYTORCH, "versions": {"torch": "2.9.1"}}]
    return compare(make_run(*before, adapters=old), make_run(*after), KNOWN if known else None)


def told(comparison: Comparison, only_changed: bool = True, rule: str = "regression") -> Told:
    return Told(comparison, ("torch==2.9.1", "torch==2.13.0"), [parse(rule)], KNOWN.causes, only_changed)


def lines(comparison: Comparison, only_changed: bool = True, rule: str = "regression", shown: int = 40) -> list[str]:
    return plain_lines(text(told(comparison, only_changed, rule), shown)).splitlines()


NEW = (cell(worst=KEPT, verdicts={"within-limit": 321}), lost(bits_digest=OTHER_BITS))


def test_a_change_is_told_with_both_values_and_the_exact_one() -> None:
    said = lines(changed(NEW))
    start = said.index("New findings (1 cell)")
    assert said[start + 1].startswith("  sigmoid-minus-label: The gradient is sigmoid(x) - y")
    assert said[start + 1].endswith("…") and len(said[start + 1]) <= WIDTH
    assert said[start + 2 : start + 5] == [
        f"      1 × pytorch {ENTRY_POINT} reduction=none d_logits",
        "          eager/binary32/saturated+/hard1: within-limit 1.5 ULP → lost 2.6e6 ULP",
        "          logit = -88.5, label = 1: 3.67341985e-39 → 0, exact 3.67253629e-39",
    ]
    assert said[-1] == "1 cell in both runs: 1 new; fails on regression: 1"


def test_what_one_run_lacks_is_counted_apart_from_what_both_have() -> None:
    comparison = compare(make_run(NEW[0]), make_run(NEW[1], cell(mode="vmap"), lost(mode="jit")))
    assert lines(comparison)[-1] == (
        "1 cell in both runs: 1 new; of one run only: 2 appeared; fails on regression: 1"
    )


def test_what_is_compared_is_told_first() -> None:
    said = lines(changed(NEW))
    assert said[0] == "before  torch==2.9.1: pytorch (torch 2.9.1); default tier; A CPU, x86_64-avx512"
    assert said[1] == "after   torch==2.13.0: pytorch (torch 2.13.0+cpu); default tier; A CPU, x86_64-avx512"
    assert said[3:5] == ["Releases", "  pytorch, torch  2.9.1 → 2.13.0+cpu"]


def test_cells_of_one_cause_and_entry_point_are_one_group() -> None:
    def pair(mode: str, **changes: str) -> tuple[Cell, Cell]:
        return cell(mode=mode, **changes), lost(mode=mode, bits_digest=OTHER_BITS, **changes)  # type: ignore[arg-type]

    other = pair("a", quantity="loss")
    nan = cell(region="infinite"), not_a_number(bits_digest=OTHER_BITS)
    said = lines(changed(pair("a"), pair("b"), pair("c"), other, nan))
    groups = [line.split(" × ")[0].strip() for line in said if " × " in line]
    assert groups == ["1", "3", "1"]
    heads = [line for line in said if line.startswith(("  no recorded cause", "  sigmoid-minus"))]
    assert len(heads) == 2 and heads[0] == "  no recorded cause"    # NaN is graver than a lost tail


def test_what_is_the_same_is_counted_unless_only_changes_are_wanted() -> None:
    comparison = changed(NEW, (cell(mode="vmap"), cell(mode="vmap")))
    assert "The same, bit for bit (1 cell)" in lines(comparison, only_changed=False)
    assert not [line for line in lines(comparison) if "The same" in line]


def test_bits_without_a_witness_say_so() -> None:
    said = lines(changed((cell(), cell(bits_digest=OTHER_BITS))))
    assert "          bits differ and no witness was kept" in said
    assert "          eager/binary32/saturated+/hard1: no finding 0.75 ULP" in said
    assert "bits differ and no witness was kept" in markdown(told(changed((cell(), cell(bits_digest=OTHER_BITS)))))


def test_a_value_that_no_run_kept_is_said_to_be_so() -> None:
    said = lines(changed((cell(), lost(bits_digest=OTHER_BITS))))
    assert "          logit = -88.5, label = 1: not kept → 0, exact 3.67253629e-39" in said
    perfect = cell(verdicts={"correctly-rounded": 321})
    said = lines(changed((perfect, lost(bits_digest=OTHER_BITS))))
    assert "          logit = -88.5, label = 1: correctly rounded → 0, exact 3.67253629e-39" in said


def test_where_the_shown_case_did_not_change_the_number_of_cases_is_told() -> None:
    found = changed((lost(verdicts={"lost": 14, "faithful": 307}), lost(verdicts={"lost": 6, "faithful": 315})))
    assert "lost, 14 cases → 6" in " ".join(" ".join(lines(found)).split())


def test_a_case_that_raises_now_has_a_value_before() -> None:
    found = changed((lost(verdicts={"lost": 321}), cell(worst=None, verdicts={"raised-documented": 321})))
    assert "0 → raised, exact" in " ".join(" ".join(lines(found)).split())


def test_vanished_cells_are_told_with_the_reason() -> None:
    nothing = {"region": "every", "label_class": "every", "bits_digest": "", "limit": None, "max_ulp": None}
    after = cell(verdicts={"unsupported": 3}, message="no such function", **nothing)
    comparison = compare(make_run(cell(), cell(region="zero"), lost(mode="vmap")), make_run(after, lost(mode="vmap")))
    said = lines(comparison)
    start = said.index("Vanished: only the first run has these (2 cells)")
    assert said[start + 1 : start + 4] == [
        f"      2 × pytorch {ENTRY_POINT} reduction=none",
        "          eager; binary32",
        "          unsupported: no such function",
    ]
    assert "| 2 | pytorch " in markdown(told(comparison))


def test_the_cells_that_fail_a_figure_are_named() -> None:
    pair = cell(max_ulp=0.5), cell(max_ulp=12.0, bits_digest=OTHER_BITS)
    assert f"  {cell().id}" in lines(changed(pair), rule="ulp>8")
    assert f"- `{cell().id}`" in markdown(told(changed(pair), rule="ulp>8"))
    assert f"  {cell().id}" not in lines(changed(pair))


def test_many_groups_are_cut_off_and_counted() -> None:
    pairs = [(cell(quantity=f"d_{n}"), lost(quantity=f"d_{n}", bits_digest=OTHER_BITS)) for n in range(5)]
    said = lines(changed(*pairs), shown=2)
    assert sum(" × " in line for line in said) == 2 and "        and 3 more" in said
    assert "and 3 more" in markdown(told(changed(*pairs)), shown=2)


def test_nothing_is_wider_than_a_page() -> None:
    wide = cell(entry_point=ENTRY_POINT, config={"reduction": "none"}, region="saturated+", dtype="binary64")
    witness = {**WITNESS, "inputs": {f"input_{n}": "0x1.5555555555555p-900" for n in range(6)}}
    comparison = changed((wide, lost(dtype="binary64", worst=witness, bits_digest=OTHER_BITS)))
    assert max(map(len, lines(comparison))) <= WIDTH


def test_markdown_is_escaped() -> None:
    assert plain("a|b *c* `d` <e> [f]") == "a\\|b \\*c\\* \\`d\\` \\<e> \\[f]"
    said = markdown(told(changed(NEW)))
    head = "## `torch==2.9.1` → `torch==2.13.0`\n\n**1 cell in both runs: 1 new; fails on regression: 1**"
    assert said.startswith(head)
    rows = [line for line in said.splitlines() if line.startswith("| 1 ")]
    assert len(rows) == 1 and rows[0].endswith("| logit = -88.5, label = 1 | 3.67341985e-39 | 0 | 3.67253629e-39 |")
    assert "Cause, of 1 cell: sigmoid-minus-label: " in said


def test_json_has_every_cell_and_satisfies_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(data.schema())
    validator.check_schema(data.schema())
    comparison = changed(NEW, (cell(mode="vmap"), cell(mode="vmap")), (cell(region="x"), not_a_number(region="x")))
    for only_changed, count in ((False, 3), (True, 2)):
        found = json.loads(data.to_text(told(comparison, only_changed)))
        validator.validate(found)
        assert len(found["changes"]) == count
    assert found["failing"] == [change["id"] for change in found["changes"]]
    (new,) = (change for change in found["changes"] if change["cause"])
    assert new["case"]["before"] == {"got": "0x1.4p-128", "verdict": "within-limit", "ulp": 1.5}


def test_columns_are_told_one_by_one_and_in_a_table() -> None:
    comparison = told(changed(NEW))
    columns = [
        Shown("torch==2.9.1", {"requirements": ["torch==2.9.1"]}),
        Shown("torch==2.13.0", {}, against="torch==2.9.1", told=comparison),
        Shown("torch==9", {}, failure="torch==9 cannot be installed: correct it."),
    ]
    said = plain_lines(columns_text(columns)).splitlines()
    assert said[0] == "torch==2.13.0, against torch==2.9.1"
    assert said[-5:] == [
        "column         against       new  fails",
        "torch==2.9.1   -",
        "torch==2.13.0  torch==2.9.1    1      1",
        "torch==9       not measured",
        "torch==9: torch==9 cannot be installed: correct it.",
    ]
    assert "| torch==2.13.0 | torch==2.9.1 | 1 | 1 |" in columns_markdown(columns)
    records = json.loads(columns_json(columns))["columns"]
    assert [record["failure"] for record in records] == [None, None, "torch==9 cannot be installed: correct it."]
    jsonschema.validate(records[1]["comparison"], data.schema())


@pytest.mark.parametrize(
    ("hexadecimal", "dtype", "shown"),
    [
        ("0x1p+0", "binary32", "1"),
        ("-0x1.62p+6", "binary32", "-88.5"),
        ("0x1.99999ap-4", "binary32", "0.100000001"),
        ("0x1.999999999999ap-4", "binary64", "0.1"),
        ("-0x0p+0", "binary32", "-0"),
        ("nan", "binary32", "NaN"),
        ("-inf", "binary64", "-inf"),
        ("raised", "binary32", "raised"),
    ],
)
def test_numbers_are_as_short_as_they_can_be(hexadecimal: str, dtype: str, shown: str) -> None:
    assert number(hexadecimal, dtype) == shown


@pytest.mark.parametrize(
    ("decimal", "dtype", "shown"),
    [
        ("4.1399376330897474477e-6", "binary32", "4.13993763e-06"),
        ("0.69314718055994530942", "binary64", "0.69314718055994529"),
        ("3.6725362900000000000e-400", "binary32", "3.67253629e-400"),
        ("0", "binary32", "0"),
        ("Infinity", "binary32", "inf"),
        (None, "binary32", "-"),
    ],
)
def test_the_exact_value_has_the_digits_of_its_dtype(decimal: str | None, dtype: str, shown: str) -> None:
    assert exact(CaseChange("x=1", {}, decimal, Returned(), Returned()), dtype) == shown
