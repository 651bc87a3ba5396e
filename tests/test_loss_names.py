"""The names of losses: parameters as exact decimals, multiples, and what is no loss."""

from typing import Any

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number


def test_rationals_become_numbers() -> None:
    assert losses.finite(fmpq(-1, 3)) == Number(FINITE, True, -2, (1 << 129) // 3, True)
    assert losses.finite(-0.75) == Number(FINITE, True, -1, 3 << 126, False)
    assert losses.infinite(-2.0) == Number(INFINITE, True) and losses.infinite(0.0) == Number(ZERO)


@settings(deadline=None, max_examples=100)
@given(value=st.fractions(), factor=st.fractions())
def test_a_multiple_of_a_number_is_that_of_its_value(value: Any, factor: Any) -> None:
    exact, by = fmpq(value.numerator, value.denominator), fmpq(factor.numerator, factor.denominator)
    number = losses.finite(exact)
    if not number.sticky:
        assert losses.scaled(number, by) == losses.finite(exact * by)


def test_a_multiple_of_what_is_no_finite_number() -> None:
    assert losses.scaled(Number(INFINITE), fmpq(-2)) == Number(INFINITE, True)
    assert losses.scaled(Number(INFINITE), fmpq(0)) == Number(ZERO)
    assert losses.scaled(Number(NAN), fmpq(0)) == Number(NAN) and losses.scaled(Number(NONE), fmpq(3)) == Number(NONE)
    assert losses.scaled(Number(UNDERFLOW), fmpq(-1)) == Number(UNDERFLOW, True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("focus", r"no loss 'focus'; known are binary_cross_entropy, "),
        ("focal(", "no loss 'focal\\('"),
        ("focal", r"focal needs gamma, as in focal\(gamma=2\)"),
        ("focal(gamma=2,beta=1)", "focal takes gamma, alpha, smoothing, and no beta"),
        ("focal(gamma=two)", "gamma=two in .* is not parameter=decimal"),
        ("focal(gamma=2,gamma=2)", "each parameter once"),
        ("focal(gamma=0.25)", "gamma is 0, or from 0.5 to 16"),
        ("focal(gamma=-1)", "gamma is 0, or from 0.5 to 16"),
        ("focal_of_probability(gamma=2,alpha=1.5)", "alpha is from 0 to 1"),
        ("softmax_cross_entropy(classes=1)", "classes is an integer from 2 to"),
        ("softmax_cross_entropy(classes=2.5)", "classes is an integer from 2 to"),
        ("sigmoid_cross_entropy(smoothing=-0.1)", "moves labels out of"),
        ("softmax_cross_entropy(classes=3,smoothing=1.5)", "moves labels out of"),
        ("sigmoid_cross_entropy(gamma=2)", "takes smoothing, and no gamma"),
    ],
)
def test_a_name_that_is_no_loss_says_why(name: str, message: str) -> None:
    with pytest.raises(KeyError, match=message):
        losses.load(name)


def test_parameters_are_exact_decimals() -> None:
    loss: Any = losses.load("focal(gamma=2,alpha=0.1)")
    assert loss.focus.alpha == fmpq(1, 10) and loss.focus.gamma == 2
    assert losses.load("focal(gamma=2,alpha=0.1)") is loss
    smooth: Any = losses.load("focal(gamma=2,alpha=0.1,smoothing=1e-1)")
    assert smooth.smoothing == fmpq(1, 10) and smooth.loss == loss


def test_only_names_without_parameters_are_dense() -> None:
    assert losses.dense("sigmoid_cross_entropy") and not losses.dense("focal(gamma=2)")
