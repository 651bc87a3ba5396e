"""Binary cross-entropy of a clipped probability with an increment inside its logarithms, as Keras did before.

c is p clipped to [epsilon, 1 − epsilon], and the loss −y·log(c + epsilon) − (1−y)·log(1 − c + epsilon).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import fmpq

from conformance.certify import Sum, ratio
from conformance.contracts import Clause, Constants, Variants, clip, earned, rounded
from conformance.contracts.epsilon import approached, incremented
from conformance.contracts.parts.clipping import clipped, ends
from conformance.estimate import Estimate
from conformance.exact import ZERO, Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument
from conformance.losses.binary_cross_entropy import QUANTITIES

LOSS = "binary_cross_entropy"
DERIVATIVES = ("d_probabilities", "d2_probabilities")

CLAUSES = tuple(
    Clause(
        "tf.keras.backend.binary_crossentropy",
        quantity,
        False,  # its whole documentation is "DEPRECATED."
        "keras/src/legacy/backend.py, binary_crossentropy",
        "output = tf.clip_by_value(output, epsilon_, 1.0 - epsilon_) "
        "bce = target * tf.math.log(output + backend.epsilon()) "
        "bce += (1 - target) * tf.math.log(1 - output + backend.epsilon())",
    )
    for quantity in QUANTITIES
)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """The ends of the clip, epsilon, and at each end the two sums; None where the format loses an end."""
    found = ends(text, fmt)
    if found is None:
        return None
    low, high = found

    def near(value: fmpq) -> fmpq:
        return value if fmt is None else rounded(value, fmt)

    sums = (near(low + low), near(near(1 - low) + low), near(high + low), near(near(1 - high) + low))
    return (low, high, *sums)


def variants(quantity: str, text: str, target: Format) -> Variants:
    """By source, with decimal constants and with rounded ones."""
    return earned("by-source", constants(text, None), constants(text, target))


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The formula of the clipped probability; its derivatives are 0 where the clip is active."""
    p, y = arguments
    if math.isnan(p) or (math.isnan(y) and quantity != "d_labels"):
        return NAN_NUMBER
    if not math.isfinite(y):
        return UNDEFINED
    low, high, *sums = constants
    inside = math.isfinite(p) and low <= ratio(p) <= high
    if quantity in DERIVATIVES and (not inside or (outer and kinks(quantity, arguments, constants))):
        return Number(ZERO)
    c = clipped(p, constants)
    a, b = sums[:2] if c == low else sums[2:] if c == high else (c + low, 1 - c + low)
    return incremented(quantity, ratio(y), a, b, precision)


def alike(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Values, ...]:
    """Beyond an end of the clip every probability is as good as the end of the domain."""
    return clip.alike(quantity, columns, constants)


def oracle(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Estimate, Estimate] | None:
    """The formula between the ends; there the increment is the lower end itself."""
    p, y = columns
    low, high = (np.float64(int(c.p) / int(c.q)) for c in constants[:2])
    inside = (p > np.nextafter(low, 1)) & (p < np.nextafter(high, 0))
    return approached(quantity, np.where(inside, p, np.nan), np.where((y >= 0) & (y <= 1), y, np.nan), constants[0])


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """A probability equal to an end of the clip; only rounded constants are ever hit."""
    p = arguments[0]
    return quantity in DERIVATIVES and math.isfinite(p) and ratio(p) in constants[:2]


def definition(mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
    """The same in mpmath."""
    low, high, *sums = constants
    if quantity in DERIVATIVES and not low <= p <= high:
        return mp.mpf(0)
    c = min(max(p, low), high)
    a, b = sums[:2] if c == low else sums[2:] if c == high else (c + low, 1 - c + low)
    if quantity == "loss":
        return -y * mp.log(a) - (1 - y) * mp.log(b)
    if quantity == "d_probabilities":
        return (1 - y) / b - y / a
    if quantity == "d2_probabilities":
        return (1 - y) / b**2 + y / a**2
    return mp.log(b) - mp.log(a)


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """Everything finite."""
    return all(math.isfinite(v) for v in arguments)


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
