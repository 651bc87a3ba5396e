"""What can be measured: adapters' data × filters → subjects. Pure; no framework is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import cases as case_space
from conformance.adapter import Adapter, EntryPoint
from conformance.adapter_file import load_adapters
from conformance.cell import Cell
from conformance.places import adapters_folder

FURTHER_DTYPE = "binary32"
"""What is not of the quick tier is in this dtype in every mode, and in every dtype in an adapter's first mode; its
second derivatives and further routes are in both alone, and so are all of them in the default tier. What converts its
inputs to one dtype is in others in the first mode only. What varies another entry point is in this dtype only."""


class PlanError(Exception):
    """A filter or a name that fits nothing; the message is one sentence that says what to do."""

    exit_status = 4


@dataclass(frozen=True)
class Source:
    """An adapter and the file it came from.

    Attributes
    ----------
    file : str
    adapter : Adapter
    python : str
        The interpreter that its workers run on.
    environ : tuple of (str, str)
        Environment variables set for its workers, on top of the adapter's own.
    """

    file: str
    adapter: Adapter
    python: str = sys.executable
    environ: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Subject:
    """What runs: adapter × entry point × config × mode × dtype × device."""

    adapter: str
    entry_point: str
    config: str
    mode: str
    dtype: str
    device: str = "cpu"

    @property
    def id(self) -> str:
        """The parts joined with ``/``, shell-safe: ``keras-jax/keras.ops.binary_crossentropy/-/jit/binary32/cpu``."""
        adapter = self.adapter.replace("[", "-").replace("]", "")
        config = ",".join(f"{k}={_plain(v)}" for k, v in sorted(json.loads(self.config).items())) or "-"
        return "/".join((adapter, self.entry_point, config, self.mode, self.dtype, self.device))


@dataclass(frozen=True)
class Filters:
    """What to keep of all subjects; an empty tuple keeps everything."""

    adapters: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    keyword: str = ""
    tier: str = "default"
    device: str = "cpu"


def passes(cell: Cell, filters: Filters) -> bool:
    """Whether a cell of a saved run passes what chooses subjects; the tier was chosen when it was measured."""
    wanted = (
        (filters.adapters, {cell.adapter, cell.adapter.partition("[")[0], cell.id.partition("/")[0]}),
        (filters.entry_points, {cell.entry_point, cell.entry_point.rpartition(".")[2]}),
        (filters.modes, {cell.mode}),
        (filters.dtypes, {cell.dtype}),
    )
    if any(names and names_of.isdisjoint(names) for names, names_of in wanted):
        return False
    return filters.keyword.lower() in cell.subject.lower()


def sources(paths: Iterable[str] = (), python: str = sys.executable) -> list[Source]:
    """The adapters of the given files, or of all built-in ones.

    Parameters
    ----------
    paths : iterable of str
        Adapter files; none means the built-in folder.
    python : str
        The interpreter their workers run on.
    """
    files = [str(Path(p).resolve()) for p in paths] or [str(p) for p in sorted(adapters_folder().glob("*.py"))]
    return [Source(file, adapter, python) for file in files for adapter in load_adapters(file)]


def subjects(found: Sequence[Source], filters: Filters) -> list[Subject]:
    """All subjects that pass the filters, in the order of the adapters' data.

    Parameters
    ----------
    found : sequence of Source
    filters : Filters

    Raises
    ------
    PlanError
        When a filter names something no adapter has.
    """
    every = [s for source in found for s in subjects_of(source.adapter, filters.device)]
    unasked = {s.adapter.name for s in found if s.adapter.only_by_name} if not filters.adapters else set()
    every = [s for s in every if s.adapter not in unasked]
    # In the order a reader narrows down: a mode unknown to the chosen adapter is as wrong as an unknown one.
    for option, wanted, field in (
        ("--adapter", filters.adapters, "adapter"),
        ("--entry-point", filters.entry_points, "entry_point"),
        ("--mode", filters.modes, "mode"),
        ("--dtype", filters.dtypes, "dtype"),
    ):
        known = list(dict.fromkeys(getattr(s, field) for s in every))
        for name in wanted:
            if not any(_matches(name, k, field) for k in known):
                raise PlanError(f"{option} {name} fits nothing here; known are {', '.join(known)}")
        every = [s for s in every if not wanted or _any(wanted, getattr(s, field), field)]
    if filters.keyword:
        every = [s for s in every if filters.keyword.lower() in s.id.lower()]
    slow = {(source.adapter.name, mode) for source in found for mode in source.adapter.slow_modes}
    first = {source.adapter.name: next(iter(source.adapter.modes)) for source in found}
    tiers = {(s.adapter.name, e.path, e.key): _tier(s.adapter, e) for s in found for e in s.adapter.entry_points}
    reached = case_space.TIERS.index(filters.tier)
    every = [s for s in every if case_space.TIERS.index(tiers[s.adapter, s.entry_point, s.config]) <= reached]
    if filters.modes:
        return every
    narrow = {key for key, tier in tiers.items() if filters.tier == "quick" or tier != "quick"}

    entries = [(s.adapter, e) for s in found for e in s.adapter.entry_points]
    converts = {(adapter.name, e.path, e.key) for adapter, e in entries if e.computes}
    varied = {(adapter.name, e.path, e.key) for adapter, e in entries if varies(adapter, e)}

    def is_left_out(s: Subject) -> bool:
        key = (s.adapter, s.entry_point, s.config)
        if filters.tier != "full" and (s.adapter, s.mode) in slow:
            return True
        if key in varied and s.dtype != FURTHER_DTYPE and not filters.dtypes:
            return True
        both = s.mode != first[s.adapter] and s.dtype != FURTHER_DTYPE
        return both and (key in narrow or key in converts)

    return [s for s in every if not is_left_out(s)]


def left_out(found: Sequence[Source], filters: Filters) -> list[str]:
    """Sentences on what the tier leaves out, for the screen and the run."""
    said = []
    unasked = [s.adapter.name for s in found if s.adapter.only_by_name]
    if unasked and not filters.adapters:
        said.append(f"{', '.join(unasked)}: no framework; name it with --adapter")
    chosen = [s.adapter for s in found if not filters.adapters or _any(filters.adapters, s.adapter.name, "adapter")]
    slow = [f"{adapter.name} {mode}" for adapter in chosen for mode in adapter.slow_modes]
    if filters.tier != "full" and slow and not filters.modes:
        said.append(f"slow modes ({', '.join(slow)}): add --full or name them with --mode")
    converting = any(entry.computes for adapter in chosen for entry in adapter.entry_points)
    if filters.tier != "quick" and not filters.modes and converting:
        said.append(f"other dtypes than {FURTHER_DTYPE} in other modes of what converts them: name the mode")
    rare = {tier: sum(_tier(a, e) == tier for a in chosen for e in a.entry_points) for tier in case_space.TIERS}
    if filters.tier != "full" and rare["full"]:
        said.append(f"{rare['full']} entry points and configs: add --full")
    if filters.tier == "full" and not filters.modes and (rare["default"] or rare["full"]):
        said.append(f"other dtypes than {FURTHER_DTYPE} in other modes of what is not of the quick tier: name the mode")
        said.append(f"further routes of differentiation in other dtypes than {FURTHER_DTYPE}")
        said.append("dense grids, second derivatives and further routes where only values of parameters differ")
        if not filters.dtypes:
            said.append(f"other dtypes than {FURTHER_DTYPE} where only values of parameters differ: name the dtype")
    further = all(adapter.further == "default" for adapter in chosen)
    if filters.tier == "default":
        but = f", but in {FURTHER_DTYPE} in the first mode" if further else ", examinations"
        said.append(f"second derivatives and forward mode{but}: add --full")
        if rare["default"] and not filters.modes:
            said.append(f"other dtypes than {FURTHER_DTYPE} in other modes of {rare['default']} of them: add --full")
    if filters.tier == "quick":
        if rare["default"]:
            said.append(f"{rare['default']} entry points and configs: leave --quick away")
        said.append("second derivatives and forward mode")
        said.append("the dense grids: every edge case is there, the values between them are not")
        if not filters.modes:
            said.append("all modes but the first of each adapter in binary16, bfloat16 and binary64")
    return said


def _tier(adapter: Adapter, entry: EntryPoint) -> str:
    """The smallest tier that measures an entry point: its own, but nothing new before its adapter goes further."""
    return entry.tier if entry.tier == "quick" else max(entry.tier, adapter.further, key=case_space.TIERS.index)


def varies(adapter: Adapter, entry: EntryPoint) -> bool:
    """Whether an adapter has the same function before, with other values of the same parameters.

    Parameters
    ----------
    adapter : Adapter
    entry : EntryPoint
        What is of the quick tier varies nothing.
    """
    first = next(e for e in adapter.entry_points if _function(e) == _function(entry))
    return entry.tier != "quick" and first.loss != entry.loss


def _function(entry: EntryPoint) -> tuple[str, str, frozenset[str]]:
    return entry.path, entry.loss.partition("(")[0], frozenset(entry.config)


def subjects_of(adapter: Adapter, device: str) -> list[Subject]:
    """Every subject of an adapter, in the order of its data.

    Parameters
    ----------
    adapter : Adapter
    device : str
    """
    return [
        Subject(adapter.name, e.path, e.key, mode, dtype, device)
        for e in adapter.entry_points
        for mode in (e.modes or tuple(adapter.modes))
        for dtype in e.dtypes
        if dtype in adapter.names
    ]


def _matches(wanted: str, known: str, field: str) -> bool:
    """Whole names; of a family (keras) every member (keras[jax]); of an entry point its last part too."""
    if wanted == known or wanted == known.replace("[", "-").replace("]", ""):
        return True
    return known.startswith(wanted + "[") if field == "adapter" else known.endswith("." + wanted)


def _any(wanted: Sequence[str], known: str, field: str) -> bool:
    return any(_matches(name, known, field) for name in wanted)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")
