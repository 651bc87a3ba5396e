"""Which order of additions a sum shows."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

from conformance.formats import BFLOAT16, BINARY16, BINARY32, Format, Values, rounded
from conformance.reduction.orders import alike, lost, orders

ONE = fmpq(1)
COUNT = 65_536


def elements(fmt: Format = BINARY32, count: int = COUNT) -> Values:
    """Nine, then quarters of its ulp."""
    small = 2.0 ** (2 - fmt.precision)
    return np.append(9.0, np.full(count, small))


def in_turn(x: Values) -> float:
    return float(np.add.accumulate(x.astype(np.float32))[-1])


def side_by_side(x: Values, lanes: int) -> float:
    rows = np.append(x, np.zeros(-len(x) % lanes)).astype(np.float32).reshape(-1, lanes)
    return in_turn(np.sort(np.add.accumulate(rows)[-1].astype(float)))


def test_in_turn_everything_is_lost() -> None:
    x = elements()
    assert in_turn(x) == 9.0
    said = lost(x, in_turn(x), ONE, BINARY32)
    assert "65,536 of 65,536" in said and said.endswith("as when all are added to one accumulator in turn")


@pytest.mark.parametrize("lanes", [2, 8, 16])
def test_with_several_accumulators_a_share_is_lost(lanes: int) -> None:
    x = elements()
    assert lost(x, side_by_side(x, lanes), ONE, BINARY32).endswith(f"as with {lanes} accumulators side by side")


def test_in_pairs_nothing_is_lost() -> None:
    x = elements()
    assert lost(x, float(rounded(np.array([x.sum()]), BINARY32)[0]), ONE, BINARY32).endswith("a wider accumulator")


def test_a_mean_shows_it_too() -> None:
    x, n = elements(), COUNT + 1
    mean = float(np.float32(side_by_side(x, 8)) / np.float32(n))
    assert "8 accumulators" in lost(x, mean, fmpq(n), BINARY32)


@pytest.mark.parametrize("result", [np.inf, np.nan, -9.0, 0.0, 90.0])
def test_nothing_is_said_of_a_sum_that_is_wrong_otherwise(result: float) -> None:
    assert lost(elements(), result, ONE, BINARY32) == ""


def test_nothing_is_said_of_elements_that_are_not_small() -> None:
    assert lost(np.ones(9), 9.0, ONE, BINARY32) == ""


def several(add: object, fmt: Format) -> list[tuple[Values, float]]:
    generator = np.random.default_rng(5)
    found = []
    for n in (100, 1000, 3000):
        x = rounded(generator.uniform(0.1, 3.0, n), fmt)
        found.append((x, dict(orders(fmt))[str(add)](x)))
    return found


@pytest.mark.parametrize("fmt", [BINARY32, BINARY16, BFLOAT16], ids=lambda f: f.name)
def test_an_order_is_recognised_by_its_bits(fmt: Format) -> None:
    names = list(dict(orders(fmt)))
    assert f"added in turn in {fmt.name}" == names[0]
    for name in names:
        results = [(x, float(rounded(np.array([y]), fmt)[0])) for x, y in several(name, fmt)]
        assert name in alike(results, ONE, fmt)
    turned = several(names[0], fmt)
    assert alike(turned, ONE, fmt) == names[:1]


def test_no_order_is_named_for_another_sum() -> None:
    results = [(x, y * (1 + 2.0**-20)) for x, y in several("added in turn in binary32", BINARY32)]
    assert alike([(x, float(np.float32(y))) for x, y in results], ONE, BINARY32) == []


def test_bfloat16_stops_to_count() -> None:
    assert dict(orders(BFLOAT16))["added in turn in bfloat16"](np.ones(1000)) == 256.0
