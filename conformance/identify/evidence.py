"""The probe at which an answer and its rival differ most. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from conformance.formats import Values
from conformance.identify.fit import Columns, Fit
from conformance.identify.identification import CERTAIN, LIKELY, Probe
from conformance.identify.points import named
from conformance.identify.probing import Answers
from conformance.identify.tolerance import clear, misses, tolerance

PLAIN = 100
"""A rival that misses a probe by so many tolerances is out: one is enough where each operation loses what it may at
most, and so many leave room for a library that loses a hundred times as much."""
ENOUGH = 1e6
"""More than this no probe tells; a rival with an infinity tells half as much as one with a number."""


def named_answers(asked: Sequence[Answers], roles: Sequence[str]) -> list[Answers]:
    """Answers with roles for places.

    Parameters
    ----------
    asked : sequence of Answers
    roles : sequence of str
    """
    return [a if "prediction" in a.columns else a.renamed(roles) for a in asked]


Rival = Callable[[Columns], Values]
"""What a rejected hypothesis predicts."""


def exchanged(fit: Fit) -> Rival:
    """What a hypothesis says where prediction and label change places.

    Parameters
    ----------
    fit : Fit
    """
    return lambda columns: fit.predicted({**columns, "prediction": columns["label"], "label": columns["prediction"]})


def against(fit: Fit, rival: Rival, instead: str, asked: Sequence[Answers]) -> tuple[Probe | None, str]:
    """A probe that tells a hypothesis from a rival beyond doubt, or the one that tells most, and how sure that makes.

    Parameters
    ----------
    fit : Fit
    rival : callable
        What else it could be.
    instead : str
        That in words.
    asked : sequence of Answers
        With roles; of those that decide the first is shown, which has the plainest inputs.

    Returns
    -------
    (Probe or None, str)
        None where they say the same everywhere.
    """
    best, most = None, 0.0
    for answers in asked:
        ours, theirs = fit.predicted(answers.columns), rival(answers.columns)
        with np.errstate(all="ignore"):
            away = np.abs(answers.got - theirs) / tolerance(fit, answers.columns)
        usable = np.isin(answers.columns["label"], fit.labels) & np.isfinite(answers.got) & clear(fit, answers.columns)
        # What the answer itself misses shows nothing; a rival without a number is a poor one, if a true one.
        usable &= misses(fit, answers.columns, answers.got) <= 1
        away = np.where(np.isfinite(theirs), np.minimum(away, ENOUGH), np.where(np.isinf(theirs), ENOUGH / 2, 0.0))
        away = np.where(usable, away, 0.0)
        k = int(np.argmax(away))
        if away[k] > most:
            most = float(away[k])
            best = Probe(named(answers.columns, k), float(answers.got[k]), float(ours[k]), float(theirs[k]), instead)
    return best, CERTAIN if most >= PLAIN else LIKELY
