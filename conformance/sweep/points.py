"""Any inputs, judged one by one: by the fast oracle, and by certified values wherever it cannot decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conformance import oracle, quantities
from conformance.adapter import EntryPoint
from conformance.exact import rounded_values
from conformance.formats import BINARY32, BINARY64, Bits, Format, Mask, Values, to_float64
from conformance.golden import Golden, contract_golden, golden
from conformance.judge import Columns, Standard, judge
from conformance.limits import limit
from conformance.standards import Stated, formats, standard_of
from conformance.sweep.documented import Documented
from conformance.sweep.doubt import in_doubt
from conformance.sweep.histogram import bins, border, nearest
from conformance.ulp import compare, ulp_exponent


@dataclass(frozen=True)
class Judged:
    """What is said of N points.

    Attributes
    ----------
    columns : Columns
        The judge's.
    bins : ndarray of int64, shape (N,)
        Of the error in ULPs of the scale, as in ``conformance.sweep.histogram``.
    above : ndarray of bool, shape (N,)
        The result is larger than the exact value, rounded to binary64.
    certified : int
        How many the fast oracle could not decide.
    standard : Standard
        With the exact values used.
    inputs : tuple of ndarray of float64
    bits : ndarray of unsigned integers
        What was judged.
    """

    columns: Columns
    bins: NDArray[np.int64]
    above: Mask
    certified: int
    standard: Standard
    inputs: tuple[Values, ...]
    bits: Bits


def judged(
    entry: EntryPoint, dtype: str, quantity: str, columns: tuple[Values, ...], bits: Bits, flags: tuple[bool, bool]
) -> Judged:
    """Judge results at any inputs.

    Parameters
    ----------
    entry : EntryPoint
    dtype, quantity : str
    columns : tuple of ndarray of float64, each of shape (N,)
        The arguments in the loss's order, exact.
    bits : ndarray of unsigned integers, shape (N,)
        What came back, in the container that is promised.
    flags : tuple of bool
        What the probes proved: results are flushed, subnormal inputs ignored.
    """
    target, container = formats(entry, dtype, quantity)
    name = quantities.exact(quantity)
    if not decides(entry.loss, target):
        return certified(entry, dtype, quantity, columns, bits, flags)
    ((value, scale),) = oracle.estimates(entry.loss, (name,), columns)
    exact = oracle.as_exact(value, scale, oracle.at_end(entry.loss, columns[0]))
    index = in_doubt(to_float64(bits, container), value, scale, exact, target, limit(entry.loss, name, target))
    if len(index):
        part = golden(entry.loss, name, tuple(column[index] for column in columns))
        exact = Golden(exact.value.put(index, part.value), exact.scale.put(index, part.scale))
    middle = value.head  # the value, rounded to binary64
    if len(index):
        middle = middle.copy()
        middle[index] = rounded_values(part.value, BINARY64)
    stated = Documented(to_float64(bits, container), target, limit(entry.loss, name, target))
    return _by(exact, middle, len(index), entry, dtype, quantity, columns, bits, flags, stated)


def certified(
    entry: EntryPoint, dtype: str, quantity: str, columns: tuple[Values, ...], bits: Bits, flags: tuple[bool, bool]
) -> Judged:
    """The same by certified values alone: for binary64, and for a witness.

    Parameters
    ----------
    entry, dtype, quantity, columns, bits, flags
        As for ``judged``.
    """
    exact = golden(entry.loss, quantities.exact(quantity), columns)
    middle = rounded_values(exact.value, BINARY64)
    return _by(exact, middle, len(bits), entry, dtype, quantity, columns, bits, flags)


def _by(
    exact: Golden,
    middle: Values,
    count: int,
    entry: EntryPoint,
    dtype: str,
    quantity: str,
    columns: tuple[Values, ...],
    bits: Bits,
    flags: tuple[bool, bool],
    stated: Stated = contract_golden,
) -> Judged:
    target, container = formats(entry, dtype, quantity)
    rule = standard_of(entry, dtype, quantity, columns, exact, *flags, stated)
    found = judge(bits, container.name, rule)
    got = to_float64(bits, container)
    return Judged(found, exact_bins(found.ulp, got, exact, target), got > middle, count, rule, columns, bits)


def decides(loss: str, target: Format) -> bool:
    """Whether the fast oracle is of use: binary64 asks for more than binary64 has."""
    return target.precision <= BINARY32.precision and oracle.available(loss)


def exact_bins(error: Values, got: Values, exact: Golden, target: Format) -> NDArray[np.int64]:
    """The bins of errors, decided with exact numbers where a figure in binary64 is too close to a border.

    Parameters
    ----------
    error : ndarray of float64, shape (N,)
        In ULPs of the scale.
    got : ndarray of float64, shape (N,)
    exact : Golden
    target : Format
    """
    number, doubtful = bins(error)
    index = np.flatnonzero(doubtful)
    if len(index):
        upper = nearest(error[index])
        part, unit = exact.value.take(index), ulp_exponent(exact.scale, target)[index]
        side = compare(error[index], border(upper), got[index], part, unit, target)
        number[index] = np.where(side >= 0, upper, upper - 1)
    return number
