"""The input space of the probability that all other classes of a row share; the row need not sum to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Named
from conformance.cases import probability as probabilities
from conformance.formats import Format, Values

LABELS = ("0", "1", "0.5", "0.9", "1-1ulp", "1.5")
"""The labels y it meets: those whose 1 − y, the target of another class, is exact in every format."""

REGIONS = probabilities.REGIONS


def edges(fmt: Format) -> Named:
    """The named probabilities.

    Parameters
    ----------
    fmt : Format
    """
    return [("0.5", 0.5), ("0.1", 0.1), ("1e-7", 1e-7), ("0", 0.0), ("minnormal", fmt.smallest_normal), ("1", 1.0)]


def region(first: Values, own: Values, fmt: Format) -> NDArray[np.intp]:
    """The region of a row, as an index into ``REGIONS``: that of the first probability's share p/(p + r).

    Where r is 0 the share is one, where p is 0 it is zero; an input outside [0, 1] is ``outside``, a subnormal one
    ``subnormal-input``.

    Parameters
    ----------
    first, own : ndarray of float64
        Probabilities, and those of the rest of the row.
    fmt : Format
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = first / (first + own)
    alone = probabilities.region(first, fmt)
    found = probabilities.region(np.where((share == 1) & (own > 0), 1 - 2.0**-fmt.precision, share), fmt)
    rest = probabilities.region(own, fmt)
    for name in ("subnormal-input", "zero", "outside", "nan"):
        code = REGIONS.index(name)
        found = np.where((alone == code) | (rest == code) if name != "zero" else alone == code, code, found)
    return np.where((alone == REGIONS.index("zero")) & (own == 0), REGIONS.index("zero"), found).astype(np.intp)
