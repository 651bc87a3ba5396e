"""Bad input, as a user makes it: one clear sentence, the right status, no traceback, nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.places import adapters_folder, golden_folder

PACKAGE = Path(conformance.__file__).parent

LACKING = """
from conformance.adapter import Adapter, EntryPoint

class Lacking(Adapter):
    name = "lacking"
    imports = "import numpy"
    names = {"binary16": "numpy.float_of_nowhere", "binary32": "numpy.float32"}
    literal = "numpy.array({values}, {dtype})"
    entry_points = (EntryPoint("numpy.logaddexp", "sigmoid_cross_entropy", "numpy.logaddexp(logit, 0)"),)

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

ADAPTERS = [Lacking()]
"""


def bce(*arguments: str, cwd: Path | None = None, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, from another checkout where one is given."""
    environ = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, cwd=cwd or path, env=environ
    )


def refused(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    """Assert one sentence on stderr that has these words, this status, and no traceback."""
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--dtype", "float33", "binary32"),
        ("--mode", "turbo", "eager"),
        ("--adapter", "caffe", "pytorch"),
        ("--entry-point", "torch.nn.functional.nothing", "torch.nn"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(option: str, value: str, hint: str, tmp_path: Path) -> None:
    refused(bce("audit", option, value, "--out", str(tmp_path / "out")), 4, value, hint)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "conformance", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (3, "bce-conformance: the disk is full: make room, and run it again\n")


def test_an_unknown_command_is_a_usage_error() -> None:
    refused(bce("audti"), 4, "audti", "--help")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "no such file"),
        ("import nothing_like_it\n", "nothing_like_it"),
        ("def (:\n", "does not import"),
        ("x = 1\n", "ADAPTERS"),
        ("ADAPTERS = [3]\n", "interface"),
    ],
)
def test_an_adapter_file_that_cannot_be_used(content: str | None, word: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    if content is not None:
        file.write_text(content)
    refused(bce("audit", "--adapter", str(file), "--out", str(tmp_path / "out")), 4, "mine.py", word)
    assert not (tmp_path / "out").exists()


def test_a_filter_that_leaves_nothing_is_never_green(tmp_path: Path) -> None:
    done = bce("audit", "-k", "no-such-subject", "--out", str(tmp_path / "out"))
    assert done.returncode == 5, done.stderr


def test_a_results_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(bce("audit", "--adapter", "reference", "--quick", "--out", str(tmp_path / "file" / "out")), 4, "file")


@pytest.mark.parametrize("content", ['{"schema": "bce-conformance/run/1", "cells": [', "[]", '{"schema": "other/2"}'])
def test_a_truncated_or_foreign_run(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    refused(bce("explain", "reference/x", "--run", str(tmp_path)), 4, "run.json")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package with its adapters and goldens, to be damaged."""
    root = tmp_path / "checkout"
    shutil.copytree(PACKAGE, root / "conformance", ignore=shutil.ignore_patterns("__pycache__", "installed-data"))
    shutil.copytree(adapters_folder(), root / "adapters", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(golden_folder(), root / "golden")
    return root


def test_a_corrupt_golden_table_stops_the_audit(checkout: Path, tmp_path: Path) -> None:
    table = checkout / "golden" / "sigmoid_cross_entropy.tsv"
    raw = bytearray(table.read_bytes())
    raw[len(raw) // 2] ^= 1
    table.write_bytes(raw)
    done = bce("audit", "--adapter", "reference", "--quick", "--out", str(tmp_path / "out"), path=checkout)
    assert done.returncode == 3, done.stderr
    assert "sigmoid_cross_entropy.tsv" in done.stderr
    assert "golden write" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "run.json").exists()


def test_a_malformed_expectation_stops_the_audit_before_it_starts(checkout: Path, tmp_path: Path) -> None:
    (checkout / "adapters" / "expectations" / "pytorch.toml").write_text("[[cause]]\nid = 3\n")
    done = bce("audit", "--adapter", "reference", "--quick", "--out", str(tmp_path / "out"), path=checkout)
    refused(done, 4, "pytorch.toml")


def test_a_missing_framework_says_why_and_is_never_green(checkout: Path, tmp_path: Path) -> None:
    adapter = (checkout / "adapters" / "pytorch.py").read_text().replace('"import torch"', '"import torch_of_nowhere"')
    file = tmp_path / "mine.py"
    file.write_text(adapter)
    done = bce("audit", "--adapter", str(file), "--out", str(tmp_path / "out"))
    assert done.returncode == 5, done.stderr
    assert "nothing ran: pytorch is unavailable: No module named torch_of_nowhere" in done.stderr
    done = bce("audit", "--adapter", str(file), "--require", "pytorch", "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "pytorch is required" in done.stderr


def test_a_release_that_lacks_all_that_is_asked_for_is_never_green(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(LACKING)
    done = bce("audit", "--adapter", str(file), "--quick", "--dtype", "binary16", "--out", str(tmp_path / "out"))
    assert done.returncode == 5, done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("bce-conformance: ")]
    assert sentence.startswith("bce-conformance: nothing ran: lacking has no binary16 in this release; bce-conformance")
    done = bce("compare", str(tmp_path / "out"), str(tmp_path / "out"))
    assert done.returncode == 5 and "Nothing was delivered in both runs" in done.stdout


def test_help_has_examples() -> None:
    for command in ("audit", "explain", "accept", "golden", "list", "doctor"):
        done = bce(command, "--help")
        assert done.returncode == 0
        assert "examples:" in done.stdout
    assert "examples:" in bce("--help").stdout
