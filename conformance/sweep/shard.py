"""One shard of a sweep: measured and judged in an executor's process, which keeps one worker warm."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from conformance import losses
from conformance.adapter import Steps
from conformance.formats import FORMATS
from conformance.job import Job, Observation, Span
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.standards import formats
from conformance.subject import Source, Subject, sources
from conformance.sweep.ledger import Ledger
from conformance.sweep.measured import Measured
from conformance.sweep.part import Part, to_json
from conformance.sweep.search import STRATUM, Patterns, search
from conformance.sweep.space import Column

ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
"""A framework that shares a batch among threads has other vector tails with each number of them."""

ALONE = threading.Lock()
"""An executor of threads has one worker and one set of arrays to work in: they take turns."""

TIMEOUT = 600.0
"""Seconds for a batch, the first of which may be compiled."""


class SweepError(Exception):
    """A batch cannot be measured; the message is one sentence for the user."""

    exit_status = 4


@dataclass(frozen=True)
class Swept:
    """What is swept, in words that any process understands.

    Attributes
    ----------
    file : str
        The adapter's.
    python : str
        The interpreter of its workers.
    subject : Subject
    quantities : tuple of str
        Those that one call yields, the last one last.
    steps : tuple
        Of differentiation.
    flags : tuple of bool
        What the probes proved.
    """

    file: str
    python: str
    subject: Subject
    quantities: tuple[str, ...]
    steps: Steps
    flags: tuple[bool, bool]


@dataclass(frozen=True)
class Shard:
    """A part of a sweep.

    Attributes
    ----------
    swept : Swept
    columns : tuple of Column
    """

    swept: Swept
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """Names it: subject, the last quantity, label and first pattern of its first column."""
        column = self.columns[0]
        return f"{self.swept.subject.id}/{self.swept.quantities[-1]}/{column.label:x}/{column.first:x}"

    @property
    def weight(self) -> int:
        """How many points it judges."""
        return sum(column.count for column in self.columns) * len(self.swept.quantities)


@dataclass(frozen=True)
class Hunt:
    """A search, where a sweep would have no end.

    Attributes
    ----------
    swept : Swept
    labels : tuple of tuple of int
        Patterns, a tuple for each class.
    """

    swept: Swept
    labels: tuple[tuple[int, ...], ...]

    @property
    def key(self) -> str:
        """Names it."""
        return f"{self.swept.subject.id}/{self.swept.quantities[-1]}/searched"

    @property
    def weight(self) -> int:
        """About how many points it judges."""
        binades = 4 * FORMATS[self.swept.subject.dtype].emax
        return len(self.labels) * len(self.swept.quantities) * STRATUM * binades


def run(shard: Shard | Hunt) -> dict[str, Any]:
    """Measure and judge a shard; the part that it is, as JSON data.

    Parameters
    ----------
    shard : Shard or Hunt

    Raises
    ------
    SweepError
        A batch did not come back.
    """
    with ALONE, one_cpu():
        return to_json(_part(shard))


def _part(shard: Shard | Hunt) -> Part:
    swept = shard.swept
    plan = _plan(swept.file, swept.python, swept.subject.adapter)
    measured = Measured(plan.entry(swept.subject), swept.subject.dtype, swept.flags)
    if isinstance(shard, Hunt):
        return search(measured, swept.quantities, shard.labels, lambda x, y: _asked(swept, plan, x, y))
    ledger = Ledger(measured)
    batches = [column.batches() for column in shard.columns]
    mirrored = _mirrored(shard)
    for together in zip(*batches, strict=True) if mirrored else ((b,) for several in batches for b in several):
        kept: list[tuple[np.ndarray, ...]] = []
        for column in together:
            outputs = _outputs(swept, plan, ledger, column)
            if outputs and mirrored:
                kept.append(tuple(bits.copy() for bits in outputs))  # the next batch overwrites them
        if len(kept) == 2:
            ledger.compare(swept.quantities, *kept)
    return ledger.part()


def _outputs(swept: Swept, plan: Plan, ledger: Ledger, column: Column) -> tuple[np.ndarray, ...]:
    """Measure one batch and enter it; nothing where it came back in the wrong container."""
    observation = _pool().observe(job_of(swept, plan, column))
    if observation.status != "ok" or observation.raised:
        where = f"patterns {column.first:#x} to {column.first + column.count - 1:#x}, label {column.label:#x}"
        raise SweepError(_failure(swept, where, observation))
    outputs = observation.outputs[-len(swept.quantities) :]
    dtypes = observation.dtypes[-len(swept.quantities) :]
    entry = plan.entry(swept.subject)
    wanted = [formats(entry, swept.subject.dtype, q)[1].name for q in swept.quantities]
    if list(dtypes) != wanted:
        for quantity in swept.quantities:
            ledger.misdelivered(quantity, column, "wrong-dtype")
        return ()
    ledger.enter(swept.quantities, column, outputs)
    return outputs


def job_of(swept: Swept, plan: Plan, column: Column) -> Job:
    """The job of one batch.

    Parameters
    ----------
    swept : Swept
    plan : Plan
        That knows its subject.
    column : Column
    """
    entry, subject = plan.entry(swept.subject), swept.subject
    worker = plan.worker(subject)
    environ = tuple(sorted({**ONE_THREAD, **dict(worker.environ)}.items()))
    return Job(
        worker=type(worker)(worker.python, worker.adapter_file, worker.adapter, environ, worker.device),
        entry_point=entry.path,
        config=entry.key,
        arguments=tuple(losses.load(entry.loss).ARGUMENTS),
        steps=swept.steps,
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=(),
        spans=(Span(column.first, 1, column.count), Span(column.label, 0, column.count)),
        alone=np.zeros(0, bool),
        shared=True,
        timeout=TIMEOUT,
    )


def _asked(swept: Swept, plan: Plan, inputs: Patterns, labels: Patterns) -> tuple[np.ndarray, ...]:
    """The results at any inputs."""
    storage = FORMATS[swept.subject.dtype].storage
    job = job_of(swept, plan, Column(0, 0, 0))
    arrays = tuple(patterns.astype(storage) for patterns in (inputs, labels))
    observation = _pool().observe(replace(job, spans=(), inputs=arrays, shared=False))
    if observation.status != "ok" or observation.raised:
        raise SweepError(_failure(swept, f"{len(inputs)} inputs", observation))
    return observation.outputs[-len(swept.quantities) :]


def _failure(swept: Swept, where: str, observation: Observation) -> str:
    said = observation.message or next(iter(observation.raised.values()), "")
    return f"{swept.subject.id}, {where}: {observation.status}: {said}; audit it first"


def _mirrored(shard: Shard) -> bool:
    """Whether its two columns hold each other's mirrored inputs."""
    return len({column.first for column in shard.columns}) == 2


@cache
def _plan(file: str, python: str, adapter: str) -> Plan:
    found: list[Source] = [s for s in sources([file], python) if s.adapter.name == adapter]
    return Plan(found, "full")


@cache
def _pool() -> Pool:
    """One worker, which lives as long as this process."""
    return Pool(1)


@contextmanager
def one_cpu() -> Iterator[None]:
    """Keep this thread, and the worker that it starts, on one of its CPUs, where the system can."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(allowed) < 2:
        yield
        return
    os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
