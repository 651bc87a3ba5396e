"""The full audit of the real frameworks: every finding has a true cause, and every reported defect is among them.

It takes almost half an hour, so it runs only when asked for: ``make test ARGS="-m full"``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from commandline import REQUIRED, bce

from conformance import examinations
from conformance.causes import matches
from conformance.expectations import Assessment, assess, load
from conformance.known_defects.checks import CHANGED, PRESENT
from conformance.places import adapters_folder
from conformance.replay import details
from conformance.run import Run, read

pytestmark = pytest.mark.full

SETTLED = ("x86_64-avx2",)
"""Platforms whose full audit was looked through. Elsewhere code paths differ, and some causes are too narrow."""

WIDEST = 4
"""A cause may select this many times the cells that it explains: neighbours where the same code happens to do well."""

BY_NAME = {
    "tf-sparse-softmax-sums-in-bfloat16": ("tensorflow", "tf.nn.sparse_softmax_cross_entropy_with_logits", "xla"),
    "xla-subnormal-weight-of-logsumexp": ("jax", "optax.losses.sigmoid_focal_loss", "jit"),
}
"""Causes of what not even a full audit measures, in bfloat16: adapter, entry point and mode have to be named."""

KNOWN = load(adapters_folder())
HEX = re.compile(r"-?0x[0-9a-f.]+p[-+][0-9]+")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A full audit of everything here, as a user runs it."""
    out = tmp_path_factory.mktemp("full")
    required = [word for name in REQUIRED for word in ("--require", name)]
    done = bce("audit", "--full", "--out", str(out), *required)
    assert done.returncode in (0, 1), done.stderr[-4000:]
    return read(out)


@pytest.fixture(scope="module")
def assessed(full: Run) -> Assessment:
    """The findings held against their causes."""
    return assess(full, KNOWN)


def test_every_finding_has_a_cause(full: Run, assessed: Assessment) -> None:
    """On a platform that nobody has looked through, what was recorded there at least."""
    cells = full.by_id()
    unexpected = {(full.platform, cells[identity].measurement): identity for identity in assessed.unexpected}
    assert not unexpected.keys() & KNOWN.measured
    if full.platform not in SETTLED:
        pytest.skip(f"{len(unexpected)} findings without a cause on {full.platform}, which nobody has looked through")
    assert assessed.unexpected == {} and assessed.exit_status == 0


def test_every_cause_explains_something_and_selects_little_else(full: Run, assessed: Assessment) -> None:
    if full.platform not in SETTLED or set(REQUIRED) - {r["name"] for r in full.adapters if r["status"] == "ok"}:
        pytest.skip("causes of another platform, or of frameworks that are not here, explain nothing")
    explained = Counter(cause for causes in assessed.expected.values() for cause in causes.split("+"))
    selected = Counter(cause.id for cell in full.cells for cause in KNOWN.selectors.of(cell))
    unasked = KNOWN.causes.keys() - set(explained)
    recorded = {cause for line in KNOWN.all_lines() for cause in line.cause.split("+")}
    assert unasked - recorded == set(BY_NAME)
    assert set(selected) - set(explained) == set()
    wide = {name: (explained[name], count) for name, count in selected.items() if count > WIDEST * explained[name]}
    assert wide == {}


@pytest.mark.parametrize("cause", BY_NAME)
def test_what_has_to_be_named_explains_something_too(cause: str, tmp_path: Path) -> None:
    adapter, entry_point, mode = BY_NAME[cause]
    wanted = ("--adapter", adapter, "--entry-point", entry_point, "--mode", "eager", "--mode", mode)
    done = bce("audit", "--full", *wanted, "--dtype", "bfloat16", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert cause in "+".join(assess(read(tmp_path), KNOWN).expected.values()).split("+")


def test_every_reported_defect_that_is_present_is_found_by_region(full: Run) -> None:
    """Each row that is present, or came back wrong in another way, names cells; each of them has a finding."""
    done = bce("audit", "--known-defects", "--json")
    rows = [check for check in json.loads(done.stdout)["checks"] if check["state"] in (PRESENT, CHANGED)]
    findings = [(cell.adapter, cell.id) for cell in full.cells if cell.finding]
    missed = {
        (check["id"], glob)
        for check in rows
        for glob in check["caught"]
        if not any(check["adapter"] == adapter and matches(glob, identity) for adapter, identity in findings)
    }
    assert missed == set()
    assert all(check["caught"] for check in rows)


@pytest.mark.parametrize("name", examinations.names())
@pytest.mark.parametrize("adapter", ["pytorch", "tensorflow", "jax", "keras[numpy]"])
def test_a_trial_is_reproduced_in_a_fresh_interpreter(adapter: str, name: str, full: Run, tmp_path: Path) -> None:
    """Plain framework code, which prints the number that the witness names, if it names one, or raises as it says."""
    cells = full.by_id()
    found = [cells[i] for i in full.findings if cells[i].adapter == adapter and cells[i].examination == name]
    if not found:
        pytest.skip(f"{adapter} has no finding among its {name}")
    cell = found[len(found) // 2]
    assert cell.worst is not None
    shown = details(full, cell)
    assert "as in the run" in shown.replayed
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "JAX_", "KERAS_", "CUDA_"))}
    script = tmp_path / "reproducer.py"
    script.write_text(shown.reproducer)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, env=environ)
    assert (done.returncode == 0) == ("raised" not in cell.findings), done.stderr
    if HEX.fullmatch(cell.worst["got"]):
        assert float.fromhex(cell.worst["got"]) in map(float.fromhex, HEX.findall(done.stdout))
    assert done.stdout.strip() or done.returncode
