"""What contracts document, by fast oracles and whatever spares a certificate, against certified values alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from conformance import contracts, oracle
from conformance.adapter import EntryPoint
from conformance.contracts import Contract, log_clamped, log_clamped_logits
from conformance.estimate import Estimate, quotient, two_sum
from conformance.exact import Exact, round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, Bits, Format, Values, neighbours, rounded, to_float64
from conformance.golden import changed, contract_golden, golden
from conformance.sweep import documented, points
from conformance.verdicts import VERDICTS

PROBABILITY, LOGIT = "binary_cross_entropy", "sigmoid_cross_entropy"
QUANTITIES = {
    PROBABILITY: ("loss", "d_probabilities", "d2_probabilities"),
    LOGIT: ("loss", "d_logits", "d2_logits"),
}
NAMED = [
    (PROBABILITY, "log_clamped(-100)"),
    (PROBABILITY, "clip(1e-7)"),
    (PROBABILITY, "epsilon(1e-7)"),
    (PROBABILITY, "clip_epsilon(1e-7)"),
    (LOGIT, "log_clamped_logits(-100)"),
    (LOGIT, "clip_logits(1e-7)"),
]
EVERY = pytest.mark.parametrize(("loss", "name"), NAMED, ids=[name for _, name in NAMED])
OFF = (0, 1, -40)


def domain(loss: str, x: Values) -> Values:
    return x[(x >= 0) & (x <= 1)] if loss == PROBABILITY else x


def all_of(loss: str, fmt: Format, step: int = 1) -> Values:
    """Every number of a format of 16 bits; NaN once."""
    x = to_float64(np.arange(0, 1 << 16, step).astype(np.uint16), fmt)
    return domain(loss, x[~np.isnan(x)])


def some_of(loss: str, contract: Contract, constants: Any) -> Values:
    """Numbers of every binade of binary32, and around whatever a contract's constants may make of a number."""
    random = np.random.default_rng(11)
    x = np.exp2(random.uniform(-149, 0 if loss == PROBABILITY else 12, 600)) * random.choice([-1, 1], 600)
    x[:150] = 1 - np.exp2(-random.uniform(1, 24, 150))
    near = [float(int(c.p) / int(c.q)) for c in constants]
    if loss == LOGIT:
        near = [v for c in near for v in (np.log(abs(c)), -np.log(abs(c)), c, -c) if abs(v) > 1e-3]
    else:
        near += [np.exp(-c) for c in near if c > 1]
    x = np.abs(x) if loss == PROBABILITY else x
    own = [v for c in near for v in neighbours(float(c), BINARY32, 24)]
    x = np.concatenate((rounded(x, BINARY32), own, [0.0, 1.0, 0.5]))
    return np.unique(domain(loss, x[np.isfinite(x)]))


def same(one: Exact | None, two: Exact | None) -> bool:
    if one is None or two is None:
        return one is two
    return all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(Exact))


def unsigned(scale: Exact) -> Exact:
    """A scale is a magnitude, and has the sign of its value where it is one."""
    return replace(scale, negative=np.zeros(len(scale), bool))


def columns_of(x: Values, labels: tuple[float, ...]) -> tuple[Values, Values]:
    return np.tile(x, len(labels)), np.repeat(np.array(labels), len(x))


def soft(fmt: Format) -> tuple[float, ...]:
    return (0.5, 13 / 64, fmt.smallest * 3, 1 - 2.0**-fmt.precision)


@dataclass(frozen=True)
class Space:
    """Inputs of one contract and quantity."""

    contract: Contract
    quantity: str
    fmt: Format
    columns: tuple[Values, Values]


def spaces(loss: str, name: str, fmt: Format) -> Iterator[Space]:
    """Of 16 bits all probabilities under hard labels, and some of what is more; of 32 bits the places above."""
    contract = contracts.load(name, loss)
    for quantity in QUANTITIES[loss]:
        if fmt.width == 16:
            step = 29 if quantity.startswith("d2_") else 1 if loss == PROBABILITY else 37
            yield Space(contract, quantity, fmt, columns_of(all_of(loss, fmt, step), (0.0, 1.0)))
            yield Space(contract, quantity, fmt, columns_of(all_of(loss, fmt, 127), soft(fmt)))
        else:
            constants = [c for _, several in contract.rules.variants(quantity, contract.constant, fmt) for c in several]
            yield Space(contract, quantity, fmt, columns_of(some_of(loss, contract, constants), (0.0, 1.0)))


def results(space: Space, compute: Format) -> tuple[tuple[Values, Values], Bits]:
    """What is documented and what is exact, rounded, some of it a few steps off, and zeros."""
    contract, quantity, fmt, columns = space.contract, space.quantity, space.fmt, space.columns
    stated = [
        contract_golden(contract, quantity, constants, columns).value
        for _, constants in contract.rules.variants(quantity, contract.constant, compute)
    ]
    found = []
    for value in (golden(contract.loss, quantity, columns).value, *stated):
        best = round_to(value, fmt)
        size = np.abs(to_float64(best, fmt))
        movable = (size < fmt.largest / 2) & (size > 64 * fmt.smallest)
        found += [np.where(movable, best + np.array(off).astype(best.dtype), best).astype(fmt.storage) for off in OFF]
    found += [np.zeros(len(best), fmt.storage), np.full(len(best), 1 << (fmt.width - 1), fmt.storage)]
    return tuple(np.tile(column, len(found)) for column in columns), np.concatenate(found)  # type: ignore[return-value]


@pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16, BINARY32], ids=lambda f: f.name)
@EVERY
def test_what_is_spared_a_certificate_is_what_the_contract_says(loss: str, name: str, fmt: Format) -> None:
    """Taken from mathematics, or from another input of which as much is said: the same bits."""
    spared = 0
    for space in spaces(loss, name, fmt):
        for _, constants in documented.variants(space.contract, space.quantity, fmt):
            own = list(space.columns)
            left = np.ones(len(own[0]), bool)
            left[changed(space.contract, space.quantity, constants, own)] = False
            if hasattr(space.contract.rules, "alike"):
                left |= space.contract.rules.alike(space.quantity, own, constants)[0] != own[0]
            columns = [column[left] for column in own]
            exact = golden(loss, space.quantity, columns)
            short, whole = (
                contract_golden(space.contract, space.quantity, constants, columns, m) for m in (exact, None)
            )
            assert same(short.value, whole.value) and same(short.other, whole.other), (space.quantity, constants)
            assert same(unsigned(short.scale), unsigned(whole.scale)), (space.quantity, constants)
            spared += len(columns[0])
    assert (spared > 0) == (name != "epsilon(1e-7)")


@pytest.mark.parametrize(("fmt", "compute"), [(BFLOAT16, ""), (BINARY16, "binary32")], ids=["bfloat16", "binary16"])
@EVERY
def test_numbers_of_16_bits_are_judged_as_by_certified_values(loss: str, name: str, fmt: Format, compute: str) -> None:
    """In binary16 with constants of the dtype that computes: its own leave nothing of some."""
    entry = EntryPoint("a.function", loss, "function()", name, computes=compute)
    for space in spaces(loss, name, fmt):
        if compute and space.quantity == "loss":
            continue  # of another dtype
        columns, bits = results(space, BINARY32 if compute else fmt)
        assert differing(entry, space, columns, bits) == []


@EVERY
def test_numbers_of_32_bits_are_too(loss: str, name: str) -> None:
    entry = EntryPoint("a.function", loss, "function()", name)
    for space in spaces(loss, name, BINARY32):
        columns, bits = results(space, BINARY32)
        assert differing(entry, space, columns, bits) == []


def differing(entry: EntryPoint, space: Space, columns: tuple[Values, Values], bits: Bits) -> list[Any]:
    """Where the two ways to judge do not say the same; errors by contract may differ in what BOUND is worth."""
    found, due = (
        way(entry, space.fmt.name, space.quantity, columns, bits, (True, False))
        for way in (points.judged, points.certified)
    )
    alike = (found.columns.verdict == due.columns.verdict) & (found.bins == due.bins)
    alike &= (found.above == due.above) & (found.columns.zero_sign == due.columns.zero_sign)
    ours, theirs = found.columns.ulp_contract, due.columns.ulp_contract
    with np.errstate(invalid="ignore"):
        alike &= (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)) | (np.abs(ours - theirs) <= 2.0**-20 * theirs)
    alike |= (np.abs(ours - theirs) < 2.0**-20) & (found.columns.verdict == due.columns.verdict)
    rows = np.flatnonzero(~alike).tolist()
    names = [[VERDICTS[one.columns.verdict[i]] for one in (found, due)] for i in rows[:5]]
    return [(space.quantity, columns[0][i], columns[1][i], int(bits[i])) for i in rows[:5]] + names


def test_the_floor_of_a_derivative_is_known_to_the_last_bit() -> None:
    """A quotient in two parts: the figures of a sweep are those of certified values, bit for bit."""
    contract = contracts.load("log_clamped(-100)", PROBABILITY)
    ((_, constants),) = documented.variants(contract, "d_probabilities", BINARY32)
    p = rounded(np.exp2(np.random.default_rng(2).uniform(-149, -40, 2000)), BINARY32)
    for label in (0.0, 1.0):
        columns = (p, np.full(len(p), label))
        estimates = log_clamped.oracle("d_probabilities", columns, constants)
        assert estimates is not None
        due = contract_golden(contract, "d_probabilities", constants, columns)
        got = oracle.as_exact(*estimates, np.zeros(len(p), bool))
        ours, theirs = ((one.high, one.exponent, one.negative) for one in (got.value, due.value))
        assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))
        assert (estimates[0].slack <= np.abs(estimates[0].head) * 2.0**-96).all()


def test_a_quotient_and_its_remainder() -> None:
    random = np.random.default_rng(6)
    a, b = random.standard_normal(500), random.standard_normal(500) * np.array([2.0**-60, 2.0**-53] * 250)
    head, rest = two_sum(a, b)
    found = quotient(head, rest, 1 / 3)
    assert (found.head + found.rest == found.head).all()
    for k in range(500):
        exact = (Fraction(head[k]) + Fraction(rest[k])) / Fraction(1 / 3)
        away = abs(Fraction(found.head[k]) + Fraction(found.rest[k]) - exact)
        assert away <= Fraction(found.slack[k])


def test_what_is_said_twice_backward_is_known_beside_the_floor_too() -> None:
    """At logits of binary64, as no number of a narrower format comes so close."""
    contract = contracts.load("log_clamped_logits(-100)", LOGIT)
    ((_, constants),) = documented.variants(contract, "d2_logits", BINARY32)
    x = -np.log(int(constants[1].p) / int(constants[1].q)) * (1 + np.linspace(-3, 3, 25) * log_clamped_logits.MARGIN)
    for label in (0.0, 0.3125, 1.0):
        columns = (np.concatenate((x, -x)), np.full(50, label))
        estimates = log_clamped_logits.oracle("d2_logits", columns, constants)
        assert estimates is not None
        exact = contract_golden(contract, "d2_logits", constants, columns)
        oracle.compare("d2_logits", *estimates, exact, columns)


@EVERY
def test_the_check_of_contracts_passes_here(loss: str, name: str) -> None:
    for fmt in (BINARY16, BINARY32):
        documented.check(name, loss, QUANTITIES[loss], fmt, fmt)


@pytest.mark.parametrize("relative", [2.0**-44, -(2.0**-44)])
def test_a_wrong_oracle_of_a_contract_is_refused(monkeypatch: pytest.MonkeyPatch, relative: float) -> None:
    right = log_clamped.oracle

    def wrong(*arguments: Any) -> Any:
        found = right(*arguments)
        if found is None:
            return None
        (head, rest, slack), scale = found
        return Estimate(head * (1 + relative), rest, slack), scale

    monkeypatch.setattr(log_clamped, "oracle", wrong)
    with pytest.raises(oracle.OracleError, match=r"by log_clamped\(-100\) .* no sweep on this machine"):
        documented.check("log_clamped(-100)", PROBABILITY, ("d_probabilities",), BINARY32, BINARY32)
