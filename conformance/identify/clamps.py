"""A hypothesis with every clamp, held against probes in the middle of the domain and at its ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from conformance.formats import Values
from conformance.identify import points
from conformance.identify.fit import Columns, Fit
from conformance.identify.held import lenient, misfit
from conformance.identify.kinds import by_sigmoid
from conformance.identify.probing import Answers, Probing
from conformance.identify.solve import clamped
from conformance.identify.tails import TAILS
from conformance.identify.tolerance import misses

Part = tuple[Columns, Values]
"""Inputs and what came back."""


def with_clamps(probing: Probing, fit: Fit, bulk: Answers) -> list[Fit]:
    """What a hypothesis is at the ends: with the clamps that fit, without one by a careless route, or as it is.

    Parameters
    ----------
    probing : Probing
        With roles.
    fit : Fit
        Without a clamp.
    bulk : Answers
        What it was solved from.

    Returns
    -------
    list of Fit
        Each with the misfit of all its probes; that of the hypothesis as it is is without the ends, where a formula
        may break down, or have a clamp that nothing here knows.
    """
    takes = fit.kind.takes
    inside = within(bulk)
    middle = _asked(probing, fit, points.middle(takes))
    tail = _asked(probing, fit, points.tails(takes, probing.dtype))
    plain = replace(fit, misfit=max(lenient(fit, *part) for part in (inside, _part(middle))))
    if not fit.kind.entropy or takes == "log-probabilities" or _unclamped(fit, tail):
        return [plain]
    routes = [fit.kind, by_sigmoid(fit.kind, fit.fmt)] if fit.kind.name == "logits" else [fit.kind]
    everything = [inside, _part(middle), _part(tail)]
    if fit.kind.row and takes == "probabilities":
        # A clip of each entry parts from one of the quotient where the others do not fill the row.
        thinner = probing.ask({**tail.columns, "rest": tail.columns["rest"] / 3})
        everything.append(_part(thinner))
    ceiling = _ceiling(fit, tail)
    if any(map(math.isfinite, ceiling)):
        hypotheses = [(tail, replace(fit, kind=kind)) for tail in TAILS for kind in routes if tail.fits(kind)]
        solved = [found for tail, start in hypotheses for found in clamped(start, tail, ceiling, *inside)]
        holding = [found for found in (_held(start, everything) for start in solved) if found.misfit <= 1]
        if holding:
            return holding
    careless = [_held(replace(fit, kind=kind), everything) for kind in routes[1:]]
    return [*(f for f in careless if f.misfit <= 1), plain]


def within(answers: Answers) -> Part:
    """What was asked without the ends of the domain, whatever that is: 0 and 1 stand for labels there.

    Parameters
    ----------
    answers : Answers
        With roles.
    """
    keep = np.ones(answers.got.shape, bool)
    for role in ("prediction", "rest"):
        if role in answers.columns:
            keep &= (answers.columns[role] > 0) & (answers.columns[role] < 1)
    return {role: values[keep] for role, values in answers.columns.items()}, answers.got[keep]


def _asked(probing: Probing, fit: Fit, predictions: Sequence[float]) -> Answers:
    return probing.ask(points.at(fit.roles, fit.kind.takes, predictions, fit.labels, probing.dtype))


def _part(answers: Answers) -> Part:
    return answers.columns, answers.got


def _held(fit: Fit, everything: Sequence[Part]) -> Fit:
    return replace(fit, misfit=max(misfit(fit, *part) for part in everything))


def _ceiling(fit: Fit, tail: Answers) -> tuple[float, float]:
    """What came back where −log p, and where −log(1 − p), is largest."""
    at = [float(tail.got[row]) if row is not None else math.nan for row in _highest(fit, tail)]
    return at[0], at[1]


def _highest(fit: Fit, tail: Answers) -> list[int | None]:
    """The probes at which −log p, and −log(1 − p), is largest."""
    found: list[int | None] = []
    for end, label in zip(points.ends(fit.kind.takes), reversed(fit.labels), strict=True):
        rows = np.flatnonzero((tail.columns["prediction"] == end) & (tail.columns["label"] == label))
        found.append(int(rows[0]) if rows.size else None)
    return found


def _unclamped(fit: Fit, tail: Answers) -> bool:
    """Whether the hypothesis needs no clamp: where it is largest, an infinity among others, it says what came back."""
    due = fit.predicted(tail.columns)
    rows = [row for row in _highest(fit, tail) if row is not None and due[row] != 0]
    return bool(rows and (misses(fit, tail.columns, tail.got)[rows] <= 1).all())
