"""One test for each subject and quantity. Which there are follows from the adapters' data, or from a run."""

from __future__ import annotations

import pytest

from conformance.pytest_plugin import LIVE_HINT, PROPERTY, matrix
from conformance.report.findings import failing_regions
from conformance.suite.matrix import Check, Outcome, is_required


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the tests; no framework starts here."""
    checks = matrix(metafunc.config).checks()
    metafunc.parametrize("check", checks, ids=[check.id for check in checks])


def test_conformance(check: Check, request: pytest.FixtureRequest) -> None:
    """Every finding of this subject and quantity has a recorded cause."""
    request.node.user_properties.append(PROPERTY)
    outcome = matrix(request.config).outcome(check)
    if outcome.record["status"] != "ok" and is_required(check.adapter, request.config.getoption("bce_require")):
        status, reason = outcome.record["status"], outcome.record["reason"]
        pytest.fail(f"{check.adapter} is required and {status}: {reason}", pytrace=False)
    if outcome.failing or outcome.stale:
        pytest.fail(message(check, outcome, request.config.getoption("bce_run")), pytrace=False)
    if outcome.nothing:
        pytest.skip(outcome.nothing)
    if outcome.causes:
        pytest.xfail(f"recorded: {', '.join(outcome.causes)}")


def message(check: Check, outcome: Outcome, stored: str | None) -> str:
    """The failing regions worst first, what makes each a failure, and how to see one in full."""
    lines = [check.id]
    failing = outcome.failing
    if failing:
        reasons = outcome.assessment.unexpected
        lines += [f"{len(failing)} of {len(outcome.cells)} cells fail", "", failing_regions(failing, reasons), ""]
        worst = next(identity for identity in reasons if identity in {cell.id for cell in failing})
        lines.append(f"bce-conformance explain '{worst}'" + (f" --run {stored}" if stored else LIVE_HINT))
    for identity in outcome.stale:
        cause = outcome.assessment.stale[identity]
        lines.append(f"{identity}: the recorded finding ({cause}) is gone: check why, then run accept")
    return "\n".join(lines)
