"""A judged case once more: measured in its batch and alone, with a script that shows it and the rules it is held to."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from conformance import contracts, examinations, losses
from conformance.adapter import Adapter, EntryPoint, entry_point
from conformance.cell import Cell, shortest
from conformance.examinations import Shown, Trial
from conformance.formats import FORMATS, from_float64, to_float64
from conformance.measure import Job, Observation, Pool
from conformance.plan import Plan
from conformance.quantities import REVERSE, exact
from conformance.report.explanation import Details
from conformance.reproducer import reproducer
from conformance.run import Run, RunError
from conformance.subject import Source, Subject, sources

LONG = 4096
"""Elements of an array in which the witness of a sweep is measured again."""

LENGTHS = (1, 8, 16)
"""Arrays a reproducer is tried with before the whole length: the case alone, in a vector of eight, in two of them."""


def details(
    run: Run,
    cell: Cell,
    files: Sequence[str] = (),
    measure: bool = True,
    pool: Pool | None = None,
    python: str = sys.executable,
) -> Details:
    """What the project knows of a cell beyond its record.

    Parameters
    ----------
    run : Run
        Where the cell comes from.
    cell : Cell
        The cell to explain.
    files : sequence of str
        Adapter files beside the built-in ones.
    measure : bool
        Whether to measure the witness again; without it there is no reproducer.
    pool : Pool, optional
        What to measure in, where its workers are of use to others too.
    python : str
        The interpreter that has the framework.

    Raises
    ------
    RunError
        The adapter or the entry point is not here.
    """
    found = [*(sources(files, python) if files else []), *sources((), python)]
    subject = Subject(cell.adapter, cell.entry_point, cell.config, cell.mode, cell.dtype, cell.device)
    source = next((s for s in found if s.adapter.name == cell.adapter), None)
    entry = None if source is None else _entry(source, cell)
    if source is None or entry is None:
        raise RunError(f"No adapter here has {cell.subject}: give its file with --adapter, or add --no-replay.")
    said = Details(contract=contract(entry, cell.quantity), derivation=derivation(cell))
    examination = examinations.load(cell.label_class) if cell.label_class in examinations.names() else None
    explained = getattr(examination, "explained", None)
    if explained is not None:
        said = replace(said, **explained(entry))
    if cell.worst is None or not measure:
        return said
    plan = Plan([source], run.tier)
    trial = examinations.trial_of(plan, cell)
    if examination is not None and trial is None:
        return replace(said, replayed="the trial is not among this release's trials")
    with nullcontext(pool) if pool is not None else Pool(1) as workers:
        shown = _measured(cell, plan, subject, workers) if trial is None else _asked(cell, plan, trial, workers)
        here = workers.describe(plan.worker(subject))["versions"]
    if there := _others(run, cell.adapter, here):
        shown["replayed"] += f"; by {_named(here)}, not {there}: give its interpreter with --python"
    return replace(said, **shown)


def _others(run: Run, adapter: str, here: Mapping[str, str]) -> str:
    """The releases that a run measured, where others are here; empty where they are the same, or nothing is known."""
    versions: Mapping[str, str] = next((record["versions"] for record in run.adapters if record["name"] == adapter), {})
    return _named(versions) if versions and here and versions != here else ""


def _named(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _entry(source: Source, cell: Cell) -> EntryPoint | None:
    """The entry point of a cell; of a reduction, the one whose results it reduces."""
    found = entry_point(source.adapter, cell.entry_point, cell.config)
    alike = (e for e in source.adapter.entry_points if (e.path, e.loss) == (cell.entry_point, cell.loss))
    return found or next(alike, None)


def contract(entry: EntryPoint, quantity: str) -> str:
    """What is documented of a quantity of an entry point, each sentence with its source."""
    clauses = contracts.load(entry.contract, entry.loss).clauses(entry.path)
    lines = [
        f"“{clause.quote}” ({'documented' if clause.documented else 'source'}: {clause.source})"
        for clause in clauses
        if clause.quantity in (exact(quantity), "domain", "dtype")
    ]
    return "\n".join(lines) or "nothing but the mathematics is documented"


def derivation(cell: Cell) -> str:
    """The operation count that a cell's limit follows from."""
    return inspect.getdoc(losses.load(cell.loss).error_bounds) or ""


def _measured(cell: Cell, plan: Plan, subject: Subject, pool: Pool) -> dict[str, str]:
    """What came back this time, and the reproducer: of one case, or of as many as it takes."""
    assert cell.worst is not None
    if cell.method != "cases":
        job, case = _swept(cell, plan, subject), 0
    else:
        cases, _ = plan.cases(subject, cell.quantity)
        try:
            case = cases.find(cell.worst["case"])
        except KeyError:
            return {"replayed": "the case is not among this release's cases"}
        job = plan.job(subject, cell.quantity)
    count = len(job.inputs[0])
    batch = pool.observe(job)
    if batch.status != "ok":
        return {"replayed": f"{batch.status}: {batch.message}"}
    both = [result(batch, case), *(result(replace(batch, outputs=(b,)), case) for b in batch.again)]
    together = cell.worst["got"] if cell.worst["got"] in both else both[0]
    same = "as in the run" if together == cell.worst["got"] else f"the run had {cell.worst['got']}"
    words = f"{together} among {count:,} cases ({same})"
    for length in (*LENGTHS, count):
        shown = _of(job, case, length)
        position = case if length == count else 0
        if result(pool.observe(shown), position) == together:
            words += ", and alone" if length == 1 else f", not alone, but in an array of {length:,}"
            break
    else:
        shown, words = _of(job, case, 1), f"{words}; only with these others around it"
    inputs = dict(zip(shown.arguments, shown.inputs, strict=True))
    output = "[1]" if job.steps else ""
    if len(shown.inputs[0]) > max(LENGTHS):
        output += f"[{case}:{case + 1}]"
    adapter = plan.sources[subject.adapter].adapter
    script = reproducer(adapter, batch.text, inputs, subject.dtype, subject.device, output)
    return {"replayed": words, "reproducer": script}


def _swept(cell: Cell, plan: Plan, subject: Subject) -> Job:
    """The witness of a sweep in as long an array as any: vector code and no tail."""
    assert cell.worst is not None
    fmt = FORMATS[cell.dtype]
    values = [float.fromhex(text) for text in cell.worst["inputs"].values()]
    inputs = tuple(np.repeat(from_float64(np.array([value]), fmt), LONG) for value in values)
    steps = tuple((REVERSE, x) for x in losses.load(cell.loss).QUANTITIES[cell.quantity])
    return replace(plan.job(subject, "loss"), steps=steps, inputs=inputs, alone=np.zeros(LONG, bool), rotation=0)


def _asked(cell: Cell, plan: Plan, trial: Trial, pool: Pool) -> dict[str, str]:
    """What came back of a trial this time, and the reproducer of the job that its witness names."""
    assert cell.worst is not None
    observations = [pool.observe(job) for job in trial.jobs]
    examination: Any = examinations.load(trial.examination)
    again = examination.judged(plan, trial, observations)
    same = next((c for c in again if c.id == cell.id), None)
    got = None if same is None or same.worst is None else same.worst["got"]
    words = "as in the run" if got == cell.worst["got"] else f"now {got or 'nothing of note'}"
    job = trial.jobs[cell.worst["index"]]
    calls = [Shown(job, "[1]" if job.steps else "", getattr(examination, "CONTAINER", False))]
    if hasattr(examination, "shown") and all(said.status == "ok" for said in observations):
        calls = examination.shown(plan, trial, observations, pool.observe) or calls
    return {"replayed": words, "reproducer": _script(plan.sources[cell.adapter].adapter, calls, pool)}


def _script(adapter: Adapter, calls: Sequence[Shown], pool: Pool) -> str:
    """A script of some calls, one behind the other: the program is stated again only where it is another."""
    script, stated = "", None
    for call in calls:
        job = call.job
        whole = pool.observe(job).text or executed(adapter, job)  # a worker that dies says nothing
        text, environ = (whole, dict(job.worker.environ)) if whole != stated else ("", {})
        inputs = dict(zip(job.arguments, job.inputs, strict=True))
        told = (job.prepare, job.length, environ, call.container)
        script += reproducer(adapter, text, inputs, job.dtype, job.worker.device, call.output, *told).lstrip("\n")
        stated = whole
    return script


def executed(adapter: Adapter, job: Job) -> str:
    """The text that a worker executes for a job, from the adapter's data alone.

    Parameters
    ----------
    adapter : Adapter
    job : Job
    """
    entry = EntryPoint.of(job.code) if job.code else entry_point(adapter, job.entry_point, job.config)
    return job.script if job.script or entry is None else adapter.program(entry, job.arguments, job.steps, job.mode)


def _of(job: Job, case: int, length: int) -> Job:
    """The job with one of its cases only, repeated to a length."""
    inputs = tuple(np.repeat(bits[case : case + 1], length, axis=0) for bits in job.inputs)
    return replace(job, inputs=inputs, alone=np.repeat(job.alone[case : case + 1], length), rotation=0)


def result(observation: Observation, case: int) -> str:
    """What came back for a case, as a witness states it."""
    if observation.status != "ok":
        return observation.status
    if case in observation.raised:
        return "raised"
    dtype = observation.dtypes[-1]
    if dtype not in FORMATS:
        return f"a {dtype}"
    return shortest(float(to_float64(observation.outputs[-1][case : case + 1], FORMATS[dtype])[0]).hex())
