"""The function under test as a black box in a worker: arrays in, numbers or a sentence out. All effects are here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from conformance.formats import FORMATS, Bits, Values, from_float64, to_float64
from conformance.job import Job, Observation, WorkerKey
from conformance.measure import Pool
from conformance.subject import Source

DEADLY = ("crashed", "timed-out", "out-of-memory")
DEATHS = 3
"""After so many calls that end the worker nothing more is asked."""

SINGLES = """
import signal

whole = program


def each(arrays):
    try:
        for k in range(0, len(arrays), {count}):
            signal.setitimer(signal.ITIMER_REAL, {timeout!r})
            yield whole(*arrays[k : k + {count}])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def program(*arrays):
    return tuple(each(arrays))
"""
"""One call for each element, of arrays of one: what a loss that returns one number is probed with. They come as arrays
of their own, because a compiler may take every slice for a program of its own. Each has its own time: the alarm ends
the worker, which no code of the function's can put off."""

ALARM = "SIGALRM"


class BoxError(Exception):
    """A function that cannot be probed; the message is one sentence that says what to do."""

    exit_status = 4


class Deadly(Exception):
    """Too many calls have ended the worker; the message says how."""


@dataclass(frozen=True, eq=False)
class Reply:
    """What a call came back with.

    Attributes
    ----------
    status, message : str
        As of an observation.
    values : tuple of ndarray of float64
        Each result, in its shape.
    bits : tuple of ndarray
    dtype : str
        Of the first result.
    """

    status: str
    message: str = ""
    values: tuple[Values, ...] = ()
    bits: tuple[Bits, ...] = ()
    dtype: str = ""

    @property
    def ok(self) -> bool:
        """Whether there are numbers."""
        return self.status == "ok"


@dataclass
class Box:
    """A function of arrays.

    Attributes
    ----------
    pool : Pool
    source : Source
        The adapter whose arrays it is given, and its worker.
    text : str
        A module that defines ``program``.
    timeout : float
        Seconds a call may take.
    calls, answered, deaths : int
        How many calls were made, how many of them returned numbers, and how many ended the worker.
    """

    pool: Pool
    source: Source
    text: str
    timeout: float = 60.0
    calls: int = field(default=0, init=False)
    answered: int = field(default=0, init=False)
    deaths: int = field(default=0, init=False)

    def worker(self, dtype: str) -> WorkerKey:
        """The worker for inputs of a dtype."""
        adapter, source = self.source.adapter, self.source
        environ = {**adapter.environ(dtype, "cpu"), **dict(source.environ)}
        return WorkerKey(source.python, source.file, adapter.name, tuple(sorted(environ.items())), "cpu")

    def call(
        self,
        arrays: Sequence[Values],
        dtype: str,
        integers: Sequence[int] = (),
        single: bool = False,
    ) -> Reply:
        """Call the function.

        Parameters
        ----------
        arrays : sequence of ndarray of float64
            Its arguments in order; exact in the dtype, or rounded to it.
        dtype : str
        integers : sequence of int
            Arguments that are given as integers.
        single : bool
            One call for each element of the first axis.

        Raises
        ------
        Deadly
            Too many calls have ended the worker.
        BoxError
            Too many calls took too long, of a function that has answered others.
        """
        count, text, times = len(arrays), self.text, 1
        if single:
            text += SINGLES.format(count=count, timeout=self.timeout)
            times = len(arrays[0])
            arrays = [array[k : k + 1] for k in range(len(arrays[0])) for array in arrays]
        names = tuple(f"argument{k}" for k in range(len(arrays)))
        bits = tuple(from_float64(np.ravel(a), FORMATS[dtype]).reshape(np.shape(a)) for a in arrays)
        prepare = tuple((name, self._integer(name)) for k, name in enumerate(names) if k % count in integers)
        observed = self.run(text, names, bits, dtype, prepare, times)
        if single and observed.status == "crashed" and observed.message.startswith(ALARM):
            observed = Observation("timed-out", f"no answer within {self.timeout:g} s")
        self.calls += 1
        self.answered += observed.status == "ok"
        self.deaths += observed.status in DEADLY
        if self.deaths >= DEATHS:
            self._give_up(observed)
        return _reply(observed)

    def _give_up(self, last: Observation) -> NoReturn:
        if last.status != "timed-out":
            raise Deadly(f"{last.status}: {last.message}")
        if not self.answered:
            raise Deadly(f"{last.status}: {last.message}; give a slow function more with --timeout")
        some = f"answered {self.answered} of {self.calls} calls, and took longer than {self.timeout:g} s in others"
        raise BoxError(f"The function {some}: give it more time with --timeout.")

    def run(
        self,
        script: str,
        names: tuple[str, ...],
        bits: tuple[Bits, ...],
        dtype: str,
        prepare: tuple[tuple[str, str], ...] = (),
        times: int = 1,
    ) -> Observation:
        """Run a script that defines ``program`` on arrays of any shape, and calls the function so many times."""
        return self.pool.observe(
            Job(
                worker=self.worker(dtype),
                entry_point="",
                config="{}",
                arguments=names,
                steps=(),
                mode=next(iter(self.source.adapter.modes)),
                dtype=dtype,
                inputs=bits,
                alone=np.zeros(0, bool),
                free=True,
                prepare=prepare,
                script=script,
                timeout=self.timeout * times,
            )
        )

    def _integer(self, name: str) -> str:
        adapter = self.source.adapter
        cast = adapter.cast or "{x}.astype({dtype})"
        others: Mapping[str, str] = adapter.others
        return cast.format(x=name, dtype=others.get("int64", "'int64'"))


def _reply(observed: Observation) -> Reply:
    if observed.status != "ok":
        return Reply(observed.status, observed.message)
    values, dtype = [], observed.dtypes[0]
    for bits, of in zip(observed.outputs, observed.dtypes, strict=True):
        if of not in FORMATS:
            return Reply("wrong-dtype", f"the result is of {of}", dtype=of)
        values.append(to_float64(np.ravel(bits), FORMATS[of]).reshape(bits.shape))
    return Reply("ok", "", tuple(values), observed.outputs, dtype)
