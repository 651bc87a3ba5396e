"""A measured number as the decimal that was meant, where one fits within the error of the measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass

DIGITS = 4
"""Decimals of up to so many digits are meant; what needs more is given as it was measured."""

CHANCE = 0.1
"""That some number of so many digits lies within the error by chance, at most: the error's both sides, of a step."""

POWER = -10
"""Powers of two are meant from this one down: above it, a decimal says as much in as few digits."""


@dataclass(frozen=True)
class Snapped:
    """A number and how it is written.

    Attributes
    ----------
    value : float
    text : str
        ``0.1``, ``1e-07``, ``2^-52``; a measured number has seven digits.
    meant : bool
        Whether it is a short decimal or a power of two that fits the measurement.
    """

    value: float
    text: str
    meant: bool


def snapped(measured: float, error: float) -> Snapped:
    """The shortest decimal within an error, a power of two from 2^-10 down, or the number itself.

    Parameters
    ----------
    measured : float
    error : float
        Of the measurement, absolute.
    """
    if not math.isfinite(measured):
        return Snapped(measured, repr(measured), False)
    if abs(measured) <= error:
        return Snapped(0.0, "0", True)
    for digits in range(1, DIGITS + 1):
        candidate = float(f"{measured:.{digits - 1}e}")
        if not math.isfinite(candidate):
            continue                            # rounded up beyond the largest number
        step = 10.0 ** (math.floor(math.log10(abs(candidate))) - digits + 1)
        if abs(candidate - measured) <= error < step * CHANCE / 2:
            return Snapped(candidate, text_of(candidate), True)
    power = round(math.log2(abs(measured)))
    if power <= POWER and abs(abs(measured) - 2.0**power) <= error:
        return Snapped(math.copysign(2.0**power, measured), f"{'-' if measured < 0 else ''}2^{power}", True)
    return Snapped(measured, f"{measured:.7g}", False)


def text_of(value: float) -> str:
    """A short decimal as a person writes it: 0.1, 2, 100, 1e-7."""
    text = f"{value:g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text


ONE, ZERO = Snapped(1.0, "1", True), Snapped(0.0, "0", True)
