"""A hypothesis solved for its numbers: factors, the power of a focal loss, the constant of a clamp. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from conformance.formats import Mask, Values
from conformance.identify.fit import Columns, Fit
from conformance.identify.points import OTHERS
from conformance.identify.snap import snapped
from conformance.identify.tails import Tail
from conformance.identify.tolerance import FUNCTION, OPERATION, misses, roundings, roundoff, tolerance

LEAST = 4
"""Inputs of one label, fewer of which show nothing: two factors are solved for, and two more must agree."""

ROUNDS = 6
"""A constant and the factors beside it are solved in turn, so often; the misfit says whether that was enough."""

CONSTANT = FUNCTION + 8 * OPERATION
"""Units roundoff of 1 + |log| that the logarithm of a constant is off by: itself, and what weighs it."""

NOISE = 16
"""Units roundoff: a loss so small is what roundings leave of a difference, as of rows of one column. A choice, larger
than the roundings of any loss here and smaller than what anybody weighs a loss with."""

COARSE = 0.1
"""What misses by more than this share of the largest loss, or of its power, is dropped at once. A choice of what is
near enough to be named where nothing fits; what fits is held to its tolerance."""


def fitted(fit: Fit, columns: Columns, got: Values) -> Fit | None:
    """A hypothesis with the factors, and the power, that fit best at hard labels; None where nothing is near.

    Parameters
    ----------
    fit : Fit
        With a clamp and its constant, or none.
    columns : mapping
        Inputs away from the ends of the domain.
    got : ndarray of float64
        What came back; what is not finite is left out.
    """
    plain = _linear(replace(fit, gamma=0.0), columns, got)
    if not fit.kind.entropy or fit.kind.row or (plain is not None and plain.misfit <= 1):
        return plain
    focal = _focal(fit, columns, got)
    found = [f for f in (plain, focal) if f is not None]
    return min(found, key=lambda f: f.misfit, default=None)


def _hard(fit: Fit, columns: Columns, got: Values) -> tuple[Mask, Mask]:
    low, high = fit.labels
    with np.errstate(all="ignore"):
        yes, no, *_ = fit.terms(columns)
        known = np.isfinite(got) & np.isfinite(yes) & np.isfinite(no)
    return known & (columns["label"] == high), known & (columns["label"] == low)


def _linear(fit: Fit, columns: Columns, got: Values) -> Fit | None:
    masks = _hard(fit, columns, got)
    if any(np.count_nonzero(mask) < LEAST for mask in masks):
        return None
    yes, no, *_ = fit.terms(columns)
    up, weight = columns.get("pos_weight", np.ones(yes.shape)), columns.get("weight", np.ones(yes.shape))
    bases = [np.stack([weight * up * yes, weight * no], -1)[mask] for mask in masks]
    first, second = (_least(basis, got[mask]) for basis, mask in zip(bases, masks, strict=True))
    solved = replace(fit, yes=(first[0], first[1]), no=(second[0], second[1]))
    off = tolerance(solved, columns)
    if all(np.ptp(got[mask]) <= np.max(off[mask]) for mask in masks):
        return None                             # an argument that is cut to an integer is no prediction
    error = max(_error(basis, off[mask]) for basis, mask in zip(bases, masks, strict=True))
    return _measured(replace(solved, error=error), columns, got, masks[0] | masks[1])


def _least(basis: Values, got: Values) -> list[float]:
    """The factors of least squares."""
    found: list[float] = np.linalg.lstsq(basis, got, rcond=None)[0].tolist()
    return found


def _error(basis: Values, off: Values) -> float:
    """How far a factor of least squares may be off, where each value is off by so much."""
    return float(np.max(np.abs(np.linalg.pinv(basis)) @ off))


def _focal(fit: Fit, columns: Columns, got: Values) -> Fit | None:
    """The power from the slope of a logarithm, class by class; then one factor for each."""
    yes, no, p, q = fit.terms(columns)
    up, weight = columns.get("pos_weight", np.ones(yes.shape)), columns.get("weight", np.ones(yes.shape))
    masks, rows = _hard(fit, columns, got), ((weight * up * yes, q), (weight * no, p))
    powers, error = [], 0.0
    for mask, (term, other) in zip(masks, rows, strict=True):
        with np.errstate(all="ignore"):
            ratio = got / term
            use = mask & np.isfinite(ratio) & (ratio != 0) & (other > 0)
        if np.count_nonzero(use) < LEAST or len({bool(s) for s in ratio[use] > 0}) > 1:
            return None
        base = np.log(other[use])
        basis = np.stack([np.ones(base.shape), base], -1)
        powers.append(_least(basis, np.log(np.abs(ratio[use])))[1])
        # A product is off by parts of itself, and its logarithm by as much.
        part = roundings(replace(fit, gamma=powers[-1])) * roundoff(fit.fmt) * (1 + 1 / np.abs(term[use]))
        error = max(error, _error(basis, part))
    gamma = snapped(sum(powers) / 2, max(abs(powers[0] - powers[1]), error)).value
    if abs(powers[0] - powers[1]) > COARSE * (1 + abs(gamma)):
        return None
    with np.errstate(all="ignore"):
        bases = [(term * other**gamma)[mask][:, None] for mask, (term, other) in zip(masks, rows, strict=True)]
    (first,), (second,) = (_least(basis, got[mask]) for basis, mask in zip(bases, masks, strict=True))
    solved = replace(fit, gamma=gamma, yes=(first, 0.0), no=(0.0, second))
    off = tolerance(solved, columns)
    error = max(_error(basis, off[mask]) for basis, mask in zip(bases, masks, strict=True))
    return _measured(replace(solved, error=error), columns, got, masks[0] | masks[1])


def _measured(fit: Fit, columns: Columns, got: Values, mask: Mask) -> Fit | None:
    """The fit with its misfit, or None where it is nowhere near."""
    if max(map(abs, (*fit.yes, *fit.no))) <= NOISE * roundoff(fit.fmt):
        return None
    part = {role: values[mask] for role, values in columns.items()}
    tidied = _tidied(fit)
    worst, neat = (float(np.max(misses(f, part, got[mask]))) for f in (fit, tidied))
    best, worst = (tidied, neat) if neat <= max(1.0, worst) else (fit, worst)
    size = float(np.max(np.abs(got[mask])))
    away = float(np.max(np.abs(got[mask] - best.predicted(part))))
    return None if away > COARSE * size else replace(best, misfit=worst)


def _tidied(fit: Fit) -> Fit:
    """Factors that are decimals within the error of the measurement, as those."""

    def tidy(factor: float) -> float:
        return snapped(factor, fit.error).value

    return replace(fit, yes=(tidy(fit.yes[0]), tidy(fit.yes[1])), no=(tidy(fit.no[0]), tidy(fit.no[1])))


def clamped(fit: Fit, tail: Tail, ceiling: tuple[float, float], columns: Columns, got: Values) -> list[Fit]:
    """A hypothesis with a clamp, solved from the largest values that came back: with rounded ends, and decimal ones.

    Parameters
    ----------
    fit : Fit
        Without a clamp.
    tail : Tail
    ceiling : (float, float)
        What came back where −log p, and where −log(1 − p), is largest; one of them finite.
    columns, got
        Away from the ends.
    """
    found = (_clamped(replace(fit, tail=tail, decimal=decimal), ceiling, columns, got) for decimal in (False, True))
    return [solved for solved in found if solved is not None]


def _clamped(fit: Fit, ceiling: tuple[float, float], columns: Columns, got: Values) -> Fit | None:
    """The constant and the factors, in turn; None where no constant makes sense."""
    current = fit
    for _ in range(ROUNDS):
        largest = _largest(current, ceiling)
        constant = fit.tail.solve(largest, OTHERS * (fit.classes - 1)) if largest > 0 else 0.0
        if not 0 < constant < (math.inf if fit.tail.logarithm else 0.5):
            return None                         # nothing is left to a clip to [c, 1 - c] from a half on
        # The logarithm of the constant is off by the roundings of the loss; a floor is that logarithm itself.
        share = CONSTANT * roundoff(fit.fmt) * (1 + largest)
        error = share if fit.tail.logarithm else share * constant
        solved = fitted(replace(current, constant=snapped(constant, error)), columns, got)
        if solved is None:
            return None
        current = solved
    return current


def _largest(fit: Fit, ceiling: tuple[float, float]) -> float:
    """The largest value of −log behind one of the two ceilings: the decimal end of a clip is the lower one."""
    for value, factor in ((ceiling[0], fit.yes[0]), (ceiling[1], fit.no[1])):
        if math.isfinite(value) and factor:
            return value / factor
    return -1.0
