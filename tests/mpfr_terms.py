"""The terms of the losses by MPFR: a second enclosure of what the suite certifies with Arb."""

import re
from collections.abc import Callable, Sequence

import gmpy2
from gmpy2 import mpfr, mpq

from conformance.formats import Format

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
