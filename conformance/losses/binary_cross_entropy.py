"""Binary cross-entropy of a probability p and a label y: −y·log p − (1 − y)·log(1 − p)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flint import fmpq

from conformance.certify import Sum, combine
from conformance.enclosures import HALF, ONE, negative_log, negative_log_complement
from conformance.exact import Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Cost, finite, infinite

ARGUMENTS = ("probability", "label")
QUANTITIES = {
    "loss": (),
    "d_probabilities": (("reverse", "probability"),),
    "d_labels": (("reverse", "label"),),
}


def definition(mp: Any, quantity: str, p: Any, y: Any) -> Any:
    """The normative definition in mpmath."""
    if quantity == "loss":
        return -y * mp.log(p) - (1 - y) * mp.log1p(-p)
    if quantity == "d_probabilities":
        return (1 - y) / (1 - p) - y / p
    return mp.log1p(-p) - mp.log(p)


def special(quantity: str, p: float, y: float) -> Number | None:
    """Limits in p alone from inside [0, 1], the label fixed exactly; nothing outside."""
    if math.isnan(p) or (math.isnan(y) and quantity != "d_labels"):
        return NAN_NUMBER
    if not (math.isfinite(y) and 0 <= p <= 1):
        return UNDEFINED
    if 0 < p < 1:
        return None
    if quantity == "loss":
        return infinite(y) if p == 0 else infinite(1 - y)
    if quantity == "d_labels":
        return infinite(1.0) if p == 0 else infinite(-1.0)
    if p == 0:
        return infinite(-y) if y else finite(1.0)
    return infinite(1 - y) if y != 1 else finite(-1.0)


def enclose(quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
    """Value and scale from −log p and −log(1 − p); the derivative with respect to p is rational.

    The terms are −y·log p and −(1−y)·log(1−p) of the loss, −y/p and (1−y)/(1−p) of d_probabilities, −log p
    and log(1−p) of d_labels.
    """
    p, y = arguments
    no, yes = abs(1 - y), abs(y)
    if quantity == "d_probabilities":
        return Sum((1 - y) / (1 - p) - y / p, ()), Sum(no / (1 - p) + yes / p, ())
    first, second = negative_log(p, precision), negative_log_complement(p, precision)
    if quantity == "loss":
        value = combine(fmpq(0), (y, first), (1 - y, second))
        return value, value if 0 <= y <= 1 else combine(fmpq(0), (yes, first), (no, second))
    scale = combine(fmpq(0), (ONE, first), (ONE, second))
    return (Sum(fmpq(0), ()) if p == HALF else combine(fmpq(0), (ONE, first), (-ONE, second))), scale


def error_bounds(cost: Cost) -> Mapping[str, Fraction]:
    """Operation counts of the two-term formulas.

    Each logarithm is one function, log1p of the exact −p; a term is multiplied by y, or by 1 − y (one
    operation more), and one addition joins the terms. (1−y)/(1−p) is two subtractions and a division, and one
    addition joins it to −y/p. d_labels is two functions and a subtraction.
    """
    return {
        "loss": cost.product(cost.function, cost.operation, cost.operation, cost.operation),
        "d_probabilities": cost.product(cost.operation, cost.operation, cost.operation, cost.operation),
        "d_labels": cost.product(cost.function, cost.operation),
    }
