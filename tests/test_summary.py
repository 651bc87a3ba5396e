"""Tallies: parts of a cell merge to the whole, in any order and grouping."""

import math
from dataclasses import replace
from functools import reduce

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cases import build
from conformance.cell import LABEL_CLASSES
from conformance.formats import BINARY32
from conformance.judge import Columns
from conformance.summary import RANK, Tally, digest, merge, summarise, tally, total, worse
from conformance.verdicts import FINDINGS, SEVERITY, VERDICTS

errors = st.sampled_from([math.nan, 0.0, 0.5, 1.0, 3.25, 1e300, math.inf])
verdicts = st.integers(0, len(VERDICTS) - 1)


@st.composite
def judged(draw: st.DrawFn, least: int = 1) -> Columns:
    count = draw(st.integers(least, 20))

    def column() -> np.ndarray:
        return np.array(draw(st.lists(errors, min_size=count, max_size=count)))

    codes = np.array(draw(st.lists(verdicts, min_size=count, max_size=count)), np.uint8)
    signs = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    return Columns(codes, column(), column(), column(), signs)


def whole(columns: Columns) -> Tally:
    return tally(columns, np.arange(len(columns.verdict)))


def parts(columns: Columns, data: st.DataObject, count: int = 3) -> list[Tally]:
    """The same cases dealt out to several tallies."""
    owner = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=20, max_size=20)))[: len(columns.verdict)]
    return [tally(columns, np.flatnonzero(owner == k)) for k in range(count)]


@settings(deadline=None, max_examples=200)
@given(columns=judged(), data=st.data())
def test_any_split_merges_to_the_whole_in_any_order(columns: Columns, data: st.DataObject) -> None:
    a, b, c = parts(columns, data)
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == merge(merge(c, a), b) == whole(columns)
    assert merge(a, b) == merge(b, a)
    assert total({("x", "y"): a, ("x", "z"): b, ("u", "v"): c}) == whole(columns)


@settings(deadline=None, max_examples=50)
@given(columns=judged())
def test_nothing_is_neutral(columns: Columns) -> None:
    found = whole(columns)
    assert tally(columns, np.array([], np.intp)) == Tally()
    assert merge(Tally(), found) == merge(found, Tally()) == found
    assert merge(Tally(), Tally()) == total({}) == Tally()


@settings(deadline=None, max_examples=200)
@given(columns=judged())
def test_a_tally_is_what_counting_by_hand_gives(columns: Columns) -> None:
    found = whole(columns)
    names = [VERDICTS[k] for k in columns.verdict]
    assert dict(found.verdicts) == {name: names.count(name) for name in set(names)}
    assert found.zero_signs == columns.zero_sign.tolist().count(True)
    for figure, column in (
        (found.max_ulp, columns.ulp),
        (found.max_ulp_relative, columns.ulp_relative),
        (found.max_ulp_contract, columns.ulp_contract),
    ):
        known = [min(v, 1.7976931348623157e308) for v in column.tolist() if not math.isnan(v)]
        assert figure == (max(known) if known else None)


@settings(deadline=None, max_examples=200)
@given(columns=judged())
def test_the_witness_is_the_most_severe_then_the_furthest_off_then_the_first(columns: Columns) -> None:
    def order(i: int) -> tuple[float, ...]:
        name = VERDICTS[columns.verdict[i]]
        severity = SEVERITY.index(name) if name in FINDINGS else len(SEVERITY)
        figures = [float(c[i]) for c in (columns.ulp, columns.ulp_relative)]
        return (severity, *(-f if not math.isnan(f) else 1.0 for f in figures), i)

    found = whole(columns)
    assert found.worst is not None
    assert found.worst[3] == min(range(len(columns.verdict)), key=order)


def test_a_finding_is_a_worse_witness_than_any_figure() -> None:
    codes = np.array([VERDICTS.index(v) for v in ("within-limit", "flushed", "wrong-class")], np.uint8)
    errors = np.array([1e9, 5.0, math.nan])
    columns = Columns(codes, errors, errors, np.full(3, math.nan), np.zeros(3, bool))
    found = whole(columns)
    assert found.worst is not None and found.worst[3] == 2 and found.max_ulp == 1e9
    calm = tally(columns, np.array([0]))
    assert calm.worst is not None and calm.worst[0] == len(SEVERITY)


def test_cells_are_regions_by_label_class_and_cover_every_case_once() -> None:
    cases = build(("logit", "label"), "binary16", "quick")
    count = len(cases)
    codes = np.arange(count) % len(VERDICTS)
    ulp = np.arange(count, dtype=float)
    columns = Columns(codes.astype(np.uint8), ulp, ulp / 2, ulp * 0, np.arange(count) % 5 == 0)
    found = summarise(columns, cases)
    assert reduce(merge, found.values()) == total(found) == whole(columns)
    order = [(cases.regions.index(region), LABEL_CLASSES.index(label)) for region, label in found]
    assert order == sorted(order) and len(set(order)) == len(order)
    for (region, label), cell in found.items():
        inside = (cases.region == cases.regions.index(region)) & (cases.label_class == LABEL_CLASSES.index(label))
        assert sum(cell.verdicts.values()) == inside.sum() > 0
        assert cell == tally(columns, np.flatnonzero(inside))
    some = cases.region == cases.regions.index("zero")
    only = summarise(Columns(*(getattr(columns, f)[some] for f in columns.__dataclass_fields__)), cases.where(some))
    assert {region for region, _ in only} == {"zero"}, "cells without a case are absent"


@settings(deadline=None, max_examples=100)
@given(columns=judged(), data=st.data())
def test_worse_is_the_order_of_the_witness(columns: Columns, data: st.DataObject) -> None:
    """Of two calls, the one whose case would be the witness; neither is worse than itself."""
    count = len(columns.verdict)
    shuffled = data.draw(st.permutations(range(count)))
    index = np.array(shuffled)
    second = Columns(*(getattr(columns, f)[index] for f in columns.__dataclass_fields__))
    for i, worse_now in enumerate(worse(columns, second).tolist()):
        first, other = (tally(c, np.array([i])).worst for c in (columns, second))
        assert first is not None and other is not None
        assert worse_now == (other[:2] < first[:2])
    assert not worse(columns, columns).any()


def test_acceptable_verdicts_share_the_last_rank() -> None:
    ranks = {name: int(RANK[k]) for k, name in enumerate(VERDICTS)}
    assert {name for name, rank in ranks.items() if rank < len(SEVERITY)} == FINDINGS
    assert [ranks[name] for name in SEVERITY] == list(range(len(SEVERITY)))


def test_merging_leaves_its_parts_alone() -> None:
    first = Tally({"lost": 1}, 2.0, None, None, (0.0, 0.0, 0.0, 3), 1)
    kept = replace(first, verdicts=dict(first.verdicts))
    merge(first, Tally({"lost": 2, "faithful": 1}, 1.0, 4.0))
    assert first == kept


def test_a_digest_tells_bits_and_order_apart_but_not_the_kinds_of_nan() -> None:
    def of(*values: int) -> str:
        return digest(np.array(values, np.uint32), BINARY32)

    one, two, zero, minus_zero = 0x3F800000, 0x40000000, 0, 0x80000000
    assert of(one, two) != of(two, one) and of(one) != of(one + 1) and of(zero) != of(minus_zero)
    assert of(0x7FC00000) == of(0xFFC00000) == of(0x7F800001) != of(0x7F800000)
    assert digest(np.array([0x7E00], np.uint16), BINARY32) != digest(np.array([0x7E01], np.uint16), BINARY32)
