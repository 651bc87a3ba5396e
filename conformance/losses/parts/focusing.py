"""The calculus of focal losses: A·q^gamma·B, where q = 1 − p_t and B is a cross-entropy.

A is alpha_t = y·alpha + (1−y)·(1−alpha), or 1 without alpha. Every derivative is a sum of products of powers of q,
B, and their derivatives; the terms have one sign each for labels in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from conformance.certify import Sum, multiple
from conformance.enclosures import at
from conformance.exact import Number
from conformance.losses import Cost, infinite

LEAST, MOST = fmpq(1, 2), fmpq(16)
NOTHING = Sum(fmpq(0), ())


@dataclass(frozen=True)
class Focus:
    """The static parameters.

    Parameters
    ----------
    gamma : fmpq
        0, or from 1/2 to 16: then e^(−4096·gamma) lies below every format.
    alpha : fmpq or None
        In [0, 1].
    """

    gamma: fmpq
    alpha: fmpq | None = None

    def __post_init__(self) -> None:
        if self.gamma != 0 and not LEAST <= self.gamma <= MOST:
            raise ValueError("gamma is 0, or from 0.5 to 16")
        if self.alpha is not None and not 0 <= self.alpha <= 1:
            raise ValueError("alpha is from 0 to 1")

    def balance(self, y: Any) -> Any:
        """alpha_t."""
        return 1 if self.alpha is None else y * self.alpha + (1 - y) * (1 - self.alpha)

    @property
    def tilt(self) -> fmpq:
        """The derivative of alpha_t with respect to the label: alpha − (1 − alpha)."""
        return fmpq(0) if self.alpha is None else 2 * self.alpha - 1

    @property
    def tilts(self) -> fmpq:
        """The magnitudes of its two terms."""
        return fmpq(0) if self.alpha is None else fmpq(1)

    def reflected(self) -> Focus:
        """The parameters of the same loss with its classes exchanged."""
        return self if self.alpha is None else Focus(self.gamma, 1 - self.alpha)

    def power(self, q: arb, less: int = 0) -> arb:
        """q^(gamma − less), in the working precision of the moment."""
        exponent = self.gamma - less
        return q if exponent == 1 else q ** arb(exponent)

    def label_limit(self, y: fmpq) -> Number:
        """The derivative with respect to the label where p goes to 0, so q to y and B to an infinity times y.

        It grows as y^gamma·(tilt·y + (gamma + 1)·A) times −log p; where y is 0, only gamma 0 leaves something.
        """
        if y == 0 and self.gamma > 0:
            return infinite(0)
        return infinite(self.tilt * y + (self.gamma + 1) * fmpq(self.balance(y)))

    def in_mpmath(self, mp: Any) -> tuple[Any, Any]:
        """gamma and alpha as mpmath numbers."""
        gamma = mp.mpf(int(self.gamma.p)) / int(self.gamma.q)
        return gamma, None if self.alpha is None else mp.mpf(int(self.alpha.p)) / int(self.alpha.q)

    def power_bound(self, cost: Cost, q: Fraction, less: int = 0) -> Fraction:
        """The relative error of q^(gamma − less): that of q so many times, and a function where it is a power.

        (1 + d/(1−d))^r is at most 1 + r·d/(1−d) for the broken part r of the exponent.
        """
        exponent = abs(Fraction(int(self.gamma.p), int(self.gamma.q)) - less)
        whole, part = int(exponent), exponent - int(exponent)
        own = Fraction(0) if exponent == 0 or (exponent == 1 and self.gamma > less) else cost.function
        return cost.product(own, *[q] * whole, part * q / (1 - q))

    def balance_bound(self, cost: Cost) -> Fraction:
        """The relative error of alpha_t: alpha rounded, 1 − alpha, 1 − y, a product, an addition."""
        if self.alpha is None:
            return Fraction(0)
        alpha = Fraction(int(self.alpha.p), int(self.alpha.q))
        rounded = cost.operation * max(Fraction(1), alpha / (1 - alpha) if alpha < 1 else Fraction(1))
        return cost.product(rounded, *[cost.operation] * 4)


def ball_of(total: Sum) -> arb:
    """A Sum as one ball, in the working precision of the moment."""
    ball = arb(total.exact)
    for coefficient, part in total.tails:
        ball = ball + (part if coefficient == 1 else arb(coefficient) * part)
    return ball


def times(total: Sum, factor: fmpq, ball: arb | None, precision: int) -> Sum:
    """A Sum times an exact factor and a positive ball, every part kept as a term of its own.

    Parameters
    ----------
    total : Sum
    factor : fmpq
    ball : arb or None
        None is 1, and leaves the exact part exact.
    precision : int
        Bits of working precision.
    """
    if ball is None or factor == 0:
        return multiple(total, factor)
    first = ((total.exact * factor, ball),) if total.exact != 0 else ()
    with at(precision):
        return Sum(fmpq(0), first + tuple((c * factor, ball * part) for c, part in total.tails))


def added(*totals: Sum) -> Sum:
    """The sum of Sums, terms that are exactly zero left out."""
    exact = sum((t.exact for t in totals), fmpq(0))
    return Sum(exact, tuple((c, ball) for t in totals for c, ball in t.tails if c != 0))


def term(coefficient: fmpq, ball: arb) -> Sum:
    """One term."""
    return Sum(fmpq(0), ((coefficient, ball),)) if coefficient != 0 else NOTHING
