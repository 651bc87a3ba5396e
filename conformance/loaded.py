"""An adapter in the worker, its framework imported. CPython 3.7 to 3.14, standard library and numpy."""

import platform
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Tuple

from conformance.adapter import (
    Adapter,
    AdapterError,
    EntryPoint,
    Unsupported,
    entry_point,
    load_adapters,
    sentence,
)

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
    programs: Dict[Any, Tuple[str, Call]] = field(default_factory=dict)


def load(path: str, name: str, device: str) -> Loaded:
    """Load one adapter of a file and import its framework.

    Raises
    ------
    Failure
        Unsupported where the framework is not installed, raised for anything else that an import can do.
    """
    try:
        adapter = next((a for a in load_adapters(path) if a.name == name), None)
    except AdapterError as error:
        raise Failure("raised", str(error)) from error
    if adapter is None:
        raise Failure("raised", f"{path}: no adapter of this file is called {name}")
    try:
        adapter.load(device)
    except ModuleNotFoundError as error:
        known = adapter.distributions
        install = error.name if error.name in known or not known else known[0]
        raise Failure("unsupported", f"No module named {error.name}: install {install}") from error
    except BaseException as error:                          # SystemExit is an answer too
        status = "out-of-memory" if exhausted(error) else "raised"
        raise Failure(status, f"the import for {name} raised {sentence(error)}") from error
    found = {distribution: version(distribution) for distribution in adapter.distributions}
    return Loaded(adapter, {distribution: number for distribution, number in found.items() if number})


def version(distribution: str) -> str:
    """The installed version of a distribution, from its metadata; empty where it is not installed."""
    if sys.version_info < (3, 8):
        try:
            import pkg_resources

            return str(pkg_resources.get_distribution(distribution).version)
        except Exception:                                   # no setuptools, or not installed
            return str(getattr(sys.modules.get(distribution), "__version__", ""))
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
    adapter = loaded.adapter
    bare = entry if path else EntryPoint("", entry.loss, "None")
    try:
        _available(loaded, bare)
        adapter.build(bare, adapter.program(bare, (), (), mode))
    except Exception as error:
        return str(error) if isinstance(error, Unsupported) else sentence(error)
    return ""


def _available(loaded: Loaded, entry: EntryPoint) -> None:
    """Raise Unsupported where the release is older than the entry point says it needs."""
    framework = next(iter(loaded.versions), "")
    if entry.since and framework and _numbers(loaded.versions[framework]) < _numbers(entry.since):
        raise Unsupported(f"needs {framework} {entry.since} or newer, this is {loaded.versions[framework]}")


def _numbers(version: str) -> List[int]:
    return [int(number) for number in re.findall(r"\d+", version.split("+")[0])[:3]]


def program(loaded: Loaded, job: Dict[str, Any]) -> Tuple[str, Call]:
    """The text of a job and its function, built once per subject and quantity: dtypes share no state.

    A free job's is built anew: what was compiled for one shape is no answer for another.
    """
    steps = tuple((kind, x) for kind, x in job["steps"])
    subject = [job[word] for word in ("entry_point", "config", "code", "mode", "dtype")]
    key = (*subject, tuple(job["arguments"]), steps)
    if key not in loaded.programs or job["free"]:
        adapter, dtype = loaded.adapter, job["dtype"]
        entry = entry_point(adapter, job["entry_point"], job["config"])
        if job["code"] or job["script"]:
            entry = EntryPoint.of(job["code"])
        if entry is None:
            raise Failure("raised", f"{adapter.name} has no entry point {job['entry_point']} {job['config']}")
        if dtype not in adapter.native:
            raise Unsupported(f"{adapter.name} has no {dtype} in this release")
        _available(loaded, entry)
        text = job["script"] or adapter.program(entry, job["arguments"], steps, job["mode"])
        built = text, adapter.build(entry, text)
        if job["free"]:
            return built
        loaded.programs[key] = built
    return loaded.programs[key]
