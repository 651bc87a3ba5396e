"""What a contract says of a loss with weights or smoothed labels, from what it says of the plain one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from conformance.certify import Sum, multiple, ratio
from conformance.contracts import Clause, Constants, Rules, Variants
from conformance.exact import Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, scaled
from conformance.losses.parts import smoothing
from conformance.losses.parts.smoothing import BY_LABEL
from conformance.losses.parts.weighting import BY_WEIGHT

Pair = tuple[Sum, Sum] | Number


@dataclass(frozen=True)
class _Inherited:
    """The rules of the plain loss, where nothing else is said."""

    rules: Rules

    @property
    def CLAUSES(self) -> tuple[Clause, ...]:
        return self.rules.CLAUSES

    def constants(self, text: str, fmt: Format | None) -> Constants | None:
        return self.rules.constants(text, fmt)

    def raises(self, columns: Mapping[str, Values]) -> Mask | None:
        return self.rules.raises(columns)


@dataclass(frozen=True)
class Weighted(_Inherited):
    """With a weight as the last argument."""

    def variants(self, quantity: str, text: str, target: Format) -> Variants:
        return self.rules.variants(_unweighted(quantity), text, target)

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> Pair:
        *inner, weight = arguments
        found = self.rules.value(_unweighted(quantity), tuple(inner), constants, precision, outer)
        if quantity == BY_WEIGHT:
            return found
        if math.isnan(weight) or found == NAN_NUMBER:
            return NAN_NUMBER
        return UNDEFINED if math.isinf(weight) else _times(found, ratio(weight))

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        return self.rules.kinks(_unweighted(quantity), arguments[:-1], constants)

    def definition(self, mp: Any, quantity: str, constants: Any, *arguments: Any) -> Any:
        value = self.rules.definition(mp, _unweighted(quantity), constants, *arguments[:-1])
        return value if quantity == BY_WEIGHT else arguments[-1] * value

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        return math.isfinite(arguments[-1]) and self.rules.computed(_unweighted(quantity), arguments[:-1])


@dataclass(frozen=True)
class Smoothed(_Inherited):
    """At the label that a loss smooths."""

    loss: smoothing.Smoothed

    def variants(self, quantity: str, text: str, target: Format) -> Variants:
        return self.rules.variants(quantity, text, target)

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> Pair:
        found = self.rules.value(quantity, self.loss.smoothed(arguments), constants, precision, outer)
        return _times(found, 1 - self.loss.smoothing) if quantity == BY_LABEL else found

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        return self.rules.kinks(quantity, self.loss.smoothed(arguments), constants)

    def definition(self, mp: Any, quantity: str, constants: Any, *arguments: Any) -> Any:
        inner, factor = self.loss.in_mpmath(mp, arguments)
        value = self.rules.definition(mp, quantity, constants, *inner)
        return factor * value if quantity == BY_LABEL else value

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        return self.rules.computed(quantity, self.loss.smoothed(arguments))


def _unweighted(quantity: str) -> str:
    return "loss" if quantity == BY_WEIGHT else quantity


def _times(found: Pair, factor: fmpq) -> Pair:
    if isinstance(found, Number):
        return scaled(found, factor)
    value, scale = found
    product = multiple(value, factor)
    return product, product if scale is value else multiple(scale, abs(factor))
