"""What all tests share: which frameworks are here, which must be, and one audit of them all."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import REQUIRED, bce

from conformance.measure import Pool
from conformance.plan import Plan
from conformance.run import Run, read
from conformance.subject import Filters, sources, subjects


@pytest.fixture(scope="session")
def described() -> Iterator[Callable[[str], dict[str, Any]]]:
    """A function from an adapter's name to what its worker says of it, asked once a session."""
    plan = Plan(sources())
    with Pool(1) as pool:

        def describe(name: str) -> dict[str, Any]:
            first = subjects(list(plan.sources.values()), Filters(adapters=(name,)))[0]
            return pool.describe(plan.worker(first))

        yield describe


@pytest.fixture
def framework(described: Callable[[str], dict[str, Any]]) -> Callable[[str], None]:
    """A function that skips a test whose framework is missing, and fails it where the framework is required."""

    def need(name: str) -> None:
        record = described(name)
        if record["status"] != "ok":
            if name in REQUIRED:
                pytest.fail(f"{name} is required (BCE_REQUIRE), and is {record['status']}: {record['reason']}")
            pytest.skip(f"{name} is {record['status']}: {record['reason']}")

    return need


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A default audit of everything here, as a user runs it: once a session."""
    out = tmp_path_factory.mktemp("audit")
    required = [word for name in REQUIRED for word in ("--require", name)]
    return bce("audit", "--out", str(out), *required), out


@pytest.fixture(scope="session")
def run(audited: tuple[subprocess.CompletedProcess[str], Path]) -> Run:
    """What it wrote."""
    return read(audited[1])
