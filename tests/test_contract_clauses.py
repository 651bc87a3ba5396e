"""Contracts by their names: clauses, constants, and the verdicts that they earn."""

import importlib
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import rational
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from variants import CLAMPED, CLIP, EVERY, LOSS, QUANTITIES, every_variant

from conformance import contracts, losses
from conformance.contracts import Constants, Contract
from conformance.exact import NONE, ZERO, Number, round_to
from conformance.formats import BINARY32, FORMATS, Format
from conformance.golden import contract_golden, golden
from conformance.judge import CODE, judge
from conformance.pairs import contract_pair
from conformance.parameters import decimal as parsed
from conformance.plan import cases_of
from conformance.standards import standard
from conformance.subject import sources
from conformance.verdicts import CONTRACT, DEVIATION


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
