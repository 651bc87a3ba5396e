"""A baseline as a file: the run of a release, and what it returned for some cases.

It holds the cells of the run and every finding's witness; besides, what the release returned for those cases that are a
witness in the baseline of another: so a finding that is gone has a value after it, and a new one has one before.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.cell import Cell, shortest
from conformance.compare.judged_tests import RAISED, JudgedTests, Kept, index_of, inputs_text, inside
from conformance.run import Run, RunError, from_text, to_text

SCHEMA = "bce-conformance/baseline/1"
"""Names the format; a reader refuses any other."""


@dataclass(frozen=True)
class Baseline:
    """The run of a release, and what it returned for some cases.

    Attributes
    ----------
    run : Run
        With the witnesses of findings alone.
    kept : mapping
        By test (subject and quantity), the inputs of a case to a hexadecimal number.
    """

    run: Run
    kept: Mapping[str, Kept]


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises
    ------
    RunError
        It cannot be read, or is of another schema.
    """
    try:
        data = json.loads(lzma.decompress(path.read_bytes()))
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise RunError(f"The baseline at {path} cannot be read ({error}): measure it again.") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA or data.keys() != {"schema", "kept", "run"}:
        raise RunError(f"The file {path} is no {SCHEMA}: measure it again with bce-conformance baselines write.")
    return Baseline(from_text(json.dumps(data["run"]), str(path)), data["kept"])


def to_bytes(baseline: Baseline) -> bytes:
    """A baseline as its file holds it, compressed. The same baseline gives the same bytes.

    Parameters
    ----------
    baseline : Baseline
    """
    run = json.loads(to_text(baseline.run))
    kept = {test: dict(sorted(values.items())) for test, values in sorted(baseline.kept.items())}
    text = json.dumps({"schema": SCHEMA, "kept": kept, "run": run}, separators=(",", ":"), ensure_ascii=False)
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def without_other_witnesses(run: Run) -> Run:
    """A run with the witnesses of findings alone."""
    return replace(run, cells=[cell if cell.finding else replace(cell, worst=None) for cell in run.cells])


def witnesses(runs: Iterable[Run]) -> dict[str, set[str]]:
    """The inputs of the cases that are a finding's witness in any of the runs, by test.

    Parameters
    ----------
    runs : iterable of Run
    """
    found: dict[str, set[str]] = {}
    for run in runs:
        for cell in run.cells:
            if cell.finding and cell.worst is not None and cell.method == "cases" and not cell.examination:
                found.setdefault(cell.test, set()).add(inputs_text(cell.worst["inputs"]))
    return found


def kept(run: Run, tests: JudgedTests, wanted: Mapping[str, set[str]]) -> dict[str, Kept]:
    """What a run returned for some cases.

    Parameters
    ----------
    run : Run
    tests : JudgedTests
        Of its results.
    wanted : mapping of str to set of str
        Inputs of cases by test, from `witnesses`. What the run does not have is left out.
    """
    cells: dict[str, list[Cell]] = {}
    for cell in run.cells:
        if cell.test in wanted:
            cells.setdefault(cell.test, []).append(cell)
    found: dict[str, Kept] = {}
    for name, members in cells.items():
        test = next((test for cell in members if (test := tests(cell)) is not None), None)
        if test is None:
            continue
        held = test.held.copy()
        for cell in members:
            if RAISED & cell.verdicts.keys():
                held[inside(test, cell)] = False
        numbers = [(inputs, index_of(test.cases, inputs)) for inputs in wanted[name]]
        there = {inputs: shortest(float(test.values[k]).hex()) for inputs, k in numbers if k is not None and held[k]}
        if there:
            found[name] = there
    return found
