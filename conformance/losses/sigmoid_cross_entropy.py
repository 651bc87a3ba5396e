"""Sigmoid cross-entropy of a logit x and a label y: (1 − y)·softplus(x) + y·softplus(−x)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.enclosures import ONE, logistic_slope, logistic_tail, softplus_tail
from conformance.exact import ZERO, Number
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
