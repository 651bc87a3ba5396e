"""A loss whose labels are smoothed first: y becomes y·(1 − s) + s/K, with K classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from conformance.certify import Sum, multiple, ratio
from conformance.exact import Number
from conformance.losses import Argument, Cost, Loss, scaled

BY_LABEL = "d_labels"


@dataclass(frozen=True)
class Smoothed:
    """A loss at the smoothed label; its derivative with respect to the label has the factor 1 − s.

    The row of K probabilities (y, 1 − y, 0, …) is smoothed to one whose first is y·(1 − s) + s/K and whose others
    sum to one less; a loss of equal other classes depends on that sum alone.

    Parameters
    ----------
    loss : Loss
    smoothing : fmpq
        s, at least 0 and below K/(K − 1): every smoothed label lies in [0, 1].
    """

    loss: Loss
    smoothing: fmpq

    def __post_init__(self) -> None:
        if "label" not in self.loss.ARGUMENTS:
            raise ValueError("a loss without labels has none to smooth")
        if not 0 <= self.smoothing < fmpq(self.classes, self.classes - 1):
            raise ValueError("a smoothing below 0 or above K/(K − 1) moves labels out of [0, 1]")

    @property
    def classes(self) -> int:
        return getattr(self.loss, "classes", 2)

    @property
    def ARGUMENTS(self) -> tuple[str, ...]:
        return self.loss.ARGUMENTS

    @property
    def QUANTITIES(self) -> Mapping[str, tuple[str, ...]]:
        return self.loss.QUANTITIES

    def smoothed(self, arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
        """The arguments with the label smoothed exactly; one that is not finite stays what it is."""
        k = self.ARGUMENTS.index("label")
        label = arguments[k]
        if math.isfinite(label):
            label = ratio(label) * (1 - self.smoothing) + self.smoothing / self.classes
        return (*arguments[:k], label, *arguments[k + 1 :])

    def in_mpmath(self, mp: Any, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
        """The arguments with the label smoothed in mpmath, and 1 − s."""
        k = self.ARGUMENTS.index("label")
        s = mp.mpf(int(self.smoothing.p)) / int(self.smoothing.q)
        return (*arguments[:k], arguments[k] * (1 - s) + s / self.classes, *arguments[k + 1 :]), 1 - s

    def definition(self, mp: Any, quantity: str, *arguments: Any) -> Any:
        """The normative definition in mpmath."""
        inner, factor = self.in_mpmath(mp, arguments)
        value = self.loss.definition(mp, quantity, *inner)
        return factor * value if quantity == BY_LABEL else value

    def special(self, quantity: str, *arguments: Argument) -> Number | None:
        """What the loss is at the exact smoothed label."""
        found = self.loss.special(quantity, *self.smoothed(arguments))
        return scaled(found, 1 - self.smoothing) if found is not None and quantity == BY_LABEL else found

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale at the exact smoothed label."""
        value, scale = self.loss.enclose(quantity, tuple(map(ratio, self.smoothed(arguments))), precision)
        if quantity != BY_LABEL:
            return value, scale
        factor = 1 - self.smoothing
        return multiple(value, factor), multiple(scale, abs(factor))

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """The counts of the loss, and of a label that is computed.

        y′ = a·y + b, where a = 1 − s and b = s/K are constants rounded once, with a product and an addition: an
        error of 2·|a|·y + b + y′ roundings. The loss sees it relative to y′ in one term and to 1 − y′ in the other,
        and both are worst at a hard label. Quantities that do not depend on the label are not touched; the
        derivative with respect to it is multiplied by a.
        """
        s, k = Fraction(int(self.smoothing.p), int(self.smoothing.q)), self.classes
        bounds = dict(self.loss.error_bounds(cost))
        if s == 0:
            return bounds
        a, b = 1 - s, s / k
        weights = [(2 * abs(a) * y + b + a * y + b) / min(a * y + b, 1 - a * y - b) for y in (0, 1)]
        label = max(weights) * cost.product(*[cost.operation] * 3) / 3
        without = getattr(self.loss, "WITHOUT_LABEL", ())
        for quantity, bound in bounds.items():
            own = bound if quantity in without else cost.product(bound, label)
            bounds[quantity] = cost.product(own, cost.operation, cost.operation) if quantity == BY_LABEL else own
        return bounds
