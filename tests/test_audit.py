"""The audit of the real frameworks, as a user runs it: every finding has its recorded cause."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from conformance.formats import FORMATS, to_float64
from conformance.replay import details
from conformance.run import Run, schema

ADAPTERS = (
    "pytorch",
    "tensorflow",
    "jax",
    "keras[tensorflow]",
    "keras[jax]",
    "keras[torch]",
    "keras[numpy]",
    "reference",
)


def test_every_finding_of_the_pinned_releases_is_expected(
    audited: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, _ = audited
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_framework_that_is_required_was_measured(name: str, run: Run) -> None:
    record = next(r for r in run.adapters if r["name"] == name)
    required = os.environ.get("BCE_REQUIRE", "").split(",")
    if record["status"] != "ok" and name not in required:
        pytest.skip(f"{name} is {record['status']}: {record['reason']}")
    assert record["status"] == "ok"
    delivered = [c for c in run.cells if c.adapter == name and c.region != "every"]
    assert sum(c.cases for c in delivered) > 10_000
    assert {c.quantity for c in delivered} >= {"loss"}


def test_the_run_is_what_the_schema_says(audited: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    import json

    _, out = audited
    jsonschema.validate(json.loads((out / "run.json").read_text()), schema())
    assert (out / "run.json").stat().st_size < 20_000_000


def test_observations_lie_beside_the_run(run: Run, audited: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    cell = next(c for c in run.cells if c.adapter == "reference" and c.worst is not None)
    assert cell.worst is not None
    with np.load(audited[1] / "observations.npz") as stored:
        bits = stored[cell.test]
    got = to_float64(bits[cell.worst["index"] :][:1], FORMATS[cell.dtype])
    np.testing.assert_array_equal(got, float.fromhex(cell.worst["got"]))
    assert not list(audited[1].glob("*tmp*"))


@pytest.mark.parametrize("name", ADAPTERS[:-1])
@pytest.mark.parametrize("which", ["loss", "d_"])
def test_a_reproducer_prints_the_measured_bits_in_a_fresh_interpreter(name: str, which: str, run: Run) -> None:
    cells = run.by_id()
    found = [cells[i] for i in run.findings if cells[i].adapter == name and cells[i].quantity.startswith(which)]
    found = [c for c in found if c.worst is not None and c.worst["got"] not in ("nan", "raised")]
    if not found:
        pytest.skip(f"nothing of {name} to reproduce: {[r['reason'] for r in run.adapters if r['name'] == name]}")
    cell = found[len(found) // 2]
    assert cell.worst is not None
    shown = details(run, cell)
    assert "as in the run" in shown.replayed
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "JAX_", "KERAS_", "CUDA_"))}
    done = subprocess.run(
        [sys.executable, "-c", shown.reproducer], capture_output=True, text=True, check=False, env=environ
    )
    assert done.returncode == 0, done.stderr
    printed = {float.fromhex(word.strip("'")) for word in done.stdout.strip()[1:-1].split(", ")}
    assert printed == {float.fromhex(cell.worst["got"])}


def test_the_reference_has_no_finding(run: Run) -> None:
    assert [c.id for c in run.cells if c.adapter == "reference" and c.finding] == []
    assert sum(c.cases for c in run.cells if c.adapter == "reference") > 100_000


def test_ids_are_unique_and_shell_safe(run: Run) -> None:
    ids = [c.id for c in run.cells]
    assert len(set(ids)) == len(ids)
    safe = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+,=/")
    assert {character for i in ids for character in i} <= safe


def test_what_the_tier_leaves_out_is_said(run: Run, audited: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    assert any("compiled" in sentence for sentence in run.left_out)
    assert all(f"Left out: {sentence}" in audited[0].stdout for sentence in run.left_out)
