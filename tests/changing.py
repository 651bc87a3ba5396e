"""An adapter whose results depend on an environment variable, as those of a framework do on its release."""

# mypy: ignore-errors
# ruff: noqa: RUF012

from conformance.adapter import load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))

CHANGES = '''
import os

CHANGE = os.environ.get("CHANGE", "")
if CHANGE == "missing":
    import a_framework_of_nowhere


def changed(y):
    y = np.array(y)
    if CHANGE == "bits":                        # in the middle of one cell or another, by one ULP
        y = np.where((y > 0.6) & (y < 0.7), np.nextafter(y, y.dtype.type(1)), y)
    if CHANGE == "nan":
        y = np.where(y > 1e30, np.nan, y)
    if CHANGE == "lost":
        y = np.where(np.abs(y) < 1e-9, 0 * y, y)
    return y


def changing(f):
    def call(*inputs):
        if CHANGE == "lacking":
            raise AttributeError("module 'it' has no attribute 'loss'")
        if CHANGE == "crash":
            os.abort()
        y = f(*inputs)
        return (*y[:-1], changed(y[-1])) if isinstance(y, tuple) else changed(y)

    return call
'''


class Changing(reference.Reference):
    name = "changing"
    further = "full"
    imports = reference.Reference.imports + CHANGES
    modes = {"eager": "changing({f})"}
    entry_points = (reference.entry("sigmoid_cross_entropy", "quick"),)


ADAPTERS = [Changing()]
