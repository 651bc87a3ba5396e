"""Names that carry static parameters: ``clip(1e-7)``, ``focal(gamma=2,alpha=0.25)``. Constants are exact decimals."""

from __future__ import annotations

import re

from flint import fmpq

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def split(name: str) -> tuple[str, str] | None:
    """The stem of a name and the text in its brackets, empty where there are none; None where it is no name.

    Parameters
    ----------
    name : str
    """
    match = re.fullmatch(r"(\w+)(?:\((.*)\))?", name)
    return None if match is None else (match[1], match[2] or "")


def assignments(text: str) -> dict[str, fmpq]:
    """``gamma=2,alpha=0.25`` as parameter → exact value.

    Parameters
    ----------
    text : str

    Raises
    ------
    ValueError
        With the part that is not ``parameter=decimal``, or is there twice.
    """
    found: dict[str, fmpq] = {}
    for part in text.split(",") if text else ():
        key, _, value = part.partition("=")
        if not key.isidentifier() or not DECIMAL.fullmatch(value) or key in found:
            raise ValueError(part)
        found[key] = decimal(value)
    return found


def decimal(text: str) -> fmpq:
    """A decimal constant as the exact rational it is.

    Parameters
    ----------
    text : str
        ``1e-7`` is 1/10000000, not the nearest float.
    """
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) - len(fraction)
    digits = fmpq(int(whole + fraction))
    return digits * 10**power if power >= 0 else digits / 10**-power
