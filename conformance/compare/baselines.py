"""Baselines: runs of releases that travel with the project, so that an upgrade needs no second environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from conformance import whole_file
from conformance.places import golden_folder
from conformance.run import Run

FOLDER = "baselines"
SUFFIX = ".json.xz"

MARK = "baseline:"
"""What stands before a release where a side of a comparison is meant to be its baseline."""


class BaselineError(Exception):
    """There is no such baseline; the message is one sentence for the user."""

    exit_status = 4


def folder() -> Path:
    """Where baselines lie."""
    return golden_folder() / FOLDER


def known() -> Mapping[tuple[str, Version], Path]:
    """The baselines, by distribution and version, in that order."""
    found = {}
    for path in folder().glob(f"*{SUFFIX}"):
        name, _, version = path.name.removesuffix(SUFFIX).rpartition("-")
        found[name, Version(version)] = path
    return dict(sorted(found.items()))


def find(text: str) -> Path:
    """The baseline of a release.

    Parameters
    ----------
    text : str
        A requirement: ``torch==2.9.1``. Of several that fit, such as of ``torch==2.*``, the newest.

    Raises
    ------
    BaselineError
        It is no requirement, or no baseline fits it.
    """
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        raise BaselineError(f"{text} is neither a saved run nor a release: write it as torch==2.9.1.") from None
    name = canonicalize_name(wanted.name)
    versions = [version for distribution, version in known() if distribution == name]
    fitting = [version for version in versions if wanted.specifier.contains(version, prereleases=True)]
    if fitting:
        return known()[name, max(fitting)]
    if versions:
        raise BaselineError(f"There is no baseline of {text}: there are those of {', '.join(map(str, versions))}.")
    others = ", ".join(dict.fromkeys(distribution for distribution, _ in known()))
    if not others:
        said = f"There is no baseline of {wanted.name}, nor of anything"
        raise BaselineError(f"{said}: give a saved run, or measure one with bce-conformance baselines write {text}.")
    raise BaselineError(f"There is no baseline of {wanted.name}: there are those of {others}.")


def path_of(name: str, version: str) -> Path:
    """Where the baseline of a release lies, or would."""
    return folder() / f"{canonicalize_name(name)}-{Version(version).public}{SUFFIX}"


def version_of(name: str, run: Run) -> str:
    """The version of a distribution that a run measured, or of a build of it under a longer name (``tensorflow-cpu``).

    Raises
    ------
    BaselineError
        None of its adapters is of that distribution.
    """
    wanted = canonicalize_name(name)
    found = {canonicalize_name(d): str(v) for record in run.adapters for d, v in record["versions"].items()}
    version = found.get(wanted) or next((v for d, v in found.items() if d.startswith(f"{wanted}-")), None)
    if version is None:
        raise BaselineError(f"No adapter of the run measures {name}: name the release first that the baseline is of.")
    return version


def write(content: bytes, name: str, version: str) -> Path:
    """Write the baseline of a release, whole or not at all, and return where it lies.

    Parameters
    ----------
    content : bytes
        From `baseline_file.to_bytes`.
    name, version : str
        The distribution and its version.
    """
    path = path_of(name, version)
    path.parent.mkdir(exist_ok=True)
    whole_file.write(path, content)
    return path
