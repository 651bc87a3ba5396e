"""Along a binade a contract parts from the mathematics at most once, or becomes zero, and goes one way on either side.

A sweep judges a run of equal results in binary32 by its ends, and takes what lies between two ends on one side for
granted; of a block it asks only at the ends whether a contract says what mathematics says.
"""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from conformance import contracts, losses
from conformance.contracts import Constants, Contract
from conformance.exact import FINITE, INFINITE, NAN, NONE, ZERO, Exact
from conformance.formats import BFLOAT16, BINARY16, BINARY32, Format, Mask, from_float64, neighbours, to_float64
from conformance.golden import changed, contract_golden, golden
from conformance.sweep import documented, runs, space
from conformance.sweep.histogram import fields

PROBABILITY, LOGIT = "binary_cross_entropy", "sigmoid_cross_entropy"
DERIVATIVES = {PROBABILITY: "d_probabilities", LOGIT: "d_logits"}
NAMED = [
    (PROBABILITY, "log_clamped(-100)"),
    (PROBABILITY, "clip(1e-7)"),
    (PROBABILITY, "epsilon(1e-7)"),
    (PROBABILITY, "clip_epsilon(1e-7)"),
    (LOGIT, "log_clamped_logits(-100)"),
    (LOGIT, "clip_logits(1e-7)"),
]
PROMISING = [(loss, name) for loss, name in NAMED if hasattr(contracts.load(name, loss).rules, "unchanged")]
EVERY = pytest.mark.parametrize(("loss", "name"), NAMED, ids=[name for _, name in NAMED])
FORMATS = pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16, BINARY32], ids=lambda f: f.name)

ALONG = 5
"""So many numbers of every binade are looked at, its ends among them."""

AROUND = 24
"""So many numbers to either side of a constant, and of the place where a contract parts."""

Patterns = NDArray[np.int64]


def test_every_contract_that_spares_a_sweep_something_is_looked_at() -> None:
    found = set()
    for name in contracts.names():
        for loss in (PROBABILITY, LOGIT):
            try:
                rules = contracts.load(name, loss).rules
            except KeyError:
                continue
            if any(hasattr(rules, rule) for rule in ("unchanged", "alike", "oracle")):
                found.add((loss, name))
    assert found == {(loss, name.split("(")[0]) for loss, name in NAMED}


def cut(loss: str, fmt: Format) -> list[tuple[int, int]]:
    """The first and the last pattern of every binade that a sweep covers, each of one sign; subnormals are one."""
    width, found = 1 << (fmt.precision - 1), []
    for first, count in space.domain(losses.load(loss).ARGUMENTS[0], fmt):
        for start in range(first, first + count, width):
            if np.isfinite(numbers([start], fmt))[0]:
                found.append((start, min(start + width, first + count) - 1))
    return found


def numbers(patterns: Patterns | list[int], fmt: Format) -> NDArray[np.float64]:
    return to_float64(np.array(patterns).astype(fmt.storage), fmt)


def parts(contract: Contract, quantity: str, constants: Constants, fmt: Format, at: Patterns, label: float) -> Mask:
    """Where a contract does not promise to say what mathematics says."""
    mask = np.zeros(len(at), bool)
    mask[changed(contract, quantity, constants, (numbers(at, fmt), np.full(len(at), label)))] = True
    return mask


@pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16], ids=lambda f: f.name)
@pytest.mark.parametrize(("loss", "name"), PROMISING, ids=[name for _, name in PROMISING])
def test_what_is_promised_to_be_the_mathematics_ends_once_in_a_binade(loss: str, name: str, fmt: Format) -> None:
    """All numbers of 16 bits, and all labels that a sweep has."""
    contract = contracts.load(name, loss)
    every = np.concatenate([np.arange(first, last + 1) for first, last in cut(loss, fmt)])
    own = np.flatnonzero(np.diff(fields(every.astype(fmt.storage), fmt)) == 0)
    turned = 0
    for pattern in space.labels(fmt, soft=True):
        label = space.label_of(pattern, fmt)[0]
        for quantity in losses.load(loss).QUANTITIES:
            for _, constants in documented.variants(contract, quantity, BINARY32):
                mask = parts(contract, quantity, constants, fmt, every, label)
                turns = own[mask[own] != mask[own + 1]]
                once = fields(every[turns].astype(fmt.storage), fmt)
                assert len(set(once.tolist())) == len(once), (quantity, label, numbers(every[turns], fmt))
                turned += len(turns)
    assert turned


def looked_at(contract: Contract, quantity: str, constants: Constants, fmt: Format, label: float) -> list[Patterns]:
    """Patterns of each binade: some of all of it, and more where something may turn."""
    near = [v for c in constants for v in neighbours(float(int(c.p) / int(c.q)), fmt, AROUND)]
    around = np.unique(from_float64(np.array(near), fmt).astype(np.int64))
    found = []
    for first, last in cut(contract.loss, fmt):
        some = np.linspace(first, last, min(ALONG, last - first + 1)).astype(np.int64)
        mask = parts(contract, quantity, constants, fmt, some, label)
        turns = [_turn(contract, quantity, constants, fmt, label, *pair) for pair in pairwise(some.tolist())]
        places = np.array([k for turn in turns if turn for k in range(turn - AROUND, turn + AROUND)], np.int64)
        every = np.unique(np.concatenate((some, places, around)))
        found.append(every[(every >= first) & (every <= last)])
        assert np.count_nonzero(np.diff(mask)) <= 1
    return found


def _turn(
    contract: Contract, quantity: str, constants: Constants, fmt: Format, label: float, low: int, high: int
) -> int:
    """Between two patterns of which one parts, the first that is not as the lower one; 0 where both are alike."""
    first, last = parts(contract, quantity, constants, fmt, np.array([low, high]), label)
    while first != last and high - low > 1:
        middle = (low + high) // 2
        here = parts(contract, quantity, constants, fmt, np.array([middle]), label)[0]
        low, high = (middle, high) if here == first else (low, middle)
    return high if first != last else 0


def order(value: Exact) -> list[int]:
    """Numbers that are in the order of exact values."""
    found = []
    for tag, negative, exponent, high, low, sticky in zip(
        *(getattr(value, name).tolist() for name in ("tag", "negative", "exponent", "high", "low", "sticky")),
        strict=True,
    ):
        size = {ZERO: 0, FINITE: (exponent + 10_000) << 129 | high << 65 | low << 1 | sticky, INFINITE: 1 << 200}
        found.append((-1 if negative else 1) * size.get(tag, 1))
    return found


@FORMATS
@EVERY
def test_a_contract_parts_once_in_a_binade_and_goes_one_way_on_either_side(loss: str, name: str, fmt: Format) -> None:
    """The loss and its derivative under the hard labels, of which a sweep judges runs."""
    contract = contracts.load(name, loss)
    for label in (0.0, 1.0):
        for quantity in ("loss", DERIVATIVES[loss]):
            for _, constants in documented.variants(contract, quantity, BINARY32):
                several = looked_at(contract, quantity, constants, fmt, label)
                x = numbers(np.concatenate(several), fmt)
                exact = golden(loss, quantity, (x, np.full(len(x), label)))
                stated = contract_golden(contract, quantity, constants, (x, np.full(len(x), label)), exact)
                apart = runs._differ(stated.value, exact.value)
                if stated.other is not None:
                    apart |= runs._differ(stated.value, stated.other)
                keys, tags = order(stated.value), stated.value.tag
                assert not np.isin(tags, (NONE, NAN)).any()
                # Where runs are judged, a zero is on another side than what is none, and a sign than the other.
                kinds = list(zip(apart.tolist(), tags.tolist(), stated.value.negative.tolist(), strict=True))
                start = 0
                for patterns in several:
                    own = range(start, start + len(patterns))
                    start += len(patterns)
                    where = (quantity, label, constants, numbers(patterns[:1], fmt))
                    assert np.count_nonzero(np.diff(apart[own.start : own.stop])) <= 1, where
                    sides = [(kind, list(side)) for kind, side in groupby(own, key=kinds.__getitem__)]
                    assert len({kind for kind, _ in sides}) == len(sides), where
                    for _, side in sides:
                        steps = {(keys[j] > keys[i]) - (keys[j] < keys[i]) for i, j in pairwise(side)} - {0}
                        assert len(steps) <= 1, (*where, side)
