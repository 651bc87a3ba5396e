"""``bce-conformance compare`` as a user runs it: on saved runs, on settings, on environments, on bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from commandline import bce
from comparing import CHANGING, HERE, Matrix, columns, compare, data, here, matrix, runs

from conformance import run as run_file
from conformance.report.comparison.data import schema
from conformance.run import read

__all__ = ["columns", "matrix", "runs"]


def test_every_column_is_told_and_one_that_fails_is_not_green(matrix: Matrix, columns: dict[str, Any]) -> None:
    assert matrix[0].returncode == 1
    assert list(columns) == ["", "bits", "nan", "lost", "lacking", "crash", "missing"]
    failures = {value: column["failure"] for value, column in columns.items() if column["failure"]}
    assert list(failures) == ["missing"] and "a_framework_of_nowhere" in failures["missing"]
    assert columns[""]["against"] is None and columns["nan"]["against"] == "CHANGE="
    for column in columns.values():
        if column["comparison"]:
            jsonschema.validate(column["comparison"], schema())


def test_what_a_setting_changes_comes_out_by_itself(columns: dict[str, Any]) -> None:
    kinds = {
        value: {kind for kind, count in column["comparison"]["counts"].items() if count} - {"same"}
        for value, column in columns.items()
        if column["comparison"]
    }
    assert kinds == {
        "bits": {"bits"},
        "nan": {"new"},
        "lost": {"new", "bits"},
        "lacking": {"vanished"},
        "crash": {"new", "vanished"},
    }
    lacking = columns["lacking"]["comparison"]["changes"]
    assert {change["why"] for change in lacking} == {"unsupported: AttributeError: module 'it' has no attribute 'loss'"}


def test_the_case_that_changed_most_is_found_among_all(columns: dict[str, Any]) -> None:
    (change,) = (c for c in columns["lost"]["comparison"]["changes"] if c["id"] == f"{HERE}/loss/saturated+/hard1")
    case = change["case"]
    assert case["before"]["verdict"] == "correctly-rounded" and case["after"]["verdict"] == "lost"
    assert case["after"]["got"] == "0x0p+0" and case["after"]["ulp"] > 1e7
    assert float.fromhex(case["before"]["got"]) == pytest.approx(float(case["exact"]), rel=1e-6)
    assert change["growth"] >= case["after"]["ulp"] - 1
    nans = columns["nan"]["comparison"]["changes"]
    assert all(c["new_nan"] and c["case"]["after"]["got"] == "nan" for c in nans)
    assert all(c["growth"] == np.finfo(np.float64).max for c in nans)


def test_the_variables_are_set_for_the_workers_and_recorded(runs: Path, columns: dict[str, Any]) -> None:
    run = read(runs / "CHANGE=bits")
    assert run.environment["variables"]["CHANGE"] == "bits"
    jsonschema.validate(json.loads((runs / "CHANGE=bits" / "run.json").read_text()), run_file.schema())
    assert any(line.startswith("numpy==") for line in run.adapters[0]["frozen"])
    (first, *_) = columns["bits"]["comparison"]["differences"]
    assert first == {"of": "variable", "name": "CHANGE", "before": '""', "after": "bits"}


def test_a_run_is_the_same_as_itself(runs: Path) -> None:
    done = compare(runs, "bits", "bits", "--fail-on", "any-bit", "--format", "json")
    found = data(done)
    assert done.returncode == 0 and not found["differences"] and not found["failing"]
    assert {kind for kind, count in found["counts"].items() if count} == {"same"}
    assert len(found["changes"]) == found["common"] == len(read(runs / "CHANGE=bits").cells)


@pytest.mark.parametrize(
    ("before", "after", "rule", "status"),
    [
        ("", "bits", "regression", 0),
        ("", "bits", "any-bit", 1),
        ("", "bits", "ulp>0.5", 1),
        ("", "bits", "ulp>2", 0),
        ("", "nan", "regression", 1),
        ("nan", "", "regression", 0),
        ("", "nan", "new-nan", 1),
        ("", "lost", "new-nan", 0),
        ("", "lacking", "regression", 5),
        ("", "crash", "regression", 1),
    ],
)
def test_the_exit_status_is_that_of_the_rule(runs: Path, before: str, after: str, rule: str, status: int) -> None:
    done = compare(runs, before, after, "--fail-on", rule, "--only-changed")
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_text_pastes_into_an_issue(runs: Path) -> None:
    done = compare(runs, "", "lost", "--only-changed")
    assert "New findings (" in done.stdout and "The same" not in done.stdout
    assert "logit = 36.9999924, label = 1: 8.53311248e-17 → 0, exact 8.53311273e-17" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines()[2:])) <= 110     # the first two name the runs
    assert "The same, bit for bit" in compare(runs, "", "lost").stdout


def test_the_markdown_is_a_summary(runs: Path) -> None:
    done = compare(runs, "", "nan", "--format", "markdown")
    assert done.stdout.startswith("## `")
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert any("wrong-class" in line and "NaN" in line for line in lines)
    assert "<details><summary>Other bits" in compare(runs, "", "bits", "--format", "markdown").stdout


def test_without_observations_the_witnesses_show_a_case(runs: Path, tmp_path: Path) -> None:
    for value in ("", "lost", "bits"):
        shutil.copytree(runs / f"CHANGE={value}", tmp_path / f"CHANGE={value}")
        (tmp_path / f"CHANGE={value}" / "observations.npz").unlink()
    found = data(compare(tmp_path, "", "lost", "--format", "json", "--only-changed"))
    assert found["counts"]["new"] and all(c["case"] for c in found["changes"] if c["kind"] == "new")
    told = compare(tmp_path, "", "bits", "--only-changed").stdout
    assert "not kept" in told or "bits differ and no witness was kept" in told


def test_observations_of_other_cases_are_left_alone(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "CHANGE=", tmp_path / "CHANGE=")
    shutil.copytree(runs / "CHANGE=lost", tmp_path / "CHANGE=lost")
    file = tmp_path / "CHANGE=lost" / "observations.npz"
    with np.load(file) as stored:
        rolled = {name: np.roll(stored[name], 1) for name in stored.files}
    np.savez(file, **rolled)
    found = data(compare(tmp_path, "", "lost", "--format", "json", "--only-changed"))
    first = next(c for c in found["changes"] if c["kind"] == "new")
    worst = read(tmp_path / "CHANGE=lost").by_id()[first["id"]].worst
    assert worst is not None and first["case"]["case"] == worst["case"]


def test_a_broken_archive_of_observations_is_as_none(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "CHANGE=lost", tmp_path / "CHANGE=lost")
    (tmp_path / "CHANGE=lost" / "observations.npz").write_bytes(b"PK\x03\x04 and nothing")
    shutil.copytree(runs / "CHANGE=", tmp_path / "CHANGE=")
    assert compare(tmp_path, "", "lost").returncode == 1


def test_a_saved_audit_is_compared_with_what_runs_now(tmp_path: Path) -> None:
    options = ("--adapter", "reference", "--quick", "--dtype", "binary16", "--entry-point", "binary_cross_entropy")
    assert bce("audit", *options, "--out", str(tmp_path / "saved")).returncode == 0
    compared = ("compare", str(tmp_path / "saved"), "current", *options, "--out", str(tmp_path / "new"))
    done = here(*compared, "--fail-on", "any-bit", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert data(done)["counts"]["same"] == len(read(tmp_path / "saved").cells) > 0
    assert read(tmp_path / "new" / "current").cells == read(tmp_path / "saved").cells
    frozen = [read(path).adapters[0]["frozen"] for path in (tmp_path / "saved", tmp_path / "new" / "current")]
    assert frozen[0] == frozen[1] and any(line.startswith("numpy==") for line in frozen[0])


def test_two_releases_are_compared_in_environments_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCE_ENVIRONMENTS", str(tmp_path / "environments"))
    options = ("--quick", "--dtype", "binary32", "--entry-point", "sigmoid_cross_entropy", "--format", "json")
    done = bce("compare", "numpy==1.26.4", "numpy==2.2.6", *options, "--out", str(tmp_path))
    found = data(done)
    assert done.returncode == 0, done.stderr
    assert {"of": "release", "name": "reference, numpy", "before": "1.26.4", "after": "2.2.6"} in found["differences"]
    assert found["common"] > 50 and not found["counts"]["new"]
    assert [read(tmp_path / f"numpy=={v}").adapters[0]["versions"]["numpy"] for v in ("1.26.4", "2.2.6")] == [
        "1.26.4",
        "2.2.6",
    ]
    assert "numpy==1.26.4" in read(tmp_path / "numpy==1.26.4").adapters[0]["frozen"]


def test_of_several_sides_each_is_told_against_the_one_before(runs: Path, tmp_path: Path) -> None:
    sides = [str(runs / f"CHANGE={value}") for value in ("", "nan", "lost", "")]
    done = here("compare", *sides, "--adapter", CHANGING, "--format", "json", "--out", str(tmp_path))
    told = json.loads(done.stdout)["columns"]
    assert done.returncode == 1 and [column["name"] for column in told] == sides
    assert [column["against"] for column in told] == [None, *sides[:-1]]
    counts = [column["comparison"]["counts"] for column in told[1:]]
    assert counts[0]["new"] and not counts[0]["fixed"]
    assert counts[1]["new"] and counts[1]["fixed"]
    assert counts[2]["fixed"] and not counts[2]["new"]


def test_help_has_examples() -> None:
    done = here("compare", "--help")
    assert done.returncode == 0 and "examples:" in done.stdout and "[matrix.env]" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_arrows_gets_them_escaped(runs: Path, encoding: str) -> None:
    command = [sys.executable, "-m", "conformance", "compare", str(runs / "CHANGE="), str(runs / "CHANGE=nan")]
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*command, "--adapter", CHANGING], capture_output=True, env=environ)
    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"\u2192" in done.stdout


def test_a_reader_that_left_is_no_error(runs: Path) -> None:
    command = [sys.executable, "-m", "conformance", "compare", *[str(runs / "CHANGE=")] * 2, "--adapter", CHANGING]
    theirs, ours = os.pipe()
    os.close(theirs)
    with open(ours, "w") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
