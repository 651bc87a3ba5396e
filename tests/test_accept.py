"""`accept`: a run made expected, what is dropped, kept and refused, and the command."""

import argparse
from pathlib import Path

import pytest
from handmade import cell, lost, make_run, not_a_number
from recorded_folder import CAUSE, CSV, Folder, elsewhere, folder

from conformance.commands import accept
from conformance.expectations import acceptance, assess, assessed_findings, load
from conformance.recorded import exponent
from conformance.run import RunError, write

__all__ = ["folder"]


def test_accept_makes_a_run_expected_and_is_stable(folder: Folder) -> None:
    run = make_run(cell(dtype="binary64"), lost(), lost(mode="vmap", ulp=3.0), not_a_number())
    folder.accept(run)
    text = (folder.path / "expectations" / "recorded" / "pytorch.csv").read_text()
    assert text.splitlines() == [
        CSV.strip(),
        f"{not_a_number().id},zero-times-infinity,torch>=2,x86_64-avx512,wrong-class,",
        f"{lost().id},sigmoid-minus-label,torch==2.13.*,x86_64-avx512,lost,2^22",
        f"{lost(mode='vmap').id},sigmoid-minus-label,torch==2.13.*,x86_64-avx512,lost,2^2",
    ]
    found = assess(run, load(folder.path))
    assert len(found.expected) == 3 and found.exit_status == 0
    assert (folder.accept(run).path / "expectations" / "recorded" / "pytorch.csv").read_text() == text


def test_accept_drops_the_stale_and_keeps_what_was_not_measured(folder: Folder) -> None:
    other = make_run(lost(), environment=elsewhere(platform="aarch64-neon"))
    folder.accept(make_run(lost(), lost(mode="vmap"), lost(mode="compiled"))).accept(other)
    accepted = acceptance(make_run(cell(), lost(mode="vmap", ulp=2.0)), load(folder.path))
    kept = {(line.platform, line.cell.split("/")[3], line.limit) for line in accepted.lines["pytorch"]}
    assert kept == {
        ("x86_64-avx512", "vmap", "2^1"),
        ("x86_64-avx512", "compiled", "2^22"),
        ("aarch64-neon", "eager", "2^22"),
    }


def test_accept_refuses_what_no_cause_or_two_causes_cover(folder: Folder) -> None:
    folder.toml(CAUSE + CAUSE.replace("minus", "less"))
    accepted = acceptance(make_run(lost(), not_a_number(), lost(quantity="loss")), load(folder.path))
    assert accepted.refused == {
        not_a_number().id: "the cause sigmoid-minus-label does not explain wrong-class",
        lost().id: "the causes sigmoid-minus-label and sigmoid-less-label both cover lost",
        lost(quantity="loss").id: "no cause covers it",
    }


def test_accept_repairs_a_line_whose_cause_is_gone(folder: Folder) -> None:
    folder.line(lost(), cause="gone").line(lost(mode="vmap"), cause="gone")
    accepted = acceptance(make_run(lost()), load(folder.path))
    assert [line.cause for line in accepted.lines["pytorch"]] == ["sigmoid-minus-label"]


def _accept(source: Path, adapters: Path) -> int:
    parser = argparse.ArgumentParser()
    accept.configure(parser)
    return accept.run(parser.parse_args([str(source), "--adapters", str(adapters)]))


def test_the_command_writes_or_lists(folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results"
    write(make_run(lost(), lost(quantity="loss")), results)
    assert _accept(results, folder.path) == 1
    assert f"{lost(quantity='loss').id}: no cause covers it" in capsys.readouterr().err
    assert not (folder.path / "expectations" / "recorded").exists()
    write(make_run(lost()), results)
    assert _accept(results, folder.path) == 0
    assert "pytorch.csv: 1 lines, 1 new, 0 dropped" in capsys.readouterr().out
    assert assess(make_run(lost()), load(folder.path)).exit_status == 0
    write(make_run(cell()), results)
    assert _accept(results, folder.path) == 0
    assert not (folder.path / "expectations" / "recorded" / "pytorch.csv").exists()


def test_the_command_refuses_a_quick_run_and_an_empty_one(folder: Folder, tmp_path: Path) -> None:
    write(make_run(lost(), tier="quick"), tmp_path / "results")
    with pytest.raises(RunError, match="quick"):
        _accept(tmp_path / "results", folder.path)
    write(make_run(), tmp_path / "results")
    assert _accept(tmp_path / "results", folder.path) == 5


def test_findings_as_json_carry_their_cause(folder: Folder) -> None:
    run = make_run(lost(quantity="loss", ulp=8.0), lost())
    assert assessed_findings(run, assess(run, load(folder.path))) == [
        {"id": lost().id, "verdict": "lost", "ulp": 2621440.0, "cause": "sigmoid-minus-label"},
        {"id": lost(quantity="loss").id, "verdict": "lost", "ulp": 8.0, "cause": None},
    ]


def test_figures_round_up_to_powers_of_two() -> None:
    assert [exponent(figure) for figure in (None, 0.0, 0.3, 0.5, 1.0, 1.01, 2.0, 3.0, 2.0**1000)] == [
        None, None, -1, -1, 0, 1, 1, 2, 1000,
    ]  # fmt: skip
