"""How a page keeps numbers: columns, logarithms of errors, and the axes that cases are drawn on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unpacked import unpacked

from conformance.report.page.axis import AXES, COLUMNS, LOGIT, PROBABILITY
from conformance.report.page.packing import pack, smallest, steps
from conformance.report.page.series import LEAST, STEPS, encoded


def test_columns_come_back_as_they_were() -> None:
    columns = {"a": np.array([1, 2, 65535], "u2"), "b": np.array([], "u4"), "c": np.array([2**63, 5], "u8")}
    head, found = unpacked(pack({"words": ["ü<"]}, columns))
    assert head["words"] == ["ü<"]
    assert all(np.array_equal(found[name], column) for name, column in columns.items())


@pytest.mark.parametrize(("top", "width"), [(255, 1), (256, 2), (65536, 4), (2**32, 8)])
def test_a_column_is_as_narrow_as_its_numbers(top: int, width: int) -> None:
    assert smallest([0, top]).itemsize == width
    numbers = np.array([5, 3, top % 200], "u1")
    assert np.array_equal(np.cumsum(steps(numbers, "u1"), dtype="u1"), numbers)


def test_errors_are_kept_to_a_sixteenth_of_an_octave() -> None:
    errors = np.array([0.0, 2.0**-30, 0.3, 1.0, 1.7e7, 9e15, np.inf])
    codes = encoded(errors)
    assert codes[0] == 0
    assert codes[1] == 1
    assert np.all(np.diff(codes.astype(int)) > 0)
    again = 2.0 ** (codes[2:6] / STEPS + LEAST)
    assert np.all(np.abs(np.log2(again / errors[2:6])) <= 0.5 / STEPS + 1e-12)


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
def test_an_axis_keeps_the_order_of_its_values(axis: Any) -> None:
    values = np.array([value for _, value in axis.ticks])
    places = axis.place(values)
    assert np.all(np.diff(places) > 0)
    columns = axis.columns(np.array([-np.inf, *values, np.inf, np.nan]))
    assert columns[0] == 0
    assert columns[-2] == COLUMNS - 1
    assert columns[-1] == -1


def test_both_ends_of_probability_are_spread() -> None:
    small, large = np.array([1e-12, 1e-6]), np.array([1 - 1e-6, 1 - 1e-12])
    assert np.ptp(PROBABILITY.columns(small)) > 10
    assert np.ptp(PROBABILITY.columns(large)) > 10
    assert LOGIT.columns(np.array([0.0]))[0] == COLUMNS // 2
