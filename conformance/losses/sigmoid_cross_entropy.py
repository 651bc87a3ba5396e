"""Sigmoid cross-entropy of a logit x and a label y: (1 − y)·softplus(x) + y·softplus(−x)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.enclosures import ONE, logistic_slope, logistic_tail, softplus_tail
from conformance.estimate import HEAD, LEAST, Estimate, beside, two_sum
from conformance.exact import ZERO, Number
from conformance.formats import Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, finite, infinite

ARGUMENTS = ("logit", "label")
PARAMETERS = ("", "smoothing=0.1", "smoothing=1")
QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "loss": (),
    "d_logits": ("logit",),
    "d_labels": ("label",),
    "d2_logits": ("logit", "logit"),
}
WITHOUT_LABEL = ("d_labels", "d2_logits")
BINADES: Mapping[tuple[str, float], tuple[tuple[float, float, int], ...]] = {
    ("d_logits", 0.0): ((-1.0, 0.0, -2), (0.0, math.inf, -1)),  # sigma(−1) > 1/4, sigma(0) = 1/2, sigma < 1
    ("d_logits", 1.0): ((-math.inf, 0.0, -1), (0.0, 1.0, -2)),
    ("d2_logits", 0.0): ((-1.0, 0.0, -3), (0.0, 1.0, -3)),  # sigma(1)·sigma(−1) > 1/8
    ("d2_logits", 1.0): ((-1.0, 0.0, -3), (0.0, 1.0, -3)),
}

FAR = 600.0
"""Beyond this e^−|x| is below 2^-860."""

SMALL = 2.0**-13
"""Below this tanh(x/2)/2 is x/4 − x³/48 + x⁵/480 to all bits that BOUND asks of what follows x/4."""


def definition(mp: Any, quantity: str, x: Any, y: Any) -> Any:
    """The normative definition in mpmath; sigma(x) = 1/(1 + e^−x), softplus(x) = log(1 + e^x)."""
    if quantity == "loss":
        return (1 - y) * mp.log1p(mp.exp(x)) + y * mp.log1p(mp.exp(-x))
    if quantity == "d_logits":
        return (1 - y) / (1 + mp.exp(-x)) - y / (1 + mp.exp(x))
    if quantity == "d2_logits":
        return 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x)))
    return -x


def special(quantity: str, x: Argument, y: Argument) -> Number | None:
    """Limits in x alone, the label fixed exactly; a NaN stays a NaN wherever the quantity depends on it."""
    if math.isnan(x) or (math.isnan(y) and quantity not in WITHOUT_LABEL):
        return NAN_NUMBER
    if not math.isfinite(y):
        return UNDEFINED
    if math.isfinite(x):
        return None
    if quantity == "loss":
        return infinite(1 - y) if x > 0 else infinite(y)
    if quantity == "d_logits":
        return finite(1 - ratio(y)) if x > 0 else finite(-ratio(y))
    return Number(ZERO) if quantity == "d2_logits" else infinite(-x)


def enclose(quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
    """Value and scale, with t = log(1 + e^−|x|) or s = sigma(−|x|) as the only transcendental part.

    softplus(x) is max(x, 0) + t, and sigma(x) is 1 − s for x ≥ 0 and s for x < 0. The terms are
    (1−y)·softplus(x) and y·softplus(−x) of the loss, (1−y)·sigma(x) and −y·sigma(−x) of d_logits; the
    derivative with respect to the label is −x, one term, and the second derivative sigma(x)·sigma(−x), one term
    too: its tail is as far from zero as the loss's.
    """
    x, y = arguments
    if quantity == "d_labels":
        value = Sum(-x, ())
        return value, value if x < 0 else Sum(x, ())
    positive, a = x >= 0, abs(x)
    if quantity == "d2_logits":
        value = combine(fmpq(0), (ONE, logistic_slope(a, precision)))
        return value, value
    no, yes = abs(1 - y), abs(y)
    inside = 0 <= y <= 1
    if quantity == "loss":
        t = softplus_tail(a, precision)
        value = combine((1 - y) * a if positive else y * a, (ONE, t))
        return value, value if inside else combine((no if positive else yes) * a, (no + yes, t))
    s = logistic_tail(a, precision)
    value = combine(1 - y, (-ONE, s)) if positive else combine(-y, (ONE, s))
    if y == 0 or y == 1:
        return value, value  # one term: its magnitude is the value's
    return value, combine(no, (yes - no, s)) if positive else combine(yes, (no - yes, s))


def error_bounds(cost: Cost) -> Mapping[str, Fraction]:
    """Operation counts of the two-term formulas, in relative error of the sum of the terms' magnitudes.

    e = e^−|x| has the error of one function. t = log1p(e) has condition number e/((1+e)·log1p(e)) ≤ 1, so
    that error and one function more. softplus adds max(x, 0): one operation. Each term is multiplied by y,
    or by 1 − y (one operation more). One addition joins the terms; they do not cancel in the scale.

    sigma(−|x|) = e/(1+e): condition number 1/(1+e) ≤ 1 in e, an addition and a division. sigma(|x|) =
    1/(1+e) has at most half the error of e. Then multiplied and added as above.

    −x is exact; half an ULP is left for a format that must round it.

    d2_logits is the gradient differentiated term by term: sigma(|x|)·sigma(−|x|), e over (1+e) twice, has condition
    number (1−e)/(1+e) ≤ 1 in e, two additions, two divisions and a product; weighted and added as above.
    """
    e = cost.function
    t = cost.product(e, cost.function)
    weighted = cost.product(cost.operation, cost.operation)
    s = cost.product(e, cost.operation, cost.operation)
    return {
        "loss": cost.product(t, cost.operation, weighted, cost.operation),
        "d_logits": cost.product(s, weighted, cost.operation),
        "d_labels": cost.operation,
        "d2_logits": cost.product(s, cost.operation, cost.operation, cost.operation, weighted, cost.operation),
    }


def oracle(quantities: Sequence[str], x: Values, y: Values) -> list[tuple[Estimate, Estimate]]:
    """Value and scale, from one e^−|x|.

    With t = log(1 + e^−|x|) and s = sigma(−|x|) the loss is x − y·x + t for x ≥ 0 and −y·x + t for x < 0, where y·x is
    exact for all inputs of binary32, and for others no head. The gradient is (1 − y) − s or −y + s, and its scale
    h + (1 − 2h)·s with h the magnitude of its exact part. Near 0 s is 1/2 − tanh(|x|/2)/2, and sigma′ is
    1/4 − (tanh(x/2)/2)². Alone, a tail below binary64's smallest subnormal is a zero of its sign.
    """
    x, y = np.broadcast_arrays(x, np.where((y >= 0) & (y <= 1), y, np.nan))
    found = []
    with np.errstate(all="ignore"):
        positive, a = x >= 0, np.abs(x)
        e = np.exp(-a)
        small = a < 1
        half = np.tanh(a / 2, where=small, out=np.zeros(a.shape)) / 2
        no = 1 - y
        own, error = np.where(positive, no, y), np.where(positive, (1 - no) - y, 0.0)
        for quantity in quantities:
            if quantity == "loss":
                product = y * a
                head, residue = two_sum(a, -product)
                head, residue = np.where(positive, head, product), np.where(positive, residue, 0.0)
                ends = np.isinf(a)
                if ends.any():  # 0 · ∞ is 0
                    head[ends], residue[ends] = np.where(own[ends] == 0, 0.0, own[ends] * np.inf), 0.0
                t = _seen(np.log1p(e), head, a)
                long = (x.astype(np.float32) != x) | (y.astype(np.float32) != y)
                if long.any():
                    t = np.where(long, own * a + t, t)
                    head, residue = (np.where(long & np.isfinite(a), 0.0, v) for v in (head, residue))
                value = scale = beside(head, residue, t, t)
            elif quantity == "d_logits":
                s = _seen(e / (1 + e), own, a)
                head, residue = two_sum(own, np.where(small, -0.5, 0.0))
                tail = np.where(small, half, -s)
                middle = np.flatnonzero((head == 0) & (a < SMALL))
                if len(middle):  # for y = 1/2 it is next to x/4
                    b = a[middle]
                    head[middle], tail[middle] = b / 4, -b * b * b / 48 * (1 - b * b / 10)
                head, rest, slack = beside(head, residue + error, tail, np.abs(tail))
                head = np.where((head == 0) & (own == 0), -0.0, head)  # left of an underflow
                sign = np.where(positive, 1.0, -1.0)
                value = Estimate(head * sign, rest * sign, slack)
                tail = (1 - 2 * own) * np.where(small, -half, s)
                head, residue = np.where(small, 0.5, own), np.where(small, 0.0, error)
                scale = beside(head, residue, tail, np.abs(tail))
            else:
                tail = np.where(small, -half * half, e / ((1 + e) * (1 + e)))
                tail = np.where(np.isnan(y), np.nan, tail)
                value = scale = beside(np.where(small, 0.25, 0.0), np.zeros(a.shape), tail, np.abs(tail))
            found.append((value, scale))
    return found


def _seen(tail: Values, head: Values, a: Values) -> Values:
    """A tail that does not underflow beside a head; it is 0 only at infinity."""
    if not (a > FAR).any():
        return tail
    return np.where((np.abs(head) > HEAD) & (tail < LEAST) & np.isfinite(a), LEAST, tail)


def expansion(quantities: Sequence[str], x: Values, label: float, terms: int) -> list[Values]:
    """Taylor coefficients for a hard label, from the equation sigma′ = sigma·(1 − sigma).

    Its coefficients at x have (k+1)·c[k+1] = c[k] − Σ c[j]·c[k−j], the sum over j = 0 … k. With the two ends of the sum
    in front, c[k]·(1 − 2·c[0]) is c[k]·(sigma(−x) − sigma(x)): nothing cancels in the tails.
    """
    with np.errstate(all="ignore"):
        positive, a, e, up, down = _logistic(x)
        k = np.arange(1.0, terms + 1).reshape(-1, *[1] * x.ndim)
        sigma = np.empty((terms + 1, *x.shape))
        sigma[0], sigma[1] = up, up * down
        for i in range(1, terms):
            inner = (sigma[1:i] * sigma[i - 1 : 0 : -1]).sum(axis=0)
            sigma[i + 1] = ((down - up) * sigma[i] - inner) / (i + 1)
        slope = sigma[1:] * k
        if label:
            sigma[0] = -down
        loss = np.empty((terms, *x.shape))
        loss[0] = np.where(positive == bool(label), 0.0, a) + np.log1p(e)
        loss[1:] = sigma[: terms - 1] / k[:-1]
    found = {"loss": loss, "d_logits": sigma[:terms], "d2_logits": slope}
    return [found[quantity] for quantity in quantities]


def _logistic(x: Values) -> tuple[Mask, Values, Values, Values, Values]:
    """x ≥ 0, |x|, e^−|x|, sigma(x) and sigma(−x)."""
    positive, a = x >= 0, np.abs(x)
    e = np.exp(-a)
    large = 1 / (1 + e)
    small = e * large
    return positive, a, e, np.where(positive, large, small), np.where(positive, small, large)
