"""The loss files: derivatives against numeric ones, stated limits against growing arguments, scales against terms."""

import math
from itertools import product
from typing import Any

import mpmath
import pytest
import terms
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number
from conformance.pairs import exact_pair

CHOSEN = ("gamma=2,alpha=0.25", "gamma=0,alpha=0.25", "gamma=0.5", "gamma=5,alpha=0.25", "classes", "smoothing=0.1")
LOSSES = [n for n in losses.names() if "(" not in n or any(words in n for words in CHOSEN)]
every_loss = pytest.mark.parametrize("name", LOSSES)

logits = st.one_of(st.floats(-800, 800), st.floats(-1, 1), st.sampled_from([0.0, 1e-300, -1e-300, 1e300, -1e300]))
probabilities = st.one_of(
    st.floats(0, 1, exclude_min=True, exclude_max=True),
    st.floats(0, 2.0**-100, exclude_min=True),
    st.sampled_from([0.5, 1 - 2.0**-53, 2.0**-1074]),
)
inside = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1 - 2.0**-11, 2.0**-1074]), st.floats(0, 1))
SPACES: dict[str, Any] = {
    "logit": logits,
    "rest": st.sampled_from([0.0, -17.0, 710.0, 1e300]),
    "probability": probabilities,
    "rest_probability": probabilities,
    "label": st.one_of(inside, st.sampled_from([-0.5, 1.5])),
    "pos_weight": st.sampled_from([0.0, 1.0, 3.0, 100.0, 2.0**-511, 2.0**511]),
    "weight": st.sampled_from([0.0, 1.0, 3.0, 0.1, -2.0, 2.0**-511]),
}


def bounded(name: str) -> bool:
    """Whether labels outside [0, 1] have no value: a power of a negative number."""
    return name.startswith("focal")


def rows(name: str) -> Any:
    spaces = {**SPACES, "label": inside} if bounded(name) else SPACES
    return st.tuples(*(spaces[a] for a in losses.load(name).ARGUMENTS))


def row_of(name: str, **values: float) -> tuple[float, ...]:
    """A row of ordinary arguments with some of them given."""
    ordinary = {"logit": 0.25, "rest": 3.0, "probability": 0.25, "rest_probability": 0.5, "label": 0.5}
    return tuple({**ordinary, "pos_weight": 3.0, "weight": 3.0, **values}[a] for a in losses.load(name).ARGUMENTS)


def as_mpf(number: Number) -> Any:
    if number.tag in (ZERO, UNDERFLOW):
        return mpmath.mpf(0)
    assert number.tag == FINITE
    value = mpmath.ldexp(mpmath.mpf(number.significand), number.exponent - 127)
    return -value if number.negative else value


def check(name: str, quantity: str, row: tuple[float, ...]) -> None:
    """Value and scale against the sum of the terms and of their magnitudes."""
    value, scale = exact_pair(name, quantity)(row)
    with mpmath.workprec(12_000):
        each = terms.of(losses.load(name), quantity, *(mpmath.mpf(v) for v in row))
        for number, truth in ((value, sum(each)), (scale._replace(negative=False), sum(abs(t) for t in each))):
            if number.tag == UNDERFLOW:
                assert 0 < abs(truth) < mpmath.ldexp(1, -1200) or max(map(abs, row)) > 4096
            else:
                assert abs(as_mpf(number) - truth) <= abs(truth) * mpmath.ldexp(1, -127)
                assert truth == 0 or (truth < 0) == number.negative


every_quantity = pytest.mark.parametrize(("name", "quantity"), terms.every(LOSSES))
GRID: dict[str, tuple[float, ...]] = {
    "logit": (-90.0, -3.0, -0.25, 0.0, 0.25, 3.0, 90.0),
    "rest": (0.0, 17.0),
    "probability": (2.0**-140, 0.25, 0.5, 0.75, 1 - 2.0**-40),
    "rest_probability": (2.0**-140, 0.25, 0.5),
    "label": (0.0, 0.25, 0.5, 0.75, 1.0, -0.5, 1.5),
    "pos_weight": (0.0, 0.5, 1.0, 3.0, -2.0),
    "weight": (0.0, 3.0, -2.0),
}


@every_quantity
def test_value_and_scale_on_a_grid_of_every_sign(name: str, quantity: str) -> None:
    grid = {**GRID, "label": GRID["label"][:5]} if bounded(name) else GRID
    for row in product(*(grid[a] for a in losses.load(name).ARGUMENTS)):
        check(name, quantity, row)


@every_quantity
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_value_and_scale_are_the_sums_of_the_terms(name: str, quantity: str, data: st.DataObject) -> None:
    check(name, quantity, data.draw(rows(name)))


@every_loss
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_closed_derivatives_are_the_numeric_ones(name: str, data: st.DataObject) -> None:
    definition = losses.load(name)
    row = data.draw(rows(name))
    known = {by: quantity for quantity, by in definition.QUANTITIES.items()}
    for quantity, by in definition.QUANTITIES.items():
        if not by:
            continue
        k = definition.ARGUMENTS.index(by[-1])
        with mpmath.workprec(5000):  # the fourth derivative of a subnormal probability is near 2^4296
            point = [mpmath.mpf(v) for v in row]
            numeric = mpmath.diff(
                lambda v, k=k, point=point, of=known[by[:-1]]: definition.definition(
                    mpmath.mp, of, *point[:k], v, *point[k + 1 :]
                ),
                point[k],
            )
            closed = definition.definition(mpmath.mp, quantity, *point)
            assert abs(numeric - closed) <= mpmath.ldexp(1, -1000) * max(1, abs(closed))


ENDS = {"logit": (math.inf, -math.inf), "probability": (0.0, 1.0)}
BESIDE: dict[str, tuple[float, ...]] = {
    "label": (0.0, 1.0, 0.5, 0.999, 2.0**-9, -0.5, 1.5),
    "rest": (0.0, 17.0),
    "rest_probability": (0.5, 0.1),
    "pos_weight": (0.0, 3.0),
    "weight": (0.0, 3.0),
}


def limit_rows(name: str) -> list[tuple[float, ...]]:
    """Rows at the ends of the first argument's domain; a share of a row has one end, for no row sums to infinity."""
    first, *others = losses.load(name).ARGUMENTS
    beside = {**BESIDE, "label": BESIDE["label"][:5]} if bounded(name) else BESIDE
    ends = ENDS[first][:1] if "rest_probability" in others else ENDS[first]
    return list(product(ends, *(beside[a] for a in others)))


def approach(end: float, step: int) -> Any:
    """An argument inside the domain, nearer to its end with every step."""
    if math.isinf(end):
        return math.copysign(1, end) * mpmath.mpf(10) ** step
    tiny = mpmath.mpf(10) ** -(mpmath.mpf(10) ** (step - 1))
    return tiny if end == 0 else 1 - tiny


@every_loss
def test_stated_limits_are_where_growing_arguments_go(name: str) -> None:
    definition = losses.load(name)
    for row in limit_rows(name):
        for quantity in definition.QUANTITIES:
            stated = definition.special(quantity, *row)
            assert stated is not None
            with mpmath.workprec(8_000):
                tiny = mpmath.mpf(10) ** -400
                others = [mpmath.mpf(v) for v in row[1:]]
                first, second = (
                    definition.definition(mpmath.mp, quantity, approach(row[0], step), *others) for step in (2, 4)
                )
                where = (quantity, row)
                if stated.tag == INFINITE:
                    assert abs(second) > 3 * abs(first) > 0, where
                    assert (second < 0) == stated.negative, where
                else:
                    assert abs(second - as_mpf(stated)) <= mpmath.ldexp(1, -127) * abs(as_mpf(stated)) + tiny, where


@every_loss
def test_a_nan_or_an_input_outside_has_no_number(name: str) -> None:
    definition = losses.load(name)
    first = definition.ARGUMENTS[0]
    for quantity in definition.QUANTITIES:
        assert definition.special(quantity, *row_of(name, **{first: math.nan})) == Number(NAN)
        assert definition.special(quantity, *row_of(name, label=math.inf)) == Number(NONE)
        assert definition.special(quantity, *row_of(name)) is None
        for argument in definition.ARGUMENTS[1:]:
            stays = definition.special(quantity, *row_of(name, **{argument: math.nan}))
            assert stays in (None, Number(NAN), Number(NONE))
    if first == "probability":
        for p in (-0.5, 1 + 2.0**-52, math.inf, -math.inf):
            assert definition.special("loss", *row_of(name, probability=p)) == Number(NONE)
    if bounded(name):
        for y in (-(2.0**-1074), 1 + 2.0**-52):
            expected = Number(NONE)
            if "smoothing" not in name:
                assert definition.special("loss", *row_of(name, label=y)) == expected


def test_limits_with_an_exact_rational_value_keep_all_bits() -> None:
    just_below_one = Number(FINITE, False, -1, (1 << 128) - 1, True)  # 1 − 2^-1074, not 1
    for name in ("sigmoid_cross_entropy", "focal(gamma=0)"):
        assert losses.load(name).special("d_logits", math.inf, 2.0**-1074) == just_below_one
    assert losses.load("softmax_cross_entropy(classes=2)").special("d_logits", 1.0, -math.inf, 2.0**-1074) == (
        just_below_one
    )
    weighted = losses.load("weighted_sigmoid_cross_entropy").special("d_logits", -math.inf, 2.0**-1074, 3.0)
    assert weighted is not None and weighted.negative and weighted.significand == 3 << 126
    tripled = losses.load("element_weighted_sigmoid_cross_entropy").special("d_logits", math.inf, 2.0**-1074, 3.0)
    assert tripled == Number(FINITE, False, 1, (3 << 126) - 1, True)  # 3 − 3·2^-1074


ONE_TERM = ("loss", "d_logits", "d_probabilities", "d2_probabilities", "d_weights", "d_pos_weights")


@pytest.mark.parametrize("name", [n for n in LOSSES if "smoothing" not in n])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_hard_labels_have_one_term_and_the_scale_of_their_value(name: str, data: st.DataObject) -> None:
    arguments = losses.load(name).ARGUMENTS
    hard = data.draw(st.sampled_from([0.0, 1.0]))
    row = tuple(hard if a == "label" else v for a, v in zip(arguments, data.draw(rows(name)), strict=True))
    for quantity in losses.load(name).QUANTITIES:
        if quantity in ONE_TERM:
            value, scale = exact_pair(name, quantity)(row)
            assert (value.tag, *value[2:]) == (scale.tag, *scale[2:])


def test_symmetry_in_the_label() -> None:
    """loss(x, 0) is loss(−x, 1): the tail of the one sign has all the bits of the other's."""
    for name in ("sigmoid_cross_entropy", "focal(gamma=2)", "focal(gamma=0.5)"):
        pair = exact_pair(name, "loss")
        for x in (0.0, 1e-300, 0.5, 17.0, 89.0, 745.0, 5000.0):
            assert pair((x, 0.0)) == pair((-x, 1.0)) and pair((-x, 0.0)) == pair((x, 1.0))


LOGITS = (-5000.0, -800.0, -40.0, -1e-8, 0.0, 0.3, 60.0, 1e300)


@pytest.mark.parametrize(
    ("special", "extra"),
    [
        ("weighted_sigmoid_cross_entropy", (1.0,)),
        ("element_weighted_sigmoid_cross_entropy", (1.0,)),
        ("focal(gamma=0)", ()),
        ("sigmoid_cross_entropy(smoothing=0)", ()),
    ],
)
def test_parameters_without_effect_leave_sigmoid_cross_entropy(special: str, extra: tuple[float, ...]) -> None:
    for quantity in ("loss", "d_logits", "d_labels", "d2_logits"):
        plain, other = exact_pair("sigmoid_cross_entropy", quantity), exact_pair(special, quantity)
        for x in LOGITS:
            for y in (0.0, 0.3, 1.0):
                assert plain((x, y))[0] == other((x, y, *extra))[0], (quantity, x, y)


def test_two_classes_are_sigmoid_cross_entropy_and_a_shift_changes_nothing() -> None:
    for quantity in ("loss", "d_logits", "d2_logits"):
        plain, twin = (
            exact_pair("sigmoid_cross_entropy", quantity),
            exact_pair("softmax_cross_entropy(classes=2)", quantity),
        )
        three = exact_pair("softmax_cross_entropy(classes=3)", quantity)
        for x in LOGITS:
            for y in (0.0, 0.75, 1.0):
                assert plain((x, y)) == twin((x, 0.0, y)), (quantity, x, y)
        for d in (-60.0, -0.5, 0.0, 3.0, 700.0):
            assert three((d, 0.0, 0.75)) == three((d + 2.0**30, 2.0**30, 0.75)) == three((d - 512.0, -512.0, 0.75))


def test_a_row_of_shares_is_softmax_of_its_logarithms() -> None:
    for classes in (2, 3):
        shares = exact_pair(f"categorical_cross_entropy(classes={classes})", "loss")
        softmax = losses.load(f"softmax_cross_entropy(classes={classes})")
        for p, r, y in product((0.5, 0.125, 1e-7), (0.25, 0.5), (0.0, 0.5, 1.0)):
            with mpmath.workprec(300):
                logs = [mpmath.log(mpmath.mpf(v)) for v in (p, r)]
                expected = softmax.definition(mpmath.mp, "loss", *logs, mpmath.mpf(y))
                assert abs(as_mpf(shares((p, r, y))[0]) - expected) <= expected * mpmath.ldexp(1, -126)


def test_masks_of_a_row() -> None:
    """A masked rest is a limit, several infinite logits are not; the target of a masked logit costs the rest's log."""
    inf, nothing = math.inf, Number(NONE)
    two, three = (losses.load(f"softmax_cross_entropy(classes={k})").special for k in (2, 3))
    assert two("loss", 1.0, -inf, 1.0) == three("loss", 1.0, -inf, 1.0) == Number(ZERO)
    assert two("loss", 1.0, -inf, 0.5) == three("loss", -inf, 1.0, 0.5) == Number(INFINITE)
    assert two("loss", -inf, 0.0, 0.0) == Number(ZERO)
    masked = three("loss", -inf, 0.0, 0.0)
    assert masked is not None and abs(as_mpf(masked) - mpmath.log(2)) < 1e-15
    assert two("loss", -inf, -inf, 1.0) == two("d_logits", inf, inf, 1.0) == three("loss", 0.0, inf, 1.0) == nothing
    assert two("loss", 0.0, inf, 0.0) == Number(ZERO) and two("loss", 0.0, inf, 1.0) == Number(INFINITE)
    assert two("d2_logits", inf, 0.0, 0.5) == Number(ZERO)


def test_rows_of_probabilities_with_zeros() -> None:
    special = losses.load("categorical_cross_entropy(classes=3)").special
    assert special("loss", 0.0, 0.0, 0.5) == Number(NONE)
    assert special("loss", 0.25, 0.0, 1.0) == Number(ZERO) and special("loss", 0.25, 0.0, 0.5) == Number(INFINITE)
    assert special("d_probabilities", 0.25, 0.0, 0.0) == losses.finite(4.0)
    assert special("d_probabilities", 0.0, 0.25, 0.0) == losses.finite(2.0)
    assert special("d_probabilities", 0.0, 0.25, 1.0) == Number(INFINITE, True)


def test_a_weight_of_zero_wins_over_an_infinite_loss() -> None:
    weighted = losses.load("element_weighted_sigmoid_cross_entropy").special
    assert weighted("loss", math.inf, 0.0, 0.0) == Number(ZERO)
    assert weighted("loss", math.inf, 0.0, 3.0) == Number(INFINITE)
    assert weighted("loss", math.inf, 0.0, -3.0) == Number(INFINITE, True)
    assert weighted("d_weights", math.inf, 0.0, 0.0) == Number(INFINITE)
    assert weighted("loss", 1.0, 0.0, math.nan) == Number(NAN) and weighted("loss", 1.0, 0.0, math.inf) == Number(NONE)
    assert weighted("d_weights", 1.0, 0.0, math.nan) is None


def test_smoothing_by_one_forgets_the_label() -> None:
    for quantity in ("loss", "d_logits"):
        smooth, plain = (exact_pair(f"sigmoid_cross_entropy{s}", quantity) for s in ("(smoothing=1)", ""))
        assert {smooth((3.0, y)) for y in (0.0, 0.3, 1.0)} == {plain((3.0, 0.5))}
    assert exact_pair("sigmoid_cross_entropy(smoothing=1)", "d_labels")((3.0, 1.0))[0] == Number(ZERO)
    assert losses.load("sigmoid_cross_entropy(smoothing=1)").special("d_labels", math.inf, 1.0) == Number(ZERO)
