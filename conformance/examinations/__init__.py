"""What a subject is put to beyond "one case, one number": reductions, shapes and dtypes, invariants. One file each.

An examination file states:

``trials(plan, subjects)``
    What to run: trials, each with the jobs it takes.
``judged(plan, trial, observations)``
    What the observations of a trial's jobs amount to: cells like any other. Their label class is the
    examination's name, their region the trial's.
``shown(plan, trial, observations, observe)``
    Optional: the calls that show a finding in few lines, where the job that its witness names is long.
``explained(entry)``
    Optional: what is documented, and where limits come from, instead of what is said of cases.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from conformance.cell import Cell
from conformance.job import Job, Observation
from conformance.plan import Plan
from conformance.subject import Subject


@dataclass(frozen=True, eq=False)
class Trial:
    """One question to a subject.

    Attributes
    ----------
    subject : Subject
        Whose cells come of it; not always one that has cases (a reduction has a config of its own).
    examination : str
        The examination's name, and the label class of the cells.
    quantity, region : str
        Those of the cells; with the subject they identify the trial.
    jobs : tuple of Job
        What to run, in the order in which the observations are wanted.
    question : object
        What the examination needs to judge the answers: a frozen record of its own.
    """

    subject: Subject
    examination: str
    quantity: str
    region: str
    jobs: tuple[Job, ...]
    question: Any = None

    @property
    def test(self) -> str:
        """The test of the suite that it belongs to: subject and quantity."""
        return f"{self.subject.id}/{self.quantity}"

    @property
    def id(self) -> str:
        """The id of the trial, and of its cell where it has just one."""
        return f"{self.test}/{self.region}/{self.examination}"


@dataclass(frozen=True)
class Examined:
    """A trial and its cells."""

    trial: Trial
    cells: tuple[Cell, ...]


@dataclass(frozen=True, eq=False)
class Shown:
    """A call for a reproducer, and which of its results to print: ``[0]`` or ``[1]`` of two orders, a slice of many.

    With ``container`` its dtype and shape too.
    """

    job: Job
    output: str = ""
    container: bool = False


def few(job: Job, rows: Any, length: int = 0) -> Job:
    """A job with some rows of its inputs only, each repeated in turn to a length, in one call.

    Parameters
    ----------
    job : Job
    rows : sequence of int
    length : int
        Or 0, as many as there are.
    """
    chosen = np.resize(np.asarray(rows), length or len(rows))
    inputs = tuple(bits[chosen] for bits in job.inputs)
    return replace(job, inputs=inputs, alone=np.zeros(len(chosen), bool), windows=(), length=0, rotation=0)


class Examination(Protocol):
    """What an examination file provides."""

    def trials(self, plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]: ...
    def judged(self, plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]: ...


def names() -> list[str]:
    """The names of all examinations."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_") and not m.ispkg)


def load(name: str) -> Examination:
    """An examination by its name."""
    module: Any = importlib.import_module(f"{__name__}.{name}")
    examination: Examination = module
    return examination


def trials(plan: Plan, subjects: Sequence[Subject]) -> list[Trial]:
    """The trials of all examinations.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
        Those that passed the filters; asked are those of adapters with which the plan goes further.
    """
    asked = [subject for subject in subjects if plan.goes_further(subject)]
    return [trial for name in names() for trial in load(name).trials(plan, asked)]


def trial_of(plan: Plan, cell: Cell) -> Trial | None:
    """The trial that a cell came of, or None where it came of cases."""
    if cell.label_class not in names():
        return None
    adapter = plan.sources[cell.adapter].adapter
    fitting = [
        Subject(cell.adapter, e.path, e.key, cell.mode, cell.dtype, cell.device)
        for e in adapter.entry_points
        if e.path == cell.entry_point
    ]
    subject = cell.id.rsplit("/", 3)[0]
    found = (t for t in load(cell.label_class).trials(plan, fitting) if t.subject.id == subject)
    return next((t for t in found if (t.quantity, t.region) == (cell.quantity, cell.region)), None)


def cell_of(trial: Trial, loss: str, verdict: str, **figures: Any) -> Cell:
    """The one cell of a trial with one verdict.

    Parameters
    ----------
    trial : Trial
    loss : str
        Name of the loss.
    verdict : str
    **figures
        Further fields of the cell: ``message``, ``max_ulp``, ``worst``, ``cases``, ``bits_digest``, ...
    """
    subject = trial.subject
    return Cell(
        **{
            "id": trial.id,
            "adapter": subject.adapter,
            "entry_point": subject.entry_point,
            "config": subject.config,
            "loss": loss,
            "mode": subject.mode,
            "dtype": subject.dtype,
            "device": subject.device,
            "quantity": trial.quantity,
            "region": trial.region,
            "label_class": trial.examination,
            "method": "cases",
            "cases": 1,
            "verdicts": {verdict: 1},
            **figures,
        }
    )


def witness(case: str, got: str, exact: str, verdict: str, **others: Any) -> dict[str, Any]:
    """A cell's ``worst`` for a trial: what was asked, what came back, what is due.

    Parameters
    ----------
    case, got, exact, verdict : str
    **others
        ``inputs`` (name → hex float), ``contract``, ``ulp``, ``ulp_relative``.
    """
    nothing: dict[str, Any] = {"index": 0, "inputs": {}, "contract": None, "ulp": None, "ulp_relative": None}
    return {**nothing, "case": case, "got": got, "exact": exact, "verdict": verdict, **others}
