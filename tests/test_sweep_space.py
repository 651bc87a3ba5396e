"""What a sweep covers: every pattern once under every label, cut where binade or region change."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from conformance import cases
from conformance.exact import round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, Format, from_float64, to_float64
from conformance.golden import golden
from conformance.sweep.histogram import BINS, FINE, LINEAR, added, binade, bins, border, fields, nearest, sparse
from conformance.sweep.space import SOFT, Column, direction, domain, label_of, labels, monotone, segments, shards

ONE = 0x3F800000


@pytest.mark.parametrize("fmt", [BINARY16, BFLOAT16], ids=lambda f: f.name)
@pytest.mark.parametrize("argument", ["logit", "probability"])
def test_every_pattern_comes_once_under_every_label(argument: str, fmt: Format) -> None:
    wanted = labels(fmt, soft=True)
    assert len(wanted) == SOFT + 2
    seen = {label: np.zeros(1 << fmt.width, int) for label in wanted}
    for columns in shards(argument, fmt, wanted, mirrored=argument == "logit"):
        for column in columns:
            seen[column.label][column.first : column.first + column.count] += 1
    inside = np.zeros(1 << fmt.width, int)
    for first, count in domain(argument, fmt):
        inside[first : first + count] = 1
    assert all((counted == inside).all() for counted in seen.values())
    values = to_float64(np.flatnonzero(inside).astype(fmt.storage), fmt)
    if argument == "probability":
        assert (values.min(), values.max()) == (0.0, 1.0)
    else:
        assert len(values) == 1 << fmt.width


@pytest.mark.parametrize("mirrored", [False, True])
def test_shards_of_32_bits_are_many_and_cover_all(mirrored: bool) -> None:
    found = shards("logit", BINARY32, [0, ONE], mirrored)
    every = sorted((c.label, c.first, c.count) for columns in found for c in columns)
    assert sum(count for _, _, count in every) == 2 << 32
    assert all(a[0] != b[0] or a[1] + a[2] == b[1] for a, b in pairwise(every))
    for columns in found:
        assert len(columns) == 1 + mirrored
        if mirrored:
            no, yes = columns
            assert (no.label, yes.label, no.first ^ yes.first) == (0, ONE, 1 << 31)


def test_soft_labels_come_near_both_ends() -> None:
    for fmt in (BINARY16, BFLOAT16, BINARY32):
        values = sorted(label_of(y, fmt)[0] for y in labels(fmt, soft=True))
        assert values[0] == 0 and values[-1] == 1 and len(set(values)) == SOFT + 2
        assert (
            values[1] < 2**-15
            and values[-2]
            == to_float64(np.array([fmt.storage.type(from_float64(np.array([1.0]), fmt)[0] - 1)]), fmt)[0]
        )


def test_a_column_is_cut_into_batches() -> None:
    pieces = Column(7, 100, (1 << 20) + 5).batches()
    assert [(p.label, p.first, p.count) for p in pieces] == [(7, 100, 1 << 20), (7, 100 + (1 << 20), 5)]


@pytest.mark.parametrize("first", [0, 0x42A00000, 0x41800000, 0x7F7FFF00, 0xC2CFF000, 0x32FFFF00])
def test_segments_are_what_every_point_says(first: int) -> None:
    count = 1 << 18
    patterns = (np.arange(count) + first).astype(np.uint32)
    space = cases.kind("logit")
    region = [space.REGIONS[k] for k in space.region(to_float64(patterns, BINARY32), BINARY32)]
    field = fields(patterns, BINARY32)
    found = segments("logit", BINARY32, first, count)
    assert [s.start for s in found[1:]] == [s.stop for s in found[:-1]] and found[-1].stop == count
    for s in found:
        assert set(region[s.start : s.stop]) == {s.region} and set(field[s.start : s.stop].tolist()) == {s.field}


@pytest.mark.parametrize("loss", ["sigmoid_cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_directions_are_those_of_certified_values(loss: str, y: float) -> None:
    argument = "logit" if loss.startswith("sigmoid") else "probability"
    for quantity in ("loss", "d_logits" if argument == "logit" else "d_probabilities"):
        for first in (0x3C00, 0xBC00) if argument == "logit" else (0x2000, 0x3800):
            patterns = np.arange(first, first + 512).astype(np.uint16)
            x = to_float64(patterns, BINARY16)
            exact = golden(loss, quantity, (x, np.full(len(x), y)))
            steps = np.sign(np.diff(to_float64(round_to(exact.value, BINARY32), BINARY32)))
            way = direction(quantity, y, first >= 0x8000)
            assert not way or set(steps.tolist()) <= {0.0, float(way)}
            assert (way != 0) == (quantity != "loss" or y in (0, 1)) == monotone(quantity, y)


def test_bins_are_64ths_of_a_ulp_and_then_powers_of_two() -> None:
    errors = np.array([0.0, 1 / 128, 1 / 64, 0.49, 63.999, 64.0, 127.0, 128.0, 2.0**24, np.inf, np.nan])
    number, doubtful = bins(errors)
    assert number.tolist() == [0, 0, 1, 31, LINEAR - 1, LINEAR, LINEAR, LINEAR + 1, LINEAR + 18, -1, -1]
    assert doubtful.tolist() == [False, False, True, False, False, True, False, True, True, False, False]
    numbers = np.array([1, LINEAR - 1, LINEAR, LINEAR + 2])
    assert border(numbers).tolist() == [1 / FINE, 64 - 1 / FINE, 64.0, 256.0]
    assert nearest(border(numbers)).tolist() == numbers.tolist()


def test_binades_have_names() -> None:
    patterns = from_float64(np.array([1.0, -0.75, 1e-40, -np.inf, np.nan]), BINARY32)
    names = [binade(int(field), BINARY32) for field in fields(patterns, BINARY32)]
    assert names[:4] == ["+2^0", "-2^-1", "+subnormal", "-nonfinite"] and names[4].endswith("nonfinite")


def test_histograms_add_up() -> None:
    counts = np.zeros(BINS, np.int64)
    counts[[3, LINEAR + 4]] = 5, 7
    one = {"+2^0": sparse(counts)}
    assert one == {"+2^0": {"3": 5, str(LINEAR + 4): 7}}
    both = added(one, {"-2^3": {"0": 1}, "+2^0": {"3": 1, "10": 2}})
    assert both == {"+2^0": {"3": 6, "10": 2, str(LINEAR + 4): 7}, "-2^3": {"0": 1}}
    assert added(both, {}) == added({}, both) == both
