"""A side of a comparison measured: its environment built or found, the audit run in it, its run kept in a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import auditing, environments, observations
from conformance.compare import saved_results
from conformance.compare.side import Side, SideError, installed, known, meant
from conformance.environments import Environment, Wanted
from conformance.run import Run, write
from conformance.subject import Filters, Source, passes, subjects

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What all sides are measured with.

    Attributes
    ----------
    found : sequence of Source
        The adapters.
    filters : Filters
        Which subjects.
    python : str
        Version or path to build environments with; empty for what suits each.
    exclude, include : tuple of str
        Distributions to leave out of environments, and requirements to add.
    """

    found: Sequence[Source]
    filters: Filters
    python: str = ""
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A side and its run.

    Attributes
    ----------
    side : Side
    run : Run
    results : Path
        Where the run lies, and the observations beside it.
    """

    side: Side
    run: Run
    results: Path


def environment(side: Side, options: Options, say: Say) -> Environment | None:
    """The environment of a side: built, from the cache, or as it is; None for a saved run.

    Parameters
    ----------
    side : Side
    options : Options
    say : callable
        Told what is built.

    Raises
    ------
    SideError
        No adapter speaks of its requirements.
    EnvironmentsError
        It cannot be built, or its interpreter does not run.
    """
    if side.results is not None:
        return None
    if not side.requirements:
        return environments.existing(side.python or sys.executable)
    if not options.filters.adapters:
        known(side, options.found)
    python = side.python or options.python or None
    return environments.build(Wanted(side.requirements, python, options.exclude, options.include), say)


def saved(side: Side, options: Options) -> Measured:
    """A saved run, of which the cells are kept that the filters let through.

    Raises
    ------
    RunError
        It cannot be read.
    SideError
        Nothing of it is left.
    """
    assert side.results is not None
    run = saved_results.read(side.results)
    cells = [cell for cell in run.cells if passes(cell, options.filters)]
    if run.cells and not cells:
        raise SideError(f"The run {side.name} holds nothing that the options keep: leave some of them out.", 5)
    if len(cells) < len(run.cells):
        run = replace(run, cells=cells, findings=())
    return Measured(side, run, side.results)


def measure(
    side: Side,
    built: Environment,
    options: Options,
    others: Iterable[str],
    folder: Path,
    working: auditing.Working,
) -> Measured:
    """Audit the environment of a side, and keep the run and its observations in a folder.

    Parameters
    ----------
    side : Side
    built : Environment
        From `environment`.
    options : Options
    others : iterable of str
        Adapters that the other sides have: what an existing environment is asked for, where no option says.
    folder : Path
    working : callable
        Shows progress.

    Raises
    ------
    SideError
        Nothing fits, or no framework of it could be measured.
    """
    python = built.python if side.requirements or side.python else sys.executable
    found = [replace(source, python=python, environ=side.environ) for source in options.found]
    filters = replace(options.filters, adapters=_adapters(side, built, options, tuple(others)))
    wanted = subjects(found, filters)
    if not wanted:
        raise SideError(f"Nothing of {side.name} fits all these options; bce-conformance list shows what does.", 5)
    audited = auditing.audit(found, filters, wanted, working, built.frozen)
    run = audited.run
    if not any(record["status"] == "ok" for record in run.adapters):
        first = run.adapters[0]
        said = f"{side.name} cannot be measured: {first['name']} is {first['status']}: {first['reason']}"
        raise SideError(said, 1)
    write(run, folder)
    observations.write(audited.observations, folder)
    return Measured(side, run, folder)


def others_of(sides: Iterable[Side], runs: Iterable[Run], found: Sequence[Source]) -> list[str]:
    """The adapters that requirements speak of, and those of saved runs."""
    names = [name for side in sides for name in meant(side, (source.adapter for source in found))]
    names += [record["name"] for run in runs for record in run.adapters]
    here = {source.adapter.name for source in found}
    return [name for name in dict.fromkeys(names) if name in here]


def _adapters(side: Side, built: Environment, options: Options, others: tuple[str, ...]) -> tuple[str, ...]:
    if options.filters.adapters:
        return options.filters.adapters
    if not side.requirements:
        return others
    by_name = {source.adapter.name: source.adapter for source in options.found}
    names = [name for name in meant(side, by_name.values()) if installed(by_name[name], built.frozen)]
    if not names:
        raise SideError(f"The environment of {side.name} has none of what its requirements speak of: name it too.", 1)
    return tuple(names)
