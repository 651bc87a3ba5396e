"""The contracts: exact as stated, cited, and each constant visible in what is judged by it."""

import importlib
import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import rational
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from conformance import contracts, losses
from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.contracts import Constants, Contract
from conformance.exact import FINITE, NONE, ZERO, Number, round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, BINARY64, FORMATS, Format, neighbours, to_float64
from conformance.golden import Golden, contract_golden, golden
from conformance.judge import CODE, Columns, Reference, Standard, judge
from conformance.limits import limit
from conformance.normative import agrees
from conformance.pairs import contract_pair
from conformance.parameters import decimal as parsed
from conformance.plan import cases_of
from conformance.standards import standard
from conformance.subject import sources
from conformance.verdicts import CONTRACT, DEVIATION

LOSS, LOGITS, ROW = "binary_cross_entropy", "sigmoid_cross_entropy", "categorical_cross_entropy(classes=3)"
CLIP, CLAMPED = contracts.load("clip(1e-7)", LOSS), contracts.load("log_clamped(-100)", LOSS)
OTHERS = [
    contracts.load(name, loss)
    for name, loss in (
        ("epsilon(1e-7)", LOSS),
        ("clip_epsilon(1e-7)", LOSS),
        ("clip(1e-7)", f"{LOSS}(smoothing=0.1)"),
        ("clip(1e-7)", f"element_weighted_{LOSS}"),
        ("clip(1e-7)", "focal_of_probability(gamma=2,alpha=0.25)"),
        ("clip(1e-7)", "focal_of_probability(gamma=0.5)"),
        ("clip(1e-7)", ROW),
        ("clip(1e-7)", "categorical_cross_entropy(classes=2,smoothing=0.1)"),
        ("clip_then_normalise(1e-7)", ROW),
        ("clip_logits(1e-7)", LOGITS),
        ("clip_logits(1e-7)", "focal(gamma=2,alpha=0.25)"),
        ("clip_logits(1e-7)", "focal(gamma=0.5)"),
        ("log_clamped_logits(-100)", LOGITS),
        ("log_clamped_logits(-100)", f"element_weighted_{LOGITS}"),
    )
]
EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
QUANTITIES = tuple(losses.load(LOSS).QUANTITIES)
ALL = [
    (contract, quantity, fmt, kind, constants)
    for contract in (CLIP, CLAMPED, *OTHERS)
    for quantity in losses.load(contract.loss).QUANTITIES
    for fmt in (FORMATS.values() if contract in (CLIP, CLAMPED) else (BINARY32,))
    for kind, constants in contract.rules.variants(quantity, contract.constant, fmt)
]
every_variant = pytest.mark.parametrize(
    ("contract", "quantity", "fmt", "kind", "constants"),
    ALL,
    ids=[f"{c.name}-{c.loss}-{q}-{f.name}-{k}" for c, q, f, k, _ in ALL],
)


def space(contract: Contract, fmt: Format) -> Cases:
    return cases_of(contract.loss, contract.name, fmt.name, "quick")[0]


@every_variant
def test_values_are_those_of_the_mpmath_definition(
    contract: Contract, quantity: str, fmt: Format, kind: str, constants: Constants
) -> None:
    found = space(contract, fmt)
    pair = contract_pair(contract, quantity, constants)

    def definition(mp: Any, *arguments: Any) -> Any:
        stated = tuple(mp.mpf(int(c.p)) / int(c.q) for c in constants)
        return contract.rules.definition(mp, quantity, stated, *arguments)

    compared = 0
    rows = sorted({tuple(float(v[i]) for v in found.values) for i in range(0, len(found), max(1, len(found) // 300))})
    for row in rows:
        if contract.rules.computed(quantity, row):
            assert agrees(definition, row, pair(row)[0]), row
            compared += 1
    assert compared > 100


@every_variant
def test_what_a_contract_states_conforms_to_it(
    contract: Contract, quantity: str, fmt: Format, kind: str, constants: Constants
) -> None:
    """Its own correctly rounded values are true to mathematics or to it, in every case."""
    columns, _ = judged_by(contract, quantity, fmt, kind, constants, constants)
    own = np.isin(columns.verdict, [CODE[v] for v in DEVIATION])
    assert not own.any() and (columns.verdict == CODE[kind]).any()


def judged_by(
    contract: Contract, quantity: str, fmt: Format, kind: str, observed: Constants, stated: Constants
) -> tuple[Columns, Golden]:
    """Correctly rounded values with some constants, judged by the contract with others."""
    columns = space(contract, fmt).values
    observations = contract_golden(contract, quantity, observed, columns)
    reference = Reference(kind, contract_golden(contract, quantity, stated, columns))
    loss = contract.loss
    standard = Standard(fmt, fmt, limit(loss, quantity, fmt), golden(loss, quantity, columns), (reference,))
    return judge(round_to(observations.value, fmt), fmt.name, standard), observations


def shifted(constants: Constants, factor: fmpq) -> Constants:
    """Every constant times a factor; of one that is 1 ∓ epsilon, the epsilon."""
    return tuple(1 + (c - 1) * factor if abs(c - 1) < fmpq(1, 1000) else c * factor for c in constants)


def cells(contract: Contract, fmt: Format, rows: Any) -> set[str]:
    found = space(contract, fmt)
    return {
        f"{found.regions[r]}/{LABEL_CLASSES[c]}"
        for r, c in zip(found.region[rows], found.label_class[rows], strict=True)
    }


def resolution(fmt: Format) -> fmpq:
    """1 %; in 16 bits that is less than the limit lets through (2.6 ULP of bfloat16), so there a factor of 2."""
    return fmpq(101, 100) if fmt.width > 16 else fmpq(2)


def apart(observed: Golden, stated: Golden, slack: float, fmt: Format) -> NDArray[np.bool_]:
    """Where the correctly rounded values of one are finite, normal, and more than a slack in ULPs off the other's."""
    one, two = (to_float64(round_to(found.value, fmt), fmt) for found in (observed, stated))
    if stated.other is not None:  # at a kink the nearer of both
        other = to_float64(round_to(stated.other, fmt), fmt)
        two = np.where(np.abs(one - other) < np.abs(one - two), other, two)
    scale = np.abs(to_float64(round_to(stated.scale, fmt), fmt))
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(one - two) / np.spacing(scale.astype(np.float64)) * 2.0 ** (fmt.precision - 53)
    return np.asarray((np.abs(one) > fmt.smallest_normal) & (scale > fmt.smallest_normal) & (off > slack))


@every_variant
def test_a_shifted_constant_turns_documented_cases_into_findings(
    contract: Contract, quantity: str, fmt: Format, kind: str, constants: Constants
) -> None:
    """Shifted up, shifted down: where the value moves by what the limit can show, the verdict moves."""
    columns = space(contract, fmt).values
    before, stated = judged_by(contract, quantity, fmt, kind, constants, constants)
    documented = before.verdict == CODE[kind]
    exact = golden(contract.loss, quantity, columns)
    slack = limit(contract.loss, quantity, fmt) + 2  # half a unit for each rounding, and one for the unit itself
    turned, moved = np.zeros((2, len(documented)), bool)
    for factor in (resolution(fmt), 1 / resolution(fmt)):
        other = contract_golden(contract, quantity, shifted(constants, factor), columns)
        after, _ = judged_by(contract, quantity, fmt, kind, constants, shifted(constants, factor))
        found = np.isin(after.verdict, [CODE[v] for v in DEVIATION])
        own = documented & apart(stated, other, slack, fmt) & apart(stated, exact, slack, fmt)
        assert found[own].all(), [[float(c[i]) for c in columns] for i in np.flatnonzero(own & ~found)[:5]]
        turned |= documented & found
        moved |= own
    free = stated.value.tag == ZERO  # 0 above any floor, and beyond a clip, whichever it is
    if contract in (CLIP, CLAMPED) and quantity != "d2_probabilities":
        assert cells(contract, fmt, turned) >= cells(contract, fmt, documented & ~free)
        assert not (documented & ~free).any() or turned[documented & ~free].mean() > 0.9
    assert moved.any() or fmt.width == 16 or free[documented].all()


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda f: f.name)
def test_the_end_of_a_clip_is_seen_in_the_derivative_beside_it(fmt: Format) -> None:
    """Inside the clip the derivative is the mathematics, outside 0: one percent lower, and zeros are findings."""
    ((kind, constants), *_) = CLIP.rules.variants("d_probabilities", CLIP.constant, fmt)
    down = shifted(constants, fmpq(99, 100))
    before, _ = judged_by(CLIP, "d_probabilities", fmt, kind, constants, constants)
    after, _ = judged_by(CLIP, "d_probabilities", fmt, kind, constants, down)
    found = space(CLIP, fmt)
    turned = np.unique(found.values[0][(before.verdict == CODE[kind]) & (after.verdict == CODE["lost"])])
    assert len(turned) >= 2 and all(0.99e-7 <= min(p, 1 - p) <= 1e-7 for p in turned.tolist())


def test_rounded_constants_that_change_nothing_are_not_offered() -> None:
    for fmt in (BINARY16, BFLOAT16):
        assert CLIP.rules.constants("1e-7", fmt) is None, "1 − 1e-7 is 1 in 16 bits"
        assert [c for _, c in CLIP.rules.variants("loss", "1e-7", fmt)] == [(fmpq(1, 10**7), 1 - fmpq(1, 10**7))]
    assert CLIP.rules.constants("1e-9", BINARY16) is None, "1e-9 is 0 in binary16"
    assert CLAMPED.rules.constants("-100", BINARY16) is None, "1e-12 is 0 in binary16"
    assert len(CLAMPED.rules.variants("d_probabilities", "-100", BINARY16)) == 1
    assert len(CLAMPED.rules.variants("d_probabilities", "-100", BINARY32)) == 1, "the constant is binary32 already"
    assert len(CLAMPED.rules.variants("d_probabilities", "-100", BINARY64)) == 2
    assert CLAMPED.rules.variants("d_labels", "-100", BINARY32) == ()


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda f: f.name)
def test_rounded_constants_are_rounded_in_source_order(fmt: Format) -> None:
    """1 − ε subtracts the rounded ε from 1 and rounds again."""
    low, high = CLIP.rules.constants("1e-7", fmt) or (fmpq(0), fmpq(0))
    kind = np.float32 if fmt is BINARY32 else np.float64
    assert Fraction(int(low.p), int(low.q)) == Fraction(float(kind(1e-7)))
    assert Fraction(int(high.p), int(high.q)) == Fraction(float(kind(1) - kind(1e-7)))


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda f: f.name)
@pytest.mark.parametrize("end", [0, 1])
def test_a_kink_is_the_interval_between_the_one_sided_derivatives(fmt: Format, end: int) -> None:
    constants = CLIP.rules.constants("1e-7", fmt)
    assert constants is not None
    p = float(Fraction(int(constants[end].p), int(constants[end].q)))
    y = 1.0 - end
    columns = [np.array([p] * 5), np.array([y] * 5)]
    found = contract_golden(CLIP, "d_probabilities", constants, columns)
    assert found.other is not None
    assert found.other.number(0) == Number(ZERO) and found.value.number(0).tag == FINITE
    steep = -1 / p if y else 1 / (1 - p)
    standard = Standard(fmt, fmt, 4.01, golden(LOSS, "loss", columns), (Reference("by-source", found),))
    bits = np.array([0.0, steep / 3, steep, steep * 1.001, -steep / 100])
    kind = np.float32 if fmt is BINARY32 else np.float64
    names = judge(bits.astype(kind).view(fmt.storage), fmt.name, standard).verdict
    assert (names[:3] == CODE["by-source"]).all() and (names[3:] != CODE["by-source"]).all()


def test_off_the_kink_there_is_no_interval() -> None:
    constants = CLIP.rules.constants("1e-7", BINARY32)
    assert constants is not None
    low = float(np.float32(1e-7))
    around = np.array(neighbours(low, BINARY32, 1))
    found = contract_golden(CLIP, "d_probabilities", constants, [around, np.ones(3)])
    assert found.other is not None
    same = [found.value.number(i) == found.other.number(i) for i in range(3)]
    assert same == [True, False, True] and found.value.number(0) == Number(ZERO)
    assert contract_golden(CLIP, "loss", constants, [around, np.ones(3)]).other is None
    exact = CLIP.rules.constants("1e-7", None)
    assert exact is not None
    assert contract_golden(CLIP, "d_probabilities", exact, [around, np.ones(3)]).other is None, "never hit"


@EVERY
def test_a_contract_is_its_loss_between_its_ends(fmt: Format) -> None:
    p, y = np.meshgrid(np.array([0.25, 0.5, 0.75]), np.array([0.0, 0.5, 1.0]))
    columns = [p.ravel(), y.ravel()]
    for contract in (CLIP, CLAMPED):
        constants = contract.rules.constants(contract.constant, None)
        assert constants is not None
        for quantity in ("loss", "d_probabilities"):
            stated, exact = contract_golden(contract, quantity, constants, columns), golden(LOSS, quantity, columns)
            np.testing.assert_array_equal(round_to(stated.value, fmt), round_to(exact.value, fmt))


@pytest.mark.parametrize("fmt", [BINARY16, BINARY32], ids=lambda f: f.name)
@pytest.mark.parametrize("contract", [CLIP, CLAMPED], ids=lambda c: c.name)
def test_what_is_taken_from_mathematics_is_what_the_contract_says(contract: Contract, fmt: Format) -> None:
    columns = space(contract, fmt).values
    for quantity in QUANTITIES:
        exact = golden(LOSS, quantity, columns)
        for _, constants in contract.rules.variants(quantity, contract.constant, fmt):
            short, whole = (contract_golden(contract, quantity, constants, columns, m) for m in (exact, None))
            for one, two in ((short.value, whole.value), (short.scale, whole.scale), (short.other, whole.other)):
                assert (one is None) == (two is None)
                for field in ("tag", "negative", "exponent", "high", "low", "sticky") if one is not None else ():
                    np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
        if quantity in ("loss", "d_probabilities"):
            shared = contract.rules.unchanged(quantity, columns, contract.rules.constants(contract.constant, None))  # type: ignore[attr-defined]
            assert shared.mean() > 0.5


def test_the_clamp_and_the_floor() -> None:
    assert CLAMPED.rules.constants("-100", None) == (fmpq(100), fmpq(1, 10**12))
    ((_, (_, floor)),) = CLAMPED.rules.variants("d_probabilities", "-100", BINARY32)
    assert Fraction(int(floor.p), int(floor.q)) == Fraction(float(np.float32(1e-12)))
    loss, slope = (contract_pair(CLAMPED, q, (fmpq(100), fmpq(1, 10**12))) for q in ("loss", "d_probabilities"))
    hundred = losses.finite(100.0)
    assert loss((0.0, 1.0))[0] == loss((1.0, 0.0))[0] == loss((2.0**-150, 1.0))[0] == hundred
    assert loss((0.0, 0.5))[0] == losses.finite(50.0) and loss((0.0, 0.0))[0] == Number(ZERO)
    assert slope((0.0, 1.0))[0] == losses.finite(-(1e12)) and slope((1.0, 0.0))[0] == losses.finite(1e12)
    assert slope((0.0, 0.0))[0] == Number(ZERO)
    assert loss((1.5, 1.0))[0].tag == slope((-0.5, 1.0))[0].tag == NONE
    assert contract_pair(CLAMPED, "d_labels", (fmpq(100), fmpq(1, 10**12)))((0.5, 0.5))[0].tag == NONE


def test_the_clip_takes_infinite_probabilities_for_its_ends() -> None:
    constants = CLIP.rules.constants("1e-7", None)
    assert constants is not None
    loss, slope = (contract_pair(CLIP, q, constants) for q in ("loss", "d_probabilities"))
    assert loss((math.inf, 1.0)) == loss((1.0, 1.0)) and loss((-math.inf, 1.0)) == loss((0.0, 1.0))
    assert slope((math.inf, 1.0))[0] == slope((0.0, 1.0))[0] == Number(ZERO)


def test_what_is_documented_to_raise() -> None:
    p = np.array([0.5, -0.5, 1.5, math.nan, 0.5, 0.5, 1.0, -0.0])
    y = np.array([0.5, 0.5, 0.5, 0.5, 2.0, math.nan, 0.0, 1.0])
    mask = CLAMPED.rules.raises({"probability": p, "label": y})
    assert mask is not None and mask.tolist() == [False, True, True, True, True, True, False, False]
    assert CLIP.rules.raises({"probability": p, "label": y}) is None


@pytest.mark.parametrize("name", contracts.names())
def test_every_clause_quotes_its_source(name: str) -> None:
    clauses = importlib.import_module(f"conformance.contracts.{name}").CLAUSES
    assert clauses
    known = {"domain", "dtype", *(q for loss in losses.names() for q in losses.load(loss).QUANTITIES)}
    for clause in clauses:
        assert clause.quantity in known and len(clause.quote) > 20 and ("/" in clause.source)


@every_variant
def test_a_verdict_is_documented_only_where_a_clause_is(
    contract: Contract, quantity: str, fmt: Format, kind: str, constants: Constants
) -> None:
    speaks_of = "loss" if quantity == "d_weights" else quantity  # which is the loss
    documented = {c.documented for c in contract.rules.CLAUSES if c.quantity == speaks_of}
    assert kind in CONTRACT and documented == {kind != "by-source"}


def test_clauses_are_found_by_entry_point() -> None:
    assert CLAMPED.clauses("torch.nn.BCELoss") == list(CLAMPED.rules.CLAUSES)
    assert CLAMPED.clauses("tf.nn.sigmoid_cross_entropy_with_logits") == []
    assert [c.quantity for c in CLIP.clauses("keras.ops.binary_crossentropy")] == list(QUANTITIES)


def test_names_with_and_without_constants() -> None:
    assert CLIP.constant == "1e-7" and contracts.load("exact", LOSS).constant == ""
    for wrong in ("clamp(3)", "clip(1e-7", "", "exact()x"):
        with pytest.raises(KeyError, match="there is no contract"):
            contracts.load(wrong, LOSS)


DECIMAL = r"-?[0-9]{1,12}(\.[0-9]{1,12})?([eE]-?[0-9]{1,2})?"


@settings(deadline=None, max_examples=100)
@given(text=st.from_regex(DECIMAL, fullmatch=True, alphabet="0123456789.eE-"))
def test_a_decimal_is_the_rational_it_says(text: str) -> None:
    value = parsed(text)
    assert Fraction(int(value.p), int(value.q)) == Fraction(text)


@EVERY
@settings(deadline=None, max_examples=100)
@given(numerator=st.integers(-(10**20), 10**20), denominator=st.integers(1, 10**30))
def test_a_constant_is_rounded_once(fmt: Format, numerator: int, denominator: int) -> None:
    if abs(numerator) >= denominator * Fraction(fmt.largest):
        return
    found = contracts.rounded(fmpq(numerator, denominator), fmt)
    expected = rational.decode(rational.nearest(Fraction(numerator, denominator), fmt), fmt)
    assert Fraction(int(found.p), int(found.q)) == expected


def test_earned_verdicts_are_distinct_and_not_vacuous() -> None:
    one, two = (fmpq(1), fmpq(2)), (fmpq(1), fmpq(3))
    assert contracts.earned("by-source", one, None, two, one) == (("by-source", one), ("by-source", two))
    assert contracts.earned("documented", None) == ()


def test_kinds_of_one_quantity_come_in_the_order_of_the_verdicts() -> None:
    for contract in (CLIP, CLAMPED):
        for quantity in QUANTITIES:
            for fmt in FORMATS.values():
                order = [CONTRACT.index(k) for k, _ in contract.rules.variants(quantity, contract.constant, fmt)]
                assert all(a <= b for a, b in pairwise(order))


CONTRACTED = sorted(
    {(e.loss, e.contract, e.computes) for s in sources() for e in s.adapter.entry_points if e.contract != "exact"}
)


@pytest.mark.parametrize(("loss", "contract", "computes"), CONTRACTED, ids=lambda name: name)
def test_an_entry_point_is_held_to_its_contract_for_its_own_loss(loss: str, contract: str, computes: str) -> None:
    """What the contract says of the loss, correctly rounded, is no finding where the loss is judged."""
    entry = next(
        e
        for s in sources()
        for e in s.adapter.entry_points
        if (e.loss, e.contract, e.computes) == (loss, contract, computes)
    )
    for quantity in losses.load(loss).QUANTITIES:
        rule = standard(entry, "binary32", quantity, "quick", False, False)
        bound = contracts.load(contract, loss)
        columns = cases_of(loss, contract, "binary32", "quick", entry.labels)[0].values
        due = golden(loss, quantity, columns)
        for kind, constants in bound.rules.variants(quantity, bound.constant, BINARY32):
            assert kind in {reference.kind for reference in rule.references}
            due = contract_golden(bound, quantity, constants, columns)
        verdicts = judge(round_to(due.value, rule.container), rule.container.name, rule).verdict
        assert not np.isin(verdicts, [CODE[v] for v in DEVIATION]).any()
