"""The list: every check run through a pool of workers, in order, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

from conformance.known_defects.checks import SCHEMA, Check, Checked, counts, job, judged, ordered, unrun
from conformance.loaded import version
from conformance.measure import Pool, WorkerKey
from conformance.plan import Plan


def checked(
    checks: Sequence[Check],
    plan: Plan,
    pool: Pool,
    device: str = "cpu",
    advance: Callable[[str], object] = str,
) -> list[Checked]:
    """Run checks and say what came of each, by state.

    Parameters
    ----------
    checks : sequence of Check
    plan : Plan
        With a source for each of their adapters.
    pool : Pool
    device : str
        Where the workers' frameworks compute; a script may ask for another.
    advance : callable
        Called with the id of each check as it is done.
    """
    found = {check: unrun(check) for check in checks if not check.adapter}
    for check in found:
        advance(check.id)
    scripts = [check for check in checks if check.adapter]
    jobs = [job(check, plan, device) for check in scripts]
    for k, observation in pool.map(jobs):
        check = scripts[k]
        own = plan.sources[check.adapter].adapter.distributions
        installed = _version(check.defect.distribution or next(iter(own), ""), jobs[k].worker, pool)
        framework = check.defect.distribution or check.adapter
        found[check] = Checked(check, *judged(check, observation), framework, installed)
        advance(check.id)
    return ordered(found[check] for check in checks)


def to_text(found: Sequence[Checked]) -> str:
    """The list as JSON."""
    document = {"schema": SCHEMA, "counts": counts(found), "checks": [one.to_json() for one in found]}
    return json.dumps(document, indent=1)


def _version(distribution: str, worker: WorkerKey, pool: Pool) -> str:
    """The installed release of a distribution: what the worker said, or, in the same interpreter, its metadata."""
    said = str(pool.describe(worker)["versions"].get(distribution, ""))
    return said or (version(distribution) if distribution and worker.python == sys.executable else "")
