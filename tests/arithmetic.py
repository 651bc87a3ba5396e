"""An adapter file for the tests: NumPy, in working precision, with derivatives stated by hand."""

# mypy: ignore-errors
# ruff: noqa: RUF012

from conformance.adapter import Adapter, EntryPoint

LOSS = "numpy.maximum(logit, 0) - logit * label + numpy.log1p(numpy.exp(-abs(logit)))"
HAND = {"logit": "1 / (1 + numpy.exp(-logit)) - label", "label": "-logit"}


class Arithmetic(Adapter):
    name = "arithmetic"
    distributions = ("numpy",)
    imports = "import numpy"
    names = {"binary16": "numpy.float16", "binary32": "numpy.float32", "binary64": "numpy.float64"}
    literal = "numpy.array({values}, {dtype})"
    derivatives = {"reverse": "def {g}({args}):\n    return {call}, {hand}"}
    entry_points = (
        EntryPoint("numpy.log1p", "sigmoid_cross_entropy", LOSS, hand=HAND),
        EntryPoint("numpy.multiply", "product", "{weight} * logit * label", config={"weight": 2.0, "axis": None}),
        EntryPoint("numpy.no_such_function", "product", "numpy.no_such_function(logit, label)"),
        EntryPoint("numpy.add", "sum", "logit + label", since="99.0"),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])


ADAPTERS = [Arithmetic()]
