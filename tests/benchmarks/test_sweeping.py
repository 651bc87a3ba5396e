"""A sweep's parts: the oracle alone, measuring and judging against measuring alone, one process against two."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.curve import ROW, curves
from conformance.formats import BINARY32, FORMATS
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.subject import Filters, Subject, sources, subjects
from conformance.sweep import shard
from conformance.sweep.executors import open_executor
from conformance.sweep.ledger import BLOCK
from conformance.sweep.shard import Shard, Swept
from conformance.sweep.space import SHARD, Column, shards

Say = Callable[[str], None]
Seconds = Callable[..., float]

FASTEST = {
    "pytorch": ("torch.nn.functional.binary_cross_entropy_with_logits", "eager"),
    "tensorflow": ("tf.nn.sigmoid_cross_entropy_with_logits", "xla"),
    "jax": ("optax.losses.sigmoid_binary_cross_entropy", "jit"),
}


def swept(name: str, dtype: str = "binary32", second: bool = False) -> Swept:
    """What a sweep measures of the fastest mode of a framework; skips where it is not installed."""
    entry, mode = FASTEST[name]
    found = [source for source in sources() if source.adapter.name == name]
    filters = Filters(adapters=(name,), entry_points=(entry,), modes=(mode,), dtypes=(dtype,), tier="full")
    subject: Subject = subjects(found, filters)[0]
    with Pool(1) as pool:
        said = pool.describe(Plan(found).worker(subject))
    if said["status"] != "ok":
        pytest.skip(said["reason"])
    step = ("reverse", "logit")
    names, steps = (("d2_logits",), (step, step)) if second else (("loss", "d_logits"), (step,))
    return Swept(found[0].file, sys.executable, subject, names, steps, (False, False))


@pytest.mark.parametrize(
    ("loss", "first"), [("sigmoid_cross_entropy", "logits"), ("binary_cross_entropy", "probabilities")]
)
def test_the_oracle_alone(loss: str, first: str, say: Say, seconds: Seconds) -> None:
    place = np.array([0.3, 0.77]).astype(np.float32).view(np.uint32) & np.uint32(0xFFFC0000)
    for start in place.tolist():
        both, out = ("loss", f"d_{first}"), np.zeros((2, BLOCK // ROW, ROW))  # where a sweep has them put, too
        own = seconds(
            lambda start=start, both=both, out=out: [
                curves(loss, both, BINARY32, start, BLOCK, 0.0, out) for _ in range(20)
            ]
        )
        x, y = np.linspace(0.1, 0.9, BLOCK), np.zeros(BLOCK)
        function = seconds(lambda x=x, y=y: [np.exp(x, out=y) for _ in range(20)])
        say(
            f"oracle of {loss} from {start:#x}: {20 * BLOCK / own / 1e6:,.0f} million losses and gradients a second,"
            f" {function / own:.1f} times as fast as one np.exp"
        )


@pytest.mark.parametrize("name", FASTEST)
def test_measuring_and_judging(name: str, say: Say) -> None:
    """The first eighth of every fourth shard of one label; wall-clock, with everything on one CPU."""
    what = swept(name)
    every = [Shard(what, (replace(c, count=1 << 22),)) for (c,) in shards("logit", BINARY32, [0], False)][::4]
    shard.run(every[0])
    begin = time.perf_counter()
    for one in every:
        shard.run(one)
    whole = time.perf_counter() - begin
    framework = _framework_alone(every)
    count = sum(one.columns[0].count for one in every)
    say(
        f"{name}: {count / whole / 1e6:.0f} million logits a second and core, loss and gradient;"
        f" {1e9 * whole / count:.1f} ns a logit, {1e9 * framework / count:.1f} of it the framework's calls,"
        f" so {1e9 * (whole - framework) / count:.1f} more"
    )


def _framework_alone(every: list[Shard]) -> float:
    """Seconds of the calls themselves, as the worker measures them."""
    total = 0.0
    plan = shard._plan(every[0].swept.file, every[0].swept.python, every[0].swept.subject.adapter)
    with shard.one_cpu():
        for one in every:
            for column in one.columns[0].batches():
                total += shard._pool().observe(shard.job_of(one.swept, plan, column)).seconds
    return total


@pytest.mark.parametrize("dtype", ["binary16", "bfloat16"])
def test_all_of_16_bits(dtype: str, say: Say) -> None:
    """One entry point, 66 labels, loss, gradient and second derivative, in two processes, after they have started."""
    from conformance.sweep.space import labels

    fmt = FORMATS[dtype]
    pieces = shards("logit", fmt, labels(fmt, soft=True), mirrored=True)
    every = [
        Shard(one, columns) for one in (swept("pytorch", dtype), swept("pytorch", dtype, True)) for columns in pieces
    ]
    with open_executor("processes", 2) as executor:
        list(executor.map(shard.run, every[:2]))
        begin = time.perf_counter()
        list(executor.map(shard.run, every))
        whole = time.perf_counter() - begin
    points = sum(one.weight for one in every)
    say(f"all of {dtype}, 66 labels: {points:,} results in {whole:.1f} s, {points / whole / 1e6:.1f} million a second")


def multiply(block: int) -> float:
    """Work that stays in a core's own cache: what two processes do of it is what the machine gives to two."""
    values = np.linspace(0.5, 1.5, 2048) + block
    for _ in range(100_000):
        np.multiply(values, 1.0000001, out=values)
    return float(values[0])


def test_two_processes_against_one(say: Say) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one CPU")
    what = swept("pytorch")
    every = [Shard(what, (Column(0, start, 1 << 22),)) for start in range(0x3D000000, 0x42000000, 1 << 22)]

    def gain(call: Callable[[Any], object], pieces: Sequence[object]) -> float:
        times = {}
        for workers in (1, 2):
            with open_executor("processes", workers) as executor:
                list(executor.map(call, pieces[:workers]))
                begin = time.perf_counter()
                list(executor.map(call, pieces))
                times[workers] = time.perf_counter() - begin
        return times[1] / times[2]

    machine, sweeping = gain(multiply, range(20)), gain(shard.run, every)
    say(f"two processes do {sweeping:.2f} times the work of one; of work without memory {machine:.2f} times")


def test_peak_memory(say: Say) -> None:
    """Of an executor's process, and of its framework's worker, after a shard of the usual size."""
    text = (
        "import resource, sys; sys.path.insert(0, 'tests/benchmarks'); from test_sweeping import *; "
        f"shard.run(Shard(swept('tensorflow'), (Column(0, {0x3F800000}, {SHARD}),))); shard._pool().close(); "
        "print(*(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    mine, theirs = (int(number) / 1024 for number in done.stdout.split())
    say(f"peak memory: {mine:.0f} MiB of a process that judges, {theirs:.0f} MiB of TensorFlow's worker beside it")
