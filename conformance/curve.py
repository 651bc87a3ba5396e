"""Quantities over consecutive bit patterns, for hard labels: Taylor expansions, many rows at once.

The exponential of every float costs more than all the rest of a sweep. Over a row of 256 consecutive floats a few terms
about its centre are as good, and rows × terms times terms × 256 is one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conformance import losses
from conformance.exact import UNDERFLOW_EXPONENT
from conformance.formats import Format, Mask, Values, to_float64
from conformance.losses import BOUND, Swept

ROW = 256
TERMS = 5
CHECKED = 2
"""So many terms more bound what is left out. Two, because one may happen to vanish: sigma's derivatives have zeros."""

OFFSETS = np.arange(ROW) - (ROW - 1) / 2
POWERS = np.ascontiguousarray(np.vander(OFFSETS, TERMS, increasing=True).T)  # exact: odd integers over powers of two
REACH = np.vander(OFFSETS[-1:], TERMS + CHECKED, increasing=True).T
ROUNDING = 2.0**-48
"""32 roundings of binary64, of each term: 2 functions at 4 ULP and 8 operations in its coefficient, 8 in the sum."""


@dataclass(frozen=True)
class Curve:
    """A quantity over rows of consecutive bit patterns.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, ROW)
        In the order of the bit patterns. Zeros have the exact value's sign.
    exponent : ndarray of int64, shape (rows,)
        In a sure row 2^exponent < |exact value| < 2^(exponent + 1), all along it; or ``UNDERFLOW_EXPONENT``, where
        all of it is below 2^-64 of the format's smallest subnormal.
    sure : ndarray of bool, shape (rows,)
        Whether the row's values are within ``BOUND`` of the exact ones, relatively, or underflow.
    """

    values: Values
    exponent: NDArray[np.int64]
    sure: Mask


def curves(
    loss: str,
    quantities: Sequence[str],
    fmt: Format,
    first: int,
    count: int,
    label: float,
    out: Values | None = None,
) -> tuple[Curve, ...]:
    """Quantities over consecutive bit patterns of the first argument.

    Parameters
    ----------
    loss : str
        One with a fast oracle.
    quantities : sequence of str
        Each monotone on either side of zero, so that the ends of a row are its extremes.
    fmt : Format
        With at least ROW patterns of one sign and exponent.
    first, count : int
        Multiples of ROW. All patterns are finite and share their sign and exponent field.
    label : float
        0 or 1.
    out : ndarray of float64, shape (quantities, count / ROW, ROW), optional
        Where to put the values, so that a sweep touches no fresh memory.

    Returns
    -------
    tuple of Curve
        One a quantity.
    """
    definition = losses.swept(loss)
    if definition is None:
        raise ValueError(f"{loss} has no fast oracle")
    field = (1 << (fmt.precision - 1)) - 1
    if first % ROW or count % ROW or count < ROW or first & ~field != (first + count - 1) & ~field:
        raise ValueError(f"{count} patterns from {first:#x} of {fmt.name} are not rows of one exponent")
    starts = np.arange(first, first + count, ROW, dtype=np.int64)
    start, end = (to_float64((starts + k).astype(fmt.storage), fmt) for k in (0, ROW - 1))
    step = float(end[0] - start[0]) / (ROW - 1)  # exact, and negative for negative patterns
    steps = np.vander([step], TERMS + CHECKED, increasing=True).T
    with np.errstate(all="ignore"):
        found = definition.expansion(quantities, (start + end) / 2, label, TERMS + CHECKED)
        terms = np.stack(found) * steps  # the powers of the offsets are then the same for every exponent
        values = np.matmul(terms[:, :TERMS].transpose(0, 2, 1), POWERS, out=out)
        lost = terms[:, 0] == 0
        if lost.any():  # −0 and a +0 would have become +0
            values[lost] = terms[:, 0][lost][:, None]
        size = np.abs(terms) * REACH
        # Only multiples of e^−|x| are as small; where they underflow at the centre, all of the row is below 2^-900.
        small = (size.sum(axis=1) < 2.0 ** (fmt.quantum - 65)) & (size[:, -1] <= size[:, 0] / 2)
        left, right = np.abs(values[:, :, 0]), np.abs(values[:, :, -1])
        least, most = np.minimum(left, right), np.maximum(left, right)
        wrong = 2 * size[:, TERMS:].sum(axis=1) + ROUNDING * size[:, :TERMS].sum(axis=1)
        near = wrong <= BOUND / 2 * least
    exponent, clear = _exponents(definition, quantities, label, (start, end), least, most)
    sure = small | (near & clear)
    exponent = np.where(small, UNDERFLOW_EXPONENT, exponent)
    return tuple(Curve(*columns) for columns in zip(values, exponent, sure, strict=True))


def _exponents(
    definition: Swept,
    quantities: Sequence[str],
    label: float,
    ends: tuple[Values, Values],
    least: Values,
    most: Values,
) -> tuple[NDArray[np.int64], Mask]:
    """Per quantity and row the exponent of all its values, and whether they have one and its binade's ends are clear.

    What values tell is not enough beside a power of two that a quantity approaches without reaching it.
    """
    exponent = np.frexp(least * (1 - BOUND))[1] - np.int64(1)
    clear = exponent == np.frexp(most * (1 + BOUND))[1] - 1
    left, right = np.minimum(*ends), np.maximum(*ends)
    for i, quantity in enumerate(quantities):
        for low, high, binade in definition.BINADES.get((quantity, label), ()):
            inside = (low < left) & (right < high)
            exponent[i, inside] = binade
            clear[i] |= inside
    return exponent, clear
