"""The suite's options. Import-light: neither numpy nor anything of the project is imported until a test needs it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.suite.matrix import LiveMatrix, StoredMatrix

SUITE = ("conformance.suite", "conformance/suite", "conformance\\suite")
"""How the suite is named on a command line."""

LIVE_HINT = " shows it in full, after an audit"

PROPERTY = ("bce-conformance", "test")
"""Marks the reports of the suite's tests."""

USAGE, NOTHING_RAN = 4, 5


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("bce-conformance", "conformance of binary cross-entropy losses (conformance.suite)")
    several: dict[str, Any] = {"action": "append", "default": []}
    group.addoption(
        "--bce-adapter", metavar="FILE|NAME", help="test this adapter file, or a built-in adapter", **several
    )
    group.addoption("--bce-dtype", metavar="DTYPE", help="test binary16, bfloat16, binary32 or binary64", **several)
    group.addoption("--bce-mode", metavar="MODE", help="test this mode", **several)
    group.addoption("--bce-entry-point", metavar="PATH", help="test this entry point", **several)
    group.addoption(
        "--bce-require", metavar="NAME", help="fail, rather than skip, where this adapter is unavailable", **several
    )
    group.addoption("--bce-quick", action="store_true", help="test the edge cases only")
    group.addoption("--bce-full", action="store_true", help="test the slow modes too")
    group.addoption("--bce-run", metavar="DIR", help="assert on the run in this folder; nothing is measured")


def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Inside the suite, ``--adapter`` is another name of ``--bce-adapter``."""
    if _runs_suite(args):
        group = parser.getgroup("bce-conformance")
        group.addoption("--adapter", action="append", dest="bce_adapter", metavar="FILE|NAME", help="as --bce-adapter")


def pytest_configure(config: pytest.Config) -> None:
    """Watch what the suite's tests come to."""
    config.pluginmanager.register(_Watch(config), "bce-conformance-watch")


def _runs_suite(arguments: list[str]) -> bool:
    return any(name in argument for argument in arguments for name in SUITE)


def matrix(config: pytest.Config) -> StoredMatrix | LiveMatrix:
    """The suite's tests and what each found, made when first asked for.

    Parameters
    ----------
    config : pytest.Config
        Which carries the options.
    """
    watch: _Watch = config.pluginmanager.getplugin("bce-conformance-watch")
    if watch.matrix is None:
        from conformance.adapter_file import AdapterError

        try:
            watch.matrix = _make(config)
        except Exception as error:
            status = getattr(error, "exit_status", USAGE if isinstance(error, AdapterError) else None)
            if status == USAGE:
                raise pytest.UsageError(str(error)) from error
            if status is not None:
                pytest.exit(str(error), status)
            raise
    return watch.matrix


def _make(config: pytest.Config) -> StoredMatrix | LiveMatrix:
    from conformance import selection
    from conformance.suite.matrix import LiveMatrix, StoredMatrix, missing

    quick, full = config.getoption("bce_quick"), config.getoption("bce_full")
    if quick and full:
        raise pytest.UsageError("--bce-quick and --bce-full exclude each other: give one of them")
    found, filters = selection.chosen(
        argparse.Namespace(
            adapter=config.getoption("bce_adapter"),
            entry_point=config.getoption("bce_entry_point"),
            mode=config.getoption("bce_mode"),
            dtype=config.getoption("bce_dtype"),
            keyword="",
            tier="quick" if quick else "full" if full else "default",
            device="cpu",
            python=sys.executable,
        )
    )
    stored = config.getoption("bce_run")
    made = StoredMatrix(stored, found, filters) if stored else LiveMatrix(found, filters)
    for name in missing(made.checks(), config.getoption("bce_require")):
        raise pytest.UsageError(f"--bce-require {name}: nothing of this adapter is tested, so it cannot pass")
    return made


class _Watch:
    """Holds the matrix, and turns a suite of which everything was skipped into "nothing ran"."""

    def __init__(self, config: pytest.Config) -> None:
        self.matrix: StoredMatrix | LiveMatrix | None = None
        self.skipped = self.ran = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Find out before collecting whether the options can be met: here that ends the session with one line."""
        if _runs_suite(session.config.args):
            matrix(session.config)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the suite's tests."""
        if PROPERTY not in report.user_properties:
            return
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped += 1
        elif report.when == "call":
            self.ran += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Stop the workers; nothing that only skipped is green."""
        if self.matrix is not None:
            self.matrix.close()
        if exitstatus == 0 and self.skipped and not self.ran:
            session.exitstatus = NOTHING_RAN
