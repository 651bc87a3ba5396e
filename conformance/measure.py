"""Job -> observation, through a pool of workers. The only code that talks to them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from conformance.job import Job, Observation, WorkerKey
from conformance.process import Answer, Died, Process, memory_share
from conformance.schedule import Schedule

__all__ = ["Description", "Job", "Observation", "Pool", "Progress", "WorkerKey"]

LOAD_TIMEOUT = 300.0
"""Seconds for the import of a framework."""


Description = dict[str, Any]
"""What a worker says of its adapter.

``status`` (ok, unavailable, crashed, timed-out), ``reason``, ``versions`` {distribution: version},
``python``, ``dtypes`` (native ones), ``modes`` {mode: why it does not resolve, or ""}, ``entry_points``
(records of path, config, reason), ``failure`` (the status of its observations where it does not load),
``seconds`` of the load.
"""

Progress = Callable[[int, int, Job, Observation], None]
"""Called with how many of how many jobs are done, and the last of them."""


class Pool:
    """Warm workers, at most so many at once. Thread-safe; a context manager that leaves nothing behind.

    Parameters
    ----------
    workers : int
        Processes alive at once.
    memory_bytes : int, optional
        What each may allocate; by default four fifths of the machine's memory between them, 0 is no limit.
    progress : callable, optional
        Called by `map` after each job.
    load_timeout : float
        Seconds for the import of a framework.
    """

    def __init__(
        self,
        workers: int = 2,
        memory_bytes: int | None = None,
        progress: Progress | None = None,
        load_timeout: float = LOAD_TIMEOUT,
    ) -> None:
        self.workers, self.progress, self.load_timeout = workers, progress, load_timeout
        self.memory_bytes = memory_share(workers) if memory_bytes is None else memory_bytes
        self._changed = threading.Condition()
        self._idle: list[tuple[WorkerKey, Process]] = []        # least recently used first
        self._busy: list[Process] = []
        self._starting = 0
        self._closed = False
        self._described: dict[WorkerKey, Description] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker. A call that waits for one sees it die."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            for process in self._busy:
                process.kill()
            self._changed.notify_all()
        for _, process in idle:
            process.close()

    def describe(self, key: WorkerKey) -> Description:
        """What this worker's adapter and framework offer. Loaded once; a failure to load is remembered."""
        if key not in self._described:
            with suppress(Died):                # what it died of is the description
                self._return(key, self._ready(key))
        return self._described[key]

    def observe(self, job: Job) -> Observation:
        """Run one job in a warm worker, or a fresh one; blocks. A worker that dies is an observation."""
        try:
            process = self._ready(job.worker)
        except Died as died:
            return Observation(died.status, died.message)
        try:
            answer = process.ask(job.header(), job.inputs, job.timeout)
        except Died as died:
            self._discard(process)
            return Observation(died.status, died.message)
        except BaseException:                   # Ctrl-C
            self._discard(process)
            raise
        observation = _observation(answer)
        if observation.status == "out-of-memory":
            self._discard(process)              # what it still holds is anyone's guess
        else:
            self._return(job.worker, process)
        return observation

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Observation]]:
        """Run jobs, grouped by worker, largest groups first; yields each job's index as it is done."""
        todo = list(jobs)
        schedule = Schedule([job.worker for job in todo], self._load_seconds)
        done: queue.SimpleQueue[tuple[int, Observation] | BaseException] = queue.SimpleQueue()

        def work() -> None:
            index = schedule.next(None)
            try:
                while index is not None:
                    start = time.monotonic()
                    done.put((index, self.observe(todo[index])))
                    index = schedule.next(index, time.monotonic() - start)
            except BaseException as error:      # raised again where the results are wanted
                done.put(error)

        count = 0
        threads = [threading.Thread(target=work, daemon=True) for _ in range(min(self.workers, len(todo)))]
        try:
            for thread in threads:
                thread.start()
            while count < len(todo):
                result = done.get()
                if isinstance(result, BaseException):
                    raise result
                count += 1
                if self.progress is not None:
                    self.progress(count, len(todo), todo[result[0]], result[1])
                yield result
        finally:
            schedule.stop()
            if count < len(todo):               # interrupted: nobody waits for what is running
                with self._changed:
                    for process in self._busy:
                        process.kill()
            for thread in threads:
                thread.join()

    def _load_seconds(self, key: WorkerKey) -> float:
        return float(self._described.get(key, {}).get("seconds", self.load_timeout))

    def _ready(self, key: WorkerKey) -> Process:
        """A process for this key, its adapter loaded, no longer idle; Died where it cannot be had."""
        failure = self._described.get(key, {}).get("failure")
        if failure:
            raise Died(failure, self._described[key]["reason"])
        process = self._claim(key)
        if process is not None:
            return process
        start = time.monotonic()
        process = None
        try:
            process = self._start(key)
            reply = dict(process.ask({"do": "describe"}, (), self.load_timeout).reply)
        except Died as died:
            reply = _failed(died)
        except BaseException:
            self._discard(process)
            raise
        self._described[key] = {**reply, "seconds": time.monotonic() - start}
        if reply["failure"] or process is None:
            self._discard(process)
            raise Died(reply["failure"], reply["reason"])
        return process

    def _claim(self, key: WorkerKey) -> Process | None:
        """An idle process of this key; or None, and room for a new one. Waits while all are busy."""
        with self._changed:
            while not self._closed:
                for n, (warm, process) in enumerate(self._idle):
                    if warm == key:
                        del self._idle[n]
                        self._busy.append(process)
                        return process
                if len(self._idle) + len(self._busy) + self._starting < self.workers:
                    self._starting += 1
                    return None
                if self._idle:
                    self._idle.pop(0)[1].close()
                else:
                    self._changed.wait()
        raise Died("crashed", "the pool is closed")

    def _start(self, key: WorkerKey) -> Process:
        process = None
        try:
            process = Process(
                key.python, key.adapter_file, key.adapter, key.device, dict(key.environ), self.memory_bytes
            )
        finally:
            with self._changed:
                self._starting -= 1
                if process is not None:
                    self._busy.append(process)
                    if self._closed:
                        process.kill()
                self._changed.notify_all()
        return process

    def _return(self, key: WorkerKey, process: Process) -> None:
        with self._changed:
            if not self._closed:
                self._busy.remove(process)
                self._idle.append((key, process))
                self._changed.notify_all()
                return
        self._discard(process)

    def _discard(self, process: Process | None) -> None:
        if process is not None:
            process.close()
            with self._changed:
                self._busy.remove(process)
                self._changed.notify_all()


def _failed(died: Died) -> Description:
    """The description of a worker that never came up."""
    status = {"unavailable": "unavailable", "timed-out": "timed-out"}.get(died.status, "crashed")
    failure = "unsupported" if died.status == "unavailable" else died.status
    nothing: Description = {"versions": {}, "python": "", "dtypes": [], "modes": {}, "entry_points": []}
    return {"status": status, "reason": died.message, "failure": failure, **nothing}


def _observation(answer: Answer) -> Observation:
    reply = answer.reply
    first = len(answer.outputs) - reply["again"]
    return Observation(
        status=reply["status"],
        message=reply["message"],
        outputs=answer.outputs[:first],
        again=answer.outputs[first:],
        dtypes=tuple(reply["dtypes"]),
        raised={int(case): message for case, message in reply["raised"].items()},
        text=reply["text"],
        seconds=reply["seconds"],
    )
