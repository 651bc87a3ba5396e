"""``bce-conformance sweep`` as a user runs it: whichever executor, killed and resumed, on bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commandline import bce

from conformance.run import read
from conformance.sweep import outcome

SWEPT = ("--adapter", "reference", "--entry-point", "sigmoid_cross_entropy", "--dtype", "binary16")
HARD = ("--label", "hard0", "--label", "hard1")


def sweep(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return bce("sweep", *SWEPT, *HARD, "--out", str(out), *arguments)


def what(out: Path) -> tuple[Any, ...]:
    """All that a sweep found, without where and how."""
    run = read(out)
    return run.cells, run.findings, [vars_of(one) for one in outcome.read(out)]


def vars_of(one: outcome.Outcome) -> dict[str, Any]:
    return {name: getattr(one, name) for name in outcome.Outcome.__dataclass_fields__}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep."""
    out = tmp_path_factory.mktemp("serial")
    done = sweep(out, "--executor", "serial")
    assert done.returncode == 0, done.stderr
    assert "65,536 points" in done.stdout and not (out / "checkpoint.jsonl").exists()
    return out


def test_every_logit_is_judged_once(serial: Path) -> None:
    cells = read(serial).cells
    for quantity in ("loss", "d_logits", "d2_logits"):
        for label in ("hard0", "hard1"):
            mine = [cell for cell in cells if (cell.quantity, cell.label_class) == (quantity, label)]
            assert sum(cell.cases for cell in mine) == 1 << 16
            assert {cell.method for cell in mine} == {"exhaustive"}
    assert not read(serial).findings  # it is the reference


def test_a_histogram_counts_every_result_that_has_an_error(serial: Path) -> None:
    for one in outcome.read(serial):
        counted = sum(count for bins in one.histogram.values() for count in bins.values())
        infinite = 2 * (one.quantity == "loss")  # at both infinities, 0 or infinity are exact and counted too
        nan = (1 << 11) - 2
        assert one.points - nan - infinite <= counted <= one.points - nan


def test_a_pool_finds_the_same(serial: Path, tmp_path: Path) -> None:
    done = sweep(tmp_path, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert what(tmp_path) == what(serial)


def test_threads_find_the_same(serial: Path, tmp_path: Path) -> None:
    done = sweep(tmp_path, "--executor", "concurrent.futures:ThreadPoolExecutor")
    assert done.returncode == 0, done.stderr
    assert what(tmp_path) == what(serial)


def test_a_dask_cluster_finds_the_same(serial: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        done = sweep(tmp_path, "--executor", "dask", "--scheduler", cluster.scheduler_address)
    assert done.returncode == 0, done.stderr
    assert what(tmp_path) == what(serial)


def test_killed_and_resumed_it_finds_the_same(serial: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "sweep", *SWEPT, *HARD, "--workers", "1", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    checkpoint = tmp_path / "checkpoint.jsonl"
    while process.poll() is None and (not checkpoint.exists() or checkpoint.read_bytes().count(b"\n") < 2):
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    again = sweep(tmp_path)
    assert again.returncode == 4 and "--resume" in again.stderr
    other = bce("sweep", *SWEPT, "--label", "hard0", "--out", str(tmp_path), "--resume")
    assert other.returncode == 4 and len(other.stderr.strip().splitlines()[-1]) < 400
    done = sweep(tmp_path, "--resume")
    assert done.returncode == 0, done.stderr
    assert what(tmp_path) == what(serial)


def test_an_interrupt_says_how_to_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "sweep", *SWEPT, "--workers", "1", "--out", str(tmp_path)]
    # Where the tests run in the background, an interrupt is ignored, by their children too.
    heard = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=heard
    )
    checkpoint = tmp_path / "checkpoint.jsonl"
    while process.poll() is None and (not checkpoint.exists() or checkpoint.read_bytes().count(b"\n") < 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2 and "--resume" in said and str(checkpoint) in said
    assert "Traceback" not in said
    assert json.loads(checkpoint.read_text().splitlines()[1])["shard"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--entry-point", "nobody.has.this"), 4, "nobody.has.this fits nothing here"),
        (("--adapter", "reference", "--entry-point", "weighted_sigmoid_cross_entropy"), 5, "can be swept"),
        ((*SWEPT, "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9"), 4, "tcp://127.0.0.1:9"),
        ((*SWEPT, "--executor", "nowhere:factory"), 4, "nowhere"),
    ],
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], status: int, words: str, tmp_path: Path) -> None:
    done = bce("sweep", *arguments, "--out", str(tmp_path))
    assert done.returncode == status
    assert words in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


ABSENT = """
from conformance.adapter import Adapter, EntryPoint

class Absent(Adapter):
    name = "absent"
    imports = "import nowhere_to_be_found"
    names = {"binary16": "None"}
    literal = "{values}"
    entry_points = (EntryPoint("f", "sigmoid_cross_entropy", "logit"),)

    def make(self, bits, dtype):
        return bits

ADAPTERS = [Absent()]
"""


def test_a_framework_that_is_not_here_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "absent.py"
    file.write_text(ABSENT)
    done = bce("sweep", "--adapter", str(file), "--out", str(tmp_path / "out"))
    assert done.returncode == 5 and "nowhere_to_be_found" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "checkpoint.jsonl").exists()


def test_a_worst_case_is_explained_and_reproduced(serial: Path) -> None:
    cell = next(c for c in read(serial).cells if c.worst is not None and c.quantity == "d_logits")
    done = bce("explain", cell.id, "--run", str(serial))
    assert done.returncode == 0, done.stderr
    assert "as in the run" in done.stdout and "Reproducer" in done.stdout


def test_binary64_is_searched(tmp_path: Path) -> None:
    done = bce("sweep", *SWEPT[:4], "--dtype", "binary64", "--label", "hard0", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    cells = read(tmp_path).cells
    assert {cell.method for cell in cells} == {"searched"} and "≥" in done.stdout
    again = tmp_path / "again"
    assert bce("sweep", *SWEPT[:4], "--dtype", "binary64", "--label", "hard0", "--out", str(again)).returncode == 0
    assert read(again).cells == cells  # its seed is fixed
    worst = max(cell.max_ulp or 0.0 for cell in cells if cell.quantity == "loss" and cell.region == "transition")
    assert worst > 1.2  # twelve random inputs of each binade show less
