"""What is said of an installation, and what of a broken one."""

import argparse
import tempfile
from pathlib import Path

import pytest
from test_list import ADAPTER

from conformance import places, seal
from conformance.commands import doctor

WORKING = ADAPTER.replace("numpy, framework_of_nowhere.losses", "numpy").replace("losses.bce", "numpy.add")


def examined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    parser = argparse.ArgumentParser()
    doctor.configure(parser)
    status = doctor.run(parser.parse_args(arguments))
    return status, capsys.readouterr().out.splitlines()


def adapter(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.py"
    path.write_text(text)
    return str(path)


def test_a_working_installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = examined(capsys, "--adapter", adapter(tmp_path, WORKING), "--adapter", "reference")
    assert status == 0 and lines[-1] == "Nothing is wrong."
    assert any(line.startswith("ok       golden tables: ") for line in lines)
    assert any(line.startswith("ok       reference: numpy ") for line in lines)
    assert any(line.startswith("ok       mine: numpy ") for line in lines)
    assert not any("pytorch" in line for line in lines)


def test_a_missing_framework_is_not_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = examined(capsys, "--adapter", adapter(tmp_path, ADAPTER))
    assert status == 0
    assert any(line.startswith("missing  mine: ") and "framework_of_nowhere" in line for line in lines)


def test_what_a_release_lacks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = 'EntryPoint("numpy.nothing", "sigmoid_cross_entropy", "numpy.nothing(logit)"), '
    text = WORKING.replace("entry_points = (", "entry_points = (" + entry)
    status, lines = examined(capsys, "--adapter", adapter(tmp_path, text))
    line = next(line for line in lines if " mine: " in line)
    assert status == 0 and "lacks numpy.nothing (" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_like_it", "nothing_like_it"),
        (WORKING.replace("numpy.add", "numpy.nothing"), "no entry point of mine resolves"),
        (WORKING.replace("import numpy", "import os; os.abort()"), "SIGABRT"),
    ],
)
def test_a_broken_adapter_is_wrong(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = examined(capsys, "--adapter", adapter(tmp_path, text))
    assert status == 1 and lines[-1] == "1 of these are wrong."
    assert any(line.startswith("wrong    mine") and words in line for line in lines)


def test_an_unknown_adapter_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = examined(capsys, "--adapter", "caffe")
    assert status == 1
    assert any(line.startswith("wrong    caffe: there is no such adapter: known are jax, keras[") for line in lines)


def test_damaged_goldens_and_expectations_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adapters" / "expectations").mkdir(parents=True)
    (tmp_path / "adapters" / "expectations" / "mine.toml").write_text("[[cause]]\n")
    (tmp_path / "golden").mkdir()
    monkeypatch.setattr(seal, "golden_folder", lambda: tmp_path / "golden")
    monkeypatch.setattr(places, "adapters_folder", lambda: tmp_path / "adapters")
    for check, words in ((doctor._golden, "checksum"), (doctor._expectations, "mine.toml, line 1")):
        symptom = doctor._checked("files", check)
        assert symptom.state == doctor.WRONG and words in symptom.words


def test_a_temporary_folder_that_cannot_be_written_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    symptom = doctor._scratch()
    assert symptom.state == doctor.WRONG and "TMPDIR" in symptom.words
