"""The input space of a label: hard, soft, one step from hard, and outside [0, 1]."""

from __future__ import annotations

from conformance.cases import Named
from conformance.formats import Format, neighbours


def edges(fmt: Format) -> Named:
    """The named labels.

    Parameters
    ----------
    fmt : Format
    """
    return [
        ("0", 0.0),
        ("1", 1.0),
        ("0.5", 0.5),
        ("0.1", 0.1),
        ("0.9", 0.9),
        ("0.999", 0.999),
        ("0+1ulp", fmt.smallest),
        ("2^-p", 2.0**-fmt.precision),  # 1 − y is the largest number below 1, x − x·y one or two steps from x
        ("1-1ulp", neighbours(1.0, fmt, 1)[0]),
        ("-0.5", -0.5),
        ("1.5", 1.5),
        ("2", 2.0),
    ]
