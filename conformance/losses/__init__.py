"""The losses, one file each; the file's name is the loss's name.

A loss file states, and nothing else in the package knows:

``ARGUMENTS``
    Names of the inputs, in order. A name chooses the input space in ``conformance.cases``.
``QUANTITIES``
    Quantity → the steps of differentiation that yield it.
``definition(mp, quantity, *arguments)``
    The normative definition, for reading and review, in mpmath.
``special(quantity, *arguments)``
    The Number at infinities, NaNs and the ends of the domain, or None for the inside.
``enclose(quantity, arguments, precision)``
    The value and its scale (the sum of the magnitudes of the terms) as Arb enclosures.
``error_bounds(cost)``
    The derivation of the limits: an operation count, quantity by quantity.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol

from flint import fmpq

from conformance.certify import Sum
from conformance.exact import INFINITE, NAN, NOTHING, ZERO, Number, number_of_ratio

Steps = tuple[tuple[str, str], ...]


class Cost(Protocol):
    """What one operation may lose, as bounds on relative errors; see ``conformance.limits``."""

    @property
    def function(self) -> Fraction:
        """exp, log or log1p."""
        ...

    @property
    def operation(self) -> Fraction:
        """Anything else."""
        ...

    def product(self, *errors: Fraction) -> Fraction:
        """The bound of a product or quotient of quantities with these bounds."""
        ...


class Loss(Protocol):
    """What a loss file provides."""

    ARGUMENTS: tuple[str, ...]
    QUANTITIES: Mapping[str, Steps]

    def definition(self, mp: Any, quantity: str, *arguments: Any) -> Any: ...
    def special(self, quantity: str, *arguments: float) -> Number | None: ...
    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]: ...
    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]: ...


def names() -> list[str]:
    """The names of all losses."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def load(name: str) -> Loss:
    """A loss by its name.

    Parameters
    ----------
    name : str

    Raises
    ------
    KeyError
        With one sentence, when there is no such loss.
    """
    if name not in names():
        raise KeyError(f"there is no loss {name!r}; known are {', '.join(names())}")
    module: Any = importlib.import_module(f"{__name__}.{name}")
    loss: Loss = module
    return loss


def infinite(coefficient: float) -> Number:
    """The limit of coefficient · t for t → +∞: an infinity of its sign, or zero."""
    return Number(INFINITE, coefficient < 0) if coefficient else Number(ZERO)


def finite(value: fmpq | float) -> Number:
    """An exact rational, or finite float, as a Number."""
    if isinstance(value, float):
        return number_of_ratio(*value.as_integer_ratio())
    return number_of_ratio(int(value.p), int(value.q))


NAN_NUMBER = Number(NAN)
UNDEFINED = NOTHING
