"""Which cases a quantity of a subject gets in a tier."""

from __future__ import annotations

import pytest

from conformance.plan import Plan
from conformance.subject import Filters, Subject, sources, subjects

SOURCES = sources()


def found(tier: str, **fields: str) -> list[Subject]:
    """The subjects of a tier that have these fields."""
    every = subjects(SOURCES, Filters(tier=tier))
    return [s for s in every if all(getattr(s, name) == value for name, value in fields.items())]


@pytest.mark.parametrize("dtype", ["binary16", "binary32"])
def test_other_values_of_a_parameter_get_edges(dtype: str) -> None:
    """One gamma gets the dense grid, in one dtype; its value is no other code, nor is a number of classes."""
    plan, dense = Plan(SOURCES, "full"), set()
    for subject in found("full", adapter="jax", mode="eager", dtype=dtype):
        entry = plan.entry(subject)
        if entry.tier != "quick" and plan.tier_of(subject, "loss") == "full":
            dense.add((entry.path.rpartition(".")[2], entry.loss))
    path = "softmax_cross_entropy"
    alike = {(name, f"{path}(classes=2)") for name in (path, f"safe_{path}", f"{path}_with_integer_labels")}
    one = {("sigmoid_focal_loss", "focal(gamma=2)"), ("sigmoid", "sigmoid_cross_entropy"), *alike}
    assert dense == (one if dtype == "binary32" else set())


def test_what_is_of_the_quick_tier_gets_the_grid_of_each_tier() -> None:
    for tier in ("quick", "default", "full"):
        plan = Plan(SOURCES, tier)
        asked = [s for s in found(tier, adapter="pytorch", mode="eager") if plan.entry(s).tier == "quick"]
        assert asked and {plan.tier_of(subject, "loss") for subject in asked} == {tier}
    second = {plan.tier_of(s, "d2_logits") for s in asked if "d2_logits" in plan.quantities(s)}
    assert second == {"quick", "full"}


def test_a_job_is_made_once() -> None:
    plan = Plan(SOURCES, "quick")
    (subject, *_) = found("quick", adapter="pytorch", mode="eager", dtype="binary32")
    assert plan.job(subject, "loss") is plan.job(subject, "loss")
