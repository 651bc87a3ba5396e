"""Old releases, each in an environment of its own: known values of their losses, and what they lack.

Small environments are built; large ones are taken where ``bce-conformance environments build`` has made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from commandline import REQUIRED
from workbench import REVERSE, floats

from conformance.environments import EnvironmentsError, Wanted, build, find
from conformance.environments.recipe import compose
from conformance.job import Job
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.subject import Filters, Subject, sources, subjects

pytestmark = pytest.mark.releases

SMALL = 3.0
"""Gigabytes: what is larger is not built for a test."""

BESIDE = {"keras": ("tensorflow==2.21.0",)}
"""What is installed with a release, to run it on: today's backend, which asks for a later Keras."""

P = "torch.nn.functional.binary_cross_entropy"
Z = P + "_with_logits"
TF = "tf.nn.sigmoid_cross_entropy_with_logits"
KERAS = "keras.losses.BinaryCrossentropy"
OPTAX = "optax.losses.sigmoid_binary_cross_entropy"
LOSS: tuple[tuple[str, str], ...] = ()

VALUES = [
    # 1e-12 was added under the logarithm; since 1.5 the logarithm is clamped at -100.
    *((f"torch-{v}", "pytorch", P, "eager", LOSS, (0.0, 1.0), "0x1.ba18aap+4") for v in ("1.1.0", "1.4.0")),
    *((f"torch-{v}", "pytorch", P, "eager", LOSS, (0.0, 1.0), "0x1.9p+6") for v in ("1.8.1", "2.2.2", "2.15.0")),
    # From 2.3 on a logarithm of the sigmoid, where there was 1 under a logarithm before.
    *((f"torch-{v}", "pytorch", Z, "eager", LOSS, (37.0, 1.0), "0x0p+0") for v in ("1.1.0", "1.8.1", "2.2.2")),
    *((f"torch-{v}", "pytorch", Z, "eager", LOSS, (37.0, 1.0), "0x1.898472p-54") for v in ("2.3.1", "2.15.0")),
    # The gradient lost its tail in 1.13, and does still in a graph of 1.15.
    ("tensorflow-1.13.2", "tensorflow", TF, "eager", REVERSE, (37.0, 1.0), "0x0p+0"),
    ("tensorflow-1.13.2", "tensorflow", TF, "graph", REVERSE, (37.0, 1.0), "0x0p+0"),
    ("tensorflow-1.15.0", "tensorflow", TF, "eager", REVERSE, (37.0, 1.0), "-0x1.898472p-54"),
    ("tensorflow-1.15.0", "tensorflow", TF, "graph", REVERSE, (37.0, 1.0), "0x0p+0"),
    # A clip at 1e-7; then 1e-7 under the logarithm too, and no longer in Keras 3.
    ("tensorflow-1.13.2", "keras[tensorflow]", KERAS, "eager", LOSS, (0.0, 1.0), "0x1.01e3b8p+4"),
    ("tensorflow-2.4.4", "keras[tensorflow]", KERAS, "eager", LOSS, (0.0, 1.0), "0x1.ed992ep+3"),
    ("tensorflow-2.15.1", "keras[tensorflow]", KERAS, "eager", LOSS, (0.0, 1.0), "0x1.ed992ep+3"),
    ("keras-3.0.5", "keras[tensorflow]", KERAS, "eager", LOSS, (0.0, 1.0), "0x1.01e3b8p+4"),
    # In optax itself before 0.1.8, by the same path here.
    ("jax-0.4.13", "jax", OPTAX, "jit", LOSS, (0.0, 1.0), "0x1.62e43p-1"),
]

LACKS = [
    ("torch-1.1.0", "pytorch", Z, "vmap", "binary32", "torch 2.0"),
    ("torch-1.1.0", "pytorch", Z, "eager", "bfloat16", "torch 1.2"),
    ("torch-1.4.0", "pytorch", Z, "eager", "bfloat16", "torch 1.6"),
    ("torch-1.8.1", "pytorch", Z, "eager", "binary16", "torch 2.1"),
    ("torch-2.2.2", "pytorch", P, "eager", "bfloat16", "torch 2.4"),
    ("torch-2.0.1", "pytorch", Z, "compiled", "binary32", "torch 2.1"),
    ("tensorflow-1.13.2", "tensorflow", TF, "xla", "binary32", "tensorflow 1.15"),
    ("tensorflow-1.13.2", "tensorflow", TF, "eager", "bfloat16", "tensorflow 1.14"),
    ("tensorflow-2.4.4", "keras[tensorflow]", "keras.ops.binary_crossentropy", "eager", "binary32", "tensorflow 2.16"),
]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as pool:
        yield pool


@cache
def python_of(release: str) -> str:
    """The interpreter that has a release; elsewhere than in CI, why there is none."""
    name, _, version = release.partition("-")
    wanted = Wanted((f"{name}=={version}", *BESIDE.get(name, ())))
    found = find(wanted)
    if found is not None:
        return found.python
    if compose(wanted).gigabytes() > SMALL:
        return f"! bce-conformance environments build {name}=={version} makes what is too large for a test"
    try:
        return build(wanted).python
    except EnvironmentsError as error:
        if REQUIRED:
            raise
        return f"! {error}"


def plan_for(release: str, adapter: str, tier: str = "full") -> Plan:
    """The adapter, to be run by the interpreter of a release."""
    python = python_of(release)
    if python.startswith("!"):
        pytest.skip(python.removeprefix("! "))
    return Plan([source for source in sources((), python) if source.adapter.name == adapter], tier)


def asked(plan: Plan, path: str, mode: str, dtype: str, steps: Any = LOSS, values: Sequence[float] = (0.0, 1.0)) -> Job:
    """The loss of a logit or a probability, for one case, by its own entry point."""
    (source,) = plan.sources.values()
    wanted = "binary_cross_entropy" if path in (P, KERAS) else "sigmoid_cross_entropy"
    entry = next(e for e in source.adapter.entry_points if (e.path, e.loss) == (path, wanted))
    subject = Subject(source.adapter.name, path, entry.key, mode, dtype)
    one = plan.job(subject, "loss")
    bits = {"binary32": np.uint32}.get(dtype, np.uint16)
    inputs = tuple(np.array([value, value], np.float32).view(np.uint32).astype(bits) for value in values)
    return Job(one.worker, path, entry.key, one.arguments, steps, mode, dtype, inputs, np.zeros(2, bool))


@pytest.mark.parametrize(("release", "adapter", "path", "mode", "steps", "inputs", "got"), VALUES)
def test_a_release_computes_what_it_always_did(
    pool: Pool, release: str, adapter: str, path: str, mode: str, steps: Any, inputs: Sequence[float], got: str
) -> None:
    observation = pool.observe(asked(plan_for(release, adapter), path, mode, "binary32", steps, inputs))
    assert (observation.status, observation.message) == ("ok", "")
    assert floats(observation.outputs[-1]) == [float.fromhex(got)] * 2


@pytest.mark.parametrize(("release", "adapter", "path", "mode", "dtype", "first"), LACKS)
def test_what_a_release_lacks_is_unsupported(
    pool: Pool, release: str, adapter: str, path: str, mode: str, dtype: str, first: str
) -> None:
    observation = pool.observe(asked(plan_for(release, adapter), path, mode, dtype))
    assert observation.status == "unsupported" and observation.message.endswith(f"(since {first})")


@pytest.mark.parametrize(
    ("release", "adapter"),
    [
        *((f"torch-{v}", "pytorch") for v in ("1.1.0", "1.4.0", "1.8.1", "2.0.1", "2.2.2", "2.3.1", "2.15.0")),
        *((f"tensorflow-{v}", "tensorflow") for v in ("1.13.2", "1.15.0", "2.4.4", "2.15.1")),
        *((f"tensorflow-{v}", "keras[tensorflow]") for v in ("1.13.2", "1.15.0", "2.4.4", "2.15.1")),
        *((f"jax-{v}", "jax") for v in ("0.4.13", "0.4.30", "0.12.0.1")),
        *((f"keras-{v}", "keras[tensorflow]") for v in ("3.0.5", "3.6.0")),
    ],
)
def test_nothing_but_numbers_and_what_is_lacking_comes_back(pool: Pool, release: str, adapter: str) -> None:
    plan = plan_for(release, adapter, "quick")
    chosen = subjects(list(plan.sources.values()), Filters(tier="quick"))
    seen = {(s.id, q): pool.observe(plan.job(s, q)) for s in chosen for q in plan.quantities(s)}
    assert {key: said.message for key, said in seen.items() if said.status not in ("ok", "unsupported")} == {}
    assert any(said.status == "ok" for said in seen.values())
