"""How far a result may be off before identify calls it another loss: bounds that hold, and that something misses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.formats import BINARY32, BINARY64, FORMATS, Format, Values
from conformance.identify.denominators import AXES, MISTAKEN
from conformance.identify.fit import Fit
from conformance.identify.held import BROKEN, decides, lenient, misfit
from conformance.identify.kinds import KINDS
from conformance.identify.measured import Measured
from conformance.identify.points import LARGE, at, middle, tails
from conformance.identify.solve import fitted
from conformance.identify.tolerance import clear, misses, tolerance

BY_NAME = {kind.name: kind for kind in KINDS}
LOGITS = Fit(BY_NAME["logits"], ("prediction", "label"), (0.0, 1.0), BINARY64)


def with_care(x: Values, y: Values) -> Values:
    return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))


def as_a_sum(x: Values, y: Values) -> Values:
    return y * np.log1p(np.exp(-x)) + (1 - y) * np.log1p(np.exp(x))


def without_care(x: Values, y: Values) -> Values:
    p = 1 / (1 + np.exp(-x))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


FORMULAS = [with_care, as_a_sum, without_care]


def computed(formula: Callable[[Values, Values], Values], x: Values, y: Values, fmt: Format) -> Values:
    """What a formula gives in a format, as NumPy computes it."""
    native = {"binary32": np.float32, "binary64": np.float64}[fmt.name]
    with np.errstate(all="ignore"):
        return np.asarray(formula(x.astype(native), y.astype(native)), np.float64)


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda fmt: fmt.name)
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_a_loss_as_people_write_it_is_within_its_tolerance(
    formula: Callable[[Values, Values], Values], fmt: Format
) -> None:
    fit = replace(LOGITS, fmt=fmt)
    columns = at(fit.roles, "logits", np.linspace(-8, 8, 257).tolist(), fit.labels, fmt.name)
    got = computed(formula, columns["prediction"], columns["label"], fmt)
    assert misfit(fit, columns, got) <= 1


@pytest.mark.parametrize("fmt", [BINARY32, BINARY64], ids=lambda fmt: fmt.name)
def test_a_careless_loss_misses_where_it_is_not_asked(fmt: Format) -> None:
    """The band in which digits are lost is needed: within it the formula without care is another function."""
    fit = replace(LOGITS, fmt=fmt)
    columns = at(fit.roles, "logits", np.linspace(0, 45, 901).tolist(), (0.0,), fmt.name)
    got = computed(without_care, columns["prediction"], columns["label"], fmt)
    finite = np.isfinite(got)
    missed = misses(fit, columns, got)
    assert (missed[clear(fit, columns) & finite] <= 1).all()
    assert (missed[~clear(fit, columns) & finite] > 1).any()


@pytest.mark.parametrize("takes", ["logits", "probabilities"])
@pytest.mark.parametrize("dtype", ["binary32", "binary64"])
def test_the_bound_is_far_below_what_parts_hypotheses(takes: str, dtype: str) -> None:
    """A thousandth of a loss is seen everywhere in the middle; a blur may hide it, if nothing else does."""
    fit = replace(LOGITS, kind=BY_NAME[takes], fmt=FORMATS[dtype])
    columns = at(fit.roles, takes, middle(takes), fit.labels, dtype)
    due = fit.predicted(columns)
    keep = decides(fit, columns) & (due > 0.1)
    assert keep.any()
    assert (tolerance(fit, columns)[keep] < 1e-3 * due[keep]).all()


def test_one_probe_in_many_that_is_off_is_a_miss() -> None:
    columns = at(LOGITS.roles, "logits", tails("logits", "binary64"), LOGITS.labels, "binary64")
    got = LOGITS.predicted(columns)
    assert misfit(LOGITS, columns, got) == 0
    got[np.argmax(got)] *= 1.001
    assert misfit(LOGITS, columns, got) > 1


def test_no_number_is_a_miss_but_at_a_few_probes() -> None:
    columns = at(LOGITS.roles, "logits", middle("logits"), LOGITS.labels, "binary64")
    got = LOGITS.predicted(columns)
    got[0] = np.nan
    assert misfit(LOGITS, columns, got) == np.inf and lenient(LOGITS, columns, got) == 0
    got[: int(BROKEN * len(got)) + 1] = np.nan
    assert lenient(LOGITS, columns, got) == np.inf


def test_one_prediction_may_be_an_exception_and_two_are_another_loss() -> None:
    columns = at(LOGITS.roles, "logits", middle("logits"), LOGITS.labels, "binary64")
    got = LOGITS.predicted(columns)
    got[columns["prediction"] == 0] = 0
    assert misfit(LOGITS, columns, got) > 1 and lenient(LOGITS, columns, got) == 0
    got[-1] += 0.1
    assert lenient(LOGITS, columns, got) > 1


@given(st.sampled_from([1e-3, 0.01, 1.0, 7.0, 1000.0]))
def test_a_factor_changes_no_verdict(factor: float) -> None:
    fit = replace(LOGITS, fmt=BINARY32, yes=(factor, 0.0), no=(0.0, factor))
    columns = at(fit.roles, "logits", (*middle("logits"), *LARGE), fit.labels, "binary32")
    assert tolerance(fit, columns) == pytest.approx(factor * tolerance(replace(LOGITS, fmt=BINARY32), columns))


@given(st.lists(st.floats(0.1, 10), min_size=4, max_size=4), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_errors_are_carried_on(values: list[float], shares: list[float]) -> None:
    """Numbers that are moved within their errors give results within what is said of these, to first order."""
    a, b, c, d = (Measured(v, 1e-7 * v) for v in values)
    found = (a + b) * c / d
    e, f, g, h = (m.value + s * m.error for m, s in zip((a, b, c, d), shares, strict=True))
    assert abs((e + f) * g / h - found.value) <= found.error * (1 + 1e-6)
    assert found.near(Measured((e + f) * g / h, 1e-6 * found.error))
    assert not found.near(Measured(found.value + 3 * found.error, found.error))


def test_a_factor_is_within_the_error_that_is_said_of_it() -> None:
    fit = replace(LOGITS, fmt=BINARY32)
    columns = at(fit.roles, "logits", np.linspace(-2, 2, 16).tolist(), fit.labels, "binary32")
    got = np.asarray((0.123456789 * LOGITS.predicted(columns)).astype(np.float32), np.float64)
    solved = fitted(fit, columns, got)
    assert solved is not None
    assert abs(solved.yes[0] - 0.123456789) <= solved.error and abs(solved.yes[1]) <= solved.error < 1e-4


def test_every_rival_is_a_kind_that_takes_as_much() -> None:
    for kind in KINDS:
        assert BY_NAME[kind.rival] is not kind
        assert not BY_NAME[kind.rival].row or kind.row


def test_every_mistaken_reduction_can_be_answered() -> None:
    axes = {f"mean over {words.removeprefix('the ')}" for words in AXES.values()}
    assert MISTAKEN & axes and len(MISTAKEN - axes) == 2
