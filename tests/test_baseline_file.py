"""A baseline's file: a run, the witnesses of its findings, and some results, by which a comparison has values."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import cell, lost, make_run
from test_case_by_case import CASES, FOUND, RIGHT, TEST, cells, inside

from conformance.cell import shortest
from conformance.compare import saved_results
from conformance.compare.baseline_file import Baseline, kept, read, to_bytes, without_other_witnesses, witnesses
from conformance.compare.comparison import compare
from conformance.compare.completed import Completed
from conformance.compare.judged_tests import Held, JudgedTests, index_of, inputs_text
from conformance.formats import BINARY32, Bits, to_float64
from conformance.run import Run, RunError

PLACE = "transition/soft"
WRONG = int(inside(PLACE)[0])


def of_results(held: Held) -> JudgedTests:
    return JudgedTests(FOUND, "quick", held)


def off(index: int, steps: int = 10**6) -> Bits:
    """The right results, but for one."""
    bits = RIGHT.copy()
    bits[index] += steps
    return bits


def number(bits: Bits, inputs: str) -> str:
    """The result for these inputs."""
    k = index_of(CASES, inputs)
    assert k is not None
    return shortest(float(to_float64(bits[k : k + 1], BINARY32)[0]).hex())


def run_of(bits: Bits) -> Run:
    return make_run(*cells(bits).values())


def written(path: Path, bits: Bits, others: list[Run]) -> Path:
    """The baseline of a release that returned these results."""
    run = run_of(bits)
    values = kept(run, of_results({TEST: bits}), witnesses([run, *others]))
    path.write_bytes(to_bytes(Baseline(without_other_witnesses(run), values)))
    return path


def test_a_baseline_is_a_run_with_the_witnesses_of_findings(tmp_path: Path) -> None:
    whole = make_run(lost(), cell(region="zero"))
    path = tmp_path / "torch-2.9.1.json.xz"
    content = to_bytes(Baseline(without_other_witnesses(whole), {"test": {"b": "0x1p+0", "a": "nan"}}))
    path.write_bytes(content)
    found = read(path)
    assert found.run.findings == whole.findings and found.run.environment == whole.environment
    assert [one.worst is not None for one in found.run.cells] == [one.finding is not None for one in whole.cells]
    assert found.run.by_id()[lost().id] == lost()
    assert found.kept == {"test": {"a": "nan", "b": "0x1p+0"}}
    assert saved_results.read(path) == found.run and saved_results.held(path) == found.kept
    assert to_bytes(found) == content


def test_a_finding_that_is_gone_has_its_value_after_it(tmp_path: Path) -> None:
    wrong = run_of(off(WRONG))
    (gone,) = (one for one in wrong.cells if one.finding)
    before = written(tmp_path / "a.json.xz", off(WRONG), [])
    after = written(tmp_path / "b.json.xz", RIGHT, [wrong])
    name = inputs_text(CASES.hex(WRONG))
    assert witnesses([wrong]) == {TEST: {name}}
    assert read(after).kept == {TEST: {name: number(RIGHT, name)}}
    runs = [read(path).run for path in (before, after)]
    for first, last, kind in ((0, 1, "fixed"), (1, 0, "new")):
        held = [of_results(read(path).kept) for path in (before, after)]
        found = compare(runs[first], runs[last], evidence=Completed(held[first], held[last]))
        (change,) = found.of(kind)
        assert change.id == gone.id and change.case is not None and change.case.complete
        values = [change.case.before, change.case.after]
        assert values[first].verdict == "beyond-limit" and values[last].verdict == "correctly-rounded"
        assert values[first].got != values[last].got


def test_a_baseline_against_results_that_are_all_there(tmp_path: Path) -> None:
    before = read(written(tmp_path / "a.json.xz", off(WRONG), []))
    now = run_of(RIGHT)
    found = compare(before.run, now, evidence=Completed(of_results(before.kept), of_results({TEST: RIGHT})))
    (change,) = found.of("fixed")
    assert change.case is not None and change.case.complete and change.case.after.verdict == "correctly-rounded"


def test_of_what_both_hold_the_case_that_changed_is_shown_and_not_the_witness() -> None:
    first, second = inside(PLACE)[:2]
    before, after = off(int(first)), off(int(first))
    before[second] += 10**4
    texts = [inputs_text(CASES.hex(int(k))) for k in (first, second)]
    results = [of_results({TEST: {t: number(bits, t) for t in texts}}) for bits in (before, after)]
    shown = Completed(*results)(cells(before)[PLACE], cells(after)[PLACE], "better").case
    assert shown is not None and shown.case == CASES.name(int(second)) and shown.complete
    assert (shown.before.verdict, shown.after.verdict) == ("beyond-limit", "correctly-rounded")
    shown = Completed(*results)(cells(before)[PLACE], cells(after)[PLACE], "worse").case
    assert shown is not None and shown.case == CASES.name(int(first))   # none became worse: the witness


def test_what_nobody_kept_is_not_made_up(tmp_path: Path) -> None:
    wrong, later = cells(off(WRONG))[PLACE], cells(RIGHT)[PLACE]
    nothing = Completed(of_results({}), of_results({}))(wrong, later, "fixed").case
    assert nothing is not None and nothing.after.got is None
    assert wrong.worst is not None
    moved = replace(wrong, worst={**wrong.worst, "inputs": {**wrong.worst["inputs"], "logit": "0x1.8p+1"}})
    other = Completed(of_results({}), of_results({TEST: RIGHT}))
    assert (other(wrong, later, "fixed").case or nothing).after.got is not None
    assert (other(moved, later, "fixed").case or nothing).after.got is None  # the id has other inputs now
    assert kept(run_of(RIGHT), of_results({TEST: RIGHT}), {TEST: {"0x1.23456p+0 0x1p-1"}}) == {}
    raised = make_run(replace(later, verdicts={"raised": later.cases}))
    assert kept(raised, of_results({TEST: RIGHT}), {TEST: {inputs_text(CASES.hex(WRONG))}}) == {}


def test_some_results_are_no_ground_for_what_all_would_show() -> None:
    inputs = inputs_text(CASES.hex(WRONG))
    some = of_results({TEST: {inputs: "0x1p+0", "0x1.23456p+0 0x1p-1": "0x1p+0"}})(cells(RIGHT)[PLACE])
    assert some is not None and np.flatnonzero(some.held).tolist() == [WRONG]
    assert some.returned(WRONG).got == "0x1p+0" and not some.returned(WRONG + 1).known


@pytest.mark.parametrize("content", [b"", b"no xz", lzma.compress(b"{"), lzma.compress(json.dumps({}).encode())])
def test_a_damaged_baseline_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "torch-2.9.1.json.xz"
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"^The (baseline|file) .*measure it again.*\.$"):
        read(path)
