"""Which hypotheses fit what came back: every kind, order and pair of labels, then every clamp."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from conformance.formats import FORMATS, Format
from conformance.identify import points
from conformance.identify.arranged import RESULT, arranged, refusal
from conformance.identify.arrangements import COLUMNS
from conformance.identify.box import Box, BoxError
from conformance.identify.clamps import with_clamps, within
from conformance.identify.evidence import named_answers
from conformance.identify.fit import Fit
from conformance.identify.held import parting
from conformance.identify.kinds import CLASSES, KINDS, Kind
from conformance.identify.meaning import meaning
from conformance.identify.probing import Answers, Probing
from conformance.identify.roles import LABELS, orders
from conformance.identify.solve import fitted
from conformance.identify.tolerance import misses

TRIED = 6
"""So many of the nearest hypotheses are tried with clamps: each costs two calls or three. A choice; what fits is among
them as long as no more than so many are within rounding of it in the middle of the domain."""

STEP = 2.0**-36
"""A relative change that binary64 sees in every loss here, and binary32 in no input."""


UNREPEATABLE = (
    "It returns other results for the same inputs from one call to the next, so nothing can be said: "
    "give it its random numbers, or take dropout and noise away."
)


@dataclass(frozen=True, eq=False)
class Found:
    """What fits, or what is nearest.

    Attributes
    ----------
    probing : Probing
        How it was asked.
    fit : Fit or None
        The nearest hypothesis; it fits where its misfit is at most 1.
    others : list of Fit
        Further ones that fit, alike in every probe.
    symmetric : bool
        Whether the two arguments may be exchanged.
    why : str
        Why nothing was tried, a sentence; empty where something was.
    """

    probing: Probing
    fit: Fit | None
    others: list[Fit]
    symmetric: bool = False
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether the hypothesis fits."""
        return self.fit is not None and self.fit.misfit <= 1

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """What fits first, and of that what has a name: rows of one column fit what nobody means."""
        if self.fit is None:
            return True, True, math.inf
        return not self.known, bool(meaning(self.fit).leftover), self.fit.misfit


def search(boxes: Iterable[Box]) -> Found:
    """Ask until a hypothesis fits.

    Parameters
    ----------
    boxes : iterable of Box
        The function, with the arrays of one framework after the other.

    Raises
    ------
    BoxError
        It raises on every call that was tried.
    """
    nearest: Found | None = None
    refused: list[str] = []
    for box in boxes:
        for probing in arranged(box, refused):
            found = _identified(probing)
            if nearest is None or found.rank < nearest.rank:
                nearest = found
            if found.why or not any(nearest.rank[:2]):
                return nearest
        if nearest is not None:
            return nearest
        if any(said.startswith(RESULT) for said in refused):
            break                               # it takes these arrays: those of another framework change nothing
    if nearest is None:
        raise BoxError(refusal(refused))
    return nearest


def _identified(probing: Probing) -> Found:
    """The best hypothesis for one way to ask."""
    answers = _bulk(probing, LABELS[0])
    again = _bulk(replace(probing, asked=[]), LABELS[0])
    if not np.array_equal(answers.bits, again.bits):
        return Found(probing, None, [], why=UNREPEATABLE)
    dtype = answers.dtype
    if dtype not in ("binary32", "binary64"):
        return Found(probing, None, [], why=f"Its result is of {dtype}, which tells too few losses apart.")
    if dtype != probing.dtype:
        probing.dtype = dtype
        answers = _bulk(probing, LABELS[0])
    fmt, narrow = FORMATS[dtype], FORMATS["binary32"]
    candidates = _candidates(probing, answers, LABELS[0], fmt)
    if fmt.precision <= narrow.precision:
        return _with_labels(probing, answers, candidates, fmt)
    if candidates and _narrow(probing, candidates[0]):
        return _in_binary32(probing)
    wide = _with_labels(replace(probing, asked=list(probing.asked)), answers, candidates, fmt)
    # Roundings to binary32 may have put a wrong order first.
    orders_near = {fit.roles: fit for fit in candidates[:TRIED]}.values()
    if wide.known or not any(_narrow(probing, fit) for fit in orders_near):
        return wide
    rounded = _in_binary32(probing)
    return rounded if rounded.known else wide


def _in_binary32(probing: Probing) -> Found:
    """The best hypothesis for what computes in binary32, whatever goes in."""
    probing.dtype = "binary32"
    answers, fmt = _bulk(probing, LABELS[0]), FORMATS["binary32"]
    return _with_labels(probing, answers, _candidates(probing, answers, LABELS[0], fmt), fmt)


def _with_labels(probing: Probing, first: Answers, candidates: list[Fit], fmt: Format) -> Found:
    """The best hypothesis, of those with other labels too where the first ones fit none, or one without a name."""
    best = _settled(probing, first, candidates)
    for labels in LABELS[1:]:
        if not any(best.rank[:2]):
            break
        answers = _bulk(probing, labels)
        best = min(best, _settled(probing, answers, _candidates(probing, answers, labels, fmt)), key=lambda f: f.rank)
    return best


def _bulk(probing: Probing, labels: tuple[float, float]) -> Answers:
    if not probing.arrangement.roles:
        columns = points.unknown(probing.count, labels)
        return probing.ask({str(k): column for k, column in enumerate(columns)})
    if "rest" in probing.roles:
        parts = points.rows(labels)
        return probing.ask(dict(zip(("prediction", "rest", "label"), parts, strict=True)))
    parts = points.pairs(labels)
    return probing.ask(dict(zip(("prediction", "label"), parts, strict=True)))


def _candidates(probing: Probing, answers: Answers, labels: tuple[float, float], fmt: Format) -> list[Fit]:
    """Every hypothesis that is near, the nearest first."""
    settled = [probing.arrangement.roles] if probing.arrangement.roles else orders(len(answers.columns))
    found: list[Fit] = []
    for order in settled:
        named = answers if probing.arrangement.roles else answers.renamed(order)
        for kind in KINDS:
            if kind.row == ("rest" in order):
                for classes in _classes(probing, kind):
                    fit = fitted(Fit(kind, order, labels, fmt, classes=classes), *within(named))
                    if fit is not None:
                        found.append(fit)
    return sorted(found, key=_rank)


def _rank(fit: Fit) -> tuple[bool, bool, bool, float]:
    """What fits first; of several that fit, the one whose label 1 is the class of the prediction."""
    return fit.misfit > 1, _against(fit), fit.labels != LABELS[0], fit.misfit


def _classes(probing: Probing, kind: Kind) -> Sequence[int]:
    if not kind.row:
        return (2,)
    return (COLUMNS,) if probing.arrangement.roles else CLASSES


def _narrow(probing: Probing, fit: Fit) -> bool:
    """Whether inputs that differ in binary64 alone make no difference: they were rounded to binary32."""
    roles = fit.roles
    keys = roles if probing.roles else tuple(map(str, range(len(roles))))
    at = points.at(roles, fit.kind.takes, (0.375, 0.625, 0.75), fit.labels, "binary32")
    moved = dict(at, prediction=at["prediction"] * (1 + STEP))
    both = [probing.ask({key: c[role] for key, role in zip(keys, roles, strict=True)}).got for c in (at, moved)]
    return bool(np.array_equal(both[0], both[1]) and np.isfinite(both[0]).all())


def _settled(probing: Probing, bulk: Answers, candidates: list[Fit]) -> Found:
    """The best of the nearest hypotheses with every clamp, and those that nothing tells from it."""
    asked: dict[tuple[str, ...], Probing] = {}
    tried: list[Fit] = []
    for fit in candidates[:TRIED]:
        here = asked.setdefault(fit.roles, replace(probing, roles=fit.roles, asked=list(probing.asked)))
        tried += with_clamps(here, fit, bulk if probing.arrangement.roles else bulk.renamed(fit.roles))
    fitting = [fit for fit in tried if fit.misfit <= 1]
    if not fitting:
        nearest = min(tried, key=lambda fit: fit.misfit, default=None)
        return Found(probing if nearest is None else asked[nearest.roles], nearest, [])
    mistaken = {fit.roles: _soft(asked[fit.roles], fit) for fit in fitting}
    doubts = {id(fit): _doubts(fit, named_answers(asked[fit.roles].asked, fit.roles)) for fit in fitting}
    first = min(fitting, key=lambda fit: (mistaken[fit.roles], doubts[id(fit)]))
    alike = [fit for fit in fitting if fit is not first and doubts[id(fit)] == doubts[id(first)]]
    others = [fit for fit in alike if fit.roles == first.roles and _names(fit) != _names(first)]
    return Found(asked[first.roles], first, others, any(_exchanges(fit, first) for fit in alike))


def _doubts(fit: Fit, asked: Sequence[Answers]) -> tuple[bool, bool, bool]:
    """What speaks against one of several that fit in the middle of the domain, the gravest first.

    It parts from what came back at the ends; or its factors have no name, since such a one may mimic another within the
    roundings of a format; or its clamp is no number that anybody writes.
    """
    return parting(fit, asked) is not None, bool(meaning(fit).leftover), not fit.constant.meant


def _exchanges(fit: Fit, other: Fit) -> bool:
    """Whether two hypotheses are one with its arguments exchanged."""
    return fit.roles != other.roles and fit.kind is other.kind and _against(fit) == _against(other)


def _against(fit: Fit) -> bool:
    """Whether label 1 is the class that the prediction speaks against."""
    return abs(fit.yes[0]) < abs(fit.yes[1])


def _soft(probing: Probing, fit: Fit) -> bool:
    """Whether labels between the two are not what the mathematics has: so it is where two arguments are mistaken."""
    if probing.arrangement.integers:
        return False
    labels = [fit.label(share) for share in points.SOFT]
    asked = probing.ask(points.at(fit.roles, fit.kind.takes, points.FEW, labels, probing.dtype))
    return not bool((misses(fit, asked.columns, asked.got) <= 1).all())


def _names(fit: Fit) -> tuple[str, str]:
    return fit.kind.name, fit.tail.name
