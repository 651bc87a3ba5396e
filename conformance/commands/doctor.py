"""``bce-conformance doctor``: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.subject import Source

HELP = "say what is wrong with this installation"

EPILOG = """Every framework is started once, so this takes a while. The exit status is 1 where something is wrong; a
framework that is merely missing is not.

examples:
  bce-conformance doctor
  bce-conformance doctor --adapter my_backend.py
  bce-conformance doctor --python old/bin/python"""

OK, MISSING, WRONG = "ok", "missing", "wrong"

SCRATCH_BYTES = 500_000_000
"""Arrays go to and from workers through files in the temporary folder."""


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at: what, how it is, and a sentence on it."""

    what: str
    state: str
    words: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--adapter", action="append", default=[], metavar="FILE|NAME", help="look only at this adapter")
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the interpreter that has the frameworks"
    )


def run(args: argparse.Namespace) -> int:
    """Look at everything, one line each."""
    wrong = 0
    for symptom in symptoms(args.adapter, args.python):
        print(f"{symptom.state:8} {symptom.what}: {symptom.words}", flush=True)
        wrong += symptom.state == WRONG
    print(f"\n{'Nothing is wrong.' if not wrong else f'{wrong} of these are wrong.'}")
    return int(bool(wrong))


def symptoms(adapters: Sequence[str], python: str) -> Iterator[Symptom]:
    """Everything that is looked at, the quick things first."""
    yield _interpreter()
    yield from _requirements()
    yield _scratch()
    yield _compiler()
    yield _checked("golden tables", _golden)
    yield _checked("expectations", _expectations)
    yield from _adapters(adapters, python)


def _interpreter() -> Symptom:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.implementation.name != "cpython":
        return Symptom("Python", WRONG, f"this is {sys.implementation.name} {version}: use CPython 3.11 or newer")
    return Symptom("Python", OK, f"{version}, {sys.executable}")


def _requirements() -> Iterator[Symptom]:
    """Whether what the project itself needs is there in the right version."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(text) for text in requires("bce-conformance") or ()]
    except PackageNotFoundError:
        yield Symptom("bce-conformance", MISSING, "it runs from a checkout: install it with pip install -e .")
        return
    for requirement in wanted:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield Symptom(requirement.name, WRONG, f"it is not installed: pip install '{requirement}'")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield Symptom(requirement.name, WRONG, f"{found} does not do: pip install '{requirement}'")
        else:
            yield Symptom(requirement.name, OK, found)


def _scratch() -> Symptom:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Symptom("temporary folder", WRONG, f"{folder} cannot be written: set TMPDIR to one that can")
    if free < SCRATCH_BYTES:
        return Symptom("temporary folder", WRONG, f"{folder} has {free // 10**6} MB left: free some, or set TMPDIR")
    return Symptom("temporary folder", OK, f"{folder}, {free / 1e9:.1f} GB free")


def _compiler() -> Symptom:
    names = [os.environ.get("CXX", ""), "g++", "clang++", "c++"]
    found = next((name for name in names if name and shutil.which(name)), "")
    return Symptom(
        "C++ compiler", OK if found else MISSING, found or "torch.compile needs one: its mode will be unsupported"
    )


def _checked(what: str, check: Callable[[], str]) -> Symptom:
    """What a check says, or the sentence it raises."""
    try:
        return Symptom(what, OK, check())
    except Exception as error:
        return Symptom(what, WRONG, str(error))


def _golden() -> str:
    from conformance import limits, tables
    from conformance.seal import sealed

    names = [*map(tables.file_of, tables.functions()), limits.FILE]
    for name in names:
        sealed(name)
    return f"{len(names)} agree with their checksums"


def _expectations() -> str:
    from conformance.expectations import load
    from conformance.places import adapters_folder

    known = load(adapters_folder())
    return f"{len(known.causes)} causes, {sum(map(len, known.lines.values()))} recorded findings"


def _adapters(names: Sequence[str], python: str) -> Iterator[Symptom]:
    """Whether each adapter file can be used, and its framework starts and has the entry points."""
    from conformance.adapter_file import AdapterError
    from conformance.measure import Pool
    from conformance.places import adapters_folder
    from conformance.selection import is_file
    from conformance.subject import sources

    files = [name for name in names if is_file(name)]
    kept = [name for name in names if not is_file(name)]
    if kept or not files:
        files += map(str, sorted(adapters_folder().glob("*.py")))
    found: list[Source] = []
    for file in files:
        try:
            found += sources([file], python)
        except AdapterError as error:
            yield Symptom(Path(file).name, WRONG, str(error))
    known = {source.adapter.name for source in found}
    for name in kept:
        if name not in known:
            yield Symptom(name, WRONG, f"there is no such adapter: known are {', '.join(sorted(known))}")
    with Pool(1) as pool:
        for source in found:
            given = source.file in {str(Path(name).resolve()) for name in names}
            if not names or given or source.adapter.name in kept:
                yield _framework(source, pool.describe)


def _framework(source: Source, describe: Callable[..., dict[str, object]]) -> Symptom:
    from conformance.plan import Plan
    from conformance.subject import Subject

    adapter = source.adapter
    entry = adapter.entry_points[0]
    subject = Subject(adapter.name, entry.path, entry.key, next(iter(adapter.modes)), entry.dtypes[0])
    said = describe(Plan([source]).worker(subject))
    reason = re.sub(r"\s+", " ", str(said["reason"]))
    if said["status"] != "ok":
        missing = re.search(r"No module named|not installed", reason)
        return Symptom(adapter.name, MISSING if missing else WRONG, reason)
    versions, entries, modes = said["versions"], said["entry_points"], said["modes"]
    assert isinstance(versions, dict) and isinstance(entries, list) and isinstance(modes, dict)
    lacks = [f"{entry['path']} ({entry['reason']})" for entry in entries if entry["reason"]]
    lacks += [f"mode {mode} ({why})" for mode, why in modes.items() if why]
    words = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Symptom(adapter.name, OK, words + (f"; lacks {'; '.join(lacks)}" if lacks else ""))
