"""Adapters that are asked about shapes, dtypes and errors: one behaves as documented, each other has one fault.

What is documented of them stands in ``test_behaviour.py``.
"""

# mypy: ignore-errors
# ruff: noqa: RUF012

import inspect

import numpy as np

from conformance.adapter import Adapter, EntryPoint


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def plain(logit, label):
    """Sigmoid cross-entropy by NumPy's own rules: it broadcasts and promotes."""
    return (1 - label) * softplus(logit) + label * softplus(-logit)


def careful(logit, label):
    """The same for equal shapes only, labels between 0 and 1 of any dtype, in the logits' dtype."""
    if logit.shape != label.shape:
        raise ValueError(f"shapes {logit.shape} and {label.shape} differ")
    if logit.dtype.kind != "f":
        raise TypeError("logits are floats")
    label = label.astype(logit.dtype)
    if not ((label >= 0) & (label <= 1)).all():
        raise ValueError("labels are between 0 and 1")
    return plain(logit, label)


def broadcasting(logit, label):
    return plain(logit, label.astype(logit.dtype)) if label.dtype == logit.dtype else careful(logit, label)


def spreading(logit, label):
    return broadcasting(logit, label)


def hiding(logit, label):
    """Broadcasts, and takes the mean over the last axis: the shape does not show it."""
    both = careful if logit.shape == label.shape else plain
    losses = both(logit, label)
    return losses.mean(-1).reshape(logit.shape) if losses.shape != logit.shape else losses


def widening(logit, label):
    return careful(logit, label).astype("float64")


def flattening(logit, label):
    return careful(logit, label).reshape(-1)


def refusing(logit, label):
    if label.dtype.kind != "f":
        raise TypeError("labels are floats")
    return careful(logit, label)


def misnaming(logit, label):
    try:
        return careful(logit, label)
    except ValueError as error:
        raise RuntimeError(error) from error


def wrapping(logit, label):
    """Negates labels before it converts them: an unsigned 1 becomes 255."""
    careful(logit, label)
    negative = -label if label.dtype.kind != "b" else -label.astype("int8")
    return ((1 + negative) * softplus(logit) - negative * softplus(-logit)).astype(logit.dtype)


def lacking(logit, label):
    """Has no number for an integer label."""
    return careful(logit, label) + (np.nan if label.dtype.kind == "i" else 0)


FAULTS = (broadcasting, spreading, hiding, widening, flattening, refusing, misnaming, wrapping, lacking)


class Careful(Adapter):
    name = "careful"
    distributions = ("numpy",)
    imports = "import numpy as np\n\n" + "\n\n".join(map(inspect.getsource, (softplus, plain, careful, *FAULTS)))
    names = {"binary32": "'float32'", "binary64": "'float64'"}
    literal = "np.array({values}, {dtype})"
    others = {"int32": "'int32'", "uint8": "'uint8'", "bool": "'bool'"}
    cast = "{x}.astype({dtype})"
    reshape = "{x}.reshape({shape})"
    layouts = {"transposed": "{x}.T.copy().T"}
    call = "careful"

    def __init__(self):
        code = self.call + "(logit, label)"
        self.entry_points = (EntryPoint(self.call, "sigmoid_cross_entropy", code, dtypes=("binary32", "binary64")),)

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])


def calling(function):
    return type("Misbehaved", (Careful,), {"name": function, "call": function})()


class TwoFaced(Careful):
    """Careful in its first mode only."""

    name = "two-faced"
    modes = {
        "eager": "{f}",
        "unchecked": "(lambda f: plain)({f})",
        "widened": "(lambda f: lambda *inputs: f(*inputs).astype('float64'))({f})",
        "flat": "(lambda f: lambda *inputs: f(*inputs).reshape(-1))({f})",
    }


ADAPTERS = [Careful(), *(calling(fault.__name__) for fault in FAULTS), TwoFaced()]
