"""A run and what is known of it as the data of a page: tables of numbers that name texts, each text once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.causes import Cause
from conformance.cell import Cell
from conformance.compare.comparison import Change
from conformance.expectations import Assessment
from conformance.plan import Plan
from conformance.report.comparison.words import case_words, verdict_words
from conformance.report.page.columns import columns_of
from conformance.report.page.drawn import NONE, Drawn
from conformance.report.page.packing import Interned, pack, smallest
from conformance.report.page.scripts import of_examinations, template
from conformance.report.page.series import BINS, KINDS, LEAST, STEPS
from conformance.report.scoreboard import DTYPES, GRADIENTS, shown_figure
from conformance.run import Run
from conformance.subject import Subject
from conformance.verdicts import CONTRACT, DELIVERY, FINDINGS, INVARIANCE, MATHEMATICS, SEVERITY

ROOM = 1_020_000
"""Bytes of data in a page: as text they are a third more, and the whole stays under 1.5 MB."""

DETAIL = ((0, 0), (0, 192), (1, 192), (1, 256), (2, 256), (2, 320), (3, 320))
"""What is drawn is made coarser until it fits: how often columns are joined, and the error from which details are kept.

192 stands for 1 ULP, 256 for 16, 320 for 256. Findings and their witnesses are always whole.
"""

DOCUMENTED = frozenset(kind for kind in CONTRACT if kind not in FINDINGS)

Words = dict[str, Any]


@dataclass
class Told:
    """All that a page tells.

    Attributes
    ----------
    run : Run
    assessment : Assessment or None
        What is expected of it; without one every finding is unexpected.
    causes : mapping of str to Cause
        By id.
    plan : Plan
        What knows the subjects and their programs.
    drawn : Drawn
        The series of the run, or of the run and, second, of what it is compared with.
    others : sequence of Cell
        Cells of the other run that this one lacks.
    changes : sequence of Change
        What became of each cell.
    compared : bool
        Whether there is another run.
    """

    run: Run
    plan: Plan
    assessment: Assessment | None = None
    causes: Mapping[str, Cause] = field(default_factory=dict)
    drawn: Drawn = field(default_factory=Drawn)
    others: Sequence[Cell] = ()
    changes: Sequence[Change] = ()
    compared: bool = False


def payload(told: Told, room: int = ROOM) -> bytes:
    """The data of a page, deflated, as detailed as there is room for.

    Parameters
    ----------
    told : Told
    room : int
        Bytes.
    """
    head, columns = _tables(told)
    for joins, detailed in DETAIL:
        shape, drawing = columns_of(told.drawn, joins, detailed)
        shape |= {"detailed": detailed, "compared": told.compared}
        packed = pack({**head, "drawing": shape}, {**columns, **drawing})
        if len(packed) <= room:
            break
    return packed


def _tables(told: Told) -> tuple[Words, dict[str, np.ndarray]]:
    texts, figures = Interned([""]), Interned([None])
    cells = [*told.run.cells, *told.others]
    tests: dict[str, list[Cell]] = {}
    for cell in cells:
        tests.setdefault(cell.test, []).append(cell)
    number = {test: n for n, test in enumerate(tests)}
    columns: dict[str, np.ndarray] = {}
    columns |= _of_tests(told, tests, texts, figures)
    columns |= _of_cells(told, cells, number, texts, figures)
    scripts, columns["test.script"] = _scripts(told, tests)
    exams = of_examinations(told.plan, (cell for cell in cells if cell.examination and cell.finding))
    lines = Interned()
    head: Words = {
        "own": len(told.run.cells),
        "severity": list(SEVERITY),
        "documented": sorted(DOCUMENTED),
        "fine": [*MATHEMATICS, "same-bits"],
        "delivery": list(DELIVERY),
        "invariance": list(INVARIANCE),
        "dtypes": list(DTYPES),
        "gradients": sorted(GRADIENTS),
        "kinds": list(KINDS),
        "bins": [None if end == np.inf else end for end in BINS],
        "code": {"steps": STEPS, "least": LEAST},
        "adapters": [_adapter(record) for record in told.run.adapters],
        "causes": _causes(told),
        "scripts": [[lines.number(line) for line in script.splitlines()] for script in scripts],
        "exams": {str(n): exams[cell.id] for n, cell in enumerate(cells) if cell.id in exams},
        "changes": _changes(told, {cell.id: n for n, cell in enumerate(cells)}),
    }
    return {**head, "lines": lines.values, "texts": texts.values, "figures": figures.values}, columns


def _adapter(record: Mapping[str, Any]) -> Words:
    return {key: record[key] for key in ("name", "versions", "python", "status", "reason")}


def _of_tests(
    told: Told, tests: Mapping[str, Sequence[Cell]], texts: Interned, figures: Interned
) -> dict[str, np.ndarray]:
    """What the cells of a test have in common, its figure on the scoreboard, and its series."""
    first = [cells[0] for cells in tests.values()]
    expected = told.assessment.expected if told.assessment else {}
    own = {id(cell) for cell in told.run.cells}
    plain = ([cell for cell in cells if id(cell) in own and not cell.examination] for cells in tests.values())
    shown = [shown_figure(cells, expected) for cells in plain]
    columns = {
        "test.adapter": smallest(texts.number(cell.adapter) for cell in first),
        "test.entry": smallest(texts.number(cell.entry_point) for cell in first),
        "test.config": smallest(texts.number(cell.short_config) for cell in first),
        "test.loss": smallest(texts.number(cell.loss) for cell in first),
        "test.mode": smallest(texts.number(cell.mode) for cell in first),
        "test.dtype": smallest(texts.number(cell.dtype) for cell in first),
        "test.device": smallest(texts.number(cell.device) for cell in first),
        "test.quantity": smallest(texts.number(cell.quantity) for cell in first),
        "test.figure": smallest(texts.number(text) for text, _, _ in shown),
        "test.sign": smallest(texts.number(sign) for _, sign, _ in shown),
        "test.ulp": smallest(figures.number(figure) for _, _, figure in shown),
        "test.undrawn": smallest(texts.number(told.drawn.why.get(test, "")) for test in tests),
    }
    for name, of in zip(("test.series", "test.before"), [*told.drawn.of, {}, {}], strict=False):
        columns[name] = np.array([of.get(test, NONE) for test in tests], "u2")
    return columns


def _of_cells(
    told: Told, cells: Sequence[Cell], number: Mapping[str, int], texts: Interned, figures: Interned
) -> dict[str, np.ndarray]:
    """The cells, and the witnesses of those that are findings or documented deviations."""
    assessment = told.assessment
    counts, witnesses = Interned(), Interned([None])
    reasons = {**assessment.expected, **assessment.unexpected} if assessment else {}
    noted = [cell.finding is not None or bool(DOCUMENTED & cell.verdicts.keys()) for cell in cells]
    columns = {
        "cell.test": smallest(number[cell.test] for cell in cells),
        "cell.region": smallest(texts.number(cell.region) for cell in cells),
        "cell.label": smallest(texts.number(cell.label_class) for cell in cells),
        "cell.method": smallest(texts.number(cell.method) for cell in cells),
        "cell.counts": smallest(counts.number(tuple(cell.verdicts.items())) for cell in cells),
        "cell.limit": smallest(figures.number(cell.limit) for cell in cells),
        "cell.most": smallest(figures.number(cell.max_ulp) for cell in cells),
        "cell.figure": smallest(figures.number(cell.figure if cell.finding else None) for cell in cells),
        "cell.message": smallest(texts.number(cell.message if n else "") for cell, n in zip(cells, noted, strict=True)),
        "cell.reason": smallest(texts.number(reasons.get(cell.id, "")) for cell in cells),
        "cell.expected": np.array([bool(assessment and cell.id in assessment.expected) for cell in cells], "u1"),
        "cell.witness": smallest(
            witnesses.number(_witness(cell, texts, figures) if n else None)
            for cell, n in zip(cells, noted, strict=True)
        ),
    }
    kinds = [texts.number(kind) for pairs in counts.values for kind, _ in pairs]
    columns |= {
        "counts.length": smallest(len(pairs) for pairs in counts.values),
        "counts.kind": smallest(kinds),
        "counts.count": smallest(count for pairs in counts.values for _, count in pairs),
    }
    rows = [row for row in witnesses.values if row is not None]
    names = ("case", "got", "exact", "contract", "verdict", "ulp", "relative", "inputs")
    for k, name in enumerate(names):
        columns[f"witness.{name}"] = smallest(row[k] for row in rows)
    return columns


def _witness(cell: Cell, texts: Interned, figures: Interned) -> tuple[int, ...] | None:
    worst = cell.worst
    if worst is None:
        return None
    inputs = ";".join(f"{name}={value}" for name, value in worst["inputs"].items())
    words = (worst["case"], worst["got"], worst["exact"], worst["contract"], worst["verdict"])
    sizes = (worst["ulp"], worst["ulp_relative"])
    return (
        *(texts.number(str(word or "")) for word in words),
        *(figures.number(size) for size in sizes),
        texts.number(inputs),
    )


def _causes(told: Told) -> dict[str, Words]:
    """The causes that some finding has, by id."""
    expected = told.assessment.expected.values() if told.assessment else ()
    named = {name for joined in {*expected, *(c.cause for c in told.changes if c.cause)} for name in joined.split("+")}
    known = told.causes
    return {name: {"why": known[name].why, "link": known[name].link} for name in sorted(named) if name in known}


def _scripts(told: Told, tests: Mapping[str, Sequence[Cell]]) -> tuple[list[str], np.ndarray]:
    """The distinct scripts, and which each test has: one more than its number, 0 for none."""
    found = Interned([""])
    numbers = []
    for cells in tests.values():
        cell, script = cells[0], ""
        noted = any(c.finding or DOCUMENTED & c.verdicts.keys() for c in cells)
        if noted and not all(c.examination for c in cells) and cell.adapter in told.plan.sources:
            subject = Subject(cell.adapter, cell.entry_point, cell.config, cell.mode, cell.dtype, cell.device)
            script = template(told.plan, subject, cell.quantity) if told.plan.has(subject) else ""
        numbers.append(found.number(script))
    return found.values, smallest(numbers)


def _changes(told: Told, places: Mapping[str, int]) -> list[list[Any]]:
    """What became of cells, the gravest first: place, kind, verdicts, case, why and cause; the same are left out."""
    return [
        [places[c.id], c.kind, verdict_words(c), case_words(c), c.why, c.cause or ""]
        for c in told.changes
        if c.kind != "same" and c.id in places
    ]


def by_test(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Cells by test: those that came of cases."""
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        if not cell.examination:
            found.setdefault(cell.test, []).append(cell)
    return found
