"""`compare` and bad input: one sentence, a status that is not green, and nothing measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from comparing import CHANGING, here
from handmade import cell, make_run

from conformance.run import write


def refused(done: subprocess.CompletedProcess[str], status: int, words: str) -> None:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert len(lines) == 1 and words in lines[0], done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give them, or --matrix"),
        (("current",), "give them, or --matrix"),
        (("here/not", "current"), "There is no run at here/not"),
        (("torch=2", "current"), "is not a requirement"),
        (("flask==3.0.0", "current"), "no adapter measures it"),
        (("python:/nothing/here", "current"), "does not run"),
        (("current", "current", "--fail-on", "bits"), "--fail-on 'bits' is no rule"),
        (("current", "current", "--matrix"), "leave the sides away"),
        (("current", "current", "--baseline", "x"), "--baseline chooses a column"),
        (("--matrix", "not-here.toml"), "There is no matrix file not-here.toml"),
        (("current", "current", "--format", "html"), "html"),
    ],
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    refused(here("compare", *arguments), 4, words)


def test_a_malformed_matrix_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[matrix.req]\ntorch = 3\n")
    refused(here("compare", "--matrix", str(tmp_path / "mine.toml")), 4, "mine.toml: matrix.req.torch must be a list")


def test_a_matrix_of_one_column_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[matrix.req]\ntorch = ["2.9.1"]\n')
    refused(here("compare", "--matrix", str(tmp_path / "mine.toml")), 4, "one column, torch==2.9.1, and nothing to")


def test_no_run_is_compared_with_what_took_its_place(tmp_path: Path) -> None:
    saved = write(make_run(cell()), tmp_path / "current")
    options = ("--adapter", "reference", "--quick", "--out")
    refused(here("compare", str(saved), "current", *options, str(tmp_path)), 4, "would be overwritten")
    refused(here("audit", "--against", str(saved), *options, str(tmp_path / "current")), 4, "would be overwritten")


def test_two_runs_without_common_cells_are_never_green(tmp_path: Path) -> None:
    paths = [str(write(make_run(cell(mode=mode)), tmp_path / mode)) for mode in ("eager", "vmap")]
    done = here("compare", *paths)
    assert done.returncode == 5
    assert "Nothing was delivered in both runs" in done.stdout


def test_runs_on_other_machines_are_told_apart_first(tmp_path: Path) -> None:
    before = make_run(cell())
    elsewhere = {**before.environment, "cpu": "Another CPU", "platform": "x86_64-avx2"}
    after = make_run(cell(bits_digest="f" * 16), environment=elsewhere)
    done = here("compare", str(write(before, tmp_path / "a")), str(write(after, tmp_path / "b")))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    machine = lines.index("The machines or their settings differ, which by itself changes bits")
    assert machine < next(n for n, line in enumerate(lines) if line.startswith("Cannot tell"))
    assert any("A CPU → Another CPU" in line for line in lines)


def test_a_damaged_run_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    refused(here("compare", str(tmp_path), "current"), 4, "run.json")


def test_a_framework_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    text = Path(CHANGING).read_text().replace("import os", "import a_framework_of_nowhere")
    (tmp_path / "mine.py").write_text(text)
    run = write(make_run(cell(adapter="changing")), tmp_path / "run")
    asked = ("--adapter", str(tmp_path / "mine.py"), "--quick", "--out", str(tmp_path / "out"))
    done = here("compare", str(run), "current", *asked)
    assert done.returncode == 1
    assert "current cannot be measured: changing is unavailable: No module named a_framework" in done.stderr
    assert "Traceback" not in done.stderr
