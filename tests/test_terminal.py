"""What a reader sees of a run."""

import io

import pytest
from handmade import CAUSE, ENTRY_POINT, PYTORCH, WITNESS, cell, lost, make_run, not_a_number

from conformance.cell import Cell
from conformance.expectations import Assessment
from conformance.report.figures import WIDTH, brief, class_of, cut, decimal_of, ulp
from conformance.report.findings import failing_regions
from conformance.report.terminal import plain, report, show
from conformance.run import Run

KERAS = "keras.losses.BinaryCrossentropy"


def keras(**changes: object) -> Cell:
    fields = {"adapter": "keras[tensorflow]", "entry_point": KERAS, "config": {"from_logits": True}}
    return cell(**{**fields, **changes})


def text(run: Run, assessment: Assessment | None = None) -> str:
    return plain(report(run, assessment, {CAUSE.id: CAUSE}))


def row(run: Run, mode: str, assessment: Assessment | None = None) -> list[str]:
    """The words of the scoreboard's line of a mode."""
    return next(line.split()[1:] for line in text(run, assessment).splitlines() if line.startswith(f" {mode} "))


def assessed(run: Run, *expected: Cell, stale: dict[str, str] | None = None) -> Assessment:
    known = {each.id: CAUSE.id for each in expected}
    unexpected = {identity: "no cause covers it" for identity in run.findings if identity not in known}
    return Assessment(known, unexpected, stale or {}, int(bool(unexpected)))


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (None, "-"),
        (0.0, "0"),
        (0.001, "<0.01"),
        (0.5, "0.5"),
        (2.284, "2.28"),
        (9.999, "10"),
        (12.51, "13"),
        (9999.0, "9999"),
        (9999.6, "1.0e4"),
        (2621440.0, "2.6e6"),
        (1.79769e308, "inf"),
    ],
)
def test_figures_are_short(figure: float | None, shown: str) -> None:
    assert ulp(figure) == shown


def test_numbers_are_read_exactly() -> None:
    assert decimal_of("0x1.999999999999ap-4") == "0.1"
    assert (decimal_of("-inf"), decimal_of("raised"), decimal_of(None)) == ("-inf", "raised", "-")
    assert brief("3.6725362900000000000e-39") == "3.67254e-39"
    assert brief("1.2345678901234567890e-400") == "1.23457e-400"
    assert (brief("Infinity"), brief(""), brief(None)) == ("inf", "-", "-")
    classes = [class_of(got) for got in ("nan", "inf", "-inf", "0x1p+0", None)]
    assert classes == ["NaN", "inf", "-inf", "finite", "class"]
    assert cut("binary_cross_entropy", 11) == "binar…tropy"


def test_a_row_shows_the_worst_of_each_dtype() -> None:
    run = make_run(
        cell(quantity="loss", max_ulp=0.5),
        cell(quantity="loss", max_ulp=1.5, region="zero"),
        cell(quantity="loss", max_ulp=2.5, dtype="binary64"),
        cell(max_ulp=3.5),
        cell(quantity="d_labels", max_ulp=99.0),
    )
    assert row(run, "eager") == ["1.5", "2.5", "3.5"]


def test_a_column_stands_under_its_dtype() -> None:
    lines = text(make_run(cell(dtype="bfloat16", max_ulp=1.25), cell(quantity="loss", max_ulp=2.25))).splitlines()
    heading, line = lines[1], next(line for line in lines if line.startswith(" eager"))
    assert heading.index("binary32") + len("binary32") == line.index("2.25") + 4
    assert heading.rindex("bfloat16") + len("bfloat16") == line.index("1.25") + 4


def test_marks_say_what_the_colours_say() -> None:
    documented = cell(quantity="loss", region="zero", verdicts={"documented": 3}, max_ulp=1e30)
    run = make_run(documented, lost(), lost(mode="vmap"), cell(mode="vmap", quantity="loss"))
    assert row(run, "eager") == ["1.0e30d", "2.6e6!", "lost!"]
    assert row(run, "vmap", assessed(run, lost(mode="vmap"))) == ["0.75", "2.6e6~", "lost~"]


def test_a_findings_own_figure_goes_before_a_larger_documented_one() -> None:
    mixed = lost(ulp=40.0, verdicts={"documented": 3, "lost": 1}, max_ulp=1e30)
    assert row(make_run(mixed, cell(region="zero", verdicts={"documented": 3}, max_ulp=1e30)), "eager")[0] == "40!"


def test_nan_is_not_a_figure_but_a_special_value() -> None:
    infinite = not_a_number(region="one", worst={**WITNESS, "got": "-inf", "verdict": "wrong-class", "ulp": None})
    run = make_run(cell(), not_a_number(max_ulp=1.79e308), infinite, lost(region="tail", quantity="d_labels"))
    assert row(run, "eager") == ["0.75", "NaN!", "-inf!", "lost!"]


def test_too_many_special_values_are_counted() -> None:
    kinds = ("crashed", "timed-out", "wrong-sign", "lost", "raised", "wrong-shape", "wrong-dtype", "daz", "flushed")
    cells = [cell(region=f"r{number}", verdicts={kind: 1}, max_ulp=None) for number, kind in enumerate(kinds)]
    line = next(line for line in text(make_run(*cells)).splitlines() if line.startswith(" eager"))
    assert line.split()[1:] == ["-", "crashed!", "timed-out!", "+7"]
    assert len(line) <= WIDTH


def test_what_delivered_nothing_is_a_dash_and_what_is_missing_says_why() -> None:
    unsupported = cell(region="every", label_class="every", verdicts={"unsupported": 3}, max_ulp=None, limit=None)
    gone = {**PYTORCH, "name": "jax", "versions": {}, "status": "unavailable", "reason": "No module named 'jax'"}
    run = make_run(unsupported, adapters=[PYTORCH, gone])
    assert row(run, "eager") == ["-"]
    assert "jax  unavailable: No module named 'jax'" in text(run)
    assert "pytorch  torch 2.13.0+cpu" in text(run)


def test_says_what_was_left_out_and_counts() -> None:
    run = make_run(cell(), lost(mode="vmap"), lost(mode="vmap", quantity="loss"))
    shown = text(run, assessed(run, lost(mode="vmap"), stale={"a/b": CAUSE.id}))
    assert "Left out: slow modes (pytorch compiled): add --full" in shown
    assert "2 subjects, 3 cells, 963 cases, 2 findings: 1 unexpected, 1 expected; 1 stale expectation" in shown
    assert "  a/b (sigmoid-minus-label)" in shown
    assert text(make_run(cell(), left_out=())).endswith("1 subject, 1 cell, 321 cases, 0 findings\n")


def test_findings_stand_worst_first_with_the_number_that_explain_takes() -> None:
    run = make_run(lost(), not_a_number(), lost(dtype="binary64", ulp=7e6))
    lines = text(run).splitlines()
    start = lines.index("Findings, worst first (3 findings)")
    assert [line.split()[:3] for line in lines[start + 1 : start + 4]] == [
        ["1", "wrong-class", "NaN"],
        ["2", "lost", "7.0e6"],
        ["3", "lost", "2.6e6"],
    ]
    assert lines[start + 1].endswith("pytorch/binary_cross_entropy_with_logits/eager/binary32/d_logits/infinite/hard1")


def test_hundreds_of_findings_are_grouped_and_counted() -> None:
    many = [lost(region=f"r{number}", mode=mode) for number in range(100) for mode in ("eager", "vmap")]
    lines = text(make_run(*many, not_a_number(quantity="loss"))).splitlines()
    start = lines.index("Findings, worst first (201 findings)")
    assert lines[start + 2].endswith("pytorch/binary_cross_entropy_with_logits/eager/binary32/loss/infinite/hard1")
    group = "pytorch/binary_cross_entropy_with_logits/d_logits"
    assert lines[start + 3].split() == ["2", "lost", "2.6e6", "200", "×", group]
    assert lines[start + 4] == ""


def test_groups_beyond_the_shown_are_counted() -> None:
    run = make_run(*(lost(entry_point=f"torch.f{number}", region=region) for number in range(9) for region in "ab"))
    assert "       and 14 more\n" in plain(report(run, shown=2))


def test_findings_with_a_cause_are_a_line_each_cause() -> None:
    run = make_run(lost(), lost(mode="vmap", ulp=3.0), not_a_number())
    lines = text(run, assessed(run, lost(), lost(mode="vmap"))).splitlines()
    assert "Findings without a recorded cause, worst first (1 finding)" in lines
    line = lines[lines.index("Findings with a recorded cause, worst first") + 1]
    assert line.split()[:6] == ["2", "lost", "2.6e6", "2", "×", "sigmoid-minus-label:"]
    assert line.endswith("…") and WIDTH - 1 <= len(line) <= WIDTH


def test_configs_are_named_where_an_entry_point_has_several() -> None:
    twice = make_run(keras(verdicts={"lost": 1}, adapter="keras[jax]"), keras(config={}, adapter="keras[jax]"))
    assert "/from_logits=true/eager" in text(twice)
    assert "BinaryCrossentropy/eager" in text(make_run(keras(verdicts={"lost": 1})))


def test_nothing_is_wider_than_what_can_be_pasted() -> None:
    config = {"from_logits": True, "reduction": None, "label_smoothing": 0.125}
    long = [
        keras(config=config, mode="compiled", quantity="d_probabilities", verdicts={"lost": 1}),
        keras(config={}, mode="jit-of-vmap", dtype="bfloat16"),
        lost(entry_point=ENTRY_POINT + "_and_a_longer_name", mode="compiled", region="subnormal-result+"),
    ]
    for number in (1, 60):
        run = make_run(*long, *(lost(entry_point=f"torch.entry_point_{each}") for each in range(number)))
        for assessment in (None, assessed(run, *long)):
            assert max(map(len, text(run, assessment).splitlines())) <= WIDTH


def test_is_plain_without_a_terminal_and_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    out = io.StringIO()
    run = make_run(lost(), cell(region="[bold]"))
    show(report(run), out)
    assert out.getvalue() == plain(report(run))


def test_is_in_colour_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    out = io.StringIO()
    show(report(make_run(lost())), out)
    assert "\x1b[1;31m" in out.getvalue()


def test_failing_regions_are_a_table_worst_first() -> None:
    cells = [lost(), not_a_number(message="why"), lost(label_class="soft", ulp=7e6)]
    lines = failing_regions(cells, {lost().id: "no cause covers it"}).splitlines()
    assert lines[0].split() == ["region", "label", "verdict", "cases", "ULP", "limit", "case", "got", "exact"]
    assert [line.split()[0:3] for line in lines[1:4]] == [
        ["infinite", "hard1", "wrong-class"],
        ["saturated+", "soft", "lost"],
        ["saturated+", "hard1", "lost"],
    ]
    assert lines[3].split()[3:] == ["21", "of", "321", "2.6e6", "12.5", "x=-88.5,y=1", "0x0p+0", "3.67254e-39"]
    assert lines[4:] == ["why", "no cause covers it"]
