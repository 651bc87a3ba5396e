"""What is known of installing a release: the ranges in ``releases.toml``, and the one that a requirement falls in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

FILE = Path(__file__).with_name("releases.toml")


@dataclass(frozen=True, slots=True)
class Release:
    """A range of releases of one distribution that are installed alike.

    Attributes
    ----------
    distribution : str
        Its name on the index.
    releases : SpecifierSet
        The versions.
    python : tuple of str
        CPython versions that they run on, the one to prefer first.
    requirements : tuple of str
        What they need besides what their metadata says.
    leave_out : tuple of str
        What their metadata says and an import on a CPU does not need.
    gigabytes, cpu_gigabytes : float
        Size on disk; of a wheel built for CPUs, where that is another.
    instead : str
        The distribution that holds the CPU build of the same release, or nothing.
    where : str
        The platforms that have it, as an environment marker; empty for all.
    regardless_of : tuple of str
        Distributions whose bounds on this one do not count: they ask for another release, and run with these.
    tried : tuple of str
        Releases that were installed from this record, and imported.
    reported : tuple of str
        Releases that others saw run like this, and nobody has built from this record.
    """

    distribution: str
    releases: SpecifierSet
    python: tuple[str, ...]
    requirements: tuple[str, ...]
    leave_out: tuple[str, ...]
    gigabytes: float
    cpu_gigabytes: float
    instead: str
    where: str
    regardless_of: tuple[str, ...]
    tried: tuple[str, ...]
    reported: tuple[str, ...]

    def contains(self, version: Version) -> bool:
        """Tell whether a version is in the range; a pre-release is, where the final release would be."""
        return self.releases.contains(version, prereleases=True)

    def substitute(self) -> str:
        """The distribution to install on this platform: ``tensorflow-cpu`` for ``tensorflow``."""
        return self.instead if self.instead and (not self.where or Marker(self.where).evaluate()) else ""


@cache
def releases() -> Mapping[str, tuple[Release, ...]]:
    """Every range that is known, by the canonical name of its distribution."""
    return parse(FILE.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, tuple[Release, ...]]:
    """The ranges in the text of a data file."""
    return {
        canonicalize_name(name): tuple(_release(name, record) for record in records)
        for name, records in tomllib.loads(text).items()
    }


def release_of(
    requirement: Requirement, known: Mapping[str, tuple[Release, ...]] | None = None
) -> Release | None:
    """The range that a requirement falls in, or None where nothing is known of it.

    Which version a loose requirement will become is the resolver's to say, with the interpreter that this chooses. So
    the newest version that is mentioned anywhere and that the requirement allows stands for it: ``torch==2.9.*`` is
    2.9, ``torch<2.2`` the newest such release of the data file, and ``torch`` the newest range.
    """
    ranges = (releases() if known is None else known).get(canonicalize_name(requirement.name), ())
    allowed = [version for version in mentioned(requirement.specifier, ranges) if _allows(requirement, version)]
    for version in sorted(allowed, reverse=True):
        for release in ranges:
            if release.contains(version):
                return release
    return None


def mentioned(specifier: SpecifierSet, ranges: Sequence[Release]) -> Iterator[Version]:
    """The versions that a requirement and the ranges of its distribution name."""
    for one in (specifier, *(release.releases for release in ranges)):
        for clause in one:
            try:
                yield Version(clause.version.removesuffix(".*"))
            except InvalidVersion:      # ===, which may be followed by anything
                continue
    for release in ranges:
        yield from map(Version, (*release.tried, *release.reported))


def _allows(requirement: Requirement, version: Version) -> bool:
    return requirement.specifier.contains(version, prereleases=True)


def _release(name: str, record: Mapping[str, Any]) -> Release:
    gigabytes = float(record["gigabytes"])
    return Release(
        distribution=name,
        releases=SpecifierSet(record["releases"]),
        python=tuple(record["python"]),
        requirements=tuple(record.get("requirements", ())),
        leave_out=tuple(map(canonicalize_name, record.get("leave-out", ()))),
        gigabytes=gigabytes,
        cpu_gigabytes=float(record.get("cpu-gigabytes", gigabytes)),
        instead=record.get("instead", ""),
        where=record.get("where", ""),
        regardless_of=tuple(map(canonicalize_name, record.get("regardless-of", ()))),
        tried=tuple(record.get("tried", ())),
        reported=tuple(record.get("reported", ())),
    )
