"""Cross-entropy of a row of probabilities that are clipped first and normalised then, by a softmax of logarithms.

TensorFlow's sparse form of Keras does it in this order, and the other backends in the reverse (``clip``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.certify import Sum, ratio
from conformance.contracts import Clause, Constants, Rules, Variants, earned
from conformance.contracts.parts.clipping import clipped, ends
from conformance.exact import ZERO, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument, Loss
from conformance.losses.categorical_cross_entropy import CategoricalCrossEntropy

LOSS = ""

CLAUSES = tuple(
    Clause(
        "keras.*",
        quantity,
        False,
        "keras/src/backend/tensorflow/nn.py, sparse_categorical_crossentropy",
        "output = tf.clip_by_value(output, backend.epsilon(), 1 - backend.epsilon()) output = tf.math.log(output) "
        "result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output)",
    )
    for quantity in ("loss", "d_probabilities")
)


def of(loss: Loss) -> Rules | None:
    """What it says of rows of so many classes."""
    return ClippedFirst(loss) if isinstance(loss, CategoricalCrossEntropy) else None


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(epsilon, 1 − epsilon); None where the format rounds 1 − epsilon to 1 or epsilon to 0."""
    return ends(text, fmt)


def variants(quantity: str, text: str, target: Format) -> Variants:
    """By source, with decimal constants and with rounded ones."""
    return earned("by-source", constants(text, None), constants(text, target))


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None


@dataclass(frozen=True)
class ClippedFirst:
    """The loss of the row of clipped probabilities."""

    loss: CategoricalCrossEntropy

    @property
    def CLAUSES(self) -> tuple[Clause, ...]:
        return CLAUSES

    def constants(self, text: str, fmt: Format | None) -> Constants | None:
        return constants(text, fmt)

    def variants(self, quantity: str, text: str, target: Format) -> Variants:
        return variants(quantity, text, target)

    def raises(self, columns: Mapping[str, Values]) -> Mask | None:
        return None

    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> tuple[Sum, Sum] | Number:
        """The loss at clipped inputs; its derivative is 0 where the clip of p is active."""
        p, r, y = arguments
        if any(math.isnan(v) for v in arguments):
            return NAN_NUMBER
        if not math.isfinite(y):
            return UNDEFINED
        first, second = clipped(p, constants), clipped(r, constants)
        inside = math.isfinite(p) and ratio(p) == first
        if quantity == "d_probabilities" and (not inside or (outer and self.kinks(quantity, arguments, constants))):
            return Number(ZERO)
        return self.loss.enclose(quantity, (first, second, ratio(y)), precision)

    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
        """A probability equal to an end of the clip; only rounded constants are ever hit."""
        p = arguments[0]
        return quantity == "d_probabilities" and math.isfinite(p) and ratio(p) in constants

    def definition(self, mp: Any, quantity: str, constants: Any, p: Any, r: Any, y: Any) -> Any:
        """The same in mpmath."""
        low, high = constants
        if quantity == "d_probabilities" and not low <= p <= high:
            return mp.mpf(0)
        first, second = min(max(p, low), high), min(max(r, low), high)
        return self.loss.definition(mp, quantity, first, second, y)

    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool:
        """Everything finite."""
        return all(math.isfinite(v) for v in arguments)
