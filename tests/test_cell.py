"""The record of one cell."""

import dataclasses
import json

import pytest
from handmade import WITNESS, cell, lost, not_a_number

from conformance.cell import FIELDS, Cell


def test_goes_through_json_unchanged() -> None:
    for made in (cell(), lost(), not_a_number(), cell(config={}, max_ulp=None, limit=None)):
        assert Cell.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False))) == made


def test_config_is_an_object_in_json_and_canonical_text_in_memory() -> None:
    made = cell(config={"reduction": "none", "from_logits": True})
    assert made.to_json()["config"] == {"from_logits": True, "reduction": "none"}
    assert made.config == '{"from_logits": true, "reduction": "none"}'


def test_records_carry_the_published_fields_in_order() -> None:
    assert list(cell(zero_signs=2, message="why").to_json()) == list(FIELDS)
    assert list(cell().to_json()) == [name for name in FIELDS if name not in ("zero_signs", "message")]
    assert FIELDS[:4] == ("id", "adapter", "entry_point", "config")


def test_figures_are_kept_to_six_digits_from_the_start() -> None:
    made = lost(ulp=16777216.3)
    assert made.max_ulp == made.figure == 16777200.0
    assert made.worst is not None and made.worst["ulp_relative"] == 16777200.0


def test_names_its_subject_and_test() -> None:
    made = cell(adapter="keras[jax]")
    assert made.id == made.test + "/saturated+/hard1"
    assert made.test == made.subject + "/d_logits"
    assert made.subject.startswith("keras-jax/") and made.subject.endswith("/binary32/cpu")
    assert made.short_config == "reduction=none"


def test_finding_is_the_most_severe_verdict() -> None:
    assert cell().finding is None
    assert cell(verdicts={"documented": 5, "unsupported": 1}).finding is None
    mixed = cell(verdicts={"beyond-limit": 9, "lost": 1, "wrong-class": 0, "faithful": 3})
    assert mixed.finding == "lost"
    assert mixed.findings == {"lost", "beyond-limit"}


def test_figure_is_the_witnesss_where_a_documented_case_is_further_off() -> None:
    made = lost(ulp=40.0, verdicts={"documented": 5, "lost": 1}, max_ulp=1e30)
    assert made.figure == 40.0


def test_figure_is_the_largest_of_the_cell_where_kinds_are_mixed() -> None:
    made = lost(ulp=40.0, verdicts={"beyond-limit": 5, "lost": 1}, max_ulp=60.0)
    assert made.figure == 60.0


def test_nan_and_what_was_not_delivered_have_no_figure() -> None:
    assert not_a_number(max_ulp=3.0).figure is None
    assert cell(verdicts={"crashed": 9}, max_ulp=None).figure is None
    assert cell(max_ulp=0.75).figure is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cases": None}, "'cases' holds None"),
        ({"cases": True}, "'cases' holds True"),
        ({"mode": 3}, "'mode' holds 3"),
        ({"max_ulp": "nan"}, "'max_ulp' holds 'nan'"),
        ({"verdicts": {"fine": 1}}, "'verdicts' holds"),
        ({"worst": {"case": "x"}}, "'worst' holds"),
        ({"extra": 1}, "'extra' is unknown"),
    ],
)
def test_a_damaged_record_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Cell.from_json({**lost().to_json(), **change})


def test_a_missing_field_is_named() -> None:
    record = lost().to_json()
    del record["region"]
    with pytest.raises(ValueError, match="'region' is missing"):
        Cell.from_json(record)


def test_is_immutable_and_small() -> None:
    made = cell()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.cases = 3  # type: ignore[misc]
    assert not hasattr(made, "__dict__")


def test_the_witness_is_not_changed_in_place() -> None:
    given = dict(WITNESS, ulp=1.23456789)
    assert cell(worst=given).worst == dict(WITNESS, ulp=1.23457, ulp_relative=2621440.0)
    assert given["ulp"] == 1.23456789
