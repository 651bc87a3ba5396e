"""Certificates: what they claim holds for every point of an enclosure; MPFR and mpmath as other votes."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import rational
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.certify import LAST_PRECISION, Sum, Uncertified, certify, combine, decide, ratio
from conformance.enclosures import (
    FAR,
    TINY,
    Split,
    at,
    logistic_tail,
    negative_log,
    negative_log_complement,
    softplus_tail,
)
from conformance.exact import FINITE, UNDERFLOW, Number, number_of_ratio

PIECES: dict[Any, Callable[[Any], Any]] = {
    softplus_tail: lambda a: mpmath.log1p(mpmath.exp(-a)),
    logistic_tail: lambda a: 1 / (1 + mpmath.exp(a)),
    negative_log: lambda p: -mpmath.log(p),
    negative_log_complement: lambda q: -mpmath.log1p(-q),
}


def fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def ends(ball: arb) -> tuple[Fraction, Fraction]:
    """The two ends of a ball, exactly."""
    pairs = (part.man_exp() for part in (ball.mid(), ball.rad()))
    middle, radius = (Fraction(int(m)) * rational.power(int(e)) for m, e in pairs)
    return middle - radius, middle + radius


def ball_between(middle: Fraction, radius: Fraction) -> arb:
    with at(2000):
        return arb(fmpq(middle.numerator, middle.denominator)) + arb(0, fmpq(radius.numerator, radius.denominator))


@st.composite
def enclosures(draw: st.DrawFn) -> Sum:
    """Sums whose ends often straddle a change of leading bits, and often do not."""
    bits = draw(st.integers(1, 140))
    middle = Fraction(draw(st.integers(1 << (bits - 1), (1 << bits) - 1)), 1 << draw(st.integers(0, 200)))
    radius = middle / (1 << draw(st.integers(100, 220)))
    exact = draw(st.sampled_from([Fraction(0), Fraction(3), -middle, Fraction(1, 1 << 90), middle * (1 << 80)]))
    coefficient = draw(st.sampled_from([1, -1, 3]))
    return Sum(fmpq(exact.numerator, exact.denominator), ((fmpq(coefficient), ball_between(middle, radius)),))


@settings(deadline=None, max_examples=200)
@given(total=enclosures(), where=st.fractions(0, 1, max_denominator=1000))
def test_a_decision_holds_at_every_point(total: Sum, where: Fraction) -> None:
    found = decide(total, 192)
    if found is None:
        return
    ((coefficient, ball),) = total.tails
    low, high = ends(ball)
    for part in (Fraction(0), where, Fraction(1)):
        point = fraction(total.exact) + fraction(coefficient) * (low + part * (high - low))
        assert number_of_ratio(point.numerator, point.denominator) == found


@pytest.mark.parametrize(
    ("middle", "radius", "decided"),
    [
        (Fraction((1 << 129) + 1, 2), Fraction(1, 4), True),  # the middle of two numbers of 128 bits
        (Fraction(1 << 127), Fraction(1, 1 << 60), False),  # around one
        ((Fraction(1 << 127) + Fraction(1, 1 << 60)), Fraction(1, 1 << 60), False),  # touching one from above
        ((Fraction(1 << 127) + Fraction(1, 1 << 60)), Fraction(1, 1 << 61), True),
        ((Fraction(1 << 127) - Fraction(1, 1 << 60)), Fraction(1, 1 << 60), False),  # touching one from below
        (Fraction(0), Fraction(1, 1 << 60), False),
        (Fraction(1, 1 << 60), Fraction(1, 1 << 59), False),  # the sign is open
    ],
)
def test_only_decisive_enclosures_are_decided(middle: Fraction, radius: Fraction, decided: bool) -> None:
    total = Sum(fmpq(0), ((fmpq(1), ball_between(middle, radius)),))
    assert (decide(total, 400) is not None) == decided
    negative = Sum(fmpq(0), ((fmpq(-1), ball_between(middle, radius)),))
    assert (decide(negative, 400) is not None) == decided


def test_precision_grows_until_it_is_decisive() -> None:
    asked = []

    def enclosure(precision: int) -> Sum:
        """1 and a positive 2^-1000 whose sign a ball shows from 1200 bits on."""
        asked.append(precision)
        radius = Fraction(1, 1 << precision)
        return Sum(fmpq(1), ((fmpq(1), ball_between(Fraction(1, 1 << 1000), radius)),))

    assert certify(enclosure) == Number(FINITE, False, 0, 1 << 127, True)
    assert asked == [192, 384, 768, 1536]


def test_what_never_is_decided_says_so() -> None:
    asked = []

    def enclosure(precision: int) -> Sum:
        asked.append(precision)
        return Sum(fmpq(-1), ((fmpq(1), ball_between(Fraction(1), Fraction(1, 1 << precision))),))

    with pytest.raises(Uncertified, match="exact part"):
        certify(enclosure)
    assert max(asked) <= LAST_PRECISION < 2 * max(asked)


def test_a_rational_needs_no_ball() -> None:
    assert certify(lambda precision: Sum(fmpq(-1, 3), ())) == number_of_ratio(-1, 3)


def test_a_term_far_below_the_rational_still_decides_the_sticky_bit() -> None:
    tail = softplus_tail(fmpq(10**300), 192)
    above, below = Number(FINITE, False, 0, 1 << 127, True), Number(FINITE, False, -1, (1 << 128) - 1, True)
    for sign, expected in ((1, above), (-1, below)):
        assert decide(combine(fmpq(1), (fmpq(sign), tail)), 192) == expected
    assert decide(combine(fmpq(0), (fmpq(-1), tail)), 192) == Number(UNDERFLOW, True)


def test_combining_splits_keeps_the_exact_parts_exact() -> None:
    ball = arb(1)
    total = combine(fmpq(1), (fmpq(2), Split(fmpq(1, 3), fmpq(5), ball)), (fmpq(7), Split(fmpq(1), fmpq(0), ball)))
    assert total == Sum(fmpq(1) + fmpq(2, 3) + 7, ((fmpq(10), ball),))


ARGUMENTS = {
    softplus_tail: st.one_of(st.floats(0, 5000), st.floats(0, 2.0**-1000), st.just(4096.0)),
    logistic_tail: st.one_of(st.floats(0, 5000), st.floats(0, 2.0**-1000), st.sampled_from([1.0, 1 - 2.0**-53])),
    negative_log: st.one_of(st.floats(2.0**-1074, 1), st.floats(0, 1).map(lambda v: 1 - v).filter(bool)),
    negative_log_complement: st.one_of(st.floats(0, 1 - 2.0**-53), st.floats(0, 2.0**-90), st.just(2.0**-96)),
}


@pytest.mark.parametrize("piece", PIECES, ids=lambda f: f.__name__)
@settings(deadline=None, max_examples=150)
@given(data=st.data(), precision=st.sampled_from([192, 400]))
def test_every_piece_encloses_its_function(piece: Any, data: st.DataObject, precision: int) -> None:
    argument = data.draw(ARGUMENTS[piece])
    part: Split = piece(ratio(argument), precision)
    low, high = ends(part.ball)
    assert low > 0
    first, last = sorted(fraction(part.exact) + fraction(part.coefficient) * end for end in (low, high))
    if ratio(argument) > FAR and piece in (softplus_tail, logistic_tail):
        assert first > 0 and last < rational.power(-5900)  # by design no enclosure: see the surrogate
        return
    with mpmath.workprec(8000):
        truth = PIECES[piece](mpmath.mpf(argument))
        _, mantissa, exponent, _ = mpmath.mpf(truth)._mpf_
    value = Fraction(int(mantissa)) * rational.power(int(exponent))
    slack = rational.power(-7000)
    assert first - slack <= value <= last + slack
    kept = 192 if _near_zero(piece, argument) else precision
    assert last - first <= abs(value) * rational.power(12 - kept)


def _near_zero(piece: Any, argument: float) -> bool:
    """Where the logarithm is a polynomial and a remainder of fixed width, at 192 bits and better."""
    return piece in (negative_log, negative_log_complement) and (min(ratio(argument), 1 - ratio(argument)) < TINY)


def test_the_working_precision_is_given_back() -> None:
    before = ctx.prec
    with pytest.raises(ZeroDivisionError), at(999):
        assert ctx.prec == 999
        raise ZeroDivisionError
    assert ctx.prec == before
