"""The loss files: derivatives against numeric ones, stated limits against growing arguments, scales against terms."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number
from conformance.pairs import exact_pair

LOSSES = losses.names()
every_loss = pytest.mark.parametrize("name", LOSSES)

logits = st.one_of(st.floats(-800, 800), st.floats(-1, 1), st.sampled_from([0.0, 1e-300, -1e-300, 1e300, -1e300]))
probabilities = st.one_of(
    st.floats(0, 1, exclude_min=True, exclude_max=True),
    st.floats(0, 2.0**-100, exclude_min=True),
    st.sampled_from([0.5, 1 - 2.0**-53, 2.0**-1074]),
)
labels = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1 - 2.0**-11, 2.0**-1074, -0.5, 1.5]), st.floats(0, 1))
weights = st.sampled_from([0.0, 1.0, 3.0, 100.0, 2.0**-511, 2.0**511])
SPACES: dict[str, Any] = {"logit": logits, "probability": probabilities, "label": labels, "pos_weight": weights}


def rows(name: str) -> Any:
    return st.tuples(*(SPACES[a] for a in losses.load(name).ARGUMENTS))


def sigma(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def softplus(x: Any) -> Any:
    return mpmath.log(1 + mpmath.exp(x))


TERMS: dict[tuple[str, str], Callable[..., list[Any]]] = {
    ("sigmoid_cross_entropy", "loss"): lambda x, y: [(1 - y) * softplus(x), y * softplus(-x)],
    ("sigmoid_cross_entropy", "d_logits"): lambda x, y: [(1 - y) * sigma(x), -y * sigma(-x)],
    ("sigmoid_cross_entropy", "d_labels"): lambda x, y: [-x],
    ("weighted_sigmoid_cross_entropy", "loss"): lambda x, y, q: [(1 - y) * softplus(x), q * y * softplus(-x)],
    ("weighted_sigmoid_cross_entropy", "d_logits"): lambda x, y, q: [(1 - y) * sigma(x), -q * y * sigma(-x)],
    ("weighted_sigmoid_cross_entropy", "d_labels"): lambda x, y, q: [q * softplus(-x), -softplus(x)],
    ("binary_cross_entropy", "loss"): lambda p, y: [-y * mpmath.log(p), -(1 - y) * mpmath.log(1 - p)],
    ("binary_cross_entropy", "d_probabilities"): lambda p, y: [(1 - y) / (1 - p), -y / p],
    ("binary_cross_entropy", "d_labels"): lambda p, y: [mpmath.log(1 - p), -mpmath.log(p)],
}


def as_mpf(number: Number) -> Any:
    if number.tag in (ZERO, UNDERFLOW):
        return mpmath.mpf(0)
    assert number.tag == FINITE
    value = mpmath.ldexp(mpmath.mpf(number.significand), number.exponent - 127)
    return -value if number.negative else value


def test_every_quantity_of_every_loss_has_its_terms_here() -> None:
    assert set(TERMS) == {(name, q) for name in LOSSES for q in losses.load(name).QUANTITIES}


def check(name: str, quantity: str, row: tuple[float, ...]) -> None:
    """Value and scale against the sum of the terms and of their magnitudes."""
    value, scale = exact_pair(name, quantity)(row)
    with mpmath.workprec(12_000):
        terms = TERMS[name, quantity](*(mpmath.mpf(v) for v in row))
        for number, truth in ((value, sum(terms)), (scale._replace(negative=False), sum(abs(t) for t in terms))):
            if number.tag == UNDERFLOW:
                assert 0 < abs(truth) < mpmath.ldexp(1, -1200) or abs(row[0]) > 4096
            else:
                assert abs(as_mpf(number) - truth) <= abs(truth) * mpmath.ldexp(1, -127)
                assert truth == 0 or (truth < 0) == number.negative


every_quantity = pytest.mark.parametrize(("name", "quantity"), TERMS)
GRID: dict[str, tuple[float, ...]] = {
    "logit": (-90.0, -3.0, -0.25, 0.0, 0.25, 3.0, 90.0),
    "probability": (2.0**-140, 0.25, 0.5, 0.75, 1 - 2.0**-40),
    "label": (0.0, 0.25, 0.5, 0.75, 1.0, -0.5, 1.5),
    "pos_weight": (0.0, 0.5, 1.0, 3.0, -2.0),
}


@every_quantity
def test_value_and_scale_on_a_grid_of_every_sign(name: str, quantity: str) -> None:
    for row in product(*(GRID[a] for a in losses.load(name).ARGUMENTS)):
        check(name, quantity, row)


@every_quantity
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_value_and_scale_are_the_sums_of_the_terms(name: str, quantity: str, data: st.DataObject) -> None:
    check(name, quantity, data.draw(rows(name)))


@every_loss
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_closed_derivatives_are_the_numeric_ones(name: str, data: st.DataObject) -> None:
    definition = losses.load(name)
    row = data.draw(rows(name))
    for quantity, steps in definition.QUANTITIES.items():
        if not steps:
            continue
        ((_, argument),) = steps
        k = definition.ARGUMENTS.index(argument)
        with mpmath.workprec(3000):  # the third derivative of a subnormal probability is near 2^3222
            point = [mpmath.mpf(v) for v in row]
            numeric = mpmath.diff(
                lambda v, k=k, point=point: definition.definition(mpmath.mp, "loss", *point[:k], v, *point[k + 1 :]),
                point[k],
            )
            closed = definition.definition(mpmath.mp, quantity, *point)
            assert abs(numeric - closed) <= mpmath.ldexp(1, -1200) * max(1, abs(closed))


def limit_rows(name: str) -> list[tuple[float, ...]]:
    """Rows at the ends of the first argument's domain."""
    ends = {"logit": (math.inf, -math.inf), "probability": (0.0, 1.0)}[losses.load(name).ARGUMENTS[0]]
    found: list[tuple[float, ...]] = [(end, y) for end in ends for y in (0.0, 1.0, 0.5, 0.999, 2.0**-9, -0.5, 1.5)]
    if len(losses.load(name).ARGUMENTS) == 3:
        found = [(*row, q) for row in found for q in (0.0, 1.0, 3.0)]
    return found


def approach(end: float, step: int) -> Any:
    """An argument inside the domain, nearer to its end with every step."""
    if math.isinf(end):
        return math.copysign(1, end) * mpmath.mpf(10) ** step
    tiny = mpmath.mpf(10) ** -(mpmath.mpf(10) ** step)
    return tiny if end == 0 else 1 - tiny


@every_loss
def test_stated_limits_are_where_growing_arguments_go(name: str) -> None:
    definition = losses.load(name)
    for row in limit_rows(name):
        for quantity in definition.QUANTITIES:
            stated = definition.special(quantity, *row)
            assert stated is not None
            with mpmath.workprec(40_000):
                tiny = mpmath.mpf(10) ** -900
                others = [mpmath.mpf(v) for v in row[1:]]
                first, second = (
                    definition.definition(mpmath.mp, quantity, approach(row[0], step), *others) for step in (3, 4)
                )
                where = (quantity, row)
                if stated.tag == INFINITE:
                    assert abs(second) > 5 * abs(first) > 0, where
                    assert (second < 0) == stated.negative, where
                else:
                    assert abs(second - as_mpf(stated)) <= mpmath.ldexp(1, -127) * abs(as_mpf(stated)) + tiny, where


@every_loss
def test_a_nan_or_an_input_outside_has_no_number(name: str) -> None:
    definition = losses.load(name)
    tail = (0.5, 3.0)[: len(definition.ARGUMENTS) - 1]
    for quantity in definition.QUANTITIES:
        assert definition.special(quantity, math.nan, *tail) == Number(NAN)
        infinite_label = definition.special(quantity, 0.5, math.inf, *tail[1:])
        assert infinite_label == Number(NONE)
        assert definition.special(quantity, 0.25, *tail) is None
    if definition.ARGUMENTS[0] == "probability":
        for p in (-0.5, 1 + 2.0**-52, math.inf, -math.inf):
            assert definition.special("loss", p, 0.5) == Number(NONE)


def test_limits_with_an_exact_rational_value_keep_all_bits() -> None:
    small = losses.load("sigmoid_cross_entropy").special("d_logits", math.inf, 2.0**-1074)
    assert small == Number(FINITE, False, -1, (1 << 128) - 1, True)  # 1 − 2^-1074, not 1
    weighted = losses.load("weighted_sigmoid_cross_entropy").special("d_logits", -math.inf, 2.0**-1074, 3.0)
    assert weighted is not None and weighted.negative and weighted.significand == 3 << 126


@every_loss
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_hard_labels_have_one_term_and_the_scale_of_their_value(name: str, data: st.DataObject) -> None:
    row = data.draw(rows(name))
    hard = (row[0], data.draw(st.sampled_from([0.0, 1.0])), *row[2:])
    for quantity in losses.load(name).QUANTITIES:
        if quantity != "d_labels":
            value, scale = exact_pair(name, quantity)(hard)
            assert (value.tag, *value[2:]) == (scale.tag, *scale[2:])


def test_symmetry_in_the_label() -> None:
    """loss(x, 0) is loss(−x, 1): the tail of the one sign has all the bits of the other's."""
    pair = exact_pair("sigmoid_cross_entropy", "loss")
    for x in (0.0, 1e-300, 0.5, 17.0, 89.0, 745.0, 5000.0):
        assert pair((x, 0.0)) == pair((-x, 1.0)) and pair((-x, 0.0)) == pair((x, 1.0))


def test_a_weight_of_one_is_no_weight() -> None:
    for quantity in ("loss", "d_logits", "d_labels"):
        plain, weighted = (exact_pair(n, quantity) for n in ("sigmoid_cross_entropy", "weighted_sigmoid_cross_entropy"))
        for x in (-800.0, -40.0, -1e-8, 0.0, 0.3, 60.0):
            for y in (0.0, 0.3, 1.0):
                assert plain((x, y))[0] == weighted((x, y, 1.0))[0]


def test_rationals_become_numbers() -> None:
    assert losses.finite(fmpq(-1, 3)) == Number(FINITE, True, -2, (1 << 129) // 3, True)
    assert losses.finite(-0.75) == Number(FINITE, True, -1, 3 << 126, False)
    assert losses.infinite(-2.0) == Number(INFINITE, True) and losses.infinite(0.0) == Number(ZERO)


def test_an_unknown_loss_is_named() -> None:
    with pytest.raises(KeyError, match=r"no loss 'focal'; known are binary_cross_entropy, "):
        losses.load("focal")
