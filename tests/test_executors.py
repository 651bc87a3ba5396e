"""Executors by name: what each is, what its workers may use, and the sentence where it cannot be had."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
import sweep_shards
from sweep_shards import Part, judge, parts, until, where

from conformance.sweep import executors
from conformance.sweep.executors import ExecutorError, capacity, open_executor, pinned


def refusal(name: str, scheduler: str | None = None) -> str:
    with pytest.raises(ExecutorError) as raised, open_executor(name, 2, scheduler):
        pass
    assert raised.value.exit_status == 4
    text = str(raised.value)
    assert "\n" not in text and text.endswith((".", "?"))
    return text


@pytest.fixture(scope="module")
def pool() -> Iterator[tuple[list[dict[str, Any]], dict[str, str | None]]]:
    """What the two processes of a pool say of themselves, and our environment after it."""
    before = dict(os.environ)
    with open_executor("processes", 2) as executor:
        futures = [executor.submit(where, part) for part in parts(4)]
        found = [future.result() for future in futures]
    changed: dict[str, str | None] = {k: os.environ.get(k) for k in before if os.environ.get(k) != before[k]}
    changed.update({key: os.environ[key] for key in os.environ.keys() - before.keys()})
    yield found, changed


def test_serial_runs_here_and_now() -> None:
    with open_executor("serial", 7) as executor:
        future = executor.submit(where, Part(0))
        assert future.done() and future.result()["pid"] == os.getpid()
        assert capacity(executor) == 1


def test_serial_keeps_an_exception_for_the_result() -> None:
    with open_executor("serial", 1) as executor:
        future = executor.submit(divmod, 1, 0)
    assert isinstance(future.exception(), ZeroDivisionError)


def test_a_pool_is_other_processes(pool: tuple[list[dict[str, Any]], object]) -> None:
    assert len({record["pid"] for record in pool[0]} - {os.getpid()}) == 2
    assert {record["ppid"] for record in pool[0]} == {os.getpid()}


def test_each_process_of_a_pool_has_one_thread(pool: tuple[list[dict[str, Any]], object]) -> None:
    for record in pool[0]:
        assert set(record["threads"].values()) == {"1"}
        assert {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"} <= record["threads"].keys()


def test_no_process_of_a_pool_hears_ctrl_c_not_even_while_it_starts(pool: tuple[list[dict[str, Any]], object]) -> None:
    assert [record["deaf"] for record in pool[0]] == [[True, True]] * 4


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this platform pins no process")
def test_each_process_of_a_pool_has_a_cpu_of_its_own(pool: tuple[list[dict[str, Any]], object]) -> None:
    ours = os.sched_getaffinity(0)
    cpus = {record["pid"]: record["cpus"] for record in pool[0]}
    assert all(len(one) == 1 and set(one) <= ours for one in cpus.values())
    assert len({one[0] for one in cpus.values()}) == min(2, len(ours))


def test_a_pool_leaves_our_environment_and_cpus_as_they_were(pool: tuple[object, dict[str, str | None]]) -> None:
    assert pool[1] == {}
    assert pinned()["threads"] == {name: os.environ.get(name) for name in executors.THREADS}


def test_after_an_exception_nobody_waits_for_a_pool(tmp_path: Path) -> None:
    """The shard would wait for ever: leaving the executor ends its process."""
    with pytest.raises(KeyboardInterrupt), open_executor("processes", 1) as executor:
        executor.submit(sweep_shards.hang, Part(3, str(tmp_path)))
        until((tmp_path / "part-3.pid").exists)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "part-3.pid").read_text()), 0)


def test_an_executor_of_ones_own() -> None:
    with open_executor("sweep_shards:pool_of_threads", 1) as executor:
        assert isinstance(executor, ThreadPoolExecutor) and capacity(executor) == 2
        assert executor.submit(judge, Part(5)).result() == judge(Part(5))


@pytest.mark.parametrize("name", ["threads", "sweep_shards:", ":pool", ""])
def test_an_unknown_name_lists_the_known(name: str) -> None:
    assert "serial, processes, dask or MODULE:FACTORY" in refusal(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module:make", "ModuleNotFoundError"),
        ("sweep_shards:no_such_factory", "AttributeError"),
        ("sweep_shards:no_executor", "is of type int, no concurrent.futures.Executor"),
        ("sweep_shards:judge", "TypeError"),
    ],
)
def test_a_factory_that_does_not_deliver_is_named(name: str, said: str) -> None:
    text = refusal(name)
    assert name in text and said in text


def test_without_dask_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert 'pip install "bce-conformance[dask]"' in refusal("dask", "tcp://127.0.0.1:8786")


def test_dask_without_an_address_asks_for_one() -> None:
    assert "--scheduler" in refusal("dask")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:{closed}", "Connection refused"),
        ("tcp://127.0.0.1:{silent}", "does not answer"),
        ("nonsense://x", "unknown address scheme"),
        ("127.0.0.1", "missing port"),
    ],
)
def test_an_unreachable_scheduler_is_named(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_TIMEOUT", 0.5)
    with socket.socket() as closed, socket.socket() as silent:
        for one in (closed, silent):
            one.bind(("127.0.0.1", 0))
        silent.listen()
        address = address.format(closed=closed.getsockname()[1], silent=silent.getsockname()[1])
        text = refusal("dask", address)
    assert text.startswith(f"The Dask scheduler {address} cannot be reached (") and said in text


def test_dask_workers_of_several_threads_or_none_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 0, "threads_per_worker": 2, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, protocol="tcp") as cluster:
        cluster.scale(1)
        assert "2 threads: start it with --nthreads 1" in refusal("dask", cluster.scheduler_address)
        cluster.scale(0)
        monkeypatch.setattr(executors, "CONNECT_TIMEOUT", 2)
        until(lambda: not cluster.scheduler.workers)
        assert "has no workers" in refusal("dask", cluster.scheduler_address)


def test_many_threads_may_submit_to_a_pool_at_once() -> None:
    """Ctrl-C is blocked while a process starts, in that thread only, and let through again after it."""
    def submit(executor: Executor) -> None:
        wait([executor.submit(judge, part) for part in parts(3)])
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    masks: list[set[Any]] = []
    with open_executor("processes", 1) as executor:
        threads = [threading.Thread(target=submit, args=(executor,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert masks == [set(), set()]
