"""Checks: a known defect on one adapter, the job that runs its script, and what its observation says of it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.formats import FORMATS, Format, to_float64
from conformance.job import Job, Observation
from conformance.known_defects.records import Defect
from conformance.known_defects.script import program
from conformance.known_defects.wanted import Seen
from conformance.plan import Plan
from conformance.subject import Subject

PRESENT, CHANGED, FIXED, DOCUMENTED, NOT_APPLICABLE = "present", "changed", "fixed", "documented", "not-applicable"
STATES = {
    PRESENT: "the reported result came back",
    CHANGED: "neither that nor what is due",
    FIXED: "what is due came back",
    DOCUMENTED: "the reported result came back, and the documentation says so",
    NOT_APPLICABLE: "it cannot be asked here",
}
"""What each state means, in the order of the list."""

MISSING = r"No module named '?(\w+)"
"""What is not installed cannot be asked."""

SCHEMA = "bce-conformance/known-defects/1"
TIMEOUT = 120.0
DTYPE = "binary32"
"""Of the worker's environment: scripts make their own arrays."""


@dataclass(frozen=True)
class Check:
    """A defect on one adapter; without an adapter it cannot be run."""

    defect: Defect
    adapter: str = ""

    @property
    def id(self) -> str:
        """The defect's id, and the adapter's name where the defect has several."""
        return self.defect.id + (f"/{self.adapter}" if len(self.defect.adapters) > 1 else "")


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    Attributes
    ----------
    check : Check
    state : str
        One of `STATES`.
    said : str
        What came back, what is due, and why, in a line.
    framework, version : str
        What the report is about, and its installed release; empty where that is not known.
    """

    check: Check
    state: str
    said: str
    framework: str
    version: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record."""
        defect = self.check.defect
        return {
            "id": self.check.id,
            "state": self.state,
            "said": self.said,
            "framework": self.framework,
            "version": self.version or None,
            "adapter": self.check.adapter or None,
            "report": defect.report,
            "links": list(defect.links),
            "reported": defect.version,
            "upstream": defect.upstream,
            "why": defect.why,
            "caught": list(defect.caught),
            "code": defect.code or None,
        }


def checks(defects: Iterable[Defect], adapters: Sequence[str], every: bool) -> list[Check]:
    """The checks of defects on some adapters.

    Parameters
    ----------
    defects : iterable of Defect
    adapters : sequence of str
        Names of the adapters that were chosen.
    every : bool
        Nothing was filtered: what has none of these adapters is listed too.
    """
    found = []
    for defect in defects:
        mine = [Check(defect, name) for name in defect.adapters if name in adapters]
        found += mine or ([Check(defect)] if every else [])
    return found


def job(check: Check, plan: Plan, device: str = "cpu") -> Job:
    """The job that runs a check's script in a worker of its adapter."""
    mode = next(iter(plan.sources[check.adapter].adapter.modes))
    return Job(
        worker=plan.worker(Subject(check.adapter, "", "{}", mode, DTYPE, device)),
        entry_point="",
        config="{}",
        arguments=(),
        steps=(),
        mode=mode,
        dtype=DTYPE,
        inputs=(),
        alone=np.zeros(0, bool),
        free=True,
        script=program(check.defect.code),
        timeout=TIMEOUT,
    )


def judged(check: Check, observation: Observation) -> tuple[str, str]:
    """The state of a check, and why in a line.

    Parameters
    ----------
    check : Check
    observation : Observation
        Of its job.
    """
    defect, seen = check.defect, seen_in(observation)
    if seen is None:
        return CHANGED, f"{observation.status}: {observation.message or ', '.join(observation.dtypes)}"
    reported, due = defect.observed.words, defect.due.words
    if defect.due.fits(seen):
        return FIXED, f"{seen.words}, reported {reported}: {defect.why}"
    if defect.observed.fits(seen):
        if defect.quote:
            return DOCUMENTED, f'{seen.words}: {defect.why} ({defect.source}: "{defect.quote}")'
        return PRESENT, f"{seen.words}, due {due}: {defect.why}"
    missing = re.search(MISSING, seen.raised)
    if missing:
        return NOT_APPLICABLE, f"{missing[1]} is not installed"
    if observation.status == "unsupported" or (defect.lacks and re.search(defect.lacks, seen.raised)):
        return NOT_APPLICABLE, seen.raised
    return CHANGED, f"{seen.words}, reported {reported}, due {due}: {defect.why}"


def unrun(check: Check) -> Checked:
    """What there is to say of a check that no adapter can run."""
    said = check.defect.impossible or f"there is no adapter {' or '.join(check.defect.adapters)} here"
    return Checked(check, NOT_APPLICABLE, said, check.defect.distribution or check.defect.adapters[0])


def seen_in(observation: Observation) -> Seen | None:
    """What a script printed or raised; None where the worker gave no answer, or what nobody can read."""
    if observation.status in ("raised", "unsupported"):
        return Seen(raised=observation.message)
    if observation.status != "ok":
        return None
    values: list[float] = []
    formats: list[Format] = []
    for bits, dtype in zip(observation.outputs, observation.dtypes, strict=True):
        if dtype not in FORMATS:
            return None
        flat = to_float64(bits.ravel(), FORMATS[dtype])
        values += flat.tolist()
        formats += [FORMATS[dtype]] * len(flat)
    return Seen(tuple(values), tuple(formats))


def ordered(found: Iterable[Checked]) -> list[Checked]:
    """By state, in the order of `STATES`; within one, in the order of the files."""
    return sorted(found, key=lambda checked: list(STATES).index(checked.state))


def counts(found: Iterable[Checked]) -> dict[str, int]:
    """How many checks are in each state."""
    count = Counter(checked.state for checked in found)
    return {state: count[state] for state in STATES}
