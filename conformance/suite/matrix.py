"""What the suite's tests are, and what each found: measured when first asked for, or read from a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cell import Cell
from conformance.environment import describe
from conformance.expectations import Assessment, Expectations, assess, load
from conformance.places import adapters_folder
from conformance.run import Run, RunError, read

if TYPE_CHECKING:
    from conformance.measure import Pool
    from conformance.plan import Plan
    from conformance.subject import Filters, Source, Subject


@dataclass(frozen=True)
class Check:
    """One test: a quantity of a subject. Its id is theirs, joined with ``/``."""

    id: str
    adapter: str


@dataclass(frozen=True)
class Outcome:
    """What one test found.

    Attributes
    ----------
    cells : tuple of Cell
        All of the test's cells.
    assessment : Assessment
        What was expected of them, and perhaps of others.
    record : mapping
        The adapter's record in the run.
    """

    cells: tuple[Cell, ...]
    assessment: Assessment
    record: Mapping[str, Any]

    @property
    def failing(self) -> list[Cell]:
        """The cells with a finding that nothing explains."""
        return [cell for cell in self.cells if cell.id in self.assessment.unexpected]

    @property
    def causes(self) -> list[str]:
        """The causes of the findings that are expected."""
        expected = self.assessment.expected
        return list(dict.fromkeys(expected[cell.id] for cell in self.cells if cell.id in expected))

    @property
    def stale(self) -> list[str]:
        """The recorded cells of this test whose finding is gone."""
        tests = {cell.test for cell in self.cells}
        return [identity for identity in self.assessment.stale if identity.rsplit("/", 2)[0] in tests]

    @property
    def nothing(self) -> str:
        """Why nothing was delivered that could be judged, or an empty string."""
        if any(cell.verdicts.keys() - {"unsupported"} for cell in self.cells):
            return ""
        return next((cell.message for cell in self.cells if cell.message), "unsupported")


class StoredMatrix:
    """The tests of a run on disk.

    Parameters
    ----------
    source : str
        Results folder or file.
    found : sequence of Source
        Adapters, beside which expectations are read.
    filters : Filters
        Which of the run's subjects to keep.
    """

    def __init__(self, source: str, found: Sequence[Source], filters: Filters) -> None:
        from conformance.subject import passes

        self.run = read(source)
        self.kept: dict[str, list[Cell]] = {}
        for cell in self.run.cells:
            if passes(cell, filters):
                self.kept.setdefault(cell.test, []).append(cell)
        if not self.kept:
            raise RunError(f"The run at {source} holds nothing that the --bce options keep: leave some of them out.")
        self.assessment = assess(self.run, _expectations(found))

    def checks(self) -> list[Check]:
        """The tests, in the order of the run."""
        return [Check(test, cells[0].adapter) for test, cells in self.kept.items()]

    def outcome(self, check: Check) -> Outcome:
        """What the run holds of a test."""
        return Outcome(tuple(self.kept[check.id]), self.assessment, _record(self.run, check.adapter))

    def close(self) -> None:
        """Nothing is open."""


class LiveMatrix:
    """The tests of the adapters that are here. No framework starts before the first outcome is asked for.

    Parameters
    ----------
    found : sequence of Source
        The adapters.
    filters : Filters
        Which of their subjects to keep.
    """

    def __init__(self, found: Sequence[Source], filters: Filters) -> None:
        from conformance.examinations import trials
        from conformance.plan import Plan
        from conformance.subject import subjects

        self.plan: Plan = Plan(found, filters.tier)
        self.tier = filters.tier
        self.chosen: dict[str, Subject] = {subject.id: subject for subject in subjects(found, filters)}
        self.trials = trials(self.plan, list(self.chosen.values()))
        self.expectations = _expectations(found)
        self._pool: Pool | None = None
        self._measured: dict[str, tuple[Run, Assessment]] = {}

    def checks(self) -> list[Check]:
        """The tests, in the order of the adapters' data."""
        tests = [
            Check(f"{subject.id}/{quantity}", subject.adapter)
            for subject in self.chosen.values()
            for quantity in self.plan.quantities(subject)
        ]
        return list(dict.fromkeys([*tests, *(Check(t.test, t.subject.adapter) for t in self.trials)]))

    def outcome(self, check: Check) -> Outcome:
        """What a test found; its subject is measured when this is first asked."""
        identity = check.id.rpartition("/")[0]
        if identity not in self._measured:
            run = self._measure(identity)
            self._measured[identity] = run, assess(run, self.expectations)
        run, assessment = self._measured[identity]
        cells = tuple(cell for cell in run.cells if cell.test == check.id)
        return Outcome(cells, assessment, _record(run, check.adapter))

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.__exit__(None, None, None)
            self._pool = None

    def _measure(self, identity: str) -> Run:
        from conformance.session import measured

        pool = self._warm_pool()
        subjects = [self.chosen[identity]] if identity in self.chosen else []
        trials = [trial for trial in self.trials if trial.subject.id == identity]
        cells = [cell for result in measured(self.plan, subjects, trials, pool) for cell in result.cells]
        subject = next(iter(subjects), None) or trials[0].subject
        said = pool.describe(self.plan.worker(subject) if subjects else trials[0].jobs[0].worker)
        record = {name: said[name] for name in ("versions", "python", "status", "reason")}
        adapters = [{"name": subject.adapter, **record}]
        return Run(cells, adapters, describe(), self.tier, invocation="pytest")

    def _warm_pool(self) -> Pool:
        from conformance.measure import Pool

        if self._pool is None:
            # Processes of pytest-xdist each have a pool of their own.
            self._pool = Pool(workers=1 if "PYTEST_XDIST_WORKER" in os.environ else 2)
            self._pool.__enter__()
        return self._pool


def _expectations(found: Sequence[Source]) -> Expectations:
    return load(adapters_folder(), *(Path(source.file).parent for source in found))


def _record(run: Run, adapter: str) -> Mapping[str, Any]:
    unknown = {"name": adapter, "versions": {}, "python": "", "status": "ok", "reason": ""}
    return next((record for record in run.adapters if record["name"] == adapter), unknown)


def is_required(adapter: str, required: Sequence[str]) -> bool:
    """Whether an adapter is one of those required; a family (``keras``) stands for its members."""
    return not {adapter, adapter.partition("[")[0]}.isdisjoint(required)


def missing(checks: Sequence[Check], required: Sequence[str]) -> Iterator[str]:
    """The required adapters that have no test."""
    return (name for name in required if not any(is_required(check.adapter, [name]) for check in checks))
