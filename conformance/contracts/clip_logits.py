"""Cross-entropy of the clipped sigmoid of a logit: what ``clip`` says, at the exact sigmoid.

Keras's focal loss of logits is this by its source, with the power of the unclipped sigmoid; so is a sigmoid in
front of a loss of probabilities, for which sigmoid cross-entropy is the exact value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq

from conformance.certify import Sum, combine, multiple, ratio
from conformance.contracts import Clause, Constants, Rules, Variants, earned
from conformance.contracts.parts.clipping import ends
from conformance.enclosures import FAR, ONE, at, logistic_tail, negative_log, negative_log_complement
from conformance.exact import Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Loss, infinite, scaled
from conformance.losses import sigmoid_cross_entropy as entropy
from conformance.losses.focal import ODD, Entropy, Focal, evaluate, plain
from conformance.losses.parts.focusing import NOTHING, Focus, added, times

LOSS = "sigmoid_cross_entropy"
MARGIN = 2.0**-40
"""Relative to a logit of binary64, which is good to 2^-48 where the end is not next to 1/2."""

CLAUSES = (
    Clause(
        "keras.losses.BinaryFocalCrossentropy",
        "loss",
        False,
        "keras/src/losses/losses.py, binary_focal_crossentropy",
        "if from_logits: y_pred = ops.sigmoid(y_pred) "
        "bce = ops.binary_crossentropy(target=y_true, output=y_pred, from_logits=False)",
    ),
    *(
        Clause(
            "keras.*",
            quantity,
            False,
            "keras/src/backend/jax/nn.py, binary_crossentropy (tensorflow, torch and numpy alike)",
            "output = jnp.clip(output, backend.epsilon(), 1.0 - backend.epsilon())",
        )
        for quantity in entropy.QUANTITIES
    ),
)


def of(loss: Loss) -> Rules | None:
    """The same of a focal loss."""
    return ClippedSigmoid(loss) if isinstance(loss, Focal) else None


@dataclass(frozen=True)
class ClippedSigmoid:
    """A focal loss with the cross-entropy of the clipped sigmoid; plain sigmoid cross-entropy has gamma 0."""

    loss: Focal

    @property
    def CLAUSES(self) -> tuple[Clause, ...]:
        return CLAUSES

    def constants(self, text: str, fmt: Format | None) -> Constants | None:
        """(epsilon, 1 − epsilon); None where the format rounds 1 − epsilon to 1 or epsilon to 0."""
        return ends(text, fmt)

    def variants(self, quantity: str, text: str, target: Format) -> Variants:
        """By source, with decimal constants and with rounded ones."""
        return earned("by-source", ends(text, None), ends(text, target))

    def raises(self, columns: Mapping[str, Values]) -> Mask | None:
        """Nothing is documented to raise."""
        return None

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> tuple[Sum, Sum] | Number:
        """The loss at |x|, classes exchanged for negative x; nothing for labels outside [0, 1]."""
        x, y = arguments
        if math.isnan(x) or math.isnan(y):
            return NAN_NUMBER
        if not 0 <= y <= 1:
            return UNDEFINED
        high, label, focus, sign = constants[1], ratio(y), self.loss.focus, ONE
        if x < 0:
            high, label, focus = 1 - constants[0], 1 - label, focus.reflected()
            sign = -ONE if quantity in ODD else ONE
        if math.isinf(x):
            found = _at_infinity(focus, quantity, label, high, precision)
            return scaled(found, sign) if isinstance(found, Number) else (multiple(found, sign), multiple(found, sign))
        a = abs(ratio(x))
        if _overflows(focus, quantity, a, label):
            return infinite(-sign)
        total, scale = evaluate(focus, quantity, a, label, _entropy(a, label, high, precision), precision)
        return multiple(total, sign), scale

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        """None is ever hit: the logit of a rational number is irrational, but for 1/2."""
        return False

    def definition(self, mp: Any, quantity: str, constants: Any, x: Any, y: Any) -> Any:
        """The same in mpmath."""
        low, high = constants
        p = 1 / (1 + mp.exp(-x))
        if low <= p <= high:
            names = ("loss", "d_logits", "d2_logits", "d_labels")
            pieces = [entropy.definition(mp, name, x, y) for name in names]
        else:
            c = min(max(p, low), high)
            flat = mp.mpf(0)
            pieces = [-y * mp.log(c) - (1 - y) * mp.log1p(-c), flat, flat, mp.log1p(-c) - mp.log(c)]
        return self.loss.composed(mp, quantity, x, y, *pieces)

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        """Finite logits, and labels in [0, 1]; not what no format can hold."""
        x, y = arguments
        if not math.isfinite(x) or not 0 <= y <= 1:
            return False
        return not _overflows(self.loss.focus, quantity, abs(ratio(x)), ratio(y) if x >= 0 else 1 - ratio(y))


def _flat(y: fmpq, high: fmpq, precision: int) -> Entropy:
    """The cross-entropy of a sigmoid clipped to its upper end."""
    yes, no = negative_log(high, precision), negative_log_complement(high, precision)
    return Entropy(
        value=combine(fmpq(0), (y, yes), (1 - y, no)),
        slope=NOTHING,
        slopes=NOTHING,
        curvature=NOTHING,
        by_label=combine(fmpq(0), (ONE, no), (-ONE, yes)),
    )


def _entropy(a: fmpq, y: fmpq, high: fmpq, precision: int) -> Entropy:
    tail = logistic_tail(a, precision)
    with at(precision):
        active = arb(tail.exact) + arb(tail.coefficient) * tail.ball < arb(1 - high)
    return _flat(y, high, precision) if active else plain(a, y, precision)


def _overflows(focus: Focus, quantity: str, a: fmpq, y: fmpq) -> bool:
    """Whether q^(gamma − 1) has grown beyond every format, since q is e^−a here."""
    return quantity == "d_labels" and y == 1 and 0 < focus.gamma < 1 and a > FAR and focus.balance(y) != 0


def _at_infinity(focus: Focus, quantity: str, y: fmpq, high: fmpq, precision: int) -> Sum | Number:
    """The limit of the clipped loss for x → +∞, where q is 1 − y.

    By the label it is tilt·q^g·B − A·g·q^(g−1)·B − A·q^g·log(high/(1 − high)).
    """
    b, balance, gamma = _flat(y, high, precision), fmpq(focus.balance(y)), focus.gamma
    if quantity in ("d_logits", "d2_logits"):
        return NOTHING
    q = 1 - y
    with at(precision):
        power = None if gamma == 0 else focus.power(arb(q))
    if quantity == "loss":
        return NOTHING if q == 0 and gamma != 0 else times(b.value, balance, power, precision)
    if gamma == 0:
        return added(multiple(b.value, focus.tilt), multiple(b.by_label, -balance))
    if q == 0:
        if gamma < 1 and balance != 0:
            return infinite(-balance)
        return multiple(b.value, -balance) if gamma == 1 else NOTHING
    with at(precision):
        less = focus.power(arb(q), 1)
    return added(
        times(b.value, focus.tilt, power, precision),
        times(b.value, -balance * gamma, less, precision),
        times(b.by_label, -balance, power, precision),
    )


def unchanged(quantity: str, columns: Sequence[Values], constants: Constants) -> Mask:
    """Of plain cross-entropy: between the logits of the ends, by a margin."""
    x, y = columns
    low, high = _logits(constants)
    mask: Mask = (x > low * (1 - MARGIN)) & (x < high * (1 - MARGIN)) & (y >= 0) & (y <= 1)
    return mask


def alike(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Values, ...]:
    """Of plain cross-entropy: beyond the logit of an end, by a margin, every finite logit is as good as twice that."""
    x, y = columns
    low, high = _logits(constants)
    beyond = np.isfinite(x) & ((x < low * (1 + MARGIN)) | (x > high * (1 + MARGIN)))
    return np.where(beyond, np.where(x < 0, 2 * low, 2 * high), x), y


def _logits(constants: Constants) -> tuple[float, float]:
    """The logits of the ends, which are below and above 1/2, to a few roundings."""
    low, high = (math.log(int(c.p) / int(c.q)) - math.log(int((1 - c).p) / int((1 - c).q)) for c in constants)
    return low, high


_PLAIN = ClippedSigmoid(Focal(Focus(fmpq(0))))
constants, variants, raises = _PLAIN.constants, _PLAIN.variants, _PLAIN.raises
value, kinks, definition, computed = _PLAIN.value, _PLAIN.kinks, _PLAIN.definition, _PLAIN.computed
