"""One pass over subjects: plan → measure → judge → summarise. Audits and the suite's tests are this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.adapter import EntryPoint
from conformance.cases import LABEL_CLASSES, Cases
from conformance.cell import EVERY, Cell
from conformance.exact import decimal
from conformance.formats import FORMATS, Mask, to_float64
from conformance.judge import Columns, Standard, everything, judge, with_raised
from conformance.measure import Observation, Pool, WorkerKey
from conformance.normative import confirm
from conformance.plan import PROBE_LENGTHS, Plan, Subject
from conformance.standards import standard
from conformance.summary import RANK, Tally, digest, summarise, tally
from conformance.verdicts import SEVERITY, VERDICTS

ProbeKey = tuple[WorkerKey, str, str]


@dataclass(frozen=True)
class Probe:
    """What a mode does below the smallest normal number, for short arrays and for long ones."""

    flushes: tuple[bool, ...] = (False, False)
    ignores: tuple[bool, ...] = (False, False)

    def at(self, length: int) -> tuple[bool, bool]:
        """Whether a batch of this length is proven to flush, and to ignore subnormal inputs."""
        if length >= PROBE_LENGTHS[1]:
            return self.flushes[1], self.ignores[1]
        return all(self.flushes), all(self.ignores)


@dataclass(frozen=True)
class Result:
    """What one subject did for one quantity.

    Attributes
    ----------
    columns : Columns or None
        None where nothing was delivered.
    """

    subject: Subject
    quantity: str
    observation: Observation
    columns: Columns | None
    cells: tuple[Cell, ...]


def results(plan: Plan, subjects: Sequence[Subject], pool: Pool) -> Iterator[Result]:
    """Measure and judge subjects; results come as they are ready.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    pool : Pool

    Yields
    ------
    Result
        One for each subject and quantity.
    """
    tasks: list[tuple[Subject, str, int]] = []
    for subject in {_probed_alike(plan, s): s for s in subjects}.values():
        tasks += [(subject, "", length) for length in PROBE_LENGTHS]
    tasks += [(subject, quantity, 0) for subject in subjects for quantity in plan.quantities(subject)]
    jobs = [plan.job(s, q) if q else plan.probe(s, length) for s, q, length in tasks]
    probed: dict[ProbeKey, dict[int, tuple[bool, bool]]] = {}
    waiting: dict[ProbeKey, list[tuple[Subject, str, Observation]]] = {}
    for k, observation in pool.map(jobs):
        subject, quantity, length = tasks[k]
        key = _probed_alike(plan, subject)
        if not quantity:
            probed.setdefault(key, {})[length] = probe_flags(observation, plan.computes(subject))
        else:
            waiting.setdefault(key, []).append((subject, quantity, observation))
        if len(probed.get(key, ())) == len(PROBE_LENGTHS):
            flags = [probed[key][n] for n in PROBE_LENGTHS]
            probe = Probe(tuple(f[0] for f in flags), tuple(f[1] for f in flags))
            for ready in waiting.pop(key, ()):
                yield judged(plan, *ready, probe)


def _probed_alike(plan: Plan, subject: Subject) -> ProbeKey:
    """The same for all subjects that one probe speaks for."""
    return plan.worker(subject), subject.mode, plan.computes(subject)


def probe_flags(observation: Observation, dtype: str) -> tuple[bool, bool]:
    """Whether a probe's products were flushed, and its subnormal factors ignored; proven only if both controls hold.

    Parameters
    ----------
    observation : Observation
        Of the inputs of ``plan.probe_inputs``.
    dtype : str
    """
    if observation.status != "ok" or observation.dtypes != (dtype,):
        return False, False
    products = to_float64(observation.outputs[0], FORMATS[dtype])
    flushed, ignored, control = (products[k::3] for k in range(3))
    if not (control == 1).all():
        return False, False
    return bool((flushed == 0).all()), bool((ignored == 0).all())


def judged(plan: Plan, subject: Subject, quantity: str, observation: Observation, probe: Probe) -> Result:
    """Judge one observation and make its cells.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    quantity : str
    observation : Observation
    probe : Probe
    """
    entry = plan.entry(subject)
    cases, raises = plan.cases(subject)
    if observation.status != "ok":
        whole = tally(everything(observation.status, len(cases)), np.arange(len(cases)))
        cell = _cell(subject, entry, quantity, (EVERY, EVERY), whole, message=observation.message)
        return Result(subject, quantity, observation, None, (cell,))
    rule = standard(entry, subject.dtype, quantity, plan.tier, *probe.at(len(cases)))
    columns = verdicts(observation, raises, rule)
    cells = []
    for (region, label), found in summarise(columns, cases).items():
        assert found.worst is not None  # a cell has at least one case
        inside = cell_mask(cases, region, label)
        if RANK[columns.verdict[found.worst[3]]] < len(SEVERITY):
            row = tuple(float(v[found.worst[3]]) for v in cases.values)
            confirm(entry.loss, quantity, row, rule.mathematics.value.number(found.worst[3]))
        cells.append(
            _cell(
                subject,
                entry,
                quantity,
                (region, label),
                found,
                limit=rule.limit,
                worst=witness(found.worst[3], cases, observation, columns, rule),
                bits_digest=digest(observation.outputs[-1][inside], rule.container),
                message=observation.raised.get(found.worst[3], ""),
            )
        )
    return Result(subject, quantity, observation, columns, tuple(cells))


def verdicts(observation: Observation, raises: Mask, rule: Standard) -> Columns:
    """The columns of a delivered observation, with what raised."""
    columns = judge(observation.outputs[-1], observation.dtypes[-1], rule)
    if observation.raised:
        columns = with_raised(columns, np.array(sorted(observation.raised), dtype=np.intp), raises)
    return columns


def witness(i: int, cases: Cases, observation: Observation, columns: Columns, rule: Standard) -> dict[str, Any]:
    """The record of one case, for a cell's ``worst``.

    Parameters
    ----------
    i : int
        Index of the case.
    cases : Cases
    observation : Observation
    columns : Columns
    rule : Standard
    """
    dtype = observation.dtypes[-1]
    if i in observation.raised:
        got = "raised"
    elif dtype in FORMATS:
        got = float(to_float64(observation.outputs[-1][i : i + 1], FORMATS[dtype])[0]).hex()
    else:
        got = f"a {dtype}"
    contract = rule.references[0].golden.value.number(i) if rule.references else None
    return {
        "case": cases.name(i),
        "index": i,
        "inputs": cases.hex(i),
        "got": got,
        "exact": decimal(rule.mathematics.value.number(i)),
        "contract": None if contract is None else decimal(contract),
        "verdict": VERDICTS[columns.verdict[i]],
        "ulp": _figure(columns.ulp[i]),
        "ulp_relative": _figure(columns.ulp_relative[i]),
    }


def _figure(error: float) -> float | None:
    return None if np.isnan(error) else min(float(error), float(np.finfo(np.float64).max))


def cell_mask(cases: Cases, region: str, label: str) -> Mask:
    """The cases of one cell."""
    mask: Mask = (cases.region == cases.regions.index(region)) & (cases.label_class == LABEL_CLASSES.index(label))
    return mask


def _cell(
    subject: Subject,
    entry: EntryPoint,
    quantity: str,
    where: tuple[str, str],
    found: Tally,
    limit: float | None = None,
    worst: dict[str, Any] | None = None,
    bits_digest: str = "",
    message: str = "",
) -> Cell:
    return Cell(
        id="/".join((subject.id, quantity, *where)),
        adapter=subject.adapter,
        entry_point=subject.entry_point,
        config=subject.config,
        loss=entry.loss,
        mode=subject.mode,
        dtype=subject.dtype,
        device=subject.device,
        quantity=quantity,
        region=where[0],
        label_class=where[1],
        method="cases",
        cases=sum(found.verdicts.values()),
        verdicts=found.verdicts,
        limit=limit,
        max_ulp=found.max_ulp,
        max_ulp_relative=found.max_ulp_relative,
        max_ulp_contract=found.max_ulp_contract,
        worst=worst,
        bits_digest=bits_digest,
        zero_signs=found.zero_signs,
        message=message,
    )
