"""Which hypotheses fit what came back: every kind, order and pair of labels, then every clamp."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from conformance.formats import FORMATS, Format, Values
from conformance.identify import points
from conformance.identify.arranged import arranged
from conformance.identify.arrangements import CLASSES
from conformance.identify.box import Box, BoxError
from conformance.identify.fit import Fit, clamped, clear, fitted, misses
from conformance.identify.kinds import CLASSES as NUMBERS
from conformance.identify.kinds import KINDS, Kind, by_sigmoid
from conformance.identify.meaning import meaning
from conformance.identify.probing import Answers, Probing
from conformance.identify.roles import LABELS, orders
from conformance.identify.tails import TAILS

TRIED = 6
"""So many of the nearest hypotheses are tried with clamps."""

STEP = 2.0**-36
"""A relative change that binary64 sees in every loss here, and binary32 in no input."""


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
    """

    probing: Probing
    fit: Fit | None
    others: list[Fit]
    symmetric: bool = False

    @property
    def known(self) -> bool:
        """Whether the hypothesis fits."""
        return self.fit is not None and self.fit.misfit <= 1


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
            if found.known:
                return found
            if nearest is None or _misfit(found) < _misfit(nearest):
                nearest = found
        if nearest is not None:
            return nearest
    if nearest is None:
        raise BoxError(f"The function raises on every call, {refused[0] if refused else 'and says nothing'}.")
    return nearest


def _misfit(found: Found) -> float:
    return math.inf if found.fit is None else found.fit.misfit


def _identified(probing: Probing) -> Found:
    """The best hypothesis for one way to ask."""
    answers = [_bulk(probing, labels) for labels in LABELS[:1]]
    dtype = answers[0].dtype
    if dtype not in ("binary32", "binary64"):
        return Found(probing, None, [])
    if dtype != probing.dtype:
        probing.dtype = dtype
        answers = [_bulk(probing, LABELS[0])]
    fmt, narrow = FORMATS[dtype], FORMATS["binary32"]
    candidates = _candidates(probing, answers[0], LABELS[0], fmt)
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
    answers, fmt = [_bulk(probing, LABELS[0])], FORMATS["binary32"]
    return _with_labels(probing, answers, _candidates(probing, answers[0], LABELS[0], fmt), fmt)


def _with_labels(probing: Probing, answers: list[Answers], candidates: list[Fit], fmt: Format) -> Found:
    """The best hypothesis, of those with other labels too where the first fit none."""
    if not candidates or candidates[0].misfit > 1:
        answers.append(_bulk(probing, LABELS[1]))
        candidates = sorted(candidates + _candidates(probing, answers[1], LABELS[1], fmt), key=_rank)
    return _settled(probing, answers, candidates)


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
                    fit = fitted(Fit(kind, order, labels, fmt, classes=classes), *_inside(named, kind))
                    if fit is not None:
                        found.append(fit)
    return sorted(found, key=_rank)


def _rank(fit: Fit) -> tuple[bool, bool, bool, float]:
    """What fits first; of several that fit, the one whose label 1 is the class of the prediction."""
    return fit.misfit > 1, _against(fit), fit.labels != LABELS[0], fit.misfit


def _classes(probing: Probing, kind: Kind) -> Sequence[int]:
    if not kind.row:
        return (2,)
    return (CLASSES,) if probing.arrangement.roles else NUMBERS


def _inside(answers: Answers, kind: Kind) -> tuple[dict[str, Values], Values]:
    """Without the ends of the domain."""
    keep = np.ones(answers.got.shape, bool)
    for role in ("prediction", "rest"):
        if role in answers.columns:
            keep &= (answers.columns[role] > 0) & (answers.columns[role] < 1)
    return {role: values[keep] for role, values in answers.columns.items()}, answers.got[keep]


def _narrow(probing: Probing, fit: Fit) -> bool:
    """Whether inputs that differ in binary64 alone make no difference: they were rounded to binary32."""
    roles = fit.roles
    keys = roles if probing.roles else tuple(map(str, range(len(roles))))
    at = points.at(roles, fit.kind.takes, (0.375, 0.625, 0.75), fit.labels, "binary32")
    moved = dict(at, prediction=at["prediction"] * (1 + STEP))
    both = [probing.ask({key: c[role] for key, role in zip(keys, roles, strict=True)}).got for c in (at, moved)]
    return bool(np.array_equal(both[0], both[1]) and np.isfinite(both[0]).all())


def _settled(probing: Probing, answers: list[Answers], candidates: list[Fit]) -> Found:
    """The nearest hypotheses with every clamp, held against probes in the middle and at the ends."""
    plain: dict[tuple[str, ...], Probing] = {}
    best: list[Fit] = []
    for fit in candidates[:TRIED]:
        asked = plain.setdefault(fit.roles, replace(probing, roles=fit.roles, asked=list(probing.asked)))
        bulk = answers[LABELS.index(fit.labels)] if fit.labels in LABELS[: len(answers)] else answers[0]
        by_role = bulk if probing.arrangement.roles else bulk.renamed(fit.roles)
        best += _with_tails(asked, fit, by_role)
    if not best:
        return Found(probing, None, [])
    soft = {fit.roles: _soft(plain[fit.roles], fit) for fit in best if fit.misfit <= 1}
    # A hypothesis whose factors have no name may mimic another within the roundings of a format.
    odd = {id(fit): bool(meaning(fit).leftover) for fit in best}
    best.sort(
        key=lambda f: (f.misfit > 1, f.misfit if f.misfit > 1 else soft[f.roles], odd[id(f)], not f.constant.meant)
    )
    first = best[0]
    named = [f for f in best[1:] if f.misfit <= 1 and odd[id(f)] == odd[id(first)]]
    alike = [f for f in named if f.constant.meant == first.constant.meant]
    exchanged = [f for f in alike if f.roles != first.roles and f.kind is first.kind and _against(f) == _against(first)]
    others = [f for f in alike if f.roles == first.roles and _names(f) != _names(first)]
    return Found(plain[first.roles], first, others, bool(exchanged))


def _against(fit: Fit) -> bool:
    """Whether label 1 is the class that the prediction speaks against."""
    return abs(fit.yes[0]) < abs(fit.yes[1])


def _soft(probing: Probing, fit: Fit) -> bool:
    """Whether labels between the two are not what the mathematics has: so it is where two arguments are mistaken."""
    if probing.arrangement.integers:
        return False
    labels = [low_to(fit, share) for share in points.SOFT]
    asked = probing.ask(points.at(fit.roles, fit.kind.takes, points.FEW, labels, probing.dtype))
    return not bool((misses(fit, asked.columns, asked.got) <= 1).all())


def low_to(fit: Fit, share: float) -> float:
    """A label between the two."""
    low, high = fit.labels
    return low + share * (high - low)


def _names(fit: Fit) -> tuple[str, str]:
    return fit.kind.name, fit.tail.name


def _with_tails(probing: Probing, fit: Fit, bulk: Answers) -> list[Fit]:
    """A hypothesis as it is, and with each clamp; the misfit is that of all probes."""
    takes = fit.kind.takes
    middle = probing.ask(points.at(fit.roles, takes, points.middle(takes), fit.labels, probing.dtype))
    tail = probing.ask(points.at(fit.roles, takes, points.tails(takes, probing.dtype), fit.labels, probing.dtype))
    inside = _inside(bulk, fit.kind)
    ends = [tail]
    if fit.kind.row and takes == "probabilities":
        ends.append(probing.ask({**tail.columns, "rest": tail.columns["rest"] / 3}))
    alone = replace(fit, misfit=_held(fit, [middle], [inside], lenient=True))
    if not fit.kind.entropy or takes == "log-probabilities" or _unclamped(fit, tail):
        return [alone]
    ceiling = _ceiling(fit, tail)
    routes = [fit.kind, by_sigmoid(fit.kind, fit.fmt)] if fit.kind.name == "logits" else [fit.kind]
    found = []
    if any(map(math.isfinite, ceiling)):
        for hypothesis, kind in product(TAILS, routes):
            if hypothesis.fits(kind):
                found += [
                    replace(solved, misfit=_held(solved, [middle, *ends], [inside]))
                    for solved in clamped(replace(fit, kind=kind), hypothesis, ceiling, *inside)
                ]
    if any(f.misfit <= 1 for f in found):
        return [f for f in found if f.misfit <= 1]
    careless = [replace(fit, kind=kind) for kind in routes[1:]]
    careless = [replace(f, misfit=_held(f, [middle, tail], [inside])) for f in careless]
    return [alone, *(f for f in careless if f.misfit <= 1)][::-1]


def _ceiling(fit: Fit, tail: Answers) -> tuple[float, float]:
    """What came back where −log p, and where −log(1 − p), is largest."""
    at = []
    for end, label in zip(points.ends(fit.kind.takes), reversed(fit.labels), strict=True):
        rows = (tail.columns["prediction"] == end) & (tail.columns["label"] == label)
        at.append(float(tail.got[rows][0]) if rows.any() else math.nan)
    return at[0], at[1]


def _unclamped(fit: Fit, tail: Answers) -> bool:
    """Whether the hypothesis needs no clamp: at the very ends it says what came back."""
    low, high = points.ends(fit.kind.takes)
    rows = np.isin(tail.columns["prediction"], (low, high)) & np.isfinite(fit.predicted(tail.columns))
    rows &= np.abs(fit.predicted(tail.columns)) > 50
    return bool(rows.any() and (misses(fit, tail.columns, tail.got)[rows] <= 1).all())


def _held(
    fit: Fit, answers: Sequence[Answers], more: Sequence[tuple[dict[str, Values], Values]], lenient: bool = False
) -> float:
    """The largest misfit; what came back as no number is left out where a formula may break down, up to a fifth."""
    worst = 0.0
    for columns, got in [*((a.columns, a.got) for a in answers), *more]:
        hard = np.isin(columns["label"], fit.labels) & clear(fit, columns)
        missed = misses(fit, columns, got)[hard]
        if not missed.size:
            continue
        if lenient:
            missed = np.sort(missed)[: max(1, math.ceil(len(missed) * 0.8))]
        worst = max(worst, float(np.max(missed)))
    return worst
