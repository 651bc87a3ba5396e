"""Clips inside other losses: of a focal loss only the cross-entropy, of a row what is left after it is normalised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from conformance.certify import Sum, combine, multiple, ratio
from conformance.contracts import Clause, Constants, Variants, earned, rounded
from conformance.enclosures import negative_log, negative_log_complement
from conformance.exact import ZERO, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, infinite
from conformance.losses.categorical_cross_entropy import CategoricalCrossEntropy
from conformance.losses.focal_of_probability import Entropy, FocalOfProbability, evaluate
from conformance.parameters import decimal


def ends(text: str, fmt: Format | None) -> Constants | None:
    """(epsilon, 1 − epsilon), exact, or each rounded in source order.

    Parameters
    ----------
    text : str
        epsilon.
    fmt : Format or None
        None is no rounding.

    Returns
    -------
    tuple of fmpq or None
        None where the format rounds 1 − epsilon to 1 or epsilon to 0.
    """
    low = decimal(text) if fmt is None else rounded(decimal(text), fmt)
    high = 1 - low if fmt is None else rounded(1 - low, fmt)
    return (low, high) if low > 0 and high < 1 else None


def clipped(value: Argument, constants: Constants) -> fmpq:
    """A number, perhaps infinite, clipped to [low, high]."""
    low, high = constants[:2]
    if math.isinf(value):
        return high if value > 0 else low
    return min(max(ratio(value), low), high)


@dataclass(frozen=True)
class _Clipped:
    """What both have in common: Keras's source says it, and nothing raises."""

    @property
    def CLAUSES(self) -> tuple[Clause, ...]:
        return CLAUSES

    def constants(self, text: str, fmt: Format | None) -> Constants | None:
        return ends(text, fmt)

    def variants(self, quantity: str, text: str, target: Format) -> Variants:
        return earned("by-source", ends(text, None), ends(text, target))

    def raises(self, columns: Mapping[str, Values]) -> Mask | None:
        return None


@dataclass(frozen=True)
class ClippedFocal(_Clipped):
    """A focal loss of a probability: q = 1 − p_t from p itself, B from the clipped p."""

    loss: FocalOfProbability

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> tuple[Sum, Sum] | Number:
        """The focal loss with B of the clipped probability; B's slope is 0 where the clip is active."""
        if any(math.isnan(v) for v in arguments):
            return NAN_NUMBER
        if not all(0 <= v <= 1 for v in arguments):
            return UNDEFINED
        p, y = map(ratio, arguments)
        c, focus = clipped(p, constants), self.loss.focus
        active = p != c or (outer and self.kinks(quantity, arguments, constants))
        up, down = ((1 - y) / (1 - c), y / c) if not active else (fmpq(0), fmpq(0))
        b = Entropy(negative_log(c, precision), negative_log_complement(c, precision), up - down, up + down)
        if p not in (0, 1) or p != y or focus.gamma == 0:
            return evaluate(focus, quantity, p, y, b, precision)
        # q is 0, and all that may be left is gamma·q^(gamma − 1) times a derivative of q, times B.
        coefficient = fmpq(focus.balance(y)) * (1 - 2 * p)
        if quantity == "loss" or focus.gamma > 1:
            return Number(ZERO)
        if focus.gamma < 1:
            return infinite(coefficient)
        total = multiple(combine(fmpq(0), (y, b.yes), (1 - y, b.no)), coefficient)
        return total, total

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        """A probability equal to an end of the clip."""
        return quantity == "d_probabilities" and math.isfinite(arguments[0]) and ratio(arguments[0]) in constants

    def definition(self, mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
        """The same in mpmath."""
        c = min(max(p, constants[0]), constants[1])
        b = -y * mp.log(c) - (1 - y) * mp.log1p(-c)
        slope = (1 - y) / (1 - p) - y / p if p == c else mp.mpf(0)
        return self.loss.composed(mp, quantity, p, y, b, slope, mp.log1p(-c) - mp.log(c))

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        """Everything inside [0, 1] but where q is 0."""
        p, y = arguments
        return 0 <= p <= 1 and 0 <= y <= 1 and not (p == y and p in (0, 1))


@dataclass(frozen=True)
class ClippedRow(_Clipped):
    """A row of probabilities, each divided by their sum and then clipped."""

    loss: CategoricalCrossEntropy

    def _shares(self, p: Any, r: Any) -> tuple[Any, Any, Any]:
        total = p + (self.loss.classes - 1) * r
        return total, p / total, r / total

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> tuple[Sum, Sum] | Number:
        """The loss of the clipped shares; a share that is clipped has the derivative 0."""
        p, r, y = arguments
        if any(math.isnan(v) for v in arguments):
            return NAN_NUMBER
        if not (0 <= p <= 1 and 0 <= r <= 1 and math.isfinite(y)) or p == r == 0:
            return UNDEFINED
        total, *shares = self._shares(ratio(p), ratio(r))
        label = ratio(y)
        no, yes = 1 - label, label
        if quantity == "loss":
            first, second = (negative_log(clipped(share, constants), precision) for share in shares)
            loss = combine(fmpq(0), (yes, first), (no, second))
            return loss, loss if 0 <= y <= 1 else combine(fmpq(0), (abs(yes), first), (abs(no), second))
        low, high = constants
        inside = [(low < s < high) if outer else (low <= s <= high) for s in shares]
        down = yes * (total - ratio(p)) / (ratio(p) * total) if inside[0] else fmpq(0)
        up = no / total if inside[1] else fmpq(0)
        return Sum(up - down, ()), Sum(abs(up) + abs(down), ())

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        """A share equal to an end of the clip."""
        p, r, _ = arguments
        if quantity != "d_probabilities" or not (0 <= p <= 1 and 0 <= r <= 1) or p == r == 0:
            return False
        return any(share in constants for share in self._shares(ratio(p), ratio(r))[1:])

    def definition(self, mp: Any, quantity: str, constants: Any, p: Any, r: Any, y: Any) -> Any:
        """The same in mpmath."""
        low, high = constants
        total, first, second = self._shares(p, r)
        if quantity == "loss":
            logs = [mp.log(min(max(share, low), high)) for share in (first, second)]
            return -y * logs[0] - (1 - y) * logs[1]
        down = y * (self.loss.classes - 1) * r / (p * total) if low <= first <= high else mp.mpf(0)
        return ((1 - y) / total if low <= second <= high else mp.mpf(0)) - down

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        """Every row of [0, 1] with a sum."""
        p, r, y = arguments
        return 0 <= p <= 1 and 0 <= r <= 1 and p + r > 0 and math.isfinite(y)


_CLIP = "output = jnp.clip(output, backend.epsilon(), 1.0 - backend.epsilon())"
CLAUSES = (
    Clause(
        "keras.losses.*Focal*",
        "loss",
        False,
        "keras/src/losses/losses.py, binary_focal_crossentropy; the clip is that of keras.ops.binary_crossentropy",
        "bce = ops.binary_crossentropy(target=y_true, output=y_pred, from_logits=False)",
    ),
    Clause(
        "keras.*",
        "loss",
        False,
        "keras/src/backend/jax/nn.py, categorical_crossentropy (tensorflow, torch, numpy and openvino alike)",
        "output = output / jnp.sum(output, axis, keepdims=True) " + _CLIP,
    ),
    *(
        Clause("keras.*", quantity, False, "keras/src/backend/jax/nn.py", _CLIP)
        for quantity in ("d_probabilities", "d_labels")
    ),
)
