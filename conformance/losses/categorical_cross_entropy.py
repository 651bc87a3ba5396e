"""Cross-entropy of a row of K probabilities: p, and K − 1 times r. The target is y for the first, 1 − y for another.

The row is divided by its sum S = p + (K−1)·r first: −y·log(p/S) − (1 − y)·log(r/S).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.enclosures import negative_log
from conformance.exact import ZERO, Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, Loss, finite, infinite
from conformance.losses.parts.rows import additions, classes_of, log_of

PARAMETERS = ("classes=3", "classes=2", "classes=3,smoothing=0.1")


def bind(classes: fmpq) -> Loss:
    """The loss of rows of so many classes."""
    return CategoricalCrossEntropy(classes_of(classes))


@dataclass(frozen=True)
class CategoricalCrossEntropy:
    """Cross-entropy of a row that need not sum to one; d_probabilities is by p alone."""

    classes: int

    ARGUMENTS: ClassVar[tuple[str, ...]] = ("probability", "rest_probability", "label")
    QUANTITIES: ClassVar[Mapping[str, tuple[str, ...]]] = {"loss": (), "d_probabilities": ("probability",)}

    def definition(self, mp: Any, quantity: str, p: Any, r: Any, y: Any) -> Any:
        """The normative definition in mpmath."""
        odds = (self.classes - 1) * r / p
        if quantity == "loss":
            return y * mp.log1p(odds) + (1 - y) * (mp.log(self.classes - 1) + mp.log1p(1 / odds))
        return (1 - y) / (p * (1 + odds)) - y * odds / (p * (1 + odds))

    def special(self, quantity: str, p: Argument, r: Argument, y: Argument) -> Number | None:
        """Limits where p or r is 0, from inside [0, 1]; nothing outside, and nothing of a row of zeros."""
        if math.isnan(p) or math.isnan(r) or math.isnan(y):
            return NAN_NUMBER
        if not (math.isfinite(y) and 0 <= p <= 1 and 0 <= r <= 1) or p == r == 0:
            return UNDEFINED
        if p > 0 and r > 0:
            return None
        if quantity == "loss":
            if p == 0:
                return infinite(y) if y else log_of(self.classes - 1)
            return infinite(1 - y) if y != 1 else Number(ZERO)
        if p == 0:
            return infinite(-y) if y else finite(1 / ((self.classes - 1) * ratio(r)))
        return finite((1 - ratio(y)) / ratio(p))

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale from −log(p/S) and −log(r/S); the derivative with respect to p is rational.

        The terms are −y·log(p/S) and −(1−y)·log(r/S) of the loss, −y·(K−1)·r/(p·S) and (1−y)/S of
        d_probabilities.
        """
        p, r, y = arguments
        total, no, yes = p + (self.classes - 1) * r, abs(1 - y), abs(y)
        if quantity == "d_probabilities":
            share = (total - p) / (p * total)
            return Sum((1 - y) / total - y * share, ()), Sum(no / total + yes * share, ())
        first, second = negative_log(p / total, precision), negative_log(r / total, precision)
        value = combine(fmpq(0), (y, first), (1 - y, second))
        return value, value if 0 <= y <= 1 else combine(fmpq(0), (yes, first), (no, second))

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """Operation counts of the formulas that do not cancel.

        −log(p/S) is log1p((K−1)·r/p): the others summed (``rows.additions``), a division, a function
        with condition number at most 1. −log(r/S) is log(K − 1 + p/r), for more than two classes of a condition
        number of at most 1/log 2 < 3/2. Each is weighted, and an addition joins them. In the derivative,
        (K−1)·r/(p·S) has both sums, a product and a division.
        """
        several = [cost.operation] * additions(self.classes)
        odds = cost.product(*several, cost.operation) * (1 if self.classes == 2 else Fraction(3, 2))
        log = cost.product(odds, cost.function)
        weighted = cost.product(cost.operation, cost.operation)
        return {
            "loss": cost.product(log, weighted, cost.operation),
            "d_probabilities": cost.product(
                *several, *several, cost.operation, cost.operation, weighted, cost.operation
            ),
        }
