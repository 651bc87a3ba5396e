"""What a user wants installed, and what that takes: requirements and releases to one content-hashed recipe (pure)."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from conformance.environments.releases import Release, release_of

NEEDED = "numpy"
"""What every worker needs, whichever framework it runs."""

SMALL = 0.1
"""Gigabytes of an environment that holds NumPy."""


class EnvironmentsError(Exception):
    """An environment cannot be had; the message is one sentence for the user."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user asks for.

    Attributes
    ----------
    requirements : tuple of str
        As pip takes them, ``torch==1.8.1``; a path of a wheel too.
    python : str, optional
        A version, ``3.11``, or the path of the interpreter to build on. By default one that the release runs on.
    exclude : tuple of str
        Distributions to leave out although something asks for them.
    include : tuple of str
        Distributions to install, and under their own name, although the data file would leave them out; a requirement
        that says which release is one more of the requirements.
    """

    requirements: tuple[str, ...]
    python: str | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is installed for it. Two recipes with one digest are one environment.

    Attributes
    ----------
    requirements : tuple of str
        What the resolver gets, in order.
    python : tuple of str
        Versions that do, the one to prefer first, or one path; empty where any may do.
    left_out : tuple of str
        Distributions that are not installed whoever asks for them.
    known : tuple of Release
        The ranges that were found: what they say of sizes.
    unknown : tuple of str
        Requirements in no range.
    substitutes : tuple of (str, str)
        What stands for what: ``("tensorflow-cpu", "tensorflow")``.
    firm : tuple of str
        Those of the requirements that hold whatever others ask.
    """

    requirements: tuple[str, ...]
    python: tuple[str, ...]
    left_out: tuple[str, ...]
    known: tuple[Release, ...]
    unknown: tuple[str, ...]
    substitutes: tuple[tuple[str, str], ...]
    firm: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name what is installed, on this kind of machine."""
        said = [self.requirements, self.python, self.left_out, sys.platform, platform.machine()]
        said += [self.firm] if self.firm else []
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    @property
    def has_choice(self) -> bool:
        """Whether a wheel built for CPUs, where an interpreter has one, is smaller."""
        return any(release.cpu_gigabytes < release.gigabytes for release in self.known)

    def gigabytes(self, pins: Sequence[str] = ()) -> float:
        """The size on disk, from the data file; a pin to a ``+cpu`` release makes it that of the CPU wheel."""
        slim = {canonicalize_name(pin.partition("==")[0].strip()) for pin in pins if "+cpu" in pin}
        sizes = [one.cpu_gigabytes if one.distribution in slim else one.gigabytes for one in self.known]
        return sum(sizes) or SMALL


def compose(wanted: Wanted) -> Recipe:
    """Find what the requirements take.

    Raises
    ------
    EnvironmentsError
        A requirement cannot be read, or no CPython runs all of them.
    """
    if not wanted.requirements:
        raise EnvironmentsError("An environment needs a requirement, for instance torch==2.9.1.")
    texts = (*wanted.requirements, *(text for text in wanted.include if _says_which(parse(text))))
    asked = [parse(text) for text in texts]
    found = [release_of(requirement) for requirement in asked]
    include = _names(wanted.include)
    left_out = {name for release in found if release for name in release.leave_out} - include
    left_out |= _names(wanted.exclude)
    substitutes: dict[str, str] = {}
    for requirement, release in zip(asked, found, strict=True):
        other = release.substitute() if release and canonicalize_name(requirement.name) not in include else ""
        if other and not requirement.url:
            substitutes[other] = requirement.name
            requirement.name = other
    installed = {str(canonicalize_name(requirement.name)) for requirement in asked} | _names(substitutes.values())
    lines = {str(requirement) for requirement in asked}
    extras = [parse(text) for release in found if release for text in release.requirements]
    lines |= {str(extra) for extra in extras if extra.extras or canonicalize_name(extra.name) not in installed}
    installed |= {str(canonicalize_name(extra.name)) for extra in extras}
    lines |= _names([NEEDED, *wanted.include]) - installed
    lines = {line for line in lines if canonicalize_name(Requirement(line).name) not in left_out}
    pairs = [(str(requirement), release) for requirement, release in zip(asked, found, strict=True) if release]
    return Recipe(
        requirements=tuple(sorted(lines)),
        python=(wanted.python,) if wanted.python else _common_python(texts, found),
        left_out=tuple(sorted(left_out)),
        known=tuple(dict.fromkeys(release for release in found if release)),
        unknown=tuple(text for text, release in zip(texts, found, strict=True) if not release),
        substitutes=tuple(sorted(substitutes.items())),
        firm=tuple(sorted(line for line, release in pairs if line in lines and installed & set(release.regardless_of))),
    )


def parse(text: str) -> Requirement:
    """A requirement, or the path of a wheel, read; its name normalised.

    Raises
    ------
    EnvironmentsError
        It is neither.
    """
    try:
        if text.endswith(".whl") and "@" not in text:
            name, *_ = parse_wheel_filename(Path(text).name)
            return Requirement(f"{name} @ {Path(text).expanduser().resolve().as_uri()}")
        found = Requirement(text)
        found.name = canonicalize_name(found.name)
        return found
    except (InvalidRequirement, InvalidWheelFilename) as error:
        raise EnvironmentsError(f"{text!r} is not a requirement: write it as in torch==2.9.1.") from error


def folder_name(wanted: Wanted, recipe: Recipe) -> str:
    """A name for the environment that a person recognises: ``torch-1.8.1-0a1b2c3d4e5f``."""
    requirements = sorted(map(parse, wanted.requirements), key=str)
    words = [requirement.name if requirement.url else str(requirement) for requirement in requirements]
    readable = re.sub(r"[^\w.]+", "-", "-".join(words))
    return f"{readable[:48].strip('-.')}-{recipe.digest}"


def _says_which(requirement: Requirement) -> bool:
    return bool(requirement.specifier or requirement.url)


def _names(texts: Iterable[str]) -> set[str]:
    return {str(canonicalize_name(parse(text).name)) for text in texts}


def _common_python(texts: Sequence[str], found: Sequence[Release | None]) -> tuple[str, ...]:
    """The CPython versions that every release runs on, in the order that the first prefers."""
    choices = [release.python for release in found if release]
    if not choices:
        return ()
    common = tuple(version for version in choices[0] if all(version in others for others in choices))
    if not common:
        said = ", ".join(f"{text} on {' or '.join(r.python)}" for text, r in zip(texts, found, strict=True) if r)
        raise EnvironmentsError(f"No CPython runs all of these ({said}): name fewer, or choose one with --python.")
    return common
