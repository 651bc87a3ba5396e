"""A search asks each input once, finds what is hidden near what it knows, and counts NaNs."""

import numpy as np

from conformance.adapter import EntryPoint
from conformance.formats import BINARY64, Bits, from_float64, to_float64
from conformance.sweep.measured import Measured
from conformance.sweep.search import Found, Patterns, around, search, unasked

ZERO = 0
SIGMOID = EntryPoint("example.loss", "sigmoid_cross_entropy", "")


def test_pairs_are_asked_once() -> None:
    asked, (inputs, labels) = unasked(np.empty((0, 2), np.uint64), _patterns(7, 7, 3), _patterns(0, 0, 1))
    assert (inputs.tolist(), labels.tolist()) == ([7, 3], [0, 1])
    asked, (inputs, labels) = unasked(asked, _patterns(3, 7, 9, 9), _patterns(1, 1, 0, 0))
    assert (inputs.tolist(), labels.tolist()) == ([7, 9], [1, 0])
    assert asked.tolist() == [[7, 0], [3, 1], [7, 1], [9, 0]]


def test_what_is_around_the_last_pattern_is_no_zero() -> None:
    last = np.array([(1 << 63) - 1, (1 << 64) - 1], np.uint64)
    found = Found(last, np.zeros(2, np.uint64), np.zeros(2, np.int64), np.zeros(2), np.zeros(2))
    moved, _ = around([found], 40, BINARY64, np.random.default_rng(1))
    size = moved & np.uint64((1 << 63) - 1)
    assert len(moved) and (size >= last[0] - np.uint64(1 << 40)).all() and (size == last[0]).any()


def test_a_pole_is_found_and_no_input_counts_twice() -> None:
    """A gradient whose error has a pole that few random inputs come near, and that is NaN at infinity."""
    seen: list[tuple[int, int]] = []

    def ask(inputs: Patterns, labels: Patterns) -> tuple[Bits, ...]:
        seen.extend(zip(inputs.tolist(), labels.tolist(), strict=True))
        x = to_float64(inputs, BINARY64)
        with np.errstate(all="ignore"):
            value = 1 / (1 + np.exp(-x)) * (1 + 2.0**-45 / (np.abs(x - 8.3) + 2.0**-20))
        value[np.isinf(x)] = np.nan
        return (from_float64(value, BINARY64),)

    part = search(Measured(SIGMOID, "binary64", (False, False)), ("d_logits",), ((ZERO,),), ask)
    assert len(set(seen)) == len(seen) > 40_000
    assert sum(count for tally in part.cells.values() for count in tally.verdicts.values()) == len(seen)
    assert 2.0**25 < (part.cells["d_logits/transition/hard0"].max_ulp or 0) < 2.0**28
    assert part.nans == {"d_logits/hard0": 2}
    assert part.cells["d_logits/infinite/hard0"].verdicts == {"wrong-class": 2}


def _patterns(*numbers: int) -> Patterns:
    return np.array(numbers, np.uint64)
