"""What is there, without starting it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.commands import list as command

ADAPTER = """
from conformance.adapter import Adapter, EntryPoint

class Mine(Adapter):
    name = "mine"
    distributions = ("numpy", "framework-of-nowhere")
    imports = "import numpy, framework_of_nowhere.losses"
    names = {"binary32": "'float32'", "binary64": "'float64'"}
    literal = "numpy.array({values}, {dtype})"
    modes = {"eager": "{f}", "slow": "g({f})"}
    slow_modes = ("slow",)
    entry_points = (EntryPoint("losses.bce", "sigmoid_cross_entropy", "losses.bce(logit, label)", config={"n": 1}),)

    def make(self, bits, dtype):
        return bits

ADAPTERS = [Mine()]
"""


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    status = command.run(parser.parse_args(arguments))
    return status, capsys.readouterr().out


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(ADAPTER)
    return str(path)


def test_a_missing_framework_says_why_and_its_subjects_are_shown(
    mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = listed(capsys, "--adapter", mine)
    assert status == 0
    assert "mine  No module named framework_of_nowhere\n  losses.bce  n=1\n    eager; binary32, binary64\n" in out
    assert "2 subjects of 1 adapters" in out
    assert "Left out: slow modes (mine slow)" in out


def test_ids_are_a_line_each(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, "--adapter", mine, "--full", "--ids", "--dtype", "binary64") == (
        0,
        "mine/losses.bce/n=1/eager/binary64/cpu\nmine/losses.bce/n=1/slow/binary64/cpu\n",
    )
    assert listed(capsys, "--adapter", mine, "-k", "nothing of this name")[0] == 5


def test_json_holds_versions(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = listed(capsys, "--adapter", mine, "--json")
    (adapter,) = json.loads(out)["adapters"]
    assert adapter["status"] == "unavailable" and adapter["file"] == mine
    assert list(adapter["versions"]) == ["numpy"]


def test_modules_are_read_from_the_text() -> None:
    text = "import os\nimport a.b as c, d\nfrom e.f import g\ndef f():\n    import h\n"
    assert set(command.modules(text)) == {"os", "a", "d", "e", "h"}


def test_no_framework_is_started() -> None:
    code = (
        "import sys; from conformance.cli import main; main(['list'])\n"
        "print([n for n in ('torch', 'tensorflow', 'keras', 'jax') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "torch.nn.BCEWithLogitsLoss" in done.stdout
