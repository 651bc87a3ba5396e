"""The limits: derived from operation counts, frozen in one generated file, recomputed by a test."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from conformance import losses
from conformance.formats import BINARY32, FORMATS, Format
from conformance.seal import sealed

FILE = "limits.json"
"""The generated file, in the folder of the golden tables and under their checksums."""

FUNCTION_ULP = Fraction(4)
"""exp, log and log1p: the bound OpenCL and common vector libraries document for a good binary32 function."""

OPERATION_ULP = Fraction(1, 2)
"""Every other operation is correctly rounded, as IEEE 754 demands."""


@dataclass(frozen=True)
class Cost:
    """Relative error bounds of one operation in a format, with the unit u = 2^−p.

    An error of k ULP is at most 2k·u relative (the result may lie just above a power of two), and half an ULP
    at most u. Back again, a relative error of k·u is at most k ULP. Below the smallest normal number errors
    are absolute and the same counts hold in units of the smallest subnormal: no factor there exceeds 1.
    """

    function: Fraction
    operation: Fraction

    def product(self, *errors: Fraction) -> Fraction:
        """The relative error of a product or quotient of factors with these relative errors.

        Parameters
        ----------
        *errors : Fraction
            Bounds d with |computed/exact − 1| ≤ d.

        Returns
        -------
        Fraction
            1/∏(1 − d) − 1, which bounds factors above and below the line alike.
        """
        remaining = Fraction(1)
        for error in errors:
            remaining *= 1 - error
        return 1 / remaining - 1


def cost(fmt: Format) -> Cost:
    """What operations lose in a format.

    Parameters
    ----------
    fmt : Format
        In binary32 and binary64 a function has 4 ULP and any other operation 0.5. In the 16-bit formats each
        is computed in binary32 and rounded once.
    """
    unit = Fraction(1, 1 << fmt.precision)
    exactly = Cost(2 * FUNCTION_ULP * unit, 2 * OPERATION_ULP * unit)
    if fmt.width > 16:
        return exactly
    inner = cost(BINARY32)
    return Cost(exactly.product(inner.function, unit), exactly.product(inner.operation, unit))


def derive(loss: str, quantity: str, fmt: Format) -> float:
    """A limit in ULPs of the scale, from the loss's operation count.

    Parameters
    ----------
    loss, quantity : str
    fmt : Format
        The target format.

    Returns
    -------
    float
        Rounded up to a hundredth, so that the frozen file is readable.
    """
    bound: Fraction = losses.load(loss).error_bounds(cost(fmt))[quantity] * (1 << fmt.precision)
    return math.ceil(bound * 100) / 100


def table() -> dict[str, dict[str, dict[str, float]]]:
    """All limits, loss → quantity → format."""
    return {
        name: {
            quantity: {fmt.name: derive(name, quantity, fmt) for fmt in FORMATS.values()}
            for quantity in losses.load(name).QUANTITIES
        }
        for name in losses.names()
    }


def text() -> str:
    """The generated file."""
    return json.dumps(table(), indent=1) + "\n"


@cache
def _frozen() -> dict[str, dict[str, dict[str, float]]]:
    frozen: dict[str, dict[str, dict[str, float]]] = json.loads(sealed(FILE))
    return frozen


def limit(loss: str, quantity: str, fmt: Format) -> float:
    """The frozen limit, in ULPs of the scale; derived where the loss has parameters that nobody froze.

    Parameters
    ----------
    loss, quantity : str
    fmt : Format
        The target format.
    """
    frozen = _frozen().get(loss)
    return derive(loss, quantity, fmt) if frozen is None else frozen[quantity][fmt.name]
