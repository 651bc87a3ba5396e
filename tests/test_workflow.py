"""The workflow for other repositories, its steps run as a script, and the matrix file to copy."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.compare import matrix_file

ROOT = Path(__file__).parent.parent
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/upgrade.yml").read_text(encoding="utf-8"))
(JOB,) = WORKFLOW["jobs"].values()
CHANGING = Path(__file__).parent / "changing.py"


def step(name: str) -> str:
    (found,) = (one["run"] for one in JOB["steps"] if one.get("name") == name)
    return str(found)


def test_every_input_is_used_and_every_variable_is_an_input() -> None:
    inputs = WORKFLOW[True]["workflow_call"]["inputs"]  # YAML 1.1 reads `on` as true
    text = str(WORKFLOW["jobs"])
    assert all(f"inputs.{name}" in text for name in inputs)
    assert all(f"${name}" in step("Install") + step("Compare") for name in JOB["env"])


@pytest.mark.parametrize(("value", "status"), [("bits", 0), ("lost", 1)])
def test_its_step_writes_the_summary_and_fails_on_a_regression(tmp_path: Path, value: str, status: int) -> None:
    columns = "".join(f'[[include]]\nenv = {{CHANGE = "{one}"}}\n' for one in ("nothing", value))
    (tmp_path / "matrix.toml").write_text(columns, encoding="utf-8")
    environ = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "MATRIX": "matrix.toml",
        "FAIL_ON": "regression",
        "ARGUMENTS": f"--quick --dtype binary32 --adapter {CHANGING}",
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)]
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)

    done = run("Compare")
    assert done.returncode == status, done.stderr
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary == (tmp_path / "comparison.md").read_text(encoding="utf-8") and summary.startswith("#")
    runs = list((tmp_path / "bce-comparison").glob("*/run.json"))
    pages = run("Pages")
    assert runs and pages.returncode == 0, pages.stderr
    assert all(path.with_name("report.html").stat().st_size > 10_000 for path in runs)


def test_the_matrix_file_to_copy_compares_each_framework_with_itself() -> None:
    columns = matrix_file.read((ROOT / "conformance.toml").read_text(encoding="utf-8"))
    nearest = [matrix_file.before(columns, index, range(len(columns))) for index in range(len(columns))]
    assert nearest == [None, 0, None, 2, 3, None, 5, 6]
