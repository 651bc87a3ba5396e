"""Shapes, dtypes and errors: what comes of calls that are not N numbers and N labels of one dtype.

Each is held to what the entry point documents (``conformance.behaviour.promises``). Where another mode than the
adapter's first raises, or delivers another shape or dtype than the first, its cell says so. Values are checked where
the loss of each element is known: a wrong number is worse than an odd dtype.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from conformance import losses
from conformance.adapter import Adapter
from conformance.behaviour.arguments import rows, values
from conformance.behaviour.arrangements import Arrangement, arrangements
from conformance.behaviour.calls import LABEL, ROWS, Call, calls
from conformance.behaviour.due import bound, due, error_of
from conformance.behaviour.outcomes import Inputs, Off, Outcome, differs, outcome, promised, verdict
from conformance.behaviour.promises import ACCEPTS, Documented, documented
from conformance.cell import Cell
from conformance.examinations import Trial, cell_of, witness
from conformance.formats import FORMATS, from_float64
from conformance.job import Job, Observation, WorkerKey
from conformance.plan import Plan
from conformance.subject import Subject

NAME = __name__.rpartition(".")[2]

CONTAINER = True
"""A reproducer prints dtype and shape too."""

WIDE = "binary64"
"""The dtype whose environment a call with a dtype of 64 bits needs: JAX has to be told of those."""

WIDE_NAMES = (WIDE, "int64", "float64")

RARE = ("unequal.labels-column", "unequal.prediction-column", "domain.labels-above", "pos_weight.column")
"""What the default tier asks of every call in every mode that is not slow, in binary32."""

DEFAULT = (
    *RARE,
    "unequal.labels-one",
    "shape.scalar",
    "shape.empty",
    "dtypes.*",
    "labels.*",
    "domain.probabilities-nan",
    "weight.column",
    "argument.*",
)
"""What it asks of the calls of the quick tier in the first mode, where that does not compile anew for each shape, and
the full tier in other modes that do."""

SLOW = (
    "unequal.labels-column",
    "shape.empty",
    "dtypes.*-binary64",
    "labels.int64",
    "domain.probabilities-above",
    "domain.labels-above",
    "weight.column",
    "pos_weight.column",
    "argument.reduction",
)
"""What the full tier asks in slow modes of the calls of the quick tier and of weights, and in modes that compile anew
for each shape of calls that are not of the quick tier; in binary32."""

COSTLY = ("dtypes.*", "gradient.dtypes.*", "labels.int64", "shape.empty")
"""What it asks in other dtypes in the first mode where that compiles anew for each shape, and of calls that are not of
the quick tier; of everything else it asks everything."""


@dataclass(frozen=True)
class Question:
    """What is asked: a call, and what its arguments are."""

    call: Call
    arrangement: Arrangement


def trials(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
    """One trial an arrangement; a mode other than the first runs beside the first."""
    if plan.tier == "quick":
        return
    known = {
        name: {(call.entry.path, call.entry.key): call for call in calls(plan.sources[name].adapter)}
        for name in {subject.adapter for subject in subjects}
    }
    made: dict[tuple[Subject, str], Job] = {}                              # the first mode's is asked once for all
    for subject in subjects:
        adapter = plan.sources[subject.adapter].adapter
        call = known[subject.adapter].get((subject.entry_point, subject.config))
        if call is None or "vmap(" in adapter.modes[subject.mode]:     # an element has no shape inside
            continue
        first = next(iter(call.entry.modes or adapter.modes))
        modes = [first, subject.mode] if subject.mode != first else [first]
        asked = _asked(plan.tier, adapter, call, subject)
        for arrangement in arrangements(call, adapter, subject.dtype):
            if any(fnmatchcase(arrangement.name, glob) for glob in asked):
                question = Question(call, arrangement)
                places = [(replace(subject, mode=mode), arrangement.name) for mode in modes]
                for place in places:
                    if place not in made:
                        made[place] = _job(plan, place[0], adapter, question)
                yield Trial(subject, NAME, NAME, arrangement.name, tuple(made[place] for place in places), question)


def _asked(tier: str, adapter: Adapter, call: Call, subject: Subject) -> tuple[str, ...]:
    """Globs over the names of the arrangements that a subject is asked about."""
    plain, compiles = subject.dtype == "binary32", subject.mode in adapter.per_shape
    if subject.mode in adapter.slow_modes:
        return SLOW if tier == "full" and plain and (call.entry.tier == "quick" or not call.alone) else ()
    core, first = call.entry.tier == "quick", subject.mode == next(iter(call.entry.modes or adapter.modes))
    if tier == "full":
        if plain:
            return ("*",) if not compiles or (core and first) else DEFAULT if core else SLOW
        if compiles and not first:
            return ()
        return COSTLY if compiles or not core else ("*",)
    if not plain:
        return ()
    return DEFAULT if core and first and not compiles else RARE


def judged(plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
    """The one cell of a trial."""
    question: Question = trial.question
    arrangement = question.arrangement
    *firsts, got = map(outcome, observations)
    said, inputs = documented(question.call.entry, question.call.targets, arrangement.name), _inputs(trial)
    off = _off(trial, said, got)
    kind, expected, fact = verdict(said, inputs, got, off), promised(said, inputs), got.fact
    if firsts and differs(firsts[0], got):
        kind, expected = "mode-dependent", f"{firsts[0].words} in {trial.jobs[0].mode}"
        fact += f"; in {trial.jobs[0].mode} {firsts[0].fact}"
    elif off.broadcast:
        fact += ", every prediction with every label"
    elif off.error is not None and off.error > off.bound:
        fact += f", other values: off by {off.error:.3g} ULP"
    figures = {"limit": off.bound, "max_ulp": off.error} if kind == "beyond-limit" else {}
    ulp = figures.get("max_ulp")
    shown = witness(
        arrangement.name, got.words, expected, kind, index=len(firsts), contract=said.quotes or None, ulp=ulp
    )
    return (cell_of(trial, question.call.entry.loss, kind, message=fact, worst=shown, **figures),)


def _job(plan: Plan, subject: Subject, adapter: Adapter, question: Question) -> Job:
    """The call in one mode."""
    call, arrangement = question.call, question.arrangement
    inputs, prepare = [], []
    for name in call.arguments:
        shape, dtype = arrangement.shape(call, name), _dtype(subject, question, name)
        numbers = np.array(values(call, arrangement, name), np.float64)
        inputs.append(from_float64(numbers, FORMATS[subject.dtype]))
        expression = name
        if dtype != subject.dtype:
            theirs = {**adapter.others, **adapter.names}[dtype]
            expression = adapter.cast.format(x=expression, dtype=theirs)
        if len(shape) != 1:
            expression = adapter.reshape.format(x=expression, shape=shape)
        if arrangement.layout:
            expression = adapter.layouts[arrangement.layout].format(x=expression)
        prepare += [(name, expression)] if expression != name else []
    return Job(
        worker=_worker(plan, subject, adapter, arrangement),
        entry_point=call.entry.path,
        config=call.entry.key,
        arguments=call.arguments,
        steps=(("reverse", call.prediction),) if arrangement.gradient else (),
        mode=subject.mode,
        dtype=subject.dtype,
        inputs=tuple(inputs),
        alone=np.zeros(len(inputs[0]), bool),
        code=call.expression(arrangement.config),
        prepare=tuple(prepare),
        free=True,
    )


def _dtype(subject: Subject, question: Question, argument: str) -> str:
    """The dtype of an argument."""
    usual = question.call.index if argument == LABEL else ""
    return question.arrangement.dtypes.get(argument, usual or subject.dtype)


def _worker(plan: Plan, subject: Subject, adapter: Adapter, arrangement: Arrangement) -> WorkerKey:
    """The worker, in the environment that the dtypes of a call need."""
    wide = any(other in WIDE_NAMES for other in (*arrangement.dtypes.values(), *arrangement.config.values()))
    return plan.worker(replace(subject, dtype=WIDE) if wide and WIDE in adapter.names else subject)


def _inputs(trial: Trial) -> Inputs:
    call, arrangement = trial.question.call, trial.question.arrangement
    elements = max(math.prod(arrangement.shape(call, name)) for name in call.arguments)
    dtype = _dtype(trial.subject, trial.question, call.prediction)
    return Inputs(arrangement.prediction, arrangement.label, elements, dtype)


def _off(trial: Trial, said: Documented, got: Outcome) -> Off:
    """How far the values are from those due, in ULPs of the narrowest dtype that they passed through.

    Of binary32 at most: which digits of binary64 are lost is a matter of cases, here it is which numbers come back.
    """
    call, arrangement = trial.question.call, trial.question.arrangement
    weighted = arrangement.weight is not None and said.says != ACCEPTS
    numbers = got.values
    if numbers is None or weighted:
        return Off()
    loss, quantity = call.entry.loss, "loss"
    if arrangement.gradient:
        by = (losses.load(loss).ARGUMENTS[0],)
        quantity = next(name for name, x in losses.load(loss).QUANTITIES.items() if tuple(x) == by)
    dtypes = (trial.subject.dtype, got.dtype, call.entry.computes, "binary32", *arrangement.dtypes.values())
    narrowest = min((FORMATS[d] for d in dtypes if d in FORMATS), key=lambda f: f.precision)
    most = bound(loss, quantity, narrowest)

    def error(outer: bool) -> float | None:
        """By the pairs of prediction and label, or by all of every prediction with every label."""
        elements, shape = rows(call, arrangement, outer), arrangement.prediction
        if call.targets in ROWS:
            return error_of(numbers, due(loss, quantity, elements, (len(elements),)), narrowest)
        if elements and len(elements) != math.prod(shape):
            shape = np.broadcast_shapes(shape, arrangement.label)
        axes = range(len(shape)) if outer else range(len(shape))[-1:]
        return error_of(numbers, due(loss, quantity, elements, shape, axes), narrowest)

    paired = error(outer=False)
    every = error(outer=True) if paired is not None and paired > most else None
    return Off(paired, most, every is not None and every <= most)
