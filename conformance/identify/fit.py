"""A hypothesis with its numbers, and what it predicts. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from conformance.formats import Format, Values
from conformance.identify.kinds import Kind, Terms
from conformance.identify.snap import ZERO, Snapped
from conformance.identify.tails import NONE, Ends, Tail, ends

Columns = Mapping[str, Values]
"""Role → values; roles are prediction, label, rest, weight and pos_weight."""


@dataclass(frozen=True)
class Fit:
    """A hypothesis with its numbers.

    Attributes
    ----------
    kind : Kind
    tail : Tail
    constant : Snapped
        Of the clamp.
    decimal : bool
        Whether the clamp's ends are decimal, and not rounded to the compute format.
    classes : int
        Of a row.
    gamma : float
        The power of a focal loss.
    yes, no : (float, float)
        Factors of −log p and −log(1 − p) for the one label and for the other.
    labels : (float, float)
        What stands for 0 and for 1.
    roles : tuple of str
        What each argument is.
    fmt : Format
        What it computes in.
    error : float
        Of each factor, as they were measured.
    misfit : float
        The largest difference from what came back, in tolerances: up to 1 is within rounding.
    """

    kind: Kind
    roles: tuple[str, ...]
    labels: tuple[float, float]
    fmt: Format
    tail: Tail = NONE
    constant: Snapped = ZERO
    decimal: bool = False
    classes: int = 2
    gamma: float = 0.0
    yes: tuple[float, float] = (1.0, 0.0)
    no: tuple[float, float] = (0.0, 1.0)
    error: float = 0.0
    misfit: float = math.inf

    @property
    def at(self) -> Ends:
        """The ends of the clamp."""
        small = self.constant.value
        return (small, 1 - small, small) if self.decimal else ends(small, self.fmt)

    def terms(self, columns: Columns) -> Terms:
        """The two logarithms at these inputs."""
        x = columns["prediction"]
        return self.tail.terms(self.kind, x, columns.get("rest", np.zeros(x.shape)), self.classes, self.at)

    def share(self, labels: Values) -> Values:
        """Labels as the mathematics has them, between 0 and 1."""
        low, high = self.labels
        return (labels - low) / (high - low)

    def label(self, share: float) -> float:
        """What stands for a label between 0 and 1."""
        low, high = self.labels
        return low + share * (high - low)

    def factors(self, columns: Columns) -> tuple[Values, Values]:
        """What the two logarithms are multiplied by at these inputs, but for the power of a focal loss."""
        share = self.share(columns["label"])
        up, weight = columns.get("pos_weight", 1.0), columns.get("weight", 1.0)
        if self.gamma:
            balance = weight * (share * self.yes[0] + (1 - share) * self.no[1])
            return balance * share * up, balance * (1 - share)
        first = share * self.yes[0] + (1 - share) * self.no[0]
        second = share * self.yes[1] + (1 - share) * self.no[1]
        return weight * first * up, weight * second

    def predicted(self, columns: Columns) -> Values:
        """The loss at these inputs, labels between the two ends too."""
        share = self.share(columns["label"])
        first, second = self.factors(columns)
        with np.errstate(all="ignore"):
            yes, no, p, q = self.terms(columns)
            power = (share * q + (1 - share) * p) ** self.gamma if self.gamma else 1.0
            return np.asarray(power * (_times(first, yes) + _times(second, no)))


def _times(factor: Values, term: Values) -> Values:
    """A product in which a factor of 0 silences an infinity: the mathematics, not the arithmetic."""
    return np.where(factor == 0, 0.0, factor * term)
