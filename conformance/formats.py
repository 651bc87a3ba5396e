"""The binary floating-point formats under test: bits, values, and the one rounding between them.

Every value of every format here is exactly representable in binary64, so the rest of the package carries
values as float64 arrays and bits as unsigned integers, and never a NumPy float16 or float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[Any]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Format:
    """An IEEE 754 style binary format with subnormals, infinities and NaNs.

    Parameters
    ----------
    name : str
        ``binary16``, ``bfloat16``, ``binary32`` or ``binary64``.
    width : int
        Bits of storage.
    precision : int
        Bits of the significand, the implicit one included (p).
    emax : int
        Exponent of the largest finite number, 2^emax · (2 − 2^(1−p)).
    """

    name: str
    width: int
    precision: int
    emax: int

    @property
    def emin(self) -> int:
        """Exponent of the smallest normal number."""
        return 1 - self.emax

    @property
    def quantum(self) -> int:
        """Exponent of the smallest subnormal, which is the ulp of everything below 2^(emin+1)."""
        return self.emin - self.precision + 1

    @property
    def storage(self) -> np.dtype[Any]:
        """The unsigned integer that holds one number's bits."""
        return np.dtype(f"u{self.width // 8}")

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float((2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.emax)

    @property
    def smallest_normal(self) -> float:
        """2^emin."""
        return float(2.0**self.emin)

    @property
    def smallest(self) -> float:
        """The smallest subnormal, 2^quantum."""
        return float(2.0**self.quantum)


BINARY16 = Format("binary16", 16, 11, 15)
BFLOAT16 = Format("bfloat16", 16, 8, 127)
BINARY32 = Format("binary32", 32, 24, 127)
BINARY64 = Format("binary64", 64, 53, 1023)
FORMATS = {f.name: f for f in (BINARY16, BFLOAT16, BINARY32, BINARY64)}


def to_float64(bits: Bits, fmt: Format) -> Values:
    """The values of bit patterns, exactly.

    Parameters
    ----------
    bits : ndarray of unsigned integers, any shape
        Bit patterns; the dtype is ``fmt.storage``.
    fmt : Format

    Returns
    -------
    ndarray of float64
        Every value of every format is a binary64 value; a NaN becomes some NaN.
    """
    if fmt == BINARY64:
        return bits.view(np.float64)
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes quiet
        if fmt == BINARY32:
            return bits.view(np.float32).astype(np.float64)
        if fmt == BINARY16:
            return bits.view(np.float16).astype(np.float64)
        return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)


def from_float64(values: Values, fmt: Format) -> Bits:
    """Round binary64 values to the format once, to nearest, ties to even.

    Parameters
    ----------
    values : ndarray of float64, any shape
    fmt : Format

    Returns
    -------
    ndarray of ``fmt.storage``
        Bit patterns. NaN becomes the canonical quiet NaN; overflow becomes infinity.
    """
    x = np.ascontiguousarray(values, dtype=np.float64)
    if fmt == BINARY64:
        return x.view(np.uint64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if fmt == BINARY32:  # the hardware's conversion is a single correct rounding
            return x.astype(np.float32).view(np.uint32)
        if fmt == BINARY16:
            return x.astype(np.float16).view(np.uint16)
    # bfloat16 in integers: going through binary32 would round twice
    raw = x.view(np.uint64)
    magnitude, sign = raw & np.uint64((1 << 63) - 1), (raw >> np.uint64(48)) & np.uint64(0x8000)
    exponent = (magnitude >> np.uint64(52)).astype(np.int64) - 1023
    significand = (magnitude & np.uint64((1 << 52) - 1)) | np.uint64(1 << 52)
    kept = np.minimum(8 + np.minimum(exponent - fmt.emin, 0), 8)  # bits left of the rounding point
    drop = np.minimum(53 - kept, 63).astype(np.uint64)
    quotient = round_half_even(significand, drop, np.zeros(x.shape, bool))
    biased = np.maximum(exponent - fmt.emin, 0).astype(np.uint64)
    bits = (biased << np.uint64(7)) + quotient  # the implicit bit of a normal number carries into the exponent
    bits = np.where(magnitude < np.uint64(1) << np.uint64(52), 0, np.minimum(bits, np.uint64(0x7F80)))
    bits = np.where(exponent > fmt.emax, np.uint64(0x7F80), bits)
    bits = np.where(np.isnan(x), np.uint64(0x7FC0), bits | sign)
    return bits.astype(np.uint16)


def round_half_even(significand: NDArray[np.uint64], drop: NDArray[np.uint64], more: Mask) -> NDArray[np.uint64]:
    """Drop the lowest bits of integers, rounding to nearest, ties to even.

    Parameters
    ----------
    significand : ndarray of uint64
    drop : ndarray of uint64
        How many bits to drop, 1 to 64.
    more : ndarray of bool
        Whether something non-zero lies below the integer (the sticky bit).
    """
    one = np.uint64(1)
    half = one << (drop - one)
    quotient = np.where(drop > np.uint64(63), np.uint64(0), significand >> np.minimum(drop, np.uint64(63)))
    rest = significand - np.where(drop > np.uint64(63), np.uint64(0), quotient << np.minimum(drop, np.uint64(63)))
    up = (rest > half) | ((rest == half) & (more | ((quotient & one) == one)))
    result: NDArray[np.uint64] = quotient + up.astype(np.uint64)
    return result


def rounded(values: Values, fmt: Format) -> Values:
    """Values rounded to the format, as values.

    Parameters
    ----------
    values : ndarray of float64
    fmt : Format
    """
    return to_float64(from_float64(values, fmt), fmt)


def neighbours(value: float, fmt: Format, reach: int) -> list[float]:
    """The format's numbers around a real value, ``reach`` steps to either side of its rounding, ascending.

    Parameters
    ----------
    value : float
    fmt : Format
    reach : int

    Returns
    -------
    list of float
        2·reach + 1 numbers; steps across zero count both zeros as one.
    """
    bits = from_float64(np.array([value]), fmt)
    top = 1 << (fmt.width - 1)
    raw = int(bits[0])
    line = -(raw - top) if raw >= top else raw  # the number line as integers
    steps = [line + k for k in range(-reach, reach + 1)]
    patterns = np.array([s if s >= 0 else top - s for s in steps], dtype=fmt.storage)
    return [float(v) for v in to_float64(patterns, fmt)]
