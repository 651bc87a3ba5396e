"""Baselines are small, found by release, and read as any run."""

from dataclasses import replace
from pathlib import Path

import pytest
from handmade import cell, lost, make_run

from conformance.cli import main
from conformance.compare import baselines
from conformance.compare.baseline_file import Baseline, to_bytes
from conformance.compare.baselines import BaselineError, find, known, version_of, write
from conformance.compare.side import parse


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with baselines of three releases."""
    monkeypatch.setattr(baselines, "folder", lambda: tmp_path)
    for version in ("2.9.1", "2.13.0+cpu", "2.2.2"):
        write(to_bytes(Baseline(make_run(lost(), cell(region="zero")), {})), "torch", version)
    return tmp_path


def test_a_release_is_found_and_of_several_the_newest(shipped: Path) -> None:
    assert find("torch==2.9.1") == shipped / "torch-2.9.1.json.xz"
    assert find("Torch==2.*").name == find("torch").name == "torch-2.13.0.json.xz"
    assert [str(version) for _, version in known()] == ["2.2.2", "2.9.1", "2.13.0"]
    assert parse("baseline:torch==2.2.2").results == shipped / "torch-2.2.2.json.xz"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("torch==1.0", "There is no baseline of torch==1.0: there are those of 2.2.2, 2.9.1, 2.13.0."),
        ("jax==0.4.1", "There is no baseline of jax: there are those of torch."),
        ("no such/file", "no such/file is neither a saved run nor a release: write it as torch==2.9.1."),
    ],
)
def test_what_is_missing_is_said_with_what_is_there(shipped: Path, text: str, words: str) -> None:
    with pytest.raises(BaselineError) as caught:
        find(text)
    assert str(caught.value) == words and caught.value.exit_status == 4


def test_the_version_is_that_of_the_named_distribution() -> None:
    run = make_run(lost())
    assert version_of("Torch", run) == run.versions("pytorch")["torch"]
    other = replace(run, adapters=[{**run.adapters[0], "versions": {"torch-cpu": "1.15.0"}}])
    assert version_of("torch", other) == "1.15.0"   # a build under a longer name
    with pytest.raises(BaselineError, match=r"^No adapter of the run measures jax: name the release first"):
        version_of("jax", run)


def test_they_are_listed_with_where_they_were_measured(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[1].startswith("torch==2.9.1  pytorch; 1 findings, ")
    assert lines[1].endswith("A CPU, x86_64-avx512")


def test_where_there_is_none_the_way_to_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(baselines, "folder", lambda: tmp_path / "none")
    assert main(["baselines", "list"]) == 0
    assert capsys.readouterr().out.startswith(f"There is none in {tmp_path / 'none'}: bce-conformance baselines write")
    with pytest.raises(BaselineError, match=r"no baseline of torch, nor of anything: give a saved run, or measure one"):
        find("torch==2.9.1")
