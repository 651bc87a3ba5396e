"""Binary cross-entropy with an increment inside its logarithms: −y·log(p + epsilon) − (1−y)·log(1 − p + epsilon)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import fmpq

from conformance.certify import Sum, combine, ratio
from conformance.contracts import Clause, Constants, Variants, earned, rounded
from conformance.enclosures import ONE, Split, negative_log
from conformance.estimate import Estimate, beside
from conformance.exact import Number
from conformance.formats import Format, Mask, Values
from conformance.losses import NAN_NUMBER, UNDEFINED, Argument
from conformance.losses.binary_cross_entropy import QUANTITIES
from conformance.parameters import decimal

LOSS = "binary_cross_entropy"
PARTED = 2.0**-48
"""Two numbers of binary64 know epsilon to 2^-106 of itself: what is left of it after a subtraction, to 2^-58."""

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


def oracle(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Estimate, Estimate] | None:
    """The formula inside (0, 1)."""
    p, y = (np.where((v >= 0) & (v <= 1), v + 0.0, np.nan) for v in columns)
    return approached(quantity, np.where((p > 0) & (p < 1), p, np.nan), y, constants[0])


def approached(quantity: str, p: Values, y: Values, epsilon: fmpq) -> tuple[Estimate, Estimate] | None:
    """What ``incremented`` says of a = p + epsilon and b = 1 − p + epsilon, in binary64.

    log a is log1p(a − 1) from 1/2 on, and the two sums are p and 1 − p plus or less epsilon in two parts, so that no
    digit is lost where a or b is next to 1.

    Parameters
    ----------
    quantity : str
    p, y : ndarray of float64
        In [0, 1]; NaN has no estimate.
    epsilon : fmpq
        Below 1/8.

    Returns
    -------
    tuple of Estimate, or None
        None for quantities by the label. NaN where a − 1 or b − 1 is too small for two parts.
    """
    if quantity == "d_labels" or epsilon >= fmpq(1, 8):
        return None
    high = float(int(epsilon.p) / int(epsilon.q))
    rest = epsilon - ratio(high)
    low = float(int(rest.p) / int(rest.q))
    no, q = 1 - y, 1 - p
    with np.errstate(all="ignore"):
        if quantity == "loss":
            logs = _minus_log_of(p, q, high, low), _minus_log_of(q, p, high, low)
        else:
            logs = 1 / (p + high), 1 / (q + high)
            if quantity == "d2_probabilities":
                logs = logs[0] * logs[0], logs[1] * logs[1]
        # A weight of 0 silences its term, even where that is left to certified values.
        first, second = (np.where(w == 0, 0.0, w * t) for w, t in zip((y, no), logs, strict=True))
        gone = np.isnan(p) | np.isnan(y)
        first, second = (np.where(gone, np.nan, part) for part in (first, second))
        zero = np.zeros(first.shape)
        size = np.abs(first) + np.abs(second)
        value = beside(zero, zero, second - first if quantity == "d_probabilities" else first + second, size)
        return value, beside(zero, zero, size, size)


def _minus_log_of(p: Values, q: Values, high: float, low: float) -> Values:
    """−log(p + epsilon) for p + q = 1, epsilon in two parts."""
    away = (q - high) - low
    away = np.where(np.abs(away) > high * PARTED, away, np.nan)
    return np.where(p < 0.5, -np.log((p + high) + low), -np.log1p(-away))


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
