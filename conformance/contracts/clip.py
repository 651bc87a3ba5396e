"""Cross-entropy of a probability clipped to [epsilon, 1 − epsilon], as Keras does.

Binary cross-entropy here; the focal loss and the row of probabilities are in ``conformance.contracts.parts.clipping``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conformance.certify import Sum, ratio
from conformance.contracts import Clause, Constants, Rules, Variants, earned
from conformance.contracts.parts.clipping import ClippedFocal, ClippedRow, clipped, ends
from conformance.contracts.parts.documented import KERAS_DTYPE
from conformance.exact import ZERO, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, Argument, Loss
from conformance.losses.binary_cross_entropy import QUANTITIES, enclose
from conformance.losses.categorical_cross_entropy import CategoricalCrossEntropy
from conformance.losses.focal_of_probability import FocalOfProbability

LOSS = "binary_cross_entropy"
DERIVATIVES = ("d_probabilities", "d2_probabilities")

_SOURCE = "keras/src/backend/jax/nn.py, binary_crossentropy (tensorflow, torch and numpy alike)"
_CLIP = "output = jnp.clip(output, backend.epsilon(), 1.0 - backend.epsilon())"
# No docstring or page of these entry points mentions a clip; keras.config.epsilon is only "the value of the fuzz
# factor used in numeric expressions". So every clause is by source.
CLAUSES = (*(Clause("keras.*", quantity, False, _SOURCE, _CLIP) for quantity in QUANTITIES), KERAS_DTYPE)


def of(loss: Loss) -> Rules | None:
    """The same of a focal loss, or of a row of probabilities."""
    if isinstance(loss, FocalOfProbability):
        return ClippedFocal(loss)
    return ClippedRow(loss) if isinstance(loss, CategoricalCrossEntropy) else None


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(epsilon, 1 − epsilon); None where the format rounds 1 − epsilon to 1 or epsilon to 0."""
    return ends(text, fmt)


def variants(quantity: str, text: str, target: Format) -> Variants:
    """By source, with decimal constants and with rounded ones."""
    return earned("by-source", constants(text, None), constants(text, target))


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The exact loss of the clipped probability; its derivatives are 0 where the clip is active."""
    p, y = arguments
    if math.isnan(p) or (math.isnan(y) and quantity != "d_labels"):
        return NAN_NUMBER
    inside = math.isfinite(p) and constants[0] <= ratio(p) <= constants[1]
    if quantity in DERIVATIVES and (not inside or (outer and kinks(quantity, arguments, constants))):
        return Number(ZERO)
    return enclose(quantity, (clipped(p, constants), ratio(y)), precision)


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """A probability equal to an end of the clip; only rounded constants are ever hit."""
    p = arguments[0]
    return quantity in DERIVATIVES and math.isfinite(p) and ratio(p) in constants


def unchanged(quantity: str, columns: Sequence[Values], constants: Constants) -> Mask:
    """Between the ends, a rounding of theirs aside: there the loss is the loss."""
    p = columns[0]
    low, high = (np.float64(int(c.p) / int(c.q)) for c in constants)
    mask: Mask = (p > np.nextafter(low, 1)) & (p < np.nextafter(high, 0))
    return mask & np.isfinite(columns[1])


def alike(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Values, ...]:
    """Beyond an end of the clip every probability is as good as the end of the domain."""
    p, y = columns
    low, high = (np.float64(int(c.p) / int(c.q)) for c in constants[:2])
    return np.where(p < np.nextafter(low, 0), 0.0, np.where(p > np.nextafter(high, 1), 1.0, p)), y


def definition(mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
    """The same in mpmath."""
    low, high = constants
    inside = low <= p <= high
    p = min(max(p, low), high)
    if quantity == "loss":
        return -y * mp.log(p) - (1 - y) * mp.log1p(-p)
    if quantity == "d_probabilities":
        return (1 - y) / (1 - p) - y / p if inside else mp.mpf(0)
    if quantity == "d2_probabilities":
        return (1 - y) / (1 - p) ** 2 + y / p**2 if inside else mp.mpf(0)
    return mp.log1p(-p) - mp.log(p)


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """Everything but NaN; an infinite probability is clipped like any other."""
    return not any(math.isnan(v) for v in arguments) and not math.isinf(arguments[0])


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
