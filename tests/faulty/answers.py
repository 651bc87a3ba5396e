"""Calls that return something else, raise, or make a noise."""

# mypy: ignore-errors

import os

from conformance.adapter import EntryPoint, load_file

HERE = os.path.dirname(os.path.abspath(__file__))
Arithmetic = load_file(os.path.join(HERE, "..", "arithmetic.py")).Arithmetic

IMPORTS = """
import numpy, os, sys
def picky(x, stop=ValueError):
    if numpy.isnan(x).any():
        raise stop("a NaN\\nand more")
    return x
def crowded(x):
    if len(x) > 100:
        raise ValueError("too many")
    return x
def always(x):
    raise ZeroDivisionError
def noisy(stream, x):
    for _ in range(1 << 13):
        stream.write("noise " * 1000)
    return x
"""

CALLS = {
    "shape": "logit[:, None]",
    "length": "logit[:-1]",
    "scalar": "logit.sum()",
    "pair": "(logit, label)",
    "none": "None",
    "dtype": "logit.astype('float64')",
    "complex": "logit.astype('complex128')",
    "one-case": "picky(logit)",
    "system-exit": "picky(logit, SystemExit)",
    "always": "always(logit)",
    "crowd": "crowded(logit)",
    "stdout": "noisy(sys.stdout, logit)",
    "stderr": "noisy(sys.stderr, logit)",
    "stdin": "os.close(0) or logit",
}


class Answers(Arithmetic):
    name = "answers"
    imports = IMPORTS
    entry_points = (
        *(EntryPoint("numpy.add", "product", code, config={"fault": fault}) for fault, code in CALLS.items()),
        EntryPoint("numpy.multiply", "product", "logit * label"),
    )


ADAPTERS = [Answers()]
