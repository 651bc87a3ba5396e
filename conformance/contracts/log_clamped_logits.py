"""Cross-entropy with clamped logarithms of the sigmoid of a logit: what ``log_clamped`` says, at the exact sigmoid.

The composition of a sigmoid and PyTorch's loss of probabilities, for which sigmoid cross-entropy is the exact value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb, fmpq

from conformance.certify import Sum, combine, multiple, ratio
from conformance.contracts import Constants, Variants, log_clamped
from conformance.contracts.log_clamped import at_most
from conformance.enclosures import FAR, ONE, Split, at, logistic_slope, logistic_tail, softplus_tail
from conformance.estimate import Estimate, beside
from conformance.exact import NOTHING, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, Argument
from conformance.losses.parts.focusing import added, ball_of, times

LOSS = "sigmoid_cross_entropy"
MARGIN = 2.0**-30
"""Relative to a clamp, or to the logarithm of a floor; e^−clamp and the floor itself are far below it."""
SMALL = 700.0
"""From here on e^−|x| has not all of binary64's bits."""
TINY = 2.0**-32
"""Floors below this are far below that margin."""
LARGE = 32.0
"""Clamps above this leave an e^−clamp below 2^-46."""
BY_LOGITS = {"d_probabilities": "d_logits", "d2_probabilities": "d2_logits"}
BY_PROBABILITIES = {ours: theirs for theirs, ours in BY_LOGITS.items()}

CLAUSES = tuple(replace(c, quantity=BY_LOGITS.get(c.quantity, c.quantity)) for c in log_clamped.CLAUSES)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(−log clamp, floor of p·(1−p) in the backward pass); None where the format rounds the floor to 0."""
    return log_clamped.constants(text, fmt)


def variants(quantity: str, text: str, target: Format) -> Variants:
    """As for the loss of probabilities."""
    return log_clamped.variants(BY_PROBABILITIES.get(quantity, quantity), text, target)


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The loss with both softplus at most 100; its derivatives by the chain rule, with s = p·(1−p) of the sigmoid.

    Backward it is (p − y)/max(s, 1e-12)·s. Twice backward it is (y·(1−p)² + (1−y)·p²)·s² over
    (p + 1e-12)²·(1 − p + 1e-12)², and (p − y)/max(s, 1e-12)·s·(1 − 2p).
    """
    x, y = arguments
    if math.isnan(x) or math.isnan(y):
        return NAN_NUMBER
    if not math.isfinite(y) or quantity == "d_labels":
        return NOTHING
    clamp, floor = constants
    label = ratio(y) if x >= 0 else 1 - ratio(y)  # for negative x the classes change places
    if math.isinf(x):
        limit = Sum((1 - label) * clamp if quantity == "loss" else fmpq(0), ())
        return limit, limit
    sign = -ONE if x < 0 and quantity == "d_logits" else ONE
    total, scale = _at(quantity, abs(ratio(x)), label, clamp, floor, precision)
    return multiple(total, sign), scale


def _at(quantity: str, a: fmpq, y: fmpq, clamp: fmpq, floor: fmpq, precision: int) -> tuple[Sum, Sum]:
    """Value and scale at a logit a ≥ 0."""
    no, yes = abs(1 - y), abs(y)
    if quantity == "loss":
        tail = softplus_tail(a, precision)
        small, large = at_most(clamp, tail, precision), at_most(clamp, Split(a, ONE, tail.ball), precision)
        return combine(fmpq(0), (y, small), (1 - y, large)), combine(fmpq(0), (yes, small), (no, large))
    rest = logistic_tail(a, precision)
    with at(precision):
        s = ball_of(combine(fmpq(0), (ONE, logistic_slope(a, precision))))
        share = s / arb(floor) if s < arb(floor) else None
    slope = times(combine(1 - y, (-ONE, rest)), ONE, share, precision)
    slopes = times(combine(no, (yes - no, rest)), ONE, share, precision)
    if quantity == "d_logits":
        return slope, slopes
    with at(precision):
        small = ball_of(combine(fmpq(0), (ONE, rest)))
        large = 1 - small
        part = s * s / ((large + arb(floor)) * (small + arb(floor))) ** 2
        balls = part * small**2, part * large**2
        spread = large - small
    first = added(times(Sum(y, ()), ONE, balls[0], precision), times(Sum(1 - y, ()), ONE, balls[1], precision))
    firsts = added(times(Sum(yes, ()), ONE, balls[0], precision), times(Sum(no, ()), ONE, balls[1], precision))
    if a == 0:
        return first, firsts
    return added(first, times(slope, -ONE, spread, precision)), added(firsts, times(slopes, ONE, spread, precision))


def unchanged(quantity: str, columns: Sequence[Values], constants: Constants) -> Mask:
    """Where no softplus that counts reaches its clamp, by a margin, and s is above its floor."""
    x, y = columns
    clamp, floor = (float(int(c.p) / int(c.q)) for c in constants)
    inside = np.isfinite(x) & (y >= 0) & (y <= 1)
    mask: Mask = np.zeros(inside.shape, bool)
    if quantity == "loss" and clamp > LARGE:
        most = clamp * (1 - MARGIN)  # by more than log1p(e^−clamp), by which softplus exceeds its argument
        mask = inside & ((x < most) | (y == 1)) & ((x > -most) | (y == 0))
    elif quantity == "d_logits" and floor < TINY:
        mask = inside & (np.abs(x) < -math.log(floor) * (1 - MARGIN))
    return mask


def alike(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Values, ...]:
    """Beyond FAR every finite logit is as good as another; where a clamp is all of a loss, from there on."""
    x, y = columns
    clamp = float(int(constants[0].p) / int(constants[0].q))
    a = np.where(np.isfinite(x), np.abs(x), 0.0)
    clamped = (a > clamp * (1 + MARGIN)) & (y == np.where(x > 0, 0.0, 1.0)) if quantity == "loss" else False
    return np.where((a > float(int(FAR.p))) | clamped, np.copysign(2.0 * float(int(FAR.p)), x), x), y


def oracle(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Estimate, Estimate] | None:
    """The derivatives where s is below its floor by a margin, and the second one everywhere.

    From e = e^−|x| come s = e/(1 + e)², p = 1/(1 + e) and n = e/(1 + e), and the terms are those of ``value``: no two
    of one sign are subtracted.
    """
    floor = float(int(constants[1].p) / int(constants[1].q))
    if quantity not in ("d_logits", "d2_logits") or floor >= TINY:
        return None
    with np.errstate(all="ignore"):
        x, y = columns
        a = np.where(np.abs(x) < SMALL, np.abs(x), np.nan)
        y = np.where((y >= 0) & (y <= 1), y, np.nan)
        own, other = np.where(x >= 0, 1 - y, y), np.where(x >= 0, y, 1 - y)
        e = np.exp(-a)
        p = 1 / (1 + e)
        n, s = e * p, e * p * p
        beyond = a > -math.log(floor) * (1 + MARGIN)
        share = np.minimum(s / floor, 1.0)
        up, down = own * p * share, other * n * share
        if quantity == "d_logits":
            up, down = (np.where(beyond, part, np.nan) for part in (up, down))
            away = np.where(x >= 0, up - down, down - up)
            left = (own > 0) == (x >= 0)  # of an underflow: its larger term is that of ``own``, if there is one
            away = np.where(away == 0, np.where(left, 0.0, -0.0), away)
            size = up + down
        else:
            part = np.square(s / ((p + floor) * (n + floor)))
            first = other * part * (n * n) + own * part * (p * p)
            spread = p - n
            away, size = first - (up - down) * spread, first + (up + down) * spread
        zero = np.zeros(size.shape)
        scale = beside(zero, zero, size, size)
        return Estimate(away, zero, scale.slack), scale


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """Never: softplus is 100 at an irrational number, and the backward formula is a function of its own."""
    return False


def definition(mp: Any, quantity: str, constants: Any, x: Any, y: Any) -> Any:
    """The same in mpmath."""
    clamp, floor = constants
    if quantity == "loss":
        return y * min(mp.log1p(mp.exp(-x)), clamp) + (1 - y) * min(mp.log1p(mp.exp(x)), clamp)
    p, n = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
    backward = ((1 - y) * p - y * n) / max(p * n, floor) * p * n
    if quantity == "d_logits":
        return backward
    return (y * n**2 + (1 - y) * p**2) * (p * n) ** 2 / ((p + floor) * (n + floor)) ** 2 + backward * (n - p)


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """The loss and its derivatives with respect to finite logits."""
    return all(math.isfinite(v) for v in arguments) and quantity != "d_labels"


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """A label that is not between 0 and 1, and a NaN; the sigmoid of any number is."""
    x, y = columns["logit"], columns["label"]
    mask: Mask = np.isnan(x) | ~((y >= 0) & (y <= 1))
    return mask
