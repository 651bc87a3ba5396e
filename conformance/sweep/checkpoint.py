"""The checkpoint of a sweep: a file that each finished shard is appended to, and that a killed sweep resumes from."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

try:
    import fcntl
except ImportError:  # Windows: two coordinators of one checkpoint are not told apart
    fcntl = None  # type: ignore[assignment]

SCHEMA = "bce-conformance/sweep-checkpoint/2"
"""Names the format; a reader refuses any other."""

SYNC_SECONDS = 1.0
"""How often the disk is waited for. A kill loses nothing that was written; a power cut may lose this much."""

_LINE = re.compile(rb'(\{.*),"check":"([0-9a-f]{16})"\}', re.DOTALL)

Result = dict[str, Any]


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message is one sentence for the user."""

    exit_status = 4


class Checkpoint:
    """The finished shards of one sweep, on disk. A context manager that holds the file's lock.

    The first line identifies the sweep; each other line is a shard and its result. A line carries a digest of itself.

    Parameters
    ----------
    path : path
        The file; made where there is none.
    sweep : mapping
        What identifies the sweep: two that differ in it may not share a checkpoint. JSON.
    resume : bool
        Whether an existing file is continued; otherwise it is an error.

    Attributes
    ----------
    results : dict
        Shard's key -> result, as read back from JSON.

    Raises
    ------
    CheckpointError
        The file cannot be written, is there already, in use, of another sweep, or corrupt.
    """

    def __init__(self, path: str | os.PathLike[str], sweep: Mapping[str, Any], resume: bool = False) -> None:
        self.path = Path(path)
        self.results: dict[str, Result] = {}
        self._synced = time.monotonic()
        head = _line({"schema": SCHEMA, "sweep": sweep})
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise CheckpointError(f"The checkpoint {self.path} cannot be written ({error.strerror}): name another "
                "with --out.") from error
        try:
            self._lock()
            size = os.fstat(self._file).st_size
            if size and not resume:
                raise CheckpointError(
                    f"There is a checkpoint {self.path} already: continue it with --resume, or remove it."
                )
            if not self._read(head, size):
                self._write(head)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the disk, and let go of the file."""
        with suppress(OSError):  # a pipe or a device has no disk to wait for
            os.fsync(self._file)
        os.close(self._file)

    def append(self, shard: str, result: Mapping[str, Any]) -> None:
        """Record a finished shard."""
        line = _line({"shard": shard, "result": result})
        self._write(line)
        self.results[shard] = json.loads(line)["result"]    # as a resumed sweep reads it: the same in both

    def _write(self, line: bytes) -> None:
        """Append a line in one call: a kill leaves all of it or none. Where the disk is full, none."""
        size = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
            if written < len(line):
                written += os.write(self._file, line[written:])  # raises the reason, or writes the rest
            if time.monotonic() - self._synced > SYNC_SECONDS:
                with suppress(OSError):
                    os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise CheckpointError(
                f"The checkpoint {self.path} cannot be written ({error.strerror}): what it holds is kept, "
                "mend that and continue with --resume."
            ) from error

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"The checkpoint {self.path} is in use: wait until that sweep ends.") from error
        except OSError:  # a file system without locks
            pass

    def _read(self, head: bytes, size: int) -> int:
        """Take in what the file holds, and cut off a last line that a kill left unfinished; the size that is left."""
        with open(os.dup(self._file), "rb") as file:
            file.seek(0)
            end = 0
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    if number == 1 and not head.startswith(line):
                        self._corrupt(1, "it is no checkpoint")  # somebody's own file: not to be cut
                    break
                record = self._record(number, line[:-1])
                if number == 1:
                    self._same(record, json.loads(head))
                else:
                    self._take(number, record)
                end += len(line)
        if end < size:
            os.ftruncate(self._file, end)
        return end

    def _record(self, number: int, line: bytes) -> dict[str, Any]:
        parts = _LINE.fullmatch(line)
        if parts is None:
            self._corrupt(number, "it does not end with a digest")
        if _digest(parts[1]) != parts[2].decode():
            self._corrupt(number, "its digest is another")
        try:
            record: dict[str, Any] = json.loads(line)
        except ValueError as error:
            self._corrupt(number, f"not JSON: {error}")
        return record

    def _same(self, found: dict[str, Any], wanted: dict[str, Any]) -> None:
        if found.get("schema") != SCHEMA:
            raise CheckpointError(
                f"The checkpoint {self.path} holds the schema {found.get('schema')!r}, and this version reads "
                f"{SCHEMA!r}: name another with --out."
            )
        difference = _difference(found.get("sweep"), wanted["sweep"])
        if difference:
            name, theirs, ours = difference
            raise CheckpointError(
                f"The checkpoint {self.path} is of another sweep ({name} is {theirs} there and {ours} here): "
                "give the same options, or name another with --out."
            )

    def _take(self, number: int, record: dict[str, Any]) -> None:
        shard, result = record.get("shard"), record.get("result")
        if not isinstance(shard, str) or not isinstance(result, dict):
            self._corrupt(number, "it holds no shard")
        if self.results.setdefault(shard, result) != result:
            self._corrupt(number, f"an earlier line has another result of the shard {shard}")

    def _corrupt(self, number: int, why: str) -> NoReturn:
        cure = "delete the file" if number == 1 else "delete that line, and its shard is measured again,"
        raise CheckpointError(
            f"Line {number} of the checkpoint {self.path} is corrupt ({why}): {cure} or name another with --out."
        )


def _line(record: Mapping[str, Any]) -> bytes:
    body = json.dumps(record, allow_nan=False, separators=(",", ":"))[:-1].encode()
    return body + b',"check":"%s"}\n' % _digest(body).encode()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _difference(theirs: Any, ours: Any, name: str = "sweep") -> tuple[str, str, str] | None:
    """The first field that differs, its path, and both values."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in (*ours, *theirs):
            below = key if name == "sweep" else f"{name}.{key}"
            if key not in theirs or key not in ours:
                said = ["missing" if key not in side else json.dumps(side[key]) for side in (theirs, ours)]
                return below, said[0], said[1]
            found = _difference(theirs[key], ours[key], below)
            if found:
                return found
        return None
    return None if theirs == ours else (name, json.dumps(theirs), json.dumps(ours))
