"""What is left of a worker, and of its files, when whoever asked it is killed or interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import FAULTY, HERE

from conformance.process import Process, memory_share

HOST = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)    # where the tests run in the background, it is ignored
sys.path[:0] = {paths!r}
from workbench import *
from conformance.measure import Pool
worker = key(FAULTY / "deaths.py", "deaths", PID_FILE={pid_file!r})
with Pool() as pool:
    pool.observe(job(worker))
    list(pool.map([fault(worker, {fault!r}, "time.sleep", timeout={timeout}), job(worker)]))
"""


def host(folder: Path, fault: str, timeout: float) -> "subprocess.Popen[bytes]":
    """A process that waits for a worker that hangs, both at work when this returns."""
    (folder / "files").mkdir()
    paths = [str(HERE), str(HERE.parent)]
    script = HOST.format(paths=paths, pid_file=str(folder / "pid"), fault=fault, timeout=timeout)
    environ = dict(os.environ, TMPDIR=str(folder / "files"))
    process = subprocess.Popen([sys.executable, "-c", script], env=environ, stderr=subprocess.PIPE)
    wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "")
    return process


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize(("fault", "timeout"), [("hang", 1000.0), ("hang-with-the-lock", 1.0)])
def test_a_busy_worker_does_not_outlive_a_killed_host(tmp_path: Path, fault: str, timeout: float) -> None:
    process = host(tmp_path, fault, timeout)
    worker = int((tmp_path / "pid").read_text())
    assert alive(worker)
    process.kill()
    process.communicate()
    wait_for(lambda: not alive(worker))
    if fault == "hang":                         # with the lock held nothing can clear up
        wait_for(lambda: list((tmp_path / "files").iterdir()) == [])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    process = host(tmp_path, "hang", 1000.0)
    worker = int((tmp_path / "pid").read_text())
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert time.monotonic() - start < 5
    assert not alive(worker)
    assert list((tmp_path / "files").iterdir()) == []


def test_workers_share_less_than_the_machine_has() -> None:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory_share(2) * 2 < physical
    assert memory_share(2) <= memory_share(1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks processes up in /proc")
def test_temporary_files_of_a_worker_go_with_it() -> None:
    """A compiler's cache among them: no other worker, and no later run, ever sees what a killed one left."""
    process = Process(sys.executable, str(FAULTY / "answers.py"), "answers", "cpu", {})
    try:
        environ = Path(f"/proc/{process.popen.pid}/environ").read_bytes().split(b"\0")
        assert f"TMPDIR={process.folder}".encode() in environ and process.folder.is_dir()
    finally:
        process.close()
    assert not process.folder.exists()
