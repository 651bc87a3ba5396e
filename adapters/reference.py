"""The reference: careful NumPy in working precision, with no finding anywhere. It shows that the limits can be met.

In 16 bits every operation is computed in binary32 and rounded once: NumPy's float16 does that by itself, and
bfloat16, which NumPy lacks, travels as uint16 bits and is rounded with integers.
"""

import inspect

import numpy as np

from conformance.adapter import Adapter, EntryPoint


def widen(*arrays):
    """Arrays to compute with, the rounding after each operation, and the way back."""
    if arrays[0].dtype != np.uint16:
        return arrays, np.asarray, np.asarray

    def rounded(x):
        bits = x.astype(np.float32).view(np.uint32)
        nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        return np.where(np.isnan(x), x, nearest.astype(np.uint32).view(np.float32))

    def narrow(x):
        return (x.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)

    return [(a.astype(np.uint32) << 16).view(np.float32) for a in arrays], rounded, narrow


def times(weight, value):
    """A product in which a zero weight wins over an infinite value: the term is absent."""
    return np.where((weight == 0) & ~np.isnan(value), 0 * weight, weight * value)


def smooth(label, smoothing, classes=2):
    """y * (1 - s) + s / K."""
    (y,), r, back = widen(label)
    return back(r(r(y * y.dtype.type(1 - smoothing)) + y.dtype.type(smoothing / classes)))


def multiple(value, factor):
    """A constant times a result."""
    (v,), r, back = widen(value)
    return back(r(times(v.dtype.type(factor), v)))


def weighted(value, weight):
    """A weight times a result; a zero weight wins over an infinite one."""
    (v, w), r, back = widen(value, weight)
    return back(r(times(w, v)))


def sigmoids(x, r):
    """sigma(-x) and sigma(x), each from the exponential that does not cancel."""
    e = r(np.exp(-np.abs(x)))
    small, large = r(e / r(1 + e)), r(1 / r(1 + e))
    return np.where(x < 0, large, small), np.where(x < 0, small, large)


def softpluses(x, r):
    """softplus(-x) and softplus(x)."""
    tail = r(np.log1p(r(np.exp(-np.abs(x)))))
    return r(np.maximum(-x, 0) + tail), r(np.maximum(x, 0) + tail)


def sigmoid_cross_entropy(logit, label):
    """(1 - y) * softplus(x) + y * softplus(-x)."""
    (x, y), r, back = widen(logit, label)
    down, up = softpluses(x, r)
    return back(r(r(times(r(1 - y), up)) + r(times(y, down))))


def sigmoid_cross_entropy_d_logit(logit, label):
    """(1 - y) * sigma(x) - y * sigma(-x)."""
    (x, y), r, back = widen(logit, label)
    down, up = sigmoids(x, r)
    return back(r(r(r(1 - y) * up) - r(y * down)))


def sigmoid_cross_entropy_d_label(logit, label):
    """-x, whatever the label."""
    (x,), r, back = widen(logit)
    return back(r(-x))


def sigmoid_cross_entropy_d2_logit(logit, label):
    """sigma(x) * sigma(-x), whatever the label."""
    (x,), r, back = widen(logit)
    down, up = sigmoids(x, r)
    return back(r(down * up))


def weigh(weight, tail, x, r):
    """weight * tail, where tail is e^-|x| but for a factor near 1: weighted before it is rounded as a subnormal."""
    half = r(np.exp(r(-np.abs(x) / 2)))
    early = r(r(weight * half) * half)
    small = tail < np.finfo(np.float16 if x.dtype == np.float16 else x.dtype).eps / 8
    return np.where(small, early, r(times(weight, tail)))


def weighted_sigmoid_cross_entropy(logit, label, pos_weight):
    """(1 - y) * softplus(x) + q * y * softplus(-x)."""
    (x, y, q), r, back = widen(logit, label, pos_weight)
    tail = r(np.log1p(r(np.exp(-np.abs(x)))))
    no, yes, plus = r(1 - y), r(q * y), r(np.abs(x) + tail)
    late = np.where(q < 1, r(times(q, r(times(y, plus)))), r(times(yes, plus)))  # q * y may underflow
    flat = np.where(x < 0, late, r(times(no, plus)))
    return back(r(flat + weigh(np.where(x < 0, no, yes), tail, x, r)))


def weighted_sigmoid_cross_entropy_d_logit(logit, label, pos_weight):
    """(1 - y) * sigma(x) - q * y * sigma(-x)."""
    (x, y, q), r, back = widen(logit, label, pos_weight)
    down, up = sigmoids(x, r)
    no, yes = r(1 - y), r(q * y)
    up = np.where(x < 0, weigh(no, up, x, r), r(no * up))
    down = np.where(x < 0, r(yes * down), weigh(yes, down, x, r))
    return back(r(up - down))


def weighted_sigmoid_cross_entropy_d_label(logit, label, pos_weight):
    """q * softplus(-x) - softplus(x)."""
    (x, q), r, back = widen(logit, pos_weight)
    down, up = softpluses(x, r)
    return back(r(r(times(q, down)) - up))


def weighted_sigmoid_cross_entropy_d_pos_weight(logit, label, pos_weight):
    """y * softplus(-x)."""
    (x, y), r, back = widen(logit, label)
    return back(r(times(y, softpluses(x, r)[0])))


def weighted_sigmoid_cross_entropy_d2_logit(logit, label, pos_weight):
    """((1 - y) + q * y) * sigma(x) * sigma(-x)."""
    (x, y, q), r, back = widen(logit, label, pos_weight)
    down, up = sigmoids(x, r)
    return back(weigh(r(r(1 - y) + r(q * y)), r(down * up), x, r))


def binary_cross_entropy(probability, label):
    """-y * log(p) - (1 - y) * log(1 - p)."""
    (p, y), r, back = widen(probability, label)
    return back(r(r(times(y, r(-np.log(p)))) + r(times(r(1 - y), r(-np.log1p(-p))))))


def over(weight, value, p):
    """A quotient in which a zero weight wins over a zero below it: the term is absent."""
    return np.where((weight == 0) & ~np.isnan(p), 0 * weight, value)


def slope_of_probability(p, no, yes, r):
    """no / (1 - p) - yes / p; the absolute value makes -0 the lower end of the domain."""
    return r(over(no, r(no / r(1 - p)), p) - over(yes, r(yes / np.abs(p)), p))


def binary_cross_entropy_d_probability(probability, label):
    """(1 - y) / (1 - p) - y / p."""
    (p, y), r, back = widen(probability, label)
    return back(slope_of_probability(p, r(1 - y), y, r))


def element_weighted_binary_cross_entropy_d_probability(probability, label, weight):
    """w * (1 - y) / (1 - p) - w * y / p: a small weight keeps the quotients inside the format."""
    (p, y, w), r, back = widen(probability, label, weight)
    return back(slope_of_probability(p, r(w * r(1 - y)), r(w * y), r))


def binary_cross_entropy_d_label(probability, label):
    """log(1 - p) - log(p)."""
    (p,), r, back = widen(probability)
    return back(r(r(np.log1p(-p)) - r(np.log(np.abs(p)))))


def bend_of_probability(p, no, yes, r):
    """no / (1 - p)^2 + yes / p^2; where p^2 underflows p is divided by twice, and yes is not a subnormal then."""
    rest, square = r(1 - p), r(p * p)
    eps = np.finfo(np.float16 if p.dtype == np.float16 else p.dtype).eps
    unit = np.where(yes < eps, 1 / eps, 1).astype(p.dtype)
    twice = r(r(r(yes * unit) / p) / r(p * unit))
    down = np.where(square < np.finfo(p.dtype).tiny, twice, r(yes / square))
    return r(over(no, r(no / r(rest * rest)), p) + over(yes, down, p))


def binary_cross_entropy_d2_probability(probability, label):
    """(1 - y) / (1 - p)^2 + y / p^2."""
    (p, y), r, back = widen(probability, label)
    return back(bend_of_probability(p, r(1 - y), y, r))


def element_weighted_binary_cross_entropy_d2_probability(probability, label, weight):
    """w * (1 - y) / (1 - p)^2 + w * y / p^2."""
    (p, y, w), r, back = widen(probability, label, weight)
    return back(bend_of_probability(p, r(w * r(1 - y)), r(w * y), r))


def row(d, others, r):
    """n * e^-|d| for d >= 0 and e^-|d| below, and the sum of the row of which that is a part."""
    e = r(np.exp(-np.abs(d)))
    small = e if others == 1 else np.where(d < 0, e, weigh(others + 0 * e, e, d, r))
    return small, r(np.where(d < 0, others, 1).astype(d.dtype) + small)


def softmax_cross_entropy(logit, rest, label, classes):
    """y * log(1 + n * e^-d) + (1 - y) * log(n + e^d), with d = x - rest and n other classes."""
    (x, t, y), r, back = widen(logit, rest, label)
    d = r(x - t)
    small, total = row(d, classes - 1, r)
    tail = np.where((d < 0) & (classes > 2), r(np.log(total)), r(np.log1p(small)))
    plus = r(np.abs(d) + tail)
    yes, no = np.where(d < 0, plus, tail), np.where(d < 0, tail, plus)
    beyond, half = np.isinf(d) & np.isfinite(x) & np.isfinite(t), r(np.abs(x / 2 - t / 2))
    first, second = (
        np.where(beyond & side, r(2 * r(times(w, half))), r(times(w, part)))
        for side, w, part in ((d < 0, y, yes), (d > 0, r(1 - y), no))
    )
    return back(r(first + second))


def shares(d, classes, r):
    """1 - p and p, the share of the first class."""
    small, total = row(d, classes - 1, r)
    part, whole = r(small / total), r(np.where(d < 0, classes - 1, 1).astype(d.dtype) / total)
    return np.where(d < 0, whole, part), np.where(d < 0, part, whole)


def softmax_cross_entropy_d_logit(logit, rest, label, classes):
    """(1 - y) * p - y * (1 - p)."""
    (x, t, y), r, back = widen(logit, rest, label)
    down, up = shares(r(x - t), classes, r)
    return back(r(r(r(1 - y) * up) - r(y * down)))


def softmax_cross_entropy_d2_logit(logit, rest, label, classes):
    """p * (1 - p)."""
    (x, t), r, back = widen(logit, rest)
    down, up = shares(r(x - t), classes, r)
    return back(r(down * up))


def categorical_cross_entropy(probability, rest_probability, label, classes):
    """y * log(1 + n * q / p) + (1 - y) * log(n + p / q), with n other classes of probability q."""
    (p, q, y), r, back = widen(probability, rest_probability, label)
    p, n = np.abs(p), classes - 1
    odds, inverse = r(r(n * q) / p), r(p / q)
    logs = [r(np.log(v)) for v in (p, q, r(n * q))]
    yes = np.where(np.isinf(odds), r(logs[2] - logs[0]), r(np.log1p(odds)))
    near = r(np.log1p(inverse)) if n == 1 else r(np.log(r(n + inverse)))
    no = np.where(np.isinf(inverse), r(logs[0] - logs[1]), near)
    return back(r(r(times(y, yes)) + r(times(r(1 - y), no))))


def categorical_cross_entropy_d_probability(probability, rest_probability, label, classes):
    """((1 - y) - y * n * q / p) / S, with S = p + n * q."""
    (p, q, y), r, back = widen(probability, rest_probability, label)
    p, others = np.abs(p), r((classes - 1) * q)
    quotient, total = over(others, r(others / p), p), r(p + others)
    odds = np.where(np.isinf(quotient) & (p > 0), r(r(y * others) / p), r(times(y, quotient)))
    alone = r(r(r(y * others) / total) / p)  # where the odds are beyond the format, the other term is nothing
    return back(np.where(np.isinf(odds) & (p > 0), -alone, r(r(r(1 - y) - odds) / total)))


def alpha_t(y, alpha, r):
    """y * alpha + (1 - y) * (1 - alpha), or 1."""
    return 1 + 0 * y if alpha is None else r(r(y * y.dtype.type(alpha)) + r(r(1 - y) * y.dtype.type(1 - alpha)))


def focus(x, y, gamma, r):
    """q^(gamma / 2), B / q and B, where q = y * sigma(-x) + (1 - y) * sigma(x) and B is sigmoid cross-entropy.

    Where q is a subnormal number, both are summed in units of a smaller one; where it is sigma(-|x|) alone, its
    power is an exponential.
    """
    down, up = sigmoids(x, r)
    major, minor = np.where(x < 0, y, r(1 - y)), np.where(x < 0, r(1 - y), y)
    unit = x.dtype.type(2.0 ** (np.finfo(x.dtype).maxexp - 4))
    e, half = r(np.exp(-np.abs(x))), r(np.exp(r(-np.abs(x) / 2)))
    tail = r(minor * r(r(half * unit) * half))
    b, q = r(times(major, r(np.abs(x) + r(np.log1p(e)))) + r(minor * r(np.log1p(e)))), r(r(y * down) + r(r(1 - y) * up))
    few = q < np.finfo(x.dtype).tiny
    units = r(r(major * unit) + tail), r(r(r(major * unit) * np.abs(x)) + tail)
    ratio = np.where(q == 0, minor, r(b / q))
    ratio = np.where(few & (units[0] > 0), r(units[1] / units[0]), ratio)
    if gamma == 0:
        return np.ones_like(q), ratio, b
    power = r(np.power(q, q.dtype.type(gamma / 2)))
    if gamma < 2:
        scaled = r(np.power(units[0], q.dtype.type(gamma / 2)) * x.dtype.type(float(unit) ** (-gamma / 2)))
        alone = r(np.exp(r(-gamma / 2 * np.abs(x))) / r(np.power(r(1 + e), q.dtype.type(gamma / 2))))
        power = np.where(major == 0, alone, np.where(few, scaled, power))
    return power, ratio, b


def focal(logit, label, gamma, alpha=None):
    """alpha_t * q^gamma * B, with B sigmoid cross-entropy and q = y * sigma(-x) + (1 - y) * sigma(x)."""
    (x, y), r, back = widen(logit, label)
    half, _, b = focus(x, y, gamma, r)
    return back(product(alpha_t(y, alpha, r), half, b, r))


def product(balance, half, b, r):
    """balance * half^2 * b, in the order in which nothing underflows too early; an infinite b is not weighted."""
    return np.where(np.isinf(b), times(balance, b), r(r(balance * half) * r(half * b)))


def slope(x, y, r):
    """sigma(-x), sigma(x), and (1 - y) * sigma(x) - y * sigma(-x)."""
    down, up = sigmoids(x, r)
    return down, up, r(r(r(1 - y) * up) - r(y * down))


def focal_d_logit(logit, label, gamma, alpha=None):
    """alpha_t * q^gamma * (gamma * (1 - 2y) * s * B / q + b), with s = sigma(x) * sigma(-x) and b the slope of B."""
    (x, y), r, back = widen(logit, label)
    (half, ratio, _), (down, up, b) = focus(x, y, gamma, r), slope(x, y, r)
    first = r(r(gamma * r(1 - r(2 * y))) * r(times(r(down * up), ratio)))
    return back(r(r(alpha_t(y, alpha, r) * half) * r(half * r(first + b))))


def focal_d_label(logit, label, gamma, alpha=None):
    """q^gamma * (tilt * B + alpha_t * (gamma * (sigma(-x) - sigma(x)) * B / q - x)), in units of softplus(|x|)."""
    (x, y), r, back = widen(logit, label)
    (half, ratio, _), (down, up, _) = focus(x, y, gamma, r), slope(x, y, r)
    tail = r(np.log1p(r(np.exp(-np.abs(x)))))
    unit = r(np.abs(x) + tail)
    major, minor = np.where(x < 0, y, r(1 - y)), np.where(x < 0, r(1 - y), y)
    b = r(major + r(minor * r(tail / unit)))
    ratio = np.where(np.isinf(x), 1, r(ratio / unit))  # B is q * |x| there
    direct = np.where(np.isinf(x), np.sign(x), r(x / unit))
    return back(by_label(y, half, ratio, b, unit, r(down - up), -direct, major, gamma, alpha, r))


def by_label(y, half, ratio, b, unit, change, direct, major, gamma, alpha, r):
    """q^gamma * (tilt * B + alpha_t * (gamma * dq/dy * B / q + dB/dy)) * unit; B and dB/dy are in that unit."""
    tilt = b.dtype.type(0 if alpha is None else 2 * alpha - 1)
    both = r(r(tilt * b) + r(alpha_t(y, alpha, r) * r(r(r(gamma * change) * ratio) + direct)))
    power = r(half * half)
    late = r(r(times(r(half * both), unit)) * half)
    value = np.where(power < np.finfo(power.dtype).tiny, late, r(times(r(power * both), unit)))
    return np.where(np.isinf(unit) & (major != 0), times(both, unit), value)


def focal_d2_logit(logit, label, gamma, alpha=None):
    """alpha_t * q^gamma * (B * s / q * gamma * k * ((gamma - 1) * k * s / q - t) + 2 * gamma * k * b * s / q + s).

    k is 1 - 2y, s is sigma(x) * sigma(-x), t is sigma(x) - sigma(-x), and b the slope of B.
    """
    (x, y), r, back = widen(logit, label)
    (half, ratio, _), (down, up, b) = focus(x, y, gamma, r), slope(x, y, r)
    s, q, k = r(down * up), r(r(y * down) + r(r(1 - y) * up)), r(1 - r(2 * y))
    share = np.where(q == 0, 0 * y, r(s / q))
    bend = np.where(np.isinf(x), 0 * y, weigh(ratio, s, x, r))
    second = r(r(r(r((gamma - 1) * k) * share) - r(up - down)) * r(gamma * k))
    inner = r(r(r(bend * second) + r(r(2 * r(gamma * k)) * r(share * b))) + s)
    return back(r(r(alpha_t(y, alpha, r) * half) * r(half * inner)))


def focus_of_probability(p, y, gamma, r):
    """q^(gamma / 2), B / q and B, where q = y * (1 - p) + (1 - y) * p and B is binary cross-entropy.

    Where q is a subnormal number, so are p and y, and both are summed in units of a smaller one.
    """
    unit = p.dtype.type(2.0 ** (np.finfo(p.dtype).maxexp - 4))
    q, log = r(r(y * r(1 - p)) + r(r(1 - y) * p)), r(-np.log(p))
    b = r(r(times(y, log)) + r(times(r(1 - y), r(-np.log1p(-p)))))
    few, yes, no = (q > 0) & (q < np.finfo(p.dtype).tiny), r(y * unit), r(p * unit)
    units = r(yes + no), r(r(times(yes, log)) + no)
    ratio = np.where(q == 0, 0 * y, np.where(few, r(units[1] / units[0]), r(b / q)))
    if gamma == 0:
        return np.ones_like(q), ratio, b
    half = r(np.power(q, q.dtype.type(gamma / 2)))
    if gamma < 2:
        scaled = r(np.power(units[0], q.dtype.type(gamma / 2)) * p.dtype.type(float(unit) ** (-gamma / 2)))
        half = np.where(few, scaled, half)
    return half, ratio, b


def focal_of_probability(probability, label, gamma, alpha=None):
    """alpha_t * q^gamma * B, with B binary cross-entropy and q = y * (1 - p) + (1 - y) * p."""
    (p, y), r, back = widen(probability, label)
    half, _, b = focus_of_probability(np.abs(p), y, gamma, r)
    return back(product(alpha_t(y, alpha, r), half, b, r))


def focal_of_probability_d_probability(probability, label, gamma, alpha=None):
    """alpha_t * q^gamma * (gamma * (1 - 2y) * B / q + (1 - y) / (1 - p) - y / p)."""
    (p, y), r, back = widen(probability, label)
    p, no = np.abs(p), r(1 - y)
    half, ratio, _ = focus_of_probability(p, y, gamma, r)
    outer = r(alpha_t(y, alpha, r) * half)
    factor, up, down = r(outer * half), over(no, r(no / r(1 - p)), p), over(y, r(y / p), p)
    late = r(r(factor / r(p * 16)) * r(y * 16))  # y / p is beyond the format, and the product need not be
    down = np.where(np.isinf(down) & (p > 0), late, product(1, half, r(alpha_t(y, alpha, r) * down), r))
    inner = r(r(r(gamma * r(1 - r(2 * y))) * ratio) + up)
    inner = np.where(np.isinf(up), times(alpha_t(y, alpha, r), up), r(outer * r(half * inner)))
    return back(np.where(np.isinf(down), -down, r(inner - down)))


def focal_of_probability_d_label(probability, label, gamma, alpha=None):
    """q^gamma * (tilt * B + alpha_t * (gamma * (1 - 2p) * B / q - log(p) + log(1 - p))), in units of the larger log."""
    (p, y), r, back = widen(probability, label)
    p, rest = np.abs(p), r(1 - p)
    logs = r(-np.log(p)), r(-np.log1p(-p))
    unit, part = np.maximum(*logs), r(np.minimum(*logs) / np.maximum(*logs))
    major, minor = np.where(p < 0.5, y, r(1 - y)), np.where(p < 0.5, r(1 - y), y)
    half, ratio, _ = focus_of_probability(p, y, gamma, r)
    ratio = np.where(np.isinf(unit), 1, r(ratio / unit))  # B is q times the infinite logarithm
    direct = np.where(p < 0.5, r(1 - part), -r(1 - part))
    b = r(major + r(minor * part))
    return back(by_label(y, half, ratio, b, unit, r(rest - p), direct, major, gamma, alpha, r))


FUNCTIONS = [value for value in list(globals().values()) if inspect.isfunction(value)]  # all of the above

ARGUMENTS = {
    "sigmoid_cross_entropy": ("logit", "label"),
    "weighted_sigmoid_cross_entropy": ("logit", "label", "pos_weight"),
    "binary_cross_entropy": ("probability", "label"),
    "softmax_cross_entropy": ("logit", "rest", "label"),
    "categorical_cross_entropy": ("probability", "rest_probability", "label"),
    "focal": ("logit", "label"),
    "focal_of_probability": ("probability", "label"),
}
FORMULAS = {f.__name__ for f in FUNCTIONS}


def entry(loss, tier="default", weight=False, smoothing=None, **parameters):
    """An entry point whose derivatives are stated by hand: loss_d_logit is by logit, loss_d2_logit twice by it.

    Parameters of the loss are the config. A smoothed label and a weight are around its formulas.
    """
    config = dict(parameters, **({} if smoothing is None else {"smoothing": smoothing}))
    name = loss + ("(" + ",".join("%s=%s" % item for item in config.items()) + ")" if config else "")
    smooth = "smooth(label, {smoothing}, %d)" % parameters.get("classes", 2)
    given = [smooth if x == "label" and smoothing is not None else x for x in ARGUMENTS[loss]]
    call = "(" + ", ".join(given + ["%s={%s}" % (x, x) for x in parameters]) + ")"

    def whole(formula):
        if weight and "element_weighted_" + formula in FORMULAS:
            return "element_weighted_" + formula + call[:-1] + ", weight)"
        text = formula + call
        if smoothing is not None and formula.endswith("_d_label"):
            text = "multiple(" + text + ", 1 - {smoothing})"
        return "weighted(" + text + ", weight)" if weight else text

    by = {"_d_" + x: x for x in ARGUMENTS[loss]}
    by.update({"_d2_" + x: x + "," + x for x in ARGUMENTS[loss]})
    hand = {x: whole(loss + suffix) for suffix, x in by.items() if loss + suffix in FORMULAS}
    if weight:
        name, config = "element_weighted_" + name, dict(config, weight="per-element")
        hand["weight"] = loss + call
    return EntryPoint(loss, name, whole(loss), config=config, hand=hand, tier=tier)


def focal_entries():
    """Both focal losses: gamma 2 with alpha and gamma 0.5 without in the default tier, the others in the full one."""
    for loss in ("focal", "focal_of_probability"):
        for gamma in (2, 0.5, 0, 1, 5):
            yield entry(loss, "default" if gamma == 2 else "full", gamma=gamma, alpha=0.25)
            yield entry(loss, "default" if gamma == 0.5 else "full", gamma=gamma)


class Reference(Adapter):
    """NumPy; derivatives are stated by hand."""

    name = "reference"
    distributions = ("numpy",)
    further = "full"  # as with the frameworks: the default tier has the binary cross-entropies
    imports = "import numpy as np\n\nnp.seterr(all='ignore')\n\n\n" + "\n\n".join(map(inspect.getsource, FUNCTIONS))
    names = {
        "binary16": "'float16'",
        "bfloat16": "'uint16'",
        "binary32": "'float32'",
        "binary64": "'float64'",
    }
    literal = "np.array({values}, {dtype})"
    derivatives = {"reverse": "def {g}({args}):\n    return {call}, {hand}"}
    entry_points = (
        entry("sigmoid_cross_entropy", "quick"),
        entry("weighted_sigmoid_cross_entropy", "quick"),
        entry("binary_cross_entropy", "quick"),
        entry("sigmoid_cross_entropy", weight=True),
        entry("binary_cross_entropy", weight=True),
        entry("softmax_cross_entropy", classes=2),
        entry("softmax_cross_entropy", classes=3),
        entry("softmax_cross_entropy", "full", classes=1000),
        entry("categorical_cross_entropy", "full", classes=2),
        entry("categorical_cross_entropy", classes=3),
        *focal_entries(),
        entry("sigmoid_cross_entropy", smoothing=0.1),
        entry("sigmoid_cross_entropy", "full", smoothing=1),
        entry("binary_cross_entropy", smoothing=0.1),
        entry("binary_cross_entropy", "full", smoothing=1),
        entry("softmax_cross_entropy", "full", classes=2, smoothing=0.1),
        entry("softmax_cross_entropy", "full", classes=3, smoothing=0.1),
        entry("categorical_cross_entropy", "full", classes=3, smoothing=0.1),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

    def read(self, y):
        bits, dtype = super().read(y)
        return bits, "bfloat16" if dtype == "uint16" else dtype


ADAPTERS = [Reference()]
