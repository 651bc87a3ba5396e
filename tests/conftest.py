"""What all tests share: which frameworks are here, and which must be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.measure import Pool
from conformance.plan import Filters, Plan, sources, subjects

REQUIRED = tuple(filter(None, os.environ.get("BCE_REQUIRE", "").split(",")))
"""Adapters that may not be missing; elsewhere tests of a missing framework are skipped, with the reason."""


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
