"""The same cases in another mode: other bits are a fact; another class or dtype, or a limit kept by one alone, is not.

Classes are NaN, the infinities, zero and the other numbers; of two results within the limit of mathematics none is
of a wrong class. The region names the adapter's first mode, ``against-eager``. The jobs are those of the cases, so
that nothing is measured for this alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.cell import Cell, shortest
from conformance.exact import decimal
from conformance.examinations import Shown, Trial, cell_of, few, witness
from conformance.examinations._extent import DTYPE, gradient
from conformance.formats import FORMATS, Bits, Mask, Values, to_float64
from conformance.invariance.agreement import distances, kinds, ordinals, unit
from conformance.job import Job, Observation
from conformance.judge import Standard, judge
from conformance.plan import Plan
from conformance.standards import standard
from conformance.subject import Subject
from conformance.verdicts import FINDINGS, MATHEMATICS, VERDICTS

NAME = "modes"
VERDICT = "mode-dependent"

FOUND = np.array([verdict in FINDINGS for verdict in VERDICTS])
TRUE = np.array([verdict in MATHEMATICS for verdict in VERDICTS])
"""Of each verdict, whether it is a finding, and whether it is within the limit of mathematics."""


@dataclass(frozen=True)
class Changes:
    """What N cases did in two modes.

    Attributes
    ----------
    differ : ndarray of bool, shape (N,)
        Other bits came back.
    special, matter : ndarray of bool, shape (N,)
        A NaN or an infinity met something else; that, or a zero met another number, or only one kept its limit.
    ulp : ndarray of float64, shape (N,)
        How far apart numbers are, in ULPs of the scale or of the larger.
    """

    differ: Mask
    special: Mask
    matter: Mask
    ulp: Values


def trials(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
    """The trials of each subject in another than its first mode; in the default tier in binary32.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    """
    for subject in subjects:
        adapter, entry = plan.sources[subject.adapter].adapter, plan.entry(subject)
        first = (entry.modes or tuple(adapter.modes))[0]
        asked = plan.tier == "full" or (plan.tier == "default" and subject.dtype == DTYPE)
        if subject.mode == first or not asked:
            continue
        other = Subject(subject.adapter, subject.entry_point, subject.config, first, subject.dtype, subject.device)
        for quantity in filter(None, ("loss", gradient(adapter, entry))):
            jobs = plan.job(subject, quantity), plan.job(other, quantity)
            yield Trial(subject, NAME, quantity, f"against-{first}", jobs)


def changes(first: Bits, second: Bits, rule: Standard) -> Changes:
    """Hold the results of the same cases in two modes against each other.

    Parameters
    ----------
    first, second : ndarray of unsigned integers, shape (N,)
        In the container.
    rule : Standard
        What either is judged by.
    """
    both = (first, second)
    verdicts = [judge(bits, rule.container.name, rule).verdict for bits in both]
    values = [to_float64(bits, rule.container) for bits in both]
    differ = ordinals(first, rule.container) != ordinals(second, rule.container)
    special = differ & ~(np.isfinite(values[0]) & np.isfinite(values[1]))
    true = TRUE[verdicts[0]] & TRUE[verdicts[1]]
    other = (kinds(values[0]) != kinds(values[1])) | (FOUND[verdicts[0]] != FOUND[verdicts[1]])
    ulp = np.abs(distances(values[0], values[1], unit(rule.mathematics.scale, rule.target), rule.target))
    return Changes(differ, special & ~true, differ & other & ~true, np.where(special, 0.0, ulp))


def judged(plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
    """The cell of a trial; none where either mode delivered nothing, which the cells of the cases say.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
        This mode's, and the first mode's.
    """
    if any(said.status != "ok" for said in observations):
        return ()
    subject, quantity = trial.subject, trial.quantity
    entry, (cases, raises) = plan.entry(subject), plan.cases(subject, quantity)
    dtypes = [said.dtypes[-1] for said in observations]
    names = subject.mode, trial.region.removeprefix("against-")
    if dtypes[0] != dtypes[1]:
        words = f"{dtypes[0]}, and {dtypes[1]} in {names[1]}"
        return (cell_of(trial, entry.loss, VERDICT, message=words),)
    if dtypes[0] not in FORMATS:
        return (cell_of(trial, entry.loss, "unsupported", message=f"the results are {dtypes[0]}"),)
    rule = standard(entry, subject.dtype, quantity, plan.tier_of(subject, quantity), False, False)
    rule = replace(rule, container=FORMATS[dtypes[0]])
    asked = ~raises
    for said in observations:
        asked[list(said.raised)] = False
    found = changes(observations[0].outputs[-1], observations[1].outputs[-1], rule)
    matter, differ = found.matter & asked, found.differ & asked
    counts = {"same-bits": asked & ~differ, "undocumented": differ & ~matter, VERDICT: matter}
    told: dict[str, Any] = {
        "cases": int(asked.sum()),
        "verdicts": {name: int(mask.sum()) for name, mask in counts.items() if mask.any()},
        "message": f"{differ.sum()} of {asked.sum()} differ, at most {found.ulp[differ].max(initial=0.0):.3g} ULP",
    }
    if not matter.any():
        return (cell_of(trial, entry.loss, next(iter(told["verdicts"]), "same-bits"), **told),)
    worst = int(np.lexsort((-found.ulp, ~found.special, ~matter))[0])
    values = [to_float64(said.outputs[-1], rule.container)[worst] for said in observations]
    got = [shortest(float(value).hex()) for value in values]
    regions = ", ".join(name for code, name in enumerate(cases.regions) if (matter & (cases.region == code)).any())
    told["message"] += f", in class or limit in {regions}; {got[0]}, and {got[1]} in {names[1]}"
    told["worst"] = witness(
        cases.name(worst),
        got[0],
        decimal(rule.mathematics.value.number(worst)),
        VERDICT,
        inputs=cases.hex(worst),
    )
    return (cell_of(trial, entry.loss, VERDICT, **told),)


def shown(
    plan: Plan, trial: Trial, observations: Sequence[Observation], observe: Callable[[Job], Observation]
) -> list[Shown]:
    """The worst case in this mode: alone, in an array of it, or where it stood.

    Parameters
    ----------
    plan : Plan
    trial : Trial
    observations : sequence of Observation
        Both delivered.
    observe : callable
        Runs a job.
    """
    cell = next(iter(judged(plan, trial, observations)), None)
    if cell is None or cell.worst is None:
        return []
    job, case = trial.jobs[0], plan.cases(trial.subject, trial.quantity)[0].find(cell.worst["case"])
    bits, order = observations[0].outputs[-1][case], "[1]" * bool(job.steps)
    for length in (1, 8, 16):
        call = few(job, [case], length)
        said = observe(call)
        if said.status == "ok" and said.outputs[-1][0] == bits:
            return [Shown(call, order)]
    return [Shown(job, f"{order}[{case}:{case + 1}]")]
