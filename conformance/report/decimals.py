"""How the published table writes numbers: as short as they can be without saying something else."""

from decimal import Decimal, InvalidOperation
from functools import cache

import numpy as np

from conformance.formats import FORMATS, from_float64

WRITTEN_OUT = 9
"""Numbers of no more significant digits are not shortened."""


def per_cent(count: int, total: int) -> str:
    """What part of a total a count is, cut off after two digits: 100 is all of it, 0 is none."""
    hundredths = 10000 * count // total
    if count and not hundredths:
        return "<0.01%"
    return f"{hundredths / 100:.2f}%" if hundredths % 10000 else f"{hundredths // 100}%"


@cache
def shortest(hexadecimal: str, dtype: str) -> str:
    """A number in decimal: as it is where that is short, else the shortest that gives it in its dtype.

    ``-7.625`` is written out; ``-88.72284`` is the binary32 number -88.7228393554688.
    """
    value, fmt = float.fromhex(hexadecimal), FORMATS[dtype]
    if not np.isfinite(value):
        return str(value)
    bits = from_float64(np.array([value]), fmt)
    texts = (f"{value:.{many}g}" for many in range(1, 17))
    text = next((text for text in texts if from_float64(np.array([float(text)]), fmt) == bits), repr(value))
    plain = f"{value:.{WRITTEN_OUT}g}"
    return digits(plain if float(plain) == value else text, 17)


def digits(text: str, most: int) -> str:
    """A decimal to so many significant digits, without zeros at its end, whatever its exponent."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return {"NaN": "NaN", "Infinity": "inf", "-Infinity": "-inf"}.get(str(number), text)
    if number == 0:
        return "-0" if number.is_signed() else "0"
    head, mark, exponent = f"{number:.{most}g}".partition("e")
    return (head.rstrip("0").rstrip(".") if "." in head else head) + mark + exponent.removeprefix("+")
