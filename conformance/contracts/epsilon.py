"""Binary cross-entropy with an increment inside its logarithms: −y·log(p + epsilon) − (1−y)·log(1 − p + epsilon)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.contracts import Clause, Constants, Variants, earned, rounded
from conformance.enclosures import ONE, Split, negative_log
from conformance.exact import Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument
from conformance.losses.binary_cross_entropy import QUANTITIES
from conformance.parameters import decimal

LOSS = "binary_cross_entropy"

_PAGE = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/log_loss"
# One increment in a smooth function: its derivatives are the derivatives of what is documented.
CLAUSES = (
    *(
        Clause(
            "tf.compat.v1.losses.log_loss",
            quantity,
            True,
            _PAGE,
            "epsilon: A small increment to add to avoid taking a log of zero. epsilon=1e-07",
        )
        for quantity in QUANTITIES
    ),
    Clause(
        "tf.compat.v1.losses.log_loss",
        "dtype",
        False,
        "tensorflow/python/ops/losses/losses_impl.py, log_loss",
        "predictions = math_ops.cast(predictions, dtype=dtypes.float32)",
    ),
)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(epsilon, 1 + epsilon, which is the argument of a logarithm at the end of the domain); None where it is 0."""
    epsilon = decimal(text) if fmt is None else rounded(decimal(text), fmt)
    return (epsilon, 1 + epsilon if fmt is None else rounded(1 + epsilon, fmt)) if epsilon > 0 else None


def variants(quantity: str, text: str, target: Format) -> Variants:
    """Documented, with the decimal constant; and with the rounded one, and 1 + epsilon rounded."""
    exact = earned("documented", constants(text, None))
    return (*exact, *(v for v in earned("documented-rounded", constants(text, target)) if v[1] != exact[0][1]))


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The formula and its derivatives, for p in [0, 1]."""
    p, y = arguments
    if math.isnan(p) or (math.isnan(y) and quantity != "d_labels"):
        return NAN_NUMBER
    if not (0 <= p <= 1 and math.isfinite(y)):
        return UNDEFINED
    epsilon, end = constants
    label, exact = ratio(y), ratio(p)
    with_p = end if p == 1 else exact + epsilon
    with_rest = end if p == 0 else 1 - exact + epsilon
    return incremented(quantity, label, with_p, with_rest, precision)


def incremented(quantity: str, y: fmpq, with_p: fmpq, with_rest: fmpq, precision: int) -> tuple[Sum, Sum]:
    """Value and scale of −y·log(a) − (1−y)·log(b), and of its derivatives where a grows with p and b falls.

    Parameters
    ----------
    quantity : str
    y : fmpq
    with_p, with_rest : fmpq
        a and b, positive; they may exceed 1.
    precision : int
    """
    no, yes = 1 - y, y
    if quantity == "d_probabilities":
        return Sum(no / with_rest - yes / with_p, ()), Sum(abs(no) / with_rest + abs(yes) / with_p, ())
    if quantity == "d2_probabilities":
        first, second = yes / with_p**2, no / with_rest**2
        return Sum(first + second, ()), Sum(abs(first) + abs(second), ())
    if quantity == "d_labels":
        yes, no = ONE, -ONE
    parts = [(yes, *_minus_log(with_p, precision)), (no, *_minus_log(with_rest, precision))]
    total = combine(fmpq(0), *((factor * sign, part) for factor, sign, part in parts))
    if quantity == "d_labels" and with_p == with_rest:
        total = Sum(fmpq(0), ())
    return total, combine(fmpq(0), *((abs(factor), part) for factor, _, part in parts))


def _minus_log(value: fmpq, precision: int) -> tuple[fmpq, Split]:
    """−log of a positive number as a sign and a positive part."""
    return (ONE, negative_log(value, precision)) if value <= 1 else (-ONE, negative_log(1 / value, precision))


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """None: it is smooth."""
    return False


def definition(mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
    """The same in mpmath."""
    epsilon, end = constants
    a, b = (end if p == 1 else p + epsilon), (end if p == 0 else 1 - p + epsilon)
    if quantity == "loss":
        return -y * mp.log(a) - (1 - y) * mp.log(b)
    if quantity == "d_probabilities":
        return (1 - y) / b - y / a
    if quantity == "d2_probabilities":
        return (1 - y) / b**2 + y / a**2
    return mp.log(b) - mp.log(a)


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """Everything inside [0, 1]."""
    return 0 <= arguments[0] <= 1 and math.isfinite(arguments[1])


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
