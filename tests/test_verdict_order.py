"""The written order of the verdicts, once more in fractions and one case at a time, against the judge."""

import math
from dataclasses import fields
from fractions import Fraction

import numpy as np
import rational
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import ABOVE, EVERY, NO_VALUE, Value, judged, verdict

from conformance.exact import ZERO, Number
from conformance.formats import Format, from_float64, to_float64
from conformance.judge import Columns


def expected(got: float, value: Fraction, scale: Fraction, limit: float, fmt: Format, flushes: bool) -> str:
    """The written order, once more, in fractions and one case at a time."""
    pattern = rational.nearest(value, fmt)
    overflows = pattern & ((1 << (fmt.width - 1)) - 1) >= rational.infinity_pattern(fmt)
    if not math.isnan(got) and int(from_float64(np.array([got]), fmt)[0]) == pattern:
        return "correctly-rounded"
    if math.isnan(got):
        return "wrong-class"
    reached = Fraction(got) if math.isfinite(got) else int(math.copysign(1, got)) * rational.power(fmt.emax + 1)
    error = abs(reached - value)
    if error <= Fraction(limit) * rational.ulp(scale, fmt):
        return "faithful" if error < rational.ulp(value, fmt) else "within-limit"
    if math.isinf(got) != overflows:
        return "wrong-class"
    if got != 0 and (got < 0) != (value < 0):
        return "wrong-sign"
    rounded = Fraction(0) if overflows else rational.decode(pattern, fmt)
    if got == 0 and rounded != 0:
        return "flushed" if flushes and abs(rounded) < Fraction(fmt.smallest_normal) else "lost"
    return "beyond-limit"


@EVERY
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_the_judge_follows_the_written_order(fmt: Format, data: st.DataObject) -> None:
    pattern = data.draw(st.one_of(st.integers(1, rational.largest_pattern(fmt)), st.integers(1, 12)))
    factors = [Fraction(1), Fraction(-1), Fraction(4, 3), Fraction(9, 8), Fraction(3)]
    value = rational.decode(pattern, fmt) * data.draw(st.sampled_from(factors))
    scale = abs(value) * data.draw(st.sampled_from([1, 1, 5, 1 << 12]))
    close = data.draw(st.integers(-6, 6))
    steps = min(max(pattern + close, 0), rational.infinity_pattern(fmt))
    near = float(to_float64(np.array([steps], fmt.storage), fmt)[0])
    got = data.draw(st.sampled_from([near, -near, 0.0, math.inf, -math.inf, math.nan, 1.0, fmt.smallest, -fmt.largest]))
    limit = data.draw(st.sampled_from([1.0, 3.0, 20.01]))
    flushes = data.draw(st.booleans())
    name = verdict(got, value, fmt, scales=[scale], limit=limit, flushes=flushes)
    wanted = expected(got, value, scale, limit, fmt, flushes)
    if got == 0 and wanted == "faithful" and name == "correctly-rounded":
        return  # a zero of the other sign: a column of its own
    assert name == wanted


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_cases_are_judged_one_by_one(data: st.DataObject) -> None:
    """No case has a say in another's verdict: any order, any company."""
    count = data.draw(st.integers(1, 8))
    exact: st.SearchStrategy[Value] = st.sampled_from([1.0, -2.5, 1e-44, ABOVE, NO_VALUE, Number(ZERO)])
    returned = st.sampled_from([1.0, -2.5, 0.0, -0.0, math.inf, math.nan])
    values = data.draw(st.lists(exact, min_size=count, max_size=count))
    got = data.draw(st.lists(returned, min_size=count, max_size=count))
    whole = judged(got, values, flushes=True)
    for i in range(count):
        single = judged(got[i : i + 1], values[i : i + 1], flushes=True)
        for f in fields(Columns):
            np.testing.assert_array_equal(getattr(whole, f.name)[i : i + 1], getattr(single, f.name))
