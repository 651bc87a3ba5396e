"""MPFR as the third vote: the losses by directed rounding, rounded once by MPFR into each format.

Nothing here is shared with the package but the inputs. A value is Σ coefficient · term with exact rational
coefficients and terms that MPFR encloses from below and from above; MPFR itself rounds the enclosure's inside to
the format's precision, with the format's exponents and subnormal numbers.
"""

import math
from collections.abc import Iterator, Sequence

import gmpy2
import numpy as np
import pytest
from gmpy2 import mpfr, mpq

from conformance import cases, contracts, losses, tables
from conformance.exact import INFINITE, NAN, NONE, ZERO, pack, round_to
from conformance.formats import FORMATS, Format, to_float64
from conformance.golden import Golden, contract_golden, golden

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
Interval = tuple[mpfr, mpfr]
Terms = list[tuple[mpq, Interval]]
BITS = (400, 2400, 9600)
FAR = 2.0**29
"""Beyond it e^−x is below TINY, and no sum of 9600 bits tells one such number from another."""

TINY = mpfr(2, 60) ** -(1 << 29)


def directed(bits: int) -> tuple[gmpy2.context, gmpy2.context]:
    return gmpy2.context(precision=bits, round=gmpy2.RoundDown), gmpy2.context(precision=bits, round=gmpy2.RoundUp)


def softplus(x: float, bits: int) -> Interval:
    down, up = directed(bits)
    if abs(x) > FAR:
        first = mpfr(max(x, 0.0), 60)
        return first, up.add(first, TINY)
    return down.log1p(down.exp(x)), up.log1p(up.exp(x))


def sigma(x: float, bits: int) -> Interval:
    down, up = directed(bits)
    if x < -FAR:
        return mpfr(0), TINY
    if x > FAR:
        return down.sub(1, TINY), mpfr(1)
    return down.div(1, up.add(1, up.exp(-x))), up.div(1, down.add(1, down.exp(-x)))


def negative_log(p: mpq, bits: int) -> Interval:
    down, up = directed(bits)
    if p > 0.5:  # log1p of the exact, small p − 1 keeps the digits
        return down.minus(up.log1p(rounded(p - 1, up))), up.minus(down.log1p(rounded(p - 1, down)))
    return down.minus(up.log(rounded(p, up))), up.minus(down.log(rounded(p, down)))


def rounded(value: mpq, context: gmpy2.context) -> mpfr:
    return context.div(value.numerator, value.denominator)


def exact(value: mpq, bits: int) -> Interval:
    down, up = directed(bits)
    return rounded(value, down), rounded(value, up)


def terms(name: str, quantity: str, row: Sequence[float], bits: int) -> Terms:
    """The losses as README and documentation state them."""
    first, y = row[0], mpq(row[1])
    if name == "sigmoid_cross_entropy" or name == "weighted_sigmoid_cross_entropy":
        q = mpq(row[2]) if len(row) > 2 else mpq(1)
        if quantity == "loss":
            return [(1 - y, softplus(first, bits)), (q * y, softplus(-first, bits))]
        if quantity == "d_logits":
            return [(1 - y, sigma(first, bits)), (-q * y, sigma(-first, bits))]
        if len(row) == 2:
            return [(mpq(-1), exact(mpq(first), bits))]
        if abs(first) > FAR:  # a cancels against a + e^-a: leave the difference to the rationals
            small = softplus(-abs(first), bits)
            return [(-mpq(abs(first)) if first > 0 else q * mpq(abs(first)), exact(mpq(1), bits)), (q - 1, small)]
        return [(q, softplus(-first, bits)), (mpq(-1), softplus(first, bits))]
    p = mpq(first)
    if name.startswith("log_clamped") and quantity == "d_probabilities":
        return [(p - y, exact(1 / max(p * (1 - p), mpq(1, 10**12)), bits))]
    if name.startswith("log_clamped"):
        return [(y, clamped(p, bits)), (1 - y, clamped(1 - p, bits))]
    if name.startswith("clip"):
        low, high = mpq(1, 10**7), 1 - mpq(1, 10**7)
        if quantity == "d_probabilities" and not low <= p <= high:
            return []
        p = min(max(p, low), high)
    if quantity == "loss":
        return [(y, negative_log(p, bits)), (1 - y, negative_log(1 - p, bits))]
    if quantity == "d_probabilities":
        return [(mpq(1), exact((1 - y) / (1 - p) - y / p, bits))]
    return [(mpq(1), negative_log(p, bits)), (mpq(-1), negative_log(1 - p, bits))]


def clamped(p: mpq, bits: int) -> Interval:
    if p == 0:
        return mpfr(100), mpfr(100)
    low, high = negative_log(p, bits)
    return min(low, mpfr(100)), min(high, mpfr(100))


def total(parts: Terms, bits: int) -> Interval:
    down, up = directed(bits)
    low = high = mpfr(0)
    for coefficient, (least, most) in parts:
        ends = (least, most) if coefficient >= 0 else (most, least)
        low = down.add(low, down.mul(coefficient, ends[0]) if coefficient else mpfr(0))
        high = up.add(high, up.mul(coefficient, ends[1]) if coefficient else mpfr(0))
    return low, high


def into(fmt: Format, value: mpfr) -> float:
    """MPFR's own rounding to a format; the result is a binary64 number, zeros signed."""
    with gmpy2.context(precision=fmt.precision, emax=fmt.emax + 1, emin=fmt.quantum + 1, subnormalize=True) as context:
        return float(context.plus(value))


def correctly_rounded(name: str, quantity: str, row: Sequence[float], fmt: Format) -> float | None:
    """None where even the last precision leaves two candidates."""
    for bits in BITS:
        low, high = total(terms(name, quantity, row, bits), bits)
        if low == high:
            return into(fmt, low) if low else 0.0
        inside = gmpy2.context(precision=bits + 16)  # the value lies strictly between the ends, for they differ
        with inside:
            candidates = {into(fmt, v).hex() for v in (inside.next_above(low + 0), inside.next_below(high + 0))}
        if len(candidates) == 1:
            return float.fromhex(candidates.pop())
    return None


def computed(name: str, rows: Sequence[Sequence[float]], quantity: str) -> Iterator[Sequence[float]]:
    """The rows whose value is computed, not a limit that is stated."""
    if name in losses.names():
        special = losses.load(name).special
        return (row for row in rows if special(quantity, *row) is None)
    inside = contracts.load(name).rules.computed
    return (row for row in rows if inside(quantity, tuple(row)))


def votes(name: str, quantity: str, rows: Sequence[Sequence[float]], found: Golden, fmt: Format) -> tuple[int, int]:
    """Rows compared, and rows on which MPFR did not decide; fails at the first difference."""
    got = to_float64(round_to(found.value, fmt), fmt).tolist()
    undecided = 0
    for row, value, i in zip(rows, got, range(len(rows)), strict=True):
        expected = correctly_rounded(name, quantity, row, fmt)
        if expected is None:
            undecided += 1
        elif found.value.tag[i] == ZERO:
            assert expected == 0, (quantity, row)
        else:
            assert value.hex() == expected.hex(), (quantity, row)
    return len(rows), undecided


@EVERY
@pytest.mark.parametrize("name", tables.functions())
def test_all_stored_values_round_as_mpfr_rounds_them(name: str, fmt: Format) -> None:
    for quantity in losses.load(tables.functions()[name]).QUANTITIES:
        rows, pairs = zip(
            *((row, pair) for (q, row), pair in sorted(tables.read(name).items()) if q == quantity), strict=True
        )
        kept = set(computed(name, rows, quantity))
        picked = [i for i, row in enumerate(rows) if row in kept]
        found = pack(pairs[i][0] for i in picked)
        count, undecided = votes(name, quantity, [rows[i] for i in picked], Golden(found, found), fmt)
        assert not found.tag[np.isin(found.tag, (INFINITE, NAN, NONE))].size
        assert undecided <= count // 100


@EVERY
@pytest.mark.parametrize("name", tables.functions())
def test_a_sample_of_the_cases_rounds_as_mpfr_rounds_it(name: str, fmt: Format) -> None:
    loss = tables.functions()[name]
    definition = losses.load(loss)
    space = cases.build(definition.ARGUMENTS, fmt.name)
    for quantity in definition.QUANTITIES:
        index = np.random.default_rng(len(name)).permutation(len(space))[:250]
        rows = list(computed(name, [tuple(float(v[i]) for v in space.values) for i in index], quantity))
        if not rows:
            continue  # the derivative a contract is silent on
        columns = [np.array(c) for c in zip(*rows, strict=True)]
        if name in losses.names():
            found = golden(name, quantity, columns)
        else:
            contract = contracts.load(name)
            constants = contract.rules.constants(contract.constant, None)
            assert constants is not None
            found = contract_golden(contract, quantity, constants, columns)
        count, undecided = votes(name, quantity, rows, found, fmt)
        assert undecided <= count // 50


@EVERY
def test_single_functions_of_mpfr_are_the_losses_of_hard_labels(fmt: Format) -> None:
    """−log p, −log1p(−p) and −2·atanh(2p − 1): one correctly rounded MPFR call each, at the format's precision."""
    space = cases.build(("probability", "label"), fmt.name)
    p = np.unique(space.values[0][(space.values[0] > 0) & (space.values[0] < 1)])
    zeros, ones = np.zeros_like(p), np.ones_like(p)
    context = gmpy2.context(precision=fmt.precision, emax=fmt.emax + 1, emin=fmt.quantum + 1, subnormalize=True)
    wide = gmpy2.context(precision=1200)
    expected = {
        ("loss", 1.0): [-float(context.log(mpfr(v, 53))) for v in p.tolist()],
        ("loss", 0.0): [-float(context.log1p(mpfr(-v, 53))) for v in p.tolist()],
        ("d_labels", 0.0): [-2 * float(context.atanh(wide.sub(wide.mul(2, v), 1))) for v in p.tolist()],
    }
    for (quantity, label), values in expected.items():
        found = golden("binary_cross_entropy", quantity, [p, ones if label else zeros])
        got = to_float64(round_to(found.value, fmt), fmt)
        np.testing.assert_array_equal(got, values, err_msg=f"{quantity} at label {label}")


def test_mpfr_rounds_subnormals_once() -> None:
    """The instrument itself: a hair over a tie among subnormal numbers, which two roundings would lose."""
    above = gmpy2.context(precision=200).add(mpfr(2) ** -150, mpfr(2) ** -210)
    assert into(FORMATS["binary32"], above) == 2.0**-149
    assert into(FORMATS["binary32"], mpfr(2) ** -150) == 0
    assert math.copysign(1, into(FORMATS["binary32"], -(mpfr(2) ** -1300))) == -1
    assert into(FORMATS["binary16"], mpfr(65520)) == math.inf and into(FORMATS["binary16"], mpfr(65519)) == 65504
