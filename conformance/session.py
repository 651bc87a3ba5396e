"""One pass over subjects: plan → measure → judge → summarise. Audits and the suite's tests are this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance import examinations
from conformance.examinations import Examined, Trial
from conformance.judgement import Result, judged
from conformance.measure import Job, Observation, Pool, WorkerKey
from conformance.plan import Plan
from conformance.probe import PROBE_LENGTHS, Probe, probe_flags
from conformance.subject import Subject

ProbeKey = tuple[WorkerKey, str, str]


def results(plan: Plan, subjects: Sequence[Subject], pool: Pool) -> Iterator[Result]:
    """Measure and judge all cases and quantities of subjects, no examinations.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    pool : Pool
    """
    return (result for result in measured(plan, subjects, (), pool) if isinstance(result, Result))


def measured(
    plan: Plan, subjects: Sequence[Subject], trials: Sequence[Trial], pool: Pool
) -> Iterator[Result | Examined]:
    """Measure and judge subjects and trials in one pass, so that no worker starts twice; they come as they are ready.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
        Each with all its cases and quantities.
    trials : sequence of Trial
        Of examinations.
    pool : Pool

    Yields
    ------
    Result or Examined
        One for each subject and quantity, and one for each trial.
    """
    tasks: list[tuple[Subject, str, int]] = []
    for subject in {_probed_alike(plan, s): s for s in subjects}.values():
        tasks += [(subject, "", length) for length in PROBE_LENGTHS]
    tasks += [(subject, quantity, 0) for subject in subjects for quantity in plan.quantities(subject)]
    wanted: dict[Job, list[tuple[Subject, str, int]]] = {}  # trials may share a job, with the cases too: it runs once
    for task in tasks:
        subject, quantity, length = task
        wanted.setdefault(plan.job(subject, quantity) if quantity else plan.probe(subject, length), []).append(task)
    parts: dict[Job, list[tuple[Trial, int]]] = {}
    for trial in trials:
        for part, job in enumerate(trial.jobs):
            parts.setdefault(job, []).append((trial, part))
    jobs = list(dict.fromkeys([*wanted, *parts]))
    answers: dict[Trial, dict[int, Observation]] = {trial: {} for trial in trials}
    probed: dict[ProbeKey, dict[int, tuple[bool, bool]]] = {}
    waiting: dict[ProbeKey, list[tuple[Subject, str, Observation]]] = {}
    for k, observation in pool.map(jobs):
        for trial, part in parts.get(jobs[k], ()):
            answers[trial][part] = observation
            if len(answers[trial]) == len(trial.jobs):
                said = answers.pop(trial)
                cells = examinations.load(trial.examination).judged(plan, trial, [said[n] for n in sorted(said)])
                yield Examined(trial, cells)
        for subject, quantity, length in wanted.get(jobs[k], ()):
            key = _probed_alike(plan, subject)
            if not quantity:
                probed.setdefault(key, {})[length] = probe_flags(observation, plan.computes(subject))
            else:
                waiting.setdefault(key, []).append((subject, quantity, observation))
            if len(probed.get(key, ())) == len(PROBE_LENGTHS):
                flags = [probed[key][n] for n in PROBE_LENGTHS]
                probe = Probe(tuple(f[0] for f in flags), tuple(f[1] for f in flags))
                for ready in waiting.pop(key, ()):
                    yield judged(plan, *ready, probe)


def _probed_alike(plan: Plan, subject: Subject) -> ProbeKey:
    """The same for all subjects that one probe speaks for."""
    return plan.worker(subject), subject.mode, plan.computes(subject)
