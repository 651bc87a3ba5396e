"""The README's adapter is complete, and does what the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conformance.run import read

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_example_adapter_runs_and_is_judged(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    assert len(code[1].splitlines()) < 36
    (tmp_path / "my_backend.py").write_text(code[1])
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
