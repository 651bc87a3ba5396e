"""The reference in modes that change something: bits, a class, a limit, the dtype, or nothing."""

# mypy: ignore-errors
# ruff: noqa: RUF012

import inspect

import numpy as np

from conformance.adapter import load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))


def after(change, f):
    """The function f, its results changed."""

    def spoiled(*inputs):
        y = f(*inputs)
        return tuple(map(change, y)) if isinstance(y, tuple) else change(y)

    return spoiled


def up(y):
    """The next number, but for zero and the ends of the format."""
    usual = (y != 0) & (np.abs(y) < np.finfo(y.dtype).max)
    return np.where(usual, np.nextafter(y, np.asarray(np.inf, y.dtype)), y)


def endless(y):
    return np.where(y > 100, np.asarray(np.inf, y.dtype), y)


def lost(y):
    return np.where(np.abs(y) < 1e-20, 0 * y, y)


def inexact(y):
    return np.where((np.abs(y) > 0.25) & (np.abs(y) < 0.5), y * np.float32(1.001), y)


def refusing(y):
    raise ValueError("not in this mode")


HELPERS = (after, up, endless, lost, inexact, refusing)


class Fickle(reference.Reference):
    name = "fickle"
    imports = reference.Reference.imports + "\n\n\n" + "\n\n".join(map(inspect.getsource, HELPERS))
    modes = {
        "eager": "{f}",
        "same": "after(np.asarray, {f})",
        "up": "after(up, {f})",
        "endless": "after(endless, {f})",
        "lost": "after(lost, {f})",
        "inexact": "after(inexact, {f})",
        "widened": "after(lambda y: y.astype('float64'), {f})",
        "refusing": "after(refusing, {f})",
    }
    entry_points = tuple(e for e in reference.Reference.entry_points if e.loss == "sigmoid_cross_entropy")


ADAPTERS = [Fickle()]
