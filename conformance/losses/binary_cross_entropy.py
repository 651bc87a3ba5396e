"""Binary cross-entropy of a probability p and a label y: −y·log p − (1 − y)·log(1 − p)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from conformance.certify import Sum, combine
from conformance.enclosures import HALF, ONE, negative_log, negative_log_complement
from conformance.estimate import Estimate, beside
from conformance.exact import Number
from conformance.formats import Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, finite, infinite

ARGUMENTS = ("probability", "label")
PARAMETERS = ("", "smoothing=0.1", "smoothing=1")
QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "loss": (),
    "d_probabilities": ("probability",),
    "d_labels": ("label",),
    "d2_probabilities": ("probability", "probability"),
}
WITHOUT_LABEL = ("d_labels",)
BINADES: Mapping[tuple[str, float], tuple[tuple[float, float, int], ...]] = {
    ("d_probabilities", 0.0): ((0.0, 0.5, 0),),  # 1/(1−p), between 1 and 2
    ("d2_probabilities", 0.0): ((0.0, 0.25, 0),),  # its square, up to 16/9
}

SMALL = 2.0**-13
"""Below this −log(1 − p) is p + p²/2 + p³/3 + p⁴/4 + p⁵/5 to all bits that BOUND asks of what follows p."""


def definition(mp: Any, quantity: str, p: Any, y: Any) -> Any:
    """The normative definition in mpmath."""
    if quantity == "loss":
        return -y * mp.log(p) - (1 - y) * mp.log1p(-p)
    if quantity == "d_probabilities":
        return (1 - y) / (1 - p) - y / p
    if quantity == "d2_probabilities":
        return (1 - y) / (1 - p) ** 2 + y / p**2
    return mp.log1p(-p) - mp.log(p)


def special(quantity: str, p: Argument, y: Argument) -> Number | None:
    """Limits in p alone from inside [0, 1], the label fixed exactly; nothing outside."""
    if math.isnan(p) or (math.isnan(y) and quantity not in WITHOUT_LABEL):
        return NAN_NUMBER
    if not (math.isfinite(y) and 0 <= p <= 1):
        return UNDEFINED
    if 0 < p < 1:
        return None
    if quantity == "loss":
        return infinite(y) if p == 0 else infinite(1 - y)
    if quantity == "d_labels":
        return infinite(1.0) if p == 0 else infinite(-1.0)
    sign = 1 if quantity == "d2_probabilities" else -1
    if p == 0:
        return infinite(sign * y) if y else finite(1.0)
    return infinite(1 - y) if y != 1 else finite(float(sign))


def enclose(quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
    """Value and scale from −log p and −log(1 − p); the derivatives with respect to p are rational.

    The terms are −y·log p and −(1−y)·log(1−p) of the loss, −y/p and (1−y)/(1−p) of d_probabilities, y/p² and
    (1−y)/(1−p)² of d2_probabilities, −log p and log(1−p) of d_labels.
    """
    p, y = arguments
    no, yes = abs(1 - y), abs(y)
    if quantity == "d_probabilities":
        return Sum((1 - y) / (1 - p) - y / p, ()), Sum(no / (1 - p) + yes / p, ())
    if quantity == "d2_probabilities":
        squares = (1 - p) ** 2, p**2
        return Sum((1 - y) / squares[0] + y / squares[1], ()), Sum(no / squares[0] + yes / squares[1], ())
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
    addition joins it to −y/p; the second derivative squares 1 − p, its error twice and a product, before that.
    d_labels is two functions and a subtraction.
    """
    return {
        "loss": cost.product(cost.function, cost.operation, cost.operation, cost.operation),
        "d_probabilities": cost.product(cost.operation, cost.operation, cost.operation, cost.operation),
        "d_labels": cost.product(cost.function, cost.operation),
        "d2_probabilities": cost.product(*[cost.operation] * 6),
    }


def oracle(quantities: Sequence[str], p: Values, y: Values) -> list[tuple[Estimate, Estimate]]:
    """Value and scale, with p and 1 − p, which is rounded once at most; infinite beyond binary64.

    The logarithms are tails, but −log(1 − p) is next to a small p. 1/(1 − p) is 1 + p/(1 − p), and its square
    1 + p·(2 − p)/(1 − p)²: next to 0 both are next to 1, a power of two.
    """
    found = []
    with np.errstate(all="ignore"):
        p, y = (np.where((v >= 0) & (v <= 1), v + 0.0, np.nan) for v in (p, y))  # −0 has no side of its own
        no, q = 1 - y, 1 - p
        residue = np.broadcast_to((1 - no) - y, np.broadcast_shapes(p.shape, y.shape))
        head = np.broadcast_to(no, residue.shape)
        for quantity in quantities:
            if quantity == "loss":
                tail = _term(np.multiply, y, -np.log(p)) + _term(np.multiply, no, -np.log1p(-p))
                near = (y == 0) & (p < SMALL)
                series = p * p / 2 * (1 + p * (2 / 3 + p * (1 / 2 + p * (2 / 5))))
                tail = np.where(near, series, tail)
                value = beside(np.where(near, p, 0.0), np.zeros(tail.shape), tail, tail)
                found.append((value, value))
                continue
            first, second = _term(np.divide, y, p), _term(np.divide, no, q) * p
            if quantity == "d2_probabilities":
                first, second = _term(np.divide, first, p), _term(np.divide, second, q) * (2 - p)
            scale = beside(head, residue, second + first, second + first)
            signed = quantity == "d_probabilities"
            found.append((beside(head, residue, second - first, second + first) if signed else scale, scale))
    return found


def expansion(quantities: Sequence[str], p: Values, label: float, terms: int) -> list[Values]:
    """Taylor coefficients for a hard label, all of them powers of the first derivative r: −1/p, or 1/(1 − p)."""
    with np.errstate(all="ignore"):
        p = np.where((p > 0) & (p < 1), p, np.nan)
        r = -1 / p if label else 1 / (1 - p)
        powers = np.multiply.accumulate(np.broadcast_to(r, (terms + 1, *r.shape)))  # r, r², …
        k = np.arange(1.0, terms + 1).reshape(-1, *[1] * r.ndim)
        found = {
            "loss": np.concatenate(((-np.log(p) if label else -np.log1p(-p))[None], powers[: terms - 1] / k[:-1])),
            "d_probabilities": powers[:-1],
            "d2_probabilities": powers[1:] * k,
        }
    return [found[quantity] for quantity in quantities]


def _term(operation: np.ufunc, weight: Values, other: Values) -> Values:
    """A product or quotient that is 0 where the weight is, even beside an infinity: the limit in p alone."""
    found = np.zeros(np.broadcast_shapes(weight.shape, other.shape))
    operation(weight, other, out=found, where=weight != 0)
    return found
