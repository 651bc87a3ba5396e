"""A hypothesis solved for its numbers, and how far it then misses what came back. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.formats import BINARY32, BINARY64, Format, Mask, Values
from conformance.identify.kinds import Kind, Terms
from conformance.identify.snap import ZERO, Snapped, snapped
from conformance.identify.tails import NONE, Ends, Tail, ends

ROUNDINGS = 64
"""So many units roundoff of 1 + |loss| a careful or careless formula may be off, away from its ends."""

BLUR = 4
"""A logarithm's argument is off by so many units roundoff of 1, at most: what a subtraction from 1 costs."""

MOST = 1e-3
"""More than this no blur excuses."""

FUZZY = (2.0**-13, 2.0**7)
"""Units roundoff times e^|x|: between these a sigmoid is next to 1, and its complement has few bits or none."""

FACTORS = 2.0**9
"""A factor of least squares is off by so many units roundoff of the largest."""

ROUNDS = 6
"""A constant and the coefficients beside it are solved in turn, so often."""

OTHERS = 0.375
"""What each other entry of a row of probabilities is where the clamp is looked for."""

COARSE = 0.1
"""What misses by more than this share of the largest loss, with every number free, is dropped at once."""

Columns = Mapping[str, Values]
"""Role → values; roles are prediction, label, rest, weight and pos_weight."""


@dataclass(frozen=True)
class Fit:
    """A hypothesis with its numbers.

    Attributes
    ----------
    kind : Kind
    tail : Tail
    constant : Snapped
        Of the clamp.
    decimal : bool
        Whether the clamp's ends are decimal, and not rounded to the compute format.
    classes : int
        Of a row.
    gamma : float
        The power of a focal loss.
    yes, no : (float, float)
        Factors of −log p and −log(1 − p) for the one label and for the other.
    labels : (float, float)
        What stands for 0 and for 1.
    roles : tuple of str
        What each argument is.
    fmt : Format
        What it computes in.
    misfit : float
        The largest difference from what came back, in tolerances: up to 1 is within rounding.
    """

    kind: Kind
    roles: tuple[str, ...]
    labels: tuple[float, float]
    fmt: Format
    tail: Tail = NONE
    constant: Snapped = ZERO
    decimal: bool = False
    classes: int = 2
    gamma: float = 0.0
    yes: tuple[float, float] = (1.0, 0.0)
    no: tuple[float, float] = (0.0, 1.0)
    misfit: float = math.inf

    @property
    def at(self) -> Ends:
        """The ends of the clamp."""
        small = self.constant.value
        return (small, 1 - small, small) if self.decimal else ends(small, self.fmt)

    def terms(self, columns: Columns) -> Terms:
        """The two logarithms at these inputs."""
        x = columns["prediction"]
        return self.tail.terms(self.kind, x, columns.get("rest", np.zeros(x.shape)), self.classes, self.at)

    def predicted(self, columns: Columns) -> Values:
        """The loss at these inputs, labels between the two ends too."""
        with np.errstate(all="ignore"):
            yes, no, p, q = self.terms(columns)
            low, high = self.labels
            share = (columns["label"] - low) / (high - low)
            up, weight = columns.get("pos_weight", 1.0), columns.get("weight", 1.0)
            if self.gamma:
                power = (share * q + (1 - share) * p) ** self.gamma
                balance = share * self.yes[0] + (1 - share) * self.no[1]
                return np.asarray(weight * balance * power * (_times(share * up, yes) + _times(1 - share, no)))
            first = share * self.yes[0] + (1 - share) * self.no[0]
            second = share * self.yes[1] + (1 - share) * self.no[1]
            return np.asarray(weight * (_times(first * up, yes) + _times(second, no)))


def _times(factor: Any, term: Values) -> Values:
    """A product in which a factor of 0 silences an infinity: the mathematics, not the arithmetic."""
    return np.where(np.asarray(factor) == 0, 0.0, factor * term)


def roundoff(fmt: Format) -> float:
    """Half an ulp of 1."""
    return 2.0**-fmt.precision


def tolerance(fit: Fit, predicted: Values) -> Values:
    """How far a result may be off that is computed in the hypothesis's format, with or without care."""
    u = roundoff(fit.fmt)
    size = np.abs(np.where(np.isfinite(predicted), predicted, 0.0))
    with np.errstate(over="ignore"):
        blur = np.minimum(BLUR * u * np.exp(np.minimum(size, 700.0)), MOST)
    return ROUNDINGS * u * (1 + size) + blur


def clear(fit: Fit, columns: Columns) -> Mask:
    """Inputs at which a careless formula still has, or has no longer, the digits it subtracts."""
    if fit.kind.takes == "probabilities":
        return np.ones(columns["prediction"].shape, bool)
    with np.errstate(over="ignore"):
        at = roundoff(fit.fmt) * np.exp(np.abs(columns["prediction"] - columns.get("rest", 0.0)))
    return np.asarray((at < FUZZY[0]) | (at > FUZZY[1]))


def misses(fit: Fit, columns: Columns, got: Values) -> Values:
    """|got − predicted| in tolerances; infinite where one of them is no number and the other is."""
    predicted = fit.predicted(columns)
    with np.errstate(all="ignore"):
        away = np.abs(got - predicted) / tolerance(fit, predicted)
    same = (np.isnan(got) & np.isnan(predicted)) | (got == predicted)
    return np.where(same, 0.0, np.where(np.isnan(away), np.inf, away))


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
    if all(_constant(fit, got[mask]) for mask in _hard(fit, columns, got)):
        return None                             # an argument that is cut to an integer is no prediction
    yes, no, *_ = fit.terms(columns)
    up, weight = columns.get("pos_weight", np.ones(yes.shape)), columns.get("weight", np.ones(yes.shape))
    found: list[tuple[float, float]] = []
    masks = _hard(fit, columns, got)
    for mask in masks:
        if np.count_nonzero(mask) < 4:
            return None
        basis = np.stack([weight * up * yes, weight * no], -1)[mask]
        found.append(_least(basis, got[mask]))
    return _measured(replace(fit, yes=found[0], no=found[1]), columns, got, masks[0] | masks[1])


def _constant(fit: Fit, got: Values) -> bool:
    return bool(not got.size or np.ptp(got) <= ROUNDINGS * roundoff(fit.fmt) * np.max(np.abs(got)))


def _least(basis: Values, got: Values) -> tuple[float, float]:
    """The two factors of least squares."""
    factors = np.linalg.lstsq(basis, got, rcond=None)[0]
    return float(factors[0]), float(factors[1])


def _focal(fit: Fit, columns: Columns, got: Values) -> Fit | None:
    """The power from the slope of a logarithm, class by class; then one factor for each."""
    yes, no, p, q = fit.terms(columns)
    up, weight = columns.get("pos_weight", np.ones(yes.shape)), columns.get("weight", np.ones(yes.shape))
    masks = _hard(fit, columns, got)
    powers, factors = [], []
    for mask, term, other in zip(masks, (yes * up, no), (q, p), strict=True):
        with np.errstate(all="ignore"):
            ratio = got / (weight * term)
            use = mask & np.isfinite(ratio) & (ratio != 0) & (other > 0)
        if np.count_nonzero(use) < 4 or len({bool(s) for s in ratio[use] > 0}) > 1:
            return None
        base = np.log(other[use])
        basis = np.stack([np.ones(base.shape), base], -1)
        (_, slope), *_ = np.linalg.lstsq(basis, np.log(np.abs(ratio[use])), rcond=None)
        powers.append(float(slope))
    gamma = snapped(sum(powers) / 2, max(abs(powers[0] - powers[1]), FACTORS * 2 * roundoff(fit.fmt))).value
    if abs(powers[0] - powers[1]) > 0.1 * (1 + abs(gamma)):
        return None
    for mask, term, other in zip(masks, (yes * up, no), (q, p), strict=True):
        with np.errstate(all="ignore"):
            basis = (weight * term * other**gamma)[mask]
        factors.append(float(np.linalg.lstsq(basis[:, None], got[mask], rcond=None)[0][0]))
    changed = replace(fit, gamma=gamma, yes=(factors[0], 0.0), no=(0.0, factors[1]))
    return _measured(changed, columns, got, masks[0] | masks[1])


def _measured(fit: Fit, columns: Columns, got: Values, mask: Mask) -> Fit | None:
    """The fit with its misfit, or None where it is nowhere near."""
    if fit.yes == (0.0, 0.0) and fit.no == (0.0, 0.0):
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
    error = FACTORS * roundoff(fit.fmt)
    largest = max(map(abs, (*fit.yes, *fit.no)))

    def tidy(factor: float) -> float:
        return snapped(factor, error * largest).value

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
    found: list[Fit] = []
    for decimal in (False, True):
        current: Fit | None = replace(fit, tail=tail, decimal=decimal)
        for _ in range(ROUNDS):
            assert current is not None
            largest = _largest(current, ceiling)
            constant = tail.solve(largest, OTHERS * (fit.classes - 1)) if largest > 0 else 0.0
            if not 0 < constant < math.inf or (tail.name in ("clip", "epsilon") and constant >= 0.5):
                current = None
                break
            # The logarithm of the constant is off by the roundings of the loss; a floor is that logarithm itself.
            share = ROUNDINGS / 4 * roundoff(fit.fmt) * (1 + abs(largest))
            error = share if tail.name in ("floor", "clip logits") else share * constant
            current = replace(current, constant=snapped(constant, error))
            current = fitted(current, columns, got)
            if current is None:
                break
        if current is not None:
            found.append(current)
    return found


def _largest(fit: Fit, ceiling: tuple[float, float]) -> float:
    """The largest value of −log behind one of the two ceilings: the decimal end of a clip is the lower one."""
    for value, factor in ((ceiling[0], fit.yes[0]), (ceiling[1], fit.no[1])):
        if math.isfinite(value) and factor:
            return value / factor
    return -1.0


def format_of(dtype: str) -> Format:
    """What a result of a dtype is computed in, as far as a probe can tell."""
    return BINARY64 if dtype == "binary64" else BINARY32
