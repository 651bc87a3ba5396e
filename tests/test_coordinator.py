"""The coordinator of a sweep: the same result on every executor, whoever dies on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sweep_shards
from sweep_shards import (
    SWEEP,
    DropsShards,
    InFours,
    Part,
    count,
    fail,
    judge,
    kill_all,
    kill_always,
    kill_once,
    kill_some,
    parts,
    until,
    where,
)

from conformance.sweep import coordinator as coordinators
from conformance.sweep import executors
from conformance.sweep.checkpoint import Checkpoint
from conformance.sweep.coordinator import ShardError, run
from conformance.sweep.executors import ExecutorError, open_executor

Opened = Callable[[], AbstractContextManager[Executor]]
SERIAL: Opened = partial(open_executor, "serial", 1)
POOL: Opened = partial(open_executor, "processes", 2)
EXPECTED = {part.key: judge(part) for part in parts(8)}


@contextmanager
def cluster_of(workers: int) -> Iterator[Opened]:
    """A real Dask cluster of so many processes."""
    distributed = pytest.importorskip("distributed")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    try:
        with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster:
            yield partial(open_executor, "dask", workers, cluster.scheduler_address)
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


@pytest.fixture(scope="module")
def dask() -> Iterator[Opened]:
    with cluster_of(2) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.jsonl"


def swept(
    path: Path, opened: Opened, function: Callable[[Part], Any] = judge, number: int = 8, **options: Any
) -> dict[str, dict[str, Any]]:
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        return run(function, parts(number, path.parent), opened, checkpoint, **options)


def kept(path: Path) -> set[str]:
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        return set(checkpoint.results)


def keys(*numbers: int) -> set[str]:
    return {f"part-{number}" for number in numbers}


def notes(path: Path, what: str) -> dict[str, int]:
    """How often each part did something."""
    return {file.stem: file.stat().st_size for file in path.parent.glob(f"*.{what}")}


@pytest.mark.parametrize("name", ["serial", "processes", "dask", "sweep_shards:pool_of_threads"])
def test_every_executor_gives_the_same_bits(name: str, path: Path, request: pytest.FixtureRequest) -> None:
    opened = request.getfixturevalue("dask") if name == "dask" else partial(open_executor, name, 2)
    result = swept(path, opened, number=20)
    assert json.dumps(result) == json.dumps({part.key: judge(part) for part in parts(20)})
    assert json.dumps(swept(path, SERIAL, number=20)) == json.dumps(result)     # as read from the checkpoint


def test_a_resumed_sweep_runs_only_the_rest(path: Path) -> None:
    swept(path, SERIAL, count, 5)
    seen: list[tuple[int, int, int]] = []
    assert swept(path, SERIAL, count, progress=lambda *now: seen.append(now)) == EXPECTED
    assert notes(path, "runs") == dict.fromkeys(EXPECTED, 1)
    assert seen == [(15, 36, 15), (21, 36, 15), (28, 36, 15), (36, 36, 15)]


def test_a_finished_sweep_opens_no_executor(path: Path) -> None:
    swept(path, SERIAL)

    def opened() -> AbstractContextManager[Executor]:
        raise AssertionError

    assert swept(path, opened) == EXPECTED


def test_two_shards_of_one_key_are_refused(path: Path) -> None:
    with Checkpoint(path, SWEEP) as checkpoint, pytest.raises(ValueError, match="same key"):
        run(judge, [*parts(2), Part(1)], SERIAL, checkpoint)


@pytest.mark.parametrize(("window", "most"), [(1, 1), (3, 3), (None, 6)])
def test_the_window_bounds_what_is_submitted(path: Path, window: int | None, most: int) -> None:
    class Watched(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            pending.append(super().submit(fn, *args, **kwargs))
            waiting.append(len(pending) - len(recorded))
            return pending[-1]

    pending: list[Future[Any]] = []
    recorded: list[int] = []
    waiting: list[int] = []
    swept(path, lambda: Watched(2), where, 20, window=window, progress=lambda done, *_: recorded.append(done))
    assert max(waiting) + 1 == most                     # progress was told once before the first


def test_a_shard_is_recorded_before_the_next_begins_in_one_process(path: Path) -> None:
    with Checkpoint(path, SWEEP) as checkpoint:

        def look(part: Part) -> dict[str, Any]:
            assert set(checkpoint.results) == keys(*range(part.number))
            return judge(part)

        assert run(look, parts(8), SERIAL, checkpoint) == EXPECTED


@pytest.mark.parametrize("opened", [SERIAL, POOL], ids=["serial", "processes"])
def test_an_exception_of_the_function_is_raised_and_the_rest_kept(path: Path, opened: Opened) -> None:
    with pytest.raises(ZeroDivisionError, match="part 3 divides by zero"):
        swept(path, opened, fail)
    assert "part-3" not in kept(path)
    assert opened is POOL or kept(path) == keys(0, 1, 2)
    assert swept(path, opened, count) == EXPECTED


def test_what_ended_together_with_a_failure_is_kept(path: Path) -> None:
    with Checkpoint(path, SWEEP) as checkpoint, pytest.raises(ZeroDivisionError):
        run(fail, reversed(parts(4, path.parent)), InFours, checkpoint, window=4)
    assert kept(path) == keys(0, 1, 2)


def test_an_exception_of_the_function_on_dask_is_raised(path: Path, dask: Opened) -> None:
    with pytest.raises(ZeroDivisionError, match="part 3 divides by zero"):
        swept(path, dask, fail)
    assert swept(path, dask, count) == EXPECTED


def test_a_worker_that_dies_once_costs_nothing(path: Path) -> None:
    assert swept(path, POOL, kill_once) == EXPECTED
    assert "part-3" in notes(path, "died")


def test_a_shard_that_kills_its_workers_is_named_after_all_others(path: Path) -> None:
    with pytest.raises(ShardError) as raised:
        swept(path, POOL, kill_always)
    text = str(raised.value)
    assert raised.value.exit_status == 3 and text.count("part-") == 1 and "part-3 (3 times)" in text
    assert str(path) in text and "--resume" in text and "\n" not in text
    assert kept(path) == EXPECTED.keys() - {"part-3"}
    assert notes(path, "died") == {"part-3": 3}
    assert swept(path, POOL, count) == EXPECTED


def test_several_shards_that_kill_their_workers_are_all_named(path: Path) -> None:
    with pytest.raises(ShardError) as raised:
        swept(path, POOL, kill_some, 20)
    assert all(f"part-{number} (3 times)" in str(raised.value) for number in (1, 3, 5))
    assert kept(path) == keys(*range(20)) - keys(1, 3, 5)


def test_when_every_worker_dies_it_ends_early(path: Path) -> None:
    with pytest.raises(ShardError, match="Workers die whatever they run"):
        swept(path, POOL, kill_all, 1000)
    assert kept(path) == set()


def test_on_dask_a_worker_that_dies_once_costs_nothing(path: Path, dask: Opened) -> None:
    assert swept(path, dask, kill_once) == EXPECTED
    assert "part-3" in notes(path, "died")


def test_on_dask_a_shard_that_kills_its_workers_is_named_after_all_others(path: Path) -> None:
    """With more workers than it can kill: Dask's own replacing of one has been seen to take minutes."""
    config = pytest.importorskip("dask").config
    allowed = config.set({"distributed.scheduler.allowed-failures": 0})
    with allowed, cluster_of(6) as opened, pytest.raises(ShardError, match=r"part-3 \(3 times\)"):
        swept(path, opened, kill_always)
    assert kept(path) == EXPECTED.keys() - {"part-3"}


def test_an_executor_that_drops_shards_is_a_sentence(path: Path) -> None:
    with pytest.raises(ExecutorError, match=r"dropped part-0 .* --resume"):
        swept(path, DropsShards)


def test_a_scheduler_that_ends_is_a_sentence_and_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "CONNECT_TIMEOUT", 2)
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, protocol="tcp") as cluster:
        opened = partial(open_executor, "dask", 1, cluster.scheduler_address)

        def progress(done: int, *_: int) -> None:
            if done == 6:                               # parts 0, 1 and 2
                cluster.close()

        with pytest.raises(ExecutorError, match=r"(dropped part-|takes no more shards).*--resume"):
            swept(path, opened, where, progress=progress)
    assert kept(path) >= keys(0, 1, 2)
    assert swept(path, SERIAL, where).keys() == EXPECTED.keys()


def test_a_cluster_whose_workers_are_gone_for_good_is_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinators, "MOST_DESERTED", 2)
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, protocol="tcp") as cluster:
        opened = partial(open_executor, "dask", 1, cluster.scheduler_address)

        def progress(done: int, *_: int) -> None:
            if done == 6:
                cluster.scale(0)

        with pytest.raises(ExecutorError, match=r"has no workers any more: start some; .*--resume"):
            swept(path, opened, where, number=400, progress=progress)
    assert kept(path) >= keys(0, 1, 2)


def test_an_executor_that_takes_no_shards_is_a_sentence(path: Path) -> None:
    @contextmanager
    def opened() -> Iterator[Executor]:
        with open_executor("sweep_shards:pool_of_threads", 1) as executor:
            executor.shutdown()
            yield executor

    with pytest.raises(ExecutorError, match=r"takes no more shards .*--resume"):
        swept(path, opened)


def coordinator(folder: Path, function: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, sweep_shards.__file__, str(folder), function, *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def stuck(folder: Path) -> list[int]:
    """Wait until both workers of a coordinator of `hang` hang and all else is recorded, and return their ids."""
    files = [folder / f"part-{number}.pid" for number in (3, 4)]
    checkpoint = folder / "checkpoint.jsonl"
    until(lambda: all(file.exists() and file.read_text() for file in files))
    until(lambda: all(f'"part-{number}"' in checkpoint.read_text() for number in range(3)))
    return [int(file.read_text()) for file in files]


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_coordinator_that_ends_leaves_a_checkpoint_and_no_process(path: Path, number: signal.Signals) -> None:
    process = coordinator(path.parent, "hang")
    workers = stuck(path.parent)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)                  # as a terminal does: to the workers too
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=300)
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:                                               # as cli.py does
        assert (process.returncode, errors) == (2, "")
    until(lambda: all(map(gone, workers)))              # they hang for ever where they are not ended
    assert kept(path) == keys(0, 1, 2)
    (path.parent / "go").touch()
    again = coordinator(path.parent, "hang", "--resume")
    assert again.communicate(timeout=300)[1] == "" and again.returncode == 0
    assert notes(path, "runs") == dict.fromkeys(EXPECTED, 1)
    assert json.dumps(swept(path, DropsShards)) == json.dumps(EXPECTED)


def test_a_worker_killed_from_outside_costs_nothing(path: Path) -> None:
    process = coordinator(path.parent, "hang")
    worker = stuck(path.parent)[0]
    (path.parent / "go").touch()
    os.kill(worker, signal.SIGKILL)
    assert process.communicate(timeout=300)[1] == "" and process.returncode == 0
    assert swept(path, DropsShards) == EXPECTED
