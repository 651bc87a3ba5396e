"""Comparisons for tests, in a process of their own: columns of an adapter that a variable changes."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commandline import bce

from conformance.cli import main
from conformance.report.comparison.data import schema

CHANGING = str(Path(__file__).with_name("changing.py"))
OPTIONS = ("--adapter", CHANGING, "--quick", "--dtype", "binary32")
MATRIX = """
[matrix.env]
CHANGE = ["", "bits", "nan", "lost", "lacking", "crash", "missing"]
"""
HERE = "changing/sigmoid_cross_entropy/-/eager/binary32/cpu"

Matrix = tuple[subprocess.CompletedProcess[str], Path]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """An adapter that changes with a variable, measured with each of its values; and where the runs lie."""
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "conformance.toml").write_text(MATRIX)
    asked = ("--matrix", str(folder / "conformance.toml"), "--baseline", "CHANGE=", "--out", str(folder / "runs"))
    return bce("compare", *asked, *OPTIONS, "--format", "json", "--only-changed"), folder / "runs"


@pytest.fixture(scope="module")
def columns(matrix: Matrix) -> dict[str, dict[str, Any]]:
    """What was said of each column, by its value."""
    data = json.loads(matrix[0].stdout)
    assert data["schema"] == "bce-conformance/comparison-matrix/1"
    return {column["environ"]["CHANGE"]: column for column in data["columns"]}


@pytest.fixture(scope="module")
def runs(matrix: Matrix) -> Path:
    return matrix[1]


def here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in this process, where nothing has to be loaded again."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def compare(runs: Path, before: str, after: str, *options: str) -> subprocess.CompletedProcess[str]:
    sides = (str(runs / f"CHANGE={value}") for value in (before, after))
    return here("compare", *sides, "--adapter", CHANGING, *options)


def data(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, schema())
    return found
