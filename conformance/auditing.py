"""An audit: measure and judge chosen subjects and make a run of it. `audit`, `compare` and `sweep` share it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance import __version__, environments, examinations
from conformance.cell import Cell
from conformance.environment import describe, secret
from conformance.formats import Bits
from conformance.judgement import Result
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.run import Run
from conformance.session import measured
from conformance.subject import Filters, Source, Subject, left_out

Working = Callable[[str, int], AbstractContextManager[Callable[[str], Any]]]
"""From what is done, and how often, to a context whose value is told the name of each that is done."""


@dataclass(frozen=True)
class Audited:
    """What an audit came to.

    Attributes
    ----------
    run : Run
    observations : mapping of str to ndarray of unsigned integers
        The bits of every case by test: subject and quantity.
    """

    run: Run
    observations: Mapping[str, Bits] = field(default_factory=dict)


def audit(
    found: Sequence[Source],
    filters: Filters,
    wanted: Sequence[Subject],
    working: Working,
    frozen: Sequence[str] = (),
) -> Audited:
    """Measure and judge subjects.

    Parameters
    ----------
    found : sequence of Source
        The adapters, each with its interpreter and environment variables.
    filters : Filters
        What chose the subjects.
    wanted : sequence of Subject
    working : callable
        Shows progress.
    frozen : sequence of str
        ``name==version`` of all that is installed where the frameworks are, where it is known.
    """
    plan = Plan(found, filters.tier)
    with Pool(workers()) as pool:
        cells, observations = collect(plan, wanted, pool, working)
        records = adapters(plan, wanted, pool)
    if frozen:
        records = [{**record, "frozen": list(frozen)} for record in records]
    there = {record["name"] for record in records if record["status"] == "ok"}
    names = {subject.adapter for subject in wanted}
    run = Run(
        cells=[cell for cell in cells if cell.adapter in there],
        adapters=records,
        environment=environment(found),
        tier=filters.tier,
        left_out=left_out([source for source in found if source.adapter.name in names], filters),
        invocation=invocation(),
        date=now(),
    )
    return Audited(run, observations)


def frozen(python: str) -> tuple[str, ...]:
    """Everything that an interpreter has installed; nothing where it does not run, which the workers will say."""
    try:
        return environments.existing(python).frozen
    except environments.EnvironmentsError:
        return ()


def workers() -> int:
    """Worker processes: two, or one for each two of many processors; each framework has threads of its own."""
    return max(2, (os.cpu_count() or 2) // 2)


def environment(found: Sequence[Source]) -> dict[str, Any]:
    """The machine as a run records it, with the variables that the sources set for their workers."""
    described = describe()
    chosen = {name: value for source in found for name, value in source.environ if not secret(name)}
    variables = dict(sorted({**described["variables"], **chosen}.items()))
    return {**described, "variables": variables, "bce-conformance": __version__}


def invocation() -> str:
    """The command line, as a run records it."""
    return shlex.join(["bce-conformance", *sys.argv[1:]])


def now() -> str:
    """The time, as a run records it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")


def adapters(plan: Plan, wanted: Sequence[Subject], pool: Pool) -> list[dict[str, Any]]:
    """The run's record of each adapter that has a subject: versions, and whether its framework is there.

    After the measurement: the pool remembers what each worker said when it loaded.
    """
    records = []
    for name, subject in {s.adapter: s for s in reversed(wanted)}.items():
        said = pool.describe(plan.worker(subject))
        records.append({"name": name} | {key: said[key] for key in ("versions", "python", "status", "reason")})
    return sorted(records, key=lambda record: list(plan.sources).index(record["name"]))


def collect(
    plan: Plan, wanted: Sequence[Subject], pool: Pool, working: Working
) -> tuple[list[Cell], dict[str, Bits]]:
    """All cells in the order of the subjects, and the observed bits by subject and quantity."""
    found: dict[str, tuple[Cell, ...]] = {}
    observations: dict[str, Bits] = {}
    trials = examinations.trials(plan, wanted)
    order = [f"{s.id}/{q}" for s in wanted for q in plan.quantities(s)] + [trial.id for trial in trials]
    with working("measuring", len(order)) as advance:
        for result in measured(plan, wanted, trials, pool):
            if isinstance(result, Result):
                subject, outputs = result.subject.id, result.observation.outputs
                test = f"{subject}/{result.quantity}"
                found[test] = result.cells
                if outputs:
                    observations[test] = outputs[-1]
            else:
                subject, found[result.trial.id] = result.trial.subject.id, result.cells
            advance(subject)
    return [cell for key in order for cell in found[key]], observations
