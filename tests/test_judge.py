"""The judge, by arrays made by hand: every verdict, and what one ulp more or less turns it into."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from judging import ABOVE, BELOW, EVERY, LIMIT, NO_VALUE, NOT_A_NUMBER, Value, golden, judged, names, step, verdict

from conformance.exact import UNDERFLOW, ZERO, Number
from conformance.formats import BINARY16, BINARY32, BINARY64, Format
from conformance.judge import Reference, Standard, choose, everything, judge, with_raised
from conformance.verdicts import CONTRACT, DEVIATION, MATHEMATICS


@EVERY
def test_true_to_the_mathematics_step_by_step(fmt: Format) -> None:
    """4/3 lies a third of a step from the nearest number: above or below it depends on the precision's parity."""
    value = Fraction(4, 3)
    nearest = step(float(value), 0, fmt)
    toward = 1 if nearest < value else -1  # on the value's side a step more is two thirds away, not four thirds
    expected = {
        0: "correctly-rounded",
        1: "faithful",
        2: "within-limit",
        3: "within-limit",
        4: "beyond-limit",
        -1: "within-limit",
        -2: "within-limit",
        -3: "beyond-limit",
    }
    for count, name in expected.items():
        assert verdict(step(nearest, toward * count, fmt), value, fmt) == name, count
        assert verdict(-step(nearest, toward * count, fmt), -value, fmt) == name, count


def test_the_limit_itself_is_within() -> None:
    assert verdict(1 + 3 * 2.0**-23, Fraction(1) + Fraction(1, 1 << 40)) == "within-limit"
    assert verdict(1 + 3 * 2.0**-23, Fraction(1) - Fraction(1, 1 << 40)) == "beyond-limit"  # the finer ulp below 1
    assert verdict(1 + 2.0**-23, 1.0, limit=2.0) == "within-limit"  # one step up from a power of two is two ulps
    assert verdict(1 + 2.0**-23, 1.0, limit=1.99) == "beyond-limit"


def test_correctly_rounded_is_bit_equality_not_half_an_ulp() -> None:
    tie = Fraction(1) + Fraction(1, 1 << 24)
    assert verdict(1.0, tie) == "correctly-rounded"
    assert verdict(1 + 2.0**-23, tie) == "faithful"  # half an ulp away too, but not the even one


@pytest.mark.parametrize(
    ("got", "value", "name"),
    [
        (math.nan, 1.0, "wrong-class"),
        (math.nan, ABOVE, "wrong-class"),
        (math.nan, Number(ZERO), "wrong-class"),
        (math.nan, NOT_A_NUMBER, "correctly-rounded"),
        (0.0, NOT_A_NUMBER, "wrong-class"),
        (math.inf, NOT_A_NUMBER, "wrong-class"),
        (math.inf, ABOVE, "correctly-rounded"),
        (-math.inf, ABOVE, "wrong-sign"),
        (BINARY32.largest, ABOVE, "wrong-class"),
        (0.0, BELOW, "wrong-class"),
        (math.inf, 1.0, "wrong-class"),
        (math.inf, -BINARY32.largest, "wrong-class"),
        (math.inf, Fraction(2) ** 130, "correctly-rounded"),
        (BINARY32.largest, Fraction(2) ** 130, "wrong-class"),
        (-math.inf, Fraction(2) ** 130, "wrong-sign"),
        # within reach of overflow an infinity is 2^128
        (math.inf, BINARY32.largest, "within-limit"),
        (math.inf, Fraction(BINARY32.largest) + Fraction(2) ** 102, "faithful"),
        (math.inf, Fraction(BINARY32.largest) - 2 * Fraction(2) ** 104, "within-limit"),
        (math.inf, Fraction(BINARY32.largest) - 3 * Fraction(2) ** 104, "wrong-class"),
        (BINARY32.largest, Fraction(2) ** 128 - Fraction(2) ** 90, "faithful"),
        (BINARY32.largest, Fraction(2) ** 128 + Fraction(2) ** 105, "within-limit"),
    ],
)
def test_nan_infinite_and_finite(got: float, value: Value, name: str) -> None:
    assert verdict(got, value) == name


@EVERY
def test_a_wrong_sign_counts_once_it_is_beyond_the_limit(fmt: Format) -> None:
    tiny = fmt.smallest
    for value, got, name in (
        (1, -1, "within-limit"),
        (2, -1, "within-limit"),
        (3, -1, "wrong-sign"),
        (2, -2, "wrong-sign"),
        (4, -0.0, "lost"),
        (3, -0.0, "within-limit"),
    ):
        assert verdict(got * tiny, value * tiny, fmt) == name, (value, got)
        assert verdict(-got * tiny, -value * tiny, fmt) == name, (value, got)
    assert verdict(-1.0, 1.0, fmt) == "wrong-sign" and verdict(-1.0, Number(ZERO), fmt) == "beyond-limit"


@EVERY
def test_lost_flushed_and_the_border_between(fmt: Format) -> None:
    tiny, normal = fmt.smallest, fmt.smallest_normal
    for value in (4 * tiny, normal - tiny, normal, 1.0):
        assert verdict(0.0, value, fmt) == verdict(-0.0, -value, fmt) == "lost"
    assert verdict(0.0, 3 * tiny, fmt) == "within-limit"
    assert verdict(0.0, Fraction(tiny) * Fraction(5, 8), fmt) == "faithful"
    assert verdict(0.0, Fraction(tiny) / 2, fmt) == verdict(0.0, Number(UNDERFLOW), fmt) == "correctly-rounded"
    for value, name in ((4 * tiny, "flushed"), (normal - tiny, "flushed"), (normal, "lost"), (1.0, "lost")):
        assert verdict(0.0, value, fmt, flushes=True) == verdict(-0.0, value, fmt, flushes=True) == name
    hair = Fraction(normal) - Fraction(tiny) / 4  # rounds to the smallest normal number
    assert verdict(0.0, hair, fmt, flushes=True) == "lost"
    assert verdict(tiny, 5 * tiny, fmt, flushes=True) == "beyond-limit", "only a zero is flushed"


@EVERY
def test_ignored_subnormal_inputs(fmt: Format) -> None:
    """The mathematics is 10 steps, and 0 where the input is taken for zero."""
    tiny = fmt.smallest
    at_zero = golden([Number(ZERO)])
    proven: dict[str, Any] = {"at_zero": at_zero, "ignores_subnormals": True}
    names = {0: "daz", 3: "daz", -3: "wrong-sign", 4: "beyond-limit", 7: "within-limit", 10: "correctly-rounded"}
    for got, name in names.items():
        assert verdict(got * tiny, 10 * tiny, fmt, **proven) == name, got
    assert verdict(0.0, 10 * tiny, fmt, at_zero=at_zero) == "lost", "not proven"
    assert verdict(0.0, 10 * tiny, fmt, **proven, flushes=True) == "flushed"
    assert verdict(0.5, 0.75, fmt, at_zero=golden([0.5]), ignores_subnormals=True) == "daz"


def contract(kind: str, *values: Value, others: Sequence[Value] = ()) -> Reference:
    return Reference(kind, golden(values, (), others))


@pytest.mark.parametrize("kind", CONTRACT)
def test_true_to_a_contract_step_by_step(kind: str) -> None:
    references = (contract(kind, 100.0),)
    for count in range(-5, 6):
        name = kind if abs(count) <= 3 else "beyond-limit"
        assert verdict(step(100.0, count, BINARY32), 105.0, references=references) == name
    assert verdict(105.0, 105.0, references=references) == "correctly-rounded"


def test_the_first_contract_that_fits_names_the_verdict() -> None:
    ordered = (
        contract("documented", 100.0),
        contract("documented-rounded", 101.0),
        contract(
            "by-source",
            101.0,
        ),
    )
    assert verdict(100.0, 105.0, references=ordered) == "documented"
    assert verdict(101.0, 105.0, references=ordered) == "documented-rounded"
    assert verdict(101.0, 105.0, references=ordered[::-1]) == "by-source"
    assert verdict(102.0, 105.0, references=ordered) == "beyond-limit"


def test_mathematics_comes_before_contracts_and_contracts_before_deviations() -> None:
    assert verdict(1.0, 1.0, references=(contract("documented", 1.0),)) == "correctly-rounded"
    near = step(1.0, 1, BINARY32)
    assert verdict(near, 1.0, references=(contract("documented", near),)) == "within-limit"
    for got, value in ((0.0, 1.0), (-1.0, 1.0), (math.inf, 1.0), (7.0, ABOVE)):
        documented = contract("documented", BELOW if got == -math.inf else ABOVE if got == math.inf else got)
        assert verdict(got, value, references=(documented,)) == "documented"
        assert verdict(got, value) in DEVIATION


def test_between_the_one_sided_derivatives_all_is_documented() -> None:
    """At a kink: from −2 to 0, the ends with their limits."""
    kink = (contract("documented", -2.0, others=[Number(ZERO)]),)
    inside = (-2.0 - 2.0**-22, -2.0, -1.0, -0.3, -0.0, 0.0, 3 * 2.0**-23)
    assert {verdict(v, 5.0, references=kink) for v in inside} == {"documented"}
    assert verdict(4 * 2.0**-23, 5.0, references=kink) == "beyond-limit"
    assert verdict(-2.0 - 2.0**-21, 5.0, references=kink) == "wrong-sign"
    assert judged([-1.0], [5.0], references=kink).ulp_contract[0] == 0
    smooth = (contract("documented", -2.0, others=[-2.0]),)
    assert verdict(-1.0, 5.0, references=smooth) == "wrong-sign"


def test_without_a_golden_nothing_is_wrong() -> None:
    for got in (0.0, -1.0, math.inf, math.nan):
        assert verdict(got, NO_VALUE) == "no-golden"
    assert verdict(3.0, NO_VALUE, references=(contract("documented", 3.0),)) == "documented"
    assert verdict(4.0, NO_VALUE, references=(contract("documented", 3.0),)) == "no-golden"
    assert verdict(4.0, 4.5, references=(contract("documented", NO_VALUE),)) == "beyond-limit"


def test_inputs_that_leave_the_domain_where_they_are_rounded_as_documented_have_no_golden() -> None:
    """Two tiny binary64 probabilities are two zeros in the documented binary32: any quotient of them will do."""
    converted = replace(contract("documented", NO_VALUE), converted=True)
    for got in (math.nan, 4.0, math.inf):
        assert verdict(got, 0.5, references=(converted,)) == "no-golden"
        assert verdict(got, 0.5, references=(replace(converted, converted=False),)) != "no-golden"
    assert verdict(0.5, 0.5, references=(converted,)) == "correctly-rounded"


def test_every_verdict_on_results_is_reached_here() -> None:
    reached = {
        verdict(1.0, 1.0),
        verdict(step(1.5, 1, BINARY32), Fraction(3, 2) + Fraction(1, 1 << 25)),
        verdict(step(1.5, 2, BINARY32), 1.5),
        *(verdict(2.0, 1.0, references=(contract(kind, 2.0),)) for kind in CONTRACT),
        verdict(math.nan, 1.0),
        verdict(-1.0, 1.0),
        verdict(0.0, BINARY32.smallest_normal / 2, flushes=True),
        verdict(0.0, 1.0, at_zero=golden([Number(ZERO)]), ignores_subnormals=True),
        verdict(0.0, 1.0),
        verdict(2.0, 1.0),
    }
    assert reached == {*MATHEMATICS, *CONTRACT, *DEVIATION}


def test_the_scale_sets_the_limit_and_not_what_is_faithful() -> None:
    """A difference of two terms of size 1 that leaves 2^-10."""
    value, scale = Fraction(1, 1024), [2.0]
    columns = judged([float(value) + 3 * 2.0**-23], [value], scales=scale)
    assert names(columns) == ["within-limit"] and columns.ulp[0] == 3 and columns.ulp_relative[0] == 3 * 2.0**11
    assert names(judged([float(value) + 3.1 * 2.0**-23], [value], scales=scale)) == ["beyond-limit"]
    assert names(judged([0.0], [value], scales=scale)) == ["lost"]
    near = Fraction(3, 2048) + Fraction(1, 1 << 36)  # an eighth of an ulp above a number
    assert verdict(step(3 / 2048, 1, BINARY32), near, scales=scale) == "faithful"
    assert verdict(step(3 / 2048, -1, BINARY32), near, scales=scale) == "within-limit"


def test_a_lost_tail_at_a_label_near_one_is_not_excused() -> None:
    """d_logits at x = 30, y = 1 − 2^-11: σ − y = 2^-11 − e^-30. max(σ, y) as scale would let σ(x) = 1 through."""
    y, tail = 1 - 2.0**-11, 9.357622968839299e-14
    value = Fraction(1 - y) - Fraction(tail)
    scale = [Fraction(1 - y) * (1 - Fraction(tail)) + Fraction(y) * Fraction(tail)]
    got = 1 - y
    assert verdict(got, value, BINARY64, scales=scale, limit=13.01) == "beyond-limit"
    assert verdict(float(value), value, BINARY64, scales=scale) in ("correctly-rounded", "faithful")


def test_every_figure_is_there_whichever_verdict_wins() -> None:
    references = (contract("documented", 100.0, 2.0, 101.0),)
    columns = judged([100.0, math.nan, 101.0], [105.0, 1.0, NO_VALUE], references=references)
    assert names(columns) == ["documented", "wrong-class", "documented"]
    assert columns.ulp[0] == columns.ulp_relative[0] == 5 * 2.0**17 and columns.ulp_contract[0] == 0
    assert np.isnan([columns.ulp[1], columns.ulp_contract[1], columns.ulp[2], columns.ulp_relative[2]]).all()
    assert columns.ulp_contract[2] == 0


def test_the_nearest_of_several_contracts_gives_the_figure() -> None:
    references = (contract("documented", 100.0), contract("by-source", 101.0))
    columns = judged([101 + 2.0**-16], [105.0], references=references)
    assert columns.ulp_contract[0] == 2 and names(columns) == ["by-source"]


def test_the_sign_of_a_zero_is_a_column() -> None:
    values: list[Value] = [Number(ZERO), Number(ZERO), 2.0**-160, -(2.0**-160), Number(UNDERFLOW, True), 1.0, ABOVE]
    values.append(Number(ZERO, True))  # no zero here has a sign
    got = [0.0, -0.0, -0.0, -0.0, 0.0, -0.0, 0.0, 0.0]
    columns = judged(got, values)
    assert columns.zero_sign.tolist() == [False, True, True, False, True, True, False, False]


def test_a_result_promised_in_less_than_its_container() -> None:
    """Computed in binary32, delivered in binary64: judged in ULPs of binary32."""
    fields: dict[str, Any] = {"target": BINARY32, "container": BINARY64}
    third = float(np.float32(1 / 3))
    assert verdict(third, Fraction(1, 3), **fields) == "correctly-rounded"
    assert verdict(1 / 3, Fraction(1, 3), **fields) == "faithful"
    assert verdict(third + 2.0**-24, Fraction(1, 3), **fields) == "within-limit"
    assert verdict(math.inf, Fraction(2) ** 130, **fields) == "correctly-rounded"
    assert verdict(2.0**-149, Fraction(1, 1 << 149), **fields) == "correctly-rounded"


def test_a_wrong_container_is_not_judged_further() -> None:
    standard = Standard(BINARY32, BINARY32, LIMIT, golden([1.0, 2.0]))
    columns = judge(np.array([0x3C00, 0x4000], np.uint16), BINARY16.name, standard)
    assert names(columns) == ["wrong-dtype"] * 2 and np.isnan(columns.ulp).all()
    assert names(everything("crashed", 3)) == ["crashed"] * 3


def test_raised_cases_lose_their_figures() -> None:
    columns = judged([1.0, 2.0, -0.0, 9.0], [1.0, 1.0, 2.0, 9.0])
    raised = with_raised(columns, np.array([1, 2]), np.array([False, True, False, True]))
    assert names(raised) == ["correctly-rounded", "raised-documented", "raised", "not-raised"]
    assert np.isnan(raised.ulp).tolist() == [False, True, True, True]
    assert columns.zero_sign[2] and not raised.zero_sign[2]


def test_rows_can_be_chosen_from_two_judgements() -> None:
    first, second = judged([1.0, 2.0], [1.0, 1.0]), judged([2.0, 1.0], [1.0, 1.0])
    assert names(choose(np.array([True, False]), first, second)) == ["correctly-rounded"] * 2
    assert names(choose(np.array([False, True]), first, second)) == ["beyond-limit"] * 2


@EVERY
def test_the_other_sign_than_an_underflow_is_a_wrong_sign(fmt: Format) -> None:
    assert verdict(1.0, Number(UNDERFLOW, True), fmt) == verdict(-1.0, Number(UNDERFLOW), fmt) == "wrong-sign"
    assert verdict(1.0, Number(UNDERFLOW), fmt) == "beyond-limit"


@EVERY
def test_what_is_documented_may_be_flushed_too(fmt: Format) -> None:
    """The exact value is normal, but inputs are documented to be rounded, and for those a subnormal is due."""
    documented = Reference("documented", golden([8 * fmt.smallest]))
    assert verdict(0.0, 1.0, fmt, references=(documented,), flushes=True) == "flushed"
    assert verdict(0.0, 1.0, fmt, references=(documented,)) == "lost"
    normal = Reference("documented", golden([2 * fmt.smallest_normal]))
    assert verdict(0.0, 1.0, fmt, references=(normal,), flushes=True) == "lost"
