"""Whether what came back is what a hypothesis says, and where it parts from it. Pure.

Of an answer that is certain, each probe with a hard label inside the domain agrees within its tolerance, but for two
sets: the band in which a formula without care has lost some of the digits that it subtracts (``tolerance.clear``), and
what is no number beyond the middle of the domain, where a formula may break down; that is a property of its own.
What is named all the same, though it has exceptions in the middle or is another function beyond it, says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from conformance.formats import Mask, Values
from conformance.identify import points
from conformance.identify.fit import Columns, Fit
from conformance.identify.identification import Probe
from conformance.identify.probing import Answers
from conformance.identify.tolerance import clear, misses

BROKEN = 0.2
"""What is no number at more than this share of the middle is another loss. A choice: an answer with a single exception
is not certain any more."""


def decides(fit: Fit, columns: Columns) -> Mask:
    """Probes at which a result says something of a hypothesis: hard labels, inside the domain, with digits left.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values.
    """
    keep = np.isin(columns["label"], fit.labels) & clear(fit, columns)
    low, high = points.domain(fit.kind.takes)
    for role in ("prediction", "rest"):
        if role in columns:
            keep &= (columns[role] >= low) & (columns[role] <= high) & np.isfinite(columns[role])
    return keep


def misfit(fit: Fit, columns: Columns, got: Values) -> float:
    """The largest miss in tolerances; at most 1 where the hypothesis holds.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values.
    got : ndarray of float64
        What came back.
    """
    return float(np.max(misses(fit, columns, got)[decides(fit, columns)], initial=0.0))


def lenient(fit: Fit, columns: Columns, got: Values) -> float:
    """The same without exceptions: one prediction, and what is no number where that is little.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values, in the middle of the domain.
    got : ndarray of float64
        What came back.
    """
    keep = decides(fit, columns)
    x, missed = columns["prediction"][keep], misses(fit, columns, got)[keep]
    silent = ~np.isfinite(got[keep]) & (missed > 1)
    if np.count_nonzero(silent) <= BROKEN * len(missed):
        x, missed = x[~silent], missed[~silent]
    others = missed[x != x[np.argmax(missed)]] if missed.size else missed
    return float(np.max(others, initial=0.0))


def parting(fit: Fit, asked: Sequence[Answers]) -> Probe | None:
    """The probe whose number is farthest from a hypothesis; None where each that decides is within its tolerance.

    Parameters
    ----------
    fit : Fit
    asked : sequence of Answers
        With roles.
    """
    return _worst(fit, asked, lambda x: np.ones(x.shape, bool), np.isfinite)


def beyond(fit: Fit, asked: Sequence[Answers]) -> Probe | None:
    """The same beyond the middle of the domain, where a clamp may be.

    Parameters
    ----------
    fit : Fit
    asked : sequence of Answers
        With roles.
    """
    return _worst(fit, asked, lambda x: ~points.inside(fit.kind.takes, x), np.isfinite)


def exception(fit: Fit, asked: Sequence[Answers]) -> Probe | None:
    """A probe in the middle of the domain that is not as the hypothesis has it, or no number; None where there is none.

    Parameters
    ----------
    fit : Fit
    asked : sequence of Answers
        With roles.
    """
    return _worst(fit, asked, lambda x: points.inside(fit.kind.takes, x), lambda got: np.ones(got.shape, bool))


def _worst(
    fit: Fit, asked: Sequence[Answers], where: Callable[[Values], Mask], usable: Callable[[Values], Mask]
) -> Probe | None:
    most, found = 1.0, None
    for answers in asked:
        due = fit.predicted(answers.columns)
        keep = decides(fit, answers.columns) & where(answers.columns["prediction"]) & usable(answers.got)
        missed = np.where(keep & ~np.isnan(due), misses(fit, answers.columns, answers.got), 0.0)
        k = int(np.argmax(missed))
        if missed[k] > most:
            most = float(missed[k])
            found = Probe(points.named(answers.columns, k), float(answers.got[k]), float(due[k]))
    return found
