"""An oracle for rounding and ULPs that shares no code with the package: exact fractions and bisection."""

from bisect import bisect_left
from fractions import Fraction
from functools import cache

from conformance.exact import Number
from conformance.formats import Format


def decode(bits: int, fmt: Format) -> Fraction:
    """The value of a finite bit pattern, from the definition of the encoding."""
    trailing = fmt.precision - 1
    negative, magnitude = divmod(bits, 1 << (fmt.width - 1))
    biased, fraction = divmod(magnitude, 1 << trailing)
    assert biased != (1 << (fmt.width - 1 - trailing)) - 1, "an infinity or a NaN"
    significand = fraction + ((1 << trailing) if biased else 0)
    value = significand * power(max(biased, 1) - fmt.emax - trailing)
    return -value if negative else value


def power(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def largest_pattern(fmt: Format) -> int:
    return infinity_pattern(fmt) - 1


def infinity_pattern(fmt: Format) -> int:
    return ((1 << (fmt.width - 1)) - 1) & ~((1 << (fmt.precision - 1)) - 1)


def nearest(value: Fraction, fmt: Format) -> int:
    """The pattern nearest to a value, ties to the even pattern; beyond half a step over the largest, infinity."""
    sign = 1 << (fmt.width - 1) if value < 0 else 0
    wanted = abs(value)
    last = largest_pattern(fmt)
    above = bisect_left(range(last + 1), wanted, key=lambda bits: decode(bits, fmt))
    if above > last:
        step = decode(last, fmt) - decode(last - 1, fmt)
        return sign | (infinity_pattern(fmt) if wanted - decode(last, fmt) >= step / 2 else last)
    if above == 0:
        return sign
    below = above - 1
    down, up = wanted - decode(below, fmt), decode(above, fmt) - wanted
    if down == up:
        return sign | (below if below % 2 == 0 else above)
    return sign | (below if down < up else above)


@cache
def floor_log2(value: Fraction) -> int:
    """The e of 2^e ≤ |value| < 2^(e+1), by counting."""
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    while power(exponent) > magnitude:
        exponent -= 1
    while power(exponent + 1) <= magnitude:
        exponent += 1
    return exponent


def ulp(value: Fraction, fmt: Format) -> Fraction:
    """The definition in words: the finer gap beside a value, never finer than the smallest subnormal."""
    if value == 0:
        return power(fmt.quantum)
    exponent = floor_log2(value)
    if abs(value) == power(exponent):
        exponent -= 1
    return max(power(exponent - fmt.precision + 1), power(fmt.quantum))


def value_of(number: Number) -> Fraction:
    """A finite Number; a sticky one lies in the middle between its truncation and the next significand."""
    magnitude = Fraction(2 * number.significand + number.sticky, 2) * power(number.exponent - 127)
    return -magnitude if number.negative else magnitude


def number_of(value: Fraction) -> Number:
    """A Number whose truncation and sticky bit are the value's, by long division."""
    exponent = floor_log2(value)
    scaled = abs(value) * power(127 - exponent)
    whole = scaled.numerator // scaled.denominator
    return Number(0, value < 0, exponent, whole, scaled != whole)
