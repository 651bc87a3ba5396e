"""The published table: rows made of sweeps, their data, and the command that writes them and the page."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from handmade import PYTORCH, WITNESS, cell, lost, not_a_number
from sweeping import DAY, made, saved, swept

from conformance import run as runs
from conformance.accuracy import joined, merged, rows
from conformance.cli import main
from conformance.published import from_json, to_json
from conformance.report.accuracy import markdown
from conformance.run import RunError

DOCS = Path(__file__).parent.parent / "docs"
SAID = "delete the file and read the sweeps again"


def test_the_regions_of_a_label_are_one_row_and_the_largest_error_is_kept_whatever_its_verdict() -> None:
    documented = {**WITNESS, "verdict": "documented", "ulp": 9e6, "got": "-0x1p+0"}
    clamped = cell(region="zero", verdicts={"documented": 5}, max_ulp=9e6, max_ulp_relative=9.5e6, worst=documented)
    (row,) = made(cell(region="transition"), clamped, disorder=3, asymmetry=4)
    assert (row.points, row.verdicts) == (326, {"correctly-rounded": 300, "faithful": 21, "documented": 5})
    assert (row.max_ulp, row.max_ulp_relative, row.disorder, row.asymmetry) == (9e6, 9.5e6, 3, 4)
    assert [witness.verdict for witness in row.worst] == ["documented"]
    assert (row.labels, row.method, row.digests) == (("hard1",), "exhaustive", ("ab" * 16,))
    assert (row.sweep.cpu, row.sweep.versions, row.sweep.date) == ("A CPU", PYTORCH["versions"], DAY)


def test_a_row_shows_its_worst_finding_and_its_largest_error() -> None:
    (row,) = made(lost(), not_a_number(), cell(region="zero"))
    assert [(witness.verdict, witness.ulp) for witness in row.worst] == [("wrong-class", None), ("lost", 2621440.0)]


def test_hard_labels_join_and_nothing_of_either_is_lost() -> None:
    one, other = made(lost(label_class="hard0"), not_a_number(), disorder=2, nans=1)
    both = joined([one, other])
    assert both.labels == ("hard0", "hard1")
    assert both.points == one.points + other.points == 324
    assert both.verdicts == {"correctly-rounded": 300, "lost": 21, "faithful": 2, "wrong-class": 1}
    assert [witness.verdict for witness in both.worst] == ["wrong-class", "lost"]
    assert (both.max_ulp, both.disorder, both.nans, len(both.digests)) == (2621440.0, 4, 2, 2)
    assert joined([replace(one, disorder=None), other]).disorder is None
    assert joined([replace(one, nans=None), other]).nans is None


def test_a_run_of_another_sweep_is_refused() -> None:
    result, outcomes = swept(cell(), lost(quantity="loss"))
    for others in (
        outcomes[:1],
        [*outcomes, replace(outcomes[0], quantity="d2_logits")],
        [replace(outcomes[0], verdicts={"lost": 1}), outcomes[1]],
    ):
        with pytest.raises(
            RunError, match=r"^The run and the sweep of pytorch/.* do not belong together: sweep again\.$"
        ):
            rows(result, others, DAY)


def test_a_new_row_takes_the_place_of_the_old_one_and_the_order_is_always_the_same() -> None:
    old = made(cell(), cell(mode="vmap"), date="2026-01-01")
    new = made(cell(max_ulp=3.0), cell(quantity="loss"), cell(adapter="jax"))
    found = merged(old, new)
    assert [(r.adapter, r.quantity, r.mode, r.max_ulp) for r in found] == [
        ("jax", "d_logits", "eager", 0.75),
        ("pytorch", "loss", "eager", 0.75),
        ("pytorch", "d_logits", "eager", 3.0),
        ("pytorch", "d_logits", "vmap", 0.75),
    ]
    assert merged(reversed(old), list(reversed(new))) == found
    assert merged(found, []) == found


def test_the_loss_comes_before_its_derivatives_and_the_reference_last() -> None:
    found = made(
        *(cell(quantity=name) for name in ("d2_logits", "d_logits", "loss")),
        cell(adapter="reference"),
        cell(adapter="zeta"),
    )
    names = [row.quantity if row.adapter == "pytorch" else row.adapter for row in found]
    assert names == ["loss", "d_logits", "d2_logits", "zeta", "reference"]


def test_an_exhaustive_row_and_a_searched_one_are_two() -> None:
    assert [row.method for row in merged(made(cell(), method="searched"), made(cell()))] == ["exhaustive", "searched"]


def test_what_delivered_nothing_does_not_stay_beside_what_is_delivered_now() -> None:
    nothing = made(cell(region="every", label_class="every", verdicts={"wrong-dtype": 9}, max_ulp=None))
    something = made(cell(), cell(label_class="soft"))
    assert merged(nothing, something) == something
    assert merged(something, nothing) == nothing


def test_rows_survive_their_data() -> None:
    known = merged(made(lost(), not_a_number(), cell(quantity="loss")), made(cell(mode="vmap"), date="2026-01-01"))
    text = to_json(known)
    assert from_json(text) == known
    assert to_json(from_json(text)) == text
    assert len(json.loads(text)["sweeps"]) == 2
    assert len(text.splitlines()) == 2 + 2 + 2 + len(known) + 1  # a line each


def damaged(**changes: Any) -> str:
    data = json.loads(to_json(made(lost())))
    row = data["rows"][0]
    return json.dumps({**data, "rows": [{**row, **changes}]})


@pytest.mark.parametrize(
    "text",
    [
        to_json(made(lost()))[:-20],
        "[]",
        '{"schema":"bce-conformance/accuracy/2","rows":[]}',
        damaged(sweep=7),
        damaged(points="many"),
        damaged(disorder=True),
        damaged(dtype="binary8"),
        damaged(labels=["hard2"]),
        damaged(max_ulp="nan"),
        damaged(verdicts={"lost": 3}),
        damaged(verdicts={"splendid": 321}),
        damaged(worst=[{"got": "nan"}]),
        to_json(made(lost())).replace("-0x1.62p+6", "much"),
        damaged(config=["reduction"]),
        damaged(nans="none"),
        damaged(unknown=1),
    ],
)
def test_damaged_data_are_one_sentence(text: str) -> None:
    with pytest.raises(RunError) as caught:
        from_json(text, "docs/accuracy.json")
    assert str(caught.value).startswith("The data in docs/accuracy.json are damaged (")
    assert str(caught.value).endswith(f": {SAID}.")
    assert "\n" not in str(caught.value)


def test_data_of_another_schema_are_refused() -> None:
    with pytest.raises(RunError, match=r"holds the schema 'bce-conformance/accuracy/3', .*: upgrade bce-conformance"):
        from_json(to_json(made(cell())).replace("accuracy/2", "accuracy/3"))


def test_sweeps_are_added_to_the_data_and_the_page_is_of_both(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    first, second = saved(tmp_path / "first", lost()), saved(tmp_path / "second", cell(mode="vmap"))
    undated = (first / runs.FILE).read_text().replace('"date":"2026-11-22T10:57Z",\n', "")
    (first / runs.FILE).write_text(undated)                 # as earlier versions wrote it: the file's own date counts
    os.utime(first / runs.FILE, (1700000000, 1700000000))
    assert main(["accuracy", str(first), "--out", str(docs)]) == 0
    assert main(["accuracy", str(second), "--out", str(docs), "--date", "2026-11-25"]) == 0
    known = from_json((docs / "accuracy.json").read_text())
    assert [(row.mode, row.sweep.date) for row in known] == [("eager", "2023-11-14"), ("vmap", "2026-11-25")]
    assert main(["accuracy", str(second), "--out", str(docs)]) == 0
    known = from_json((docs / "accuracy.json").read_text())
    assert [row.sweep.date for row in known] == ["2023-11-14", "2026-11-22"]
    assert (docs / "ACCURACY.md").read_text() == markdown(known)
    assert sorted(path.name for path in docs.iterdir()) == ["ACCURACY.md", "accuracy.json"]


def test_without_a_sweep_the_page_is_written_again_from_the_data(tmp_path: Path) -> None:
    main(["accuracy", str(saved(tmp_path / "results", lost())), "--out", str(tmp_path), "--date", DAY])
    page, data = tmp_path / "ACCURACY.md", (tmp_path / "accuracy.json").read_bytes()
    right = page.read_text()
    page.write_text("by hand")
    assert main(["accuracy", "--out", str(tmp_path)]) == 0
    assert page.read_text() == right
    assert (tmp_path / "accuracy.json").read_bytes() == data


def test_both_files_are_written_or_neither(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, docs = saved(tmp_path / "results", lost()), tmp_path / "docs"
    (docs / "ACCURACY.md").mkdir(parents=True)
    assert main(["accuracy", str(results), "--out", str(docs)]) == 4
    said = capsys.readouterr().err
    assert said.startswith(f"bce-conformance: The folder {docs} cannot be written (")
    assert [path.name for path in docs.iterdir()] == ["ACCURACY.md"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "There are no data at {docs}/accuracy.json: name the results of a sweep."),
        ("nowhere", "There is no sweep at {results}/sweep.json: make one with bce-conformance sweep --out DIR."),
    ],
)
def test_what_is_not_there_is_one_sentence(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, docs = tmp_path / name, tmp_path / "docs"
    assert main(["accuracy", *([str(results)] if name else []), "--out", str(docs)]) == 4
    assert capsys.readouterr().err == f"bce-conformance: {said.format(docs=docs, results=results)}\n"
    assert not docs.exists()


def test_damaged_data_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "accuracy.json").write_text("{")
    assert main(["accuracy", str(saved(tmp_path / "results", lost())), "--out", str(tmp_path)]) == 4
    assert SAID in capsys.readouterr().err
    assert (tmp_path / "accuracy.json").read_text() == "{"


def test_a_date_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["accuracy", "--date", "yesterday"])
    assert caught.value.code == 4
    assert "invalid day value: 'yesterday'" in capsys.readouterr().err


def test_the_published_page_is_what_its_data_generate() -> None:
    text = (DOCS / "accuracy.json").read_text(encoding="utf-8")
    known = from_json(text)
    assert known
    assert to_json(known) == text
    assert (DOCS / "ACCURACY.md").read_text(encoding="utf-8") == markdown(known)
