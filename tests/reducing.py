"""An adapter file for the tests: the reference's losses, reduced exactly and rounded once, or wrong in a chosen way.

NumPy in working precision. ``reduced`` remembers what it did, and the derivative follows from that.
"""

# mypy: ignore-errors
# ruff: noqa: RUF012, UP031

import inspect
import math

import numpy as np

from conformance.adapter import EntryPoint, load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))
LAST = {}


def values(x):
    """Native numbers as binary64; bfloat16 travels as uint16."""
    x = np.asarray(x)
    return (x.astype(np.uint32) << 16).view(np.float32).astype(float) if x.dtype == np.uint16 else x.astype(float)


def native(x, dtype):
    """Binary64 as native numbers, rounded once."""
    if dtype != np.uint16:
        return np.asarray(x).astype(dtype)
    x = np.asarray(x, float)
    with np.errstate(all="ignore"):
        near = x.astype(np.float32)
    bits = np.reshape(near, (-1,)).view(np.uint32).reshape(x.shape).astype(np.uint64)
    odd = np.sign(x - near)                                     # which way the first rounding went, for ties
    low, up = bits & 0xFFFF, bits >> 16
    more = (low > 0x8000) | ((low == 0x8000) & ((odd > 0) | ((odd == 0) & (up & 1 == 1))))
    return np.where(np.isnan(x), 0x7FC0, up + more).astype(np.uint16)


def divisor(kind, weight, count, fault):
    weights = np.ones(count) if weight is None else values(weight)
    found = {
        "sum": 1.0,
        "mean": float(count),
        "batch": float(count),
        "weighted": math.fsum(weights),
        "present": float(np.count_nonzero(weights)),
    }[kind]
    if fault == "divides_by_the_weights":
        found = math.fsum(weights)
    if fault == "divides_by_the_elements":
        found = float(count)
    return found


def reduced(losses, kind, weight=None, fault=""):
    dtype = np.asarray(losses).dtype
    own = values(losses)
    weights = np.ones(len(own)) if weight is None else values(weight)
    by = divisor(kind, weight, len(own), fault)
    if fault == "counts_in_the_dtype":
        by = float(values(native(by, dtype)))
    LAST.update(weights=weights, by=1.0 if fault == "gradient_undivided" else by)
    if fault == "drops_the_last":
        weights = np.append(weights[:-1], 0.0)
    if fault == "raises_on_nothing" and not len(own):
        raise ValueError("nothing to reduce")
    total = math.fsum(weights * own) if np.isfinite(weights * own).all() else float(np.sum(weights * own))
    if fault == "added_in_turn":
        total = float(np.add.accumulate((weights * own).astype(dtype))[-1])
    if fault == "sum_in_the_dtype":
        total = float(values(native(total, dtype)))
    with np.errstate(all="ignore"):
        mean = np.float64(total) / by
    if fault == "negative":
        mean = -mean
    if fault == "nothing":
        mean = 0 * mean
    if fault == "keeps_a_dimension":
        mean = np.atleast_1d(mean)
    return native(mean, np.dtype(float) if fault == "wide" else dtype)


def backward(gradient):
    dtype = np.asarray(gradient).dtype
    return native(LAST["weights"] * values(gradient) / LAST["by"], dtype)


REVERSE = """
def {g}({args}):
    y = {call}
    return y, backward(sigmoid_cross_entropy_d_logit(logit, label))
"""

KINDS = {"sum": "1", "mean": "elements", "batch": "batch", "weighted": "weights", "present": "nonzero-weights"}

FAULTS = {
    "divides_by_the_weights": ("mean",),
    "divides_by_the_elements": ("weighted", "present"),
    "counts_in_the_dtype": ("mean",),
    "gradient_undivided": ("mean",),
    "drops_the_last": ("sum",),
    "raises_on_nothing": ("sum",),
    "added_in_turn": ("sum",),
    "sum_in_the_dtype": ("mean",),
    "negative": ("sum",),
    "nothing": ("sum",),
    "keeps_a_dimension": ("sum",),
    "wide": ("sum",),
}
"""What is done wrong, and the reductions that it spoils."""


def entry(path, kinds, fault=""):
    """Each fault has a path of its own: an adapter's second config of a path is reduced less often."""
    code = "sigmoid_cross_entropy(logit, label) if {reduction} is None else reduced("
    code += "sigmoid_cross_entropy(logit, label), {reduction}, WEIGHT, FAULT)"
    return EntryPoint(
        path,
        "sigmoid_cross_entropy",
        code.replace("WEIGHT, FAULT", "None, %r" % fault),
        config={"reduction": None},
        reductions={kind: KINDS[kind] for kind in kinds},
        weighted=code.replace("WEIGHT, FAULT", "weight, %r" % fault),
    )


class Reducing(reference.Reference):
    name = "reducing"
    imports = "\n\n".join(
        (
            "import math\n" + reference.Reference.imports,
            "LAST = {}",
            *map(inspect.getsource, (values, native, divisor, reduced, backward)),
            "\n".join(fault + " = reduced" for fault in FAULTS),
        )
    )
    derivatives = {"reverse": REVERSE}
    entry_points = (entry("reduced", KINDS),)


class Faulty(Reducing):
    name = "faulty-reductions"
    entry_points = tuple(entry(fault, kinds, fault) for fault, kinds in FAULTS.items())


ADAPTERS = [Reducing(), Faulty()]
