"""Curves over consecutive floats: where they are sure they are right, and where an expansion is wrong they are not."""

from fractions import Fraction

import numpy as np
import pytest
import rational

from conformance import oracle
from conformance.curve import ROW, Curve, curves
from conformance.exact import FINITE, UNDERFLOW, UNDERFLOW_EXPONENT, Number
from conformance.formats import BFLOAT16, BINARY16, BINARY32, Values, from_float64, to_float64
from conformance.golden import golden
from conformance.losses import BOUND, binary_cross_entropy, sigmoid_cross_entropy

LOGIT, PROBABILITY = "sigmoid_cross_entropy", "binary_cross_entropy"
QUANTITIES = {
    LOGIT: ("loss", "d_logits", "d2_logits"),
    PROBABILITY: ("loss", "d_probabilities", "d2_probabilities"),
}
EACH = pytest.mark.parametrize("loss", QUANTITIES)
LABELS = pytest.mark.parametrize("label", [0.0, 1.0])
SIGN, FIELD = 1 << 31, 1 << 23
BLOCK = 1 << 16
FAR = BINARY32.quantum - 64


def pattern(value: float) -> int:
    return int(from_float64(np.array([value]), BINARY32)[0])


def inputs(first: int, count: int) -> Values:
    return to_float64(np.arange(first, first + count, dtype=np.int64).astype(np.uint32), BINARY32)


def row_of(loss: str, quantity: str, value: float, label: float) -> Curve:
    """The curve of the one row that a value is in."""
    bits = pattern(value)
    return curves(loss, [quantity], BINARY32, bits - bits % ROW, ROW, label)[0]


def fields(loss: str) -> range | list[int]:
    """The first patterns of all exponent fields in the domain."""
    last = 127 if loss == PROBABILITY else 255
    return [s + f * FIELD for s in ((0,) if loss == PROBABILITY else (0, SIGN)) for f in range(last)]


def holds(got: float, exact: Number) -> bool:
    """Whether a sure value is within the bound of the exact one, or both are as good as nothing."""
    if exact.tag == UNDERFLOW or exact.exponent < FAR:
        return abs(got) < 2.0**FAR and bool(np.signbit(got)) == exact.negative
    value = rational.value_of(exact)
    return abs(Fraction(float(got)) - value) <= Fraction(BOUND) * abs(value)


@EACH
@LABELS
def test_a_random_place_and_its_row_s_ends_in_every_binade(loss: str, label: float) -> None:
    random = np.random.default_rng(8)
    rows = [field + ROW * int(random.integers(FIELD // ROW)) for field in fields(loss)]
    places = np.stack([np.zeros(len(rows)), random.integers(1, ROW - 1, len(rows)), np.full(len(rows), ROW - 1)])
    x = np.stack([inputs(first, ROW) for first in rows])
    kept = dict.fromkeys(QUANTITIES[loss], 0)
    found = [curves(loss, QUANTITIES[loss], BINARY32, first, ROW, label) for first in rows]
    for k, quantity in enumerate(QUANTITIES[loss]):
        exact = [
            golden(loss, quantity, [x[np.arange(len(rows)), at], np.full(len(rows), label)]).value
            for at in places.astype(int)
        ]
        for i, row in enumerate(found):
            curve = row[k]
            if not curve.sure[0]:
                continue
            kept[quantity] += 1
            numbers = [e.number(i) for e in exact]
            for at, number in zip(places[:, i].astype(int), numbers, strict=True):
                assert holds(curve.values[0, at], number), (quantity, float(x[i, at]).hex())
            if curve.exponent[0] == UNDERFLOW_EXPONENT:
                assert all(n.tag == UNDERFLOW or n.exponent < FAR for n in numbers)
            else:
                assert {n.tag for n in numbers} == {FINITE}
                assert {n.exponent for n in numbers} == {int(curve.exponent[0])}
                assert not any(n.significand == 1 << 127 and not n.sticky for n in numbers)
    assert all(count > 0.95 * len(rows) for count in kept.values())


@EACH
@LABELS
def test_whole_blocks_agree_with_the_oracle_where_they_are_sure(loss: str, label: float) -> None:
    ends = [0.0, 2.0**-140, 2.0**-127, 2.0**-47, 0.5, 0.875]
    firsts = [pattern(v) for v in ends] + [pattern(1.0) - BLOCK]
    if loss == LOGIT:
        more = [pattern(v) for v in (1.0, 8.0, 30.0, 100.0, 146.0, 300.0, 740.0, 1000.0, 2.0**20, 2.0**127)]
        firsts = [first + s for first in (*firsts, *more) for s in (0, SIGN)]
    kept = total = 0
    for first in (f - f % BLOCK for f in firsts):
        columns = [inputs(first, BLOCK), np.full(BLOCK, label)]
        expected = oracle.values(loss, QUANTITIES[loss], columns)
        for curve, (value, _) in zip(
            curves(loss, QUANTITIES[loss], BINARY32, first, BLOCK, label), expected, strict=True
        ):
            value = value.reshape(-1, ROW)
            with np.errstate(invalid="ignore"):  # the derivatives of a probability's loss are infinite at 0
                bad = ~(np.abs(curve.values - value) <= 2 * BOUND * np.abs(value))
            bad &= ~((np.abs(value) < 2.0**FAR) & (np.abs(curve.values) < 2.0**FAR))
            bad |= np.signbit(curve.values) != np.signbit(value)
            assert not bad[curve.sure].any(), hex(first)
            kept, total = kept + int(curve.sure.sum()), total + len(curve.sure)
    assert kept > 0.7 * total  # the blocks at 0 and beside 1 are chosen to be hard


@pytest.mark.parametrize(
    ("loss", "quantity", "value", "label"),
    [
        (PROBABILITY, "loss", 1 - 2.0**-24, 0.0),  # the logarithm's singularity is nearer than the row is wide
        (PROBABILITY, "d_probabilities", 1 - 2.0**-20, 0.0),
        (PROBABILITY, "d_probabilities", 100 * 2.0**-149, 1.0),
    ],
)
def test_where_an_expansion_is_wrong_it_is_not_sure(loss: str, quantity: str, value: float, label: float) -> None:
    found = row_of(loss, quantity, value, label)
    first = pattern(value) - pattern(value) % ROW
    exact = oracle.values(loss, [quantity], [inputs(first, ROW), np.full(ROW, label)])[0][0]
    with np.errstate(invalid="ignore"):
        assert not (np.abs(found.values[0] - exact) <= BOUND * np.abs(exact)).all()
    assert not found.sure[0]


def test_where_values_cancel_in_a_row_it_is_not_sure() -> None:
    # −log p is 2^-24 at the end of the row, and 128 times that in its middle.
    assert not row_of(PROBABILITY, "loss", 1 - 2.0**-24, 1.0).sure[0]
    assert row_of(PROBABILITY, "loss", 1 - 3 * 2.0**-11, 1.0).sure[0]


def test_the_roundings_of_a_product_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_of(LOGIT, "loss", 3.0, 0.0).sure[0]
    monkeypatch.setattr("conformance.curve.ROUNDING", BOUND)
    assert not row_of(LOGIT, "loss", 3.0, 0.0).sure[0]


@LABELS
def test_a_logit_s_loss_and_gradient_are_sure_but_for_a_handful_of_rows(label: float) -> None:
    for start in (2.0**-60, 0.25, 3.0, 12.0, 36.0, 66.0, 120.0, 200.0, 300.0, 700.0, 1e5, 2.0**127):
        for sign in (0, SIGN):
            first = (pattern(start) | sign) // ROW * ROW
            for found in curves(LOGIT, ["loss", "d_logits"], BINARY32, first, 1 << 14, label):
                assert (~found.sure).sum() <= 1, start


@pytest.mark.parametrize("value", [200.0, 300.0, 700.0, 1e5])
def test_what_is_too_small_for_the_format_is_sure_to_be(value: float) -> None:
    found = row_of(LOGIT, "loss", value, 1.0)
    assert (found.sure[0], found.exponent[0]) == (True, UNDERFLOW_EXPONENT)
    assert (np.abs(found.values) < 2.0**FAR).all()
    found = row_of(LOGIT, "loss", 140.0, 1.0)  # as small as 2^-202, and still relatively right
    assert found.sure[0] and found.exponent[0] == -202


@pytest.mark.parametrize(
    ("loss", "quantity", "value", "label"),
    [
        (LOGIT, "loss", 64.0, 0.0),  # x + e^−x at x = 2^6
        (LOGIT, "loss", -1024.0, 1.0),
        (PROBABILITY, "d_probabilities", 0.25, 1.0),  # −1/p
        (PROBABILITY, "loss", 2.0**-60, 0.0),  # p + p²/2
        (LOGIT, "d_logits", 0.0, 0.0),  # sigma(0) = 1/2
        (PROBABILITY, "d_probabilities", 0.0, 0.0),  # 1/(1 − 0) = 1
    ],
)
def test_a_row_that_begins_at_a_power_of_two_is_not_sure(loss: str, quantity: str, value: float, label: float) -> None:
    first = pattern(value)
    found = curves(loss, [quantity], BINARY32, first, 4 * ROW, label)[0]
    assert found.sure.tolist() == [False, True, True, True]


def test_a_power_of_two_amid_a_row_is_not_sure() -> None:
    crossing = row_of(LOGIT, "d2_logits", 2.0634370688955608, 0.0)  # sigma(x)·sigma(−x) passes 0.1 there, and 1/8 at
    assert crossing.sure[0]
    crossing = row_of(LOGIT, "d2_logits", 1.7627471740390859, 0.0)  # 2·log(1 + √2)
    assert crossing.values[0, 0] > 0.125 > crossing.values[0, -1]
    assert not crossing.sure[0]


BESIDE = [
    (LOGIT, "d_logits", 2.0**-100, 0.0, -1),  # above 1/2, which is all that binary64 tells
    (LOGIT, "d_logits", -(2.0**-100), 0.0, -2),
    (LOGIT, "d_logits", 1e30, 0.0, -1),  # below 1
    (LOGIT, "d_logits", -1e30, 1.0, -1),
    (LOGIT, "d2_logits", -(2.0**-100), 1.0, -3),
    (PROBABILITY, "d_probabilities", 2.0**-100, 0.0, 0),  # above 1
    (PROBABILITY, "d2_probabilities", 2.0**-100, 0.0, 0),
]


@pytest.mark.parametrize(("loss", "quantity", "value", "label", "exponent"), BESIDE)
def test_beside_a_limit_the_loss_file_tells_the_binade(
    loss: str, quantity: str, value: float, label: float, exponent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = row_of(loss, quantity, value, label)
    assert (found.sure[0], found.exponent[0]) == (True, exponent)
    assert golden(loss, quantity, [np.array([value]), np.array([label])]).value.exponent[0] == exponent
    for file in (sigmoid_cross_entropy, binary_cross_entropy):
        monkeypatch.setattr(file, "BINADES", {})
    assert not row_of(loss, quantity, value, label).sure[0]


@pytest.mark.parametrize("file", [sigmoid_cross_entropy, binary_cross_entropy], ids=lambda f: f.__name__[-21:])
def test_the_stated_binades_hold_from_end_to_end(file: object) -> None:
    loss = LOGIT if file is sigmoid_cross_entropy else PROBABILITY
    intervals = (sigmoid_cross_entropy if loss == LOGIT else binary_cross_entropy).BINADES
    assert intervals
    for (quantity, label), stated in intervals.items():
        for low, high, exponent in stated:
            near = [np.nextafter(low, high), np.nextafter(high, low)]
            amid = np.linspace(max(low, -50), min(high, 50), 101)[1:-1]
            x = np.concatenate((near, amid))
            numbers = golden(loss, quantity, [x, np.full(len(x), label)]).value
            assert set(numbers.exponent.tolist()) == {exponent}
            assert not ((numbers.high == 1 << 63) & (numbers.low == 0) & ~numbers.sticky).any()


def test_outside_the_domain_nothing_is_sure() -> None:
    for value in (-0.5, 1.0, 1.5, -(2.0**-149)):
        for label in (0.0, 1.0):
            found = row_of(PROBABILITY, "loss", value, label)
            assert not found.sure.any()


def test_an_underflow_has_the_sign_of_the_exact_value() -> None:
    for value, label, negative in ((1e4, 1.0, True), (-1e4, 0.0, False)):
        found = row_of(LOGIT, "d_logits", value, label)
        assert found.sure[0] and found.exponent[0] == UNDERFLOW_EXPONENT
        assert (found.values == 0).all() and (np.signbit(found.values) == negative).all()


def test_values_go_where_they_are_told() -> None:
    out = np.full((2, 16, ROW), np.nan)
    first = pattern(-3.0)
    found = curves(LOGIT, ["loss", "d_logits"], BINARY32, first, 16 * ROW, 1.0, out)
    assert all(np.shares_memory(curve.values, out) for curve in found)
    fresh = curves(LOGIT, ["loss", "d_logits"], BINARY32, first, 16 * ROW, 1.0)
    assert (np.stack([curve.values for curve in fresh]) == out).all()


def test_a_format_of_16_bits_has_rows_too() -> None:
    first = int(from_float64(np.array([2.0**-10]), BINARY16)[0])
    found = curves(LOGIT, ["loss"], BINARY16, first, 4 * ROW, 0.0)[0]
    x = to_float64(np.arange(first, first + 4 * ROW).astype(np.uint16), BINARY16)
    expected = oracle.values(LOGIT, ["loss"], [x, np.zeros(len(x))])[0][0]
    assert found.sure.all()
    assert np.allclose(found.values.ravel(), expected, rtol=BOUND, atol=0)


def test_what_is_no_row_of_one_exponent_is_refused() -> None:
    for first, count in ((1, ROW), (0, 100), (0, 0), (FIELD - ROW, 2 * ROW)):
        with pytest.raises(ValueError, match="not rows of one exponent"):
            curves(LOGIT, ["loss"], BINARY32, first, count, 0.0)
    with pytest.raises(ValueError, match="not rows of one exponent"):
        curves(LOGIT, ["loss"], BFLOAT16, 0x3F00, ROW, 0.0)
    with pytest.raises(ValueError, match="no fast oracle"):
        curves("focal(gamma=2)", ["loss"], BINARY32, 0, ROW, 0.0)
