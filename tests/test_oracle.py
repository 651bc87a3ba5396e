"""The fast oracle against the golden tables and certified values, and the check that refuses it."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import rational

from conformance import losses, oracle, tables
from conformance.estimate import Estimate, joined
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number, round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, BINARY64, FORMATS, Format, Values, rounded
from conformance.golden import Golden, golden
from conformance.losses import binary_cross_entropy, sigmoid_cross_entropy

LOGIT, PROBABILITY = "sigmoid_cross_entropy", "binary_cross_entropy"
QUANTITIES = {
    LOGIT: ("loss", "d_logits", "d2_logits"),
    PROBABILITY: ("loss", "d_probabilities", "d2_probabilities"),
}
EACH = pytest.mark.parametrize(("loss", "quantity"), [(loss, q) for loss, own in QUANTITIES.items() for q in own])
BOUND = Fraction(1, 1 << 46)
LEAST = rational.power(-1072)
BEYOND = rational.power(1024)
BOUND_OF_ONE = np.array([2.0**-46] + 6 * [0.0])


def right(got: float, exact: Number, scale: Number) -> bool:
    """Whether a number is what the oracle promises for an exact value."""
    if exact.tag in (NAN, NONE):
        return bool(np.isnan(got))
    if exact.tag == INFINITE:
        return got == (-np.inf if exact.negative else np.inf)
    if exact.tag == ZERO and scale.tag == ZERO:
        return got == 0
    if exact.tag == UNDERFLOW:
        return got == 0 and bool(np.signbit(got)) == exact.negative
    value = rational.value_of(exact) if exact.tag == FINITE else Fraction(0)
    if abs(value) >= BEYOND:
        return got == (-np.inf if exact.negative else np.inf)
    size = rational.value_of(scale._replace(negative=False))
    return bool(np.isfinite(got)) and abs(Fraction(float(got)) - value) <= BOUND * size + LEAST


def wrong_rows(loss: str, quantity: str, rows: Sequence[tuple[float, ...]], exact: Golden) -> list[tuple[float, ...]]:
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    with np.errstate(all="raise"):
        value, scale = oracle.values(loss, [quantity], columns)[0]
    return [
        row
        for i, row in enumerate(rows)
        if not right(value[i], exact.value.number(i), exact.scale.number(i))
        or not right(scale[i], exact.scale.number(i)._replace(negative=False), exact.scale.number(i))
    ]


@EACH
def test_every_golden_table_value(loss: str, quantity: str) -> None:
    rows = [row for q, row in tables.read(loss) if q == quantity and 0 <= row[1] <= 1]
    assert len(rows) > 500
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    assert wrong_rows(loss, quantity, rows, golden(loss, quantity, columns)) == []


@EACH
def test_soft_labels_of_every_size_and_inputs_of_every_binade(loss: str, quantity: str) -> None:
    random = np.random.default_rng(5)
    x = random.choice([-1, 1], 1500) * np.exp2(random.uniform(-1080, 12, 1500))
    x[:500] = np.clip(random.standard_normal(500) * 20, -700, 700)
    if loss == PROBABILITY:
        x = np.where(np.arange(1500) < 500, 1 - np.exp2(-np.abs(x) / 16), np.minimum(np.abs(x), 1))
    y = np.where(random.random(1500) < 0.5, np.exp2(random.uniform(-60, 0, 1500)), random.random(1500))
    y[1::3] = 1 - y[1::3]
    rows = list(zip(x.tolist(), y.tolist(), strict=True))
    assert wrong_rows(loss, quantity, rows, golden(loss, quantity, [x, y])) == []


@EACH
def test_ends_of_the_domain_and_beyond(loss: str, quantity: str) -> None:
    ends = [-np.inf, -1.0, -0.0, 0.0, 1.0, 2.0, np.inf, np.nan]
    rows = [(x, y) for x in ends for y in (0.0, 1e-300, 0.25, 1.0, np.nan)]
    exact = golden(loss, quantity, [np.array(column) for column in zip(*rows, strict=True)])
    assert wrong_rows(loss, quantity, rows, exact) == []


@EACH
def test_a_hard_label_makes_the_value_its_own_scale(loss: str, quantity: str) -> None:
    x = np.array([0.0, 1e-30, 0.2, 0.7, 1 - 2.0**-53])
    for label in (0.0, 1.0):
        value, scale = oracle.values(loss, [quantity], [x, np.full(5, label)])[0]
        assert np.abs(value).tolist() == scale.tolist()


def test_an_underflow_keeps_its_sign_and_is_no_exact_zero() -> None:
    x = np.array([800.0, -800.0, np.inf, 0.0])
    y = np.array([1.0, 0.0, 1.0, 0.5])
    found = oracle.as_exact(*oracle.estimates(LOGIT, ["d_logits"], [x, y])[0], np.isinf(x)).value
    assert found.tag.tolist() == [UNDERFLOW, UNDERFLOW, ZERO, ZERO]
    assert found.negative.tolist() == [True, False, False, False]
    assert round_to(found, BINARY32).tolist() == [0x80000000, 0, 0, 0]


def test_an_estimate_as_if_it_were_exact() -> None:
    random = np.random.default_rng(6)
    head = random.integers(0, 1 << 64, 6000, dtype=np.uint64).view(np.float64)
    head = head[(np.abs(head) > 2.0**-800) & (np.abs(head) < 2.0**900)]
    head[:500] = np.exp2(np.round(random.uniform(-200, 200, 500))) * random.choice([-1, 1], 500)
    far = np.exp2(-random.choice([54, 60, 80, 120, 200], len(head)))
    rest = head * random.uniform(-1, 1, len(head)) * far
    rest[::7] = 0
    exact = joined(Estimate(head, rest, np.zeros(len(head))), head == 0)
    for i in range(len(head)):
        assert exact.number(i) == rational.number_of(Fraction(head[i]) + Fraction(rest[i]))
    assert exact.sticky.any() and (exact.low != 0).any() and (np.abs(head) != np.exp2(exact.exponent))[:500].any()


def test_an_estimate_that_is_not_exact_is_sticky_and_ends_have_their_tags() -> None:
    head = np.array([1.0, 0.0, -0.0, np.inf, -np.inf, np.nan, 2.0**-1070])
    nothing = np.zeros(7)
    ends = np.array([False, True, False, False, False, False, False])
    found = joined(Estimate(head, nothing, BOUND_OF_ONE), ends)
    assert found.sticky.tolist() == [True] + 6 * [False]
    assert not joined(Estimate(head, nothing, nothing), ends).sticky.any()
    assert found.tag.tolist() == [FINITE, ZERO, UNDERFLOW, INFINITE, INFINITE, NAN, FINITE]
    assert found.number(6) == rational.number_of(rational.power(-1070))
    assert found.negative.tolist() == [False, False, True, False, True, False, False]


@EACH
@pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16, BINARY32], ids=lambda f: f.name)
def test_head_and_rest_are_within_their_slack(loss: str, quantity: str, fmt: Format) -> None:
    """Of exact values to 128 bits, for labels of every size and inputs of every binade."""
    random = np.random.default_rng(9)
    columns = [rounded(np.exp2(random.uniform(low, high, 600)), fmt) for low, high in ((fmt.quantum, 12), (-130, 0))]
    columns[1][::3] = rounded(1 - np.exp2(random.uniform(-fmt.precision, 0, 200)), fmt)
    columns[1][::7] = 0.5
    columns[0] = np.minimum(columns[0], 1) if loss == PROBABILITY else columns[0] * random.choice([-1, 1], 600)
    exact = golden(loss, quantity, columns)
    pair = oracle.estimates(loss, [quantity], columns)[0]
    small = 0
    for estimate, numbers in zip(pair, (exact.value, exact.scale), strict=True):
        for i in np.flatnonzero((numbers.tag == FINITE) & np.isfinite(estimate.head)).tolist():
            head, rest, slack = (Fraction(float(part[i])) for part in estimate)
            number = rational.value_of(numbers.number(i)._replace(negative=False))
            number = -number if head < 0 else number
            assert abs(head + rest - number) <= slack / 4 + abs(number) * rational.power(-127) + LEAST
            small += slack < abs(head) * rational.power(-60)
    assert small > 20 or (loss, quantity) == (PROBABILITY, "loss")


@EACH
def test_the_binary32_rounding_is_the_certified_one(loss: str, quantity: str) -> None:
    random = np.random.default_rng(7)  # a value so near a tie that 2^-46 decides comes once in millions
    x = random.uniform(0, 1, 400) if loss == PROBABILITY else random.uniform(-80, 80, 400)
    columns = [x, random.integers(0, 2, 400).astype(np.float64)]
    fast = oracle.as_exact(*oracle.estimates(loss, [quantity], columns)[0], np.zeros(400, bool))
    assert (round_to(fast.value, BINARY32) == round_to(golden(loss, quantity, columns).value, BINARY32)).all()


def test_which_losses_have_one() -> None:
    assert set(oracle.losses_with()) == set(QUANTITIES)
    assert oracle.available(LOGIT)
    assert not any(map(oracle.available, ("focal(gamma=2)", "sigmoid_cross_entropy(smoothing=0.1)")))
    with pytest.raises(ValueError, match="focal"):
        oracle.values("focal(gamma=2)", ["loss"], [np.zeros(1), np.zeros(1)])


@pytest.mark.parametrize("fmt", [f for f in FORMATS.values() if f != BINARY64], ids=lambda f: f.name)
@pytest.mark.parametrize("loss", QUANTITIES)
def test_the_check_passes_what_is_here(loss: str, fmt: Format) -> None:
    oracle.check(loss, QUANTITIES[loss], fmt)


Spoiling = Callable[[Values, Values, Values], tuple[Values, Values]]


def spoil_estimates(
    monkeypatch: pytest.MonkeyPatch, file: ModuleType, spoiling: Callable[[Estimate], Estimate], which: int = 0
) -> None:
    """Replace a loss file's oracle with one that spoils the estimate of the value, or of the scale."""
    honest = file.oracle

    def spoiled(quantities: Sequence[str], x: Values, y: Values) -> list[tuple[Estimate, ...]]:
        return [tuple(spoiling(e) if i == which else e for i, e in enumerate(p)) for p in honest(quantities, x, y)]

    monkeypatch.setattr(file, "oracle", spoiled)


def spoil(monkeypatch: pytest.MonkeyPatch, file: ModuleType, spoiling: Spoiling) -> None:
    """Replace a loss file's oracle with one that spoils value and scale, given the first argument."""
    honest = file.oracle

    def spoiled(quantities: Sequence[str], x: Values, y: Values) -> list[tuple[Estimate, ...]]:
        found = []
        for pair in honest(quantities, x, y):
            heads = spoiling(x, *(estimate.head for estimate in pair))
            found.append(tuple(e._replace(head=head) for e, head in zip(pair, heads, strict=True)))
        return found

    monkeypatch.setattr(file, "oracle", spoiled)


SPOILED: dict[str, tuple[Format, Spoiling, str]] = {
    "everywhere": (BINARY32, lambda x, value, scale: (value * (1 + 2.0**-40), scale), "error of 9.1e-13 of its scale"),
    "in a binade": (BFLOAT16, lambda x, v, s: (np.where((x >= 0.125) & (x < 0.25), v * (1 + 2.0**-40), v), s), "off"),
    "among subnormals": (BINARY32, lambda x, v, s: (np.where((x > 0) & (x < 2.0**-126), v * 1.1, v), s), "off"),
    "in its scale": (BINARY16, lambda x, value, scale: (value, scale * (1 - 2.0**-40)), "the scale of loss"),
    "NaN": (BINARY16, lambda x, value, scale: (np.where((x > 0) & (x < 0.25), np.nan, value), scale), "nan"),
    "infinite": (BINARY16, lambda x, value, scale: (np.where((x > 0) & (x < 0.25), np.inf, value), scale), "inf"),
}


@pytest.mark.parametrize("file", [sigmoid_cross_entropy, binary_cross_entropy], ids=lambda f: f.__name__[-21:])
@pytest.mark.parametrize("how", SPOILED)
def test_the_check_refuses_an_oracle_that_is_off(how: str, file: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    fmt, spoiling, message = SPOILED[how]
    spoil(monkeypatch, file, spoiling)
    with pytest.raises(oracle.OracleError, match="no sweep on this machine") as refused:
        oracle.check(file.__name__.rpartition(".")[2], ("loss",), fmt)
    assert message in str(refused.value)
    assert refused.value.exit_status == 3


def test_the_check_refuses_the_wrong_sign_of_an_underflow(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, sigmoid_cross_entropy, lambda x, value, scale: (value + 0.0, scale))
    with pytest.raises(oracle.OracleError, match="d_logits"):
        oracle.check(LOGIT, ("d_logits",), BINARY32)


@pytest.mark.parametrize("which", [0, 1], ids=["value", "scale"])
def test_the_check_forgives_what_the_slack_forgives(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_estimates(monkeypatch, sigmoid_cross_entropy, lambda e: e._replace(rest=e.rest + e.slack * 0.4), which)
    oracle.check(LOGIT, ("loss", "d_logits"), BINARY32)


@pytest.mark.parametrize("which", [0, 1], ids=["value", "scale"])
@pytest.mark.parametrize(("quantity", "fmt"), [("loss", BINARY32), ("d_logits", BFLOAT16), ("d2_logits", BINARY16)])
def test_the_check_refuses_a_rest_that_is_off(
    quantity: str, fmt: Format, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_estimates(monkeypatch, sigmoid_cross_entropy, lambda e: e._replace(rest=e.rest + e.slack * 0.6), which)
    with pytest.raises(oracle.OracleError, match="half its slack"):
        oracle.check(LOGIT, (quantity,), fmt)


@pytest.mark.parametrize("file", [sigmoid_cross_entropy, binary_cross_entropy], ids=lambda f: f.__name__[-21:])
def test_the_check_refuses_a_curve_that_is_off(file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = file.expansion

    def spoiled(*arguments: Any) -> list[Values]:
        return [coefficients * (1 + 2.0**-40) for coefficients in honest(*arguments)]

    monkeypatch.setattr(file, "expansion", spoiled)
    with pytest.raises(oracle.OracleError, match="the curve of loss"):
        oracle.check(file.__name__.rpartition(".")[2], ("loss",), BINARY32)


def test_the_bound_is_one_number() -> None:
    assert oracle.BOUND == losses.BOUND == float(BOUND) == 2 * 2.0**-oracle.HALF
