"""What a release lacks, and the first one that has it: told by the adapter's data, decided by the release."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workbench import job, key

from conformance.adapter import Adapter
from conformance.adapter_file import load_adapters
from conformance.measure import Pool, WorkerKey
from conformance.places import adapters_folder

ADAPTER = r"""
from conformance.adapter import Adapter, EntryPoint

class Patient(Adapter):
    name = "patient"
    distributions = ("numpy",)
    imports = "import numpy"
    names = {"binary32": "numpy.float32", "bfloat16": "numpy.bfloat16"}
    literal = "numpy.array({values}, {dtype})"
    modes = {"eager": "{f}", "fast": "numpy.fast.compile({f})", "strict": "numpy.errstate({f}, strict=True)"}
    unsupported = "not implemented"
    since = {
        r"numpy\.losses": "99.1",
        r"numpy\.fast": "numpy 99.10",
        r"numpy\.bfloat16$": "numpy 99.3",
        "soft not implemented": "numpy 99.4",
        "logit": "numpy 1.0",
    }
    entry_points = (
        EntryPoint("numpy.multiply", "product", "logit * label"),
        EntryPoint("numpy.losses.logistic", "product", "numpy.losses.logistic(logit, label)"),
        EntryPoint("numpy.add", "sum", "(_ for _ in ()).throw(RuntimeError('soft not implemented'))"),
        EntryPoint("numpy.divide", "sum", "(_ for _ in ()).throw(RuntimeError('hard not implemented'))"),
        EntryPoint("numpy.power", "sum", "logit + label", since="numpy 99.5"),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

class Late(Patient):
    name, imports = "late", "import numpy\nraise ValueError('no soft backend')"
    since = {"no soft backend": "99.6"}

class Broken(Late):
    name, since = "broken", {"no soft backend": "1.6"}

ADAPTERS = [Patient(), Late(), Broken()]
"""


@pytest.fixture
def worker(tmp_path: Path) -> WorkerKey:
    file = tmp_path / "patient.py"
    file.write_text(ADAPTER)
    return key(file, "patient")


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(1) as pool:
        yield pool


@pytest.mark.parametrize(
    ("entry_point", "fields", "lacks", "first"),
    [
        ("numpy.losses.logistic", {}, "module 'numpy' has no attribute 'losses'", "numpy 99.1"),
        ("numpy.multiply", {"mode": "fast"}, "module 'numpy' has no attribute 'fast'", "numpy 99.10"),
        ("numpy.losses.logistic", {"mode": "fast"}, "has no attribute 'fast'", "numpy 99.10"),  # the last to come
        ("numpy.multiply", {"dtype": "bfloat16"}, "patient has no bfloat16 in this release", "numpy 99.3"),
        ("numpy.add", {}, "soft not implemented", "numpy 99.4"),
        ("numpy.divide", {}, "hard not implemented", ""),  # nobody knows
        ("numpy.multiply", {"mode": "strict"}, "unexpected keyword argument 'strict'", ""),
        ("numpy.multiply", {"mode": "jit"}, "patient has no mode 'jit'", ""),
    ],
)
def test_the_first_release_is_told(
    pool: Pool, worker: WorkerKey, entry_point: str, fields: dict[str, Any], lacks: str, first: str
) -> None:
    observation = pool.observe(job(worker, entry_point, **fields))
    assert observation.status == "unsupported" and lacks in observation.message
    assert re.findall(r" \(since (.*)\)$", observation.message) == [first] * bool(first)


def test_what_no_attribute_shows_is_not_asked(pool: Pool, worker: WorkerKey) -> None:
    observation = pool.observe(job(worker, "numpy.power"))
    assert observation.status == "unsupported"
    assert observation.message == f"needs numpy 99.5 or newer, this is {np.__version__}"


def test_what_resolves_is_measured_whatever_is_declared(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "patient.py"
    file.write_text(ADAPTER.replace('"numpy 1.0"', '"numpy 99.0"'))
    assert pool.observe(job(key(file, "patient"))).status == "ok"


def test_the_description_tells_it_too(pool: Pool, worker: WorkerKey) -> None:
    description = pool.describe(worker)
    assert description["modes"]["fast"].endswith("(since numpy 99.10)")
    assert description["entry_points"][1]["reason"].endswith("(since numpy 99.1)")
    assert description["entry_points"][0]["reason"] == ""


def test_a_framework_that_is_too_old_for_an_import_is_unsupported(pool: Pool, worker: WorkerKey) -> None:
    for name, status, end in (("late", "unsupported", "ValueError: no soft backend (since numpy 99.6)"),
                              ("broken", "raised", "ValueError: no soft backend")):  # fmt: skip
        description = pool.describe(key(Path(worker.adapter_file), name))
        assert (description["status"], description["failure"]) == ("unavailable", status)
        assert description["reason"].endswith(end)


def built_in() -> list[Adapter]:
    return [adapter for file in sorted(adapters_folder().glob("*.py")) for adapter in load_adapters(str(file))]


@pytest.mark.parametrize("adapter", [a for a in built_in() if a.since], ids=lambda adapter: adapter.name)
def test_every_release_that_is_declared_is_one(adapter: Adapter) -> None:
    for release in adapter.since.values():
        distribution, number = release.split()  # a built-in adapter says of which distribution
        assert distribution in adapter.distributions and re.fullmatch(r"\d+\.\d+(\.\d+)?", number)
