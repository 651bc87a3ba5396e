"""A loss with a weight of each element: weight · loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from conformance.certify import Sum, multiple, ratio
from conformance.exact import Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, Loss, scaled

BY_WEIGHT = "d_weights"


@dataclass(frozen=True)
class Weighted:
    """A loss times a last argument; every quantity of the loss, and the derivative with respect to the weight."""

    loss: Loss

    @property
    def ARGUMENTS(self) -> tuple[str, ...]:
        return (*self.loss.ARGUMENTS, "weight")

    @property
    def QUANTITIES(self) -> Mapping[str, tuple[str, ...]]:
        return {**self.loss.QUANTITIES, BY_WEIGHT: ("weight",)}

    def definition(self, mp: Any, quantity: str, *arguments: Any) -> Any:
        """The normative definition in mpmath."""
        *inner, weight = arguments
        if quantity == BY_WEIGHT:
            return self.loss.definition(mp, "loss", *inner)
        return weight * self.loss.definition(mp, quantity, *inner)

    def special(self, quantity: str, *arguments: Argument) -> Number | None:
        """The weight times what the loss is there: with the weight fixed exactly, 0 times a growing loss stays 0."""
        *inner, weight = arguments
        if quantity == BY_WEIGHT:
            return self.loss.special("loss", *inner)
        found = self.loss.special(quantity, *inner)
        if math.isnan(weight):
            return NAN_NUMBER
        if math.isinf(weight):
            return found if found == NAN_NUMBER else UNDEFINED
        return None if found is None else scaled(found, ratio(weight))

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale of the loss, times the weight and its magnitude."""
        *inner, weight = arguments
        if quantity == BY_WEIGHT:
            return self.loss.enclose("loss", tuple(inner), precision)
        value, scale = self.loss.enclose(quantity, tuple(inner), precision)
        product = multiple(value, weight)
        return product, product if scale is value else multiple(scale, abs(weight))

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """One multiplication after the counts of the loss; the derivative with respect to the weight is the loss."""
        bounds = self.loss.error_bounds(cost)
        return {**{q: cost.product(bound, cost.operation) for q, bound in bounds.items()}, BY_WEIGHT: bounds["loss"]}
