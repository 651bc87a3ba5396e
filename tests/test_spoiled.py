"""Seeded faults: each is flagged, in the cells it spoils and in no other.

Which cells a fault spoils is computed here with exact fractions, from what it would return, without the judge.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audited import audit, cells, flagged
from playback import record, rule
from rational import decode, power, ulp, value_of

from conformance import losses
from conformance.adapter import NUMPY, load_file
from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.exact import FINITE, INFINITE, NAN, UNDERFLOW, ZERO, Number, round_to
from conformance.formats import FORMATS, Bits, Format
from conformance.judgement import Result
from conformance.places import adapters_folder
from conformance.plan import ROTATION, cases_of

SPOILED = Path(__file__).with_name("spoiled.py")
LOSS = "sigmoid_cross_entropy"
QUANTITIES = ("loss", "d_logits", "d_labels")

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array, Array], Array]
Fault = Callable[[Function, Array, Array], Array]


def flush(y: Array) -> Array:
    return np.where(np.abs(y) < np.finfo(y.dtype).tiny, 0 * y, y)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "reversed": (lambda f, x, y: f(x, y)[::-1], {"wrong-class", "wrong-sign", "lost", "beyond-limit"}),
    "no-sign": (lambda f, x, y: np.abs(f(x, y)), {"wrong-sign"}),
    "flushing": (lambda f, x, y: flush(f(x, y)), {"flushed"}),
    "denormals-are-zero": (lambda f, x, y: f(flush(x), flush(y)), {"daz", "wrong-class"}),
    "swapped": (lambda f, x, y: f(y, x), {"wrong-class", "wrong-sign", "lost", "beyond-limit"}),
}
"""Fault → what it makes of the right function, and the kinds of finding that it is."""


@cache
def functions() -> dict[str, Function]:
    """The reference's function of each quantity, in this process."""
    module = load_file(str(adapters_folder() / "reference.py"))
    names = {"loss": LOSS, "d_logits": LOSS + "_d_logit", "d_labels": LOSS + "_d_label"}
    return {quantity: getattr(module, name) for quantity, name in names.items()}


def returned(fault: Fault, quantity: str, dtype: str, tier: str = "quick", rotation: int = 0) -> Bits:
    """The bits a fault makes of a quantity, called with the cases in order or rotated."""
    found, _ = cases_of(LOSS, "exact", dtype, tier)
    order = np.roll(np.arange(len(found)), rotation)
    x, y = (bits[order].view(NUMPY[dtype]) for bits in found.bits)
    with np.errstate(all="ignore"):
        bits = np.ascontiguousarray(fault(functions()[quantity], x, y)).view(found.fmt.storage)
    return bits[np.argsort(order)]


def spoilt_by(fault: Fault, quantity: str, dtype: str, tier: str = "quick") -> set[tuple[str, str]]:
    """The cells a fault spoils in the first call or in the second, whose cases are rotated."""
    calls = [returned(fault, quantity, dtype, tier, rotation) for rotation in (0, ROTATION)]
    return {cell for bits in calls for cell in spoilt(bits, quantity, dtype, tier)}


def error_of(bits: int, value: Number, scale: Number, fmt: Format) -> Fraction | float:
    """The error in ULPs of the scale, an infinity counted as 2^(emax+1); infinite where the class is another."""
    top, infinity = 1 << (fmt.width - 1), (2 * fmt.emax + 1) << (fmt.precision - 1)
    negative, magnitude = bits >= top, bits % top
    if magnitude > infinity or value.tag == NAN:
        return 0 if magnitude > infinity and value.tag == NAN else np.inf
    if value.tag == INFINITE:
        return 0 if magnitude == infinity and negative == value.negative else np.inf
    assert value.tag in (FINITE, ZERO, UNDERFLOW)
    beyond = -power(fmt.emax + 1) if negative else power(fmt.emax + 1)
    got = beyond if magnitude == infinity else decode(bits, fmt)
    exact, unit = (value_of(n) if n.tag == FINITE else Fraction(0) for n in (value, scale))
    error: Fraction = abs(got - exact) / ulp(unit, fmt)
    return error


def spoilt(bits: Bits, quantity: str, dtype: str, tier: str = "quick") -> set[tuple[str, str]]:
    """The cells (region, label class) with a case beyond the limit."""
    found, _ = cases_of(LOSS, "exact", dtype, tier)
    standard = rule(LOSS, dtype, quantity, tier)
    value, scale = standard.mathematics.value, standard.mathematics.scale
    return {
        cell_of(found, i)
        for i in range(len(found))
        if error_of(int(bits[i]), value.number(i), scale.number(i), found.fmt) > standard.limit
    }


def cell_of(cases: Cases, i: int) -> tuple[str, str]:
    return cases.regions[cases.region[i]], LABEL_CLASSES[cases.label_class[i]]


def found_in(results: list[Result], mode: str, quantity: str) -> dict[tuple[str, str], set[str]]:
    """The cells of one mode and quantity with a finding, and its kinds."""
    chosen = [r for r in results if r.subject.mode == mode and r.quantity == quantity]
    assert chosen
    return {key[3:]: kinds for key, kinds in flagged(chosen).items()}


@cache
def audited(dtype: str, *modes: str, tier: str = "quick", adapter: str = "spoiled") -> list[Result]:
    """What an adapter of the seeded faults does in these modes, measured once."""
    return audit(SPOILED, tier, adapters=(adapter,), modes=modes, dtypes=(dtype,))


@pytest.fixture(scope="module")
def edges() -> list[Result]:
    """The faults that the edges alone show, in binary32."""
    return audited("binary32", "sound", "flushing-long", *FAULTS)


def test_without_a_fault_there_is_no_finding(edges: list[Result]) -> None:
    assert flagged(r for r in edges if r.subject.mode == "sound") == {}


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_flagged_in_the_cells_it_spoils(fault: str, quantity: str, edges: list[Result]) -> None:
    found = found_in(edges, fault, quantity)
    assert found.keys() == spoilt_by(FAULTS[fault][0], quantity, "binary32")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_flagged_as_what_it_is(fault: str, edges: list[Result]) -> None:
    found = [found_in(edges, fault, quantity) for quantity in QUANTITIES]
    assert {kind for flagged_cells in found for kinds in flagged_cells.values() for kind in kinds} == FAULTS[fault][1]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_what_flushes_unproven_is_lost(quantity: str) -> None:
    found = found_in(audited("binary32", "eager", adapter="flushing-alone"), "eager", quantity)
    assert found.keys() == spoilt_by(FAULTS["flushing"][0], quantity, "binary32")
    assert all(kinds == {"lost"} for kinds in found.values())


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_batch_that_flushes_because_it_is_long_is_proven_by_the_long_probe(quantity: str) -> None:
    found = audited("binary32", "flushing-long", tier="default")
    spoils = spoilt_by(FAULTS["flushing"][0], quantity, "binary32", "default")
    assert all(kinds == {"flushed"} for kinds in found_in(found, "flushing-long", quantity).values())
    assert found_in(found, "flushing-long", quantity).keys() == spoils


def test_a_short_batch_is_not_flushed_by_what_flushes_long_ones(edges: list[Result]) -> None:
    assert flagged(r for r in edges if r.subject.mode == "flushing-long") == {}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_vector_tail_alone(quantity: str) -> None:
    def doubled(f: Function, x: Array, y: Array) -> Array:
        result = f(x, y)
        result[len(x) - len(x) % 8 :] *= 2
        return result

    found = audited("binary32", "tail", tier="default")
    spoils = spoilt_by(doubled, quantity, "binary32", "default")
    assert found_in(found, "tail", quantity).keys() == spoils
    assert spoils


def test_every_batch_ends_in_a_part_of_a_vector() -> None:
    batches = [(loss, dtype, tier) for loss in losses.names() for dtype in FORMATS for tier in ("quick", "default")]
    lengths = {batch: len(cases_of(batch[0], "exact", *batch[1:])[0]) for batch in batches}
    assert [batch for batch, length in lengths.items() if length % 8 == 0] == []


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_binary32_arithmetic_under_a_binary64_label(quantity: str) -> None:
    def narrow(f: Function, x: Array, y: Array) -> Array:
        return f(x.astype(np.float32), y.astype(np.float32)).astype(np.float64)

    found = audited("binary64", "binary32")
    spoils = spoilt_by(narrow, quantity, "binary64")
    assert found_in(found, "binary32", quantity).keys() == spoils
    assert ("transition", "soft") in spoils or quantity == "d_labels"


@pytest.mark.parametrize(
    ("adapter", "mode", "dtype"), [("spoiled", "widened", "binary32"), ("lying", "eager", "binary64")]
)
def test_another_dtype_than_promised_is_flagged_everywhere(adapter: str, mode: str, dtype: str) -> None:
    found = cells(audited(dtype, mode, adapter=adapter))
    assert {tuple(cell.verdicts) for cell in found} == {("wrong-dtype",)}


def test_state_shared_by_all_calls_spoils_every_quantity() -> None:
    found = audited("binary32", "remembering-all")
    assert all(found_in(found, "remembering-all", quantity) for quantity in QUANTITIES)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_state_kept_from_the_call_before_is_flagged(quantity: str) -> None:
    found = found_in(audited("binary32", "remembering"), "remembering", quantity)
    kept = returned(lambda f, x, y: f(x, y), quantity, "binary32")  # the first call's, wherever a case stands
    assert found.keys() == spoilt(np.roll(kept, -ROTATION), quantity, "binary32")
    assert found


CASE = "logit=ln2,label=0.1"

Change = Callable[[Cases, Bits], None]
"""A change of results in place."""


def played(folder: Path, dtype: str, changes: dict[str, Change]) -> list[Result]:
    """An audit of correctly rounded results, those of some quantities changed in place."""

    def spoil(quantity: str, cases: Cases, bits: Bits) -> Bits:
        if quantity in changes:
            changes[quantity](cases, bits)
        return bits

    return audit(record(folder, "quick", [LOSS], [dtype], spoil), dtypes=(dtype,))


def at(case: str, change: Callable[[int], int]) -> Change:
    """One case's bits, changed in place."""

    def apply(cases: Cases, bits: Bits) -> None:
        i = cases.find(case)
        bits[i] = change(int(bits[i]))

    return apply


def moved(steps: int) -> Change:
    """The case's bits, so many steps away from zero."""
    return at(CASE, lambda bits: bits + steps)


def steps_over(quantity: str, dtype: str) -> int:
    """The fewest steps away from zero that put the case beyond the limit."""
    found, _ = cases_of(LOSS, "exact", dtype, "quick")
    standard, i = rule(LOSS, dtype, quantity, "quick"), found.find(CASE)
    value, scale = standard.mathematics.value, standard.mathematics.scale
    bits = int(round_to(value.take([i]), found.fmt)[0])
    return next(
        k for k in range(1, 100) if error_of(bits + k, value.number(i), scale.number(i), found.fmt) > standard.limit
    )


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_one_case_one_ulp_over_the_limit_is_one_finding(quantity: str, dtype: str, tmp_path: Path) -> None:
    results = played(tmp_path, dtype, {quantity: moved(steps_over(quantity, dtype))})
    assert flagged(results) == {("play", dtype, quantity, "transition", "soft"): {"beyond-limit"}}
    (cell,) = (cell for cell in cells(results) if "beyond-limit" in cell.verdicts)
    assert cell.verdicts["beyond-limit"] == 1
    assert cell.worst is not None
    assert cell.worst["case"] == CASE


@pytest.mark.parametrize("dtype", FORMATS)
def test_one_ulp_less_is_none(dtype: str, tmp_path: Path) -> None:
    changes = {quantity: moved(steps_over(quantity, dtype) - 1) for quantity in QUANTITIES}
    assert flagged(played(tmp_path, dtype, changes)) == {}


def infinity(bits: int) -> int:
    return 0x7F800000 | bits & 0x80000000


def test_nan_for_one_soft_label(tmp_path: Path) -> None:
    results = played(tmp_path, "binary32", {"loss": at(CASE, lambda bits: 0x7FC00000)})
    assert flagged(results) == {("play", "binary32", "loss", "transition", "soft"): {"wrong-class"}}


def test_infinity_for_half_of_the_largest_number(tmp_path: Path) -> None:
    results = played(tmp_path, "binary32", {"loss": at("logit=max,label=0.5", infinity)})
    assert flagged(results) == {("play", "binary32", "loss", "vanished+", "soft"): {"wrong-class"}}


def test_infinity_within_the_limit_of_overflow_counts_as_the_next_power_of_two(tmp_path: Path) -> None:
    """The largest number is one ULP below 2^(emax+1), and that is what an infinity counts as."""
    results = played(tmp_path, "binary32", {"loss": at("logit=max,label=0", infinity)})
    assert flagged(results) == {}


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_sign_of_a_zero_is_no_finding_where_nothing_else_is_representable(dtype: str, tmp_path: Path) -> None:
    flipped = 0

    def other_zero(cases: Cases, bits: Bits) -> None:
        nonlocal flipped
        top = 1 << (cases.fmt.width - 1)
        zeros = bits % top == 0
        flipped += int(zeros.sum())
        bits[zeros] ^= top

    results = played(tmp_path, dtype, dict.fromkeys(QUANTITIES, other_zero))
    assert flagged(results) == {}
    assert sum(cell.zero_signs for cell in cells(results)) == flipped > 0
