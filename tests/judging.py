"""Standards made by hand and judged: what the tests of the judge share."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from conformance.exact import INFINITE, NAN, NONE, Number, number_of_ratio, pack
from conformance.formats import BINARY32, FORMATS, Format, from_float64, to_float64
from conformance.golden import Golden
from conformance.judge import Columns, Standard, judge
from conformance.verdicts import VERDICTS

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
LIMIT = 3.0
Value = Number | Fraction | float

NOT_A_NUMBER, NO_VALUE, ABOVE, BELOW = Number(NAN), Number(NONE), Number(INFINITE), Number(INFINITE, True)


def number(value: Value) -> Number:
    if isinstance(value, Number):
        return value
    ratio = Fraction(value)
    return number_of_ratio(ratio.numerator, ratio.denominator)


def golden(values: Sequence[Value], scales: Sequence[Value] = (), others: Sequence[Value] = ()) -> Golden:
    value = pack(map(number, values))
    return Golden(value, pack(map(number, scales or values)), pack(map(number, others)) if others else None)


def judged(got: Sequence[float], values: Sequence[Value], fmt: Format = BINARY32, **fields: Any) -> Columns:
    scales = fields.pop("scales", ())
    given_fields = {"target": fmt, "container": fmt, "limit": LIMIT, "mathematics": golden(values, scales), **fields}
    standard = Standard(**given_fields)
    return judge(from_float64(np.array(got), standard.container), standard.container.name, standard)


def names(columns: Columns) -> list[str]:
    return [VERDICTS[code] for code in columns.verdict]


def verdict(got: float, value: Value, fmt: Format = BINARY32, **fields: Any) -> str:
    return names(judged([got], [value], fmt, **fields))[0]


def step(value: float, count: int, fmt: Format) -> float:
    """The number so many steps further from zero."""
    bits = int(from_float64(np.array([value]), fmt)[0])
    return float(to_float64(np.array([bits + count], fmt.storage), fmt)[0])
