"""The input space of the logit that all other classes of a row share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Named
from conformance.cases import logit as logits
from conformance.formats import Format, Mask, Values, rounded

LABELS = ("0", "1", "0.5", "0.9", "1-1ulp", "1.5")
"""The labels y it meets: those whose 1 − y, the target of another class, is exact in every format."""

REGIONS = logits.REGIONS


def edges(fmt: Format) -> Named:
    """The named logits: two that are edges of the other logit too, those at the end of the format, and masks.

    A row may be shifted by any number without a change of its loss; e^710 overflows in every format.

    Parameters
    ----------
    fmt : Format
    """
    return [
        ("0", 0.0),
        ("-17", -17.0),
        ("710", 710.0),
        ("max", fmt.largest),
        ("-max", -fmt.largest),
        ("-inf", -math.inf),
        ("inf", math.inf),
        ("nan", math.nan),
    ]


def kept(first: Values, own: Values, fmt: Format) -> Mask:
    """Pairs whose difference is exact in the format or beyond it; a mask, or a NaN, meets few logits.

    The loss depends on the difference alone, and e^−d makes d ULPs of half an ULP in it: a limit would have to
    forgive that to every formula. So no case has it. Of a difference beyond the format, e^−d is zero in any case.

    Parameters
    ----------
    first, own : ndarray of float64
        Logits, and those of the rest of the row.
    fmt : Format
    """
    difference = _difference(first, own)
    with np.errstate(invalid="ignore"):
        again = difference - first
        lost = (first - (difference - again)) + (-own - again)  # what rounding to binary64 lost
    exact = (lost == 0) & (rounded(difference, fmt) == difference) & np.isfinite(difference)
    beyond = np.isfinite(first) & np.isfinite(own) & (np.abs(difference) > fmt.largest)
    few = np.isin(np.abs(first), (0.0, 1.0, math.inf)) | np.isnan(first)
    kept: Mask = exact | beyond | np.where(np.isfinite(own), ~np.isfinite(first), few)
    return kept


def region(first: Values, own: Values, fmt: Format) -> NDArray[np.intp]:
    """The region of a row, as an index into ``REGIONS``: that of the difference of the two logits, kept finite.

    Parameters
    ----------
    first, own : ndarray of float64
    fmt : Format
    """
    difference = _difference(first, own)
    beyond = np.isfinite(first) & np.isfinite(own) & np.isinf(difference)
    return logits.region(np.where(beyond, np.copysign(fmt.largest, difference), difference), fmt)


def _difference(first: Values, own: Values) -> Values:
    with np.errstate(invalid="ignore", over="ignore"):
        return first - own
