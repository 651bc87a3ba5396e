"""Benchmarks run when they are asked for, ``pytest tests/benchmarks``, and print figures instead of judging them.

A figure is a rate per second of this process's CPU time, or the ratio of two times taken one after the other in this
run: a busy machine slows both. No figure passes or fails a test.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: figures are of one core

HERE = Path(__file__).resolve().parent
LINES = pytest.StashKey[list[str]]()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Only where this folder, or a file in it, is named on the command line."""
    named = (Path(config.invocation_params.dir, argument.split("::")[0]).resolve() for argument in config.args)
    return None if any(HERE in (path, *path.parents) for path in named) else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures, after the dots."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line at the end."""
    return request.config.stash.setdefault(LINES, []).append


@pytest.fixture
def seconds() -> Callable[..., float]:
    """The best of three calls, or of what they take by another clock."""

    def best(call: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
        times = []
        for _ in range(3):
            begin = clock()
            call()
            times.append(clock() - begin)
        return min(times)

    return best
