"""The losses that are due for a few elements: exact, one each, or reduced over an axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from conformance.exact import FINITE, Exact, Number, number_of_ratio, pack
from conformance.formats import Format, Values
from conformance.limits import limit
from conformance.pairs import Row, exact_pair
from conformance.ulp import ulp_error, ulp_exponent

SLACK = 16.0
"""ULPs that a mean of seven and a conversion of the inputs may add to a limit."""


@dataclass(frozen=True, eq=False)
class Due:
    """One reading of what is due.

    Attributes
    ----------
    value, scale : Exact
        Flat.
    """

    value: Exact
    scale: Exact


def due(
    loss: str, quantity: str, rows: Sequence[Row], shape: tuple[int, ...], axes: Sequence[int] = ()
) -> tuple[Due, ...]:
    """What is due for the elements of a call: a loss each, or the sums or means over an axis.

    Parameters
    ----------
    loss, quantity : str
        A derivative of a mean is divided by the length of its axis.
    rows : sequence of tuple of float
        The arguments of each element; none where they are not known.
    shape : tuple of int
        Of the elements.
    axes : sequence of int
        The axes that may be reduced.

    Returns
    -------
    tuple of Due
        All elements are ordinary numbers: every value is finite.
    """
    if len(rows) != math.prod(shape):
        return ()
    both = [np.array([_fraction(_pair(loss, quantity, row)[k]) for row in rows], object) for k in (0, 1)]
    readings = [both]
    for axis in axes if rows else ():
        sums = [part.reshape(shape).sum(axis, keepdims=True).ravel() for part in both]
        if quantity == "loss":
            readings += [sums, [part / shape[axis] for part in sums]]
        else:
            readings.append([part / shape[axis] for part in both])
    return tuple(Due(pack(map(_number, value)), pack(map(_number, scale))) for value, scale in readings)


def error_of(got: Values, readings: Sequence[Due], fmt: Format) -> float | None:
    """The largest error in ULPs of a format, by the reading that fits best; None where none has as many elements.

    Parameters
    ----------
    got : ndarray of float64
    readings : sequence of Due
    fmt : Format
        The narrowest one that the values passed through.

    Returns
    -------
    float or None
        Infinite where a NaN or an infinity came back.
    """
    flat, found = got.ravel(), []
    for reading in readings:
        if len(reading.value) == len(flat):
            errors = ulp_error(flat, reading.value, ulp_exponent(reading.scale, fmt), fmt)
            found.append(math.inf if not np.isfinite(flat).all() else float(errors.max(initial=0.0)))
    return min(found, default=None)


def bound(loss: str, quantity: str, fmt: Format) -> float:
    """The error from which a value is another one, not the due one computed badly."""
    return limit(loss, quantity, fmt) + SLACK


@lru_cache(maxsize=4096)
def _pair(loss: str, quantity: str, row: Row) -> tuple[Number, Number]:
    return exact_pair(loss, quantity)(row)


def _fraction(number: Number) -> Fraction:
    magnitude = number.significand * Fraction(2) ** (number.exponent - 127) if number.tag == FINITE else Fraction(0)
    return -magnitude if number.negative else magnitude


def _number(value: Fraction) -> Number:
    return number_of_ratio(value.numerator, value.denominator)
