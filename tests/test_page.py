"""The data of the page: what is drawn is what was measured, scripts are the reproducers, and all of it stays small."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audited import audit
from handmade import cell, lost, make_run
from unpacked import unpacked

from conformance import observations
from conformance.cell import Cell
from conformance.expectations import Assessment, assess, load
from conformance.formats import BINARY32, FORMATS, Bits, from_float64, to_float64
from conformance.judgement import Result
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.report.page import LARGEST, PARTS, PROGRAM, page
from conformance.report.page.axis import COLUMNS, LOGIT
from conformance.report.page.drawn import NO_BITS, OTHER_CASES, SWEPT, draw
from conformance.report.page.payload import DETAIL, ROOM, Told, by_test, payload
from conformance.report.page.scripts import OPEN, filled, template
from conformance.report.page.series import KINDS, PLAIN, TO_ZERO, Series, encoded, halved
from conformance.report.page.sweep_series import of_sweeps
from conformance.reproducer import reproducer
from conformance.run import Run, read
from conformance.subject import sources
from conformance.sweep.histogram import LINEAR
from conformance.sweep.outcome import Outcome
from conformance.verdicts import VERDICTS


@pytest.fixture(scope="module")
def measured() -> list[Result]:
    return audit(adapters_folder() / "textbook.py", adapters=("textbook",), dtypes=("binary32",))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(sources([str(adapters_folder() / "textbook.py")]), "quick")


@pytest.fixture(scope="module")
def run(measured: list[Result]) -> Run:
    record = {"name": "textbook", "versions": {"numpy": "2"}, "python": "3.11", "status": "ok", "reason": ""}
    return Run([cell for result in measured for cell in result.cells], [record], {"cpu": "A CPU"}, "quick")


def observed(measured: list[Result]) -> dict[str, Bits]:
    return {
        f"{one.subject.id}/{one.quantity}": one.observation.outputs[-1] for one in measured if one.observation.outputs
    }


def series_of(found: Mapping[str, int], every: list[Series]) -> Iterator[tuple[str, Series]]:
    return ((test, every[number]) for test, number in found.items())


def test_every_point_is_a_case_with_the_judges_own_error(measured: list[Result], run: Run, plan: Plan) -> None:
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    results = {f"{one.subject.id}/{one.quantity}": one for one in measured}
    assert len(drawn.of[0]) == len(results)
    for test, found in series_of(drawn.of[0], drawn.found):
        result = results[test]
        assert result.columns is not None
        plain = found.kind == PLAIN
        judged = result.columns.ulp[found.case]
        assert np.array_equal(found.error[plain], encoded(judged[plain]))
        zero = found.kind == TO_ZERO
        verdicts = {VERDICTS[code] for code in result.columns.verdict[found.case[zero]]}
        assert verdicts <= {"lost", "flushed", "daz", "wrong-class", "within-limit", "faithful", "documented"}
        assert np.array_equal(found.got, result.observation.outputs[-1][found.case])


def test_the_worst_case_of_every_test_is_drawn(measured: list[Result], run: Run, plan: Plan) -> None:
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    for result in measured:
        assert result.columns is not None
        found = drawn.found[drawn.of[0][f"{result.subject.id}/{result.quantity}"]]
        got = to_float64(result.observation.outputs[-1], BINARY32)
        plain = np.isfinite(got) & (got != 0) & np.isfinite(result.columns.ulp)
        worst = encoded(result.columns.ulp[plain]).max()
        assert found.error[found.kind == PLAIN].max() == worst


def test_the_histogram_counts_every_case_that_is_drawn(measured: list[Result], run: Run, plan: Plan) -> None:
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    for result in measured:
        found = drawn.found[drawn.of[0][f"{result.subject.id}/{result.quantity}"]]
        assert result.columns is not None
        counted = int(found.histogram.sum())
        silent = int(np.isnan(result.columns.ulp).sum())
        assert len(result.columns.ulp) - silent <= counted <= len(result.columns.ulp)


def test_joined_columns_keep_the_worse_case(measured: list[Result], run: Run, plan: Plan) -> None:
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    for whole in drawn.found:
        half = whole
        for _ in range(4):
            half = halved(half)
        assert half.columns * 16 == whole.columns
        assert len(half) < len(whole)
        for kind in range(len(KINDS)):
            for label in range(4):
                both = [s.error[(s.kind == kind) & (s.label_class == label)] for s in (whole, half)]
                assert len(both[0]) == 0 or both[0].max() == both[1].max()


def test_bits_of_other_cases_are_not_drawn(measured: list[Result], run: Run, plan: Plan) -> None:
    bits = {test: values.copy() for test, values in observed(measured).items()}
    short, changed, gone = list(bits)[:3]
    bits[short] = bits[short][:-1]
    bits[changed][np.flatnonzero(to_float64(bits[changed], BINARY32) > 0)[0]] ^= 1
    del bits[gone]
    drawn = draw([by_test(run.cells)], [bits], plan, lambda test: None)
    assert drawn.why == {short: OTHER_CASES, changed: OTHER_CASES, gone: NO_BITS}


def test_damaged_bits_are_as_none(measured: list[Result], run: Run, plan: Plan, tmp_path: Path) -> None:
    observations.write(observed(measured), tmp_path)
    file = tmp_path / observations.FILE
    raw = bytearray(file.read_bytes())
    raw[200:260] = bytes(60)  # in the middle of the first array: the archive's list of names stands at its end
    file.write_bytes(raw)
    drawn = draw([by_test(run.cells)], [observations.read(file)], plan, lambda test: None)
    assert list(drawn.why.values()) == [NO_BITS]


def test_a_sweep_has_no_cases_to_draw(plan: Plan) -> None:
    swept = cell(method="exhaustive")
    drawn = draw([by_test([swept])], [{}], plan, lambda test: None)
    assert drawn.why == {swept.test: SWEPT}


def test_a_sweep_is_drawn_from_its_histograms(plan: Plan) -> None:
    counts = {"+2^3": {"0": 5, "64": 3, str(LINEAR + 4): 2}, "-2^-1": {"32": 1}, "+nonfinite": {"0": 9}}
    swept = cell(method="exhaustive", loss="sigmoid_cross_entropy")
    outcome = Outcome(swept.subject, swept.quantity, "hard1", 25, {}, counts, None, None, 4, "", 0)
    drawn = draw([by_test([swept])], [{}], plan, lambda test: None, of_sweeps([outcome]))
    assert drawn.of == [{swept.test: 0}]
    (found,) = drawn.found
    assert found.label_class.tolist() == [1, 1]
    assert found.error.tolist() == encoded(np.array([0.5, 1024.0])).tolist()
    assert found.column.tolist() == LOGIT.columns(np.array([-0.75, 12.0])).tolist()
    assert found.histogram.tolist() == [0, 15, 3, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0]
    head, columns = unpacked(payload(Told(make_run(swept), plan, drawn=drawn)))
    assert head["drawing"]["keys"][0]["space"] == -1
    assert len(columns["point.mode"]) == 0


def test_a_point_reads_back_as_it_was_measured(measured: list[Result], run: Run, plan: Plan) -> None:
    """Case, result and the exact value of every point of the packed page, decoded by its own rules."""
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    head, columns = unpacked(payload(Told(run, plan, drawn=drawn)))
    assert (head["drawing"]["detailed"], head["drawing"]["columnsOfAxis"]) == (0, COLUMNS)
    start = case_start = 0
    key_starts = np.cumsum([0, *columns["key.cases"].tolist()])
    space_starts = np.cumsum([0, *columns["space.cases"].tolist()])
    near, other = iter(columns["point.near"].view("i1")), iter(columns["point.other"])
    for number, one in enumerate(drawn.found):
        count = int(columns["series.points"][number])
        assert count == len(one)
        key = int(columns["series.key"][number])
        space = head["drawing"]["keys"][key]["space"]
        refs = np.cumsum(columns["point.case"][case_start : case_start + count], dtype="u2")
        places = np.cumsum(columns["key.case"][key_starts[key] : key_starts[key + 1]], dtype="u2")
        for k in range(count):
            due = int(columns["key.due"][key_starts[key] + refs[k]])
            mode = columns["point.mode"][case_start + k]
            got = due if mode == 0 else (due + int(next(near))) % 2**64 if mode == 1 else int(next(other))
            assert (got, due) == (int(one.got[k]), int(one.due[k]))
            row = space_starts[space] + places[refs[k]]
            logit = int(columns["space.argument0"][row])
            assert logit == int(drawn.spaces[space].bits[0][one.case[k]])
        start, case_start = start + count, case_start + count


def test_a_script_with_its_numbers_is_the_reproducer(run: Run, plan: Plan, measured: list[Result]) -> None:
    for result in measured[:6]:
        subject, quantity = result.subject, result.quantity
        script = template(plan, subject, quantity)
        assert OPEN in script
        values = {"logit": -88.7228393554688, "label": 0.5}
        bits = {name: from_float64(np.array([value]), FORMATS[subject.dtype]) for name, value in values.items()}
        inputs = {name: float(to_float64(b, FORMATS[subject.dtype])[0]).hex() for name, b in bits.items()}
        inputs = {name: re.sub(r"\.?0*p", "p", text) for name, text in inputs.items()}
        output = "[1]" if quantity != "loss" else ""
        due = reproducer(
            plan.sources["textbook"].adapter, result.observation.text, bits, subject.dtype, subject.device, output
        )
        assert filled(script, inputs).replace("; ", "\n") == due.replace("; ", "\n")  # the same lines, some joined


def test_what_does_not_fit_is_drawn_coarser(measured: list[Result], run: Run, plan: Plan) -> None:
    drawn = draw([by_test(run.cells)], [observed(measured)], plan, lambda test: None)
    told = Told(run, plan, drawn=drawn)
    whole = payload(told)
    smaller = payload(told, len(whole) - 1)
    assert len(smaller) < len(whole)
    head, columns = unpacked(smaller)
    assert (head["drawing"]["detailed"], head["drawing"]["columnsOfAxis"]) != (0, COLUMNS)
    assert len(columns["cell.test"]) == len(run.cells)
    assert len(columns["witness.got"]) == len({json.dumps(c.worst) for c in run.cells if c.finding})
    assert [pair[0] for pair in DETAIL] == sorted(pair[0] for pair in DETAIL)


def test_the_page_needs_nothing_from_elsewhere_and_escapes_what_a_run_says() -> None:
    hostile = "</script><script>alert(1)</script>"
    run = make_run(lost(message=hostile, entry_point=hostile), invocation=hostile, environment={"cpu": hostile})
    text = page(Told(run, Plan([]), Assessment({}, {run.findings[0]: hostile}, {}, 1)), folder=hostile)
    assert hostile not in text
    assert text.count("<script") == 2
    assert text.count("</script>") == 2
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert "default-src 'none'" in text
    found = re.search(r'id="data">([^<]*)<', text)
    assert found
    assert hostile in json.dumps(unpacked(base64.b64decode(found[1]))[0], ensure_ascii=False)


def test_every_part_of_the_program_is_in_it() -> None:
    assert {path.stem for path in PARTS.glob("*.js")} == set(PROGRAM)
    assert not any("</script" in path.read_text(encoding="utf-8") for path in PARTS.glob("*.js"))


def test_the_page_of_a_default_audit_is_small_and_whole(audited: tuple[Any, Path]) -> None:
    """So small that a full one, of five times as many cells, has room; and that one is cut to its room."""
    file = audited[1] / "report.html"
    text = file.read_text(encoding="utf-8")
    assert file.stat().st_size < 0.4 * LARGEST
    found = re.search(r'id="data">([^<]*)<', text)
    assert found
    head, columns = unpacked(base64.b64decode(found[1]))
    assert (head["drawing"]["detailed"], head["drawing"]["columnsOfAxis"]) == (0, COLUMNS)
    assert len(columns["cell.test"]) == len(read(audited[1]).cells)


def test_data_that_fill_their_room_leave_the_page_under_its_bound() -> None:
    empty = page(Told(make_run(), Plan([])))
    assert len(empty.encode()) + ROOM * 4 / 3 < LARGEST


def test_causes_and_expectations_are_in_the_data() -> None:
    known = load(adapters_folder())
    name = next(iter(known.causes))
    run = make_run(lost())
    head, columns = unpacked(payload(Told(run, Plan([]), Assessment({run.findings[0]: name}, {}, {}, 0), known.causes)))
    assert head["causes"][name]["why"] == known.causes[name].why
    assert columns["cell.expected"].tolist() == [1]
    unexpected = assess(run, load())
    head, columns = unpacked(payload(Told(run, Plan([]), unexpected)))
    assert head["causes"] == {}
    assert head["texts"][columns["cell.reason"][0]] == "no cause covers it"


def test_cells_are_told_once_each(run: Run, plan: Plan) -> None:
    head, columns = unpacked(payload(Told(run, plan)))
    assert head["own"] == len(run.cells) == len(columns["cell.test"])
    first: Cell = run.cells[0]
    assert head["texts"][columns["test.adapter"][columns["cell.test"][0]]] == first.adapter
