"""The input space of a weight of an element."""

from __future__ import annotations

from conformance.cases import Named
from conformance.formats import Format

LABELS = ("0", "1", "0.5", "0.9", "1-1ulp", "1.5")
"""The labels it meets: a weight multiplies whatever the loss is."""


def edges(fmt: Format) -> Named:
    """The named weights.

    They stay small. A framework that multiplies the finished loss, as its documentation says, loses nothing by
    it; a weight of thousands would only show that the loss was rounded before.

    Parameters
    ----------
    fmt : Format
    """
    return [("1", 1.0), ("0", 0.0), ("3", 3.0), ("0.1", 0.1), ("tiny", 2.0 ** (fmt.emin // 2))]
