"""Sides measured and compared, two by two: what ``compare`` does, without its words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.auditing import Working
from conformance.compare import saved_results
from conformance.compare.case_by_case import CaseByCase
from conformance.compare.comparison import Comparison, Entry, Evidence, compare
from conformance.compare.completed import Completed
from conformance.compare.judged_tests import JudgedTests
from conformance.compare.measured_side import Measured, Options, Say, environment, measure, others_of, saved
from conformance.compare.side import Side, SideError, spared
from conformance.environments import Environment, EnvironmentsError
from conformance.environments.cache import kept
from conformance.expectations import Expectations
from conformance.run import RunError, prepare
from conformance.subject import Source

FAILURES = (EnvironmentsError, RunError, SideError)
"""What keeps one side from being measured, and says why in a sentence."""


@dataclass(frozen=True)
class Outcome:
    """What became of a side.

    Attributes
    ----------
    side : Side
    environment : Environment or None
        None of a saved run, or where it could not be had.
    measured : Measured or None
    failure : Exception or None
        Why it was not measured.
    """

    side: Side
    environment: Environment | None = None
    measured: Measured | None = None
    failure: Exception | None = None


def outcomes(
    sides: Sequence[Side], options: Options, out: Path, say: Say, working: Working, strict: bool = False
) -> list[Outcome]:
    """Measure sides one after the other, after all environments stand.

    Parameters
    ----------
    sides : sequence of Side
    options : Options
    out : Path
        The folder in which each run gets a folder.
    say, working : callable
        Told what goes on.
    strict : bool
        Raise the first failure; else it is the outcome of its side, and the others go on.
    """
    for folder in (folder for side, folder in zip(sides, folders(sides, out), strict=True) if side.results is None):
        for side in sides:
            spared(side, folder)
    with ExitStack() as using:
        found: list[Outcome] = []
        for side in sides:
            alike = next((one for one in found if _one_environment(one.side, side)), None)
            try:
                found.append(replace(alike, side=side) if alike is not None else _ready(side, options, say))
            except FAILURES as error:
                if strict:
                    raise
                found.append(Outcome(side, failure=error))
            built = found[-1].environment
            if built is not None:
                using.enter_context(kept(built))        # somebody may prune meanwhile
        return _measured(found, options, out, say, working, strict)


def _measured(
    found: Sequence[Outcome], options: Options, out: Path, say: Say, working: Working, strict: bool
) -> list[Outcome]:
    """Measure in every environment that stands."""
    found, sides = list(found), [one.side for one in found]
    others = others_of(sides, [one.measured.run for one in found if one.measured is not None], options.found)
    for index, (outcome, folder) in enumerate(zip(found, folders(sides, out), strict=True)):
        if outcome.environment is None:
            continue
        say(f"Measuring {outcome.side.name}")
        try:
            run = measure(outcome.side, outcome.environment, options, others, prepare(folder), working)
            found[index] = replace(outcome, measured=run)
        except FAILURES as error:
            if strict:
                raise
            found[index] = replace(outcome, failure=error)
    return found


def compared(before: Measured, after: Measured, found: Sequence[Source], expectations: Expectations) -> Comparison:
    """Compare two measured sides, case by case where both kept every bit.

    Parameters
    ----------
    before, after : Measured
    found : sequence of Source
        The adapters, whose data say what the cases are and which release introduced what.
    expectations : Expectations
    """
    evidence = _evidence(before, after, found)
    return compare(before.run, after.run, expectations, evidence, introduced(found))


def _evidence(before: Measured, after: Measured, found: Sequence[Source]) -> Evidence:
    """What looks at cases: all of them, where both sides have the same and kept them, else at the witnesses."""
    tests = [JudgedTests(found, side.run.tier, saved_results.held(side.results)) for side in (before, after)]
    look, complete = CaseByCase(*tests), Completed(*tests)
    if before.run.tier != after.run.tier:
        return complete
    return lambda one, other, kind: look(one, other, kind) or complete(one, other, kind)


def introduced(found: Sequence[Source]) -> dict[Entry, str]:
    """The releases that introduced entry points, where the adapters' data say so."""
    return {(s.adapter.name, e.path, e.key): e.since for s in found for e in s.adapter.entry_points if e.since}


def folders(sides: Sequence[Side], out: Path) -> list[Path]:
    """A folder for each side's run, named like it, and numbered where two have one name."""
    seen: dict[str, int] = {}
    found = []
    for side in sides:
        seen[side.folder] = seen.get(side.folder, 0) + 1
        number = seen[side.folder]
        found.append(out / (side.folder if number == 1 else f"{side.folder}-{number}"))
    return found


def _one_environment(first: Side, second: Side) -> bool:
    """Whether two sides differ in variables at most: one environment serves both, or fails both."""
    return first.results is None and replace(first, name=second.name, environ=second.environ) == second


def _ready(side: Side, options: Options, say: Say) -> Outcome:
    if side.results is not None:
        return Outcome(side, measured=saved(side, options))
    return Outcome(side, environment(side, options, say))
