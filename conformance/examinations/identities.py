"""Identities of the mathematics, asked of the results alone, over consecutive numbers of every region.

Bit for bit: a positive weight of 1 of the same function, a smoothing of 0, and weights that are powers of two.
Within the sum of the limits of what is compared: ``symmetry``, loss(x, 1) = loss(-x, 0); ``gradient``, d_logits =
sigma(x) - y; ``monotone``; a positive weight of 1 of another function, two classes of a softmax, and a focal loss with
gamma 0, as the binary loss. Exactly, for labels in [0, 1] without a weight: ``bounds``, loss >= 0 and |d_logits| <= 1;
``sign``, the sign of the derivative of a hard label, and zero only where the exact derivative is no normal number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance import losses
from conformance.adapter import EntryPoint
from conformance.cell import Cell, shortest
from conformance.exact import decimal
from conformance.examinations import Shown, Trial, cell_of, few, witness
from conformance.examinations._extent import examined, gradient, paired
from conformance.formats import FORMATS, Values, from_float64, to_float64
from conformance.identity.comparison import Comparison
from conformance.identity.rules import IDENTITIES, POWERS, Ground, columns, ground, scaled, twin
from conformance.identity.twins import BINARY, SIGMOID, Twin, twins
from conformance.job import Job, Observation
from conformance.limits import limit
from conformance.plan import Plan
from conformance.standards import formats
from conformance.subject import Subject

NAME = "identities"
VERDICT = "identity-broken"

ALONE: dict[str, dict[str, tuple[str, ...]]] = {
    SIGMOID: {
        "loss": ("symmetry", "monotone", "bounds"),
        "d_logits": ("symmetry", "monotone", "bounds", "sign", "gradient"),
    },
    BINARY: {"loss": ("symmetry", "monotone", "bounds"), "d_probabilities": ("symmetry", "monotone", "sign")},
}
"""Loss → quantity → the identities of one entry point."""


@dataclass(frozen=True)
class Question:
    """What a trial needs to be judged.

    Attributes
    ----------
    entry : EntryPoint
        Whose results are looked at.
    order : int
        Which of them the quantity is.
    pair : Twin or None
        The pair, where the identity is of two entry points.
    """

    entry: EntryPoint
    order: int
    pair: Twin | None = None


def trials(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
    """The trials of each subject that the tier examines.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    """
    for subject in subjects:
        entry = plan.entry(subject)
        if FORMATS[plan.computes(subject)].precision < FORMATS[subject.dtype].precision:
            continue                    # rounded on the way in, neighbours and mirror images are none any more
        if entry.loss in ALONE and examined(plan, subject):
            yield from _alone(plan, subject, entry)
        if paired(plan, subject):
            for pair in twins(plan.sources[subject.adapter].adapter, entry):
                yield from _pair(plan, subject, pair)


def _alone(plan: Plan, subject: Subject, entry: EntryPoint) -> Iterator[Trial]:
    job = _job(plan, subject, entry, entry.labels, {}, _count(plan, subject, entry))
    for order, (quantity, names) in enumerate(ALONE[entry.loss].items()):
        for name in names if order <= len(job.steps) else ():
            yield Trial(subject, NAME, quantity, name, (job,), Question(entry, order))


def _pair(plan: Plan, subject: Subject, pair: Twin) -> Iterator[Trial]:
    subject, labels = replace(subject, config=pair.entry.key), pair.entry.labels
    count = len(columns(pair.partner.loss, subject.dtype, labels)[0])
    more = {"weight": np.ldexp(1.0, np.resize(POWERS, count))} if pair.weighted else pair.fixed
    length = _count(plan, subject, pair.partner)        # of both: a result may depend on its place in an array
    jobs = (
        _job(plan, subject, pair.entry, labels, more, length),
        _job(plan, subject, pair.partner, labels, {}, length),
    )
    derivative = gradient(plan.sources[subject.adapter].adapter, pair.partner)
    for order, quantity in enumerate(("loss", derivative)[: 1 + min(len(job.steps) for job in jobs)]):
        yield Trial(subject, NAME, quantity, pair.name, jobs, Question(pair.entry, order, pair))


def _count(plan: Plan, subject: Subject, entry: EntryPoint) -> int:
    """How many cases an entry point has: what compiles for a length has compiled for this one."""
    if entry not in plan.sources[subject.adapter].adapter.entry_points:
        return 0
    _, raises = plan.cases(replace(subject, entry_point=entry.path, config=entry.key))
    return int(np.count_nonzero(~raises))


def _job(
    plan: Plan,
    subject: Subject,
    entry: EntryPoint,
    labels: tuple[str, ...],
    more: Mapping[str, float | Values],
    length: int,
) -> Job:
    """An entry point, perhaps not one of the adapter's own, on all rows, repeated to a length if that is more."""
    adapter, fmt = plan.sources[subject.adapter].adapter, FORMATS[subject.dtype]
    own = entry in adapter.entry_points
    arguments = (*losses.load(entry.loss).ARGUMENTS, *(x for x in more if x == "weight"))
    first, label = columns(entry.loss, subject.dtype, labels)
    values = {arguments[0]: first, "label": label, **{x: np.broadcast_to(v, first.shape) for x, v in more.items()}}
    derivable = gradient(adapter, entry) and (own or "{hand}" not in adapter.derivatives["reverse"])
    return Job(
        worker=plan.worker(subject),
        entry_point=entry.path,
        config=entry.key,
        arguments=arguments,
        steps=(("reverse", arguments[0]),) if derivable else (),
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=tuple(from_float64(values[x], fmt) for x in arguments),
        alone=np.zeros(len(first), bool),
        code="" if own else entry.expression(),
        length=length if length > len(first) else 0,
    )


def judged(plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
    """The cell of a trial.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
    """
    question: Question = trial.question
    entry = question.entry
    for said in observations:
        if said.status != "ok" or said.raised:
            status = "raised" if said.raised else said.status
            return (cell_of(trial, entry.loss, status, message=said.message or next(iter(said.raised.values()))),)
    compared = _compared(trial, observations)
    if isinstance(compared, str):
        return (cell_of(trial, entry.loss, "unsupported", message=compared),)
    return (_cell(trial, *compared),)


def _compared(trial: Trial, observations: Sequence[Observation]) -> tuple[Ground, Comparison, Values] | str:
    """The rows, what is compared of them, and the results; or why nothing is."""
    question: Question = trial.question
    entry, pair, dtype = question.entry, question.pair, trial.subject.dtype
    target, container = formats(entry, dtype, trial.quantity)
    if any(said.dtypes[question.order] != container.name for said in observations):
        return f"the results are not all {container.name}"
    base = entry if pair is None else pair.partner
    on = ground(base.loss, base.contract, entry.labels, dtype, trial.quantity, target)
    outputs = [to_float64(said.outputs[question.order], container)[: len(on.label)] for said in observations]
    if pair is None:
        return on, IDENTITIES[trial.region](on, outputs[0]), outputs[0]
    if pair.weighted:
        return on, scaled(on, outputs[0], outputs[1]), outputs[0]
    with np.errstate(over="ignore"):
        slack = None if pair.bitwise else on.slack + np.ldexp(limit(entry.loss, trial.quantity, target), on.unit)
    return on, twin(on, outputs[0], outputs[1], slack), outputs[0]


def _cell(trial: Trial, on: Ground, found: Comparison, out: Values) -> Cell:
    """The cell, with the worst comparison as its witness."""
    question: Question = trial.question
    broken = int(np.count_nonzero(found.broken))
    counts = {"same-bits": len(found) - broken, VERDICT: broken}
    told: dict[str, Any] = {"cases": len(found), "verdicts": {name: count for name, count in counts.items() if count}}
    if not broken:
        words = f"{len(found)} hold, {np.count_nonzero(found.same)} of them exactly"
        return cell_of(trial, question.entry.loss, "same-bits", **told, message=words)
    worst = found.worst
    row = int(found.row[worst])
    got, left, right = (shortest(float(value).hex()) for value in (out[row], found.left[worst], found.right[worst]))
    exact = decimal(on.exact.value.number(row))
    words = f"{broken} of {len(found)} fail; "
    if found.slack[worst]:
        allowed = float(np.ldexp(found.slack[worst], -found.unit[worst]))
        sides = f"{left} before {right}" if found.ordered else f"{left} and {right}"
        words += f"{sides}, {found.ulp[worst]:.3g} ULP where {allowed:.3g} are allowed"
    else:
        words += f"{got} where {exact} is exact" if found.ordered else f"{left} and {right}, {found.ulp[worst]:.3g} ULP"
    if question.pair is not None and question.pair.partner.path != question.entry.path:
        words += f"; against {question.pair.partner.path}"
    argument = losses.load(question.entry.loss).ARGUMENTS[0]
    inputs = {argument: on.near.values[row % len(on.near.values)], "label": on.label[row]}
    told["worst"] = witness(
        ",".join(f"{x}={float(value)!r}" for x, value in inputs.items()),
        got,
        exact,
        VERDICT,
        inputs={x: float(value).hex() for x, value in inputs.items()},
    )
    return cell_of(trial, question.entry.loss, VERDICT, **told, message=words)


def shown(
    plan: Plan, trial: Trial, observations: Sequence[Observation], observe: Callable[[Job], Observation]
) -> list[Shown]:
    """The inputs of the worst comparison alone, in each of the programs.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
        All delivered.
    observe : callable
        Runs a job.
    """
    compared = _compared(trial, observations)
    if isinstance(compared, str):
        return []
    _, found, _ = compared
    rows = list(dict.fromkeys((int(found.row[found.worst]), int(found.other[found.worst]))))
    order = f"[{trial.question.order}]"
    return [Shown(few(job, rows), order * bool(job.steps)) for job in trial.jobs]
