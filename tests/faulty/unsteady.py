"""The reference, with results that depend on more than the value: each adapter on one thing; and one sound adapter."""

# mypy: ignore-errors
# ruff: noqa: RUF012

import inspect
import os

import numpy as np

from conformance.adapter import load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))


def up(y):
    """The next number above."""
    return np.nextafter(y, np.asarray(np.inf, y.dtype))


def after(change, f):
    """The function f, its results changed, knowing the inputs."""

    def spoiled(*inputs):
        y = f(*inputs)
        return tuple(change(part, *inputs) for part in y) if isinstance(y, tuple) else change(y, *inputs)

    return spoiled


def tail(y, *inputs):
    """The part behind the last whole vector of eight, where there is a vector."""
    body = len(y) - len(y) % 8 if len(y) >= 8 else len(y)
    return np.concatenate([y[:body], up(y[body:])])


def head(y, *inputs):
    return np.concatenate([up(y[:1]), y[1:]])


def alone(y, *inputs):
    return up(y) if len(y) == 1 else y


def long(y, *inputs):
    return up(y) if len(y) > 70 else y


def nan_tail(y, *inputs):
    return np.concatenate([y[:-1], np.where(np.abs(inputs[0][-1:]) > 20, np.float32(np.nan), y[-1:])])


def other_nans(y, *inputs):
    """A NaN of another sign and payload at odd places: the same result."""
    noise = (np.arange(y.size) % 2 * 0x80000123).astype(np.uint32).reshape(y.shape)
    return np.where(np.isnan(y), (y.view(np.uint32) ^ noise).view(np.float32), y)


def counting(f):
    """The function f, its results changed each second time that it is asked the same, of a short array."""
    asked = {}

    def spoiled(*inputs):
        key = tuple(x.tobytes() for x in inputs)
        asked[key] = asked.get(key, 0) + 1
        y = f(*inputs)
        change = up if len(inputs[0]) <= 70 and asked[key] % 2 == 0 else np.asarray
        return tuple(map(change, y)) if isinstance(y, tuple) else change(y)

    return spoiled


def strides(y, *inputs):
    return y if all(x.flags.c_contiguous for x in inputs) else up(y)


def threads(y, *inputs):
    return up(y) if len(y) > 10_000 and os.environ.get("UNSTEADY_THREADS") == "1" else y


HELPERS = (up, after, tail, head, alone, long, nan_tail, other_nans, counting, strides, threads)


class Sound(reference.Reference):
    name = "sound"
    imports = reference.Reference.imports + "\n\n\nimport os\n\n\n" + "\n\n".join(map(inspect.getsource, HELPERS))
    entry_points = tuple(e for e in reference.Reference.entry_points if e.loss == "sigmoid_cross_entropy")
    reshape = "{x}.reshape({shape})"
    layouts = {
        "strided": "np.stack([{x}, {x}], -1)[..., 0]",
        "reversed": "{x}[::-1].copy()[::-1]",
        "transposed": "{x}.T.copy().T",
    }
    one_thread = {"UNSTEADY_THREADS": "1"}


def unsteady(fault, wrap):
    """An adapter with one fault; that of threads alone is asked with long arrays, which take their time."""
    threads = Sound.one_thread if fault == "threads" else {}
    return type("Unsteady", (Sound,), {"name": fault, "modes": {"eager": wrap}, "one_thread": threads})()


FAULTS = ("tail", "head", "alone", "long", "nan_tail", "strides", "threads")

ADAPTERS = [
    Sound(),
    unsteady("other-nans", "after(other_nans, {f})"),
    unsteady("counting", "counting({f})"),
    *(unsteady(fault.replace("_", "-"), f"after({fault}, {{f}})") for fault in FAULTS),
]
