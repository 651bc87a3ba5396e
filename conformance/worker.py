"""The subprocess that runs a framework. A script, started by path; CPython 3.7 to 3.14.

Only the standard library is imported here, so that a missing numpy has an answer too. A request is a line on
stdin that names a folder; the reply is a file in that folder and then a byte on a pipe of its own, never on
stdout: frameworks print there. It exits, and takes its children with it, when its stdin closes.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import shutil
import signal
import sys
import threading
import types
from collections.abc import Sequence
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))

GRACE = 2.0
"""Seconds after which a worker that nobody has killed at its time limit ends itself."""


def main(settings: dict[str, Any]) -> None:
    """Answer requests until stdin closes."""
    package_by_path()
    limit_memory(settings["memory_bytes"])
    requests = listen(settings["folder"])
    answer, log = settings["pipe"], os.dup(2)
    os.set_inheritable(answer, False)
    host = Host(settings)
    while True:
        folder = requests.get()
        with open(os.path.join(folder, "job.json")) as file:
            job = json.load(file)
        # A hang that holds the GIL stops the reading thread too: this one needs no GIL.
        faulthandler.dump_traceback_later(job["timeout"] + GRACE, exit=True, file=log)
        reply = host.describe() if job["do"] == "describe" else host.observe(job, folder)
        faulthandler.cancel_dump_traceback_later()
        temporary = os.path.join(folder, "reply.tmp")
        with open(temporary, "w") as file:
            json.dump(reply, file)
        os.rename(temporary, os.path.join(folder, "reply.json"))
        os.write(answer, b".")


def package_by_path() -> None:
    """Make `conformance` importable without its folder, or the folder it lies in, on sys.path.

    The folder holds modules with everyday names, and the one above it may be another interpreter's
    site-packages.
    """
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
    package = types.ModuleType("conformance")
    package.__path__ = [HERE]
    sys.modules["conformance"] = package


def limit_memory(limit: int) -> None:
    """Let an allocation fail before the machine suffers, and be the first to go if it does all the same."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if limit:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


def listen(folder: str) -> queue.SimpleQueue[str]:
    """Read requests in a thread, from a copy of stdin that a framework cannot close by that name."""
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    lines = open(os.dup(0))  # noqa: SIM115 - for the life of the process
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def read() -> None:
        try:
            for line in lines:
                requests.put(json.loads(line))
        except OSError:                                     # closed from in here: whoever asks will notice
            return
        shutil.rmtree(folder, ignore_errors=True)           # whoever asked is gone, or was killed
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)                    # a compiler's children too
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return requests


class Host:
    """What holds the adapter: loaded at the first request."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.loaded: Any = None
        self.shared: Any = None

    def describe(self) -> dict[str, Any]:
        """Load the adapter and its framework, and say what there is. A failure to load is an answer."""
        settings = self.settings
        reply: dict[str, Any] = {"status": "unavailable", "versions": {}, "python": sys.version.split()[0]}
        reply.update(dtypes=[], modes={}, entry_points=[], failure="raised", outputs=0)
        try:
            from conformance import loaded
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) and error.name:
                return dict(reply, reason=f"No module named {error.name}: install {error.name}")
            said = [line for line in str(error).splitlines() if line.strip()]
            return dict(reply, reason=f"the worker does not start: {' '.join(said[:1]) or type(error).__name__}")
        try:
            self.loaded = loaded.load(settings["adapter_file"], settings["adapter"], settings["device"])
            return dict(reply, **loaded.describe(self.loaded))
        except loaded.Failure as failure:
            return dict(reply, reason=failure.message, failure=failure.status)

    def observe(self, job: dict[str, Any], folder: str) -> dict[str, Any]:
        """Run a job; its outputs go beside the reply."""
        import numpy as np

        from conformance import execution

        dtype = job["dtype"]
        inputs: list[Any] = [execution.expanded(first, step, count, dtype) for first, step, count in job["spans"]] or [
            np.asarray(np.load(os.path.join(folder, f"input{n}.npy"), mmap_mode="c"))
            for n in range(len(job["arguments"]))
        ]
        result = execution.observe(self.loaded, job, inputs)
        outputs = result.outputs + result.again
        places: list[Any] = []
        if job["shared"]:
            places = self.share(outputs)
        else:
            for n, bits in enumerate(outputs):
                np.save(os.path.join(folder, f"output{n}.npy"), bits)
        return {
            "shared": "" if self.shared is None else self.shared.filename,
            "places": places,
            "status": result.status,
            "message": result.message,
            "text": result.text,
            "seconds": result.seconds,
            "dtypes": result.dtypes,
            "raised": result.raised,
            "again": len(result.again),
            "outputs": len(outputs),
        }

    def share(self, outputs: Sequence[Any]) -> list[Any]:
        """Put outputs into memory that the side that asks maps too; (start, count, kind) of each.

        A file is written and mapped anew for every job at the price of a page fault for each 4 KiB: for a sweep, more
        than what the framework takes. Too small a file is left for a larger one: it may still be read.
        """
        import numpy as np

        line = 64                               # bytes: of a cache line, and more than any number has
        size = sum(bits.nbytes + line for bits in outputs)
        if self.shared is None or self.shared.size < size:
            path = os.path.join(self.settings["folder"], f"shared{size}")
            self.shared = np.memmap(path, np.uint8, "w+", shape=(max(size, 1),))
        places, start = [], 0
        for bits in outputs:
            self.shared[start : start + bits.nbytes] = np.ascontiguousarray(bits).view(np.uint8)
            places.append((start, bits.size, bits.dtype.str))
            start += -(-bits.nbytes // line) * line
        return places


if __name__ == "__main__":
    if sys.version_info < (3, 7):  # noqa: UP036 - any interpreter may be named
        sys.exit("a worker needs CPython 3.7 or newer")
    main(json.loads(sys.argv[1]))
