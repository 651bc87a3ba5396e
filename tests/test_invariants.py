"""Bitwise invariance: each seeded fault is found as what it is, and nothing else is found."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from examining import examine, findings
from workbench import FAULTY

from conformance.cell import Cell
from conformance.examinations.invariants import ALL, COMPARED, FEW, LONG, MIDDLE, windows
from conformance.invariance.sample import sample
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.subject import Filters, sources, subjects

UNSTEADY = FAULTY / "unsteady.py"
BOTH = ("loss", "d_logits")

EXPECTED = {
    "sound": {},
    "other-nans": {},
    "tail": {"position": "position-dependent", "batch": "batch-dependent"},
    "head": {"position": "position-dependent"},
    "alone": {"batch": "batch-dependent"},
    "long": {"batch": "batch-dependent"},
    "nan-tail": {"position": "position-dependent", "batch": "batch-dependent"},
    "counting": {"repeat": "not-repeatable"},
    "strides": {f"layout-{name}": "layout-dependent" for name in ("strided", "reversed", "transposed")},
    "threads": {"threads": "thread-dependent"},
}
"""Adapter → region → what must be found there in loss and gradient; nothing elsewhere."""


@cache
def examined(adapter: str, tier: str = "full") -> list[Cell]:
    return examine("invariants", UNSTEADY, tier, adapters=(adapter,), dtypes=("binary32",))


@pytest.mark.parametrize("adapter", EXPECTED)
def test_a_fault_is_found_as_what_it_is_and_nothing_else_is(adapter: str) -> None:
    expected = {(quantity, region): kind for quantity in BOTH for region, kind in EXPECTED[adapter].items()}
    assert findings(examined(adapter)) == expected


def test_every_kind_of_finding_can_be_found() -> None:
    found = {kind for regions in EXPECTED.values() for kind in regions.values()}
    assert found == {kind for _, kind in COMPARED.values()}


def test_what_holds_is_said_to_hold() -> None:
    cells = examined("sound")
    regions = ["position", "batch", "repeat", "repeat-long", "threads"]
    regions += [f"layout-{name}" for name in ("strided", "reversed", "transposed")]
    assert {(cell.quantity, cell.region) for cell in cells} == {(q, region) for q in BOTH for region in regions}
    assert all(cell.verdicts == {"same-bits": cell.cases} and cell.cases > 100 for cell in cells)


def test_the_witness_names_both_results() -> None:
    (cell,) = (c for c in examined("tail") if (c.quantity, c.region) == ("loss", "position"))
    assert cell.worst is not None and cell.worst["verdict"] == "position-dependent"
    assert cell.worst["got"] in cell.message
    results = [float.fromhex(text) for text in re.findall(r"(\S+) at \d+ of \d+", cell.message)]
    with np.errstate(over="ignore"):
        assert len(results) == 2 and results[1] == np.nextafter(np.float32(results[0]), np.float32(np.inf))


def test_a_difference_of_one_number_is_one_ulp_or_half_of_one() -> None:
    (cell,) = (c for c in examined("alone") if (c.quantity, c.region) == ("loss", "batch"))
    assert "at most 1 ULP" in cell.message


def test_a_nan_against_a_number_is_said_to_be_one() -> None:
    (cell,) = (c for c in examined("nan-tail") if (c.quantity, c.region) == ("loss", "position"))
    assert "NaN or infinity against another" in cell.message


def test_the_default_tier_finds_the_same_in_what_it_asks() -> None:
    for adapter in ("tail", "strides"):
        full = {cell.id: (cell.verdicts, cell.message) for cell in examined(adapter)}
        some = {cell.id: (cell.verdicts, cell.message) for cell in examined(adapter, "default")}
        assert some and some == {identity: full[identity] for identity in some}


def test_the_quick_tier_asks_nothing() -> None:
    assert examined("tail", "quick") == []


def test_the_reference_is_steady_in_every_dtype() -> None:
    cells = examine("invariants", adapters_folder() / "reference.py")
    assert findings(cells) == {}
    assert {cell.dtype for cell in cells} == {"binary16", "bfloat16", "binary32", "binary64"}


def of(adapter: str, mode: str) -> tuple[Plan, tuple[tuple[int, int], ...]]:
    plan = Plan(sources())
    filters = Filters(adapters=(adapter,), modes=(mode,), dtypes=("binary32",))
    return plan, windows(plan, subjects(list(plan.sources.values()), filters)[0], 401)


def test_every_length_is_asked_and_every_value_at_many_places() -> None:
    _, asked = of("pytorch", "eager")
    assert {length for _, length in asked} == {*ALL, MIDDLE} and tuple(range(1, 71)) == ALL
    places: dict[int, set[tuple[int, int]]] = {}
    for start, length in asked:
        for place in range(length):
            places.setdefault((start + place) % 401, set()).add((length, place))
    assert len(places) == 401
    for length, width in ((15, 8), (31, 16), (63, 32)):
        body = length - length % width
        in_tail = [value for value, found in places.items() if any(n == length and p >= body for n, p in found)]
        in_body = [value for value, found in places.items() if any(n == length and p < body for n, p in found)]
        assert len(in_tail) == len(in_body) == 401


def test_what_compiles_for_each_length_gets_few() -> None:
    _, asked = of("jax", "jit")
    assert {length for _, length in asked} == {*FEW, MIDDLE}


def test_the_long_array_leaves_two_threads_a_part_of_a_vector_each() -> None:
    assert LONG > 32768 and all((LONG // 2) % width for width in (4, 8, 16, 32))


@pytest.mark.parametrize("dtype", ["binary16", "bfloat16", "binary32", "binary64"])
def test_the_sample_has_every_region_and_a_nan_last(dtype: str) -> None:
    found = sample("sigmoid_cross_entropy", "exact", dtype, ())
    assert {*np.unique(found.region)} == {*range(len(found.regions))}
    assert len(found) % 2 == 1
    nans = np.isnan(found.values[0])
    assert nans.any() and not np.diff(nans.astype(int)).min() < 0
