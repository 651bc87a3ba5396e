"""What losses of a row of classes share: their number, the logarithm of it, and how a row is summed."""

from __future__ import annotations

from flint import arb, fmpq

from conformance.certify import Sum, certify
from conformance.enclosures import ONE, ZERO, at
from conformance.exact import Number

MOST = 1 << 16
EXTRA = 8
"""Additions beyond the depth of a tree: no framework documents the order of a sum."""


def classes_of(parameter: fmpq) -> int:
    """A number of classes.

    Parameters
    ----------
    parameter : fmpq

    Raises
    ------
    ValueError
        When it is not an integer from 2 to 65536.
    """
    if parameter.q != 1 or not 2 <= parameter <= MOST:
        raise ValueError(f"classes is an integer from 2 to {MOST}")
    return int(parameter.p)


def log_of(count: int) -> Number:
    """The natural logarithm of a positive integer.

    Parameters
    ----------
    count : int
    """

    def enclose(precision: int) -> Sum:
        with at(precision):
            return Sum(ZERO, ((ONE, arb(count).log()),) if count > 1 else ())

    return certify(enclose)


def additions(classes: int) -> int:
    """How many roundings a sum over a row may make one after the other: ⌈log2 K⌉ + 8, and one for two classes.

    Parameters
    ----------
    classes : int
    """
    return 1 if classes == 2 else (classes - 1).bit_length() + EXTRA
