"""The input space of a weight on the positive term."""

from __future__ import annotations

from conformance.cases import Named
from conformance.formats import Format


def edges(fmt: Format) -> Named:
    """The named weights; tiny and large leave room for a product with any edge that is itself moderate.

    Parameters
    ----------
    fmt : Format
    """
    return [
        ("1", 1.0),
        ("0", 0.0),
        ("tiny", 2.0 ** (fmt.emin // 2)),
        ("3", 3.0),
        ("100", 100.0),
        ("large", 2.0 ** (fmt.emax // 2)),
    ]
