"""One pass over subjects: plan → measure → judge → summarise. Audits and the suite's tests are this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.judgement import Result, judged
from conformance.measure import Observation, Pool, WorkerKey
from conformance.plan import Plan, Subject
from conformance.probe import PROBE_LENGTHS, Probe, probe_flags

ProbeKey = tuple[WorkerKey, str, str]


def results(plan: Plan, subjects: Sequence[Subject], pool: Pool) -> Iterator[Result]:
    """Measure and judge subjects; results come as they are ready.

    Parameters
    ----------
    plan : Plan
    subjects : sequence of Subject
    pool : Pool

    Yields
    ------
    Result
        One for each subject and quantity.
    """
    tasks: list[tuple[Subject, str, int]] = []
    for subject in {_probed_alike(plan, s): s for s in subjects}.values():
        tasks += [(subject, "", length) for length in PROBE_LENGTHS]
    tasks += [(subject, quantity, 0) for subject in subjects for quantity in plan.quantities(subject)]
    jobs = [plan.job(s, q) if q else plan.probe(s, length) for s, q, length in tasks]
    probed: dict[ProbeKey, dict[int, tuple[bool, bool]]] = {}
    waiting: dict[ProbeKey, list[tuple[Subject, str, Observation]]] = {}
    for k, observation in pool.map(jobs):
        subject, quantity, length = tasks[k]
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
