"""Trials: questions beyond one case, one number, in the same pass as the cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from workbench import ARITHMETIC, floats, job, key

from conformance import examinations
from conformance.cases import TIERS
from conformance.cell import LABEL_CLASSES, Cell
from conformance.examinations import Examined, Trial, cell_of, trial_of, witness
from conformance.measure import Observation, Pool
from conformance.plan import Plan
from conformance.session import measured
from conformance.subject import Subject, sources

SUBJECT = Subject("arithmetic", "numpy.log1p", "{}", "eager", "binary32")
PRODUCT = "logit * label"


class Doubling:
    """A made-up examination: whether the second answer is twice the first."""

    def trials(self, plan: Plan, subjects: Sequence[Subject]) -> Iterator[Trial]:
        for subject in subjects:
            jobs = tuple(job(key(), logit=[x], free=True, code=PRODUCT) for x in (1.5, 3.0))
            yield Trial(subject, "doubling", "loss", "twice", jobs)

    def judged(self, plan: Plan, trial: Trial, observations: Sequence[Observation]) -> tuple[Cell, ...]:
        first, second = (floats(o.outputs[0])[0] for o in observations)
        verdict = "same-bits" if second == 2 * first else "identity-broken"
        seen = witness("x=1.5", second.hex(), (2 * first).hex(), verdict, index=1)
        return (cell_of(trial, "product", verdict, worst=seen),)


@pytest.fixture
def doubling(monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(examinations, "names", lambda: ["doubling"])
    monkeypatch.setattr(examinations, "load", lambda name: Doubling())
    return Plan(sources([str(ARITHMETIC)]))


def test_trials_are_measured_with_their_jobs_in_order(doubling: Plan) -> None:
    trials = examinations.trials(doubling, [SUBJECT])
    with Pool(1) as pool:
        (found,) = measured(doubling, (), trials, pool)
    assert isinstance(found, Examined)
    (cell,) = found.cells
    assert cell.id == f"{SUBJECT.id}/loss/twice/doubling"
    assert cell.verdicts == {"same-bits": 1} and cell.finding is None
    assert cell.worst is not None and cell.worst["got"] == "0x1.8p+2"


def test_only_those_are_examined_with_which_the_tier_goes_further(doubling: Plan) -> None:
    asked = {tier: len(examinations.trials(Plan(sources([str(ARITHMETIC)]), tier), [SUBJECT])) for tier in TIERS}
    assert asked == {"quick": 0, "default": 1, "full": 1}


def test_a_cell_leads_back_to_its_trial(doubling: Plan) -> None:
    (trial,) = examinations.trials(doubling, [SUBJECT])
    cell = cell_of(trial, "product", "identity-broken")
    found = trial_of(doubling, cell)
    assert found is not None and found.id == trial.id == cell.id
    assert trial_of(doubling, replace(cell, label_class="soft")) is None
    assert cell.finding == "identity-broken" and cell.examination == "doubling" and cell.figure is None


def test_no_examination_is_called_like_a_label_class() -> None:
    assert not set(examinations.names()) & {*LABEL_CLASSES, "every"}


def observed(**fields: Any) -> Observation:
    given: dict[str, Any] = {"free": True, "code": PRODUCT} | fields
    with Pool(1) as pool:
        return pool.observe(job(key(), logit=[1.0, 2.0], **given))


def test_inputs_are_repeated_in_turn_in_the_worker() -> None:
    assert floats(observed(length=5).outputs[0]) == [2.0, 4.0, 2.0, 4.0, 2.0]


def test_inputs_are_prepared_outside_the_program() -> None:
    found = observed(prepare=(("logit", "logit[:, None]"), ("label", "label.astype('float64')")))
    assert (found.outputs[0].shape, found.dtypes) == ((2, 2), ("binary64",))
    assert "astype" not in found.text


def test_a_free_job_delivers_any_shape_and_says_what_it_raised() -> None:
    assert observed(prepare=(("label", "label.sum()"),), code=f"({PRODUCT}).sum()").outputs[0].shape == ()
    raised = observed(prepare=(("label", "numpy.ones(3)"),))
    assert raised.status == "raised" and "broadcast" in raised.message
    assert np.array_equal(observed().outputs[0], observed(length=2).outputs[0])
