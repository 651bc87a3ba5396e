"""What the tests of the worker share: keys and jobs for the adapter files of this folder."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conformance.measure import Job, WorkerKey

HERE = Path(__file__).parent
ARITHMETIC = HERE / "arithmetic.py"
FAULTY = HERE / "faulty"
REVERSE = (("reverse", "logit"),)


def key(file: Path = ARITHMETIC, adapter: str = "arithmetic", python: str = sys.executable, **env: str) -> WorkerKey:
    return WorkerKey(python, str(file), adapter, tuple(sorted(env.items())), "cpu")


def job(
    worker: WorkerKey,
    entry_point: str = "numpy.multiply",
    logit: Sequence[float] | np.ndarray = (1.0, 2.0, 3.0),
    label: float = 2.0,
    alone: Sequence[int] = (),
    **fields: Any,
) -> Job:
    """A job of binary32 cases."""
    x = np.asarray(logit, np.float32)
    mask = np.zeros(len(x), bool)
    mask[list(alone)] = True
    given = {
        "config": "{}",
        "arguments": ("logit", "label"),
        "steps": (),
        "mode": "eager",
        "dtype": "binary32",
        "inputs": (x.view(np.uint32), np.full_like(x, label).view(np.uint32)),
        "alone": mask,
        **fields,
    }
    return Job(worker, entry_point, **given)


def fault(worker: WorkerKey, name: str, entry_point: str, **fields: Any) -> Job:
    """A job for one of the faulty calls."""
    return job(worker, entry_point, config=json.dumps({"fault": name}), **fields)


def floats(bits: np.ndarray) -> list[float]:
    return [float(x) for x in bits.view(np.float32)]
