"""The README's examples print what they say; its adapter is complete, and does what the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.compare import baselines
from conformance.run import read

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES, ADAPTER = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

FRAMEWORKS = {
    "pytorch": "import torch",
    "tensorflow": "import tensorflow as tf",
    "keras[numpy]": "import keras, numpy",
    "jax": "import jax, optax",
}


@pytest.mark.parametrize(("name", "example"), [*zip(FRAMEWORKS, EXAMPLES.split("\n\n"), strict=True)], ids=FRAMEWORKS)
def test_an_example_prints_what_it_says(name: str, example: str, framework: Callable[[str], None]) -> None:
    framework(name)
    *lines, last = example.strip().splitlines()
    code, said = last.rsplit("#", 1)
    script = "\n".join([FRAMEWORKS[name], *lines, f"value = {code}", "print(float(numpy.ravel(value)[0]))"])
    environ = {**os.environ, "KERAS_BACKEND": "numpy", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, "-c", "import numpy\n" + script], capture_output=True, text=True, check=True, env=environ
    )
    cut = 0.005 if len(said.partition(".")[2].strip()) > 1 else 0.0  # 15.94 is cut, 0.0 is meant
    assert abs(float(done.stdout) - float(said)) <= cut


def test_the_example_adapter_runs_and_is_judged(tmp_path: Path) -> None:
    assert len(ADAPTER.splitlines()) < 36
    (tmp_path / "my_backend.py").write_text(ADAPTER)
    command = [sys.executable, "-m", "conformance", "audit", "--adapter", "my_backend.py", "--quick", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # logaddexp(0, x) - x·y loses a tail, as the README's findings do
    run = read(tmp_path / "out")
    found = {(c.quantity, c.region, c.label_class) for c in run.cells if c.finding == "lost"}
    assert ("loss", "saturated+", "hard1") in found
    assert ("loss", "saturated-", "hard0") not in found
    assert run.versions("my-backend")["numpy"]


def test_every_verdict_is_explained() -> None:
    from conformance.verdicts import VERDICTS

    table = README[README.index("**Verdicts**") :]
    assert all(f"`{verdict}`" in table for verdict in VERDICTS)


def test_nothing_is_left_to_fill_in() -> None:
    assert "<!--" not in README


def test_the_figures_of_baselines_and_of_identify_are_those_of_their_pages() -> None:
    assert f"runs of {len(baselines.known())} releases" in README
    page = (ROOT / "docs" / "IDENTIFY.md").read_text(encoding="utf-8")
    named, every, wrong, others = re.findall(r"^(\d+) of (\d+) are named.*and (\d+) wrongly\.\n(\d+) ", page, re.M)[0]
    said = " ".join(README.split())
    assert wrong == "0" and f"Of the {every} entry points and configs here it names {named} as recorded" in said
    assert f"{others} do something other than what is recorded" in said
