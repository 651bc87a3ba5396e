"""Binary cross-entropy of a probability whose logarithms are clamped from below, as PyTorch does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb, fmpq

from conformance.certify import Sum, combine, ratio
from conformance.contracts import Clause, Constants, Variants, earned, rounded
from conformance.enclosures import Split, at, negative_log, negative_log_complement
from conformance.estimate import Estimate, beside, quotient, two_sum
from conformance.exact import NOTHING, Number
from conformance.formats import BINARY32, Format, Mask, Values
from conformance.losses import NAN_NUMBER, Argument
from conformance.parameters import decimal

LOSS = "binary_cross_entropy"
FLOOR = "1e-12"
ROUNDINGS = 2.0**-50
"""Eight roundings of binary64: more than there are in a comparison with a floor."""

CLAUSES = (
    Clause(
        "torch.*",
        "loss",
        True,
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html",
        "Our solution is that BCELoss clamps its log function outputs to be greater than or equal to -100. "
        "This way, we can always have a finite loss value and a linear backward method.",
    ),
    Clause(
        "torch.*",
        "domain",
        True,
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html",
        "input: Tensor of arbitrary shape as probabilities. "
        "target: Tensor of the same shape as input with values between 0 and 1.",
    ),
    Clause(
        "torch.*",
        "d_probabilities",
        False,  # the page promises "a linear backward method", and neither a floor nor its value
        "aten/src/ATen/native/Loss.cpp, binary_cross_entropy_backward_out_cpu; EPSILON is constexpr float 1e-12",
        "grad_val * (input_val - target_val) / "
        "(scalar_t(std::max((scalar_t(1) - input_val) * input_val, scalar_t(EPSILON))))",
    ),
    Clause(
        "torch.*",
        "d2_probabilities",
        False,
        "torch/csrc/autograd/FunctionsManual.cpp, binary_cross_entropy_double_backward; eps is 1e-12",
        "(input * input - 2 * input * target + target) / (inp_pl_eps.pow(2) * one_m_inp_pl_eps.pow(2))",
    ),
)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(−log clamp, floor of p·(1−p) in the backward pass); None where the format rounds the floor to 0."""
    clamp, floor = -decimal(text), decimal(FLOOR)
    if fmt is not None:
        clamp, floor = rounded(clamp, fmt), rounded(floor, fmt)
    return (clamp, floor) if floor > 0 else None


def variants(quantity: str, text: str, target: Format) -> Variants:
    """The clamp is documented, and −100 is exact in every format; the floor is by source, a binary32 constant."""
    if quantity == "loss":
        return earned("documented", constants(text, None))
    if quantity in ("d_probabilities", "d2_probabilities"):
        clamp, floor = -decimal(text), decimal(FLOOR)
        return earned("by-source", (clamp, rounded(floor, BINARY32)), constants(text, target))
    return ()


def value(
    quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """The loss with min(−log p, 100) and min(−log(1−p), 100); (p − y)/max(p·(1−p), 1e-12) backward.

    Twice backward p² − 2·p·y + y over (p + 1e-12)²·(1 − p + 1e-12)²: the numerator is y·(1−p)² + (1−y)·p².
    """
    p, y = arguments
    if math.isnan(p) or math.isnan(y):
        return NAN_NUMBER
    if not 0 <= p <= 1 or not math.isfinite(y) or quantity == "d_labels":
        return NOTHING
    clamp, floor = constants
    exact, label = ratio(p), ratio(y)
    no, yes = abs(1 - label), abs(label)
    if quantity == "d_probabilities":
        below = max(exact * (1 - exact), floor)
        return Sum((exact - label) / below, ()), Sum((yes * (1 - exact) + no * exact) / below, ())
    if quantity == "d2_probabilities":
        below = ((exact + floor) * (1 - exact + floor)) ** 2
        squares = (1 - exact) ** 2, exact**2
        value = (label * squares[0] + (1 - label) * squares[1]) / below
        return Sum(value, ()), Sum((yes * squares[0] + no * squares[1]) / below, ())
    first = at_most(clamp, None if p == 0 else negative_log(exact, precision), precision)
    second = at_most(clamp, None if p == 1 else negative_log_complement(exact, precision), precision)
    total = combine(fmpq(0), (label, first), (1 - label, second))
    return total, combine(fmpq(0), (yes, first), (no, second))


def at_most(clamp: fmpq, part: Split | None, precision: int) -> Split:
    """min(part, clamp); None is an infinity. No p of any format has a logarithm within 2^-180 of the clamp."""
    ceiling = Split(clamp, fmpq(0), arb(1))
    if part is None:
        return ceiling
    with at(precision):
        return ceiling if part.exact + part.coefficient * part.ball > clamp else part


def kinks(quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool:
    """Never: e^−100 is no rational, and the backward formula is a function of its own, continuous at its floor."""
    return False


def unchanged(quantity: str, columns: Sequence[Values], constants: Constants) -> Mask:
    """Where no logarithm that counts reaches its clamp, by a margin, and p·(1 − p) is above its floor.

    For a floor f ≤ 1/4 that is so for p > f·(1 + 2·f), since f·(1 + 2f)·(1 − f − 2f²) is f + f²·(1 − 4f − 4f²).
    """
    p, y = columns
    clamp, floor = (float(int(c.p) / int(c.q)) for c in constants)
    mask: Mask
    if quantity == "loss":
        least = 1.01 * math.exp(-clamp)
        mask = ((p > least) | ((y == 0) & (p >= 0))) & ((1 - p > least) | ((y == 1) & (p <= 1)))
    else:
        least = floor * (1 + 2 * floor) * (1 + ROUNDINGS) if quantity == "d_probabilities" and floor < 0.2 else 1.0
        mask = (p > least) & (1 - p > least)
    return mask & np.isfinite(y)


def oracle(quantity: str, columns: Sequence[Values], constants: Constants) -> tuple[Estimate, Estimate] | None:
    """(p − y)/floor, where p·(1 − p) is below its floor by a margin; what is said twice backward."""
    p, y = columns
    floor = float(int(constants[1].p) / int(constants[1].q))
    if quantity not in ("d_probabilities", "d2_probabilities") or ratio(floor) != constants[1]:
        return None
    with np.errstate(all="ignore"):
        p, y = (np.where((v >= 0) & (v <= 1), v + 0.0, np.nan) for v in (p, y))
        no, q = 1 - y, 1 - p
        if quantity == "d_probabilities":
            p = np.where(p * q < floor * (1 - ROUNDINGS), p, np.nan)
            value = quotient(*two_sum(p, -y), floor)
            if not y.any():
                return value, value
            scale = (y * q + no * p) / floor
        else:
            below = (p + floor) * (q + floor)
            scale = (y * (q * q) + no * (p * p)) / (below * below)
        terms = beside(np.zeros(scale.shape), np.zeros(scale.shape), scale, scale)
        return (value if quantity == "d_probabilities" else terms), terms


def definition(mp: Any, quantity: str, constants: Any, p: Any, y: Any) -> Any:
    """The same in mpmath."""
    clamp, floor = constants
    if quantity == "d_probabilities":
        return (p - y) / max(p * (1 - p), floor)
    if quantity == "d2_probabilities":
        return (p * p - 2 * p * y + y) / ((p + floor) ** 2 * (1 - p + floor) ** 2)
    first = clamp if p == 0 else min(-mp.log(p), clamp)
    second = clamp if p == 1 else min(-mp.log1p(-p), clamp)
    return y * first + (1 - y) * second


def computed(quantity: str, arguments: tuple[Argument, ...]) -> bool:
    """The loss and its derivatives with respect to p, inside [0, 1]."""
    return 0 <= arguments[0] <= 1 and quantity != "d_labels"


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """A probability or label that is not between 0 and 1, a NaN among them: the documented domain is enforced."""
    p, y = columns["probability"], columns["label"]
    mask: Mask = ~((p >= 0) & (p <= 1) & (y >= 0) & (y <= 1))
    return mask
