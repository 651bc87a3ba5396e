"""The published page: what of the rows it shows, and how it writes their numbers."""

from dataclasses import replace

import pytest
from handmade import ENTRY_POINT, cell, lost, not_a_number
from sweeping import made

from conformance.accuracy import merged
from conformance.report.accuracy import markdown
from conformance.report.decimals import digits, per_cent, shortest


def line(page: str, *words: str) -> list[str]:
    """The one row of a table that has all of these words, as its columns."""
    (found,) = [text for text in page.splitlines() if text.startswith("| ") and all(word in text for word in words)]
    return [column.strip() for column in found.strip("| ").split(" | ")]


def figures(page: str) -> str:
    """The page after what stands out."""
    return page.partition("\n## pytorch\n")[2]


def test_exhaustive_figures_are_plain_and_searched_ones_lower_bounds() -> None:
    page = figures(markdown(made(lost())))
    row = line(page, "d_logits")
    assert row[:7] == ["binary32", "`d_logits`", "1", "eager", "321", "2.6e6", "93.45%"]
    assert row[7:14] == ["0", "0", "0", "21", "0", "0", "0"]
    assert row[14] == "logit = -88.5, label = 1: 0, exact 3.67253629e-39 (lost)"
    row = line(figures(markdown(made(lost(), method="searched", disorder=None, digest=""))), "d_logits")
    assert row[5:7] == ["≥ 2.6e6", "-"]
    assert row[7:14] == ["0", "0", "0", "≥ 21", "0", "0", "-"]


def test_flushed_lost_and_wrong_results_are_counted_apart() -> None:
    verdicts = {"flushed": 1000, "daz": 34, "wrong-sign": 2, "beyond-limit": 3, "documented": 5, "by-source": 6}
    made_of = made(cell(verdicts=verdicts, region="zero"), not_a_number(), nans=1)
    row = line(figures(markdown(made_of)), "d_logits")
    assert row[7:13] == ["11", "5", "1,034", "0", "1", "1"]


def test_an_error_with_soft_labels_has_its_relative_figure_beside_it() -> None:
    row = line(figures(markdown(made(cell(label_class="soft", max_ulp=63.0, max_ulp_relative=255.0)))), "d_logits")
    assert row[2] == "soft"
    assert row[5] == "63 (255)"


def test_modes_share_a_row_where_they_agree_in_the_bits_too() -> None:
    same = made(cell(), cell(mode="vmap"))
    assert line(figures(markdown(same)), "d_logits")[3] == "eager, vmap"
    later = [same[0], replace(same[1], sweep=replace(same[1].sweep, date="2026-12-24"))]
    assert line(figures(markdown(later)), "d_logits")[3] == "eager, vmap"
    apart = [same[0], replace(same[1], digests=("cd" * 16,))]
    assert [line(figures(markdown(apart)), f"| {mode} |")[3] for mode in ("eager", "vmap")] == ["eager", "vmap"]


def test_another_device_than_the_cpu_is_named() -> None:
    same = made(cell(), cell(device="cuda"))
    assert line(figures(markdown(same)), "d_logits")[3] == "eager, eager on cuda"


def test_a_witness_that_is_not_of_the_largest_error_has_its_own() -> None:
    row = line(figures(markdown(made(lost(), cell(region="zero", max_ulp=9e6, max_ulp_relative=9e6)))), "d_logits")
    assert row[5] == "9.0e6"
    assert row[14].endswith("(lost, 2.6e6 ULP)")


def test_a_table_is_not_broken_by_what_it_shows() -> None:
    page = markdown(made(lost(mode="a|b")))
    assert page.count(" a\\|b |") == 2


def test_both_hard_labels_share_a_row_of_one_machine_only() -> None:
    both = made(cell(label_class="hard0"), cell())
    assert line(figures(markdown(both)), "d_logits")[2] == "0, 1"
    moved = [both[0], replace(both[1], sweep=replace(both[1].sweep, cpu="Another CPU"))]
    page = figures(markdown(moved))
    assert page.count("torch 2.13.0+cpu; Python 3.11.7; ") == 2
    assert [line(page, f"| `d_logits` | {label} |")[4] for label in (0, 1)] == ["321", "321"]


def test_versions_machine_and_dates_stand_above_the_figures() -> None:
    known = merged(made(cell()), made(cell(quantity="loss"), date="2026-11-25"))
    page = figures(markdown(known))
    said = "torch 2.13.0+cpu; Python 3.11.7; A CPU (x86_64-avx512), Linux, OMP_NUM_THREADS=2; 2026-11-22 to 2026-11-25."
    assert page.splitlines()[1] == said
    assert page.splitlines()[3] == f"### `{ENTRY_POINT}` `reduction='none'`"


def test_what_stands_out_is_the_worst_of_every_entry_point_and_quantity() -> None:
    page = markdown(made(lost(), lost(4e6, mode="vmap"), not_a_number(quantity="loss"), cell(entry_point="torch.fine")))
    above = page.partition("## What stands out")[2].partition("\n## pytorch")[0]
    listed = [text.split(" | ") for text in above.splitlines() if text.startswith("| pytorch")]
    assert [(row[2], row[4], row[6]) for row in listed] == [
        ("`loss`", "eager", "wrong-class, 1"),
        ("`d_logits`", "vmap", "lost, 21"),
    ]
    assert "Nothing: every result" in markdown(made(cell()))


def test_what_delivered_nothing_says_why() -> None:
    figureless = {"max_ulp": None, "max_ulp_relative": None, "verdicts": {"wrong-dtype": 9}}
    page = markdown(made(cell(region="every", label_class="every", **figureless)))
    row = line(figures(page), "d_logits")
    assert (row[2], row[5], row[14]) == ("every", "-", "wrong-dtype")


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [(0, 3, "0%"), (3, 3, "100%"), (1, 3, "33.33%"), (99999999, 100000000, "99.99%"), (1, 10**9, "<0.01%")],
)
def test_per_cent_never_rounds_up_to_all_or_down_to_none(count: int, total: int, text: str) -> None:
    assert per_cent(count, total) == text


@pytest.mark.parametrize(
    ("number", "dtype", "text"),
    [
        ("-0x1.e8p+2", "bfloat16", "-7.625"),
        ((0.1).hex(), "binary64", "0.1"),
        ("0x1.99999ap-4", "binary32", "0.1"),
        ("0x1.99999ap-4", "binary64", "0.10000000149011612"),
        ("-0x0p+0", "binary16", "-0"),
        ("inf", "binary32", "inf"),
        ("0x1p-149", "binary32", "1e-45"),
    ],
)
def test_an_input_is_a_short_decimal_that_gives_it(number: str, dtype: str, text: str) -> None:
    assert shortest(number, dtype) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("3.6725362900e-39", "3.673e-39"),
        ("1e+400", "1e400"),
        ("0.50", "0.5"),
        ("100", "100"),
        ("nan", "NaN"),
        ("?", "?"),
    ],
)
def test_a_decimal_keeps_so_many_digits(number: str, text: str) -> None:
    assert digits(number, 4) == text
