"""The pure parts of identify: decimals, the meaning of factors, denominators, distances."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.formats import BINARY32, BINARY64
from conformance.identify.agreement import distance
from conformance.identify.denominators import DENOMINATORS, SHAPES, WEIGHTS, Trial
from conformance.identify.fit import Fit
from conformance.identify.kinds import KINDS
from conformance.identify.meaning import loss_name, meaning
from conformance.identify.points import GRID, pairs
from conformance.identify.snap import snapped, text_of
from conformance.identify.solve import fitted
from conformance.identify.tails import TAILS, Tail, ends

BY_NAME = {kind.name: kind for kind in KINDS}
PLAIN = Fit(BY_NAME["logits"], ("prediction", "label"), (0.0, 1.0), BINARY64)


@pytest.mark.parametrize(
    ("measured", "error", "text"),
    [
        (0.1 + 1e-14, 1e-12, "0.1"),
        (1.0000000002e-7, 1e-15, "1e-7"),
        (0.19, 1e-12, "0.19"),
        (2.0**-52, 1e-25, "2^-52"),
        (0.123456789, 1e-9, "0.1234568"),
        (100.0, 1e-9, "100"),
        (1e-20, 1e-12, "0"),
    ],
)
def test_a_number_is_the_decimal_that_was_meant(measured: float, error: float, text: str) -> None:
    assert snapped(measured, error).text == text


def test_a_coarse_measurement_is_no_decimal() -> None:
    assert not snapped(0.1034, 0.01).meant


@given(st.integers(1, 9999), st.integers(-12, 4))
def test_every_short_decimal_is_found_again(digits: int, exponent: int) -> None:
    value = float(f"{digits}e{exponent}")
    found = snapped(value * (1 + 2.0**-50), value * 2.0**-45)
    assert found.value == value and float(found.text) == value and float(text_of(value)) == value


@given(
    smoothing=st.integers(1, 60).map(lambda n: n / 100),
    weight=st.integers(1, 40).map(lambda n: n / 4),
    factor=st.sampled_from([1.0, -1.0, 0.5, 2.0]),
)
def test_the_parameters_behind_the_factors_are_found(smoothing: float, weight: float, factor: float) -> None:
    half, rest = smoothing / 2 * factor, (1 - smoothing / 2) * factor
    made = Fit(PLAIN.kind, PLAIN.roles, PLAIN.labels, BINARY64, yes=(weight * rest, half), no=(weight * half, rest))
    columns = dict(zip(("prediction", "label"), pairs(), strict=True))
    solved = fitted(PLAIN, columns, made.predicted(columns))
    assert solved is not None and solved.misfit <= 1
    said = meaning(solved)
    assert (said.smoothing.value, said.pos_weight.value, said.factor.value) == (smoothing, weight, factor)


@given(st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, 5.0]), st.integers(1, 99).map(lambda n: n / 100))
def test_the_power_and_the_balance_of_a_focal_loss_are_found(gamma: float, alpha: float) -> None:
    made = Fit(
        BY_NAME["probabilities"], PLAIN.roles, PLAIN.labels, BINARY64, gamma=gamma, yes=(alpha, 0), no=(0, 1 - alpha)
    )
    columns = dict(zip(("prediction", "label"), pairs(), strict=True))
    start = Fit(made.kind, made.roles, made.labels, made.fmt)
    solved = fitted(start, columns, made.predicted(columns))
    assert solved is not None and solved.misfit <= 1
    said = meaning(solved)
    balance = "" if alpha == 0.5 else f",alpha={alpha:g}"
    assert solved.gamma == gamma
    assert loss_name(solved, said) == f"focal_of_probability(gamma={gamma:g}{balance})" or alpha == 0.5


@pytest.mark.parametrize("tail", TAILS, ids=lambda tail: tail.name)
def test_a_clamp_is_solved_for_its_constant(tail: Tail) -> None:
    kind = next(kind for kind in KINDS if tail.fits(kind) and kind.entropy)
    constant = 20.0 if tail.name in ("floor", "clip logits") else 1e-4
    far = np.array([-1000.0 if kind.takes == "logits" else 0.0])
    rest = np.full(1, 0.0 if kind.takes == "logits" else 0.5)
    highest = tail.terms(kind, far, rest, 2, ends(constant, BINARY64)).yes
    assert tail.solve(float(highest[0]), 0.5) == pytest.approx(constant, rel=1e-3)


def test_the_upper_end_of_a_clip_is_rounded_in_the_compute_format() -> None:
    small, high, left = ends(1e-7, BINARY32)
    assert small == float(np.float32(1e-7)) and left == 1 - high == 2.0**-23


def test_no_kind_is_another_one() -> None:
    """Each is told from each other by the grid, whatever the factors."""
    for kind in KINDS:
        if kind.row:
            continue
        columns = dict(zip(("prediction", "label"), pairs(), strict=True))
        if kind.takes == "log-probabilities":
            columns["prediction"] = -columns["prediction"]
        got = Fit(kind, PLAIN.roles, PLAIN.labels, BINARY64).predicted(columns)
        for other in KINDS:
            if other is not kind and not other.row:
                found = fitted(Fit(other, PLAIN.roles, PLAIN.labels, BINARY64), columns, got)
                assert found is None or found.misfit > 1, (kind.name, other.name)


def test_denominators_are_told_apart_where_there_are_weights() -> None:
    def trial(shape: tuple[int, ...]) -> Trial:
        count = int(np.prod(shape))
        none = np.zeros(0)
        ones = int(np.count_nonzero(np.arange(count) * 2 % 5 < 2))
        return Trial(shape, ones, np.resize(WEIGHTS, count).reshape(shape), none, none, none)

    assert 0 in WEIGHTS and len(set(WEIGHTS)) == len(WEIGHTS)
    vectors, every = [trial(shape) for shape in SHAPES if len(shape) == 1], [trial(shape) for shape in SHAPES]
    axes = {"mean", "sum over first axis", "sum over last axis", "mean divided again", "mean divided by the first axis"}
    for one, two in combinations(DENOMINATORS, 2):
        alike = {one.name, two.name} <= axes
        assert any(one.value(t) != two.value(t) for t in (every if alike else vectors)), (one.name, two.name)


def test_the_distance_of_two_results() -> None:
    one = np.array([1.0, -0.0, np.nan, np.inf]).view(np.uint64)
    two = np.array([np.nextafter(1.0, 2), 0.0, np.nan, np.inf]).view(np.uint64)
    assert distance(one, one, "binary64") == (4, 0.0)
    assert distance(one, two, "binary64") == (2, 1.0)
    assert math.isinf(distance(one[:1], one[2:3], "binary64")[1])


def test_the_grid_is_inside() -> None:
    assert all(0 < x < 1 for x in GRID) and len({*GRID, *(1 - x for x in GRID)}) == 2 * len(GRID)
