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


def sigmoid_cross_entropy(logit, label):
    """(1 - y) * softplus(x) + y * softplus(-x)."""
    (x, y), r, back = widen(logit, label)
    tail = r(np.log1p(r(np.exp(-np.abs(x)))))
    up, down = r(np.maximum(x, 0) + tail), r(np.maximum(-x, 0) + tail)
    return back(r(r(times(r(1 - y), up)) + r(times(y, down))))


def sigmoid_cross_entropy_d_logit(logit, label):
    """(1 - y) * sigma(x) - y * sigma(-x): each tail from the exponential that does not cancel."""
    (x, y), r, back = widen(logit, label)
    e = r(np.exp(-np.abs(x)))
    small, large = r(e / r(1 + e)), r(1 / r(1 + e))
    up, down = np.where(x < 0, small, large), np.where(x < 0, large, small)
    return back(r(r(r(1 - y) * up) - r(y * down)))


def sigmoid_cross_entropy_d_label(logit, label):
    """-x, whatever the label."""
    (x,), r, back = widen(logit)
    return back(r(-x))


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
    e = r(np.exp(-np.abs(x)))
    small, large = r(e / r(1 + e)), r(1 / r(1 + e))
    no, yes = r(1 - y), r(q * y)
    up = np.where(x < 0, weigh(no, small, x, r), r(no * large))
    down = np.where(x < 0, r(yes * large), weigh(yes, small, x, r))
    return back(r(up - down))


def weighted_sigmoid_cross_entropy_d_label(logit, label, pos_weight):
    """q * softplus(-x) - softplus(x)."""
    (x, q), r, back = widen(logit, pos_weight)
    tail = r(np.log1p(r(np.exp(-np.abs(x)))))
    up, down = r(np.maximum(x, 0) + tail), r(np.maximum(-x, 0) + tail)
    return back(r(r(times(q, down)) - up))


def binary_cross_entropy(probability, label):
    """-y * log(p) - (1 - y) * log(1 - p)."""
    (p, y), r, back = widen(probability, label)
    return back(r(r(times(y, r(-np.log(p)))) + r(times(r(1 - y), r(-np.log1p(-p))))))


def binary_cross_entropy_d_probability(probability, label):
    """(1 - y) / (1 - p) - y / p; the absolute value makes -0 the lower end of the domain."""
    (p, y), r, back = widen(probability, label)
    no = r(1 - y)
    up = np.where((no == 0) & ~np.isnan(p), 0 * y, r(no / r(1 - p)))
    down = np.where((y == 0) & ~np.isnan(p), 0 * y, r(y / np.abs(p)))
    return back(r(up - down))


def binary_cross_entropy_d_label(probability, label):
    """log(1 - p) - log(p)."""
    (p,), r, back = widen(probability)
    return back(r(r(np.log1p(-p)) - r(np.log(np.abs(p)))))


FUNCTIONS = (
    widen,
    times,
    weigh,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_d_logit,
    sigmoid_cross_entropy_d_label,
    weighted_sigmoid_cross_entropy,
    weighted_sigmoid_cross_entropy_d_logit,
    weighted_sigmoid_cross_entropy_d_label,
    binary_cross_entropy,
    binary_cross_entropy_d_probability,
    binary_cross_entropy_d_label,
)


def entry(loss, *arguments):
    """An entry point whose derivatives are stated by hand."""
    call = "(" + ", ".join(arguments) + ")"
    hand = {x: loss + "_d_" + x + call for x in arguments[:2]}
    return EntryPoint(loss, loss, loss + call, hand=hand)


class Reference(Adapter):
    """NumPy; derivatives are stated by hand."""

    name = "reference"
    distributions = ("numpy",)
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
        entry("sigmoid_cross_entropy", "logit", "label"),
        entry("weighted_sigmoid_cross_entropy", "logit", "label", "pos_weight"),
        entry("binary_cross_entropy", "probability", "label"),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

    def read(self, y):
        bits, dtype = super().read(y)
        return bits, "bfloat16" if dtype == "uint16" else dtype


ADAPTERS = [Reference()]
