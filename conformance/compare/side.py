"""One side of a comparison, as a user names it: a saved run, requirements, or an interpreter. Nothing is built here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from conformance.adapter import Adapter
from conformance.compare import baselines
from conformance.environments.recipe import parse as parse_requirement
from conformance.run import FILE
from conformance.subject import Source

CURRENT = "current"
"""The environment that runs now."""

PYTHON = "python:"
"""What stands before the path of an interpreter."""

EVERYWHERE = "numpy"
"""The distribution that every environment has: no adapter is meant because of it, unless it is named."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._=+-]+")
_BETWEEN = re.compile(r"\s+|,(?=\s*[A-Za-z])(?![^\[]*\])")


class SideError(Exception):
    """A side cannot be measured; the message is one sentence for the user."""

    def __init__(self, message: str, exit_status: int = 4) -> None:
        super().__init__(message)
        self.exit_status = exit_status


@dataclass(frozen=True, slots=True)
class Side:
    """What to measure, or where it lies measured.

    Attributes
    ----------
    name : str
        What the user calls it.
    results : Path or None
        Of a saved run: its folder or file.
    requirements : tuple of str
        What an environment is built for; empty where one exists.
    python : str
        Of requirements, the version or path to build with, empty for one that suits them; else the interpreter that has
        the frameworks, empty for this one.
    environ : tuple of (str, str)
        Environment variables that its workers get.
    """

    name: str
    results: Path | None = None
    requirements: tuple[str, ...] = ()
    python: str = ""
    environ: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> str:
        """Its name as that of a folder."""
        return _UNSAFE.sub("-", self.name).strip("-.") or "side"

    @property
    def distributions(self) -> frozenset[str]:
        """The distributions that its requirements name, normalised."""
        return frozenset(canonicalize_name(parse_requirement(text).name) for text in self.requirements)


def parse(text: str) -> Side:
    """The side that a word of the command line means.

    Parameters
    ----------
    text : str
        The path of a saved run, ``baseline:torch==2.9.1``, ``current``, ``python:PATH``, or requirements with spaces or
        commas between them.

    Raises
    ------
    SideError
        It names a path where no run is, or is empty.
    BaselineError
        There is no such baseline.
    EnvironmentsError
        A requirement cannot be read.
    """
    text = text.strip()
    words = [word for word in _BETWEEN.split(text) if word]
    if not words:
        raise SideError(f"A side is empty: give a saved run, requirements such as torch==2.9.1, or {CURRENT}.")
    if text == CURRENT:
        return Side(text)
    if text.startswith(baselines.MARK):
        return Side(text, results=baselines.find(text.removeprefix(baselines.MARK)))
    if text.startswith(PYTHON):
        if not text.removeprefix(PYTHON):
            raise SideError(f"{PYTHON} needs the path of an interpreter behind it, as in {PYTHON}venv/bin/python.")
        return Side(text, python=text.removeprefix(PYTHON))
    path = Path(text)
    if (path.is_file() and path.suffix != ".whl") or (path / FILE).is_file():
        return Side(text, results=path)
    if path.is_dir() or path.suffix == ".json" or _looks_like_a_path(words):
        raise SideError(f"There is no run at {text}: make one with bce-conformance audit --out DIR.")
    for word in words:
        parse_requirement(word)
    return Side(text, requirements=tuple(words))


def meant(side: Side, adapters: Iterable[Adapter]) -> list[str]:
    """The adapters that a side's requirements speak of.

    One of whose distributions is named; of Keras on a backend both Keras and the backend. NumPy is a backend that is
    always there. What only a name on the command line asks for is not among them.

    Parameters
    ----------
    side : Side
    adapters : iterable of Adapter
    """
    named = side.distributions
    return [a.name for a in adapters if not a.only_by_name and _speaks_of(named, a)]


def installed(adapter: Adapter, frozen: Sequence[str]) -> bool:
    """Whether the framework of an adapter, or a build of it under a longer name, is among what is installed."""
    first = canonicalize_name(next(iter(adapter.distributions), adapter.name))
    names = {str(canonicalize_name(re.split(r"==| @ ", text)[0].strip())) for text in frozen}
    return any(name == first or name.startswith(f"{first}-") for name in names)


def known(side: Side, found: Sequence[Source]) -> None:
    """See that some adapter speaks of what the requirements name.

    Raises
    ------
    SideError
        None does.
    """
    if side.requirements and not meant(side, (source.adapter for source in found)):
        every = dict.fromkeys(name for source in found for name in source.adapter.distributions)
        raise SideError(
            f"{side.name} is no saved run, and no adapter measures it by itself: name {', '.join(every)}"
            " (Keras with its backend), or give --adapter."
        )


def spared(side: Side, folder: Path) -> None:
    """See that what is measured now does not take the place of a saved run that it is compared with.

    Raises
    ------
    SideError
        It would: the run would be compared with itself.
    """
    if side.results is None:
        return
    file = side.results / FILE if side.results.is_dir() else side.results
    if file.resolve() == (folder / FILE).resolve():
        raise SideError(f"The run {side.name} would be overwritten by what is compared with it: give another --out.")


def _speaks_of(named: frozenset[str], adapter: Adapter) -> bool:
    own = [str(canonicalize_name(name)) for name in adapter.distributions]
    if "[" in adapter.name and own:
        return own[0] in named and any(name in named or name == EVERYWHERE for name in own[1:])
    return not named.isdisjoint(own)


def _looks_like_a_path(words: Sequence[str]) -> bool:
    return len(words) == 1 and not words[0].endswith(".whl") and ("/" in words[0] or words[0].startswith((".", "~")))
