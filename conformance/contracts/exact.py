"""The mathematics itself, as the documentation's formula states it; nothing deviates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.certify import Sum
from conformance.contracts import Constants, Variants
from conformance.contracts.parts.documented import CLAUSES
from conformance.exact import NOTHING, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import Argument

__all__ = ["CLAUSES"]


def constants(text: str, fmt: Format | None) -> Constants | None:
    """None: there is no constant."""
    return None


def variants(quantity: str, text: str, target: Format) -> Variants:
    """None: the loss's own golden is the contract."""
    return ()


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """Nothing: the loss's own golden is the contract."""
    return NOTHING


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """The losses are smooth."""
    return False


def definition(mp: Any, quantity: str, constants: Any, *arguments: Any) -> Any:
    """Nothing: the loss's own definition is the contract."""
    return mp.nan


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """Nothing."""
    return False


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
