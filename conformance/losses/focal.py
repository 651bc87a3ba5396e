"""Focal loss of a logit x and a label y: alpha_t·(1 − p_t)^gamma times sigmoid cross-entropy.

With p = sigma(x), p_t is y·p + (1 − y)·(1 − p), so 1 − p_t is q = y·sigma(−x) + (1 − y)·sigma(x).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from flint import arb, fmpq

from conformance.certify import Sum, certify, combine, multiple, ratio
from conformance.enclosures import FAR, HALF, ONE, at, logistic_slope, logistic_tail, softplus_tail
from conformance.exact import ZERO, Number
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Cost, Loss, infinite, scaled
from conformance.losses import sigmoid_cross_entropy as entropy
from conformance.losses.parts.focusing import Focus, added, ball_of, term, times

PARAMETERS = tuple(f"gamma={gamma}{alpha}" for alpha in (",alpha=0.25", "") for gamma in ("2", "0", "0.5", "1", "5"))
ODD = ("d_logits", "d_labels")
"""What changes its sign where x, y and alpha become −x, 1 − y and 1 − alpha."""


def bind(gamma: fmpq, alpha: fmpq | None = None) -> Loss:
    """The loss with these parameters; without alpha, alpha_t is 1."""
    return Focal(Focus(gamma, alpha))


class Entropy(NamedTuple):
    """A cross-entropy B at a logit a ≥ 0: what a clip changes.

    ``slope`` and ``curvature`` are its derivatives with respect to a, ``slopes`` the magnitudes of the slope's two
    terms, ``by_label`` −dB/dy, which is positive.
    """

    value: Sum
    slope: Sum
    slopes: Sum
    curvature: Sum
    by_label: Sum


def plain(a: fmpq, y: fmpq, precision: int) -> Entropy:
    """Sigmoid cross-entropy itself."""
    tail, no, yes = logistic_tail(a, precision), 1 - y, y
    return Entropy(
        value=combine(no * a, (ONE, softplus_tail(a, precision))),
        slope=combine(no, (-ONE, tail)),
        slopes=combine(no, (yes - no, tail)),
        curvature=combine(fmpq(0), (ONE, logistic_slope(a, precision))),
        by_label=Sum(a, ()),
    )


@dataclass(frozen=True)
class Focal:
    """Focal loss with static parameters."""

    focus: Focus

    ARGUMENTS: ClassVar[tuple[str, ...]] = ("logit", "label")
    QUANTITIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "loss": (),
        "d_logits": ("logit",),
        "d_labels": ("label",),
        "d2_logits": ("logit", "logit"),
    }

    def definition(self, mp: Any, quantity: str, x: Any, y: Any) -> Any:
        """The normative definition in mpmath."""
        names = ("loss", "d_logits", "d2_logits", "d_labels")
        return self.composed(mp, quantity, x, y, *(entropy.definition(mp, name, x, y) for name in names))

    def composed(self, mp: Any, quantity: str, x: Any, y: Any, b: Any, b1: Any, b2: Any, by: Any) -> Any:
        """A·q^gamma·b by the product rule, from b and its derivatives with respect to x, twice x, and y."""
        g, alpha = self.focus.in_mpmath(mp)
        p, n = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        q, q1, q2, qy = y * n + (1 - y) * p, (1 - 2 * y) * p * n, (1 - 2 * y) * p * n * (n - p), n - p
        a, ay = (1, 0) if alpha is None else (y * alpha + (1 - y) * (1 - alpha), 2 * alpha - 1)
        if quantity == "loss":
            return a * q**g * b
        if quantity == "d_logits":
            return a * (g * q ** (g - 1) * q1 * b + q**g * b1)
        if quantity == "d_labels":
            return ay * q**g * b + a * (g * q ** (g - 1) * qy * b + q**g * by)
        first, second = g * q ** (g - 1), g * (g - 1) * q ** (g - 2)
        return a * (second * q1**2 * b + first * (q2 * b + 2 * q1 * b1) + q**g * b2)

    def special(self, quantity: str, x: Argument, y: Argument) -> Number | None:
        """Limits in x alone; nothing for labels outside [0, 1], whose power may not exist."""
        if math.isnan(x) or math.isnan(y):
            return NAN_NUMBER
        if not 0 <= y <= 1:
            return UNDEFINED
        if math.isfinite(x):
            return None
        sign, label, focus = self._reflected(quantity, x < 0, ratio(y))
        return scaled(_at_infinity(focus, quantity, 1 - label), sign)

    def _reflected(self, quantity: str, negative: bool, y: fmpq) -> tuple[fmpq, fmpq, Focus]:
        """Sign, label and parameters with which the value at −x is that at x."""
        if not negative:
            return ONE, y, self.focus
        return (-ONE if quantity in ODD else ONE), 1 - y, self.focus.reflected()

    def enclose(self, quantity: str, arguments: tuple[fmpq, ...], precision: int) -> tuple[Sum, Sum]:
        """Value and scale, at |x|, with q and B positive balls.

        The terms, with k = 1 − 2y, s = sigma(x)·sigma(−x), b the slope of B: A·q^g·B of the loss; A·g·k·q^(g−1)·s·B
        and A·q^g·b of d_logits; A·g·(g−1)·k²·q^(g−2)·s²·B, −A·g·k·q^(g−1)·s·(sigma(x) − sigma(−x))·B,
        2·A·g·k·q^(g−1)·s·b and A·q^g·s of d2_logits; tilt·q^g·B, A·g·q^(g−1)·(sigma(−x) − sigma(x))·B and −A·q^g·x
        of d_labels. b and the difference of the two sigma count as two terms each, and so does tilt, which is
        alpha − (1 − alpha).
        """
        x, y = arguments
        sign, label, focus = self._reflected(quantity, x < 0, y)
        if abs(x) > FAR and focus.gamma != 0 and label != 1:
            value, scale = _far(focus, quantity, abs(x), label, precision)
        else:
            value, scale = evaluate(focus, quantity, abs(x), label, plain(abs(x), label, precision), precision)
        return (value if sign == 1 else multiple(value, sign)), scale

    def error_bounds(self, cost: Cost) -> Mapping[str, Fraction]:
        """Operation counts of the formulas of the terms.

        e = e^−|x| has the error of one function; sigma is e, an addition and a division; q weights two of them
        (1 − y, a product) and adds; a power is one function and has the error of q so many times as its exponent
        says. B is sigmoid cross-entropy. s is e/(1+e)²: two additions, two divisions, a product. Each term is so
        many products; those of its constant coefficients count too. The sums of each derivative do not cancel in
        the scale. alpha_t as ``Focus.balance_bound`` counts.
        """
        e, op = cost.function, cost.operation
        sigma = cost.product(e, op, op)
        q, slope = cost.product(sigma, op, op, op), cost.product(sigma, op, op, op)
        one, two = cost.product(sigma, op, op, op), cost.product(sigma, op)
        b, a = entropy.error_bounds(cost)["loss"], self.focus.balance_bound(cost)
        powers = [self.focus.power_bound(cost, q, less) for less in range(3)]
        by_power, by_square = self.focus.gamma != 0, self.focus.gamma not in (0, 1)  # else the terms are absent
        return {
            "loss": cost.product(a, powers[0], b, op, op),
            "d_logits": max(
                by_power * cost.product(a, powers[1], slope, b, *[op] * 7),  # and 1 − 2y, the sum
                cost.product(a, powers[0], one, *[op] * 3),
            ),
            "d_labels": max(
                cost.product(a, powers[0], b, *[op] * 4),
                by_power * cost.product(a, powers[1], b, two, *[op] * 6),
                cost.product(a, powers[0], *[op] * 4),
            ),
            "d2_logits": max(
                by_square * cost.product(a, powers[2], slope, slope, b, *[op] * 12),
                by_power * cost.product(a, powers[1], slope, two, b, *[op] * 9),
                by_power * cost.product(a, powers[1], slope, one, *[op] * 9),
                cost.product(a, powers[0], slope, *[op] * 5),
            ),
        }


def evaluate(focus: Focus, quantity: str, a: fmpq, y: fmpq, b: Entropy, precision: int) -> tuple[Sum, Sum]:
    """Value and scale of A·q^gamma·B at a logit a ≥ 0 and a label in [0, 1]; B may be clipped.

    Parameters
    ----------
    focus : Focus
    quantity : str
    a, y : fmpq
    b : Entropy
    precision : int
    """
    balance, gamma, k = fmpq(focus.balance(y)), focus.gamma, 1 - 2 * y
    if gamma == 0:
        return _unfocused(focus, quantity, balance, b)
    tail = logistic_tail(a, precision)
    with at(precision):
        small = arb(tail.exact) + arb(tail.coefficient) * tail.ball
        large = 1 - small
        q = _weighted(y, small, large)
        value = ball_of(b.value)
        power = focus.power(q)
        if quantity == "loss":
            total = term(balance, power * value)
            return total, total
        less = focus.power(q, 1)
        if quantity == "d_labels":
            shares = -2 * tail.coefficient if tail.exact == HALF else ONE
            share = tail.ball if tail.exact == HALF else 1 - 2 * small  # sigma(a) − sigma(−a), which is tanh(a/2)
            change, direct = less * value, times(b.by_label, balance, power, precision)
            total = added(
                term(focus.tilt, power * value), term(-balance * gamma * shares, change * share), multiple(direct, -ONE)
            )
            return total, added(term(focus.tilts, power * value), term(balance * gamma, change), direct)
        s = small * large
        rate = balance * gamma * k
        if quantity == "d_logits":
            change = less * s * value
            total = added(term(rate, change), times(b.slope, balance, power, precision))
            if y == 0 or y == 1:
                return total, total
            return total, added(term(abs(rate), change), times(b.slopes, balance, power, precision))
        second = term(rate * k * (gamma - 1), focus.power(q, 2) * s * s * value)
        change, last = less * s, times(b.curvature, balance, power, precision)
        shares = -2 * tail.coefficient if tail.exact == HALF else ONE
        share = tail.ball if tail.exact == HALF else 1 - 2 * small
        total = added(
            second, term(-rate * shares, change * share * value), times(b.slope, 2 * rate, change, precision), last
        )
        magnitudes = times(b.slopes, 2 * abs(rate), change, precision)
        second = multiple(second, -ONE) if gamma < 1 else second
        return total, added(second, term(abs(rate), change * value), magnitudes, last)


def _weighted(y: fmpq, small: arb, large: arb) -> arb:
    """y·small + (1−y)·large of two that sum to 1: exact at y = 1/2, where no precision would show that it is."""
    if y == HALF:
        return arb(HALF)
    return small if y == 1 else large if y == 0 else arb(y) * small + arb(1 - y) * large


def _unfocused(focus: Focus, quantity: str, balance: fmpq, b: Entropy) -> tuple[Sum, Sum]:
    """Gamma 0: alpha_t times the cross-entropy, its exact part exact."""
    if quantity == "loss":
        total = multiple(b.value, balance)
        return total, total
    if quantity == "d_labels":
        direct = multiple(b.by_label, balance)
        total = added(multiple(b.value, focus.tilt), multiple(direct, -ONE))
        return total, added(multiple(b.value, focus.tilts), direct)
    if quantity == "d_logits":
        return multiple(b.slope, balance), multiple(b.slopes, balance)
    total = multiple(b.curvature, balance)
    return total, total


def _far(focus: Focus, quantity: str, a: fmpq, y: fmpq, precision: int) -> tuple[Sum, Sum]:
    """Value and scale where u = e^−a is below 2^-5900, and the label not 1: c^gamma·(zeroth + first·u) with c = 1 − y.

    q is c − k·u, B is c·a + u, s is u and sigma(a) − sigma(−a) is 1 − 2u, each but for terms in u².
    """
    g, balance, k, c = focus.gamma, fmpq(focus.balance(y)), 1 - 2 * y, 1 - y
    if quantity == "loss":
        value = scale = (c * a, 1 - g * k * a)
    elif quantity == "d_logits":
        value = (c, g * k * a - g * k - 1)
        scale = (c, g * abs(k) * a - (g + 1) * k)
    elif quantity == "d2_logits":
        value = (fmpq(0), 1 + 2 * g * k - g * k * a)
        scale = (fmpq(0), 1 + 2 * g * abs(k) + g * abs(k) * a)
    else:
        # In units of A, which may be 0 where tilt is not: both coefficients are put together below.
        value = (-(g + 1) * a, (g / c) * (g * k * a - 1 + 2 * c * a))
        scale = ((g + 1) * a, (g / c) * (1 - g * k * a))
    tail = logistic_tail(a, precision)
    assert tail.exact == 0  # the surrogate
    found = []
    for (zeroth, first), tilt in ((value, focus.tilt), (scale, focus.tilts)):
        zeroth, first = balance * zeroth, balance * first
        if quantity == "d_labels":
            zeroth, first = zeroth + tilt * c * a, first + tilt * (1 - g * k * a)
        found.append(_power_times(c, g, zeroth, first, tail.ball, precision))
    return found[0], found[1] if found[0] != found[1] else found[0]


def _power_times(c: fmpq, g: fmpq, zeroth: fmpq, first: fmpq, small: arb, precision: int) -> Sum:
    if g.q == 1 or c == 1:
        power = c ** int(g.p) if c != 1 else ONE
        return added(Sum(power * zeroth, ()), term(power * first, small))
    with at(precision):
        ball = arb(c) ** arb(g)
        return added(term(zeroth, ball), term(first, ball * small))


def _at_infinity(focus: Focus, quantity: str, c: fmpq) -> Number:
    """The limit for x → +∞, with c = 1 − y."""
    balance = fmpq(focus.balance(1 - c))
    if quantity == "d2_logits":
        return Number(ZERO)
    if quantity == "loss":
        return infinite(balance * c)
    if quantity == "d_labels":
        return scaled(focus.reflected().label_limit(c), -ONE)
    if c == 0 or balance == 0:
        return Number(ZERO)

    def enclose(precision: int) -> Sum:
        return _power_times(c, focus.gamma, balance * c, fmpq(0), arb(1), precision)

    return certify(enclose)
