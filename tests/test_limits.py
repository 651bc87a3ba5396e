"""The limits: the frozen file is the derivation, and the derivation survives a count by hand and hostile rounding."""

import json
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from conformance import limits, losses
from conformance.formats import BFLOAT16, BINARY16, BINARY32, BINARY64, FORMATS, Format
from conformance.places import golden_folder

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)


def test_the_frozen_file_is_the_derivation() -> None:
    assert (golden_folder() / "limits.json").read_text() == limits.text()


def test_every_quantity_has_a_limit_in_every_format() -> None:
    frozen = json.loads(limits.text())
    for name in losses.names():
        for quantity in losses.load(name).QUANTITIES:
            for fmt in FORMATS.values():
                assert limits.limit(name, quantity, fmt) == frozen[name][quantity][fmt.name] >= 1


@pytest.mark.parametrize(("fmt", "unit"), [(BINARY32, Fraction(1, 1 << 24)), (BINARY64, Fraction(1, 1 << 53))])
def test_the_loss_of_logits_counted_by_hand(fmt: Format, unit: Fraction) -> None:
    """max(x, 0) + log1p(e^−|x|), times y or 1 − y, added: 8 + 8 + 1 + 2 + 1 units of 2^−p, and second-order terms."""
    exp, log1p, add, subtract, multiply, join = 8, 8, 1, 1, 1, 1
    factors = Fraction(1)
    for count in (exp, log1p, add, subtract, multiply, join):
        factors /= 1 - count * unit
    by_hand = (factors - 1) / unit
    assert 20 < by_hand < Fraction(20001, 1000)
    assert limits.limit("sigmoid_cross_entropy", "loss", fmt) == 20.01


@pytest.mark.parametrize(("fmt", "unit"), [(BINARY16, Fraction(1, 1 << 11)), (BFLOAT16, Fraction(1, 1 << 8))])
def test_short_formats_lose_one_rounding_an_operation(fmt: Format, unit: Fraction) -> None:
    """Six operations in binary32, each rounded once into 16 bits; binary32's own errors hardly show."""
    single = Fraction(1, 1 << 24)
    factors = Fraction(1)
    for count in (8, 8, 1, 1, 1, 1):
        factors /= (1 - count * single) * (1 - unit)
    by_hand = (factors - 1) / unit
    assert 6 < by_hand < Fraction(62, 10)
    found = limits.limit("sigmoid_cross_entropy", "loss", fmt)
    assert by_hand <= found <= by_hand * Fraction(102, 100), "nested products count second-order terms twice"


@EVERY
def test_the_derivative_of_a_probability_is_four_operations(fmt: Format) -> None:
    """(1 − y)/(1 − p) − y/p: subtract, subtract, divide, subtract."""
    unit = Fraction(1, 1 << fmt.precision)
    by_hand = (1 / (1 - unit) ** 4 - 1) / unit
    assert by_hand <= limits.limit("binary_cross_entropy", "d_probabilities", fmt) <= by_hand * Fraction(101, 100)


def perturbed(rng: random.Random, unit: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The two kinds of rounding a limit allows, at or near their worst, in a direction of chance."""

    def by(worst: int) -> Callable[[Any], Any]:
        return lambda value: value * (1 + rng.choice((-1, 1)) * worst * unit * rng.choice((1, 1, mpmath.mpf("0.9"))))

    return by(8), by(1)


def loss_of_logits(x: Any, y: Any, function: Callable[[Any], Any], operation: Callable[[Any], Any]) -> Any:
    def softplus(v: Any) -> Any:
        return operation(max(v, 0) + function(mpmath.log1p(function(mpmath.exp(-abs(v))))))

    return operation(operation(operation(1 - y) * softplus(x)) + operation(y * softplus(-x)))


def d_logits(x: Any, y: Any, function: Callable[[Any], Any], operation: Callable[[Any], Any]) -> Any:
    e = function(mpmath.exp(-abs(x)))
    small, large = operation(e / operation(1 + e)), operation(1 / operation(1 + e))
    positive, negative = (large, small) if x >= 0 else (small, large)
    return operation(operation(operation(1 - y) * positive) - operation(y * negative))


def loss_of_probabilities(p: Any, y: Any, function: Callable[[Any], Any], operation: Callable[[Any], Any]) -> Any:
    first, second = function(-mpmath.log(p)), function(-mpmath.log1p(-p))
    return operation(operation(y * first) + operation(operation(1 - y) * second))


def exactly(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("loss", "quantity", "formula"),
    [
        ("sigmoid_cross_entropy", "loss", loss_of_logits),
        ("sigmoid_cross_entropy", "d_logits", d_logits),
        ("binary_cross_entropy", "loss", loss_of_probabilities),
    ],
)
def test_the_worst_rounding_stays_within_the_limit_and_comes_near(
    loss: str, quantity: str, formula: Callable[..., Any]
) -> None:
    """Every operation wrong by all it may be: no more than the limit, and more than half of it."""
    rng = random.Random(11)
    limit = limits.limit(loss, quantity, BINARY32)
    worst = 0.0
    with mpmath.workprec(120):
        unit = mpmath.ldexp(1, -24)
        for _ in range(4000):
            y = mpmath.mpf(rng.choice((0.0, 1.0, 0.5, 0.999, rng.random())))
            first = mpmath.mpf(rng.random() if loss == "binary_cross_entropy" else rng.uniform(-30, 30))
            got = formula(first, y, *perturbed(rng, unit))
            exact = formula(first, y, exactly, exactly)
            negative = formula(first, mpmath.mpf(1), exactly, exactly) * y
            positive = formula(first, mpmath.mpf(0), exactly, exactly) * (1 - y)
            scale = abs(positive) + abs(negative)
            exponent = int(mpmath.floor(mpmath.log(scale, 2)))
            worst = max(worst, float(abs(got - exact) / mpmath.ldexp(1, exponent - 23)))
    assert 0.5 * limit < worst <= limit


def test_products_bound_quotients_too() -> None:
    cost = limits.cost(BINARY32)
    a, b = Fraction(1, 100), Fraction(1, 50)
    bound = cost.product(a, b)
    worst = max(abs((1 + s * a) / (1 + t * b) - 1) for s in (-1, 1) for t in (-1, 1))
    assert worst <= bound and abs((1 + a) * (1 + b) - 1) <= bound < a + b + Fraction(1, 1000)
    assert cost.product() == 0
