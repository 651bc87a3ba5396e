"""Which known entry points return the same: the same inputs, given to every entry point of some adapters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from conformance import losses
from conformance.formats import FORMATS, Bits, Mask, Values, from_float64
from conformance.identify import points
from conformance.identify.fit import Fit
from conformance.identify.identification import Agreement
from conformance.identify.probing import Answers, Probing
from conformance.identify.target import entry_id
from conformance.job import Job
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.subject import Source, Subject

ROLES = {"logit": "prediction", "probability": "prediction", "rest_probability": "rest"}
FAR_ULP = 1e6
"""What is farther off in ULPs is another function, and not named. A choice: it decides nothing."""
MOST = 6
"""So many are named."""


@dataclass(frozen=True)
class Sides:
    """The function's own answers in one dtype."""

    dtype: str
    answers: Answers


def columns(fit: Fit, dtype: str) -> dict[str, Values]:
    """What is compared: the middle of the domain and its ends, with hard labels."""
    takes = fit.kind.takes
    every = (*points.middle(takes), *points.tails(takes, dtype), *points.GRID)
    return points.at(fit.roles, takes, every, fit.labels, dtype)


def agreements(
    probing: Probing,
    fit: Fit,
    found: Sequence[Source],
    pool: Pool,
    told: Callable[[str], object] = lambda name: None,
) -> list[Agreement]:
    """Compare with every entry point of some adapters that takes as many arguments.

    Parameters
    ----------
    probing : Probing
    fit : Fit
        The answer: which argument is what.
    found : sequence of Source
        The adapters.
    pool : Pool
    told : callable
        Told each adapter's name when it is done.

    Returns
    -------
    list of Agreement
        The nearest first.
    """
    sides = []
    for dtype in ("binary64", "binary32"):
        answers = probing.ask(columns(fit, dtype), dtype)
        if answers.dtype in FORMATS and len(answers.raised) < len(answers.got):
            sides.append(Sides(dtype, answers))
    compared: list[Agreement] = []
    for source in found:
        compared += _with_adapter(probing, fit, source, sides, pool)
        told(source.adapter.name)
    near = [a for a in compared if a.max_ulp <= FAR_ULP]
    near.sort(key=lambda a: (not a.identical, a.max_ulp, sides[0].dtype != a.dtype if sides else False))
    return near


def _with_adapter(
    probing: Probing, fit: Fit, source: Source, sides: Sequence[Sides], pool: Pool
) -> list[Agreement]:
    plan = Plan([source])
    jobs: list[tuple[str, Sides, Job]] = []
    for entry in source.adapter.entry_points:
        arguments = losses.load(entry.loss).ARGUMENTS
        wanted = [ROLES.get(name, name) for name in arguments]
        if sorted(wanted) != sorted(fit.roles):
            continue
        for side in sides:
            if side.dtype not in source.adapter.names:
                continue
            subject = Subject(
                source.adapter.name, entry.path, entry.key, next(iter(source.adapter.modes)), side.dtype
            )
            job = _job(plan, subject, side, arguments, fit, probing.single)
            jobs.append((entry_id(source.adapter, entry), side, job))
    found = []
    for name, side, job in jobs:
        observed = pool.observe(job)
        if observed.status in ("crashed", "timed-out", "out-of-memory"):
            break
        if observed.status == "unsupported" and "No module" in observed.message:
            break
        if observed.status == "ok" and observed.dtypes[0] == side.answers.dtype:
            lost = {*side.answers.raised, *observed.raised}
            kept = np.array([k not in lost for k in range(len(side.answers.got))])
            if kept.any():
                same, ulp = distance(side.answers.bits[kept], observed.outputs[0][kept], observed.dtypes[0])
                found.append(Agreement(name, side.dtype, int(kept.sum()), same, ulp))
    return found


def _job(
    plan: Plan, subject: Subject, side: Sides, arguments: tuple[str, ...], fit: Fit, single: bool
) -> Job:
    inputs = []
    for name in arguments:
        values = side.answers.columns[ROLES.get(name, name)]
        values = fit.share(values) if name == "label" else values
        inputs.append(from_float64(values, FORMATS[side.dtype]))
    count = len(side.answers.got)
    return Job(
        worker=plan.worker(subject),
        entry_point=subject.entry_point,
        config=subject.config,
        arguments=arguments,
        steps=(),
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=tuple(inputs),
        alone=np.zeros(count, bool),
        windows=tuple((k, 1) for k in range(count)) if single else (),
    )


def distance(ours: Bits, theirs: Bits, dtype: str) -> tuple[int, float]:
    """Of how many results the bits are the same, and the largest distance in units of the last place.

    Parameters
    ----------
    ours, theirs : ndarray of unsigned integers
    dtype : str

    Returns
    -------
    (int, float)
        Two NaNs are the same; one is infinitely far from a number.
    """
    fmt = FORMATS[dtype]
    a, b = (_order(bits, fmt.width) for bits in (ours, theirs))
    nan = [_nan(bits, fmt.width, fmt.precision) for bits in (ours, theirs)]
    same = (np.asarray(ours, np.uint64) == np.asarray(theirs, np.uint64)) | (nan[0] & nan[1])
    steps = np.array([float(abs(m - n)) for m, n in zip(a, b, strict=True)])
    away = np.where(same, 0.0, np.where(nan[0] | nan[1], np.inf, steps))
    return int(np.count_nonzero(same)), float(np.max(away))


def _order(bits: Bits, width: int) -> list[int]:
    """Places on the number line; both zeros are one."""
    half = 1 << (width - 1)
    return [v if v < half else half - v for v in map(int, bits)]


def _nan(bits: Bits, width: int, precision: int) -> Mask:
    magnitude = np.asarray(bits, np.uint64) & np.uint64((1 << (width - 1)) - 1)
    infinity = ((1 << (width - precision)) - 1) << (precision - 1)
    return np.asarray(magnitude > np.uint64(infinity))
