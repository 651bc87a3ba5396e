"""An adapter in the worker, its framework imported. CPython 3.7 to 3.14, standard library and numpy."""

import glob
import os
import platform
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Tuple

from conformance.adapter import Adapter, EntryPoint, Unsupported, entry_point, sentence
from conformance.adapter_file import AdapterError, load_adapters

Call = Callable[..., Tuple[Any, ...]]
"""Native inputs to native results: the loss, or the last two orders of derivative."""


EXHAUSTED = re.compile(
    r"MemoryError|RESOURCE_EXHAUSTED|bad_alloc|[Oo]ut of memory|[Nn]ot enough memory|OOM when allocating"
    r"|([Cc]annot|can't|[Ff]ailed to|[Uu]nable to) allocate"
)
"""What an allocation that failed says, in Python, C++ and each framework."""


class Failure(Exception):
    """The job failed as a whole: a status, and why in one line."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def exhausted(error: BaseException) -> bool:
    """Whether an exception says that memory ran out."""
    return isinstance(error, MemoryError) or bool(EXHAUSTED.search(str(error)))


@dataclass
class Loaded:
    """An adapter whose framework is imported, and what this process has built from it."""

    adapter: Adapter
    versions: Dict[str, str]
    programs: Dict[Any, Call] = field(default_factory=dict)


def load(path: str, name: str, device: str) -> Loaded:
    """Load one adapter of a file and import its framework.

    Raises
    ------
    Failure
        Unsupported where the framework is not installed or too old, raised for anything else that an import can do.
    """
    try:
        adapter = next((a for a in load_adapters(path) if a.name == name), None)
    except AdapterError as error:
        raise Failure("raised", str(error)) from error
    if adapter is None:
        raise Failure("raised", f"{path}: no adapter of this file is called {name}")
    found = {distribution: version(distribution) for distribution in adapter.distributions}
    loaded = Loaded(adapter, {distribution: number for distribution, number in found.items() if number})
    try:
        adapter.load(device)
    except ModuleNotFoundError as error:
        raise Failure("unsupported", _missing(loaded, error)) from error
    except BaseException as error:                          # SystemExit is an answer too
        said = f"the import for {name} raised {sentence(error)}"
        told = dated(loaded, said)
        status = "out-of-memory" if exhausted(error) else "raised" if told == said else "unsupported"
        raise Failure(status, told) from error
    return loaded


def _missing(loaded: Loaded, error: ImportError) -> str:
    """Which module is not there, and what to install for it.

    Of a framework that is half installed it is a part, and what the framework raises itself may not name it.
    """
    cause = error
    while not cause.name and isinstance(cause.__cause__, ImportError):
        cause = cause.__cause__
    if not cause.name:
        return f"the import for {loaded.adapter.name} raised {sentence(error)}"
    first, top = next(iter(loaded.adapter.distributions), ""), cause.name.split(".")[0]
    is_part = not first or first in loaded.versions or top in loaded.adapter.distributions
    return f"No module named {cause.name}: install {top if is_part else first}"


def version(distribution: str) -> str:
    """The installed version of a distribution, from its metadata; empty where it is not installed."""
    if sys.version_info < (3, 8):                           # without importlib.metadata: the folder's name says it
        name = re.sub("[-_.]+", "[-_.]", distribution) + "-[0-9]*.dist-info"
        found = [path for entry in sys.path for path in glob.glob(os.path.join(glob.escape(entry), name))]
        return found[0].rpartition("-")[0].rpartition("-")[2][: -len(".dist")] if found else ""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def describe(loaded: Loaded) -> Dict[str, Any]:
    """What this release offers: versions, native dtypes, and why an entry point or mode does not resolve."""
    adapter = loaded.adapter
    modes = {mode: _lacks(loaded, adapter.entry_points[0], mode, path=False) for mode in adapter.modes}
    plain = next((mode for mode, reason in modes.items() if not reason), next(iter(modes)))
    entries = [
        {"path": entry.path, "config": entry.key, "reason": _lacks(loaded, entry, plain, path=True)}
        for entry in adapter.entry_points
    ]
    nothing = all(entry["reason"] for entry in entries)
    return {
        "status": "unavailable" if nothing else "ok",
        "failure": "unsupported" if nothing else "",
        "reason": f"no entry point of {adapter.name} resolves: {entries[0]['reason']}" if nothing else "",
        "versions": loaded.versions,
        "python": platform.python_version(),
        "dtypes": list(adapter.native),
        "modes": modes,
        "entry_points": entries,
    }


def _lacks(loaded: Loaded, entry: EntryPoint, mode: str, path: bool) -> str:
    """Why an entry point or a mode does not resolve, or nothing. The program is built, never called."""
    adapter, text = loaded.adapter, ""
    bare = entry if path else EntryPoint("", entry.loss, "None")
    try:
        _available(loaded, bare)
        text = adapter.program(bare, (), (), mode)
        adapter.build(bare, text)
    except Exception as error:
        return dated(loaded, str(error), text) if isinstance(error, Unsupported) else sentence(error)
    return ""


def _available(loaded: Loaded, entry: EntryPoint) -> None:
    """Raise Unsupported where the release is older than the entry point says it needs."""
    distribution, first, installed = _first(loaded, entry.since)
    if first and _numbers(installed) < _numbers(first):
        raise Unsupported(f"needs {distribution} {first} or newer, this is {installed}")


def dated(loaded: Loaded, said: str, *texts: str) -> str:
    """What a release lacks, with the first one that has it where the adapter knows that and this one is older.

    Parameters
    ----------
    loaded : Loaded
        The adapter, and what is installed.
    said : str
        What is lacking.
    *texts : str
        What was tried: a program, the framework's name of a dtype.
    """
    newest: Tuple[List[int], str] = ([], "")
    for pattern, since in loaded.adapter.since.items():
        distribution, first, installed = _first(loaded, since)
        if _numbers(installed) < _numbers(first) and re.search(pattern, "\n".join((said, *texts))):
            newest = max(newest, (_numbers(first), f"{distribution} {first}"))
    return f"{said} (since {newest[1]})" if newest[1] else said


def _first(loaded: Loaded, since: str) -> Tuple[str, str, str]:
    """The distribution that a `since` speaks of, its first release, and the installed one; or nothing.

    A distribution may have builds of other names: tensorflow-cpu is tensorflow.
    """
    name, _, first = since.rpartition(" ")
    for distribution, installed in loaded.versions.items():
        if first and name in ("", distribution, distribution.split("-")[0]):
            return name or distribution, first, installed
    return "", "", ""


def _numbers(version: str) -> List[int]:
    return [int(number) for number in re.findall(r"\d+", version.split("+")[0])[:3]]


def program(loaded: Loaded, job: Dict[str, Any]) -> str:
    """The text of a job.

    Raises
    ------
    Unsupported
        The release lacks the dtype or the entry point; the adapter lacks the mode or the derivative.
    """
    adapter, entry = loaded.adapter, _entry(loaded, job)
    if job["dtype"] not in adapter.native:
        raise Unsupported(f"{adapter.name} has no {job['dtype']} in this release")
    _available(loaded, entry)
    steps = tuple((kind, x) for kind, x in job["steps"])
    return job["script"] or adapter.program(entry, job["arguments"], steps, job["mode"])


def built(loaded: Loaded, job: Dict[str, Any], text: str) -> Call:
    """The function of a job's text, built once per subject and quantity: dtypes share no state.

    A free job's is built anew: what was compiled for one shape is no answer for another.
    """
    if job["free"]:
        return loaded.adapter.build(_entry(loaded, job), text)
    key = (job["entry_point"], job["config"], job["mode"], job["dtype"], text)
    if key not in loaded.programs:
        loaded.programs[key] = loaded.adapter.build(_entry(loaded, job), text)
    return loaded.programs[key]


def _entry(loaded: Loaded, job: Dict[str, Any]) -> EntryPoint:
    if job["code"] or job["script"]:
        return EntryPoint.of(job["code"])
    entry = entry_point(loaded.adapter, job["entry_point"], job["config"])
    if entry is None:
        raise Failure("raised", f"{loaded.adapter.name} has no entry point {job['entry_point']} {job['config']}")
    return entry
