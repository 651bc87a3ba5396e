"""Where an error of the fast oracle could change what is said of a result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conformance.estimate import Estimate, two_sum
from conformance.formats import Format, Mask, Values
from conformance.golden import Golden
from conformance.sweep.histogram import FINE, LINEAR, border, nearest
from conformance.ulp import ulp_exponent

NARROW = 2.0**-42
"""An estimate worse than this of itself is looked at closely, and so is whatever is so near to a border."""

_FRACTION = np.uint64((1 << 52) - 1)
_DOUBLE = (0.5, 0.25)
"""How far a value rounded to binary64 lies from a number of it, in steps above that number's power of two."""


def in_doubt(
    got: Values, value: Estimate, scale: Estimate, exact: Golden, target: Format, limit: float
) -> NDArray[np.intp]:
    """Where an error of the oracle, as large as its slack allows, could change what is said of a result.

    Every border that the judge or a histogram knows is looked at: of bins, of the limit, of half a relative ULP and a
    whole one, of binades, of zero, of overflow and of subnormal numbers, and of binary64's rounding to the result. A
    sieve in binary64 leaves few places, and there head and rest are compared with the borders.

    Parameters
    ----------
    got : ndarray of float64, shape (N,)
    value, scale : Estimate
    exact : Golden
        The same as exact values.
    target : Format
    limit : float
        In ULPs of the scale.

    Returns
    -------
    ndarray of intp
        Indices.
    """
    unit = ulp_exponent(exact.scale, target)
    own = unit if exact.scale is exact.value else ulp_exponent(exact.value, target)
    got = np.where(np.isinf(got), np.copysign(2.0 ** (target.emax + 1), got), got)
    places = np.flatnonzero(_sieve(got, value, scale, unit, own, target, limit))
    part, whole = value.take(places), scale.take(places)
    doubtful = _beside_power(part, target) | _beside_power(whole, target)
    doubtful |= _at_threshold(part.magnitude(), target)
    doubtful |= _at_border(got[places], part, unit[places], own[places], limit)
    return places[doubtful]


def _sieve(
    got: Values,
    value: Estimate,
    scale: Estimate,
    unit: NDArray[np.int64],
    own: NDArray[np.int64],
    target: Format,
    limit: float,
) -> Mask:
    """Where binary64 alone does not tell that a value is clear of all borders."""
    size = np.abs(value.head)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        error = np.abs(got - value.head)
        fine = error * _power(FINE.bit_length() - 1 - unit)
        room = 2.0 ** (target.precision + 10) * NARROW  # of a value as large as its scale, in bins
        close = np.abs(fine - np.rint(fine)) <= room + fine * NARROW
        close &= (fine >= 0.5) & (fine < 2 * LINEAR)
        close |= (fine >= LINEAR / 2) & _near_power(fine, 30)
        if limit * FINE != int(limit * FINE):
            close |= np.abs(fine - limit * FINE) <= room + fine * NARROW
        if own is not unit and not np.array_equal(own, unit):
            relative = error * _power(-own)
            close |= (np.abs(relative - 1) <= room) | (np.abs(relative - 0.5) <= room)
        close |= error <= size * 2.0**-50  # the result may be the value, rounded to binary64
        close |= _near_power(value.head, 11)  # half of all thresholds are powers of two
        if scale is not value:
            close |= _near_power(scale.head, 11)
        for threshold in _thresholds(target):
            close |= np.abs(size - threshold) <= threshold * 2 * NARROW
        close |= value.slack > size * NARROW
        # What has no slack is exact.
        close &= ((value.slack > 0) | (scale.slack > 0)) & (size < np.inf)
    return close


def _near_power(number: Values, bits: int) -> Mask:
    """Whether the significand is within so many last bits of a power of two's."""
    near = np.uint64(1 << bits)
    found: Mask = ((number.view(np.uint64) + near) & _FRACTION) <= near + near
    return found


def _power(exponent: NDArray[np.int64]) -> Values:
    """2^exponent for exponents of normal numbers."""
    return ((np.clip(exponent, -1022, 1023) + 1023) << 52).view(np.float64)


def _thresholds(target: Format) -> tuple[float, ...]:
    """What else a verdict changes at: rounding to the smallest normal number and to infinity."""
    step = 2.0 ** (target.emax - target.precision + 1)
    return target.smallest_normal - target.smallest / 2, target.largest, target.largest + step / 2


def _at(number: Estimate, border: float | Values) -> Mask:
    """Whether positive numbers are within their slack of a border, exactly."""
    return (np.abs((number.head - border) + number.rest) <= number.slack) & (number.slack > 0)


def _beside_power(estimate: Estimate, target: Format) -> Mask:
    """Whether numbers are within their slack of a power of two where their ULP changes: above the subnormals."""
    number = estimate.magnitude()
    significand, exponent = np.frexp(number.head)
    power = np.ldexp(np.where(significand > 0.75, 1.0, 0.5), exponent)
    return _at(number, power) & (power >= target.smallest / 2)


def _at_threshold(number: Estimate, target: Format) -> Mask:
    found = _at(number, 0.0) | _at(number, target.smallest / 2)
    for threshold in _thresholds(target):
        found |= _at(number, threshold)
    return found


def _at_border(got: Values, value: Estimate, unit: NDArray[np.int64], own: NDArray[np.int64], limit: float) -> Mask:
    """Whether errors are within the slack of a border of a bin, the limit, or half a relative ULP or a whole one."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        away, lost = two_sum(got, -value.head)
        low = lost - value.rest
        head, rest = two_sum(away, low)
        slack = value.slack + np.where((lost != 0) & (value.slack > 0), np.abs(low) * 2.0**-52, 0.0)
        error = Estimate(head, rest, slack).magnitude()
        scaled = error.head * _power(-unit)
        number = nearest(scaled)
        found = _at(error, border(number) * _power(unit)) & (number > 0)
        found |= _at(error, limit * _power(unit))
        found |= _at(error, _power(own)) | _at(error, _power(own - 1))
        last = np.ldexp(2.0**-52, np.frexp(got)[1] - 1)
        for half in _DOUBLE:
            found |= _at(error, half * last) & (got != 0)
    return found
