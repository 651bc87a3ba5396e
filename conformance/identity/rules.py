"""The identities of one loss, as comparisons of the results of neighbouring numbers. Pure functions on arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conformance import contracts, losses
from conformance.exact import rounded_values
from conformance.formats import FORMATS, Format, Mask, Values, rounded
from conformance.golden import Golden, contract_golden, golden
from conformance.identity.comparison import Comparison
from conformance.identity.neighbourhoods import Neighbourhoods, neighbourhoods
from conformance.limits import limit
from conformance.ulp import ulp_error, ulp_exponent

LABELS = (0.0, 1.0, 0.25, 0.9)
"""Every number meets each of these, rounded to the format; the hard ones come first."""

POWERS = (-3, 2)
"""Exponents of the weights, in turn."""


@dataclass(frozen=True)
class Ground:
    """The rows of a loss and quantity, every number with every label, and what is exact there.

    Attributes
    ----------
    near : Neighbourhoods
        The numbers; row l·N + n is number n with label l.
    label : ndarray of float64
        Of each row.
    exact : Golden
    unit : ndarray of int64
        The binary exponent of an ULP of the scale.
    slack : ndarray of float64
        The limit, as a number.
    documented : ndarray of bool
        Where a documented constant makes another value due than mathematics does.
    fmt : Format
        Whose ULPs count.
    derivative : bool
        Whether the quantity is one.
    """

    near: Neighbourhoods
    label: Values
    exact: Golden
    unit: NDArray[np.int64]
    slack: Values
    documented: Mask
    fmt: Format
    derivative: bool

    def rows(self, label: int, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """The rows of some numbers with one label."""
        return label * len(self.near.values) + numbers

    def pairs(
        self, row: NDArray[np.intp], other: NDArray[np.intp], left: Values, right: Values, ordered: bool = False
    ) -> Comparison:
        """Comparisons within the sum of the limits, without the rows that a documented constant changes."""
        unit = np.maximum(self.unit[row], self.unit[other])
        slack = self.slack[row] + self.slack[other]
        made = Comparison(left, right, slack, unit, row, other, ordered, largest=self.fmt.largest)
        return made.where(~(self.documented[row] | self.documented[other]))

    def bound(self, row: NDArray[np.intp], left: Values, right: Values) -> Comparison:
        """Comparisons with a bound, which hold exactly."""
        made = Comparison(left, right, np.zeros(len(row)), self.unit[row], row, row, ordered=True)
        return made.where(~self.documented[row])


def columns(loss: str, dtype: str, labels: tuple[str, ...]) -> tuple[Values, Values]:
    """The first argument and the label of all rows.

    Parameters
    ----------
    loss, dtype : str
    labels : tuple of str
        The label classes there are; () is all.
    """
    values = neighbourhoods(losses.load(loss).ARGUMENTS[0], dtype).values
    known = rounded(np.array(LABELS), FORMATS[dtype])
    known = known if not labels or "soft" in labels else known[:2]
    return np.tile(values, len(known)), np.repeat(known, len(values))


@lru_cache(maxsize=64)
def ground(loss: str, contract: str, labels: tuple[str, ...], dtype: str, quantity: str, fmt: Format) -> Ground:
    """The ground of a loss of two arguments.

    Parameters
    ----------
    loss, contract : str
    labels : tuple of str
        The label classes there are; () is all.
    dtype : str
        Of the inputs.
    quantity : str
        Of mathematics.
    fmt : Format
        Of the results.
    """
    values = columns(loss, dtype, labels)
    exact, bound = golden(loss, quantity, values), contracts.load(contract, loss)
    unit, most = ulp_exponent(exact.scale, fmt), limit(loss, quantity, fmt)
    documented = np.zeros(len(unit), bool)
    for kind, constants in bound.rules.variants(quantity, bound.constant, fmt):
        if kind.startswith("documented"):
            due = rounded_values(contract_golden(bound, quantity, constants, values).value, fmt)
            documented |= ~(ulp_error(due, exact.value, unit, fmt) <= most)
    near = neighbourhoods(losses.load(loss).ARGUMENTS[0], dtype)
    slack = np.ldexp(most, unit)
    return Ground(near, values[1], exact, unit, slack, documented, fmt, quantity != "loss")


def symmetry(on: Ground, out: Values) -> Comparison:
    """loss(x, 1) = loss(-x, 0), loss(p, 1) = loss(1 - p, 0); the derivatives are opposite."""
    here = np.flatnonzero(on.near.mirror >= 0)
    row, other = on.rows(1, here), on.rows(0, on.near.mirror[here])
    return on.pairs(row, other, out[row], -out[other] if on.derivative else out[other])


def monotone(on: Ground, out: Values) -> Comparison:
    """The loss rises for label 0 and falls for label 1, the derivative rises for both, from one number to the next."""
    low = np.concatenate([on.rows(label, on.near.adjacent) for label in (0, 1)])
    falls = (on.label[low] == 1) & (not on.derivative)
    row, other = low + falls, low + ~falls
    return on.pairs(row, other, out[row], out[other], ordered=True)


def bounds(on: Ground, out: Values) -> Comparison:
    """The loss is not negative; the derivative by the logit is at most 1."""
    row = np.arange(len(out))
    if on.derivative:
        return on.bound(row, np.abs(out), np.ones(len(out)))
    return on.bound(row, np.zeros(len(out)), out)


def sign(on: Ground, out: Values) -> Comparison:
    """The derivative of a hard label has its sign; it is zero only where the exact one is no normal number."""
    row = np.flatnonzero((on.label == 0) | (on.label == 1))
    there = np.abs(rounded_values(on.exact.value, on.fmt)[row]) >= 2 * on.fmt.smallest_normal
    found = on.bound(row, np.where(there, on.fmt.smallest, 0.0), np.where(on.label[row] == 0, out[row], -out[row]))
    return replace(found, unit=np.full(len(found), on.fmt.quantum))     # a zero is one step off, a wrong sign more


def gradient(on: Ground, out: Values) -> Comparison:
    """d_logits = sigma(x) - y: with the label added it is the same for every label."""
    row = np.flatnonzero(on.label != 0)
    other = row % len(on.near.values)
    return on.pairs(row, other, out[row] + on.label[row], out[other])


IDENTITIES: dict[str, Callable[[Ground, Values], Comparison]] = {
    function.__name__: function for function in (symmetry, monotone, bounds, sign, gradient)
}


def twin(on: Ground, first: Values, second: Values, slack: Values | None) -> Comparison:
    """Two entry points that should agree, bit for bit where there is no slack."""
    row = np.arange(len(first))
    if slack is None:
        made = Comparison(first, second, np.zeros(len(row)), on.unit, row, row, bitwise=True)
    else:
        made = Comparison(first, second, slack, on.unit, row, row, largest=on.fmt.largest)
    return made.where(~on.documented)


def scaled(on: Ground, weighted: Values, plain: Values) -> Comparison:
    """Results with weights that are powers of two, where they and those without keep off the ends of the format."""
    factor = np.ldexp(1.0, np.resize(POWERS, len(plain)))
    row, none = np.arange(len(plain)), np.zeros(len(plain))
    with np.errstate(over="ignore"):
        made = Comparison(weighted, plain * factor, none, on.unit, row, row, bitwise=True)
    least = on.fmt.smallest_normal * 2.0 ** (4 if on.fmt.width == 16 else on.fmt.precision)
    size, number = np.abs(plain), np.abs(np.tile(on.near.values, len(plain) // len(on.near.values)))
    fits = (size * 2.0 ** min(POWERS) >= least) & (size <= on.fmt.largest * 2.0 ** -max(POWERS))
    return made.where(fits & (number >= least))         # parts of the result may be as small as the number
