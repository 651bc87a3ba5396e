"""In which order, and in how wide an accumulator, numbers were added: what their sum shows of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from flint import fmpq

from conformance.formats import BINARY32, BINARY64, FORMATS, Format, Values, from_float64, rounded, to_float64

NATIVE = {"binary16": np.float16, "binary32": np.float32, "binary64": np.float64}

Addition = Callable[[Values], float]
"""From the elements to their sum, before it is rounded to the result's format."""


def lost(elements: Values, result: float, divisor: fmpq, fmt: Format) -> str:
    """What is missing of the small elements behind a huge first one, and which order would lose as many.

    Each small element is below half an ULP of the first, so adding it alone changes nothing: those that meet the
    accumulator of the first one by one are lost.

    Parameters
    ----------
    elements : ndarray of float64, shape (N,)
        As the subject itself computes them, unreduced.
    result : float
        Of the reduction.
    divisor : fmpq
        What it divides by.
    fmt : Format
        Of elements and result.

    Returns
    -------
    str
        Empty where the elements are no such thing.
    """
    first, small = float(elements[0]), float(elements[1])
    step = math.ulp(first) * 2.0 ** (BINARY64.precision - fmt.precision)
    if not 0 < small < step / 2 or not math.isfinite(result):
        return ""
    count = len(elements) - 1
    total = math.fsum(elements.tolist())
    missing = (total - result * float(divisor.p) / float(divisor.q)) / small
    resolution = max(step, math.ulp(result) * 2.0 ** (BINARY64.precision - fmt.precision)) / small
    if not -2 * resolution <= missing <= 1.01 * count:
        return ""  # something else is wrong
    share = count / missing if missing > 0 else math.inf
    lanes = 2 ** round(math.log2(share)) if math.isfinite(share) else 0
    if missing <= 2 * resolution:
        return f"beside a huge first loss none of {count:,} small ones vanish, as in pairs or a wider accumulator"
    said = f"beside a huge first loss {round(missing):,} of {count:,} small ones vanish"
    if share < 1.02:
        return f"{said}, as when all are added to one accumulator in turn"
    if lanes <= 128 and abs(share / lanes - 1) < 0.02:
        return f"{said}, as with {lanes} accumulators side by side"
    return f"{said}, as in runs of about so many"


def alike(several: Sequence[tuple[Values, float]], divisor: fmpq, fmt: Format) -> list[str]:
    """The simple orders of addition that give every one of several results, bit by bit.

    Parameters
    ----------
    several : sequence of (elements, result)
    divisor : fmpq
    fmt : Format
    """
    return [name for name, add in orders(fmt) if all(_gives(add, x, y, divisor, fmt) for x, y in several)]


def orders(fmt: Format) -> Iterator[tuple[str, Addition]]:
    """The simple orders of addition by name: in turn, and in NumPy's pairs, in the format and in wider ones.

    Parameters
    ----------
    fmt : Format
        Of the elements.
    """
    for wide in (f for f in FORMATS.values() if f == fmt or (f in (BINARY32, BINARY64) and f.width > fmt.width)):
        yield f"added in turn in {wide.name}", partial(_in_turn, fmt=wide)
        if wide.width > 16:  # NumPy itself adds halves in binary32
            yield f"NumPy's pairwise sum in {wide.name}", partial(_in_pairs, fmt=wide)


def _in_turn(elements: Values, fmt: Format) -> float:
    if fmt.name in NATIVE:
        with np.errstate(over="ignore"):
            return float(np.add.accumulate(elements.astype(NATIVE[fmt.name]))[-1])
    total = np.zeros(1)
    for element in elements:
        total = rounded(total + element, fmt)  # exact in binary64: both have 8 bits, and their sum is rounded once
    return float(total[0])


def _in_pairs(elements: Values, fmt: Format) -> float:
    with np.errstate(over="ignore"):
        return float(np.add.reduce(elements.astype(NATIVE[fmt.name])))


def _gives(add: Addition, elements: Values, result: float, divisor: fmpq, fmt: Format) -> bool:
    """Whether a sum in this order, divided at once or rounded first, is the result."""
    whole = add(elements)
    by: Any = float(divisor.p) / float(divisor.q)
    found = {_round(whole / by, fmt), _round(_round(whole, fmt) / by, fmt)}
    return result in found


def _round(value: float, fmt: Format) -> float:
    return float(to_float64(from_float64(np.array([value]), fmt), fmt)[0])
