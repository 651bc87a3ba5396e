"""A job through a worker, against the call it is for."""

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pytest

from conformance.measure import Pool
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.subject import Filters, sources, subjects

Say = Callable[[str], None]
Seconds = Callable[..., float]
FRAMEWORKS = {"pytorch": "torch", "tensorflow": "tensorflow", "jax": "jax", "reference": "numpy"}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_transporting(name: str, say: Say, seconds: Seconds) -> None:
    pytest.importorskip(FRAMEWORKS[name])
    found = sources([str(adapters_folder() / f"{name}.py")])
    plan = Plan(found)
    single = subjects(found, Filters(dtypes=("binary32",)))
    subject = next(s for s in single if plan.entry(s).loss == "sigmoid_cross_entropy")
    for quantity in plan.quantities(subject):
        job = plan.job(subject, quantity)
        with Pool(workers=1) as pool:
            first = pool.observe(job)  # starts the worker, and compiles what compiles
            assert first.status == "ok", first.message
            calls: list[float] = []
            whole = seconds(lambda p=pool, j=job, c=calls: c.append(p.observe(j).seconds), time.perf_counter)
            one = dataclasses.replace(job, inputs=tuple(b[:1] for b in job.inputs), alone=job.alone[:1], rotation=0)
            alone = seconds(lambda p=pool, o=one: p.observe(o), time.perf_counter)
        call = min(calls)
        say(
            f"{name} {quantity}, {len(job.alone)} cases: call {1000 * call:.2f} ms, the job {whole / call:.1f} times"
            f" that; a job of one case {1000 * alone:.2f} ms"
        )
        assert len(first.outputs[-1]) == len(job.alone) and np.issubdtype(first.outputs[-1].dtype, np.unsignedinteger)
