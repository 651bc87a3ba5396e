"""From one observation to its cells: judged by its standard, summarised, each with a witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.adapter import EntryPoint
from conformance.cases import Cases
from conformance.cell import EVERY, LABEL_CLASSES, Cell
from conformance.exact import decimal
from conformance.formats import FORMATS, Mask, Values, to_float64
from conformance.job import Observation
from conformance.judge import Columns, Standard, choose, everything, judge, with_raised
from conformance.normative import confirm
from conformance.plan import Plan
from conformance.probe import Probe
from conformance.quantities import exact
from conformance.standards import standard
from conformance.subject import Subject
from conformance.summary import RANK, Tally, digest, summarise, tally, worse
from conformance.ulp import ulp_error, ulp_exponent
from conformance.verdicts import SEVERITY, VERDICTS


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
    cases, raises = plan.cases(subject, quantity)
    if observation.status != "ok":
        whole = tally(everything(observation.status, len(cases)), np.arange(len(cases)))
        cell = cell_of(subject, entry, quantity, (EVERY, EVERY), whole, message=observation.message)
        return Result(subject, quantity, observation, None, (cell,))
    rule = standard(entry, subject.dtype, quantity, plan.tier_of(subject, quantity), *probe.at(len(cases)))
    observation, columns = settled(observation, raises, rule)
    cells = []
    for (region, label), found in summarise(columns, cases).items():
        assert found.worst is not None  # a cell has at least one case
        inside = cell_mask(cases, region, label)
        perfect = found.verdicts.keys() == {"correctly-rounded"}  # no case is worse than another
        if RANK[columns.verdict[found.worst[3]]] < len(SEVERITY):
            row = tuple(float(v[found.worst[3]]) for v in cases.values)
            confirm(entry.loss, exact(quantity), row, rule.mathematics.value.number(found.worst[3]))
        cells.append(
            cell_of(
                subject,
                entry,
                quantity,
                (region, label),
                found,
                limit=rule.limit,
                worst=None if perfect else witness(found.worst[3], cases, observation, columns, rule),
                bits_digest=digest(observation.outputs[-1][inside], rule.container),
                message=observation.raised.get(found.worst[3], ""),
            )
        )
    return Result(subject, quantity, observation, columns, tuple(cells))


def settled(observation: Observation, raises: Mask, rule: Standard) -> tuple[Observation, Columns]:
    """The observation and what the judge says of it; where a second call differed, each case's worse result.

    Parameters
    ----------
    observation : Observation
        Delivered.
    raises : ndarray of bool, shape (N,)
        The cases the contract says raise.
    rule : Standard
    """
    bits, dtype = observation.outputs[-1], observation.dtypes[-1]
    columns = judge(bits, dtype, rule)
    for again in observation.again:
        other = judge(again, dtype, rule)
        mask = worse(columns, other)
        bits, columns = np.where(mask, again, bits), choose(mask, other, columns)
    if observation.raised or raises.any():
        columns = with_raised(columns, np.array(sorted(observation.raised), dtype=np.intp), raises)
    return replace(observation, outputs=(*observation.outputs[:-1], bits)), columns


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
    contract = documented(i, np.array([float.fromhex(got) if dtype in FORMATS and got != "raised" else np.nan]), rule)
    return {
        "case": cases.name(i),
        "index": i,
        "inputs": cases.hex(i),
        "got": got,
        "exact": decimal(rule.mathematics.value.number(i)),
        "contract": contract,
        "verdict": VERDICTS[columns.verdict[i]],
        "ulp": figure(columns.ulp[i]),
        "ulp_relative": figure(columns.ulp_relative[i]),
    }


def documented(i: int, got: Values, rule: Standard) -> str | None:
    """Of what is documented of a case, the value that a result comes closest to; None where nothing is.

    Parameters
    ----------
    i : int
        Index of the case.
    got : ndarray of float64, shape (1,)
        Its result.
    rule : Standard
    """
    row, found = np.array([i]), []
    for reference in rule.references:
        value, scale = reference.golden.value.take(row), reference.golden.scale.take(row)
        error = ulp_error(got, value, ulp_exponent(scale, rule.target), rule.target)[0]
        found.append((np.inf if np.isnan(error) else error, decimal(value.number(0))))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def figure(error: float) -> float | None:
    """An error as a record holds it: None where there is none, and what is beyond all numbers as their largest."""
    return None if np.isnan(error) else min(float(error), float(np.finfo(np.float64).max))


def cell_mask(cases: Cases, region: str, label: str) -> Mask:
    """The cases of one cell."""
    mask: Mask = (cases.region == cases.regions.index(region)) & (cases.label_class == LABEL_CLASSES.index(label))
    return mask


def cell_of(
    subject: Subject,
    entry: EntryPoint,
    quantity: str,
    where: tuple[str, str],
    found: Tally,
    limit: float | None = None,
    worst: Mapping[str, Any] | None = None,
    bits_digest: str = "",
    message: str = "",
    method: str = "cases",
) -> Cell:
    """The record of a cell.

    Parameters
    ----------
    subject : Subject
    entry : EntryPoint
    quantity : str
    where : tuple of str
        Region and label class.
    found : Tally
    limit, worst, bits_digest, message, method
        As in the record.
    """
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
        method=method,
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
