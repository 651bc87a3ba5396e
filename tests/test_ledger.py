"""The ledger says of consecutive results what certified values say of each by itself, whichever path they take."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from pointwise import COUNT, ONE, PROBABILITY, SIGMOID, close, exact, inputs, point_by_point, spoiled

from conformance import contracts
from conformance.adapter import EntryPoint
from conformance.exact import round_to
from conformance.formats import BFLOAT16, BINARY32, Bits, from_float64
from conformance.golden import contract_golden
from conformance.sweep.ledger import Ledger
from conformance.sweep.measured import Measured
from conformance.sweep.part import Part, from_json, joined, to_json
from conformance.sweep.space import Column, label_of, labels
from conformance.sweep.whole import disorder

BORDERS = [0x00800000, 0x7F800000, 0xFF800000]
"""Between subnormal and normal numbers, and between numbers and what is none."""

INSIDE = [0.0, 2.0**-25, 0.6875, 1.0, 17.0, 87.0, 88.7, 2.0**127, -0.0, -1.0, -17.0, -87.31, -103.0, -104.0, -(2.0**90)]

PLACES = [place - COUNT // 2 for place in BORDERS] + from_float64(np.array(INSIDE), BINARY32).tolist()


@pytest.mark.parametrize("spoil", [False, True])
@pytest.mark.parametrize("label", [0, ONE])
@pytest.mark.parametrize("first", PLACES)
def test_what_is_said_of_logits_is_what_certified_values_say(first: int, label: int, spoil: bool) -> None:
    measured = Measured(SIGMOID, "binary32", (False, False))
    column = Column(label, first, COUNT)
    outputs = tuple(exact(SIGMOID, q, column) for q in ("loss", "d_logits"))
    if spoil:
        outputs = tuple(spoiled(bits, first + k) for k, bits in enumerate(outputs))
    ledger = Ledger(measured)
    ledger.enter(("loss", "d_logits"), column, outputs)
    part = ledger.part()
    for quantity, bits in zip(("loss", "d_logits"), outputs, strict=True):
        cells, histogram = point_by_point(measured, quantity, column, bits)
        mine = {key: found for key, found in part.cells.items() if key.startswith(quantity + "/")}
        assert mine.keys() == cells.keys()
        assert all(close(mine[key], cells[key]) for key in cells), (mine, cells)
        assert part.histograms[f"{quantity}/{label_of(label, BINARY32)[1]}"] == histogram


@pytest.mark.parametrize("label", [0, ONE])
@pytest.mark.parametrize("first", [0, 100, 0x2EDBE6FF, 0x3E800000, 0x3F000000, ONE - 5 * COUNT, ONE - COUNT + 1])
def test_what_is_said_of_probabilities_is_too(first: int, label: int) -> None:
    """With a contract: below e^-100 the loss is clamped as documented."""
    measured = Measured(PROBABILITY, "binary32", (False, False))
    column = Column(label, first, COUNT)
    for quantity in ("loss", "d_probabilities"):
        bits = spoiled(exact(PROBABILITY, quantity, column), first)
        ledger = Ledger(measured)
        ledger.enter((quantity,), column, (bits,))
        part = ledger.part()
        cells, histogram = point_by_point(measured, quantity, column, bits)
        assert part.cells.keys() == cells.keys() and all(close(part.cells[key], cells[key]) for key in cells)
        assert part.histograms[f"{quantity}/{label_of(label, BINARY32)[1]}"] == histogram


KINKS = {
    "log_clamped(-100)": 0x2B8CBA00,
    **dict.fromkeys(("clip(1e-7)", "epsilon(1e-7)", "clip_epsilon(1e-7)"), 0x33D6BE00),
}
"""Around 1e-12, where the floor of a derivative ends, and around 1e-7."""

CONTRACTED = [(name, first) for name, kink in KINKS.items() for first in (0, 0x10000000, kink, ONE - COUNT)]


@pytest.mark.parametrize("spoil", [False, True])
@pytest.mark.parametrize(("contract", "first"), CONTRACTED)
def test_results_that_are_what_is_documented_are_judged_as_by_certified_values(
    contract: str, first: int, spoil: bool
) -> None:
    """The error by a contract too, to what the fast oracles are good for."""
    entry = EntryPoint("f", "binary_cross_entropy", "f(probability, label)", contract)
    measured, bound = Measured(entry, "binary32", (False, False)), contracts.load(contract, entry.loss)
    for quantity, label in ((q, y) for q in ("loss", "d_probabilities") for y in (0, ONE)):
        column = Column(label, first, COUNT)
        for _, constants in bound.rules.variants(quantity, bound.constant, BINARY32)[:1]:
            stated = contract_golden(bound, quantity, constants, inputs(column, "binary32"))
            bits = round_to(stated.value, BINARY32)
            bits = spoiled(bits, first) if spoil else bits
            ledger = Ledger(measured)
            ledger.enter((quantity,), column, (bits,))
            part = ledger.part()
            cells, histogram = point_by_point(measured, quantity, column, bits)
            assert part.cells.keys() == cells.keys() and all(close(part.cells[key], cells[key]) for key in cells)
            assert part.histograms[f"{quantity}/{label_of(label, BINARY32)[1]}"] == histogram
            for key in cells:
                ours, theirs = part.cells[key].max_ulp_contract, cells[key].max_ulp_contract
                assert ours == pytest.approx(theirs, rel=2.0**-20, abs=2.0**-20)


def test_a_power_of_two_at_an_end_of_a_run_has_an_ulp_of_its_own() -> None:
    """1/(1 − p) is 2 at p = 1/2: so many finer ULPs there are in the bin of twice the error at the other end."""
    entry = EntryPoint("f", "binary_cross_entropy", "f(probability, label)")
    measured, column = Measured(entry, "binary32", (False, False)), Column(0, 0x3F000000, 384)
    bits = np.full(column.count, 0x40000000 - 1536, np.uint32)
    ledger = Ledger(measured)
    ledger.enter(("d_probabilities",), column, (bits,))
    due = point_by_point(measured, "d_probabilities", column, bits)[1]
    assert ledger.part().histograms["d_probabilities/hard0"] == due == {"+2^-1": {"4099": 255, "4100": 129}}


def test_a_contract_that_turns_in_the_midst_of_a_run_is_seen() -> None:
    """Twice backward the clamped sigmoid falls to −3/4 where s is its floor, near 27.631, and rises again."""
    entry = EntryPoint("f", "sigmoid_cross_entropy", "f(logit, label)", "log_clamped_logits(-100)")
    measured = Measured(entry, "binary32", (False, False))
    column = Column(0, int(from_float64(np.array([27.631]), BINARY32)[0]) - COUNT // 2, COUNT)
    bits = np.full(column.count, from_float64(np.array([-0.74999]), BINARY32)[0])
    ledger = Ledger(measured)
    ledger.enter(("d2_logits",), column, (bits,))
    (found,) = ledger.part().cells.values()
    ((_, due),) = point_by_point(measured, "d2_logits", column, bits)[0].items()
    assert found.verdicts == due.verdicts and found.verdicts.keys() == {"by-source", "wrong-sign"}


def test_what_is_documented_in_the_midst_of_a_run_is_seen() -> None:
    """A constant that is far off at both ends, on either side, and right between them."""
    measured = Measured(PROBABILITY, "binary32", (False, False))
    column = Column(0, 0x10000000, 1 << 14)
    middle = inputs(column, "binary32")[0][1 << 13] / 1e-12
    bits = np.full(column.count, from_float64(np.array([middle]), BINARY32)[0])
    ledger = Ledger(measured)
    ledger.enter(("d_probabilities",), column, (bits,))
    (found,) = ledger.part().cells.values()
    ((_, due),) = point_by_point(measured, "d_probabilities", column, bits)[0].items()
    assert found.verdicts == due.verdicts and found.verdicts.keys() == {"by-source", "beyond-limit"}


def test_soft_labels_of_16_bits_are_judged_point_by_point() -> None:
    measured = Measured(SIGMOID, "bfloat16", (False, False))
    for label in labels(BFLOAT16, soft=True)[2::9]:
        column = Column(label, 0x4100, 256)
        for quantity in ("loss", "d_logits", "d2_logits"):
            bits = spoiled(exact(SIGMOID, quantity, column, "bfloat16"), label)
            ledger = Ledger(measured)
            ledger.enter((quantity,), column, (bits,))
            part = ledger.part()
            cells, histogram = point_by_point(measured, quantity, column, bits)
            assert part.cells.keys() == cells.keys() and all(close(part.cells[key], cells[key]) for key in cells)
            assert part.histograms[f"{quantity}/soft"] == histogram


@pytest.mark.parametrize(("base", "flags"), [(0, (True, False)), (0, (False, False)), (0x3F000000, (False, True))])
def test_a_long_run_of_one_result_is_judged_by_its_ends(base: int, flags: tuple[bool, bool]) -> None:
    """A lost or flushed tail, or 1/2 far from zero, too: as all points of it are."""
    measured = Measured(SIGMOID, "binary32", flags)
    for first in (0xC2AE0000, 0xC2CF0000 + 77, 0x33000000):
        column = Column(0, first, 1 << 14)
        bits = np.full(column.count, base, np.uint32)
        ledger = Ledger(measured)
        ledger.enter(("d_logits",), column, (bits,))
        part = ledger.part()
        cells, histogram = point_by_point(measured, "d_logits", column, bits)
        assert part.cells.keys() == cells.keys() and all(close(part.cells[key], cells[key]) for key in cells)
        assert part.histograms["d_logits/hard0"] == histogram


def test_however_a_column_is_cut_the_whole_is_the_same() -> None:
    measured = Measured(SIGMOID, "binary32", (False, False))
    column = Column(0, 0x40000000, 1 << 14)
    outputs = tuple(spoiled(exact(SIGMOID, q, column), 3) for q in ("loss", "d_logits"))
    found: list[Part] = []
    for size in (1 << 14, 1 << 12, 1 << 10):
        parts = []
        for start in range(0, column.count, size):
            ledger = Ledger(measured)
            piece = Column(0, column.first + start, size)
            ledger.enter(("loss", "d_logits"), piece, tuple(bits[start : start + size] for bits in outputs))
            parts.append(from_json(json.loads(json.dumps(to_json(ledger.part())))))
        found.append(joined(reversed(parts)))
        assert replace(joined(parts), stretches=()) == replace(found[-1], stretches=())
    assert all((p.cells, p.histograms) == (found[0].cells, found[0].histograms) for p in found[1:])


def test_steps_the_wrong_way_are_counted_across_borders_too() -> None:
    measured = Measured(SIGMOID, "binary32", (False, False))
    column = Column(0, 0x40000000, 1 << 10)
    bits = exact(SIGMOID, "loss", column)
    bits[[100, 512]] -= np.uint32(50)
    for size in (1 << 10, 1 << 9):
        parts = []
        for start in range(0, column.count, size):
            ledger = Ledger(measured)
            ledger.enter(("loss",), Column(0, column.first + start, size), (bits[start : start + size],))
            parts.append(ledger.part())
        assert disorder(joined(parts), SIGMOID, "binary32") == {"loss/hard0": 2}


def test_mirrored_results_are_compared_bit_by_bit() -> None:
    ledger = Ledger(Measured(SIGMOID, "binary32", (False, False)))
    column, mirrored = Column(0, 0x40000000, 512), Column(ONE, 0xC0000000, 512)
    ours, theirs = (tuple(exact(SIGMOID, q, c) for q in ("loss", "d_logits")) for c in (column, mirrored))
    ledger.compare(("loss", "d_logits"), ours, theirs)
    assert ledger.asymmetry == {"loss": 0, "d_logits": 0}
    theirs[1][[3, 4]] ^= np.uint32(1)
    ledger.compare(("loss", "d_logits"), ours, theirs)
    assert ledger.asymmetry == {"loss": 0, "d_logits": 2}


def test_one_bit_changes_the_digest_and_the_payload_of_a_nan_does_not() -> None:
    def digest(bits: Bits) -> str:
        ledger = Ledger(Measured(SIGMOID, "binary32", (False, False)))
        ledger.enter(("loss",), Column(0, 0x40000000, len(bits)), (bits,))
        return ledger.part().stretches[0].digest

    bits = exact(SIGMOID, "loss", Column(0, 0x40000000, 512))
    other = bits.copy()
    other[100] ^= np.uint32(1)
    assert digest(bits) != digest(other)
    bits[7], other = 0x7FC00000, bits.copy()
    other[7] = 0xFFC00001
    assert digest(bits) == digest(other)


@pytest.mark.parametrize("infinity", [0x7F800000, 0xFF800000])
def test_a_nan_is_counted_where_the_input_is_none(infinity: int) -> None:
    measured = Measured(SIGMOID, "binary32", (False, False))
    column = Column(0, infinity - 100, 200)
    bits = np.where(np.arange(200) > 100, 0x7FC00000, 0x3F800000).astype(np.uint32)
    bits[[3, 100]] = 0xFFC00001
    found = []
    for size in (200, 101, 7):
        parts = []
        for start in range(0, 200, size):
            ledger = Ledger(measured)
            piece = Column(0, column.first + start, min(size, 200 - start))
            ledger.enter(("loss",), piece, (bits[start : start + piece.count],))
            parts.append(ledger.part())
        found.append(joined(parts).nans)
    assert found == [{"loss/hard0": 2}] * 3
