"""Bitwise invariance: the result of a value is the same wherever, in whatever company and however often it is asked.

The same values stand at every place of arrays of length 1 to 70 (the first entry point of each loss, in binary32 and a
mode that does not compile for each shape; the others get a few lengths) and in the middle of a long one; regions
``position`` and ``batch`` say whether place or length alone changes a result, ``repeat`` whether asking again does,
``layout-...`` another layout in memory, ``threads`` (of those first entry points) one thread instead of all. A NaN is a
NaN: its sign and payload do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.adapter import EntryPoint
from conformance.cases import Cases
from conformance.cell import Cell
from conformance.exact import decimal
from conformance.examinations import Shown, Trial, cell_of, few, witness
from conformance.examinations._extent import DTYPE, cheap, examined, gradient, leads
from conformance.formats import FORMATS, to_float64
from conformance.golden import Golden
from conformance.invariance.agreement import Disagreement, unit
from conformance.invariance.occurrences import Occurrences
from conformance.invariance.sample import mathematics, sample
from conformance.job import Job, Observation
from conformance.plan import Plan
from conformance.subject import Subject

NAME = "invariants"

ALL = tuple(range(1, 71))
FEW = (7, 15, 63)
"""Lengths: all there are, and those of all else; without the second where an entry point is not of the quick tier."""

MIDDLE = 4096
"""A length at which the parts of an array before and behind the vectors do not matter."""

SWEPT = ((7, 7), (15, 7), (31, 14), (63, 28))
"""Lengths at which the window is moved by so much through all values: each stands in a body and in a tail.

The tails of vectors of up to 32 are as long as they can be. The steps have a common factor, so that many values
stand at the same place in several lengths.
"""

MOVED = 5
"""At each length two windows lie so far apart: the same value in the same length, only the place differs."""

STRIDE = 31
"""By how much they begin elsewhere from one length to the next."""

LONG = 2 * (16 * 1030 + 15)
SHIFT = 15
"""A length just over what one thread takes alone in PyTorch (32,768), its halves no multiples of a vector; and by how
much the long window is moved, so that every value comes into the tail of a thread's part.
"""

ROWS, COLUMNS = 17, 19
"""Two dimensions, for a layout that needs them."""

COMPARED = {
    "position": (("value", "length"), "position-dependent"),
    "batch": (("value", "place"), "batch-dependent"),
    "repeat": (("value", "length", "place"), "not-repeatable"),
    "layout": (("value", "place"), "layout-dependent"),
    "threads": (("value", "place"), "thread-dependent"),
}
"""The first word of a region → what the compared results have in common, and the verdict where they differ.

Only ``repeat`` compares what was asked twice.
"""


@dataclass(frozen=True, eq=False)
class Question:
    """What a trial needs to be judged: the values asked, of which each job takes windows, in turn."""

    entry: EntryPoint
    values: Cases
    order: int


def trials(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
    """The trials of each subject that the tier examines.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    """
    for subject in subjects:
        if examined(plan, subject):
            yield from _trials(plan, subject)


def _trials(plan: Plan, subject: Subject) -> Iterator[Trial]:
    adapter, entry = plan.sources[subject.adapter].adapter, plan.entry(subject)
    values = sample(entry.loss, entry.contract, subject.dtype, entry.labels)
    derivative = gradient(adapter, entry)
    job = Job(
        worker=plan.worker(subject),
        entry_point=entry.path,
        config=entry.key,
        arguments=values.arguments,
        steps=plan.quantities(subject)[derivative] if derivative else (),
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=values.bits,
        alone=np.zeros(len(values), bool),
    )
    places = replace(job, windows=windows(plan, subject, len(values)))
    asked: dict[str, tuple[Job, ...]] = {"position": (places,), "batch": (places,), "repeat": (places,)}
    rows = "classes" in entry.loss                                      # made of the inputs: their layout is its own
    common = leads(adapter, entry) and subject.mode not in adapter.slow_modes
    if adapter.one_thread and not rows and plan.tier == "full" and subject.dtype == DTYPE and common:
        long = replace(job, windows=(*((start, LONG) for start in range(0, len(values), SHIFT)), (0, LONG)))
        alone = tuple(sorted((dict(job.worker.environ) | dict(adapter.one_thread)).items()))
        asked["threads"] = (long, replace(long, worker=replace(job.worker, environ=alone)))
        asked["repeat-long"] = (long,)
    quantities = ("loss", derivative) if derivative else ("loss",)
    for region, jobs in asked.items():
        for order, quantity in enumerate(quantities):
            yield Trial(subject, NAME, quantity, region, jobs, Question(entry, values, order))
    plain = (replace(job, steps=()), job)                               # a derivative may copy its input first
    for name, layout in adapter.layouts.items() if not rows and subject.mode == cheap(adapter) else ():
        if name == "transposed" and "[:, None]" in entry.expression():      # that means another axis in two dimensions
            continue
        reshape = adapter.reshape if name == "transposed" else ""
        for order, quantity in enumerate(quantities):
            jobs = _laid(plain[order], reshape, layout)
            yield Trial(subject, NAME, quantity, f"layout-{name}", jobs, Question(entry, values, order))


def windows(plan: Plan, subject: Subject, count: int) -> tuple[tuple[int, int], ...]:
    """The windows of the values that are asked, some of them twice.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    count : int
        How many values there are.
    """
    adapter, entry = plan.sources[subject.adapter].adapter, plan.entry(subject)
    every = leads(adapter, entry) and subject.dtype == DTYPE and subject.mode == cheap(adapter)
    few = FEW if entry.tier == "quick" else FEW[::2]
    lengths = ALL if every and subject.mode not in adapter.per_shape else few
    asked = [(start, length) for length in lengths for start in (0, STRIDE * length, STRIDE * length + MOVED)]
    swept = SWEPT if entry.tier == "quick" else SWEPT[-1:]
    asked += [(start, length) for length, step in swept if length in lengths for start in range(0, count, step)]
    again = [(0, length) for length in (1, 7, 63, MIDDLE) if length in (*lengths, MIDDLE)]
    return (*((start % count, length) for start, length in asked), (0, MIDDLE), *again)


def _laid(job: Job, reshape: str, layout: str) -> tuple[Job, Job]:
    """The job on arrays as they are made, and in another layout; reshaped first where a text says how."""
    if not reshape:
        return job, replace(job, prepare=tuple((x, layout.format(x=x)) for x in job.arguments))
    shaped = {x: reshape.format(x=x, shape=(ROWS, COLUMNS)) for x in job.arguments}
    numbers = np.count_nonzero(~np.isnan(to_float64(job.inputs[0], FORMATS[job.dtype])))
    inputs = tuple(bits[:numbers] for bits in job.inputs)               # a NaN, which is last, may raise
    plain = replace(job, inputs=inputs, length=ROWS * COLUMNS, free=True, prepare=tuple(shaped.items()))
    laid = tuple((x, layout.format(x=text)) for x, text in shaped.items())
    return plain, replace(plain, prepare=laid)


def judged(plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
    """The cell of a trial.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
    """
    question: Question = trial.question
    loss, values = question.entry.loss, question.values
    if trial.jobs[0].free and observations[0].status != "ok":
        return (cell_of(trial, loss, "unsupported", message=f"in two dimensions: {observations[0].message}"),)
    for said in observations:
        if said.status != "ok":
            return (cell_of(trial, loss, said.status, message=said.message),)
    exact = mathematics(question.entry, trial.subject.dtype, trial.quantity)
    compared = _compared(trial, observations, exact)
    if isinstance(compared, str):
        return (cell_of(trial, loss, "unsupported", message=compared),)
    seen, found = compared
    kind = COMPARED[_word(trial)][1]
    counts = {"same-bits": found.groups - found.differing, kind: found.differing}
    verdicts = {name: count for name, count in counts.items() if count}
    told: dict[str, Any] = {"cases": found.groups, "verdicts": verdicts, "message": found.words}
    if found.differing:
        value = int(seen.value[found.second])
        told["message"] += f"; {seen.words(found.first)}, {seen.words(found.second)}"
        told["worst"] = witness(
            values.name(value),
            seen.result(found.second),
            decimal(exact.value.number(value)),
            kind,
            inputs=values.hex(value),
            index=int(seen.job[found.second]),
        )
    return (cell_of(trial, loss, kind, **told),)


def _compared(
    trial: Trial, observations: Sequence[Observation], exact: Golden
) -> tuple[Occurrences, Disagreement] | str:
    """What came back where, and which of it differs; or why nothing can be compared."""
    seen = Occurrences.of(trial.jobs, observations, trial.question.order)
    if isinstance(seen, str):
        return seen
    word = _word(trial)
    seen = seen.repeated() if word == "repeat" else seen.once()
    groups = len(seen.bits) // 2
    seen = seen.unequal() if word in ("layout", "threads") else seen
    found = seen.disagreement(COMPARED[word][0], unit(exact.scale, seen.fmt))
    return seen, replace(found, groups=groups) if word in ("layout", "threads") else found


def _word(trial: Trial) -> str:
    return trial.region.partition("-")[0]


def shown(
    plan: Plan, trial: Trial, observations: Sequence[Observation], observe: Callable[[Job], Observation]
) -> list[Shown]:
    """One or two calls whose results should be the same: of one value over and over, if that shows it.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
        All delivered.
    observe : callable
        Runs a job.
    """
    question: Question = trial.question
    every = Occurrences.of(trial.jobs, observations, question.order)
    compared = _compared(trial, observations, mathematics(question.entry, trial.subject.dtype, trial.quantity))
    if isinstance(every, str) or isinstance(compared, str) or not compared[1].differing:
        return []
    seen, found = compared
    ends = (found.first, found.second)
    jobs = [trial.jobs[seen.job[i]] for i in ends]
    alone = [np.full(seen.length[i], seen.value[i]) for i in ends]
    for rows in (alone, [every.values(seen.call[i]) for i in ends]):
        calls = [job if job.free else few(job, row) for job, row in zip(jobs, rows, strict=True)]
        results = {_result(observe(call), question.order, seen.place[i]) for call, i in zip(calls, ends, strict=True)}
        if len(results) > 1:
            break
    pairs = [Shown(call, _output(call, question.order, seen.place[i])) for call, i in zip(calls, ends, strict=True)]
    if jobs[0].worker != jobs[1].worker:                            # a script has one environment
        return [pair for pair, job in zip(pairs, jobs, strict=True) if job.worker != trial.jobs[0].worker]
    same = all(np.array_equal(a, b) for a, b in zip(calls[0].inputs, calls[1].inputs, strict=True))
    return pairs[:1] if same and trial.region == "position" and pairs[0].output == pairs[1].output else pairs


def _result(said: Observation, order: int, place: int) -> int | None:
    return int(said.outputs[order].ravel()[place]) if said.status == "ok" else None


def _output(job: Job, order: int, place: int) -> str:
    """All results of a short array, one of a long one."""
    one = f"[{place}:{place + 1}]"
    some = f".reshape(-1){one}" if job.free else one if len(job.inputs[0]) > ALL[-1] else ""
    return f"[{order}]" * bool(job.steps) + some
