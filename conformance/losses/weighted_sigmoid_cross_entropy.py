"""Sigmoid cross-entropy with a weight q on the positive term: (1 − y)·softplus(x) + q·y·softplus(−x)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flint import fmpq

from conformance.certify import Sum, combine, multiple, ratio
from conformance.enclosures import logistic_slope, logistic_tail, softplus_tail
from conformance.exact import ZERO, Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, finite, infinite

ARGUMENTS = ("logit", "label", "pos_weight")
QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "loss": (),
    "d_logits": ("logit",),
    "d_labels": ("label",),
    "d_pos_weights": ("pos_weight",),
    "d2_logits": ("logit", "logit"),
}


def definition(mp: Any, quantity: str, x: Any, y: Any, q: Any) -> Any:
    """The normative definition in mpmath; sigma(x) = 1/(1 + e^−x), softplus(x) = log(1 + e^x)."""
    if quantity == "loss":
        return (1 - y) * mp.log1p(mp.exp(x)) + q * y * mp.log1p(mp.exp(-x))
    if quantity == "d_logits":
        return (1 - y) / (1 + mp.exp(-x)) - q * y / (1 + mp.exp(x))
    if quantity == "d_pos_weights":
        return y * mp.log1p(mp.exp(-x))
    if quantity == "d2_logits":
        return (1 - y + q * y) / ((1 + mp.exp(-x)) * (1 + mp.exp(x)))
    return q * mp.log1p(mp.exp(-x)) - mp.log1p(mp.exp(x))


def special(quantity: str, x: Argument, y: Argument, q: Argument) -> Number | None:
    """Limits in x alone, the other arguments fixed exactly."""
    if math.isnan(x):
        return NAN_NUMBER
    if not (math.isfinite(y) and math.isfinite(q)):
        return UNDEFINED
    if math.isfinite(x):
        return None
    weight = ratio(y) * ratio(q)
    if quantity == "loss":
        return infinite(1 - y) if x > 0 else infinite(float(weight > 0) - float(weight < 0))
    if quantity == "d_logits":
        return finite(1 - ratio(y)) if x > 0 else finite(-weight)
    if quantity == "d2_logits" or (quantity == "d_pos_weights" and x > 0):
        return Number(ZERO)
    if quantity == "d_pos_weights":
        return infinite(y)
    return infinite(-1.0) if x > 0 else infinite(q)


def enclose(quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
    """Value and scale, with t = log(1 + e^−|x|) or s = sigma(−|x|) as the only transcendental part.

    The terms are those of sigmoid cross-entropy, the positive one times q; of the derivative with respect to
    the label they are q·softplus(−x) and −softplus(x), with respect to q y·softplus(−x), and of the second
    derivative (1−y)·sigma(x)·sigma(−x) and q·y·sigma(x)·sigma(−x).
    """
    x, y, q = arguments
    positive, a = x >= 0, abs(x)
    no, yes = abs(1 - y), abs(q * y)
    both = 1 - y + q * y
    if quantity == "d2_logits":
        slope = logistic_slope(a, precision)
        value = combine(fmpq(0), (both, slope))
        return value, value if both == no + yes else combine(fmpq(0), (no + yes, slope))
    if quantity == "d_pos_weights":
        value = combine(fmpq(0) if positive else y * a, (y, softplus_tail(a, precision)))
        return value, value if y >= 0 else multiple(value, fmpq(-1))
    if quantity == "d_logits":
        s = logistic_tail(a, precision)
        value = combine(1 - y, (-both, s)) if positive else combine(-q * y, (both, s))
        if no == 0 or yes == 0:
            return value, value
        return value, combine(no, (yes - no, s)) if positive else combine(yes, (no - yes, s))
    t = softplus_tail(a, precision)
    if quantity == "loss":
        value = combine((1 - y) * a if positive else q * y * a, (both, t))
        inside = 0 <= y <= 1 and q >= 0
        return value, value if inside else combine((no if positive else yes) * a, (no + yes, t))
    value = combine(-a if positive else q * a, (q - 1, t))
    return value, combine(a if positive else abs(q) * a, (abs(q) + 1, t))


def error_bounds(cost: Cost) -> Mapping[str, Fraction]:
    """Operation counts as for sigmoid cross-entropy, the positive term with one multiplication more.

    The derivative with respect to q is the softplus times y, the derivative with respect to the label
    q·softplus(−x) − softplus(x): the error of softplus, a multiplication, a subtraction. A tail below the smallest
    normal number must be weighted before it is rounded there; the count allows it one more multiplication and a
    second exponential (e^−a as the product of two e^−a/2).
    """
    e = cost.product(cost.function, cost.function, cost.operation)
    t = cost.product(e, cost.function)
    softplus = cost.product(t, cost.operation)
    weighted = cost.product(cost.operation, cost.operation)
    s = cost.product(e, cost.operation, cost.operation)
    return {
        "loss": cost.product(softplus, weighted, cost.operation),
        "d_logits": cost.product(s, weighted, cost.operation),
        "d_labels": cost.product(softplus, cost.operation, cost.operation),
        "d_pos_weights": cost.product(softplus, cost.operation),
        "d2_logits": cost.product(s, cost.operation, cost.operation, cost.operation, weighted, cost.operation),
    }
