"""Findings that nobody has reported, as far as the known defects say: by cause, each with the finding that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.causes import Cause, matches
from conformance.cell import Cell
from conformance.expectations import Assessment, Expectations
from conformance.known_defects.records import Defect
from conformance.run import Run


@dataclass(frozen=True)
class Unreported:
    """A cause that no known defect is about.

    Attributes
    ----------
    cause : Cause
    shown : Cell
        The finding that shows it best.
    count : int
        How many findings it explains.
    """

    cause: Cause
    shown: Cell
    count: int


def unreported(
    run: Run, assessment: Assessment, known: Expectations, defects: Iterable[Defect]
) -> Sequence[Unreported]:
    """The causes of a run without a report, by adapter; of each the one with the worst finding first.

    A cause has a report where a known defect names one of the cells that it explains.

    Parameters
    ----------
    run : Run
    assessment : Assessment
        Of the run.
    known : Expectations
        What it was assessed by.
    defects : iterable of Defect
    """
    globs = [glob for defect in defects for glob in defect.caught]
    explained: dict[str, list[str]] = {}
    for identity in run.findings:
        for name in filter(None, assessment.expected.get(identity, "").split("+")):
            explained.setdefault(name, []).append(identity)
    cells = run.by_id()
    found = []
    for name, identities in explained.items():
        if any(matches(glob, identity) for glob in globs for identity in identities):
            continue
        cause = known.causes[name]
        mine = [cells[i] for i in identities if cells[i].worst is not None and cells[i].finding in cause.verdicts]
        if mine:
            found.append(Unreported(cause, min(mine, key=_strangeness), len(identities)))
    return sorted(found, key=lambda one: one.shown.adapter)


def _strangeness(cell: Cell) -> tuple[bool, bool, bool]:
    """What most people use comes first; of that the worst, since the cells are in that order."""
    return cell.dtype != "binary32", cell.mode != "eager", bool(cell.examination)
