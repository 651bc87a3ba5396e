"""The textbook ladder is flagged in the cells computed from its formulas, and nowhere else."""

import numpy as np
import pytest
import textbook_table
from audited import Key, audit, flagged
from textbook_table import DTYPES, RUNGS

from conformance.formats import BINARY32
from conformance.places import adapters_folder

TABLE: dict[Key, set[str]] = {tuple(line[:5]): set(line.kinds.split()) for line in textbook_table.read()}  # type: ignore[misc]

TAILS = ("saturated", "subnormal-result")
"""Where e^−|z| is below half an ulp of 1, and not yet below the smallest subnormal."""

UPPER = {(region + "+", "hard1") for region in TAILS}
LOWER = {(region + "-", "hard0") for region in TAILS}
"""The cells whose exact value is such a tail."""

LABELS = ("hard0", "hard1", "soft")

EXPLAINED: dict[Key, set[str]] = {
    ("exp_positive", "binary32", "d_logits", "saturated+", "soft"): {"wrong-sign"},
    ("exp_negative", "binary32", "d_logits", "saturated-", "soft"): {"wrong-sign"},
}
"""Kinds that the error of NumPy's own exp adds to a cell that is flagged anyway, each shown by a test below."""


@pytest.fixture(scope="module")
def measured() -> dict[Key, set[str]]:
    return flagged(audit(adapters_folder() / "textbook.py", "default", adapters=("textbook",)))


def test_the_committed_table_is_what_the_formulas_yield() -> None:
    assert textbook_table.path().read_text() == textbook_table.text(textbook_table.table())


@pytest.mark.parametrize("rung", RUNGS)
def test_flagged_in_the_cells_of_the_table_and_nowhere_else(rung: str, measured: dict[Key, set[str]]) -> None:
    found = {key for key in measured if key[0] == rung}
    computed = {key for key in TABLE if key[0] == rung}
    assert found == computed
    assert computed


@pytest.mark.parametrize("rung", RUNGS)
def test_flagged_for_the_reasons_of_the_table(rung: str, measured: dict[Key, set[str]]) -> None:
    for key in (key for key in TABLE if key[0] == rung):
        more = EXPLAINED.get(key, set())
        assert TABLE[key] <= measured[key] <= TABLE[key] | more, key


def test_one_ulp_in_exp_is_what_turns_the_explained_sign() -> None:
    """At z just above 24·ln 2 and y = 1 − 2^-24 the gradient −y + e / (e + 1) is 2e-13, and e + 1 a tie to even.

    So it is of the other sign at −z and 1 − y: (1 − y) − e / (1 + e) is of the same numbers there.
    """
    z, y = np.float32(float.fromhex("0x1.0a2b28p+4")), np.float32(float.fromhex("0x1.fffffep-1"))
    right = textbook_table.elementary("exp", BINARY32)(np.array([z]))
    below, above = (np.nextafter(right, np.float32(end)) for end in (0, np.inf))
    assert [float((-y + e / (e + 1))[0]) for e in (below, right, above)] == [
        -(2.0**-24),
        2.0**-24,
        -(2.0**-24),
    ]
    other = np.float32(2.0**-24)
    assert [float((1 - other - e / (1 + e))[0]) for e in (below, right, above)] == [2.0**-24, -(2.0**-24), 2.0**-24]


def failing(rung: str, quantity: str, dtype: str) -> dict[tuple[str, str], set[str]]:
    """(region, label class) → kinds, as computed."""
    return {key[3:]: kinds for key, kinds in TABLE.items() if key[:3] == (rung, dtype, quantity)}


def cells_of(kind: str, found: dict[tuple[str, str], set[str]]) -> set[tuple[str, str]]:
    """The cells with findings of one kind."""
    return {cell for cell, kinds in found.items() if kind in kinds}


@pytest.mark.parametrize("dtype", DTYPES)
class TestWords:
    """What the ladder says of each rung in words, in the table of cells."""

    def test_likelihood_fails_in_saturation_with_nan_infinities_and_lost_tails(self, dtype: str) -> None:
        found = failing("likelihood", "loss", dtype)
        assert cells_of("wrong-class", found) >= UPPER | {("vanished+", "hard1"), ("vanished-", "hard1")}
        assert cells_of("lost", found) == LOWER
        assert cells_of("wrong-class", failing("likelihood", "d_logits", dtype)) >= UPPER

    def test_exp_positive_overflows_above_and_loses_both_tails(self, dtype: str) -> None:
        found = failing("exp_positive", "loss", dtype)
        assert cells_of("wrong-class", found) >= {("vanished+", label) for label in LABELS}
        assert not any(region == "vanished-" for region, _ in found)
        assert cells_of("lost", found) >= UPPER | LOWER

    def test_exp_negative_overflows_below_and_loses_both_tails(self, dtype: str) -> None:
        found = failing("exp_negative", "loss", dtype)
        assert cells_of("wrong-class", found) >= {("vanished-", label) for label in LABELS}
        assert cells_of("wrong-class", found).isdisjoint(("vanished+", label) for label in LABELS)
        assert cells_of("lost", found) >= UPPER | LOWER

    def test_piecewise_never_overflows_but_loses_the_tails_and_has_no_branch_for_zero(self, dtype: str) -> None:
        found = failing("piecewise", "loss", dtype)
        zero = {("zero", label) for label in LABELS}
        assert cells_of("lost", found) == UPPER | LOWER | zero
        assert cells_of("lost", failing("piecewise", "d_logits", dtype)) == zero
        assert {region for region, _ in cells_of("wrong-class", found)} == {"nan", "infinite"}

    def test_max_log_loses_the_tails(self, dtype: str) -> None:
        assert cells_of("lost", failing("max_log", "loss", dtype)) == UPPER | LOWER
        assert failing("max_log", "d_logits", dtype) == {}

    def test_max_log1p_is_fine_for_finite_hard_labels_and_cancels_for_soft_ones(self, dtype: str) -> None:
        found = failing("max_log1p", "loss", dtype)
        large = ("transition", "saturated+", "subnormal-result+", "vanished+")
        assert cells_of("beyond-limit", found) == {(region, "soft") for region in large}
        assert cells_of("wrong-class", found) == {("infinite", label) for label in LABELS}
        assert failing("max_log1p", "d_logits", dtype) == {}

    def test_stable_sigmoid_loses_the_tail_of_sigma_minus_one(self, dtype: str) -> None:
        found = failing("stable_sigmoid", "d_logits", dtype)
        assert {cell for cell in cells_of("lost", found) if cell[1] != "soft"} == UPPER
        assert not any(label == "hard0" for _, label in found)

    def test_every_rung_fails_at_infinity(self, dtype: str) -> None:
        assert all(("infinite", "hard0") in failing(rung, "loss", dtype) for rung in RUNGS)

    def test_only_rungs_that_branch_or_take_logarithms_fail_in_the_derivative_by_the_label(self, dtype: str) -> None:
        assert [rung for rung in RUNGS if failing(rung, "d_labels", dtype)] == ["likelihood", "piecewise"]
