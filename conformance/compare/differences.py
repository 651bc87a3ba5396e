"""In what two runs differ besides their results: machine, variables, what was measured, which releases. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.run import Run

CPU = ("cpu", "platform")
"""The fields of an environment that say which code a library chooses: where they differ, bits may differ for that."""

MACHINE = (*CPU, "os", "threads")
"""What is said of the machine, the weightiest first."""

NOTHING = "-"
"""What stands for a value that a run does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two runs differ.

    Attributes
    ----------
    of : str
        ``machine``, ``variable``, ``measured`` (tier, version of this project), ``adapter`` (whether it is there, its
        Python) or ``release``.
    name : str
        What differs: ``cpu``, a variable, an adapter and a distribution of it.
    before, after : str
        Both values.
    """

    of: str
    name: str
    before: str
    after: str


def differences(before: Run, after: Run) -> tuple[Difference, ...]:
    """What differs, and may explain why results do: the machine first, the releases last.

    Parameters
    ----------
    before, after : Run
    """
    return tuple(d for d in _all(before, after) if d.before != d.after)


def same_cpu(before: Run, after: Run) -> bool:
    """Whether both runs were made on one model of CPU, with the same instructions: only then are bits comparable."""
    return all(before.environment.get(name) == after.environment.get(name) for name in CPU)


def _all(before: Run, after: Run) -> Iterator[Difference]:
    here, there = before.environment, after.environment
    for name in MACHINE:
        yield Difference("machine", name, _text(here, name), _text(there, name))
    ours, theirs = (run.get("variables", {}) for run in (here, there))
    for name in sorted({*ours, *theirs}):
        yield Difference("variable", name, _text(ours, name), _text(theirs, name))
    yield Difference("measured", "tier", before.tier, after.tier)
    name = "bce-conformance"
    if name in here and name in there:  # runs of its first version do not say
        yield Difference("measured", name, _text(here, name), _text(there, name))
    records = [{record["name"]: record for record in run.adapters} for run in (before, after)]
    common = [name for name in records[0] if name in records[1]]
    for name in common:
        states = [_state(each[name]) for each in records]
        yield Difference("adapter", name, *states)
    for name in common:
        pythons = [each[name]["python"] or NOTHING for each in records]
        yield Difference("adapter", f"{name}, Python", *pythons)
    for name in common:
        versions = [each[name]["versions"] for each in records]
        for distribution in dict.fromkeys([*versions[0], *versions[1]]):
            pair = (_text(each, distribution) for each in versions)
            yield Difference("release", f"{name}, {distribution}", *pair)


def _state(record: Mapping[str, Any]) -> str:
    return record["status"] if record["status"] == "ok" else f"{record['status']}: {record['reason']}"


def _text(table: Mapping[str, Any], name: str) -> str:
    """A value as text; a variable that is set to nothing is not one that is not set."""
    value = table.get(name)
    return NOTHING if value is None else str(value) or '""'
