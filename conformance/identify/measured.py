"""A measured number and how far it may be off; sums, products and quotients carry their errors on. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from conformance.identify.snap import Snapped, snapped


@dataclass(frozen=True)
class Measured:
    """A number within an error.

    Attributes
    ----------
    value : float
    error : float
        Absolute. What is derived from several numbers is off by all of their errors, to first order: they are far
        less than the numbers.
    """

    value: float
    error: float = 0.0

    def __add__(self, other: Measured) -> Measured:
        return Measured(self.value + other.value, self.error + other.error)

    def __mul__(self, other: Measured) -> Measured:
        error = abs(self.value) * other.error + abs(other.value) * self.error
        return Measured(self.value * other.value, error)

    def __truediv__(self, other: Measured) -> Measured:
        if not other.value:
            return Measured(math.inf)
        value = self.value / other.value
        return Measured(value, (self.error + abs(value) * other.error) / abs(other.value))

    def near(self, other: Measured) -> bool:
        """Whether the two may be one number."""
        return abs(self.value - other.value) <= self.error + other.error

    @property
    def snapped(self) -> Snapped:
        """The decimal that was meant."""
        return snapped(self.value, self.error)
