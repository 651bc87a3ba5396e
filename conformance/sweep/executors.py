"""Executors by name: this process, a pool of pinned processes, a Dask cluster, or anybody's own."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

NAMES = ("serial", "processes", "dask")
"""The executors that have a name; any other is ``MODULE:FACTORY``."""

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What numerical libraries read their number of threads from, once, when they are loaded."""

CONNECT_TIMEOUT = 10
"""Seconds for a Dask scheduler to answer and to have a worker."""

P = ParamSpec("P")
T = TypeVar("T")


class ExecutorError(Exception):
    """An executor cannot be had or does not do its work; the message is one sentence for the user."""

    exit_status = 4


@contextmanager
def open_executor(name: str, workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """An executor, shut down at the end; after an exception it is stopped and nobody waits for what it runs.

    Parameters
    ----------
    name : str
        ``serial``, ``processes``, ``dask``, or ``MODULE:FACTORY``: a function without arguments that returns an
        executor.
    workers : int
        Processes of the pool. The others know their own number.
    scheduler : str, optional
        The address of the Dask scheduler.

    Raises
    ------
    ExecutorError
        There is no such executor, or the scheduler cannot be reached.
    """
    with _opened(name, workers, scheduler) as executor:
        try:
            yield executor
        except BaseException:
            stop(executor)
            raise
        executor.shutdown()


def stop(executor: Executor) -> None:
    """Shut an executor down at once: a pool's processes are killed, whatever they run."""
    processes = list((getattr(executor, "_processes", None) or {}).values())  # kill_workers() needs Python 3.14
    for process in processes:
        process.kill()
    with suppress(Exception):  # the error that brought us here is the one to tell
        if processes:  # its futures all fail now; one cancelled before would trip the pool's own cleaning up
            executor.shutdown()
        elif hasattr(executor, "_client"):  # Dask's cancels what is pending, and knows no option for it
            executor.shutdown(wait=False)
        else:
            executor.shutdown(wait=False, cancel_futures=True)


def capacity(executor: Executor) -> int:
    """How many shards an executor can run at once, now: a cluster's number changes."""
    client = getattr(executor, "_client", None)
    if client is not None and hasattr(client, "nthreads"):
        return sum(client.nthreads().values())
    workers = getattr(executor, "_max_workers", None)  # of the standard pools, loky's and mpi4py's
    return workers if isinstance(workers, int) else os.cpu_count() or 1


def deaths(error: BaseException) -> int:
    """How many workers died over one task, where that is what the error says and the executor lives on; else 0.

    Dask replaces its workers and tries a task again by itself; it gives a task up with ``KilledWorker``.
    """
    distributed = sys.modules.get("distributed")  # nobody else raises its exceptions
    if distributed is not None and isinstance(error, distributed.KilledWorker):
        return int(error.allowed_failures) + 1
    return 0


def pinned() -> dict[str, Any]:
    """What the calling process may use, for the record: its CPUs (None: not known) and its thread settings."""
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return {"cpus": cpus, "threads": {name: os.environ.get(name) for name in THREADS}}


class SerialExecutor(Executor):
    """Runs each task when it is submitted, in the calling process. Ctrl-C ends ``submit`` itself."""

    _max_workers = 1

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class PinnedPool(ProcessPoolExecutor):
    """A pool of spawned processes, each on a CPU of its own, of one thread, deaf to Ctrl-C, gone with their parent."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        super().__init__(workers, mp_context=context, initializer=_start, initargs=(context.Value("i", 0),))

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # Processes start in here. They inherit a blocked Ctrl-C, and so cannot be hit by one before _start runs.
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(turn: Any) -> None:
    """Make a process of the pool ready: runs in it, before its first task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's
    # A killed coordinator closes no queue: without this its processes would wait for ever.
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with turn.get_lock():
        number, turn.value = turn.value, turn.value + 1
    if hasattr(os, "sched_setaffinity"):
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cpus[number % len(cpus)]})


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _opened(name: str, workers: int, scheduler: str | None) -> AbstractContextManager[Executor]:
    if name == "serial":
        return SerialExecutor()
    if name == "processes":
        return _processes(workers)
    if name == "dask":
        return _dask(scheduler)
    return _foreign(name)


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # a child has loaded NumPy before it could set them itself
    try:
        yield PinnedPool(workers)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _dask(scheduler: str | None) -> Iterator[Executor]:
    if not scheduler:
        raise ExecutorError("A sweep on Dask needs the address of its scheduler: --scheduler tcp://HOST:8786.")
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise ExecutorError(f'Dask cannot be used here ({error}): pip install "bce-conformance[dask]".') from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler: we say so in one sentence
    try:
        client = _connected(distributed, scheduler)
    except Exception as error:  # whatever a wrong address leads to
        reason = getattr(error, "strerror", None) or _reason(error)
        raise ExecutorError(f"The Dask scheduler {scheduler} cannot be reached ({reason}): is it running?") from error
    try:
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=CONNECT_TIMEOUT)
        threads: dict[str, int] = client.nthreads()
        if not threads:
            raise ExecutorError(f"The Dask scheduler {scheduler} has no workers: start one with --nthreads 1.")
        for address, number in threads.items():
            if number != 1:  # two shards in one process would share what the function keeps there
                raise ExecutorError(f"The Dask worker {address} has {number} threads: start it with --nthreads 1.")
        yield client.get_executor(pure=False)  # pure: a shard tried again would get its old failure
    finally:
        with suppress(Exception):
            client.close(timeout=CONNECT_TIMEOUT)


def _connected(distributed: Any, scheduler: str) -> Any:
    """A client. Made only when somebody listens, and aside: one that fails leaves a thread, or never comes back."""
    address = distributed.comm.get_address_host_port(scheduler)
    socket.create_connection(address, CONNECT_TIMEOUT).close()
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def connect() -> None:
        try:
            made.put(distributed.Client(scheduler, timeout=CONNECT_TIMEOUT, set_as_default=False))
        except Exception as error:
            made.put(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        client = made.get(timeout=CONNECT_TIMEOUT)
    except queue.Empty:
        raise TimeoutError("what listens there does not answer as a scheduler does") from None
    if isinstance(client, Exception):
        raise client
    return client


def _foreign(name: str) -> Executor:
    module, colon, factory = name.partition(":")
    if not (module and colon and factory):
        raise ExecutorError(f"There is no executor {name!r}: it is {', '.join(NAMES)} or MODULE:FACTORY.")
    try:
        made = getattr(importlib.import_module(module), factory)()
    except Exception as error:  # whatever somebody else's code raises
        said = f"{type(error).__name__}: {_reason(error)}"
        raise ExecutorError(f"The executor {name} cannot be made ({said}).") from error
    if not isinstance(made, Executor):
        raise ExecutorError(f"The executor {name} is of type {type(made).__name__}, no concurrent.futures.Executor.")
    return made


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
