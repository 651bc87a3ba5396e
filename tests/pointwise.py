"""A column judged point by point with certified values: what a ledger's tally has to equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from conformance.adapter import EntryPoint
from conformance.exact import round_to
from conformance.formats import BFLOAT16, BINARY32, FORMATS, Bits, from_float64, to_float64
from conformance.golden import golden
from conformance.summary import Tally, tally
from conformance.sweep.histogram import BINS, binade, fields, sparse
from conformance.sweep.measured import Measured
from conformance.sweep.part import ticket, unticket
from conformance.sweep.points import certified
from conformance.sweep.space import Column, label_of, segments

SIGMOID = EntryPoint("f", "sigmoid_cross_entropy", "f(logit, label)")
PROBABILITY = EntryPoint("f", "binary_cross_entropy", "f(probability, label)", "log_clamped(-100)")
COUNT = 1 << 10

ONE = 0x3F800000


def exact(entry: EntryPoint, quantity: str, column: Column, dtype: str = "binary32") -> Bits:
    """The correctly rounded results of a column."""
    fmt = FORMATS[dtype]
    return round_to(golden(entry.loss, quantity, inputs(column, dtype)).value, fmt)


def inputs(column: Column, dtype: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    fmt = FORMATS[dtype]
    x = to_float64((np.arange(column.count) + column.first).astype(fmt.storage), fmt)
    return x, np.full(column.count, label_of(column.label, fmt)[0])


def spoiled(bits: Bits, seed: int) -> Bits:
    """Results most of which are near the right ones: off by some ULP, lost, of the other sign, not numbers."""
    random, sign = np.random.default_rng(seed), 1 << (8 * bits.itemsize - 1)
    steps = random.choice(np.array([0, 0, 0, 1, -1, 2, 3, -3, 5, 40, 1000]), len(bits))
    found = (bits.astype(np.int64) + np.where(bits.astype(np.int64) & (sign - 1) > 2000, steps, 0)).astype(bits.dtype)
    odd = random.random(len(bits))
    found[odd < 0.02] = 0
    found[(odd > 0.02) & (odd < 0.03)] = sign
    found[(odd > 0.03) & (odd < 0.04)] ^= found.dtype.type(sign)
    found[(odd > 0.04) & (odd < 0.05)] = from_float64(np.array([np.nan]), BINARY32)[0] if bits.itemsize == 4 else 0x7FC0
    found[(odd > 0.05) & (odd < 0.06)] = 0x7F800000 if bits.itemsize == 4 else 0x7F80
    fmt = BINARY32 if bits.itemsize == 4 else BFLOAT16
    found[np.isnan(to_float64(found, fmt))] = np.array(-1).astype(found.dtype)  # as the ledger has it
    return found


def point_by_point(
    measured: Measured, quantity: str, column: Column, bits: Bits
) -> tuple[dict[str, Tally], dict[str, dict[str, int]]]:
    """The cells and the histogram, by certified values alone."""
    columns = inputs(column, measured.dtype)
    patterns = (np.arange(column.count) + column.first).astype(measured.fmt.storage)
    found = certified(measured.entry, measured.dtype, quantity, columns, bits, measured.flags)
    cells: dict[str, Tally] = {}
    name = label_of(column.label, measured.fmt)[1]
    space = {s.region: s for s in segments(measured.argument, measured.fmt, column.first, column.count)}
    region = np.empty(column.count, object)
    for s in segments(measured.argument, measured.fmt, column.first, column.count):
        region[s.start : s.stop] = s.region
    for one in space:
        index = np.flatnonzero(region == one)
        said = tally(found.columns, index)
        assert said.worst is not None
        k = said.worst[3]
        cells[f"{quantity}/{one}/{name}"] = replace(
            said, worst=(*said.worst[:3], ticket(column.label, int(patterns[k]), int(bits[k])))
        )
    counts: dict[str, dict[str, int]] = {}
    where = fields(patterns, measured.fmt)
    for field in np.unique(where):
        inside = found.bins[(where == field) & (found.bins >= 0)]
        counts[binade(int(field), measured.fmt)] = sparse(np.bincount(inside, minlength=BINS))
    return cells, {k: v for k, v in counts.items() if v}


def close(first: Tally, second: Tally) -> bool:
    """Equal, but for the last bits of figures that two ways computed."""
    figures = [
        (a is None) == (b is None) and (a is None or np.isclose(a, b or 0.0, rtol=1e-5, atol=1e-5))
        for a, b in ((first.max_ulp, second.max_ulp), (first.max_ulp_relative, second.max_ulp_relative))
    ]
    assert first.worst is not None and second.worst is not None
    same = first.worst[0] == second.worst[0]
    is_nan = np.isnan(to_float64(np.array([unticket(second.worst[3])[1]], "u4"), BINARY32)[0])
    if not is_nan and (second.max_ulp or 1.0) > 2.0**-30:  # a NaN is as good as any; below, errors of a run round alike
        same &= first.worst[3] == second.worst[3]
    return bool(first.verdicts == second.verdicts and first.zero_signs == second.zero_signs and all(figures) and same)
