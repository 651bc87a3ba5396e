"""Focal loss of a probability p and a label y: alpha_t·(1 − p_t)^gamma times binary cross-entropy.

p_t is y·p + (1 − y)·(1 − p), so 1 − p_t is q = y·(1 − p) + (1 − y)·p.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from flint import arb, fmpq

from conformance.certify import Sum, combine, ratio
from conformance.enclosures import ONE, Split, at, negative_log, negative_log_complement
from conformance.exact import ZERO, Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, Loss, finite, infinite, scaled
from conformance.losses import binary_cross_entropy as entropy
from conformance.losses.parts.focusing import Focus, added, ball_of, term, times

PARAMETERS = tuple(f"gamma={gamma}{alpha}" for alpha in (",alpha=0.25", "") for gamma in ("2", "0", "0.5", "1", "5"))
ODD = ("d_probabilities", "d_labels")
"""What changes its sign where p, y and alpha become 1 − p, 1 − y and 1 − alpha."""


def bind(gamma: fmpq, alpha: fmpq | None = None) -> Loss:
    """The loss with these parameters; without alpha, alpha_t is 1."""
    return FocalOfProbability(Focus(gamma, alpha))


class Entropy(NamedTuple):
    """What a clip changes: −log p, −log(1 − p), the derivative of B with respect to p, and its terms' magnitudes."""

    yes: Split
    no: Split
    slope: fmpq
    slopes: fmpq


def plain(p: fmpq, y: fmpq, precision: int) -> Entropy:
    """Binary cross-entropy itself, for p in (0, 1)."""
    up, down = (1 - y) / (1 - p), y / p
    return Entropy(negative_log(p, precision), negative_log_complement(p, precision), up - down, up + down)


@dataclass(frozen=True)
class FocalOfProbability:
    """Focal loss with static parameters."""

    focus: Focus

    ARGUMENTS: ClassVar[tuple[str, ...]] = ("probability", "label")
    QUANTITIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "loss": (),
        "d_probabilities": ("probability",),
        "d_labels": ("label",),
    }

    def definition(self, mp: Any, quantity: str, p: Any, y: Any) -> Any:
        """The normative definition in mpmath."""
        names = ("loss", "d_probabilities", "d_labels")
        return self.composed(mp, quantity, p, y, *(entropy.definition(mp, name, p, y) for name in names))

    def composed(self, mp: Any, quantity: str, p: Any, y: Any, b: Any, b1: Any, by: Any) -> Any:
        """A·q^gamma·b by the product rule, from b and its derivatives with respect to p and y."""
        g, alpha = self.focus.in_mpmath(mp)
        q = y * (1 - p) + (1 - y) * p
        a, ay = (1, 0) if alpha is None else (y * alpha + (1 - y) * (1 - alpha), 2 * alpha - 1)
        if quantity == "loss":
            return a * q**g * b
        if quantity == "d_probabilities":
            return a * (g * q ** (g - 1) * (1 - 2 * y) * b + q**g * b1)
        return ay * q**g * b + a * (g * q ** (g - 1) * (1 - 2 * p) * b + q**g * by)

    def special(self, quantity: str, p: Argument, y: Argument) -> Number | None:
        """Limits in p alone from inside [0, 1]; nothing outside, nor for labels outside [0, 1]."""
        if math.isnan(p) or math.isnan(y):
            return NAN_NUMBER
        if not (0 <= y <= 1 and 0 <= p <= 1):
            return UNDEFINED
        if 0 < p < 1:
            return None
        if p == 0:
            return _at_zero(self.focus, quantity, ratio(y))
        found = _at_zero(self.focus.reflected(), quantity, 1 - ratio(y))
        return scaled(found, -ONE) if quantity in ODD else found

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale, q exact.

        The terms, with k = 1 − 2y, b the derivative of B with respect to p: A·q^g·B of the loss; A·g·k·q^(g−1)·B
        and A·q^g·b of d_probabilities; tilt·q^g·B, A·g·q^(g−1)·((1 − p) − p)·B and A·q^g·(−log p + log(1 − p)) of
        d_labels. b and the two differences count as two terms each, and so does tilt, which is alpha − (1 − alpha).
        """
        p, y = arguments
        return evaluate(self.focus, quantity, p, y, plain(p, y, precision), precision)

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """Operation counts of the formulas of the terms.

        q is 1 − p and 1 − y, two products and an addition: three errors in each of its terms. A power is one function
        and has the error of q so many times as its exponent says. B is binary cross-entropy. Each term is so many
        products; those of its constant coefficients count too. The sums do not cancel in the scale. alpha_t as
        ``Focus.balance_bound`` counts.
        """
        op, bounds = cost.operation, entropy.error_bounds(cost)
        q, b, a = cost.product(op, op, op), bounds["loss"], self.focus.balance_bound(cost)
        powers = [self.focus.power_bound(cost, q, less) for less in range(2)]
        by_power = self.focus.gamma != 0  # else the terms are absent
        return {
            "loss": cost.product(a, powers[0], b, op, op),
            "d_probabilities": max(
                by_power * cost.product(a, powers[1], b, *[op] * 6),  # and 1 − 2y, the sum
                cost.product(a, powers[0], bounds["d_probabilities"], *[op] * 3),
            ),
            "d_labels": max(
                cost.product(a, powers[0], b, *[op] * 4),
                by_power * cost.product(a, powers[1], b, *[op] * 8),
                cost.product(a, powers[0], bounds["d_labels"], *[op] * 4),
            ),
        }


def evaluate(focus: Focus, quantity: str, p: fmpq, y: fmpq, b: Entropy, precision: int) -> tuple[Sum, Sum]:
    """Value and scale of A·q^gamma·B at a probability in (0, 1) and a label in [0, 1]; B may be clipped.

    Parameters
    ----------
    focus : Focus
    quantity : str
    p, y : fmpq
    b : Entropy
    precision : int
    """
    balance, gamma, k = fmpq(focus.balance(y)), focus.gamma, 1 - 2 * y
    q = y * (1 - p) + (1 - y) * p
    value = combine(fmpq(0), (y, b.yes), (1 - y, b.no))
    with at(precision):
        power = focus.power(arb(q)) if gamma != 0 else None
        less = focus.power(arb(q), 1) if gamma != 0 else arb(1)
        change = less * ball_of(value)
    if quantity == "loss":
        total = times(value, balance, power, precision)
        return total, total
    if quantity == "d_probabilities":
        total = added(term(balance * gamma * k, change), times(Sum(b.slope, ()), balance, power, precision))
        if y == 0 or y == 1:
            return total, total
        return total, added(term(balance * gamma * abs(k), change), times(Sum(b.slopes, ()), balance, power, precision))
    difference = combine(fmpq(0), (ONE, b.yes), (-ONE, b.no)) if p != fmpq(1, 2) else Sum(fmpq(0), ())
    both = combine(fmpq(0), (ONE, b.yes), (ONE, b.no))
    total = added(
        times(value, focus.tilt, power, precision),
        term(balance * gamma * (1 - 2 * p), change),
        times(difference, balance, power, precision),
    )
    return total, added(
        times(value, focus.tilts, power, precision),
        term(balance * gamma, change),
        times(both, balance, power, precision),
    )


def _at_zero(focus: Focus, quantity: str, y: fmpq) -> Number:
    """The limit for p → 0 from above."""
    balance = fmpq(focus.balance(y))
    if quantity == "loss":
        return infinite(balance * y)
    if quantity == "d_labels":
        return focus.label_limit(y)
    if y > 0:
        return infinite(-balance)
    return Number(ZERO) if focus.gamma > 0 else finite(balance)
