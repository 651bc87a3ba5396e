"""A lock between processes, which the system releases however its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def locked(path: Path, wait: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold the lock of a path, which need not exist, in a file beside it that goes with the lock.

    Parameters
    ----------
    path : Path
        What is locked.
    wait : callable, optional
        Called once before waiting for another holder. Without it nothing is waited for.

    Yields
    ------
    bool
        Whether the lock is held; always, where it is waited for.
    """
    file = path.with_name(f".{path.name}.lock")
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if wait is None:
                    yield False
                    return
                wait()
                fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is(handle, file):       # its last holder removed the file: others hold another one
                continue
            try:
                yield True
            finally:
                file.unlink(missing_ok=True)
            return
        finally:
            os.close(handle)


@contextmanager
def used(file: Path) -> Iterator[None]:
    """Hold a file that is there, with any number of others: `is_used` says so meanwhile. What is not there is not."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def is_used(file: Path) -> bool:
    """Tell whether somebody holds a file."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _is(handle: int, file: Path) -> bool:
    """Tell whether an open file is still the one with that name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), file.stat())
    return False
