"""What is said of many results at once that miss the mathematics, without exact numbers."""

from __future__ import annotations

import numpy as np
import pytest

from conformance import contracts, limits, oracle
from conformance.estimate import Estimate
from conformance.formats import BINARY32, rounded, to_float64
from conformance.golden import Golden, golden
from conformance.judge import CODE
from conformance.sweep import documented, points
from conformance.sweep.missed import missed

PROBABILITY = "binary_cross_entropy"


def one(value: float, rest: float = 0.0, slack: float = 0.0) -> Estimate:
    return Estimate(np.array([value]), np.array([rest]), np.array([slack]))


STEP = 2.0**-23
FAR = 1000 * STEP


@pytest.mark.parametrize(
    ("got", "value", "stated"),
    [
        (0.0, one(1.5), one(1.5)),  # lost, and flushed where that is proven
        (-1.2, one(1.2), one(1.2)),  # the wrong sign
        (np.inf, one(1.5), one(1.5)),
        (np.nan, one(1.5), one(1.5)),
        (1.5 + 3 * STEP, one(1.5), one(1.25)),  # between two bins, within the limit
        (1.5 + STEP / 2, one(1.5), one(1.25)),  # a tie
        (1.5 + 4 * STEP, one(1.5), one(1.25)),  # at the limit
        (1.5 + FAR, one(1.5), one(1.5 + FAR + 4 * STEP)),  # at the limit of what is documented
        (1.5 + FAR, one(1.5), one(np.nan)),  # left to certified values
        (1.5 + 1024 * STEP, one(1.5, 0.0, 2.0**-60), one(1.5 + 1024 * STEP)),  # between two bins
        (1.5 + 6.5 * STEP, one(1.5, 0.0, 2.0**-60), one(1.5 + 6.5 * STEP)),
        (1.5, one(1.0, 0.0, 2.0**-60), one(1.5)),  # on no side of a power of two
        (1.5, one(1.25), one(1.0, 2.0**-70, 2.0**-60)),
        (2.0**-126, one(2.0**-127), one(2.0**-126)),  # of subnormal numbers
    ],
)
def test_what_is_not_clear_is_left_open(got: float, value: Estimate, stated: Estimate) -> None:
    found = missed(np.array([got]), value, [("by-source", stated)], BINARY32, 4.0)
    assert found.open.tolist() == [0] and len(found.index) == 0


def test_what_is_clear_is_judged() -> None:
    cases = [
        (1.5 + 1000 * STEP, one(1.5), one(1.5 + 1001 * STEP), "by-source", 1000.0, 1.0),
        (1.5 + 6 * STEP, one(1.5 + STEP / 128), one(1.25), "beyond-limit", 6 - 1 / 128, 2097158.0),
        (2.0**-30, one(1.0, 2.0**-60, 2.0**-100), one(2.0**-30 * (1 + STEP), 0.0, 0.0), "by-source", None, 1.0),
        (2.0**-100, one(1.0, -(2.0**-60), 2.0**-100), one(2.0**-100 * (1 + STEP)), "by-source", 2.0**24, 1.0),
    ]
    for away, verdict in (
        (0.2, "correctly-rounded"),
        (0.7, "faithful"),
        (1.2, "within-limit"),
        (0.0, "correctly-rounded"),
    ):
        cases.append((1.5 + away * STEP, one(1.5), one(1.25), verdict, away, 2.0**21 + away))
    for got, value, stated, verdict, ulp, contract in cases:
        found = missed(np.array([got]), value, [("by-source", stated)], BINARY32, 4.0)
        assert found.index.tolist() == [0] and found.columns.verdict.tolist() == [CODE[verdict]]
        assert ulp is None or found.columns.ulp[0] == pytest.approx(ulp, rel=2.0**-28, abs=2.0**-28)
        assert found.columns.ulp_contract[0] == pytest.approx(contract, rel=2.0**-20)


def test_the_first_kind_that_is_met_is_the_verdict() -> None:
    two = [("documented", one(1.25)), ("by-source", one(1.25))]
    found = missed(np.array([1.25]), one(1.6), two, BINARY32, 4.0)
    assert found.columns.verdict.tolist() == [CODE["documented"]]
    found = missed(np.array([1.25]), one(1.6), [("documented", one(1.75)), two[1]], BINARY32, 4.0)
    assert found.columns.verdict.tolist() == [CODE["by-source"]] and found.columns.ulp_contract.tolist() == [0.0]


def test_most_of_what_misses_the_mathematics_needs_no_exact_numbers() -> None:
    contract = contracts.load("log_clamped(-100)", PROBABILITY)
    p = to_float64((np.arange(1 << 14) + 0x10000000).astype(np.uint32), BINARY32)
    columns = (p, np.zeros(len(p)))
    bound = limits.limit(PROBABILITY, "d_probabilities", BINARY32)
    ((value, _),) = oracle.estimates(PROBABILITY, ("d_probabilities",), columns)
    stated = documented.stated(contract, "d_probabilities", BINARY32, columns, value)
    assert stated is not None
    got = rounded(p / rounded(np.array([1e-12]), BINARY32), BINARY32)
    found = missed(got, value, stated, BINARY32, bound)
    assert len(found.index) == len(p)
    exact: Golden = golden(PROBABILITY, "d_probabilities", columns)
    assert set(found.bins.tolist()) == set(points.exact_bins(found.columns.ulp, got, exact, BINARY32).tolist())
