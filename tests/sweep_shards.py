"""Shards for the tests of a sweep's machinery, and a coordinator to be killed: importable by every worker."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from conformance.sweep.checkpoint import Checkpoint
from conformance.sweep.coordinator import run
from conformance.sweep.executors import open_executor, pinned

SWEEP = {"what": "test", "options": {"count": 8}}


@dataclass(frozen=True)
class Part:
    """A part of a sweep. The functions that misbehave do so where its number is 3; their notes lie in the folder."""

    number: int
    folder: str = ""

    @property
    def key(self) -> str:
        return f"part-{self.number}"

    @property
    def weight(self) -> int:
        return self.number + 1

    def note(self, what: str) -> Path:
        return Path(self.folder, f"{self.key}.{what}")


def parts(count: int, folder: Path | str = "") -> list[Part]:
    return [Part(number, str(folder)) for number in range(count)]


def judge(part: Part) -> dict[str, Any]:
    """A figure whose every bit counts, in an order of fields that is not the alphabet's."""
    return {"sum": sum((1 / (n + 1)) ** 0.5 for n in range(part.number * 100)), "count": part.number, "at": [0.1, None]}


def where(part: Part) -> dict[str, Any]:
    time.sleep(0.1)     # long enough that each process gets one
    deaf = [signal.getsignal(signal.SIGINT) is signal.SIG_IGN, signal.SIGINT in signal.pthread_sigmask(0, ())]
    return {"pid": os.getpid(), "ppid": os.getppid(), "deaf": deaf, **pinned()}


def count(part: Part) -> dict[str, Any]:
    """Judge, and leave a mark for each time."""
    with part.note("runs").open("a") as file:
        file.write("x")
    return judge(part)


def kill_once(part: Part) -> dict[str, Any]:
    if part.number == 3 and not part.note("died").exists():
        part.note("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return count(part)


def kill_always(part: Part) -> dict[str, Any]:
    if part.number == 3:
        with part.note("died").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return count(part)


def kill_some(part: Part) -> dict[str, Any]:
    if part.number in (1, 3, 5):
        os.kill(os.getpid(), signal.SIGKILL)
    return judge(part)


def kill_all(part: Part) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def fail(part: Part) -> dict[str, Any]:
    if part.number == 3:
        raise ZeroDivisionError("part 3 divides by zero")
    return count(part)


def hang(part: Part) -> dict[str, Any]:
    """From part 3 on, wait until somebody makes a file."""
    part.note("pid").write_text(str(os.getpid()))
    while part.number >= 3 and not Path(part.folder, "go").exists():
        time.sleep(0.02)
    return count(part)


def pool_of_threads() -> Executor:
    return ThreadPoolExecutor(2)


def no_executor() -> int:
    return 1


class DropsShards(Executor):
    """An executor that cancels what it is given."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        return future


class InFours(Executor):
    """An executor that begins when it has four tasks, and ends them all before anybody can look."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, partial(fn, *args, **kwargs)))
        if len(self.waiting) == 4:
            for each, task in self.waiting:
                try:
                    each.set_result(task())
                except Exception as error:
                    each.set_exception(error)
        return future


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that must happen; far longer than it takes."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def main() -> None:
    """Run a sweep of eight parts as a command would: in a process that may be killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("function")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where the tests run in the background, it is ignored
    with Checkpoint(Path(args.folder, "checkpoint.jsonl"), SWEEP, args.resume) as checkpoint:
        try:
            opened = partial(open_executor, "processes", 2)
            run(globals()[args.function], parts(8, args.folder), opened, checkpoint)
        except KeyboardInterrupt:
            sys.exit(2)


if __name__ == "__main__":
    main()
