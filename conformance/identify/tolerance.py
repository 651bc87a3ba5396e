"""How far a result may be off that is computed as a hypothesis says, with care or without. Pure.

Every bound is an operation count, as the limits of an audit are (``conformance.limits``): a function loses 4 ULP and
any other operation half a one. Results within the bound say nothing against a hypothesis, others do.
"""

from __future__ import annotations

import numpy as np

from conformance.formats import Format, Mask, Values
from conformance.identify.fit import Columns, Fit
from conformance.limits import FUNCTION_ULP, OPERATION_ULP

FUNCTION, OPERATION = float(2 * FUNCTION_ULP), float(2 * OPERATION_ULP)
"""What one loses, in units roundoff: an ULP is two of them at most."""

ENTROPY = 3 * FUNCTION + 16 * OPERATION
"""A cross-entropy: exp, log1p, and the log of one who makes a logit of a probability first; a subtraction and a
division there; three operations more in it; label smoothing 3, pos_weight 4, a weight, a factor, a base, a mean 4."""

SIGMOID = FUNCTION + 2 * OPERATION
"""exp, an addition and a division."""

BALANCE = 4 * OPERATION
"""1 - y, two products and a sum: the alpha of a focal loss."""

NEAR_ONE = 4 * OPERATION
"""A probability next to 1 and what is left to 1: an addition, a division, a subtraction, a constant added."""

BLUR = 2.0**-11
"""Where a loss without care is off by more than this, because of what a subtraction from 1 took, it says nothing of
the formula: three decimals of a loss, which leaves every clamp there is in sight."""

LOST = 2.0
"""Units roundoff times e^|x|: a sigmoid is 1, whatever is meant, where its complement is less than half of one."""


def roundoff(fmt: Format) -> float:
    """Half an ulp of 1.

    Parameters
    ----------
    fmt : Format
    """
    return 2.0**-fmt.precision


def roundings(fit: Fit) -> float:
    """Units roundoff of its terms that a formula may lose.

    Parameters
    ----------
    fit : Fit
        A power multiplies what its base lost; a row of classes is summed, in any order.
    """
    power = abs(fit.gamma) * (SIGMOID + OPERATION) + FUNCTION + BALANCE if fit.gamma else 0.0
    return ENTROPY + power + (fit.classes - 2) * OPERATION


def tolerance(fit: Fit, columns: Columns) -> Values:
    """How far a result may be off that is computed in the hypothesis's format.

    Each operation is off by its part of 1 + |log|, for the largest logarithm that has a weight, times the largest
    factor there is: what one label weighs is often made from what the other does. Besides, a logarithm without care is
    off by what its argument is, next to 1, times e^|log|.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values.

    Returns
    -------
    ndarray of float64
        Absolute; what is not finite has no part in it.
    """
    u = roundoff(fit.fmt)
    largest = max(sum(map(abs, fit.yes)), sum(map(abs, fit.no)))
    size = largest * np.abs(columns.get("weight", 1.0)) * np.maximum(np.abs(columns.get("pos_weight", 1.0)), 1.0)
    with np.errstate(all="ignore"):
        yes, no, *_ = (np.where(np.isfinite(term), np.abs(term), 0.0) for term in fit.terms(columns))
        first, second = fit.factors(columns)
        reach = np.maximum(np.where(first == 0, 0.0, yes), np.where(second == 0, 0.0, no))
        lost = np.minimum(NEAR_ONE * u * np.exp(reach), BLUR) if fit.kind.entropy else 0.0
    return np.asarray(size * (roundings(fit) * u * (1 + reach) + lost))


def clear(fit: Fit, columns: Columns) -> Mask:
    """Inputs at which a careless formula still has, or has no longer, the digits it subtracts.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values.
    """
    if fit.kind.takes == "probabilities":
        return np.ones(columns["prediction"].shape, bool)
    with np.errstate(over="ignore"):
        at = roundoff(fit.fmt) * np.exp(np.abs(columns["prediction"] - columns.get("rest", 0.0)))
    return np.asarray((NEAR_ONE * at < BLUR) | (at > LOST))


def misses(fit: Fit, columns: Columns, got: Values) -> Values:
    """|got − predicted| in tolerances; infinite where one of them is no number and the other is.

    Parameters
    ----------
    fit : Fit
    columns : mapping
        Role → values.
    got : ndarray of float64
    """
    predicted = fit.predicted(columns)
    with np.errstate(all="ignore"):
        away = np.abs(got - predicted) / tolerance(fit, columns)
    same = (np.isnan(got) & np.isnan(predicted)) | (got == predicted)
    return np.where(same, 0.0, np.where(np.isnan(away), np.inf, away))
