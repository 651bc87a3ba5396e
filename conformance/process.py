"""One worker process, from the side that asks: start it, ask it, say how it died, leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance.loaded import EXHAUSTED

WORKER = Path(__file__).with_name("worker.py")

GLANCE = 0.25
"""Seconds between looks at a busy worker: is it alive, is its log bounded?"""

LOG_BYTES = 32 << 20
"""A log that grows past this during one request is emptied: only its tail is ever read."""

MAPPED_BYTES = 1 << 20
"""Outputs from this size on are mapped, not copied."""


class Died(Exception):
    """The worker is gone and the request with it: a status, and why in one line."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Answer:
    """What a worker replied, and the arrays beside it."""

    reply: Mapping[str, Any]
    outputs: tuple[np.ndarray, ...]


class Process:
    """A worker: one interpreter, one adapter, one environment. Not shared between threads, but for `kill`.

    Parameters
    ----------
    python : str
        The interpreter.
    adapter_file, adapter, device : str
        What it loads, at the first request.
    environ : mapping
        Environment variables set on top of this process's own.
    memory_bytes : int
        What the worker may allocate; 0 is no limit.

    Raises
    ------
    Died
        The interpreter cannot be started.
    """

    def __init__(
        self,
        python: str,
        adapter_file: str,
        adapter: str,
        device: str,
        environ: Mapping[str, str],
        memory_bytes: int = 0,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bce-conformance-"))
        (self.folder / "job").mkdir()
        self.log = open(self.folder / "log", "a+b")  # noqa: SIM115 - for the life of the process
        self.pipe, theirs = os.pipe()
        settings = {
            "folder": str(self.folder),
            "adapter_file": os.path.abspath(adapter_file),
            "adapter": adapter,
            "device": device,
            "memory_bytes": memory_bytes,
            "pipe": theirs,
        }
        try:
            self.popen = subprocess.Popen(
                [python, str(WORKER), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=self.log,
                stderr=self.log,
                bufsize=0,
                env=_environment(python, environ, self.folder),
                pass_fds=(theirs,),
                start_new_session=True,         # Ctrl-C is ours alone, and a kill reaches its children
            )
        except OSError as error:
            self._remove()
            why = f"{python} does not start ({error.strerror}); give the path of a Python 3.7 or newer"
            raise Died("unavailable", why) from error
        finally:
            os.close(theirs)
        self.shared: np.memmap[Any, Any] | None = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.pipe, selectors.EVENT_READ)

    def ask(self, request: Mapping[str, Any], inputs: Sequence[np.ndarray], timeout: float) -> Answer:
        """Send a request with its arrays and wait for the answer.

        Parameters
        ----------
        request : mapping
            The header; it must be JSON.
        inputs : sequence of arrays
            Unsigned integers.
        timeout : float
            Seconds, after which the worker and its children are killed.

        Raises
        ------
        Died
            There is no answer, and this process is of no more use.
        """
        folder = self.folder / "job"
        for n, bits in enumerate(inputs):
            np.save(folder / f"input{n}.npy", bits)
        (folder / "job.json").write_text(json.dumps(dict(request, timeout=timeout)))
        self._bound_log(0)
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(str(folder)).encode() + b"\n")
        except BrokenPipeError:
            raise self._death() from None
        self._wait(timeout)
        reply = json.loads((folder / "reply.json").read_text())
        if request.get("shared"):
            outputs = self._shared(reply)
        else:
            outputs = tuple(_array(folder / f"output{n}.npy") for n in range(reply["outputs"]))
        for name in os.listdir(folder):         # unlinked, never overwritten: the worker may still map them
            os.unlink(folder / name)
        return Answer(reply, outputs)

    def _shared(self, reply: Mapping[str, Any]) -> tuple[np.ndarray, ...]:
        """The outputs in the memory that the worker shares, mapped once."""
        if not reply["outputs"]:
            return ()
        if self.shared is None or self.shared.filename != reply["shared"]:
            self.shared = np.memmap(reply["shared"], np.uint8, "r")
        found = []
        for start, count, kind in reply["places"]:
            found.append(np.asarray(self.shared[start : start + count * np.dtype(kind).itemsize]).view(kind))
        return tuple(found)

    def kill(self) -> None:
        """End the worker and its children now. A thread that waits in `ask` sees it die."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the worker, and remove all it had on disk."""
        self.kill()
        self.popen.wait()
        if self.popen.stdin is not None:
            self.popen.stdin.close()
        self.selector.close()
        self._remove()

    def _remove(self) -> None:
        os.close(self.pipe)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0:
                self.kill()
                raise Died("timed-out", f"no answer within {timeout:g} s")
            if self.selector.select(min(left, GLANCE)):
                if os.read(self.pipe, 1) == b".":
                    return
                raise self._death()
            if self.popen.poll() is not None:   # a child of it may still hold the pipe
                raise self._death()
            self._bound_log(LOG_BYTES)

    def _death(self) -> Died:
        """Why there is no answer, as far as it can be seen from here."""
        killed = False
        try:
            code = self.popen.wait(GLANCE * 20)
        except subprocess.TimeoutExpired:       # it gave up its pipe, but lives
            self.kill()
            code, killed = self.popen.wait(), True
        said = self._last_line()
        tail = f": {said}" if said else ""
        if killed:
            return Died("crashed", f"closed the pipe that it answers on{tail}")
        if code >= 0:
            return Died("crashed", f"exited with status {code} without an answer{tail}")
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if -code == signal.SIGKILL:
            return Died("out-of-memory", f"SIGKILL from outside, as when the system runs out of memory{tail}")
        return Died("out-of-memory" if EXHAUSTED.search(said) else "crashed", f"{name}{tail}")

    def _last_line(self) -> str:
        """The last line that it printed, or the last that speaks of memory."""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - 8192))
        text = self.log.read().decode(errors="replace")
        lines = [line.strip() for line in reversed(text.splitlines()) if line.strip()] or [""]
        return next(filter(EXHAUSTED.search, lines), lines[0])[:300]

    def _bound_log(self, limit: int) -> None:
        """Empty a log past a limit. It was opened to append, so the worker writes on from the start."""
        if os.fstat(self.log.fileno()).st_size > limit:
            os.truncate(self.log.fileno(), 0)


def _environment(python: str, environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of this process, without what leads a foreign interpreter to this one's packages.

    A framework's temporary files, a compiler's cache among them, lie in the worker's own folder and go with it: what a
    killed compiler left half-written would fail others, and look like a finding.
    """
    inherited = dict(os.environ)
    if python != sys.executable:
        for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
            inherited.pop(name, None)
    return {**inherited, "TMPDIR": str(folder), **environ}


def _array(path: Path) -> np.ndarray:
    """A small array in memory; a large one mapped, which outlives the file."""
    return np.asarray(np.load(path, mmap_mode="r" if path.stat().st_size >= MAPPED_BYTES else None))


def memory_share(workers: int) -> int:
    """What each of some workers may allocate so that the machine stays alive: four fifths in all.

    The machine's memory, or that of its control group where it is less; 0 where neither is known.
    """
    sizes = []
    with contextlib.suppress(ValueError, OSError, AttributeError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with contextlib.suppress(OSError):
        limit = re.match(r"\d+", Path("/sys/fs/cgroup/memory.max").read_text())
        sizes += [int(limit.group())] if limit else []
    return min(sizes) * 4 // 5 // workers if sizes else 0
