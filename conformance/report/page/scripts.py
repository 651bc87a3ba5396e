"""Reproducers for the findings of a page: a script for each test with places for the inputs, or one as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from conformance import examinations, losses
from conformance.adapter import Unsupported
from conformance.cell import Cell
from conformance.formats import FORMATS
from conformance.job import Job
from conformance.plan import Plan
from conformance.replay import executed
from conformance.reproducer import literal, reproducer
from conformance.subject import Subject

OPEN, CLOSE = "⟨", "⟩"
"""Around the name of an input, where its number belongs; no Python program holds them."""

FEW = 10
"""Lines that a reader takes in; few scripts of second derivatives have more."""

LONGEST, WIDEST = 14, 400
"""Lines, and characters in one, of what is shown of an examination; `explain` shows longer ones."""


def template(plan: Plan, subject: Subject, quantity: str) -> str:
    """The script that computes one result of a test, a place for each input's hexadecimal number.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    quantity : str

    Returns
    -------
    str
        Empty where the adapter has no such program.
    """
    adapter, entry = plan.sources[subject.adapter].adapter, plan.entry(subject)
    arguments, wanted = losses.load(entry.loss).ARGUMENTS, plan.quantities(subject)
    if quantity not in wanted:
        return ""
    try:
        text = adapter.program(entry, arguments, wanted[quantity], subject.mode)
    except Unsupported:
        return ""
    zero = np.zeros(1, FORMATS[subject.dtype].storage)
    output = "[1]" if wanted[quantity] else ""
    script = reproducer(adapter, text, dict.fromkeys(arguments, zero), subject.dtype, subject.device, output)
    lines = script.splitlines()
    for argument in arguments:
        spot = max(n for n, line in enumerate(lines) if line.startswith(f"{argument} = "))
        number = literal(zero, subject.dtype)
        lines[spot] = lines[spot].replace(number, number.replace("0x0p+0", f"{OPEN}{argument}{CLOSE}"), 1)
    return "\n".join(shortened(lines)) + "\n"


def shortened(lines: Sequence[str]) -> list[str]:
    """The lines of a script; of one that is long, the imports at its head on one, and the inputs on another.

    Parameters
    ----------
    lines : sequence of str
    """
    if len(lines) <= FEW:
        return list(lines)
    head = next((n for n, line in enumerate(lines) if not line.startswith("import ")), 0)
    inputs = [n for n, line in enumerate(lines) if OPEN in line]
    imports, given = "; ".join(lines[:head]), "; ".join(lines[n] for n in inputs)
    body = [given if n in inputs[:1] else line for n, line in enumerate(lines) if n >= head and n not in inputs[1:]]
    return [imports] * bool(head) + body


def filled(script: str, inputs: Mapping[str, str]) -> str:
    """A script with the numbers of a witness in their places.

    Parameters
    ----------
    script : str
        From `template`.
    inputs : mapping of str to str
        Argument to hexadecimal number.
    """
    for argument, number in inputs.items():
        script = script.replace(f"{OPEN}{argument}{CLOSE}", number)
    return script


def of_examinations(plan: Plan, cells: Iterable[Cell]) -> dict[str, str]:
    """The scripts of findings of examinations that are short enough to be shown, by the cell's id.

    Parameters
    ----------
    plan : Plan
    cells : iterable of Cell
        Findings of examinations.
    """
    wanted = [cell for cell in cells if cell.worst is not None and cell.adapter in plan.sources]
    entries: dict[str, dict[tuple[str, str, str, str, str], None]] = {}
    for cell in wanted:
        place = (cell.adapter, cell.entry_point, cell.mode, cell.dtype, cell.device)
        entries.setdefault(cell.label_class, {})[place] = None
    found: dict[str, str] = {}
    by_id = {cell.id: cell for cell in wanted}
    has = cache(plan.has)
    for examination in entries:
        if examination not in examinations.names():
            continue
        subjects = [
            subject
            for adapter, path, mode, dtype, device in entries[examination]
            for entry in plan.sources[adapter].adapter.entry_points
            if entry.path == path and has(subject := Subject(adapter, path, entry.key, mode, dtype, device))
        ]
        asked = examinations.load(examination)
        for trial in asked.trials(plan, subjects):
            finding = by_id.get(trial.id)
            if finding is None or finding.worst is None or finding.worst["index"] >= len(trial.jobs):
                continue
            script = _script(plan, trial.jobs[finding.worst["index"]], getattr(asked, "CONTAINER", False))
            if script:
                found[finding.id] = script
    return found


def _script(plan: Plan, job: Job, container: bool) -> str:
    """The script of a job; empty where it is too long to be read."""
    if sum(bits.size for bits in job.inputs) > WIDEST // 8:
        return ""
    adapter = plan.sources[job.worker.adapter].adapter
    try:
        text = executed(adapter, job)
    except Unsupported:
        return ""
    inputs = dict(zip(job.arguments, job.inputs, strict=True))
    told = (job.prepare, job.length, dict(job.worker.environ), container)
    script = reproducer(adapter, text, inputs, job.dtype, job.worker.device, "[1]" if job.steps else "", *told)
    lines = script.splitlines()
    return script if len(lines) <= LONGEST and max(map(len, lines)) <= WIDEST else ""
