"""What an identity compares: pairs of results, or a result and a bound, and how far apart they may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from conformance.formats import Mask, Values

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Comparison:
    """N comparisons of the results of some inputs.

    Attributes
    ----------
    left, right : ndarray of float64, shape (N,)
        What is equal, or what is at most the other.
    slack : ndarray of float64, shape (N,)
        By how much the left may exceed the right, or either the other.
    unit : ndarray of int64, shape (N,)
        The binary exponent of an ULP, in which the excess is told.
    row, other : ndarray of intp, shape (N,)
        The inputs that left and right come from; the same where there is but one.
    ordered : bool
        Whether the left may be below the right.
    bitwise : bool
        Whether the sign of a zero counts.
    largest : float
        What an infinity against a number counts as: in reach of overflow both may be right.
    """

    left: Values
    right: Values
    slack: Values
    unit: NDArray[np.int64]
    row: Indices
    other: Indices
    ordered: bool = False
    bitwise: bool = False
    largest: float = np.inf

    def __len__(self) -> int:
        return len(self.row)

    @property
    def same(self) -> Mask:
        """Where both are the same; one NaN is like another."""
        same = (self.left == self.right) | (np.isnan(self.left) & np.isnan(self.right))
        if self.bitwise:
            same &= (np.signbit(self.left) == np.signbit(self.right)) | np.isnan(self.left)
        result: Mask = same
        return result

    @property
    def excess(self) -> Values:
        """By how much the left is over the right, or they are apart; NaN where either is none."""
        with np.errstate(invalid="ignore", over="ignore"):
            difference = np.subtract(*(side.clip(-self.largest, self.largest) for side in (self.left, self.right)))
        return np.where(self.same, 0.0, difference if self.ordered else np.abs(difference))

    @property
    def broken(self) -> Mask:
        """Where they are further apart than they may be; a NaN against anything else is."""
        broken: Mask = ~self.same & ~(self.excess <= self.slack) if not self.bitwise else ~self.same
        return broken

    @property
    def ulp(self) -> Values:
        """The excess in ULPs; infinite where a NaN or an infinity meets anything else."""
        with np.errstate(over="ignore"):
            return np.where(np.isfinite(self.excess), np.ldexp(np.nan_to_num(self.excess), -self.unit), np.inf)

    @property
    def worst(self) -> int:
        """The comparison that is broken by most, or the first."""
        return int(np.argmax(np.where(self.broken, self.ulp, -1.0)))

    def where(self, keep: Mask) -> Comparison:
        """The comparisons of a mask."""
        names = ("left", "right", "slack", "unit", "row", "other")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})
