"""What lies at a place that a side names: a saved run with its observations, or a baseline with some of them."""

from __future__ import annotations

from pathlib import Path

from conformance import observations, run
from conformance.compare import baseline_file
from conformance.compare.baselines import SUFFIX
from conformance.compare.judged_tests import Held
from conformance.run import Run


def read(results: Path) -> Run:
    """The run of a results folder, a run's file or a baseline.

    Raises
    ------
    RunError
        It cannot be read.
    """
    return baseline_file.read(results).run if results.name.endswith(SUFFIX) else run.read(results)


def held(results: Path) -> Held:
    """What is held of its results: the bits of every case, those of some, or nothing."""
    return baseline_file.read(results).kept if results.name.endswith(SUFFIX) else observations.read(results)
