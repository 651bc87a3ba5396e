"""Results at consecutive inputs, seen as bits: their digest, their NaNs, and whether they go the way they should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xxhash

from conformance.formats import BINARY32, Bits, Format, Mask, to_float64
from conformance.sweep.space import Column, direction, label_of


@dataclass(frozen=True)
class Stretch:
    """Results at consecutive bit patterns under one label.

    Attributes
    ----------
    quantity : str
    label, first, count : int
        Bit patterns.
    digest : str
        128-bit xxHash of the results' bits, every NaN as the same one.
    ends : tuple of int
        The bits of the first and of the last result.
    """

    quantity: str
    label: int
    first: int
    count: int
    digest: str
    ends: tuple[int, int]


@dataclass(frozen=True)
class Noted:
    """What bits alone say of results.

    Attributes
    ----------
    bits : ndarray of unsigned integers
        The results, with one NaN only.
    stretch : Stretch
    disorder : int
        Neighbours of which the later goes the wrong way.
    nans : int
        Results that are NaN where the input is not.
    """

    bits: Bits
    stretch: Stretch
    disorder: int
    nans: int


def noted(quantity: str, column: Column, bits: Bits, fmt: Format, container: Format) -> Noted:
    """What bits alone say of the results in a column.

    Parameters
    ----------
    quantity : str
    column : Column
        Of one sign.
    bits : ndarray of unsigned integers
    fmt, container : Format
        Of the inputs and of the results.
    """
    values = bits.view(np.float32) if container == BINARY32 else to_float64(bits, container)
    label, _ = label_of(column.label, fmt)
    nans = 0
    with np.errstate(invalid="ignore"):
        if np.isnan(values.max()):
            nan = np.isnan(values)
            bits = np.where(nan, np.array(-1).astype(container.storage), bits)
            nans = int(np.count_nonzero(nan[: numbers(column, fmt)]))
        upwards = direction(quantity, label, column.first >> (fmt.width - 1) == 1)
        later, earlier = (values[1:], values[:-1]) if upwards > 0 else (values[:-1], values[1:])
        wrong = int(np.count_nonzero(later < earlier)) if upwards else 0
    digest = xxhash.xxh3_128_hexdigest(np.ascontiguousarray(bits).data)
    ends = int(bits[0]), int(bits[-1])
    return Noted(bits, Stretch(quantity, column.label, column.first, column.count, digest, ends), wrong, nans)


def numbers(column: Column, fmt: Format) -> int:
    """How many inputs of a column are numbers or infinite: those before its first NaN.

    Parameters
    ----------
    column : Column
        Of one sign.
    fmt : Format
    """
    size = column.first & ((1 << (fmt.width - 1)) - 1)
    infinity = (2 * fmt.emax + 1) << (fmt.precision - 1)
    return min(max(infinity + 1 - size, 0), column.count)


def unlike(bits: Bits, mirrored: Bits, fmt: Format, negated: bool) -> int:
    """How many results are not those at the negated inputs under the other hard label.

    Parameters
    ----------
    bits, mirrored : ndarray of unsigned integers, shape (N,)
    fmt : Format
        Of both.
    negated : bool
        Whether one is the negative of the other. Zeros have no sign here, and a NaN is as good as any.
    """
    sign = bits.dtype.type(1 << (fmt.width - 1) if negated else 0)
    differ = bits != (mirrored ^ sign)
    if differ.any():
        differ &= ~(_is_nan(bits, fmt) & _is_nan(mirrored, fmt))
        differ &= (bits | mirrored) << bits.dtype.type(1) != 0
    return int(np.count_nonzero(differ))


def _is_nan(bits: Bits, fmt: Format) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.isnan(to_float64(bits, fmt))
