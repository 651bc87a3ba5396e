"""Results that should be the same: told apart bit for bit, and where each of them stood."""

from __future__ import annotations

import numpy as np
import pytest
from judging import number
from workbench import FAULTY, fault, floats, job, key

from conformance.exact import INFINITE, NAN, Number, pack
from conformance.formats import BINARY32, FORMATS, from_float64, neighbours
from conformance.invariance.agreement import disagreement, distances, kinds, ordinals, unit
from conformance.invariance.occurrences import Occurrences
from conformance.job import Observation
from conformance.measure import Pool

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
QUANTUM = np.full(20, BINARY32.quantum)


@EVERY
def test_neighbours_are_one_apart_and_zeros_are_two_results(fmt) -> None:  # type: ignore[no-untyped-def]
    for value in (1.0, 2.0**fmt.emax, fmt.smallest_normal):
        line = ordinals(from_float64(np.array(neighbours(value, fmt, 2)), fmt), fmt)
        assert np.diff(line).tolist() == [1, 1, 1, 1]
    zeros = ordinals(from_float64(np.array([-fmt.smallest, -0.0, 0.0, fmt.smallest]), fmt), fmt)
    assert np.diff(zeros).tolist() == [1, 1, 1]
    ends = ordinals(from_float64(np.array([-np.inf, -fmt.largest, fmt.largest, np.inf, np.nan]), fmt), fmt)
    assert (ends[1:] > ends[:-1]).all()


@EVERY
def test_every_nan_is_the_same(fmt) -> None:  # type: ignore[no-untyped-def]
    quiet = int(from_float64(np.array([np.nan]), fmt)[0])
    bits = np.array([quiet, quiet | 1, quiet | 1 << (fmt.width - 1)], fmt.storage)
    assert len(set(ordinals(bits, fmt).tolist())) == 1
    assert disagreement(bits, fmt, [np.zeros(3, np.int64)], QUANTUM[:3]).differing == 0


def compared(values: list[float], group: list[int], scale: int = BINARY32.quantum):  # type: ignore[no-untyped-def]
    bits = from_float64(np.array(values), BINARY32)
    return disagreement(bits, BINARY32, [np.array(group)], np.full(len(values), scale))


def test_only_results_of_one_group_are_compared() -> None:
    found = compared([1, 2, 1, 2, 3], [0, 1, 0, 1, 2])
    assert (found.groups, found.differing, found.first) == (2, 0, -1)
    assert found.words == "all 2 agree"


def test_the_worst_group_is_named() -> None:
    found = compared([1, 1 + 2.0**-23, 4, 4 + 2.0**-20, 9], [0, 0, 1, 1, 1])
    assert (found.groups, found.differing) == (2, 2)
    assert {found.first, found.second} == {2, 4}
    assert found.words == f"2 of 2 differ, at most {5 / 2.0**-20:.3g} ULP"


def test_a_nan_or_an_infinity_goes_before_any_distance() -> None:
    found = compared([1, 100, 2, np.nan, np.inf, 3], [0, 0, 1, 1, 2, 2])
    assert found.classes and (found.first, found.second) == (2, 3)
    assert found.words.endswith("ULP and NaN or infinity against another")


def test_two_zeros_differ_in_nothing_but_the_sign() -> None:
    assert compared([0.0, -0.0], [0, 0]).words == "1 of 1 differ, only in the sign of a zero"


def test_distances_are_in_ulps_of_the_scale_or_of_the_larger() -> None:
    low, high = np.array([1.0, 0.0, 1.0]), np.array([1 + 2.0**-23, 2.0**-25, 3.0])
    found = distances(low, high, np.array([-23, -24, -149]), BINARY32)
    assert found.tolist() == [1, 0.5, 2 / 2.0**-22]


def test_without_a_finite_scale_the_larger_result_counts() -> None:
    scale = pack([number(1.0), Number(INFINITE), Number(NAN)])
    assert unit(scale, BINARY32).tolist() == [-24, BINARY32.quantum, BINARY32.quantum]


def test_kinds_tell_nan_infinities_zero_and_numbers_apart() -> None:
    found = kinds(np.array([np.nan, -np.inf, np.inf, -0.0, 0.0, 1e-300]))
    assert found.tolist() == [0, 1, 2, 3, 3, 4]


PRODUCT = "logit * label"
WINDOWS = ((0, 3), (2, 4), (4, 2), (0, 3))


def observed(**fields: object) -> tuple[Observation, object]:
    asked = job(key(), logit=[1.0, 2.0, 3.0, 4.0, 5.0], windows=WINDOWS, code=PRODUCT, **fields)  # type: ignore[arg-type]
    with Pool(1) as pool:
        return pool.observe(asked), asked


def test_a_job_with_windows_calls_once_for_each_and_goes_round() -> None:
    said, asked = observed()
    assert floats(said.outputs[0]) == [2, 4, 6, 6, 8, 10, 2, 10, 2, 2, 4, 6]
    seen = Occurrences.of([asked], [said], 0)  # type: ignore[list-item]
    assert isinstance(seen, Occurrences)
    assert seen.value.tolist() == [0, 1, 2, 2, 3, 4, 0, 4, 0, 0, 1, 2]
    assert seen.length.tolist() == [3] * 3 + [4] * 4 + [2] * 2 + [3] * 3
    assert seen.place.tolist() == [0, 1, 2, 0, 1, 2, 3, 0, 1, 0, 1, 2]
    assert seen.call.tolist() == [0] * 3 + [1] * 4 + [2] * 2 + [3] * 3
    assert seen.again.tolist() == [0] * 9 + [1] * 3
    assert seen.once().value.tolist() == seen.value.tolist()[:9]
    assert seen.values(1).tolist() == [2, 3, 4, 0]
    assert seen.times.tolist() == [2] * 3 + [1] * 6 + [2] * 3
    assert seen.repeated().call.tolist() == [0] * 3 + [3] * 3
    assert seen.words(5) == "0x1.4p+3 at 2 of 4"


def test_cases_that_raise_are_left_out_of_the_windows() -> None:
    worker = key(file=FAULTY / "answers.py", adapter="answers")
    asked = fault(
        worker, "one-case", "numpy.add", logit=[1.0, np.nan, 3.0, 4.0, np.nan, 6.0], windows=((0, 3), (2, 4))
    )
    with Pool(1) as pool:
        said = pool.observe(asked)
    assert said.status == "ok" and sorted(said.raised) == [1, 4]
    assert floats(said.outputs[0]) == [1, 3, 4, 4, 6, 1, 3]
    seen = Occurrences.of([asked], [said], 0)
    assert isinstance(seen, Occurrences) and seen.value.tolist() == [0, 2, 3, 3, 5, 0, 2]


def test_a_job_whose_cases_all_raise_raised() -> None:
    worker = key(file=FAULTY / "answers.py", adapter="answers")
    with Pool(1) as pool:
        said = pool.observe(fault(worker, "always", "numpy.add", windows=((0, 2), (0, 3))))
    assert (said.status, said.message) == ("raised", "ZeroDivisionError")


def test_another_shape_than_the_inputs_is_no_occurrence() -> None:
    asked = job(key(), free=True, code="logit.sum(keepdims=True)", length=6)
    with Pool(1) as pool:
        said = pool.observe(asked)
    assert Occurrences.of([asked], [said], 0) == "there is no result for each element"
