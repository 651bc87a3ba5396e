"""A job for a worker, and the observation that comes back."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class WorkerKey:
    """What keeps workers apart."""

    python: str
    adapter_file: str
    adapter: str
    environ: tuple[tuple[str, str], ...]
    device: str


@dataclass(frozen=True)
class Span:
    """An input that the worker makes itself: ``count`` bit patterns from ``first`` on, in steps of ``step``."""

    first: int
    step: int
    count: int


@dataclass(frozen=True, eq=False)
class Job:
    """One batch of cases for one program.

    Attributes
    ----------
    worker : WorkerKey
        Where it runs.
    entry_point, config : str
        Path and canonical JSON that name an entry point of the adapter.
    arguments : tuple of str
        Names of the inputs.
    steps : tuple of (kind, argument)
        Derivative steps, innermost first; () is the loss.
    mode, dtype : str
        How, and in what.
    inputs : tuple of arrays
        Bits as unsigned integers, equal lengths; rows for a loss of rows.
    alone : array of bool
        Cases that run alone, one call each: their contract says that they raise.
    code : str
        Instead of an entry point, an expression over the arguments.
    rotation : int
        The program is called a second time with its cases rotated by so many places; 0 calls it once.
    prepare : tuple of (argument, expression)
        Executed on the native input before the program is called: another dtype, shape or layout.
    length : int
        The inputs are repeated, in turn, to so many elements in the worker; 0 leaves them as they are.
    free : bool
        There are no cases: one call, whose results may have any shape.
    windows : tuple of (start, length)
        One call each, of so many inputs from that one on, in turn; the results one behind the other. None: one
        call of all.
    script : str
        Instead of what the adapter writes, a whole program, text that defines ``program``; with ``free``, any number
        of results.
    spans : tuple of Span
        Instead of inputs, what the worker makes itself.
    shared : bool
        The outputs lie in memory shared with the worker, where its next job overwrites them.
    timeout : float
        Seconds.
    """

    worker: WorkerKey
    entry_point: str
    config: str
    arguments: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    mode: str
    dtype: str
    inputs: tuple[np.ndarray, ...]
    alone: np.ndarray
    code: str = ""
    rotation: int = 0
    prepare: tuple[tuple[str, str], ...] = ()
    length: int = 0
    free: bool = False
    windows: tuple[tuple[int, int], ...] = ()
    script: str = ""
    spans: tuple[Span, ...] = ()
    shared: bool = False
    timeout: float = 300.0

    def header(self) -> dict[str, Any]:
        """What a worker reads beside the arrays."""
        words = "entry_point config arguments steps mode dtype code rotation prepare length free windows script shared"
        alone = np.flatnonzero(self.alone).tolist()
        head = {"do": "observe", "alone": alone, "spans": [astuple(span) for span in self.spans]}
        return head | {word: getattr(self, word) for word in words.split()}


@dataclass(frozen=True, eq=False)
class Observation:
    """What a subject returned for the cases of a job.

    Attributes
    ----------
    status : str
        "ok", "unsupported", "crashed", "timed-out", "out-of-memory", "raised" (every case raised, or the job
        failed as a whole) or "wrong-shape".
    message : str
        One line: why, when not ok.
    outputs : tuple of arrays
        Bits, one per order (n-1, then n), each as long as the inputs; the rows of what raised are zero.
    again : tuple of arrays
        The last order's bits of a second call, in the cases' own order; empty where they are the first's.
    dtypes : tuple of str
        The dtype each output really has.
    raised : dict
        Case index -> what it raised.
    text : str
        The program, exactly as executed.
    seconds : float
        The calls alone.
    """

    status: str
    message: str = ""
    outputs: tuple[np.ndarray, ...] = ()
    again: tuple[np.ndarray, ...] = ()
    dtypes: tuple[str, ...] = ()
    raised: dict[int, str] = field(default_factory=dict)
    text: str = ""
    seconds: float = 0.0
