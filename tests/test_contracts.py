"""The contracts: exact as stated, cited, and each constant visible in what is judged by it."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from numpy.typing import NDArray
from variants import CLAMPED, CLIP, EVERY, LOSS, QUANTITIES, every_variant

from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.contracts import Constants, Contract
from conformance.exact import FINITE, ZERO, Number, round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, BINARY64, Format, neighbours, to_float64
from conformance.golden import Golden, contract_golden, golden
from conformance.judge import CODE, Columns, Reference, Standard, judge
from conformance.limits import limit
from conformance.normative import agrees
from conformance.pairs import contract_pair
from conformance.plan import cases_of
from conformance.verdicts import DEVIATION


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
