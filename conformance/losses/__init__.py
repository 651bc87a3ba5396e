"""The losses, one file each; the file's name is the loss's name.

A name may carry static parameters, ``focal(gamma=2,alpha=0.25)``, each an exact decimal. Every loss with a label
takes ``smoothing`` besides its own. A loss file states, and nothing else in the package knows:

``PARAMETERS``
    What its limits are frozen for: each a text between brackets, "" the name alone. Left out, it is the name alone.
``bind(...)``
    Where the loss has parameters of its own, or is made of another loss: from their exact values to an object that
    states what follows. Without it the file itself states that.
``ARGUMENTS``
    Names of the inputs, in order. A name chooses the input space in ``conformance.cases``.
``QUANTITIES``
    Quantity → the arguments it is differentiated by: () is the loss, two are a second derivative.
``WITHOUT_LABEL``
    Quantities that do not depend on the label; left out, all do.
``definition(mp, quantity, *arguments)``
    The normative definition, for reading and review, in mpmath.
``special(quantity, *arguments)``
    The Number at infinities, NaNs and the ends of the domain, or None for the inside.
``enclose(quantity, arguments, precision)``
    The value and its scale (the sum of the magnitudes of the terms) as Arb enclosures.
``error_bounds(cost)``
    The derivation of the limits: an operation count, quantity by quantity.

Optional, what a sweep needs; for all quantities but those by the label:

``oracle(quantities, *arguments)``
    For each quantity the value and its scale as estimates, pointwise: an exact head and a tail within ``BOUND`` of its
    terms. Arguments are float64 arrays that broadcast, labels in [0, 1]; where ``special`` has no golden it is NaN.
``expansion(quantities, x, label, terms)``
    For each quantity the Taylor coefficients f^(k)(x)/k! in the first argument, an array of shape (terms, N), for a
    label that is 0 or 1. NaN outside the domain and at its ends.
``BINADES``
    (quantity, label) → open intervals (low, high, e) of the first argument in which 2^e < |f| < 2^(e+1), though f comes
    so close to an end that no binary64 computation tells.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Protocol, TypeAlias

from flint import fmpq

from conformance import estimate
from conformance.certify import Sum
from conformance.estimate import Estimate
from conformance.exact import FINITE, INFINITE, NAN, NOTHING, ZERO, Number, number_of_ratio
from conformance.formats import Values
from conformance.parameters import assignments, split

Argument: TypeAlias = float | fmpq
"""An input: a float, or the exact rational that a smoothed label is."""

BOUND = estimate.BOUND
"""What a fast oracle may be off: relative to the scale, of its values, of its scales, of a curve of them; and relative
to the terms of its tail, where it knows the rest exactly.

In units of binary32 that is 2^-22 ULP, so it moves no figure that anyone reads; where it could move a verdict, the
certified value decides. Below 2^-1026 it is 2^-1072 instead, four times binary64's smallest subnormal.
"""


class Cost(Protocol):
    """What one operation may lose, as bounds on relative errors; see ``conformance.limits``."""

    @property
    def function(self) -> Fraction:
        """exp, log, log1p, or a power."""
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

    @property
    def ARGUMENTS(self) -> tuple[str, ...]: ...
    @property
    def QUANTITIES(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def definition(self) -> Callable[..., Any]: ...
    @property
    def special(self) -> Callable[..., Number | None]: ...
    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]: ...
    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]: ...


class Swept(Loss, Protocol):
    """A loss with what a sweep needs."""

    @property
    def BINADES(self) -> Mapping[tuple[str, float], tuple[tuple[float, float, int], ...]]: ...
    def oracle(self, quantities: Sequence[str], *arguments: Values) -> list[tuple[Estimate, Estimate]]: ...
    def expansion(self, quantities: Sequence[str], x: Values, label: float, terms: int) -> list[Values]: ...


def files() -> list[str]:
    """The names of all loss files."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg)


@cache
def frozen(stem: str) -> tuple[str, ...]:
    """The names of a loss file's losses with frozen limits, one for each of its ``PARAMETERS``.

    Parameters
    ----------
    stem : str
        The file's name.
    """
    texts = getattr(_file(stem), "PARAMETERS", ("",))
    return tuple(f"{stem}({text})" if text else stem for text in texts)


def names() -> list[str]:
    """The names of all losses with frozen limits."""
    return [name for stem in files() for name in frozen(stem)]


def dense(name: str) -> bool:
    """Whether the default tier measures the dense grids too: a loss with parameters is one of many, edges do.

    Parameters
    ----------
    name : str
    """
    return "(" not in name


@cache
def load(name: str) -> Loss:
    """A loss by its name.

    Parameters
    ----------
    name : str
        With its parameters, where it has some: ``focal(gamma=2)``.

    Raises
    ------
    KeyError
        With one sentence, when there is no such loss, or not with these parameters.
    """
    stem, text = split(name) or ("", "")
    if stem not in files():
        raise KeyError(f"there is no loss {name!r}; known are {', '.join(files())}")
    try:
        given = assignments(text)
    except ValueError as error:
        raise KeyError(f"{error} in {name!r} is not parameter=decimal, each parameter once") from error
    smoothing = given.pop("smoothing", None)
    try:
        loss = _bound(stem, given)
    except ValueError as error:
        raise KeyError(f"there is no {name!r}: {error}") from error
    if smoothing is None:
        return loss
    from conformance.losses.parts.smoothing import Smoothed  # made of losses, so it imports this module

    try:
        return Smoothed(loss, smoothing)
    except ValueError as error:
        raise KeyError(f"there is no {name!r}: {error}") from error


def swept(name: str) -> Swept | None:
    """A loss by its name with what a sweep needs, or None where it has no fast oracle.

    Parameters
    ----------
    name : str
    """
    loss: Any = load(name)
    return loss if hasattr(loss, "oracle") and hasattr(loss, "expansion") else None


def _file(stem: str) -> Any:
    return importlib.import_module(f"{__name__}.{stem}")


def _bound(stem: str, given: Mapping[str, fmpq]) -> Loss:
    file = _file(stem)
    bind = getattr(file, "bind", None)
    accepted = {} if bind is None else inspect.signature(bind).parameters
    unknown = [key for key in given if key not in accepted]
    if unknown:
        raise ValueError(f"{stem} takes {', '.join((*accepted, 'smoothing'))}, and no {unknown[0]}")
    missing = [key for key, p in accepted.items() if p.default is p.empty and key not in given]
    if missing:
        raise ValueError(f"{stem} needs {missing[0]}, as in {stem}({missing[0]}=2)")
    loss: Loss = file if bind is None else bind(**given)
    return loss


def infinite(coefficient: float) -> Number:
    """The limit of coefficient · t for t → +∞: an infinity of its sign, or zero."""
    return Number(INFINITE, coefficient < 0) if coefficient else Number(ZERO)


def finite(value: fmpq | float) -> Number:
    """An exact rational, or finite float, as a Number."""
    if isinstance(value, float):
        return number_of_ratio(*value.as_integer_ratio())
    return number_of_ratio(int(value.p), int(value.q))


def scaled(number: Number, factor: fmpq) -> Number:
    """A Number times an exact rational.

    Parameters
    ----------
    number : Number
        A sticky one stands for a value between its truncation and the next; both must give the same product.
    factor : fmpq
    """
    if number.tag in (NAN, NOTHING.tag):
        return number
    if factor == 0:
        return Number(ZERO)
    if number.tag != FINITE:
        return number._replace(negative=number.negative != (factor < 0))
    ends = [_times(number.significand + end, number.exponent - 127, factor) for end in range(1 + number.sticky)]
    if number.sticky:
        ends[1] = _below(ends[1])
        ends[0] = ends[0]._replace(sticky=True)
    assert ends[0] == ends[-1], "a product that 128 bits do not decide"
    return ends[0]._replace(negative=number.negative != (factor < 0))


def _times(significand: int, exponent: int, factor: fmpq) -> Number:
    power = fmpq(1 << exponent) if exponent >= 0 else fmpq(1, 1 << -exponent)
    return finite(abs(factor) * significand * power)


def _below(number: Number) -> Number:
    """The Number of what is just below a positive one."""
    if number.sticky:
        return number
    if number.significand == 1 << 127:
        return number._replace(exponent=number.exponent - 1, significand=(1 << 128) - 1, sticky=True)
    return number._replace(significand=number.significand - 1, sticky=True)


NAN_NUMBER = Number(NAN)
UNDEFINED = NOTHING
