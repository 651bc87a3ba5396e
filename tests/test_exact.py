"""Exact numbers: truncation of rationals, one rounding into each format, decimals; against fractions."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import rational
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.exact import (
    FINITE,
    INFINITE,
    NAN,
    NONE,
    UNDERFLOW,
    UNDERFLOW_EXPONENT,
    ZERO,
    Number,
    decimal,
    number_of_ratio,
    pack,
    round_to,
    split,
)
from conformance.formats import BINARY32, BINARY64, FORMATS, Format

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
integers = st.one_of(
    st.integers(-(1 << 300), 1 << 300),
    st.builds(lambda k, d: (1 << k) + d, st.integers(0, 300), st.integers(-2, 2)),
)


@settings(deadline=None, max_examples=200)
@given(numerator=integers, denominator=integers.map(abs).filter(bool))
def test_a_rational_is_truncated_to_128_bits(numerator: int, denominator: int) -> None:
    number = number_of_ratio(numerator, denominator)
    if numerator == 0:
        assert number == Number(ZERO)
    else:
        assert number == rational.number_of(Fraction(numerator, denominator))
        assert number.significand.bit_length() == 128


def test_underflow_begins_far_below_every_format() -> None:
    assert number_of_ratio(1, 1 << -UNDERFLOW_EXPONENT).tag == FINITE
    below = number_of_ratio(-(1 << 200) + 1, 1 << (200 - UNDERFLOW_EXPONENT))
    assert below == Number(UNDERFLOW, negative=True)
    assert all(fmt.quantum - 1 > UNDERFLOW_EXPONENT for fmt in FORMATS.values())


@st.composite
def near_a_tie(draw: st.DrawFn, fmt: Format) -> Number:
    """A Number at or beside a representable value or the middle of two, of any magnitude down to underflow."""
    bits = draw(
        st.one_of(
            st.integers(0, rational.largest_pattern(fmt)),
            st.integers(0, 4),
            st.integers(-3, 3).map(lambda k: (1 << (fmt.precision - 1)) + k),
            st.integers(rational.largest_pattern(fmt) - 2, rational.largest_pattern(fmt)),
        )
    )
    step = rational.power(fmt.quantum)
    if bits:
        step = rational.decode(bits, fmt) - rational.decode(bits - 1, fmt)
    value = rational.decode(bits, fmt) + draw(st.sampled_from([Fraction(0), Fraction(1, 2), -Fraction(1, 2)])) * step
    if value == 0:
        value = step / draw(st.sampled_from([2, 3, 4, 1 << 40]))
    number = rational.number_of(value)
    significand = number.significand + draw(st.sampled_from([0, 0, 1, -1, 1 << 63, 1 << 64]))
    if not 1 << 127 <= significand < 1 << 128:
        significand = number.significand
    return Number(FINITE, draw(st.booleans()), number.exponent, significand, draw(st.booleans()))


@EVERY
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_one_rounding_to_nearest_even(fmt: Format, data: st.DataObject) -> None:
    number = data.draw(near_a_tie(fmt))
    expected = rational.nearest(rational.value_of(number), fmt)
    assert int(round_to(pack([number]), fmt)[0]) == expected


@EVERY
@settings(deadline=None, max_examples=200)
@given(
    exponent=st.integers(UNDERFLOW_EXPONENT, 1400),
    significand=st.integers(1 << 127, (1 << 128) - 1),
    negative=st.booleans(),
    sticky=st.booleans(),
)
def test_any_magnitude_is_rounded(fmt: Format, exponent: int, significand: int, negative: bool, sticky: bool) -> None:
    number = Number(FINITE, negative, exponent, significand, sticky)
    expected = rational.nearest(rational.value_of(number), fmt)
    assert int(round_to(pack([number]), fmt)[0]) == expected


def test_rounding_twice_would_be_wrong() -> None:
    """Just above the middle of two binary32 numbers, and exactly there after a rounding to binary64."""
    above = number_of_ratio((1 << 100) + (1 << 76) + 1, 1 << 100)
    assert np.float32(float(Fraction((1 << 100) + (1 << 76) + 1, 1 << 100))) == 1
    assert round_to(pack([above]), BINARY32).view(np.float32)[0] == np.nextafter(np.float32(1), np.float32(2))
    subnormal = number_of_ratio((1 << 60) + 1, 1 << (60 + 150))  # a hair over half the smallest subnormal
    assert round_to(pack([subnormal]), BINARY32)[0] == 1
    assert round_to(pack([number_of_ratio(1, 1 << 150)]), BINARY32)[0] == 0


@EVERY
def test_tags_round_to_their_specials(fmt: Format) -> None:
    top, infinity = 1 << (fmt.width - 1), rational.infinity_pattern(fmt)
    for tag, pattern in ((ZERO, 0), (UNDERFLOW, 0), (INFINITE, infinity)):
        for negative in (False, True):
            bits = int(round_to(pack([Number(tag, negative)]), fmt)[0])
            assert bits == pattern | (top if negative else 0)
    for tag in (NAN, NONE):
        assert infinity < int(round_to(pack([Number(tag)]), fmt)[0]) < top


@EVERY
def test_overflow_begins_half_a_step_above_the_largest(fmt: Format) -> None:
    largest = rational.largest_pattern(fmt)
    step = rational.decode(largest, fmt) - rational.decode(largest - 1, fmt)
    limit = rational.number_of(rational.decode(largest, fmt) + step / 2)
    below = rational.number_of(rational.value_of(limit) - rational.power(limit.exponent - 127))
    far = Number(FINITE, False, 1 << 40, 1 << 127)
    assert round_to(pack([below, limit, far]), fmt).tolist() == [largest, largest + 1, largest + 1]


@settings(deadline=None, max_examples=200)
@given(significand=st.integers(1 << 127, (1 << 128) - 1), exponent=st.integers(-1200, 1100), negative=st.booleans())
def test_the_three_parts_add_up(significand: int, exponent: int, negative: bool) -> None:
    number = Number(FINITE, negative, exponent, significand)
    parts = [Fraction(float(p[0])) for p in split(pack([number]))]
    whole = rational.value_of(number) / rational.power(exponent - 63)
    assert abs(sum(parts) - whole) <= Fraction(1, 1 << 53)
    assert parts[0] + parts[1] == (significand >> 64) * (-1) ** negative


def test_arrays_give_their_numbers_back() -> None:
    numbers = [
        Number(FINITE, True, -57, (1 << 128) - 1, True),
        Number(FINITE, False, 3, 1 << 127, False),
        Number(UNDERFLOW, True),
        Number(NONE),
    ]
    exact = pack(numbers)
    assert len(exact) == 4
    assert [exact.number(i) for i in range(4)] == numbers
    taken = exact.take(np.array([3, 0]))
    assert [taken.number(i) for i in range(2)] == [numbers[3], numbers[0]]


@settings(deadline=None, max_examples=200)
@given(significand=st.integers(1 << 127, (1 << 128) - 1), exponent=st.integers(-1200, 1100), negative=st.booleans())
def test_twenty_decimal_digits_are_right(significand: int, exponent: int, negative: bool) -> None:
    number = Number(FINITE, negative, exponent, significand)
    value = rational.value_of(number)
    error = abs(Fraction(decimal(number)) - value)
    place = Fraction(10) ** (math.floor(mpmath.log10(abs(mpmath.mpf(value.numerator) / value.denominator))) - 19)
    assert error <= place * Fraction(51, 100)


def test_tags_in_words() -> None:
    words = [decimal(Number(tag, True)) for tag in (ZERO, UNDERFLOW, INFINITE, NAN, NONE)]
    assert words == ["0", "-0 (underflow)", "-inf", "nan", "none"]
    assert decimal(number_of_ratio(-1, 8)) == "-0.125"


def test_binary64_floats_come_back_from_their_ratios() -> None:
    values = np.random.default_rng(5).integers(0, rational.largest_pattern(BINARY64), 3000).astype(np.uint64)
    floats = values.view(np.float64)
    exact = pack(number_of_ratio(*v.as_integer_ratio()) for v in floats.tolist())
    np.testing.assert_array_equal(round_to(exact, BINARY64), values)


def test_bits_dropped_from_a_quotient_without_a_rest_are_sticky() -> None:
    for extra in (1, 2):
        number = number_of_ratio((1 << (127 + extra)) + 1, 1)
        assert number == Number(FINITE, False, 127 + extra, 1 << 127, True)
