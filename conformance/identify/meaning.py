"""What the numbers of a solved hypothesis are called: smoothing, pos_weight, alpha, a factor. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from conformance.formats import BINARY64
from conformance.identify.fit import Fit
from conformance.identify.measured import Measured
from conformance.identify.snap import Snapped, snapped
from conformance.identify.tolerance import roundoff

CONSTANTS = (
    (1 / math.log(2), "1/ln 2: the logarithm is to base 2"),
    (1 / math.log(10), "1/ln 10: the logarithm is to base 10"),
)
"""Factors with a name."""

NOTHING, WHOLE = Measured(0.0), Measured(1.0)


@dataclass(frozen=True)
class Meaning:
    """The parameters behind the factors of a fit.

    Attributes
    ----------
    factor : Snapped
        Of the whole loss; -1 where the minus sign is missing.
    factor_words : str
        What it is, where it is known.
    smoothing : Snapped
        Of the labels; 0 where there is none.
    twice : Snapped or None
        What gives that smoothing when it is applied twice, where that is a decimal too.
    pos_weight : Snapped
        Of label 1 against label 0.
    alpha : Snapped or None
        Where the factors of the two labels sum to one.
    gamma : Snapped
        The power of a focal loss: solved as a decimal where it is one.
    reversed : bool
        Whether label 1 is the class that the prediction speaks against.
    labels : (float, float)
        What stands for the two classes.
    leftover : str
        Factors that have no name, in words.
    """

    factor: Snapped
    factor_words: str
    smoothing: Snapped
    twice: Snapped | None
    pos_weight: Snapped
    alpha: Snapped | None
    gamma: Snapped
    reversed: bool
    labels: tuple[float, float]
    leftover: str = ""


def meaning(fit: Fit) -> Meaning:
    """The parameters of a fit.

    Parameters
    ----------
    fit : Fit
    """
    labels = fit.labels
    yes, no = ([Measured(v, fit.error) for v in pair] for pair in (fit.yes, fit.no))
    reversal = abs(fit.yes[0]) < abs(fit.yes[1]) and abs(fit.no[1]) < abs(fit.no[0])
    if reversal:
        yes, no = no, yes
    halfway = yes[1].near(NOTHING) and no[0].near(no[1]) and (no[0] + no[0]).near(yes[0])
    if halfway and not no[0].near(NOTHING) and labels == (0.0, 1.0):
        labels, no = (-1.0, 1.0), [NOTHING, no[1] + no[1]]  # halfway between -1 and 1 is 0
    others = Measured(fit.classes - 1 if fit.kind.row else 1)
    top, bottom = yes[0] + yes[1], no[0] + no[1]
    factor, smoothing, weight, alpha, leftover = WHOLE, NOTHING, WHOLE, None, ""
    if yes[1].near(NOTHING) and no[0].near(NOTHING):
        if yes[0].near(NOTHING) or no[1].near(NOTHING):
            free = labels[0] if no[1].near(NOTHING) else labels[1]
            factor, leftover = yes[0] + no[1], f"label {free:g} costs nothing"
        elif yes[0].near(no[1]):
            factor = yes[0]
        elif (yes[0] + no[1]).near(WHOLE) and yes[0].value > 0 and no[1].value > 0:
            alpha, weight = yes[0], yes[0] / no[1]
        else:
            weight, factor = yes[0] / no[1], no[1]
    elif top.near(bottom) and yes[1].near(others * no[0]):
        factor, smoothing = top, no[0] / top * (others + WHOLE)
    elif no[1].value and yes[1].value and (yes[0] * yes[1]).near(no[0] * no[1]):
        weight, factor = yes[0] / no[1], yes[1] + no[1]
        smoothing = (yes[1] + yes[1]) / factor
    else:
        leftover = (
            f"label {labels[1]:g} weighs the two logarithms {yes[0].value:.7g} and {yes[1].value:.7g}, "
            f"label {labels[0]:g} {no[0].value:.7g} and {no[1].value:.7g}"
        )
    words = "the minus sign is missing: it falls where the loss should grow" if factor.value < 0 else ""
    for value, text in CONSTANTS:
        if Measured(abs(factor.value), factor.error).near(Measured(value)):
            words = text + (f", and {words}" if words else "")
    smoothed = smoothing.snapped
    return Meaning(
        factor.snapped,
        words,
        smoothed,
        _twice(smoothed, smoothing.error),
        weight.snapped,
        None if alpha is None else alpha.snapped,
        snapped(fit.gamma, abs(fit.gamma) * roundoff(BINARY64)),
        reversal,
        labels,
        leftover,
    )


def _twice(smoothing: Snapped, error: float) -> Snapped | None:
    """What one smoothing after the same again amounts to: 1 - (1 - t)^2."""
    if not 0 < smoothing.value < 1:
        return None
    half = snapped(1 - math.sqrt(1 - smoothing.value), error)
    digits = len(half.text.partition(".")[2])
    return half if half.meant and digits <= 2 and len(smoothing.text) > len(half.text) else None


def loss_name(fit: Fit, said: Meaning) -> str:
    """The project's name of the loss with its parameters; empty where it has none.

    Parameters
    ----------
    fit : Fit
    said : Meaning
    """
    plain, positive, weighted, focal = fit.kind.losses or ("", "", "", "")
    parameters = []
    name = plain
    if said.leftover or not plain or (said.labels != (0.0, 1.0) and not plain):
        return ""
    if fit.gamma or said.alpha is not None:
        if not focal or not said.gamma.meant or (said.alpha is None and said.pos_weight.value != 1):
            return ""
        name = focal
        parameters.append(f"gamma={said.gamma.text}")
        if said.alpha is not None:
            parameters.append(f"alpha={said.alpha.text}")
    elif "pos_weight" in fit.roles or said.pos_weight.value != 1:
        name = positive
    if "weight" in fit.roles:
        name = weighted if name == plain else ""
    if fit.kind.row:
        parameters.insert(0, f"classes={fit.classes}")
    if said.smoothing.value:
        parameters.append(f"smoothing={said.smoothing.text}")
    if not name or not said.smoothing.meant:
        return ""
    return name + (f"({','.join(parameters)})" if parameters else "")


def contract_name(fit: Fit) -> str:
    """The project's name of what parts the loss from mathematics: ``exact``, ``clip(1e-7)``; empty where it has none.

    Parameters
    ----------
    fit : Fit
    """
    if fit.tail.name == "none":
        return "exact"
    name = fit.tail.contract(fit.kind)
    sign = "-" if fit.tail.name == "floor" else ""
    return f"{name}({sign}{fit.constant.text})" if name and fit.constant.meant and "^" not in fit.constant.text else ""
