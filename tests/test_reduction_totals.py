"""The exact sum of many elements, its limit, and what divides it."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import fmpq

from conformance import contracts, losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, ZERO, Number, pack, rounded_values
from conformance.formats import BINARY16, BINARY32, BINARY64, FORMATS, rounded, to_float64
from conformance.normative import Disputed
from conformance.pairs import exact_pair
from conformance.reduction import divisors
from conformance.reduction.samples import WEIGHTS, sample
from conformance.reduction.totals import confirm, documented, gradient_limit, mathematics, scale, size, sum_limit, total

LOGIT = ("logit", "label")
ONE = fmpq(1)


def value(number: Number) -> Fraction:
    scale = Fraction(2) ** (number.exponent - 127)
    return (-1 if number.negative else 1) * number.significand * scale


@pytest.mark.parametrize("length", [1, 7, 257, 2049])
@pytest.mark.parametrize("weighting", ["", "mixed", "some-zero"])
@pytest.mark.parametrize("quantity", ["loss", "d_logits"])
def test_the_sum_is_that_of_all_elements(length: int, weighting: str, quantity: str) -> None:
    elements = sample("mixed", LOGIT, "binary32", (), length, weighting)
    weights = [1.0] * len(elements.counts) if elements.weights is None else elements.weights.tolist()
    terms = [mathematics("sigmoid_cross_entropy", quantity, row) for row in elements.rows()]
    factors = [fmpq(n) * fmpq(*w.as_integer_ratio()) / 3 for n, w in zip(elements.counts, weights, strict=True)]
    found = total(terms, factors)
    definition = losses.load("sigmoid_cross_entropy").definition
    with mpmath.workprec(400):
        one_by_one = mpmath.fsum(
            mpmath.mpf(weights[i]) * definition(mpmath.mp, quantity, *map(mpmath.mpf, elements.rows()[i])) / 3
            for i in elements.index.tolist()
        )
        expected = Fraction(int(mpmath.floor(mpmath.ldexp(abs(one_by_one), 127 - found.exponent))))
    assert found.significand == expected and found.negative == (one_by_one < 0)
    parts = [abs(value(scale(t)) * Fraction(int(f.p), int(f.q))) for t, f in zip(terms, factors, strict=True)]
    assert value(size([scale(t) for t in terms], factors)) == pytest.approx(sum(parts), rel=1e-30)
    assert sum(parts) * (1 + Fraction(1, 1 << 120)) >= abs(value(found))
    confirm("sigmoid_cross_entropy", quantity, elements.rows(), factors, found)


def test_a_wrong_sum_is_disputed() -> None:
    rows, factors = [(1.0, 0.0), (2.0, 1.0)], [ONE, ONE]
    found = total([mathematics("sigmoid_cross_entropy", "loss", row) for row in rows], factors)
    wrong = found._replace(significand=found.significand + 1)
    with pytest.raises(Disputed):
        confirm("sigmoid_cross_entropy", "loss", rows, factors, wrong)


def test_equal_elements_are_one_multiple() -> None:
    n = (1 << 24) + 2
    term = mathematics("sigmoid_cross_entropy", "loss", (1.0, 0.0))
    one, many = total([term], [ONE]), total([term], [fmpq(n)])
    assert abs(value(many) / (n * value(one)) - 1) < Fraction(1, 1 << 126)
    mean = total([term], [fmpq(n) / n])
    assert mean == one == exact_pair("sigmoid_cross_entropy", "loss")((1.0, 0.0))[0]


@pytest.mark.parametrize(
    ("rows", "factors", "tag"),
    [
        ([(math.inf, 0.0), (1.0, 0.0)], [1, 1], INFINITE),
        ([(math.inf, 0.0), (1.0, 0.0)], [0, 1], NONE),
        ([(math.inf, 0.0), (math.inf, 0.0)], [1, -1], NAN),
        ([(math.nan, 0.0), (1.0, 0.0)], [1, 1], NAN),
        ([(-math.inf, 0.0), (-math.inf, 0.0)], [1, 1], ZERO),
        ([(1.0, 0.0), (2.0, 0.0)], [0, 0], ZERO),
        ([], [], ZERO),
    ],
)
def test_what_is_not_finite(rows: list[tuple[float, float]], factors: list[int], tag: int) -> None:
    terms = [mathematics("sigmoid_cross_entropy", "loss", row) for row in rows]
    assert total(terms, [fmpq(f) for f in factors]).tag == tag


def test_a_contract_reduces_too() -> None:
    clamp = contracts.load("log_clamped(-100)", "binary_cross_entropy")
    constants = clamp.rules.constants("-100", None)
    assert constants is not None
    terms = [documented(clamp, "loss", constants, row) for row in ((0.0, 1.0), (0.5, 1.0))]
    found = total(terms, [fmpq(0), fmpq(2)])
    assert abs(float(value(found)) - 2 * math.log(2)) < 1e-15
    assert float(value(total(terms, [fmpq(3), fmpq(0)]))) == 300


def limit_of(weighting: str, length: int, elementwise: float, divisor: int = 1) -> tuple[float, Number]:
    elements = sample("mixed", LOGIT, "binary32", (), length, weighting)
    weights = [ONE] * len(elements.counts) if elements.weights is None else divisors.exact(elements.weights.tolist())
    terms = [mathematics("sigmoid_cross_entropy", "loss", row) for row in elements.rows()]
    scales = [scale(t) for t in terms]
    whole = size(scales, [w * n / divisor for w, n in zip(weights, elements.counts, strict=True)])
    return sum_limit(scales, elements.counts, weights, fmpq(divisor), elementwise, whole, BINARY32), whole


@pytest.mark.parametrize("length", [7, 2049, 70_000])
def test_the_limit_of_a_sum_is_the_stated_formula(length: int) -> None:
    found, whole = limit_of("", length, 0.0)
    ulp = Fraction(2) ** (whole.exponent - 23)
    due = (math.ceil(math.log2(length)) + 8) * Fraction(1, 1 << 24) * value(whole) / ulp
    assert 0 <= found - due < 0.011


def test_the_limit_of_elements_is_added_with_their_weights() -> None:
    bare, whole = limit_of("mixed", 7, 0.0)
    more, _ = limit_of("mixed", 7, 5.0)
    elements = sample("mixed", LOGIT, "binary32", (), 7, "mixed")
    assert elements.weights is not None
    pair = exact_pair("sigmoid_cross_entropy", "loss")
    ulps = [2.0 ** (pair(row)[1].exponent - 23) for row in elements.rows()]
    parts = zip(elements.counts, elements.weights.tolist(), ulps, strict=True)
    least = 5 * sum(n * w * ulp for n, w, ulp in parts) / 2.0 ** (whole.exponent - 23)
    assert least <= more - bare + 0.02 and more - bare <= 2 * least + 0.02


def test_a_limit_below_the_normal_numbers_leaves_room_for_roundings() -> None:
    tiny = Number(FINITE, False, BINARY16.quantum, 1 << 127, False)
    assert sum_limit([tiny], [1], [ONE], ONE, 0.0, tiny, BINARY16) >= 4


def test_nothing_has_no_limit() -> None:
    assert sum_limit([], [], [], ONE, 3.0, Number(ZERO), BINARY32) == 0.0


def test_a_gradient_may_lose_its_own_limit_and_four_roundings() -> None:
    one = Number(FINITE, False, 0, 3 << 126, False)
    assert gradient_limit([one], [ONE], 5.0, BINARY32) == 9.0
    grown = gradient_limit([one], [fmpq(3, 7)], 5.0, BINARY32)  # 1.5 · 3/7 lies in the binade below
    assert 9.0 <= grown <= 14.0


def test_weights_tell_the_divisors_apart() -> None:
    elements = sample("mixed", LOGIT, "binary32", (), 7, "some-zero")
    found = {name: divisors.divisor(name, elements) for name in ("1", "elements", "weights", "nonzero-weights")}
    assert found == {"1": 1, "elements": 7, "weights": fmpq(43, 2), "nonzero-weights": 5}
    pairs = [(a, b) for a in found.values() for b in found.values() if a < b]
    assert all(b / a > fmpq(13, 10) for a, b in pairs)  # no limit of any format here is as wide


@pytest.mark.parametrize(("length", "fmt", "held"), [(70_000, BINARY16, None), (2049, BINARY16, fmpq(2048))])
def test_a_divisor_that_the_format_cannot_hold_is_among_the_others(
    length: int, fmt: object, held: fmpq | None
) -> None:
    elements = sample("mixed", LOGIT, "binary16", (), length)
    assert held in divisors.others("elements", elements, BINARY16).values()
    assert len(divisors.others("elements", elements, BINARY32)) == 1  # 1 itself


@pytest.mark.parametrize("name", losses.names())
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("values", ["equal", "mixed", "moderate", "huge"])
def test_samples_are_exact_inside_the_domain_and_finite(name: str, dtype: str, values: str) -> None:
    elements = sample(values, losses.load(name).ARGUMENTS, dtype, ("hard0", "hard1"), 257)
    assert sum(elements.counts) == 257 == len(elements.index)
    assert [elements.row(k) for k in range(257)] == elements.index.tolist()
    assert np.bincount(elements.index).tolist() == elements.counts[: elements.index.max() + 1]
    for column in elements.columns:
        assert np.array_equal(rounded(column, FORMATS[dtype]), column)
    pair = exact_pair(name, "loss")
    assert {pair(row)[0].tag for row in elements.rows()} <= {FINITE}


@pytest.mark.parametrize("dtype", FORMATS)
def test_mixed_losses_span_many_binades(dtype: str) -> None:
    pair = exact_pair("sigmoid_cross_entropy", "loss")
    exponents = {pair(row)[0].exponent for row in sample("mixed", LOGIT, dtype, (), 29).rows()}
    assert min(exponents) < -16 and max(exponents) == 3 and len(exponents) > 10


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("loss", ["sigmoid_cross_entropy", "binary_cross_entropy"])
def test_beside_the_huge_loss_a_small_one_is_nothing(loss: str, dtype: str) -> None:
    fmt, pair = FORMATS[dtype], exact_pair(loss, "loss")
    rows = sample("huge", losses.load(loss).ARGUMENTS, dtype, (), 2049).rows()
    values = rounded_values(pack([pair(row)[0] for row in rows]), fmt)
    assert rounded(np.array([values.sum()]), fmt)[0] == values[0] if fmt != BINARY64 else values.sum() == values[0]
    assert rounded(np.array([values[0] + 8 * values[1]]), fmt)[0] > values[0]


def test_weights_are_exact_in_every_format() -> None:
    for weights in WEIGHTS.values():
        for fmt in FORMATS.values():
            assert np.array_equal(rounded(np.array(weights), fmt), np.array(weights))


def test_inputs_are_the_rows_in_turn() -> None:
    elements = sample("mixed", LOGIT, "binary32", (), 7, "some-zero")
    bits = elements.inputs(BINARY32)
    assert len(bits) == 3 and elements.repeated == 7
    assert to_float64(bits[2], BINARY32)[:7].tolist() == list(WEIGHTS["some-zero"])
    first = sample("huge", LOGIT, "binary32", (), 5)
    assert first.repeated == 0 and first.counts == [1, 4]
    assert [len(b) for b in first.inputs(BINARY32)] == [5, 5]
    assert [len(b) for b in sample("mixed", LOGIT, "binary32", (), 0).inputs(BINARY32)] == [0, 0]


def test_the_weights_of_classes_are_those_of_the_labels() -> None:
    elements = sample("mixed", LOGIT, "binary32", ("hard0", "hard1"), 29, "by-class")
    assert elements.weights is not None
    assert elements.weights.tolist() == [3.0 if y else 0.5 for y in elements.columns[1]]
    assert elements.columns[1][:2].tolist() == [0.0, 1.0]
