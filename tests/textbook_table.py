"""The table of failing cells of the textbook ladder, computed from the formulas: nothing is measured.

``python tests/textbook_table.py`` writes golden/textbook.csv. Each formula is evaluated operation by operation,
every operation correctly rounded in the format: + − × ÷ are so by IEEE 754 (in binary16 NumPy computes them in
binary32, whose 24 bits are enough to round twice without harm); exp, log and log1p are Arb enclosures, rounded
once. The cases, goldens, limits and judge are those of an audit of the default tier.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from flint import arb, fmpq

from conformance.adapter import NUMPY, EntryPoint
from conformance.cases import Cases
from conformance.certify import Sum, certify, ratio
from conformance.enclosures import at
from conformance.exact import INFINITE, NAN, UNDERFLOW, ZERO, Number, pack, round_to
from conformance.formats import Format
from conformance.judge import judge
from conformance.places import golden_folder
from conformance.plan import cases_of
from conformance.standards import standard
from conformance.summary import summarise
from conformance.verdicts import FINDINGS

Array = np.ndarray[Any, np.dtype[Any]]

LOSS = "sigmoid_cross_entropy"
DTYPES = ("binary16", "binary32", "binary64")
TIER = "default"

RUNGS = {
    "likelihood": {
        "loss": "-y * log(p) - (1 - y) * log(1 - p)",
        "d_logits": "(-y / p + (1 - y) / (1 - p)) * p * (1 - p)",
        "d_labels": "-log(p) + log(1 - p)",
    },
    "exp_positive": {
        "loss": "-z * y + log(exp(z) + 1)",
        "d_logits": "-y + exp(z) / (exp(z) + 1)",
        "d_labels": "-z",
    },
    "exp_negative": {
        "loss": "z - z * y + log(1 + exp(-z))",
        "d_logits": "1 - y - exp(-z) / (1 + exp(-z))",
        "d_labels": "-z",
    },
    "piecewise": {
        "loss": "branch(-z * y + log(exp(z) + 1), z - z * y + log(1 + exp(-z)))",
        "d_logits": "branch(-y + exp(z) / (exp(z) + 1), 1 - y - exp(-z) / (1 + exp(-z)))",
        "d_labels": "branch(-z, -z)",
    },
    "max_log": {
        "loss": "max(z, 0) - z * y + log(1 + exp(-abs(z)))",
        "d_logits": "step(z) - y - sign(z) * exp(-abs(z)) / (1 + exp(-abs(z)))",
        "d_labels": "-z",
    },
    "max_log1p": {
        "loss": "max(z, 0) - z * y + log1p(exp(-abs(z)))",
        "d_logits": "step(z) - y - sign(z) * exp(-abs(z)) / (1 + exp(-abs(z)))",
        "d_labels": "-z",
    },
    "stable_sigmoid": {
        "loss": "max(z, 0) - z * y + log1p(exp(-abs(z)))",
        "d_logits": "exp(-max(-z, 0)) / (1 + exp(-abs(z))) - y",
        "d_labels": "-z",
    },
}
"""Rung → quantity → formula of the logit z and the label y, with p = 1/(1 + e^−z).

``branch`` is its first argument for z < 0, its second for z > 0 and 0 otherwise. The derivatives of max(z, 0)
and abs z are ``step`` and ``sign``: at the kink the mean of the two sides, 1/2 and 0.
"""


class Line(NamedTuple):
    """One cell with a finding."""

    rung: str
    dtype: str
    quantity: str
    region: str
    label_class: str
    kinds: str


def table() -> list[Line]:
    """All cells with a finding, in the order of the rungs, dtypes, quantities and regions."""
    return [
        line
        for rung, formulas in RUNGS.items()
        for dtype in DTYPES
        for quantity in formulas
        for line in lines(rung, dtype, quantity)
    ]


def lines(rung: str, dtype: str, quantity: str) -> Iterator[Line]:
    """The cells of one rung, dtype and quantity that have a finding, with the kinds of their findings."""
    found, _ = cases_of(LOSS, "exact", dtype, TIER)
    bits = evaluate(RUNGS[rung][quantity], found)
    rule = standard(EntryPoint("", LOSS, ""), dtype, quantity, TIER, flushes=False, ignores_subnormals=False)
    for (region, label), tally in summarise(judge(bits, dtype, rule), found).items():
        kinds = sorted(FINDINGS & tally.verdicts.keys())
        if kinds:
            yield Line(rung, dtype, quantity, region, label, " ".join(kinds))


def evaluate(formula: str, found: Cases) -> Array:
    """The bits a formula yields with every operation correctly rounded."""
    fmt = found.fmt
    z, y = (bits.view(NUMPY[fmt.name]) for bits in found.bits)
    names: dict[str, Any] = {name: elementary(name, fmt) for name in ELEMENTARY}
    with np.errstate(all="ignore"):
        names |= {"z": z, "y": y, "p": 1 / (1 + names["exp"](-z)), "abs": np.abs, "max": np.maximum}
        names |= {"sign": np.sign, "step": lambda x: (1 + np.sign(x)) / 2}
        names |= {"branch": lambda below, above: np.where(z < 0, below, np.where(z > 0, above, 0 * y))}
        result: Array = eval(formula, names)
    assert result.dtype == z.dtype, formula
    return result.view(fmt.storage)


def exp(x: float) -> Number | Callable[[], arb]:
    """e^x: a Number where it is exact or beyond every format, else how to enclose it."""
    if x == 0:
        return Number(0, False, 0, 1 << 127)
    if abs(x) > 8000:
        return Number(INFINITE) if x > 0 else Number(UNDERFLOW)
    return lambda: arb(ratio(x)).exp()


def log(x: float) -> Number | Callable[[], arb]:
    """log x; of a negative number a NaN."""
    if x == 0:
        return Number(INFINITE, True)
    if x < 0 or x == 1 or x == np.inf:
        return Number(NAN) if x < 0 else Number(ZERO) if x == 1 else Number(INFINITE)
    return lambda: arb(ratio(x)).log()


def log1p(x: float) -> Number | Callable[[], arb]:
    """log(1 + x) for x ≥ 0."""
    if x == 0 or x == np.inf:
        return Number(ZERO if x == 0 else INFINITE)
    return lambda: arb(ratio(x)).log1p()


ELEMENTARY = {"exp": exp, "log": log, "log1p": log1p}


def elementary(name: str, fmt: Format) -> Callable[[Array], Array]:
    """A function of arrays in a format whose results are correctly rounded."""

    def rounded(x: Array) -> Array:
        distinct, where = np.unique(x.view(fmt.storage), return_inverse=True)
        known = [_number(name, float(v)) for v in distinct.view(x.dtype)]
        return round_to(pack(known), fmt).view(x.dtype)[where]

    return rounded


@cache
def _number(name: str, x: float) -> Number:
    if np.isnan(x):
        return Number(NAN)
    found = ELEMENTARY[name](x)
    if isinstance(found, Number):
        return found
    enclose = found

    def enclosure(precision: int) -> Sum:
        with at(precision):
            return Sum(fmpq(0), ((fmpq(1), enclose()),))

    return certify(enclosure)


def text(rows: list[Line]) -> str:
    """The table as a CSV file."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Line._fields)
    writer.writerows(rows)
    return file.getvalue()


def path() -> Path:
    """Where the table is committed."""
    return golden_folder() / "textbook.csv"


def read() -> list[Line]:
    """The committed table."""
    with path().open(newline="") as file:
        return [Line(**row) for row in csv.DictReader(file)]


if __name__ == "__main__":
    path().write_text(text(table()))
