"""Environments: one cached folder for each set of requirements, built when it is first wanted."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.environments import installers, interpreters
from conformance.environments.cache import Environment, log_of, place, size, standing, touch, write
from conformance.environments.installers import Failed, Installer, Resolved, Unreachable
from conformance.environments.interpreters import Interpreter
from conformance.environments.locks import locked
from conformance.environments.recipe import EnvironmentsError, Recipe, Wanted, compose, folder_name

__all__ = ["Environment", "EnvironmentsError", "Wanted", "build", "existing", "find"]

OTHERS = ("3.11", "3.10", "3.8")
"""CPython versions to try after this one, where nothing is known of a requirement."""

Say = Callable[[str], None]


def build(wanted: Wanted, say: Say = print, installer: Installer | None = None) -> Environment:
    """The environment for some requirements: from the cache, or built now.

    Parameters
    ----------
    wanted : Wanted
        The requirements, and with which Python.
    say : callable
        Told in a line what is built and how large it will be.
    installer : Installer, optional
        uv where it is present, else pip.

    Raises
    ------
    EnvironmentsError
        It cannot be built; what was begun is removed, and the log stays.
    """
    recipe = compose(wanted)
    folder = place() / folder_name(wanted, recipe)
    found = find(wanted)
    if found is None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentsError(
                f"The folder {folder.parent} cannot be made ({error.strerror}): set BCE_ENVIRONMENTS to another."
            ) from error
        try:
            with locked(folder, lambda: say(f"Another process builds {folder.name}: waiting for it")):
                found = standing(folder) or _build(wanted, recipe, folder, say, installer or installers.choose())
        except OSError as error:
            raise EnvironmentsError(
                f"{' '.join(wanted.requirements)} cannot be built in {folder.parent} ({error}): make room there, or"
                " set BCE_ENVIRONMENTS to a folder that can be written."
            ) from error
    touch(found)
    return found


def find(wanted: Wanted) -> Environment | None:
    """The environment for some requirements where it stands in the cache; nothing is built."""
    recipe = compose(wanted)
    return standing(place() / folder_name(wanted, recipe)) or _otherwise_named(wanted, recipe)


def existing(python: str) -> Environment:
    """An environment that somebody made: what its interpreter, given by path or name, has.

    Raises
    ------
    EnvironmentsError
        The interpreter does not run.
    """
    interpreter = interpreters.named(python)
    frozen = interpreters.installed(interpreter)
    # What was named is started, not what it says it is: it may be a script that enters a container first.
    return Environment(Path(interpreter.prefix), interpreters.absolute(python), interpreter.version, (), frozen)


def _otherwise_named(wanted: Wanted, recipe: Recipe) -> Environment | None:
    """The same on the same interpreter, which somebody named by its version, by its path, or not at all."""
    with suppress(EnvironmentsError):       # no such interpreter, which a build will say
        base = interpreters.search(_pythons(recipe), "")[0]
        for name in (base.minor, base.version, base.path, None):
            other = replace(wanted, python=name)
            found = standing(place() / folder_name(other, compose(other)))
            if found is None or os.path.realpath(found.python) != os.path.realpath(base.path):
                continue
            if wanted.python or not recipe.has_choice or Resolved(found.frozen).is_for_cpu:
                return found                # else another interpreter may have a wheel for CPUs
    return None


def _pythons(recipe: Recipe) -> tuple[str, ...]:
    return recipe.python or (f"{sys.version_info.major}.{sys.version_info.minor}", *OTHERS)


def _build(wanted: Wanted, recipe: Recipe, folder: Path, say: Say, installer: Installer) -> Environment:
    """Build it, or leave nothing but the log."""
    start = time.monotonic()
    what = " ".join(wanted.requirements)
    choices = interpreters.search(_pythons(recipe), what)
    log = log_of(folder)
    log.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        base, resolved = _resolved(what, recipe, choices, folder, log, installer)
        say(_announcement(what, recipe, base, resolved, installer))
        shortage = _shortage(what, recipe.gigabytes(resolved.pins), shutil.disk_usage(folder.parent).free)
        if shortage:
            raise EnvironmentsError(shortage)
        try:
            installer.install(resolved, base, folder, log)
        except Failed as error:
            raise EnvironmentsError(_failure(what, error, log)) from error
        environment = _recorded(wanted, recipe, folder, installer, start)
    except BaseException:       # Ctrl-C too
        shutil.rmtree(folder, ignore_errors=True)
        raise
    say(f"Built in {environment.seconds:.0f} s, {environment.bytes / 1e9:.2f} GB: {folder}")
    return environment


def _resolved(
    what: str, recipe: Recipe, choices: Sequence[Interpreter], folder: Path, log: Path, installer: Installer
) -> tuple[Interpreter, Resolved]:
    """The first interpreter that has wheels of everything; one that has a wheel for a CPU goes before."""
    found: list[tuple[Interpreter, Resolved]] = []
    failure: Failed | None = None
    for base in choices:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            resolved = installer.resolve(recipe, base, folder, log)
        except Unreachable as error:        # nor does it answer another interpreter, and each would wait as long
            failure = failure or error
            break
        except Failed as error:
            failure = failure or error
            continue
        found.append((base, resolved))
        if resolved.is_for_cpu or not (recipe.has_choice and installer.looks_ahead):
            return base, resolved
    if not found:
        assert failure is not None
        raise EnvironmentsError(_failure(what, failure, log))
    return found[0]


def _recorded(wanted: Wanted, recipe: Recipe, folder: Path, installer: Installer, start: float) -> Environment:
    """Say of a finished environment what it is, in the file that makes it count as finished."""
    interpreter = interpreters.named(str(installers.python_of(folder)))
    notes = [f"{other} stands for {name}: the same release, built for CPUs." for other, name in recipe.substitutes]
    notes += [f"{line} is here whatever others ask for." for line in recipe.firm]
    environment = Environment(
        folder=folder,
        python=str(installers.python_of(folder)),
        version=interpreter.version,
        requirements=wanted.requirements,
        frozen=interpreters.installed(interpreter),
        left_out=recipe.left_out,
        notes=tuple(notes),
        installer=installer.name,
        bytes=size(folder),
        built=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    environment = replace(environment, seconds=round(time.monotonic() - start, 2))
    write(environment)
    return environment


def _announcement(what: str, recipe: Recipe, base: Interpreter, resolved: Resolved, installer: Installer) -> str:
    room = f"about {recipe.gigabytes(resolved.pins):.1f} GB"
    if recipe.unknown:
        room += f" and what {', '.join(recipe.unknown)} takes"
    return f"Building {what} with {installer.name} for CPython {base.version}: {room}"


def _shortage(what: str, gigabytes: float, free_bytes: int) -> str:
    """Say in one sentence that the disk is too full, or nothing."""
    if free_bytes >= gigabytes * 1e9:
        return ""
    return (
        f"{what} needs about {gigabytes:.1f} GB in {place()} and {free_bytes / 1e9:.2f} GB are free: make room with"
        " bce-conformance environments prune, or set BCE_ENVIRONMENTS to a folder on a larger disk."
    )


def _failure(what: str, error: Failed, log: Path) -> str:
    if isinstance(error, Unreachable):
        said = f"{what} cannot be installed, since the index does not answer ({error})"
        return f"{said}: mend the network or what pip is configured with, or see the whole log in {log}."
    return f"{what} cannot be installed ({error}): correct it, or see the whole log in {log}."
