"""Binary cross-entropy of a probability clipped to [epsilon, 1 − epsilon], as Keras does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from conformance.certify import Sum, ratio
from conformance.contracts import Clause, Constants, Variants, decimal, earned, rounded
from conformance.contracts.exact import KERAS_DTYPE
from conformance.exact import ZERO, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER
from conformance.losses.binary_cross_entropy import enclose

_SOURCE = "keras/src/backend/jax/nn.py, binary_crossentropy (tensorflow, torch and numpy alike)"
_CLIP = "output = jnp.clip(output, backend.epsilon(), 1.0 - backend.epsilon())"
# No docstring or page of these entry points mentions a clip; keras.config.epsilon is only "the value of the fuzz
# factor used in numeric expressions". So every clause is by source.
CLAUSES = (
    Clause("keras.*", "loss", False, _SOURCE, _CLIP),
    Clause("keras.*", "d_probabilities", False, _SOURCE, _CLIP),
    Clause("keras.*", "d_labels", False, _SOURCE, _CLIP),
    KERAS_DTYPE,
)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(epsilon, 1 − epsilon); None where the format rounds 1 − epsilon to 1 or epsilon to 0."""
    low = decimal(text) if fmt is None else rounded(decimal(text), fmt)
    high = 1 - low if fmt is None else rounded(1 - low, fmt)
    return (low, high) if low > 0 and high < 1 else None


def variants(quantity: str, text: str, target: Format) -> Variants:
    """By source, with decimal constants and with rounded ones."""
    return earned("by-source", constants(text, None), constants(text, target))


def value(
    quantity: str, arguments: tuple[float, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The exact loss of the clipped probability; its derivative is 0 where the clip is active."""
    p, y = arguments
    low, high = constants
    if math.isnan(p) or (math.isnan(y) and quantity != "d_labels"):
        return NAN_NUMBER
    if math.isinf(p):
        clipped = high if p > 0 else low
    else:
        clipped = min(max(ratio(p), low), high)
    if quantity == "d_probabilities":
        active = math.isinf(p) or not low <= ratio(p) <= high
        if active or (outer and kinks(quantity, arguments, constants)):
            return Number(ZERO)
    return enclose(quantity, (clipped, ratio(y)), precision)


def kinks(quantity: str, arguments: tuple[float, ...], constants: Constants) -> bool:
    """A probability equal to an end of the clip; only rounded constants are ever hit."""
    p = arguments[0]
    return quantity == "d_probabilities" and math.isfinite(p) and ratio(p) in constants


def definition(mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
    """The same in mpmath."""
    low, high = constants
    inside = low <= p <= high
    p = min(max(p, low), high)
    if quantity == "loss":
        return -y * mp.log(p) - (1 - y) * mp.log1p(-p)
    if quantity == "d_probabilities":
        return (1 - y) / (1 - p) - y / p if inside else mp.mpf(0)
    return mp.log1p(-p) - mp.log(p)


def computed(quantity: str, arguments: tuple[float, ...]) -> bool:
    """Everything but NaN; an infinite probability is clipped like any other."""
    return not any(math.isnan(v) for v in arguments) and not math.isinf(arguments[0])


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
