"""The coordinator of a sweep: has every shard run on an executor, and outlives the workers that die over one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from conformance.sweep.checkpoint import Checkpoint, Result
from conformance.sweep.executors import ExecutorError, capacity, deaths

MOST_DEATHS = 3
"""Workers that may die while they run one shard, the last of them while it runs alone."""

MOST_CULPRITS = 3
"""Shards in a row that may end their workers: when nothing else gets done either, the fault is not theirs."""

MOST_DESERTED = 120
"""So many times in a row, a second apart, a cluster may be seen without a worker: who replaces one does it sooner."""

WAKE_SECONDS = 1.0
"""How long Ctrl-C may wait where a wait cannot be interrupted, and a cluster's new workers for shards."""


class Shard(Protocol):
    """A part of a sweep: small, picklable, a value."""

    @property
    def key(self) -> str:
        """Names it: unique and stable."""

    @property
    def weight(self) -> int:
        """How many points it judges."""


S = TypeVar("S", bound=Shard)

Progress = Callable[[int, int, int], None]
"""Called with the weight that is done, that of all shards, and what of the former was done before this session."""


class ShardError(Exception):
    """Shards ended their workers again and again; the message is one sentence for the user."""

    exit_status = 3


def run(
    function: Callable[[S], Result],
    shards: Iterable[S],
    opened: Callable[[], AbstractContextManager[Executor]],
    checkpoint: Checkpoint,
    progress: Progress | None = None,
    window: int | None = None,
) -> dict[str, Result]:
    """Run all shards that the checkpoint does not hold, and record each in it as it finishes.

    Parameters
    ----------
    function : callable
        Shard -> JSON; importable by the workers.
    shards : iterable of Shard
        All of the sweep.
    opened : callable
        Opens the executor, as `conformance.sweep.executors.open_executor` does; called again when it broke. It is
        left with an exception where nobody should wait for what runs.
    checkpoint : Checkpoint
        What is finished already, and where the rest goes.
    progress : callable, optional
        Called at the start and after each shard.
    window : int, optional
        Futures at once; by default twice the workers, and two.

    Returns
    -------
    dict
        Key -> result, in the order of the shards, whichever executor ran them and however often.

    Raises
    ------
    ShardError
        Workers died over a shard; all others are done, unless none could be.
    ExecutorError
        The executor gave up.
    Exception
        Whatever the function raises. What was finished is in the checkpoint, as it is after Ctrl-C.
    """
    every = list(shards)
    if len({shard.key for shard in every}) < len(every):
        raise ValueError("two shards have the same key")
    sweep = _Sweep(function, every, checkpoint, progress, window)
    while sweep.left:
        with opened() as executor:
            sweep.advance(executor)
    if sweep.culprits:
        raise ShardError(sweep.accusation())
    return {shard.key: checkpoint.results[shard.key] for shard in every}


class _Sweep(Generic[S]):
    """The state of one session. Lives on while executors come and go."""

    def __init__(
        self,
        function: Callable[[S], Result],
        shards: Sequence[S],
        checkpoint: Checkpoint,
        progress: Progress | None,
        window: int | None,
    ) -> None:
        self.function, self.checkpoint, self.progress, self.window = function, checkpoint, progress, window
        self.todo = deque(shard for shard in shards if shard.key not in checkpoint.results)
        self.total = sum(shard.weight for shard in shards)
        self.before = self.done = self.total - sum(shard.weight for shard in self.todo)
        self.suspects: deque[S] = deque()      # in flight when a worker died: each runs alone, the rest waits
        self.trial = False                     # one of them does
        self.deaths: Counter[str] = Counter()
        self.culprits: dict[str, str] = {}     # key -> what happened
        self.fruitless = 0                     # culprits since a shard finished
        self.workers = 1
        self.deserted = 0                      # how often in a row there was no worker
        self._tell()

    @property
    def left(self) -> bool:
        return bool(self.todo or self.suspects) and self.fruitless < MOST_CULPRITS

    def advance(self, executor: Executor) -> None:
        """Run shards until none is left, or the executor broke."""
        running: dict[Future[Result], S] = {}  # oldest first
        self.deserted = 0
        try:
            while running or self.left:
                error = self._fill(executor, running)
                wait(running, WAKE_SECONDS, FIRST_COMPLETED)
                if self.deserted > MOST_DESERTED:
                    raise ExecutorError(f"The executor has no workers any more: start some; {self._kept()}.")
                for future in [future for future in running if future.done()]:
                    error = error or self._harvest(future, running)
                if error is not None:
                    self._broken(running, error)
                    return
        except BaseException:
            self._keep(running)                # what is still running ends with the executor
            raise

    def _fill(self, executor: Executor, running: dict[Future[Result], S]) -> BrokenExecutor | None:
        """Submit shards while there is room; the error where the executor is broken."""
        try:
            found = capacity(executor)
            self.deserted = 0 if found else self.deserted + 1
            self.workers = max(1, found)
            while self.left and not self.trial and len(running) < (self.window or 2 * self.workers + 2):
                if self.suspects and running:
                    return None
                queue = self.suspects or self.todo
                future = executor.submit(self.function, queue[0])
                self.trial = queue is self.suspects
                running[future] = queue.popleft()
                if future.done():              # record it before the next is begun: that may take as long again
                    return None
        except BrokenExecutor as error:
            return error
        except Exception as error:
            raise ExecutorError(f"The executor takes no more shards ({_reason(error)}); {self._kept()}.") from error
        return None

    def _harvest(self, future: Future[Result], running: dict[Future[Result], S]) -> BrokenExecutor | None:
        """Take in a future that is done; the error where the executor broke."""
        if future.cancelled():
            shard = running[future]
            raise ExecutorError(f"The executor dropped {shard.key} (did its scheduler end?); {self._kept()}.")
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            return error
        shard = running.pop(future)
        if error is None:
            self._record(shard, future.result())
        elif deaths(error):
            self._death(shard, deaths(error), error, self.trial)
        else:
            raise error
        return None

    def _broken(self, running: dict[Future[Result], S], error: BaseException) -> None:
        """Suspect the shards that were at work when a pool broke: it begins them in order, so the oldest it had."""
        self._keep(running)
        alone, lost = self.trial, list(running.values())
        running.clear()
        if not lost:                           # it broke before it took one: else it could do so for ever
            alone, lost = bool(self.suspects), [(self.suspects or self.todo).popleft()]
        self.todo.extendleft(reversed(lost[self.workers :]))
        for shard in lost[: self.workers]:
            self._death(shard, 1, error, alone)

    def _death(self, shard: S, number: int, error: BaseException, alone: bool) -> None:
        """Count the workers that died over a shard, or over one beside it."""
        self.trial = False
        self.deaths[shard.key] += number
        if alone and self.deaths[shard.key] >= MOST_DEATHS:
            self.culprits[shard.key] = _reason(error)
            self.fruitless += 1
        else:
            self.suspects.append(shard)

    def _record(self, shard: S, result: Result) -> None:
        self.checkpoint.append(shard.key, result)
        self.trial, self.fruitless = False, 0
        self.done += shard.weight
        self._tell()

    def _keep(self, running: dict[Future[Result], S]) -> None:
        """Record what is finished though nobody waited for it."""
        for future in list(running):
            if future.done() and not future.cancelled() and future.exception() is None:
                self._record(running.pop(future), future.result())

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total, self.before)

    def _kept(self) -> str:
        return f"what is finished is kept in {self.checkpoint.path}, continue with --resume"

    def accusation(self) -> str:
        """Whose workers died, and what is kept."""
        names = ", ".join(f"{key} ({self.deaths[key]} times)" for key in self.culprits)
        reason = next(reversed(self.culprits.values()))
        if self.todo or self.suspects:
            return f"Workers die whatever they run, {names} last: {reason}; {self._kept()}."
        return (
            f"The workers that ran these shards died again and again: {names}; {reason}; all other shards are "
            f"finished and kept in {self.checkpoint.path}, --resume tries only these again."
        )


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
