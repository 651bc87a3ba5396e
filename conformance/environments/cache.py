"""The cache of environments: a folder each, which counts from the moment that its record is written."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.environments.installers import python_of
from conformance.environments.locks import is_used, locked, used

RECORD = "bce-environment.json"
"""Written last, by renaming: a folder without it was never finished and is not used."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that stands.

    Attributes
    ----------
    folder : Path
        Where it is.
    python : str
        Its interpreter.
    version : str
        The CPython version, ``3.8.18``.
    requirements : tuple of str
        What was asked for; empty for one that was not built here.
    frozen : tuple of str
        Everything that is installed, as ``name==version``.
    left_out : tuple of str
        What was asked for by something installed, and left out.
    notes : tuple of str
        Sentences on it: what stands for what.
    installer : str
        ``uv`` or ``pip``; empty for one that was not built here.
    seconds : float
        How long it took to build.
    bytes : int
        Its size: of every file, though uv may share them with its cache.
    built : str
        When, in UTC.
    """

    folder: Path
    python: str
    version: str
    requirements: tuple[str, ...]
    frozen: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    installer: str = ""
    seconds: float = 0.0
    bytes: int = 0
    built: str = ""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def used(self) -> datetime:
        """When it was last asked for, or built."""
        return datetime.fromtimestamp((self.folder / RECORD).stat().st_mtime, UTC)


def place() -> Path:
    """The folder of all environments: ``BCE_ENVIRONMENTS``, or one in the user's cache."""
    chosen = os.environ.get("BCE_ENVIRONMENTS")
    if chosen:
        return Path(chosen).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "bce-conformance", "environments").absolute()


def standing(folder: Path) -> Environment | None:
    """The finished environment in a folder, if the interpreter that it was built on is still there."""
    return read(folder) if os.access(python_of(folder), os.X_OK) else None


def read(folder: Path) -> Environment | None:
    """The environment in a folder, or None where its record is missing or another version wrote it."""
    try:
        said = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        fields: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in said.items()}
        return Environment(folder=folder, python=str(python_of(folder)), **fields)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write(environment: Environment) -> None:
    """Write what an environment is, which makes it count as finished."""
    said = {name: value for name, value in asdict(environment).items() if name not in ("folder", "python")}
    temporary = environment.folder / f".{RECORD}.tmp"
    temporary.write_text(json.dumps(said, indent=1), encoding="utf-8")
    temporary.replace(environment.folder / RECORD)


def touch(environment: Environment) -> None:
    """Note that an environment is used, where the cache can be written."""
    with suppress(OSError):
        os.utime(environment.folder / RECORD)


def kept(environment: Environment) -> AbstractContextManager[None]:
    """Keep an environment from being removed, as long as it is in use; one that was not built here is nobody's."""
    return used(environment.folder / RECORD)


def cached() -> list[Environment]:
    """Every environment in the cache, the one last used first."""
    found = [environment for folder in _folders() if (environment := read(folder))]
    return sorted(found, key=lambda environment: environment.used, reverse=True)


def unfinished() -> list[Path]:
    """Where builds failed or were killed, or go on now: a folder, or where it would be, beside its log."""
    logs = place().glob("*.log") if place().is_dir() else ()
    begun = {*_folders(), *(log.with_suffix("") for log in logs)}
    return sorted(folder for folder in begun if read(folder) is None)


def remove(folder: Path) -> bool:
    """Remove an environment with its log, and tell whether that was possible: nobody builds or uses it now."""
    with suppress(OSError), locked(folder) as is_mine:      # a cache that cannot be written keeps all it has
        if is_mine and not is_used(folder / RECORD):
            if folder.is_dir():
                (folder / RECORD).unlink(missing_ok=True)       # from here on it counts as unfinished
            shutil.rmtree(folder, ignore_errors=True)
            log_of(folder).unlink(missing_ok=True)
            return not folder.exists()
    return False


def size(folder: Path) -> int:
    """The bytes of all files in a folder."""
    total, folders = 0, [str(folder)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def log_of(folder: Path) -> Path:
    """The log of its build, which outlives a failure."""
    return folder.with_name(f"{folder.name}.log")


def _folders() -> list[Path]:
    return sorted(path for path in place().iterdir() if path.is_dir()) if place().is_dir() else []
