"""The input space of a logit: edges at every threshold of exp, log1p and the format, and two dense grids."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Named
from conformance.formats import Format, Values, neighbours

REGIONS = (
    "nan",
    "infinite",
    "zero",
    "subnormal-input",
    "vanished+",
    "vanished-",
    "subnormal-result+",
    "subnormal-result-",
    "saturated+",
    "saturated-",
    "tiny",
    "transition",
)
"""In order of precedence: the first whose condition holds."""


def thresholds(fmt: Format) -> dict[str, float]:
    """Magnitudes at which e^x, e^−x, 1 + e^−x or log1p change behaviour, in this format or a wider one.

    Parameters
    ----------
    fmt : Format
    """
    ln2 = math.log(2)
    return {
        "ln2": ln2,
        "(p-1)*ln2": (fmt.precision - 1) * ln2,  # e^−x is an ulp of 1: 1 + e^−x has one bit of it left
        "p*ln2-ln(1.5)": fmt.precision * ln2 - math.log(1.5),  # 1 − e^−x is halfway between two numbers below 1
        "p*ln2": fmt.precision * ln2,  # e^−x is half an ulp of 1: 1 + e^−x rounds to 1
        "ln(max)": math.log(fmt.largest),
        "-ln(minnormal)": -fmt.emin * ln2,
        "-ln(minsubnormal)": -fmt.quantum * ln2,
        "-ln(minsubnormal/2)": (1 - fmt.quantum) * ln2,
        "17": 17.0,
        "37": 37.0,
        "89": 89.0,
        "104": 104.0,
        "710": 710.0,
        "745": 745.0,
    }


def edges(fmt: Format) -> Named:
    """The named edges: special numbers, and two neighbours to either side of every threshold.

    Parameters
    ----------
    fmt : Format
    """
    named: Named = [("0", 0.0), ("-0", -0.0)]
    extremes = {
        "minsubnormal": fmt.smallest,
        "maxsubnormal": fmt.smallest_normal - fmt.smallest,
        "minnormal": fmt.smallest_normal,
        "max": fmt.largest,
        "inf": math.inf,
        "1": 1.0,
    }
    for name, value in extremes.items():
        named += [(name, value), ("-" + name, -value)]
    for name, value in thresholds(fmt).items():
        for k, near in zip(range(-2, 3), neighbours(value, fmt, 2), strict=True):
            if math.isfinite(near):
                step = f"{k:+d}ulp" if k else ""
                named += [(name + step, near), (f"-({name}{step})", -near)]
    named.append(("nan", math.nan))
    return named


def grid(fmt: Format) -> Named:
    """±2^k for every k, a linear grid through the transition and the tails, and a logarithmic one.

    Parameters
    ----------
    fmt : Format
    """
    named: Named = []
    for k in range(fmt.quantum, fmt.emax + 1):
        named += [(f"2^{k}", 2.0**k), (f"-2^{k}", -(2.0**k))]
    reach = 1.05 * (1 - fmt.quantum) * math.log(2)
    linear = np.linspace(-reach, reach, 701)
    low, high = math.log(fmt.smallest_normal), math.log(fmt.largest)
    logarithmic = np.exp(np.linspace(low, high, 401)[1:-1])
    for value in [*linear, *logarithmic, *-logarithmic]:
        near = neighbours(float(value), fmt, 0)[0]
        named.append((f"{near!r}", near))
    return named


def region(values: Values, fmt: Format) -> NDArray[np.intp]:
    """The region of every logit, as an index into ``REGIONS``.

    ``vanished``: e^−|x| is at most half the smallest subnormal. ``subnormal-result``: it is below the smallest
    normal number. ``saturated``: it is below half an ulp of 1. ``tiny``: sigma(x) rounds to 1/2.

    Parameters
    ----------
    values : ndarray of float64
    fmt : Format
    """
    a, up = np.abs(values), values > 0
    limits = thresholds(fmt)
    vanished, below = a >= limits["-ln(minsubnormal/2)"], a > limits["-ln(minnormal)"]
    saturated = a > limits["p*ln2"]
    conditions: list[Any] = [np.isnan(values), np.isinf(values), values == 0, a < fmt.smallest_normal]
    for condition in (vanished, below, saturated):
        conditions += [condition & up, condition & ~up]
    conditions += [a < 2.0**-fmt.precision, np.ones(a.shape, bool)]
    return np.select(conditions, range(len(REGIONS))).astype(np.intp)
