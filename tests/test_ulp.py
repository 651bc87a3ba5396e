"""ULPs as the docstrings define them, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
import rational
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number, number_of_ratio, pack
from conformance.formats import BINARY16, BINARY32, BINARY64, FORMATS, Format, from_float64, to_float64
from conformance.ulp import compare, ulp_error, ulp_exponent

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)


def number(value: Fraction | float) -> Number:
    fraction = Fraction(value)
    return number_of_ratio(fraction.numerator, fraction.denominator)


def unit_of(value: Number, fmt: Format) -> int:
    return int(ulp_exponent(pack([value]), fmt)[0])


def error_of(got: float, value: Number, fmt: Format, scale: Number | None = None) -> float:
    exact = pack([value])
    unit = ulp_exponent(pack([scale or value]), fmt)
    return float(ulp_error(np.array([got]), exact, unit, fmt)[0])


@EVERY
def test_one_ulp_at_and_beside_powers_of_two(fmt: Format) -> None:
    p = fmt.precision
    assert unit_of(number(1.0), fmt) == -p  # the finer of the two
    assert unit_of(number(Fraction(1) + Fraction(1, 1 << 100)), fmt) == 1 - p
    assert unit_of(number(Fraction(1) - Fraction(1, 1 << 100)), fmt) == -p
    assert unit_of(Number(FINITE, False, 0, 1 << 127, True), fmt) == 1 - p  # above 1 by less than 128 bits show
    assert unit_of(number(-2.0), fmt) == 1 - p


@EVERY
def test_nothing_is_finer_than_the_smallest_subnormal(fmt: Format) -> None:
    quantum = fmt.quantum
    for small in (fmt.smallest_normal, -fmt.smallest, 1.5 * fmt.smallest_normal, Fraction(fmt.smallest) / 3):
        assert unit_of(number(small), fmt) == quantum
    assert unit_of(number(2 * fmt.smallest_normal), fmt) == quantum  # a power of two: the finer gap
    assert unit_of(number(Fraction(2 * fmt.smallest_normal) * Fraction(65, 64)), fmt) == quantum + 1
    assert unit_of(Number(ZERO), fmt) == unit_of(Number(UNDERFLOW, True), fmt) == quantum


@EVERY
@settings(deadline=None, max_examples=120)
@given(
    significand=st.one_of(st.just(1 << 127), st.integers(1 << 127, (1 << 128) - 1)),
    exponent=st.integers(-1200, 1100),
    sticky=st.booleans(),
)
def test_the_unit_is_the_definition(fmt: Format, significand: int, exponent: int, sticky: bool) -> None:
    value = Number(FINITE, False, exponent, significand, sticky)
    assert rational.power(unit_of(value, fmt)) == rational.ulp(rational.value_of(value), fmt)


@st.composite
def close_pair(draw: st.DrawFn, fmt: Format) -> tuple[float, Number]:
    """A number of the format, and an exact value some tiny or moderate part of it away."""
    bits = draw(
        st.one_of(
            st.integers(1, rational.largest_pattern(fmt)),
            st.integers(1, 3),
            st.integers(-2, 2).map(lambda k: (1 << (fmt.precision - 1)) + k),
            st.integers(0, 3).map(lambda k: rational.largest_pattern(fmt) - k),
        )
    )
    got = rational.decode(bits, fmt)
    away = draw(st.sampled_from([0, 1, 2, 5, 11, 24, 33, 53, 60, 64, 66, 90, 127]))
    part = draw(st.fractions(-1, 1, max_denominator=1 << 30))
    value = got * (1 + part / (1 << away))
    if not value:
        value = got
    sign = draw(st.sampled_from([1, -1]))
    return sign * float(got), rational.number_of(sign * value)


@EVERY
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_the_error_is_the_exact_difference(fmt: Format, data: st.DataObject) -> None:
    got, value = data.draw(close_pair(fmt))
    exact = rational.value_of(value)
    expected = abs(Fraction(got) - exact) / rational.ulp(exact, fmt)
    found = Fraction(error_of(got, value, fmt))
    assert abs(found - expected) <= max(expected / (1 << 51), Fraction(1, 1 << 59))


@EVERY
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_far_results_and_coarse_scales(fmt: Format, data: st.DataObject) -> None:
    finite = st.integers(0, rational.largest_pattern(fmt))
    got = float(rational.decode(data.draw(finite), fmt)) * data.draw(st.sampled_from([1, -1]))
    value = number(rational.decode(data.draw(finite.filter(bool)), fmt))
    factor = data.draw(st.sampled_from([1, 3, 1 << 20, 1 << 200]))
    scale = rational.number_of(rational.value_of(value) * factor)
    unit = rational.ulp(rational.value_of(scale), fmt)
    expected = abs(Fraction(got) - rational.value_of(value)) / unit
    found = error_of(got, value, fmt, scale)
    if expected > rational.power(1023):
        assert found > 2.0**1022
    else:
        assert abs(Fraction(found) - expected) <= max(expected / (1 << 51), Fraction(1, 1 << 59))


@EVERY
def test_neighbours_of_the_correctly_rounded_number_are_about_one_ulp_away(fmt: Format) -> None:
    for value in (Fraction(1, 3), Fraction(10, 7), Fraction(fmt.smallest_normal) * Fraction(9, 7)):
        best = int(from_float64(np.array([float(value)]), fmt)[0])
        near = to_float64(np.array([best - 1, best, best + 1], fmt.storage), fmt).tolist()
        below, at, above = (error_of(v, number(value), fmt) for v in near)
        assert at <= 0.5 and 0.5 <= below <= 1.5 and 0.5 <= above <= 1.5
        assert below + above == pytest.approx(2, abs=1e-9)


@EVERY
def test_an_infinity_counts_as_the_first_number_out_of_reach(fmt: Format) -> None:
    largest = number(fmt.largest)
    assert error_of(math.inf, largest, fmt) == 1
    assert error_of(-math.inf, number(-fmt.largest), fmt) == 1
    assert error_of(-math.inf, largest, fmt) == pytest.approx(2.0 ** (fmt.precision + 1), rel=2.0**-fmt.precision)
    middle = Fraction(fmt.largest) + rational.ulp(Fraction(fmt.largest), fmt) * Fraction(49, 100)
    assert error_of(math.inf, number(middle), fmt) == pytest.approx(0.51)
    assert error_of(fmt.largest, number(middle), fmt) == pytest.approx(0.49)
    beyond = number(Fraction(fmt.largest) * 2)
    assert error_of(math.inf, beyond, fmt) == 0  # the rounded exact value
    half = 2.0 ** (fmt.precision - 1)
    assert error_of(fmt.largest, beyond, fmt) == pytest.approx(half, rel=2 / half)


@EVERY
def test_infinite_and_undefined_values(fmt: Format) -> None:
    up, down = Number(INFINITE), Number(INFINITE, True)
    assert error_of(math.inf, up, fmt) == error_of(-math.inf, down, fmt) == 0
    assert error_of(-math.inf, up, fmt) == error_of(fmt.largest, up, fmt) == math.inf
    for tag in (NAN, NONE):
        for got in (0.0, math.inf, math.nan):
            assert math.isnan(error_of(got, Number(tag), fmt))
    assert math.isnan(error_of(math.nan, number(1.0), fmt)) and math.isnan(error_of(math.nan, up, fmt))


@EVERY
def test_zero_and_underflow_are_measured_in_smallest_subnormals(fmt: Format) -> None:
    for tag in (ZERO, UNDERFLOW):
        assert error_of(0.0, Number(tag, True), fmt) == error_of(-0.0, Number(tag), fmt) == 0
        assert error_of(-3 * fmt.smallest, Number(tag), fmt) == 3
    assert error_of(0.0, number(Fraction(fmt.smallest) * Fraction(5, 8)), fmt) == 0.625


@settings(deadline=None, max_examples=100)
@given(k=st.integers(0, 74))
def test_cancellation_loses_nothing(k: int) -> None:
    """A result that agrees with the exact value in its first 53 bits and more."""
    value = Fraction(1) + Fraction(1, 1 << 52) + Fraction(1, 1 << (53 + k))
    assert error_of(1 + 2.0**-52, number(value), BINARY64) == 2.0 ** (-1 - k)


def test_binary64_against_zero_can_exceed_every_number() -> None:
    assert error_of(1.0, Number(ZERO), BINARY64) == math.inf
    assert error_of(2.0**-52, Number(ZERO), BINARY64) == 2.0**1022


def test_a_scale_coarser_than_the_value_divides_the_error() -> None:
    small, big = number(Fraction(1, 1024)), number(3.0)
    assert error_of(0.0, small, BINARY32, big) == 2.0**-10 / 2.0**-22
    assert error_of(0.0, small, BINARY16, big) == 2.0**-10 / 2.0**-9


@pytest.mark.parametrize(
    ("offset", "sign"),
    [(Fraction(0), 0), (rational.power(-110), -1), (-rational.power(-110), 1), (Fraction(1, 16), -1)],
)
def test_a_bound_is_compared_exactly_where_binary64_cannot_tell(offset: Fraction, sign: int) -> None:
    """512 is one ULP of binary16 from 511.75, and a little less or more from what lies beside that."""
    value = Fraction(2047, 4) + offset
    exact = pack([number_of_ratio(value.numerator, value.denominator)])
    got, unit = np.array([512.0]), ulp_exponent(exact, BINARY16)
    error = ulp_error(got, exact, unit, BINARY16)
    assert compare(error, 1.0, got, exact, unit, BINARY16).tolist() == [sign]
    if abs(offset) < rational.power(-100):
        assert error[0] == pytest.approx(1.0, abs=1e-15)


def test_an_underflow_is_compared_as_what_it_is() -> None:
    exact = pack([Number(UNDERFLOW, True), Number(UNDERFLOW)])
    got, unit = np.array([2.0**-24, 2.0**-24]), ulp_exponent(exact, BINARY16)
    error = ulp_error(got, exact, unit, BINARY16)
    assert compare(error, 1.0, got, exact, unit, BINARY16).tolist() == [1, -1]


@pytest.mark.parametrize("fmt", [f for f in FORMATS.values() if f != BINARY64], ids=lambda f: f.name)
def test_many_bounds_at_once_are_compared_exactly(fmt: Format) -> None:
    random = np.random.default_rng(8)
    got = to_float64(random.integers(0, rational.infinity_pattern(fmt), 300).astype(fmt.storage), fmt)
    got *= random.choice([-1, 1], 300)
    numbers, bounds, due, units = [], [], [], []
    for result in got.tolist():
        bound = int(random.integers(1, 300)) / 64
        unit = max(rational.ulp(Fraction(result), fmt), rational.power(fmt.quantum))
        away = Fraction(int(random.choice([-1, 0, 1]))) * rational.power(-int(random.choice([50, 70, 90])))
        side = int(random.choice([-1, 1]))
        numbers.append(number(Fraction(result) + side * unit * (Fraction(bound) + away)))
        bounds.append(bound)
        due.append((away > 0) - (away < 0))
        units.append(rational.floor_log2(unit))
    exact, unit_of_each = pack(numbers), np.array(units)
    error = ulp_error(got, exact, unit_of_each, fmt)
    assert compare(error, np.array(bounds), got, exact, unit_of_each, fmt).tolist() == due
    assert set(due) == {-1, 0, 1}
