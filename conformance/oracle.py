"""Fast oracles in binary64 for exhaustive sweeps: which losses have one, their values, and the proof that they hold.

They are for binary16, bfloat16 and binary32: what underflows in binary64 is far below half the smallest subnormal of
these, not of binary64. A certified golden decides where ``BOUND`` leaves a verdict open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from conformance import losses
from conformance.curve import ROW, curves
from conformance.estimate import Estimate, joined
from conformance.exact import FINITE, INFINITE, UNDERFLOW, UNDERFLOW_EXPONENT, Exact, split
from conformance.formats import BINARY64, Bits, Format, Mask, Values, from_float64, rounded, to_float64
from conformance.golden import Golden, golden
from conformance.losses import BOUND as BOUND
from conformance.losses import Swept
from conformance.ulp import ulp_error

GRADUAL = -1026
"""Exponent of the scale below which binary64's subnormals are all there is: the error is measured in BOUND of this."""

SEED = 20260131
FORE, MORE = (-8, 10), 48
"""A point is checked in every binade, and so many more in these, where exp and log do most of their work."""
HARD = (0.0, 1.0)
SOFT = 3
"""So many soft labels of each point, in a format of 16 bits."""
HALF = 47
"""Half of BOUND is 2^-HALF."""

SEEN = 2.0**-114
"""Relative error that a certified value as three numbers of binary64 shows."""


class OracleError(Exception):
    """A fast oracle that is not what it promises on this machine."""

    exit_status = 3


def available(loss: str) -> bool:
    """Whether a loss has a fast oracle.

    Parameters
    ----------
    loss : str
    """
    return losses.swept(loss) is not None


def losses_with() -> list[str]:
    """The names of the losses with frozen limits and a fast oracle."""
    return [name for name in losses.names() if available(name)]


def values(loss: str, quantities: Sequence[str], columns: Sequence[Values]) -> list[tuple[Values, Values]]:
    """Values and scales, pointwise.

    Parameters
    ----------
    loss : str
    quantities : sequence of str
        Not those by the label.
    columns : sequence of ndarray of float64
        The arguments in the loss's order, exact; labels in [0, 1]. They broadcast.

    Returns
    -------
    list of (ndarray of float64, ndarray of float64)
        One pair a quantity, each within BOUND of the exact scale; NaN where there is no golden.
    """
    return [(value.head, scale.head) for value, scale in estimates(loss, quantities, columns)]


def estimates(loss: str, quantities: Sequence[str], columns: Sequence[Values]) -> list[tuple[Estimate, Estimate]]:
    """Values and scales in two parts, with how far each may be off.

    Parameters
    ----------
    loss, quantities, columns
        As for ``values``.
    """
    return _definition(loss).oracle(quantities, *columns)


def as_exact(value: Estimate, scale: Estimate, limit: Mask) -> Golden:
    """Estimates as if they were the exact values, for the judge.

    Parameters
    ----------
    value, scale : Estimate
        From ``estimates``. One and the same stay one and the same.
    limit : ndarray of bool, shape (N,)
        Where the first argument is an end of the domain: a zero there is exact. A zero beside a scale that is not zero
        is exact too, as far as the oracle can tell; any other zero is what is left of an underflow.

    Returns
    -------
    Golden
        NaN is tagged NAN; the oracle does not tell it from the tag NONE.
    """
    known = joined(value, limit | (scale.head != 0))
    return Golden(known, known if value is scale else joined(scale, limit))


def at_end(loss: str, x: Values) -> Mask:
    """Where the first argument of a loss is an end of its domain.

    Parameters
    ----------
    loss : str
    x : ndarray of float64
    """
    return (x == 0) | (x == 1) if losses.load(loss).ARGUMENTS[0] == "probability" else np.isinf(x)


def check(loss: str, quantities: Sequence[str], fmt: Format) -> None:
    """Compare oracle and curve with certified values in every binade, with the exp and log of this machine.

    Parameters
    ----------
    loss : str
    quantities : sequence of str
    fmt : Format

    Raises
    ------
    OracleError
        When an error exceeds half of BOUND, or of its slack: the other half is for the points in between.
    """
    random = np.random.default_rng(SEED)
    bits = patterns(fmt, random)
    labels = [np.full(len(bits), y) for y in HARD]
    places = [np.arange(i, len(bits), 2) for i in (0, 1)]  # the curve of every point, for one of the two labels
    drawable = 1 << (fmt.precision - 1) >= ROW
    drawn = [_along(loss, quantities, fmt, bits[p], y) for p, y in zip(places, HARD, strict=True)] if drawable else []
    if fmt.width == 16:
        labels += [rounded(random.random(len(bits)), fmt) for _ in range(SOFT)]
        labels.append(rounded(np.exp2(random.uniform(fmt.quantum, 0, len(bits))), fmt))
    columns = [np.tile(to_float64(bits, fmt), len(labels)), np.concatenate(labels)]
    for k, (quantity, (value, scale)) in enumerate(zip(quantities, estimates(loss, quantities, columns), strict=True)):
        exact = golden(loss, quantity, columns)
        compare(f"{quantity} of {loss}", value, scale, exact, columns)
        for i, along in enumerate(drawn):
            drawn_values, exponent, sure = along[k]
            at = places[i][sure] + i * len(bits)
            part = Golden(exact.value.take(at), exact.scale.take(at))
            least = np.where(exponent[sure] == UNDERFLOW_EXPONENT, fmt.quantum - 64 + HALF, GRADUAL)
            _compare(f"the curve of {quantity} of {loss}", drawn_values[sure], part, least, [c[at] for c in columns])


def compare(what: str, value: Estimate, scale: Estimate, exact: Golden, columns: Sequence[Values]) -> None:
    """Refuse estimates that are off by more than half of BOUND, or of their slack.

    Parameters
    ----------
    what : str
        Whose they are.
    value, scale : Estimate
    exact : Golden
        Certified.
    columns : sequence of ndarray of float64
        Where.

    Raises
    ------
    OracleError
    """
    floor = np.full(len(columns[0]), GRADUAL)
    magnitude = replace(exact.scale, negative=np.zeros(len(scale.head), bool))
    for words, got, due in (
        (what, value, exact),
        (f"the scale of {what}", scale, Golden(magnitude, magnitude)),
    ):
        _compare(words, got.head, due, floor, columns)
        _keep(words, got, due.value, columns)


def _definition(loss: str) -> Swept:
    found = losses.swept(loss)
    if found is None:
        raise ValueError(f"{loss} has no fast oracle")
    return found


def patterns(fmt: Format, random: np.random.Generator) -> Bits:
    """Bit patterns at random places of every binade, subnormal ones too, of both signs; and so many just below 1."""
    binades = np.concatenate((np.arange(fmt.quantum, fmt.emax + 1), random.integers(*FORE, MORE)))
    binades = binades[(binades >= fmt.quantum) & (binades <= fmt.emax)]
    points = rounded(np.ldexp(1 + random.random(len(binades)), binades), fmt)
    points = points[np.isfinite(points)]
    beside = 1 - points[points < 0.5]
    return np.unique(from_float64(np.concatenate((points, -points, beside)), fmt))


def _along(
    loss: str, quantities: Sequence[str], fmt: Format, bits: Bits, label: float
) -> list[tuple[Values, NDArray[np.int64], Mask]]:
    """Per quantity what its curve says at bit patterns: the value, the exponent, and whether it is sure."""
    found = np.empty((len(quantities), len(bits)))
    exponent, sure = np.empty(found.shape, np.int64), np.empty(found.shape, bool)
    for i, pattern in enumerate(bits.tolist()):
        place = pattern % ROW
        for k, curve in enumerate(curves(loss, quantities, fmt, pattern - place, ROW, label)):
            found[k, i], exponent[k, i], sure[k, i] = curve.values[0, place], curve.exponent[0], curve.sure[0]
    return list(zip(found, exponent, sure, strict=True))


def _keep(what: str, got: Estimate, exact: Exact, columns: Sequence[Values]) -> None:
    """Refuse head and rest that are off by more than half their slack, or what 128 bits show of it."""
    known = (exact.tag == FINITE) & np.isfinite(got.head)
    place = np.where(known, exact.exponent - 63, 0)
    with np.errstate(all="ignore"):
        first, second, third = (np.ldexp(part, place) for part in split(exact))
        away = np.abs(first - got.head + second - got.rest + third)  # each difference is exact
        excess = away - (got.slack / 2 + np.abs(got.head) * SEEN + 2.0 ** (GRADUAL - 46))
    if not np.any(known & ~(excess <= 0)):
        return
    i = int(np.argmax(np.where(known, excess, -np.inf)))
    at = ", ".join(float(column[i]).hex() for column in columns)
    raise OracleError(
        f"the fast oracle is off: {what} at ({at}) has an error of {away[i]:.3g}, and half its slack is"
        f" {got.slack[i] / 2:.3g}, so there is no sweep on this machine"
    )


def _compare(what: str, got: Values, exact: Golden, floor: NDArray[np.int64], columns: Sequence[Values]) -> None:
    """Refuse an error above half of BOUND, relative to the scale or to 2^floor, if that is more."""
    value, scale = exact.value, exact.scale
    unit = np.where(scale.tag == FINITE, np.maximum(scale.exponent, floor), floor)
    weight = np.where(unit == scale.exponent, scale.high.astype(np.float64) * 2.0**-63, 1.0)  # the scale in these units
    error = ulp_error(got, value, unit, BINARY64) / np.maximum(weight, 1.0)
    error = np.where((value.tag > INFINITE) & np.isnan(got), 0.0, error)
    error = np.where((value.tag == UNDERFLOW) & (np.signbit(got) != value.negative), np.inf, error)
    if np.all(error <= BOUND / 2):
        return
    i = int(np.argmax(np.nan_to_num(error, nan=np.inf)))
    place = ", ".join(float(column[i]).hex() for column in columns)
    raise OracleError(
        f"the fast oracle is off: {what} at ({place}) has an error of {error[i]:.3g} of its scale, and more than"
        f" {BOUND / 2:.3g} is refused, so there is no sweep on this machine"
    )
