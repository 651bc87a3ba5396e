"""The project's own causes: each explains what is recorded, little else, and never a NaN for an inexact number.

Those of the full tier, whose findings are not recorded, are held against a full audit in ``test_full_audit``.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from handmade import ENVIRONMENT, cell, make_run

from conformance.cell import FIGURELESS, LABEL_CLASSES, Cell
from conformance.expectations import Expectations, assess, load
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.recorded import Line
from conformance.run import Run
from conformance.subject import Filters, sources, subjects
from conformance.verdicts import SEVERITY

WIDEST = 4
"""A cause may select this many times the cells that it explains: neighbours where the same code happens to do well."""

KNOWN = load(adapters_folder())
LINES = tuple(KNOWN.all_lines())
NAMED = {cause: [line for line in LINES if cause in line.cause.split("+")] for cause in KNOWN.causes}

RECORDED = {measurement for _, measurement in KNOWN.measured}
"""Subjects and quantities that were measured when the lines were written."""


@cache
def measured() -> dict[str, Cell]:
    """Every cell of full audits of the built-in adapters, all modes named, as if it held no finding."""
    return {made.id: made for made in _cells()}


def _cells() -> Iterator[Cell]:
    found = sources()
    plan = Plan(found, "full")
    modes = tuple({mode for source in found for mode in source.adapter.modes})
    for subject in subjects(found, Filters(tier="full", modes=modes)):
        cases, _ = plan.cases(subject)
        for code in np.unique(cases.region * len(LABEL_CLASSES) + cases.label_class):
            region, label = divmod(int(code), len(LABEL_CLASSES))
            for quantity in plan.quantities(subject):
                yield cell(
                    adapter=subject.adapter,
                    entry_point=subject.entry_point,
                    config=json.loads(subject.config),
                    loss=plan.entry(subject).loss,
                    mode=subject.mode,
                    dtype=subject.dtype,
                    quantity=quantity,
                    region=cases.regions[region],
                    label_class=LABEL_CLASSES[label],
                )


def finding(line: Line, *more: str) -> Cell:
    """A cell as its line records it: the worst verdict, and the mildest that each of the other causes explains."""
    kinds = {line.verdict, *more}
    for cause in KNOWN.named(line.cause):
        if line.verdict not in cause.verdicts:
            kinds.add(max(cause.verdicts, key=SEVERITY.index))
    figure = None if line.bound is None else 2.0 ** min(line.bound, 1023)
    return replace(measured()[line.cell], verdicts=dict.fromkeys(kinds, 1), max_ulp=figure)


def run_of(cells: Iterable[Cell]) -> Run:
    """A run of the releases and the platform that the lines were recorded with."""
    platforms = {line.platform for line in LINES}
    assert len(platforms) == 1, "write these tests for several platforms"
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    for line in LINES:
        for name, specifier in line.versions.specifiers:
            versions[measured()[line.cell].adapter][name] = str(specifier).removeprefix("==").replace("*", "0")
    adapters = [
        {"name": name, "versions": found, "python": "3.11.7", "status": "ok", "reason": ""}
        for name, found in versions.items()
    ]
    return make_run(*cells, adapters=adapters, environment={**ENVIRONMENT, "platform": platforms.pop()})


def without(cause: str) -> Expectations:
    """What is expected once a cause is struck out, its lines left as they are."""
    return replace(KNOWN, causes={name: other for name, other in KNOWN.causes.items() if name != cause})


def test_every_line_names_a_cell_that_is_measured() -> None:
    assert [line.cell for line in LINES if line.cell not in measured()] == []


def test_every_recorded_line_holds() -> None:
    assessment = assess(run_of(map(finding, LINES)), KNOWN)
    assert assessment.unexpected == {}
    assert (len(assessment.expected), assessment.stale, assessment.exit_status) == (len(LINES), {}, 0)


@pytest.mark.parametrize("cause", [cause for cause, lines in NAMED.items() if lines])
def test_a_recorded_cause_is_used_and_its_findings_need_it(cause: str) -> None:
    bare = assess(run_of(map(finding, NAMED[cause])), without(cause))
    assert bare.expected == {} and len(bare.unexpected) == len(NAMED[cause])


def test_a_cause_selects_little_but_what_it_explains() -> None:
    selected = Counter(
        cause.id
        for made in measured().values()
        for cause in KNOWN.causes.values()
        if NAMED[cause.id] and made.test in RECORDED and cause.selects(made)
    )
    wide = {name: (len(NAMED[name]), count) for name, count in selected.items() if count > WIDEST * len(NAMED[name])}
    assert wide == {}


def test_no_cause_speaks_of_the_reference() -> None:
    reference = [made for made in measured().values() if made.adapter == "reference"]
    assert reference
    assert not any(cause.selects(made) for made in reference for cause in KNOWN.causes.values())


def test_a_nan_is_unexpected_where_an_inexact_number_is_recorded() -> None:
    lines = [line for line in LINES if line.verdict not in FIGURELESS]
    assert len(lines) > 1000
    assessment = assess(run_of(finding(line, "wrong-class") for line in lines), KNOWN)
    assert assessment.expected == {} and len(assessment.unexpected) == len(lines)


def test_a_figure_above_its_bound_is_unexpected() -> None:
    figured = [made for made in map(finding, LINES) if made.figure is not None and made.figure < 2.0**1000]
    assert len(figured) > 1000
    assessment = assess(run_of(replace(made, max_ulp=(made.max_ulp or 0) * 1.01) for made in figured), KNOWN)
    assert assessment.expected == {} and len(assessment.unexpected) == len(figured)
