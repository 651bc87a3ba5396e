"""Bits, values and the one rounding: exhaustive where 16 bits allow it, against fractions elsewhere."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import rational
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.formats import (
    BFLOAT16,
    BINARY16,
    BINARY32,
    BINARY64,
    FORMATS,
    Format,
    from_float64,
    neighbours,
    round_half_even,
    rounded,
    to_float64,
)

SHORT = pytest.mark.parametrize("fmt", [BINARY16, BFLOAT16], ids=lambda f: f.name)
EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
doubles = st.floats(allow_nan=False, width=64)


def ascending(fmt: Format) -> Any:
    """Patterns of neighbouring non-negative numbers, infinity last: all of 16 bits, else a sample in pairs."""
    top = rational.infinity_pattern(fmt)
    if fmt.width == 16:
        lower = np.arange(top)
    else:
        random = np.random.default_rng(7)
        edges = [0, 1, 2, (1 << (fmt.precision - 1)) - 2, (1 << (fmt.precision - 1)) - 1, top - 2, top - 1]
        lower = np.concatenate([edges, random.integers(0, top, 20000)])
    return lower.astype(fmt.storage), (lower + 1).astype(fmt.storage)


@SHORT
def test_every_pattern_decodes_to_its_value(fmt: Format) -> None:
    last = rational.largest_pattern(fmt)
    sign = 1 << 15
    patterns = np.concatenate([np.arange(last + 1), np.arange(last + 1) + sign]).astype(np.uint16)
    values = to_float64(patterns, fmt)
    assert [Fraction(v) for v in values.tolist()] == [rational.decode(b, fmt) for b in patterns.tolist()]
    assert np.signbit(values[last + 1]) and values[last + 1] == 0


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda f: f.name)
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_wide_patterns_decode_to_their_values(fmt: Format, data: st.DataObject) -> None:
    sign = data.draw(st.sampled_from([0, 1 << fmt.width - 1]))
    bits = data.draw(st.integers(0, rational.largest_pattern(fmt))) | sign
    assert Fraction(float(to_float64(np.array([bits], fmt.storage), fmt)[0])) == rational.decode(bits, fmt)


@EVERY
def test_a_value_of_the_format_keeps_its_bits(fmt: Format) -> None:
    lower, upper = ascending(fmt)
    for sign in (0, 1 << (fmt.width - 1)):
        bits = np.concatenate([lower, upper]) | fmt.storage.type(sign)
        np.testing.assert_array_equal(from_float64(to_float64(bits, fmt), fmt), bits)


@pytest.mark.parametrize("fmt", [BINARY16, BFLOAT16, BINARY32], ids=lambda f: f.name)
def test_ties_go_to_even_and_their_neighbours_to_the_nearest(fmt: Format) -> None:
    lower, upper = ascending(fmt)
    low, high = to_float64(lower, fmt), to_float64(upper, fmt)
    high = np.where(np.isinf(high), 2.0 ** (fmt.emax + 1), high)  # where the largest number's neighbour would be
    middle = low + (high - low) / 2
    even = np.where(lower % 2 == 0, lower, upper)
    for sign, top in ((1.0, 0), (-1.0, 1 << (fmt.width - 1))):
        mark = fmt.storage.type(top)
        np.testing.assert_array_equal(from_float64(sign * middle, fmt), even | mark)
        np.testing.assert_array_equal(from_float64(sign * np.nextafter(middle, -math.inf), fmt), lower | mark)
        np.testing.assert_array_equal(from_float64(sign * np.nextafter(middle, math.inf), fmt), upper | mark)


@EVERY
@settings(deadline=None, max_examples=200)
@given(value=doubles.filter(math.isfinite))
def test_rounding_agrees_with_bisection(fmt: Format, value: float) -> None:
    expected = rational.nearest(Fraction(value), fmt)
    if value == 0 and math.copysign(1, value) < 0:
        expected = 1 << (fmt.width - 1)
    assert int(from_float64(np.array([value]), fmt)[0]) == expected


def test_rounding_agrees_with_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = np.random.default_rng(3).integers(0, 1 << 32, 200_000, dtype=np.uint32)
    single = bits.view(np.float32)
    single = single[~np.isnan(single)]  # through binary64 ml_dtypes rounds twice, from binary32 once
    expected = single.astype(ml_dtypes.bfloat16).view(np.uint16)
    np.testing.assert_array_equal(from_float64(single.astype(np.float64), BFLOAT16), expected)


def test_bfloat16_is_not_rounded_by_way_of_binary32() -> None:
    value = 1 + 2.0**-8 + 2.0**-40  # binary32 rounds it to the tie 1 + 2^-8, and that to 1
    assert rounded(np.array([value]), BFLOAT16)[0] == 1 + 2.0**-7


@EVERY
def test_nan_and_infinities_and_the_sign_of_zero(fmt: Format) -> None:
    given_values = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 2.0**-1074, -(2.0**-1074)])
    back = rounded(given_values, fmt)
    assert np.isnan(back[0]) and back[1] == math.inf and back[2] == -math.inf
    assert np.signbit(back).tolist()[3:] == [False, True, False, True]
    tiny = 2.0**-1074 if fmt == BINARY64 else 0.0
    assert back[5] == tiny and back[6] == -tiny


@EVERY
def test_rounding_keeps_the_shape(fmt: Format) -> None:
    assert rounded(np.ones((3, 2)), fmt).tolist() == [[1.0, 1.0]] * 3


@EVERY
def test_the_constants_are_the_formats(fmt: Format) -> None:
    known = {"binary16": np.float16, "binary32": np.float32, "binary64": np.float64}
    if fmt.name in known:
        info: Any = np.finfo(known[fmt.name])
    else:
        info = pytest.importorskip("ml_dtypes").finfo("bfloat16")
    assert fmt.largest == float(info.max)
    assert fmt.smallest_normal == float(info.smallest_normal)
    assert fmt.smallest == float(info.smallest_subnormal) == 2.0**fmt.quantum
    assert fmt.precision == -int(np.log2(float(info.eps))) + 1
    assert fmt.storage.itemsize * 8 == fmt.width


@settings(deadline=None, max_examples=500)
@given(
    significand=st.integers(0, (1 << 64) - 1),
    drop=st.integers(1, 64),
    more=st.booleans(),
    close=st.integers(-2, 2),
    near_half=st.booleans(),
)
def test_dropping_bits_rounds_half_to_even(
    significand: int, drop: int, more: bool, close: int, near_half: bool
) -> None:
    if near_half:  # random low bits almost never lie at a half
        kept = significand >> drop << drop
        significand = min(max(kept + (1 << (drop - 1)) + close, 0), (1 << 64) - 1)
    got = round_half_even(np.array([significand], np.uint64), np.array([drop], np.uint64), np.array([more], np.bool_))
    expected = round(Fraction(2 * significand + more, 2 << drop))  # Python rounds fractions half to even
    assert int(got[0]) == expected


@EVERY
def test_neighbours_are_consecutive(fmt: Format) -> None:
    for value in (1.0, -1.0, 0.1, math.pi, fmt.smallest_normal, -fmt.smallest_normal, fmt.smallest):
        near = neighbours(value, fmt, 3)
        assert near == sorted(near) and len(set(near)) == 7
        patterns = [int(b) for b in from_float64(np.array(near), fmt)]
        top = 1 << (fmt.width - 1)
        line = [b if b < top else -(b - top) for b in patterns]
        assert line == list(range(line[0], line[0] + 7))
        assert near[3] == rounded(np.array([value]), fmt)[0]


@EVERY
def test_neighbours_cross_zero_and_reach_infinity(fmt: Format) -> None:
    tiny = fmt.smallest
    assert neighbours(0.0, fmt, 2) == neighbours(-0.0, fmt, 2) == [-2 * tiny, -tiny, 0.0, tiny, 2 * tiny]
    assert neighbours(fmt.largest, fmt, 1)[1:] == [fmt.largest, math.inf]
    assert neighbours(-fmt.largest, fmt, 1)[:2] == [-math.inf, -fmt.largest]
