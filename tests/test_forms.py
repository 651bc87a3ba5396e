"""The other forms of a report: what each says, and that each holds whatever a run may say."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from commandline import bce
from handmade import PYTORCH, cell, lost, make_run, not_a_number

from conformance.causes import Cause, Versions
from conformance.expectations import NOTHING_RAN, Assessment, Expectations, assess
from conformance.report import forms
from conformance.report.forms import Given
from conformance.report.forms.annotations import MOST
from conformance.report.forms.junit import FORBIDDEN
from conformance.report.forms.markdown import LARGEST
from conformance.report.progress import working
from conformance.run import Run, write

CAUSE = Cause(
    id="sigmoid-minus-label",
    name="pytorch",
    versions=Versions.parse("torch==2.*"),
    selectors=({"quantity": ("d_logits",)},),
    verdicts=frozenset({"lost"}),
    cap=2.0**24,
    why="The gradient is sigmoid(x) - y.",
    link="https://example.org/source",
)
KNOWN = Expectations({CAUSE.id: CAUSE})
HOSTILE = "<b>|`::error\n]]>&\x00\x1b[31m"


def given(run: Run, known: Expectations = KNOWN, assessment: Assessment | None = None) -> Given:
    return Given(run, assessment or assess(run, known), known, Path("results"), (), working)


def made(name: str, run: Run, assessment: Assessment | None = None) -> str:
    return forms.load(name).made(given(run, assessment=assessment))


def both() -> Run:
    """A run with an expected finding, an unexpected one, and a cell without any."""
    return make_run(lost(), not_a_number(quantity="loss"), cell(region="transition"))


def test_every_form_is_listed_with_what_it_is() -> None:
    assert set(forms.names()) >= {"html", "markdown", "junit", "json", "badge", "annotations", "text"}
    assert all(summary.endswith(".") for summary in forms.summaries().values())
    said = bce("report", "--help").stdout
    assert all(re.search(rf"^  {name} ", said, re.MULTILINE) for name in forms.names())


@pytest.mark.parametrize("name", sorted(set(forms.names()) - {"html"}))
def test_a_form_holds_whatever_a_run_says(name: str) -> None:
    record = {**PYTORCH, "name": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    run = make_run(lost(adapter=HOSTILE, message=HOSTILE, mode=HOSTILE), adapters=[record], invocation=HOSTILE)
    text = made(name, run, Assessment({}, {run.findings[0]: HOSTILE}, {"a/b": HOSTILE}, 1))
    assert text.endswith("\n")
    if name in ("junit", "badge"):
        ET.fromstring(text.encode())
    if name == "json":
        json.loads(text)
    if name == "annotations":
        assert all(re.match(r"::(error|warning|notice) title=[^:,]*::", line) for line in text.splitlines())
    if name == "markdown":
        assert not re.search(r"(?<!\\)<b>", re.sub(r"`[^`]*`", "", text.replace("\\`", "")))


@pytest.mark.parametrize("name", sorted(set(forms.names()) - {"html"}))
def test_a_form_of_an_empty_run_says_so(name: str) -> None:
    assert made(name, make_run(adapters=[{**PYTORCH, "status": "unavailable", "reason": "no torch"}]))


def test_markdown_tells_what_is_unexpected_and_folds_the_rest() -> None:
    text = made("markdown", both())
    assert "2 findings: 1 unexpected, 1 expected" in text
    assert "## 1 finding without a recorded cause" in text
    assert "| 1 | wrong-class |" in text
    assert "[sigmoid-minus-label](https://example.org/source)" in text
    assert "loss binary32" in text


def test_markdown_of_a_huge_run_is_still_accepted() -> None:
    cells = [lost(quantity="loss", entry_point=f"a.{'very' * 60}.long.entry.{n}") for n in range(6000)]
    text = made("markdown", make_run(*cells))
    assert len(text.encode()) < LARGEST + 1000
    assert "too long for a summary" in text


def test_junit_has_a_case_for_each_subject_and_quantity() -> None:
    others = [cell(quantity="loss", region="zero"), cell(mode="compiled", verdicts={"unsupported": 1})]
    run = make_run(*both().cells, *others)
    root = ET.fromstring(made("junit", run).encode())
    cases = root.findall(".//testcase")
    assert [case.get("name") for case in cases] == list(dict.fromkeys(c.measurement for c in run.cells))
    failed = [case for case in cases if case.find("failure") is not None]
    assert [case.get("name") for case in failed] == [both().cells[1].test]
    failure = failed[0].find("failure")
    assert failure is not None
    assert "no cause covers it" in (failure.text or "")
    assert [root.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]


def test_junit_holds_what_xml_cannot() -> None:
    assert FORBIDDEN.sub("", "a\x00\x0b\ud800\ufffeb") == "ab"


def test_json_is_the_run_with_its_assessment() -> None:
    run = both()
    data = json.loads(made("json", run))
    assert [one["id"] for one in data["findings"]] == list(run.findings)
    assert [one["cause"] for one in data["findings"]] == [None, CAUSE.id]
    assert [one["expected"] for one in data["findings"]] == [False, True]
    assert data["causes"] == {CAUSE.id: {"why": CAUSE.why, "link": CAUSE.link}}
    assert len(data["cells"]) == len(run.cells)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (both(), "1 unexpected"),
        (make_run(lost()), "1 expected"),
        (make_run(cell()), "no findings"),
        (make_run(), "nothing ran"),
        (make_run(cell(), adapters=[PYTORCH, {**PYTORCH, "name": "jax", "status": "crashed"}]), "jax crashed"),
    ],
)
def test_the_badge_says_how_it_stands(run: Run, words: str) -> None:
    root = ET.fromstring(made("badge", run))
    assert root.get("aria-label") == f"bce-conformance: {words}"
    assert root.findtext("{http://www.w3.org/2000/svg}title") == f"bce-conformance: {words}"


def test_annotations_are_grouped_and_no_more_than_ten() -> None:
    many = [lost(quantity="loss", ulp=1e6 + n, region=f"r{n}") for n in range(50)]
    lines = made("annotations", make_run(*many)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::error title=50 unexpected findings in pytorch%3A lost::no cause")
    assert "%0AThe worst: " in lines[0]
    kinds = [lost(quantity="loss", adapter=f"a{n}") for n in range(30)]
    lines = made("annotations", make_run(*kinds)).splitlines()
    assert len(lines) == MOST
    assert lines[-1].startswith("::notice title=21 more groups of findings")


def test_annotations_name_a_framework_that_broke() -> None:
    broken = {**PYTORCH, "name": "jax", "status": "crashed", "reason": "SIGABRT on import"}
    missing = {**PYTORCH, "name": "keras", "status": "unavailable", "reason": "no keras"}
    (line,) = made("annotations", make_run(cell(), adapters=[PYTORCH, broken, missing])).splitlines()
    assert line == "::error title=jax is crashed::SIGABRT on import"


def test_no_form_is_green_where_a_framework_broke_or_nothing_ran() -> None:
    broken = make_run(cell(), adapters=[PYTORCH, {**PYTORCH, "name": "jax", "status": "crashed"}])
    assert json.loads(made("json", broken))["exit_status"] == 1
    assert ET.fromstring(made("junit", broken)).get("errors") == "1"
    both = made("html", make_run(lost(region="r"), adapters=[PYTORCH, {**PYTORCH, "name": "jax", "status": "crashed"}]))
    assert "<h1>jax is crashed. 1 finding in 1 subject" in both
    nothing = make_run(cell(verdicts={"unsupported": 3}, max_ulp=None, worst=None))
    assert json.loads(made("json", nothing))["exit_status"] == NOTHING_RAN
    for run, words in ((broken, "jax is crashed"), (nothing, "othing ran")):
        for form in ("html", "markdown", "text"):
            assert words in made(form, run), form


def test_what_a_run_says_is_no_markup_of_a_summary() -> None:
    hostile = "a\n# heading\r\n<img src=x>`|"
    run = make_run(lost(mode=hostile), adapters=[{**PYTORCH, "versions": {hostile: "1"}}], invocation=hostile)
    text = made("markdown", run)
    assert "\n# heading" not in text and "\r" not in text
    assert not re.search(r"(?<!\\)<img", re.sub(r"`[^`\n]*`", "", text))


def test_annotations_warn_of_what_has_a_cause() -> None:
    (line,) = made("annotations", make_run(lost())).splitlines()
    assert line.startswith("::warning title=1 finding of sigmoid-minus-label::The gradient is sigmoid(x) - y.")


def test_text_is_what_an_audit_prints() -> None:
    text = made("text", both())
    assert "Findings without a recorded cause" in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_form_goes_to_standard_output_or_a_file(tmp_path: Path) -> None:
    write(both(), tmp_path)
    said = bce("report", str(tmp_path), "--format", "badge")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("<svg")
    file = tmp_path / "badge.svg"
    assert bce("report", str(tmp_path), "--format", "badge", "--out", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8") == said.stdout
    assert bce("report", str(tmp_path), "--out", "-").stdout.startswith("<!doctype html>")
    assert not (tmp_path / "report.html").exists()
    assert bce("report", str(tmp_path / "run.json")).returncode == 0
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "badge.svg", "report.html"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no run at"),
        (["{run}", "--format", "pdf"], "invalid choice"),
        (["{run}", "--out", "{run}"], "is a folder"),
        (["{run}", "--out", "{run}/no/such/page.html"], "cannot be written"),
        (["{run}", "--format", "text", "--against", "{run}"], "--against is for html"),
        (["{run}", "--against", "nowhere.json"], "There is no run at"),
        (["{run}", "--against", "torch==2.9.1"], "takes a saved run"),
        (["{damaged}"], "is truncated or not JSON"),
        (["{run}", "--adapter", "nowhere.py"], "there is no such file"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], words: str, tmp_path: Path) -> None:
    folders = {"run": tmp_path / "run", "damaged": tmp_path / "damaged"}
    write(both(), folders["run"])
    write(both(), folders["damaged"])
    file = folders["damaged"] / "run.json"
    file.write_text(file.read_text(encoding="utf-8")[:500], encoding="utf-8")
    said = bce("report", *(argument.format(**folders) for argument in arguments))
    assert said.returncode == 4
    assert words in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert {path.name for path in folders["run"].iterdir()} == {"run.json"}
