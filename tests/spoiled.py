"""The reference with one fault at a time; a mode is a fault, so the probes see what they would see of a framework."""

# mypy: ignore-errors
# ruff: noqa: RUF012

import inspect

import numpy as np

from conformance.adapter import EntryPoint, load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))


def after(change, f):
    """The function f, its result changed; with derivatives f returns two."""

    def spoiled(*inputs):
        y = f(*inputs)
        return tuple(change(part) for part in y) if isinstance(y, tuple) else change(y)

    return spoiled


def before(change, f):
    """The function f of changed inputs."""
    return lambda *inputs: f(*change(*inputs))


def flushed(y):
    return np.where(np.abs(y) < np.finfo(y.dtype).tiny, 0 * y, y)


def flushed_if_long(y):
    return flushed(y) if len(y) >= 4096 else y


def tail_doubled(y):
    tail = len(y) % 8
    return np.concatenate([y[: len(y) - tail], 2 * y[len(y) - tail :]])


def in_binary32(f):
    return after(lambda y: y.astype("float64"), before(lambda *inputs: [x.astype("float32") for x in inputs], f))


def remembering(f, kept):
    """The function f, but for its last result: that of the first call with inputs of this length."""

    def spoiled(*inputs):
        y = f(*inputs)
        parts = y if isinstance(y, tuple) else (y,)
        first = kept.setdefault(len(inputs[0]), parts[-1])
        return (*parts[:-1], first) if isinstance(y, tuple) else first

    return spoiled


HELPERS = (after, before, flushed, flushed_if_long, tail_doubled, in_binary32, remembering)


class Spoiled(reference.Reference):
    name = "spoiled"
    imports = (
        reference.Reference.imports
        + "\n\n\n"
        + "\n\n".join(map(inspect.getsource, HELPERS))
        + "\nshared = vars(np).setdefault('kept', {})\n"
    )
    modes = {
        "sound": "{f}",
        "reversed": "after(lambda y: y[::-1], {f})",
        "no-sign": "after(np.abs, {f})",
        "flushing": "after(flushed, {f})",
        "flushing-long": "after(flushed_if_long, {f})",
        "denormals-are-zero": "before(lambda *inputs: [flushed(x) for x in inputs], {f})",
        "swapped": "before(lambda *inputs: inputs[::-1], {f})",
        "tail": "after(tail_doubled, {f})",
        "binary32": "in_binary32({f})",
        "widened": "after(lambda y: y.astype('float64'), {f})",
        "remembering": "remembering({f}, {{}})",
        "remembering-all": "remembering({f}, shared)",
    }
    entry_points = (reference.entry("sigmoid_cross_entropy", "quick"),)


class FlushingAlone(reference.Reference):
    """Flushes in the loss itself, where a product does not."""

    name = "flushing-alone"
    imports = reference.Reference.imports + "\n\n" + inspect.getsource(flushed)
    call = "flushed(sigmoid_cross_entropy%s(logit, label))"
    entry_points = (
        EntryPoint(
            "sigmoid_cross_entropy",
            "sigmoid_cross_entropy",
            call % "",
            hand={"logit": call % "_d_logit", "label": call % "_d_label"},
        ),
    )


class Lying(Spoiled):
    """Returns binary32 and calls it by the name of the inputs."""

    name = "lying"
    modes = {"eager": "after(lambda y: y.astype('float32'), {f})"}

    def make(self, bits, dtype):
        self.inputs = dtype
        return super().make(bits, dtype)

    def read(self, y):
        return super().read(y)[0], self.inputs


ADAPTERS = [Spoiled(), FlushingAlone(), Lying()]
