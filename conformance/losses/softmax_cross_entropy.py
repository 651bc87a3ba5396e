"""Softmax cross-entropy of a row of K logits: x, and K − 1 times r. The target is y for the first, 1 − y for another.

With d = x − r it is y·log(1 + (K−1)·e^−d) + (1 − y)·log(K − 1 + e^d); for K = 2 that is sigmoid cross-entropy of d.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.enclosures import ONE, Split, odds_slope, odds_softplus, odds_tail
from conformance.exact import ZERO, Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, Loss, finite, infinite
from conformance.losses.parts.rows import additions, classes_of, log_of

PARAMETERS = ("classes=3", "classes=2", "classes=1000", "classes=2,smoothing=0.1", "classes=3,smoothing=0.1")


def bind(classes: fmpq) -> Loss:
    """The loss of rows of so many classes."""
    return SoftmaxCrossEntropy(classes_of(classes))


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """Softmax cross-entropy; d_logits is by x alone."""

    classes: int

    ARGUMENTS: ClassVar[tuple[str, ...]] = ("logit", "rest", "label")
    QUANTITIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "loss": (),
        "d_logits": ("logit",),
        "d2_logits": ("logit", "logit"),
    }
    WITHOUT_LABEL: ClassVar[tuple[str, ...]] = ("d2_logits",)

    def definition(self, mp: Any, quantity: str, x: Any, r: Any, y: Any) -> Any:
        """The normative definition in mpmath."""
        d, others = x - r, self.classes - 1
        if quantity == "loss":
            return y * mp.log1p(others * mp.exp(-d)) + (1 - y) * (mp.log(others) + mp.log1p(mp.exp(d) / others))
        if quantity == "d_logits":
            return (1 - y) / (1 + others * mp.exp(-d)) - y / (1 + mp.exp(d) / others)
        return 1 / ((1 + others * mp.exp(-d)) * (1 + mp.exp(d) / others))

    def special(self, quantity: str, x: Argument, r: Argument, y: Argument) -> Number | None:
        """Limits where d is infinite. Of several logits that are +inf the limit depends on how they grow."""
        if math.isnan(x) or math.isnan(r) or (math.isnan(y) and quantity not in self.WITHOUT_LABEL):
            return NAN_NUMBER
        if not math.isfinite(y) or (math.isinf(x) and x == r) or (r == math.inf and self.classes > 2):
            return UNDEFINED
        if math.isfinite(x) and math.isfinite(r):
            return None
        first = x > r
        if quantity == "d2_logits":
            return Number(ZERO)
        if quantity == "d_logits":
            return finite(1 - ratio(y)) if first else finite(-ratio(y))
        if not first and y == 0:
            return log_of(self.classes - 1)  # the target is on one of the others, which share the whole
        return infinite(1 - y) if first else infinite(y)

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale, with one transcendental part that is small where d is large.

        The terms are y·log(1 + (K−1)·e^−d) and (1−y)·log(K − 1 + e^d) of the loss, (1−y)·p and −y·(1−p) of
        d_logits with p = 1/(1 + (K−1)·e^−d), and p·(1−p) of d2_logits.
        """
        x, r, y = arguments
        d, others = x - r, self.classes - 1
        positive, no, yes = d >= 0, abs(1 - y), abs(y)
        if quantity == "d2_logits":
            value = combine(fmpq(0), (ONE, odds_slope(d, others, precision)))
            return value, value
        if quantity == "loss":
            t = odds_softplus(d, others, precision)
            value = combine((1 - y) * d if positive else -y * d, (ONE, t))
            return value, value if 0 <= y <= 1 else combine((no if positive else yes) * abs(d), (no + yes, t))
        s: Split = odds_tail(d, others, precision)
        value = combine(1 - y, (-ONE, s)) if positive else combine(-y, (ONE, s))
        if y == 0 or y == 1:
            return value, value
        return value, combine(no, (yes - no, s)) if positive else combine(yes, (no - yes, s))

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """Operation counts of the two-term formulas, as for sigmoid cross-entropy; x − r is exact in every case.

        The exponentials of a row are summed: so many additions as ``rows.additions`` grants. log1p of
        (K−1)·e has condition number at most 1, log(K − 1 + e) at most 1/log 2 < 3/2. p and 1 − p are an
        exponential over the sum; their product has the sum twice.
        """
        several = [cost.operation] * additions(self.classes)
        e = cost.function
        total = cost.product(e, *several)
        t = cost.product(total * (1 if self.classes == 2 else Fraction(3, 2)), cost.function)
        weighted = cost.product(cost.operation, cost.operation)
        s = cost.product(total, cost.operation)
        return {
            "loss": cost.product(t, cost.operation, weighted, cost.operation),
            "d_logits": cost.product(s, weighted, cost.operation),
            "d2_logits": cost.product(s, *several, cost.operation, cost.operation, weighted, cost.operation),
        }
