"""The exact sum of many elements: one certified enclosure of the whole, however many there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from flint import fmpq

from conformance import losses
from conformance.certify import Sum, certify, multiple, ratio
from conformance.contracts import Constants, Contract
from conformance.enclosures import PRECISION
from conformance.exact import FINITE, INFINITE, NAN, NONE, NOTHING, UNDERFLOW, ZERO, Number, number_of_ratio, pack
from conformance.formats import Format
from conformance.normative import Disputed, agrees
from conformance.pairs import Row
from conformance.ulp import ulp_exponent

Term = Number | Callable[[int], tuple[Sum, Sum]]
"""Value and scale of one row as a function of the precision in bits; or the Number it is known to be."""

ROUNDINGS = 8
"""What a sum may lose beside its additions, in units of half an ULP: weights, divisor, division, conversions."""

GRADIENT_ROUNDINGS = 4
"""A gradient is multiplied by its weight and by the reciprocal of the divisor; all four of these are rounded."""


@lru_cache(maxsize=1 << 14)
def mathematics(loss: str, quantity: str, row: Row) -> Term:
    """A row's value in mathematics."""
    definition = losses.load(loss)
    special = definition.special(quantity, *row)
    if special is not None:
        return special
    arguments = tuple(map(ratio, row))
    return cache(lambda precision: definition.enclose(quantity, arguments, precision))


@lru_cache(maxsize=1 << 14)
def documented(contract: Contract, quantity: str, constants: Constants, row: Row) -> Term:
    """A row's value by a contract."""
    first = contract.rules.value(quantity, row, constants, PRECISION, False)
    if isinstance(first, Number):
        return first

    def enclose(precision: int) -> tuple[Sum, Sum]:
        again = contract.rules.value(quantity, row, constants, precision, False)
        assert not isinstance(again, Number)  # precision does not change what kind of value it is
        return again

    return cache(enclose)


def total(terms: Sequence[Term], factors: Sequence[fmpq]) -> Number:
    """The sum of terms, each with its factor; certified in all bits.

    Parameters
    ----------
    terms : sequence of Term
    factors : sequence of fmpq
        Exact: how often the term is there, times its weight, over the divisor. A term with factor 0 is absent,
        unless it is not finite: then there is no golden.
    """
    special = _special(terms, factors)
    if special is not None:
        return special
    pairs = list(zip(terms, factors, strict=True))
    known = sum((f * _value(term) for term, f in pairs if isinstance(term, Number)), fmpq(0))
    open_ = [(term, f) for term, f in pairs if not isinstance(term, Number) and f != 0]

    def value(precision: int) -> Sum:
        parts = [multiple(term(precision)[0], f) for term, f in open_]
        return Sum(sum((p.exact for p in parts), known), tuple(tail for p in parts for tail in p.tails))

    return certify(value)


@lru_cache(maxsize=1 << 14)
def scale(term: Term) -> Number:
    """The scale of one term; its sign means nothing."""
    return term if isinstance(term, Number) else certify(lambda precision: term(precision)[1])


def size(scales: Sequence[Number], factors: Sequence[fmpq]) -> Number:
    """The sum of scales times the magnitudes of factors, from their leading 128 bits.

    Parameters
    ----------
    scales : sequence of Number
    factors : sequence of fmpq
    """
    there = [(own, abs(f)) for own, f in zip(scales, factors, strict=True) if f != 0]
    odd = next((own for own, _ in there if own.tag not in (FINITE, ZERO, UNDERFLOW)), None)
    if odd is not None:
        return odd
    whole = sum((_fraction(own) * int(f.p) / int(f.q) for own, f in there if own.tag == FINITE), Fraction(0))
    return number_of_ratio(whole.numerator, whole.denominator)


def sum_limit(
    scales: Sequence[Number],
    counts: Sequence[int],
    weights: Sequence[fmpq],
    divisor: fmpq,
    elementwise: float,
    whole: Number,
    target: Format,
) -> float:
    """The limit of a sum or mean, in ULPs of its scale.

    (⌈log2 n⌉ + 8)·u·Σ|term| for n elements added in pairs, for the weights, the divisor and the division; and for
    each element what its own limit allows, times its weight. u is half an ULP of 1; nothing is finer than half
    the smallest subnormal.

    Parameters
    ----------
    scales : sequence of Number
        Of each row, unweighted.
    counts : sequence of int
        How many elements each row has.
    weights : sequence of fmpq
        Of each row.
    divisor : fmpq
    elementwise : float
        The limit of one element in ULPs of its scale.
    whole : Number
        Their sum, weighted and divided.
    target : Format
    """
    if whole.tag != FINITE:
        return 0.0
    half = _power(target.quantum) / 2
    additions = math.ceil(math.log2(max(sum(counts), 1))) + ROUNDINGS
    found = additions * max(_fraction(whole) * _power(-target.precision), half)
    allowed = Fraction(elementwise) / Fraction(int(divisor.p), int(divisor.q))
    for own, count, weight in zip(scales, counts, weights, strict=True):
        if weight != 0:
            found += allowed * count * _element_ulp(own, weight, target)
    return _hundredths(found / _ulp(whole, target))


def gradient_limit(scales: Sequence[Number], factors: Sequence[fmpq], elementwise: float, target: Format) -> float:
    """The limit of each element of a gradient, in ULPs of its scale: its own, as far as it grows, and four roundings.

    Parameters
    ----------
    scales : sequence of Number
        Of each row, alone.
    factors : sequence of fmpq
        Weight over divisor of each row.
    elementwise : float
        The limit of the gradient alone.
    target : Format
    """
    growth = [
        _element_ulp(own, factor, target) / _ulp(_times(own, factor), target)
        for own, factor in zip(scales, factors, strict=True)
        if factor != 0 and own.tag == FINITE
    ]
    return _hundredths(Fraction(elementwise) * max(growth, default=Fraction(1)) + GRADIENT_ROUNDINGS)


def _special(terms: Sequence[Term], factors: Sequence[fmpq]) -> Number | None:
    """What a sum with a term that is no finite number is, or None."""
    odd = [(t, f) for t, f in zip(terms, factors, strict=True) if isinstance(t, Number) and t.tag not in (FINITE, ZERO)]
    if not odd:
        return None
    if any(t.tag == NONE or (f == 0 and t.tag == INFINITE) for t, f in odd):
        return NOTHING
    signs = {t.negative != (f < 0) for t, f in odd}
    if any(t.tag == NAN for t, _ in odd) or len(signs) > 1:
        return Number(NAN)
    return Number(INFINITE, signs.pop())


def _value(number: Number) -> fmpq:
    """The exact rational of a stated Number."""
    if number.tag == ZERO:
        return fmpq(0)
    assert number.tag == FINITE and not number.sticky  # limits are infinite, or small rationals
    value = _fraction(number)
    return fmpq(value.numerator, value.denominator) * (-1 if number.negative else 1)


def _times(number: Number, factor: fmpq) -> Number:
    """A Number's magnitude times an exact factor, but for the last bits."""
    if number.tag != FINITE:
        return number
    product = _fraction(number) * abs(Fraction(int(factor.p), int(factor.q)))
    return number_of_ratio(product.numerator, product.denominator)


def _element_ulp(own: Number, weight: fmpq, target: Format) -> Fraction:
    """What an ULP of a row's scale becomes when it is weighted; at least an ULP of the product."""
    grown = abs(Fraction(int(weight.p), int(weight.q))) * _ulp(own, target)
    return max(grown, _ulp(_times(own, weight), target))


@lru_cache(maxsize=1 << 14)
def _ulp(number: Number, target: Format) -> Fraction:
    return _power(int(ulp_exponent(pack([number]), target)[0]))


def _fraction(number: Number) -> Fraction:
    return number.significand * _power(number.exponent - 127)


def _power(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def _hundredths(value: Fraction) -> float:
    return math.ceil(value * 100) / 100


def confirm(loss: str, quantity: str, rows: Sequence[Row], factors: Sequence[fmpq], number: Number) -> None:
    """Hold the golden value of a sum against the normative definition, as ``normative.confirm`` does for one case.

    Parameters
    ----------
    loss, quantity : str
    rows : sequence of Row
        The arguments of each term.
    factors : sequence of fmpq
        Of each term.
    number : Number

    Raises
    ------
    Disputed
        When the two differ.
    """
    definition = losses.load(loss)
    if any(definition.special(quantity, *row) is not None for row in rows):
        return
    width = len(rows[0]) if rows else 0

    def summed(mp: Any, *flat: Any) -> Any:
        parts = [flat[i : i + width] for i in range(0, len(flat), width)]
        times = [mp.mpf(int(f.p)) / int(f.q) for f in factors]
        return mp.fsum(t * definition.definition(mp, quantity, *part) for t, part in zip(times, parts, strict=True))

    if rows and not agrees(summed, [v for row in rows for v in row], number):
        raise Disputed(f"Arb and mpmath differ on a sum of {quantity} of {loss}: please report this")
