"""MPFR as the third vote: the losses by directed rounding, rounded once by MPFR into each format.

Nothing here is shared with the package but the inputs. A value is Σ coefficient · term with exact rational
coefficients and terms that MPFR encloses from below and from above; MPFR itself rounds the enclosure's inside to
the format's precision, with the format's exponents and subnormal numbers.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence

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


def times(*parts: Interval) -> Interval:
    """The product of positive intervals, as wide as the widest needs."""
    down, up = directed(max(end.precision for part in parts for end in part))
    low = high = mpfr(1)
    for least, most in parts:
        low, high = down.mul(low, least), up.mul(high, most)
    return low, high


def plus(*parts: tuple[mpq, Interval]) -> Interval:
    """The sum of positive multiples of positive intervals."""
    return total(list(parts), max(end.precision for _, part in parts for end in part))


def terms(name: str, quantity: str, row: Sequence[float], bits: int) -> Terms:
    """The losses as README and documentation state them."""
    stem, parameters = re.fullmatch(r"(\w+)(?:\((.*)\))?", name).groups()  # type: ignore[union-attr]
    if stem in ROWS:
        static = dict(part.split("=") for part in parameters.split(",") if "=" in part)
        exact_row = (
            [mpq(v) for v in row] if stem.startswith("categorical") else [mpq(row[0]) - mpq(row[1]), mpq(row[2])]
        )
        return ROWS[stem](quantity, int(static["classes"]) - 1, *exact_row, bits)
    if stem in ("focal", "focal_of_probability"):
        static = dict(part.split("=") for part in parameters.split(","))
        return focal(stem, quantity, int(static["gamma"]), mpq(static["alpha"]), row, bits)
    first, y = row[0], mpq(row[1])
    if name == "sigmoid_cross_entropy" or name == "weighted_sigmoid_cross_entropy":
        q = mpq(row[2]) if len(row) > 2 else mpq(1)
        if quantity == "loss":
            return [(1 - y, softplus(first, bits)), (q * y, softplus(-first, bits))]
        if quantity == "d_logits":
            return [(1 - y, sigma(first, bits)), (-q * y, sigma(-first, bits))]
        if quantity == "d2_logits":
            return [(1 - y + q * y, times(sigma(first, bits), sigma(-first, bits)))]
        if quantity == "d_pos_weights":
            return [(y, softplus(-first, bits))]
        if len(row) == 2:
            return [(mpq(-1), exact(mpq(first), bits))]
        if abs(first) > FAR:  # a cancels against a + e^-a: leave the difference to the rationals
            small = softplus(-abs(first), bits)
            return [(-mpq(abs(first)) if first > 0 else q * mpq(abs(first)), exact(mpq(1), bits)), (q - 1, small)]
        return [(q, softplus(-first, bits)), (mpq(-1), softplus(first, bits))]
    p, floor = mpq(first), mpq(1, 10**12)
    if name.startswith("log_clamped") and quantity == "d_probabilities":
        return [(p - y, exact(1 / max(p * (1 - p), floor), bits))]
    if name.startswith("log_clamped") and quantity == "d2_probabilities":
        return [(p * p - 2 * p * y + y, exact(1 / ((p + floor) * (1 - p + floor)) ** 2, bits))]
    if name.startswith("log_clamped"):
        return [(y, clamped(p, bits)), (1 - y, clamped(1 - p, bits))]
    if name.startswith("clip"):
        low, high = mpq(1, 10**7), 1 - mpq(1, 10**7)
        if quantity in ("d_probabilities", "d2_probabilities") and not low <= p <= high:
            return []
        p = min(max(p, low), high)
    if quantity == "loss":
        return [(y, negative_log(p, bits)), (1 - y, negative_log(1 - p, bits))]
    if quantity == "d_probabilities":
        return [(mpq(1), exact((1 - y) / (1 - p) - y / p, bits))]
    if quantity == "d2_probabilities":
        return [(mpq(1), exact((1 - y) / (1 - p) ** 2 + y / p**2, bits))]
    return [(mpq(1), negative_log(p, bits)), (mpq(-1), negative_log(1 - p, bits))]


def exponential(d: mpq, bits: int) -> Interval:
    down, up = directed(bits)
    return (mpfr(0), TINY) if d < -FAR else (down.exp(rounded(d, down)), up.exp(rounded(d, up)))


def log_sum(n: int, d: mpq, bits: int) -> Interval:
    """log(n + e^d)."""
    down, up = directed(bits)
    if d > 0:
        low, high = times(exact(mpq(n), bits), exponential(-d, bits))
        return down.add(rounded(d, down), down.log1p(low)), up.add(rounded(d, up), up.log1p(high))
    low, high = exponential(d, bits)
    return (down.log1p(low), up.log1p(high)) if n == 1 else (down.log(down.add(low, n)), up.log(up.add(high, n)))


def share(n: int, d: mpq, bits: int) -> Interval:
    """1 / (1 + n·e^−d)."""
    down, up = directed(bits)
    if d < 0:
        low, high = exponential(d, bits)
        return down.div(low, up.add(high, n)), up.div(high, down.add(low, n))
    low, high = times(exact(mpq(n), bits), exponential(-d, bits))
    return down.div(1, up.add(high, 1)), up.div(1, down.add(low, 1))


def softmax(quantity: str, n: int, d: mpq, y: mpq, bits: int) -> Terms:
    other = share(1, -d, bits) if n == 1 else times(exact(mpq(n), bits), rest(n, d, bits))
    if quantity == "loss":
        return [(y, first_log(n, d, bits)), (1 - y, log_sum(n, d, bits))]
    if quantity == "d_logits":
        return [(1 - y, share(n, d, bits)), (-y, other)]
    return [(mpq(1), times(share(n, d, bits), other))]


def rest(n: int, d: mpq, bits: int) -> Interval:
    """1 / (n + e^d), the share of each other class."""
    down, up = directed(bits)
    if d > 0:
        low, high = exponential(-d, bits)
        return down.div(low, up.add(1, up.mul(high, n))), up.div(high, down.add(1, down.mul(low, n)))
    low, high = exponential(d, bits)
    return down.div(1, up.add(high, n)), up.div(1, down.add(low, n))


def first_log(n: int, d: mpq, bits: int) -> Interval:
    """log(1 + n·e^−d)."""
    down, up = directed(bits)
    if d < 0:
        low, high = log_sum(n, d, bits)
        return down.sub(low, rounded(d, up)), up.sub(high, rounded(d, down))
    low, high = times(exact(mpq(n), bits), exponential(-d, bits))
    return down.log1p(low), up.log1p(high)


def categorical(quantity: str, n: int, p: mpq, r: mpq, y: mpq, bits: int) -> Terms:
    whole = p + n * r
    if quantity == "loss":
        return [(y, negative_log(p / whole, bits)), (1 - y, negative_log(r / whole, bits))]
    return [(mpq(1), exact((1 - y) / whole - y * n * r / (p * whole), bits))]


ROWS: dict[str, Callable[..., Terms]] = {"softmax_cross_entropy": softmax, "categorical_cross_entropy": categorical}


def focal(stem: str, quantity: str, gamma: int, alpha: mpq, row: Sequence[float], bits: int) -> Terms:
    """alpha_t·q^gamma·B by the product rule, for integer gamma of at least 2."""
    y, one = mpq(row[1]), exact(mpq(1), bits)
    weight, k = y * alpha + (1 - y) * (1 - alpha), 1 - 2 * y
    if stem == "focal":
        x, up, down = row[0], sigma(row[0], bits), sigma(-row[0], bits)
        b = plus((1 - y, softplus(x, bits)), (y, softplus(-x, bits)))
        slopes = [(1 - y, up), (-y, down)]
        logs = [(mpq(-x), one)]
        s = times(up, down)
    else:
        p, s = mpq(row[0]), one
        up, down = exact(p, bits), exact(1 - p, bits)
        b = plus((1 - y, negative_log(1 - p, bits)), (y, negative_log(p, bits)))
        slopes = [((1 - y) / (1 - p) - y / p, one)]
        logs = [(mpq(1), negative_log(p, bits)), (mpq(-1), negative_log(1 - p, bits))]
    q = exact(mpq(1, 2), bits) if y == mpq(1, 2) else plus((y, down), (1 - y, up))
    power = times(*[q] * gamma)
    if quantity == "loss":
        return [(weight, times(power, b))]
    less, rate = times(one, *[q] * (gamma - 1)), weight * gamma
    if quantity == "d_labels":
        found = [(2 * alpha - 1, times(power, b)), (rate, times(less, b, down)), (-rate, times(less, b, up))]
        return found + [(weight * c, times(power, log)) for c, log in logs]
    if quantity in ("d_logits", "d_probabilities"):
        return [(rate * k, times(less, s, b)), *((weight * c, times(power, v)) for c, v in slopes)]
    second = (rate * (gamma - 1) * k * k, times(one, *[q] * (gamma - 2), s, s, b))
    bent = [(rate * k, times(less, s, down, b)), (-rate * k, times(less, s, up, b))]
    return [second, *bent, *((2 * rate * k * c, times(less, s, v)) for c, v in slopes), (weight, times(power, s))]


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
    """None where even the last precision leaves two candidates; the int 0 where they are the two zeros."""
    for bits in BITS:
        low, high = total(terms(name, quantity, row, bits), bits)
        if low == high:
            return into(fmt, low) if low else 0.0
        inside = gmpy2.context(precision=bits + 16)  # the value lies strictly between the ends, for they differ
        with inside:
            candidates = {into(fmt, v).hex() for v in (inside.next_above(low + 0), inside.next_below(high + 0))}
        if len(candidates) == 1:
            return float.fromhex(candidates.pop())
    return 0 if {float.fromhex(c) for c in candidates} == {0.0} else None


def computed(name: str, rows: Sequence[Sequence[float]], quantity: str) -> Iterator[Sequence[float]]:
    """The rows whose value is computed, not a limit that is stated."""
    if name not in tables.stored_contracts():
        special = losses.load(name).special
        return (row for row in rows if special(quantity, *row) is None)
    inside = contracts.load(name, tables.stored_contracts()[name]).rules.computed
    return (row for row in rows if inside(quantity, tuple(row)))


def votes(name: str, quantity: str, rows: Sequence[Sequence[float]], found: Golden, fmt: Format) -> tuple[int, int]:
    """Rows compared, and rows on which MPFR did not decide; fails at the first difference."""
    got = to_float64(round_to(found.value, fmt), fmt).tolist()
    undecided = 0
    for row, value, i in zip(rows, got, range(len(rows)), strict=True):
        expected = correctly_rounded(name, quantity, row, fmt)
        if expected is None:
            undecided += 1
        elif found.value.tag[i] == ZERO or isinstance(expected, int):
            assert expected == value == 0, (quantity, row)
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
        assert undecided <= count // 50  # a difference of two softplus that is −x, where −x is a tie


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
        if name not in tables.stored_contracts():
            found = golden(name, quantity, columns)
        else:
            contract = contracts.load(name, tables.stored_contracts()[name])
            constants = contract.rules.constants(contract.constant, None)
            assert constants is not None
            found = contract_golden(contract, quantity, constants, columns)
        count, undecided = votes(name, quantity, rows, found, fmt)
        assert undecided <= count // 30


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
