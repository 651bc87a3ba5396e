"""Identities: each seeded fault breaks those that it must, and the reference breaks none."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from examining import examine, findings
from workbench import FAULTY

from conformance.cases import kind
from conformance.cell import Cell
from conformance.formats import FORMATS, neighbours
from conformance.identity.comparison import Comparison
from conformance.identity.neighbourhoods import neighbourhoods
from conformance.identity.twins import twins
from conformance.places import adapters_folder
from conformance.subject import sources

UNLAWFUL = FAULTY / "unlawful.py"

EXPECTED = {
    "lawful": set(),
    "asymmetric": {("loss", "symmetry"), ("loss", "monotone")},
    "rippled": {("loss", "monotone")},
    "negative": {("loss", "bounds")},
    "steep": {("d_logits", "bounds"), ("d_logits", "gradient")},
    "cancelled": {("d_logits", "symmetry"), ("d_logits", "sign")},
    "flipped": {("d_logits", "sign"), ("d_logits", "monotone")},
    "bent": {("d_logits", "gradient")},
    "related": set(),
    "related-by-one": {("loss", "pos-weight-1"), ("loss", "smoothing-0")},
    "related-by-much": {
        ("loss", name) for name in ("pos-weight-1", "smoothing-0", "focal-gamma-0", "softmax-of-two")
    },
    "through-logs": {("loss", "weight-power-of-two")},
}
"""Adapter → quantity and identity that must be broken; nothing else is."""

ALONE = {(quantity, name) for quantity in ("loss", "d_logits") for name in ("symmetry", "monotone", "bounds")}
ALONE |= {("d_logits", "sign"), ("d_logits", "gradient")}
PAIRS = {"pos-weight-1", "smoothing-0", "focal-gamma-0", "softmax-of-two", "weight-power-of-two"}

DTYPES = pytest.mark.parametrize("dtype", FORMATS)


@cache
def examined(adapter: str) -> list[Cell]:
    return examine("identities", UNLAWFUL, adapters=(adapter,), dtypes=("binary32",))


@pytest.mark.parametrize("adapter", EXPECTED)
def test_a_fault_breaks_the_identities_that_it_must(adapter: str) -> None:
    assert findings(examined(adapter)) == dict.fromkeys(EXPECTED[adapter], "identity-broken")


def test_every_identity_is_asked_and_can_be_broken() -> None:
    asked = {(cell.quantity, cell.region) for cell in examined("related")}
    assert asked == ALONE | {("loss", name) for name in PAIRS}
    broken = set().union(*EXPECTED.values())
    assert {name for _, name in broken} == {name for _, name in ALONE} | PAIRS


def test_the_reference_keeps_all_in_every_dtype() -> None:
    cells = examine("identities", adapters_folder() / "reference.py")
    assert findings(cells) == {}
    assert all(set(cell.verdicts) == {"same-bits"} and cell.cases > 20 for cell in cells)
    assert {cell.dtype for cell in cells} == set(FORMATS)


def test_the_witness_is_the_worst_of_what_is_broken() -> None:
    (cell,) = (c for c in examined("cancelled") if c.region == "sign")
    assert cell.worst is not None
    assert cell.worst["got"] == "0x0p+0" and float(cell.worst["exact"]) < 0
    assert float.fromhex(cell.worst["inputs"]["label"]) == 1 and float.fromhex(cell.worst["inputs"]["logit"]) > 16
    assert cell.message.endswith(f"0x0p+0 where {cell.worst['exact']} is exact")


def test_a_pair_of_two_functions_names_the_other() -> None:
    (cell,) = (c for c in examined("related-by-much") if c.region == "focal-gamma-0")
    assert cell.message.endswith("; against sigmoid_cross_entropy")


@DTYPES
@pytest.mark.parametrize("argument", ["logit", "probability"])
def test_neighbourhoods_are_consecutive_numbers_of_every_region(argument: str, dtype: str) -> None:
    fmt, near = FORMATS[dtype], neighbourhoods(argument, dtype)
    assert (np.diff(near.values) > 0).all()
    for i in near.adjacent[:: max(1, len(near.adjacent) // 50)].tolist():
        assert neighbours(near.values[i], fmt, 1)[2] == near.values[i + 1]
    space = kind(argument)
    there = {space.REGIONS[code] for code in space.region(near.values, fmt)}
    assert there >= set(space.REGIONS) - {"nan", "infinite", "outside", "zero", "one"}
    assert len(near.adjacent) > 0.6 * len(near.values)


@DTYPES
@pytest.mark.parametrize("argument", ["logit", "probability"])
def test_mirror_images_are_exact(argument: str, dtype: str) -> None:
    near = neighbourhoods(argument, dtype)
    here = np.flatnonzero(near.mirror >= 0)
    image = near.values[near.mirror[here]]
    assert len(here) > 20
    if argument == "logit":
        assert len(here) == len(near.values) and (image == -near.values).all()
    else:
        assert (near.values[here] + image == 1).all()
        assert {*np.flatnonzero(near.values >= 0.5)} <= {*here}


def comparison(left: list[float], right: list[float], slack: float = 0.0, **fields: bool | float) -> Comparison:
    count = len(left)
    rows = np.arange(count)
    unit = np.zeros(count, np.int64)
    return Comparison(np.array(left), np.array(right), np.full(count, slack), unit, rows, rows, **fields)  # type: ignore[arg-type]


def test_a_comparison_within_the_slack_holds() -> None:
    nan, inf = np.nan, np.inf
    found = comparison([1, 1, 1, nan, nan, inf, inf, -inf], [3, 3.5, -1.5, nan, 1, inf, 1, inf], slack=2)
    assert found.broken.tolist() == [False, True, True, False, True, False, True, True]
    assert found.worst == 4 and found.ulp[:3].tolist() == [2, 2.5, 2.5]


def test_an_ordered_comparison_holds_below() -> None:
    assert comparison([1, 5, 4], [3, 2, 3], slack=2, ordered=True).broken.tolist() == [False, True, False]


def test_bit_for_bit_the_sign_of_a_zero_counts() -> None:
    assert comparison([0.0, np.nan, 1], [-0.0, np.nan, 1], bitwise=True).broken.tolist() == [True, False, False]
    assert comparison([0.0], [-0.0]).broken.tolist() == [False]


def test_in_reach_of_overflow_an_infinity_counts_as_the_largest_number() -> None:
    assert comparison([np.inf, np.inf], [99, 90], slack=2, largest=100.0).broken.tolist() == [False, True]


def test_pairs_are_of_one_adapter_and_their_codes_compile() -> None:
    names = set()
    for source in sources():
        for entry in source.adapter.entry_points:
            for pair in twins(source.adapter, entry):
                names.add(pair.name)
                compile(pair.entry.expression(), "code", "eval")
                assert pair.partner.path in {e.path for e in source.adapter.entry_points}
                assert pair.bitwise == (pair.entry.path == pair.partner.path)
    assert names == PAIRS
