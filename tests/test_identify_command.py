"""``bce-conformance identify`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from commandline import bce

from conformance.identify.identification import schema

FOLDER = Path(__file__).with_name("mistakes")


def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask from the folder of the mistakes; nothing else is on the path but what is installed."""
    command = [sys.executable, "-m", "conformance", "identify", *arguments]
    checkout = FOLDER.parent.parent
    path = {"PYTHONPATH": str(checkout), "PYTHONIOENCODING": "ascii"}
    import os

    return subprocess.run(
        command, cwd=FOLDER, env={**os.environ, **path}, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def told() -> subprocess.CompletedProcess[str]:
    """The answer for one loss, compared with the reference."""
    return asked("mistakes:of_logits", "--against", "reference")


def test_the_verdict_comes_first(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("A binary cross-entropy of logits, no reduction")


def test_the_text_fits_an_issue(told: subprocess.CompletedProcess[str]) -> None:
    assert told.stdout.isascii()
    assert all(len(line) <= 100 for line in told.stdout.splitlines())


def test_every_property_says_how_sure_it_is(told: subprocess.CompletedProcess[str]) -> None:
    lines = told.stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("property"))
    table = [line for line in lines[start + 1 : lines.index("", start)] if not line.startswith(" ")]
    assert len(table) >= 10
    assert all(any(word in line for word in ("certain", "likely", "not known")) for line in table)


def test_the_known_entry_points_are_named(told: subprocess.CompletedProcess[str]) -> None:
    assert "reference/sigmoid_cross_entropy/-, binary64: the same bits" in told.stdout


def test_the_answer_as_data_is_as_published() -> None:
    done = asked("mistakes:careless", "--json", "--against", "none")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    jsonschema.validate(data, schema())
    assert data["known"] and data["loss"] == "sigmoid_cross_entropy" and data["compared"] == []


def test_probabilities_for_a_loss_of_logits_are_warned_of(tmp_path: Path) -> None:
    outputs, labels = tmp_path / "outputs.npy", tmp_path / "labels.npy"
    np.save(outputs, np.linspace(0.01, 0.99, 64))
    np.save(labels, np.tile([-1.0, 1.0], 32))
    files = ("--outputs", str(outputs), "--labels", str(labels))
    done = asked("mistakes:of_logits", *files, "--against", "none")
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    assert "WARNING: This loss takes logits, and the model's outputs look like probabilities (64 outputs" in said
    assert "WARNING: This loss takes labels 0 and 1, and the labels are -1, 1" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere:loss",), "there is no module nowhere"),
        (("nowhere",), "give module:function"),
        (("nowhere.loss",), "there is no module nowhere"),
        (("mistakes:",), "give module:function"),
        (("mistakes.py:of_logits",), "mistakes.py is a path, and no module: give mistakes:of_logits"),
        (("../mistakes/mistakes.py:of_logits",), "change to its folder, and give mistakes:of_logits"),
        (("nowhere/mistakes.py:of_logits",), "There is no file nowhere/mistakes.py: give module:function"),
        (("mistakes:of_logits", "--timeout", "nan"), "nan is no time to wait: give seconds above 0"),
        (("mistakes:of_logits", "--timeout", "0"), "0 is no time to wait: give seconds above 0"),
        (("mistakes:of_logits", "--timeout=-5"), "-5 is no time to wait: give seconds above 0"),
        (("mistakes:missing",), "mistakes has no missing"),
        (("mistakes:number",), "is no function: it is of type int"),
        (("mistakes:Needs",), "is a class that needs arguments"),
        (("mistakes:refuses",), "raises on every call, ValueError: not today"),
        (("pytorch/torch.nothing",), "No adapter has an entry point pytorch/torch.nothing"),
        (("reference/focal",), "configs: give one of reference/focal/"),
        (("mistakes:of_logits", "--against", "nobody"), "--against nobody is no adapter"),
        (("mistakes:of_logits", "--outputs", "nowhere.npy"), "nowhere.npy: there is no such file"),
        (("mistakes:of_logits", "--outputs", "mistakes.py"), "mistakes.py is no array"),
        (("mistakes:of_logits", "--labels", "mistakes.py"), "mistakes.py is no array"),
        (("mistakes:of_logits", "--python", "nowhere/python"), "nowhere/python does not start"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    done = asked(*arguments)
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert said in done.stderr and not done.stdout
    assert len([line for line in done.stderr.splitlines() if line.startswith("bce-conformance")]) == 1


def test_the_help_has_examples() -> None:
    done = bce("identify", "--help")
    assert done.returncode == 0 and "my_module:my_loss --outputs" in done.stdout
