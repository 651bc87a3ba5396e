"""Every reduction of every entry point: its sum against the exact one, and what it is divided by.

A trial reduces a few distinct rows repeated to a length (``mixed.n=2049``), perhaps with weights
(``mixed.n=7,weights=some-zero``), and judges the one number that comes back, or the gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from conformance import losses
from conformance.adapter import EntryPoint
from conformance.cell import Cell
from conformance.exact import decimal
from conformance.examinations import Trial, cell_of, witness
from conformance.formats import FORMATS, to_float64
from conformance.job import Job, Observation
from conformance.judge import judge
from conformance.plan import Plan
from conformance.quantities import plain
from conformance.reduction import divisors, totals
from conformance.reduction.programme import Item, Place, items, place
from conformance.reduction.questions import Question
from conformance.reduction.standards import Due
from conformance.subject import Subject
from conformance.summary import digest, tally
from conformance.verdicts import FINDINGS, VERDICTS

NAME = "reductions"

ORDER = ("equal", "mixed")
"""The samples that are reduced beside the huge one, to look into the order of additions."""


def trials(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
    """The trials of all reductions of subjects.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
        A mode that maps over elements has nothing to reduce.
    """
    for subject in subjects if plan.tier != "quick" else ():
        if "vmap" in plan.sources[subject.adapter].adapter.modes[subject.mode]:
            continue
        for entry, divisor, leads in _reductions(plan.entry(subject), subject.dtype):
            own = replace(subject, config=entry.key)
            where = place(plan, subject, entry, divisor, leads)
            for item in items(where, plan.tier):
                jobs = [_job(plan, own, entry, item)]
                if item.order:
                    jobs += _order_jobs(plan, own, where, item)
                yield Trial(own, NAME, item.quantity, item.sample.region, tuple(jobs), Question(where, item))


def judged(plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
    """The one cell of a trial.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
        Of the reduction; where the order is looked into, then of its elements and of further samples.
    """
    question: Question = trial.question
    loss, wanted = question.where.entry.loss, question.due
    problem = _problem(observations[0], wanted)
    if problem is not None:
        verdict, said = problem
        if question.undefined and verdict in ("raised", "wrong-shape"):
            verdict, said = "undocumented", f"{said}; nothing is documented"
        shown = witness(trial.region, said, _exact(wanted, 0), verdict) if observations[0].status == "ok" else None
        return (cell_of(trial, loss, verdict, message=said, worst=shown),)
    bits = observations[0].outputs[-1].ravel()
    columns = judge(bits, observations[0].dtypes[-1], wanted.standard)
    got = to_float64(bits, wanted.standard.container)
    found = tally(columns, np.arange(len(bits)))
    assert found.worst is not None  # a loss is one number, and no gradient of nothing is asked for
    k = found.worst[3]
    verdicts = {"undocumented" if name == "no-golden" else name: n for name, n in found.verdicts.items()}
    verdict = VERDICTS[columns.verdict[k]].replace("no-golden", "undocumented")
    words = []
    if question.undefined:
        words.append(f"{got[k]:g} comes back; nothing is documented")
    elif verdict in FINDINGS:
        wanted.confirm(k)
        words = [question.mistaken(got), question.overflowed(float(got[k]))]
        if words[0]:
            verdicts, verdict = {"wrong-denominator": len(bits)}, "wrong-denominator"
    elif question.item.sample.weighting and not question.item.gradient:
        words.append(question.told_apart(got))
    if question.item.order:
        words += question.order(observations)
    figures = {name: _figure(getattr(found, name)) for name in ("max_ulp", "max_ulp_relative", "max_ulp_contract")}
    cell = cell_of(
        trial,
        loss,
        verdict,
        cases=len(bits),
        verdicts=verdicts,
        limit=wanted.standard.limit,
        zero_signs=found.zero_signs,
        bits_digest=digest(bits, wanted.standard.container),
        message="; ".join(filter(None, words)),
        **figures,
    )
    if verdict == "correctly-rounded":
        return (cell,)
    ulps = {"ulp": _figure(columns.ulp[k]), "ulp_relative": _figure(columns.ulp_relative[k])}
    seen = witness(trial.region, float(got[k]).hex(), _exact(wanted, k), verdict, inputs=_inputs(question, k), **ulps)
    return (replace(cell, worst=seen),)


def explained(entry: EntryPoint) -> dict[str, str]:
    """What is documented of the reductions of an entry point, and where the limits come from.

    Parameters
    ----------
    entry : EntryPoint
    """
    clauses = [c for c in divisors.CLAUSES if fnmatchcase(entry.path, c.entry_point)]
    return {
        "contract": "\n".join(f"“{clause.quote}” (documented: {clause.source})" for clause in clauses),
        "derivation": "\n\n".join(
            (inspect.getdoc(f) or "").partition("\n\nParameters")[0] for f in (totals.sum_limit, totals.gradient_limit)
        ),
    }


def _reductions(entry: EntryPoint, dtype: str) -> Iterator[tuple[EntryPoint, str, bool]]:
    """Each reduction of an entry point with what divides it; those of a dtype of its constructor last."""
    for k, (reduction, divisor) in enumerate(entry.reductions.items()):
        yield replace(entry, config={**entry.config, "reduction": reduction}), divisor, k == 0
    for name, computes in entry.constructor.items():
        for k, (reduction, divisor) in enumerate(entry.reductions.items() if computes == dtype else ()):
            config = {**entry.config, "reduction": reduction, "dtype": name}
            yield replace(entry, config=config, computes=computes), divisor, k == 0


def _job(plan: Plan, subject: Subject, entry: EntryPoint, item: Item) -> Job:
    loss, sample = losses.load(entry.loss), item.sample
    arguments = loss.ARGUMENTS
    if sample.weighting:
        arguments = (*arguments, "class_weight" if "class_weight" in entry.weighted else "weight")
        entry = replace(entry, code=entry.weighted)
    bits = sample.inputs(FORMATS[subject.dtype])
    return Job(
        worker=plan.worker(subject),
        entry_point=entry.path,
        config=entry.key,
        arguments=arguments,
        steps=plain(loss.QUANTITIES)[item.quantity],
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=bits,
        alone=np.zeros(len(bits[0]), bool),
        code=entry.expression(),
        length=sample.repeated,
        free=True,
    )


def _order_jobs(plan: Plan, subject: Subject, where: Place, item: Item) -> list[Job]:
    """The elements of the sample; then further samples reduced, each followed by its elements."""
    found = [_job(plan, subject, where.unreduced, item)]
    for values in ORDER:
        other = Item(item.quantity, where.sample(values, item.sample.length))
        found += [_job(plan, subject, where.entry, other), _job(plan, subject, where.unreduced, other)]
    return found


def _problem(seen: Observation, wanted: Due) -> tuple[str, str] | None:
    """Why what came back cannot be judged: a verdict and what to say; or None."""
    if seen.status != "ok":
        return seen.status, seen.message
    shape, dtype = seen.outputs[-1].shape, seen.dtypes[-1]
    if shape != wanted.shape:
        return "wrong-shape", f"an array of shape {shape} comes back instead of {wanted.shape}"
    if dtype != wanted.standard.container.name:
        return "wrong-dtype", f"{dtype} comes back instead of {wanted.standard.container.name}"
    return None


def _exact(wanted: Due, k: int) -> str:
    return decimal(wanted.standard.mathematics.value.number(k))


def _inputs(question: Question, k: int) -> dict[str, str]:
    """The inputs of an element of a gradient, or the one row of a loss; nothing where many rows make the result."""
    sample = question.item.sample
    if not question.item.gradient and len(sample.columns[0]) > 1:
        return {}
    row = sample.row(k)
    arguments: Any = losses.load(question.where.entry.loss).ARGUMENTS
    return {a: float(c[row]).hex() for a, c in zip(arguments, sample.columns, strict=True)}


def _figure(error: float | None) -> float | None:
    if error is None or np.isnan(error):
        return None
    return min(float(error), float(np.finfo(np.float64).max))
