"""The input space of a probability: the ends of [0, 1], where p, 1 − p or their squares are small, and outside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Named
from conformance.formats import Format, Values, neighbours

REGIONS = (
    "nan",
    "outside",
    "zero",
    "one",
    "subnormal-input",
    "saturated-",
    "saturated+",
    "transition",
)
"""In order of precedence: the first whose condition holds."""


def edges(fmt: Format) -> Named:
    """The named edges, with two neighbours to either side where a neighbour is still a probability.

    Parameters
    ----------
    fmt : Format
    """
    named: Named = [("0", 0.0), ("-0", -0.0), ("1", 1.0)]
    below_one = neighbours(1.0, fmt, 2)
    named += [("1-1ulp", below_one[1]), ("1-2ulp", below_one[0])]
    named += [
        ("minsubnormal", fmt.smallest),
        ("2*minsubnormal", 2 * fmt.smallest),
        ("maxsubnormal", fmt.smallest_normal - fmt.smallest),
        ("minnormal", fmt.smallest_normal),
    ]
    around = {
        "1/2": 0.5,
        "1e-7": 1e-7,
        "1-1e-7": 1 - 1e-7,
        "1e-12": 1e-12,
        "1-1e-12": 1 - 1e-12,
        "e^-100": math.exp(-100),
        "2^-p": 2.0**-fmt.precision,
        "ulp(1)": 2.0 ** (1 - fmt.precision),
        "sqrt(minsubnormal/2)": 2.0 ** ((fmt.quantum - 1) / 2),  # p² rounds to 0
        "1-sqrt(ulp(1)/4)": 1 - 2.0 ** (-(fmt.precision + 1) / 2),  # (1 − p)² is lost beside 1
        "0.1": 0.1,
        "0.9": 0.9,
        "0.999": 0.999,
    }
    for name, value in around.items():
        for k, near in zip(range(-2, 3), neighbours(value, fmt, 2), strict=True):
            if 0 < near < 1:
                named.append((name + (f"{k:+d}ulp" if k else ""), near))
    just_outside = {
        "1+1ulp": below_one[3],
        "1.5": 1.5,
        "inf": math.inf,
        "-minsubnormal": -fmt.smallest,
        "-0.5": -0.5,
        "-inf": -math.inf,
        "nan": math.nan,
    }
    return named + list(just_outside.items())


def grid(fmt: Format) -> Named:
    """2^k and 1 − 2^k for every k, a linear grid, and a logarithmic one towards either end.

    Parameters
    ----------
    fmt : Format
    """
    named: Named = [(f"2^{k}", 2.0**k) for k in range(fmt.quantum, 0)]
    named += [(f"1-2^{k}", 1 - 2.0**k) for k in range(-fmt.precision, 0)]
    linear = np.linspace(0, 1, 1003)[1:-1]
    small = np.exp(np.linspace(math.log(fmt.smallest_normal), 0, 402)[1:-1])
    near_one = 1 - np.exp(np.linspace(-fmt.precision * math.log(2), 0, 302)[1:-1])
    for value in [*linear, *small, *near_one]:
        near = neighbours(float(value), fmt, 0)[0]
        if 0 < near < 1:
            named.append((f"{near!r}", near))
    return named


def region(values: Values, fmt: Format) -> NDArray[np.intp]:
    """The region of every probability, as an index into ``REGIONS``.

    ``saturated-``: log(1 − p) rounds to −p. ``saturated+``: 1 − p has at most four significant bits.

    Parameters
    ----------
    values : ndarray of float64
    fmt : Format
    """
    conditions = [
        np.isnan(values),
        ~((values >= 0) & (values <= 1)),
        values == 0,
        values == 1,
        values < fmt.smallest_normal,
        values < 2.0**-fmt.precision,
        1 - values < 2.0 ** (4 - fmt.precision),
        np.ones(values.shape, bool),
    ]
    return np.select(conditions, range(len(REGIONS))).astype(np.intp)
