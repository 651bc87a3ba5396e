"""The result of an audit on disk: one JSON file, written whole or not at all, and read with its mistakes named."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from conformance import whole_file
from conformance.cases import TIERS
from conformance.cell import Cell
from conformance.verdicts import SEVERITY

SCHEMA = "bce-conformance/run/1"
"""Names the format; a reader refuses any other."""

FILE = "run.json"
"""The name of the file in a results folder."""

QUICK = "quick"
"""The tier that measures a part of the cases: what it does not show may still happen."""

_HEAD = ("schema", "date", "invocation", "tier", "left_out", "adapters", "environment", "findings")
_NAMES = frozenset((*_HEAD, "cells"))
_LATER = frozenset(("date",))
"""What runs of earlier versions lack."""

_KINDS = {
    **dict.fromkeys(("cells", "adapters", "findings", "left_out"), list),
    **dict.fromkeys(("date", "invocation"), str),
    "environment": dict,
}
_RECORD = frozenset(("name", "versions", "python", "status", "reason"))


class RunError(Exception):
    """A run cannot be read or written; the message is one sentence for the user."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one audit measured, with where it was measured. Expectations are never a part of it.

    Attributes
    ----------
    cells : sequence of Cell
        What was judged.
    adapters : sequence of mapping
        ``name``, ``versions`` (distribution to version), ``python``, ``status`` and ``reason`` of each.
    environment : mapping
        What `conformance.environment.describe` says of the machine.
    tier : str
        ``quick``, ``default`` or ``full``.
    left_out : sequence of str
        Sentences: what the tier and the filters left out.
    invocation : str
        The command line.
    date : str
        When it was measured, in UTC: ``2026-11-22T10:57Z``; empty where that is not known.
    findings : sequence of str
        Ids of the cells that hold a finding, worst first. Left empty, they are found and put in order.
    """

    cells: Sequence[Cell]
    adapters: Sequence[Mapping[str, Any]] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    tier: str = "default"
    left_out: Sequence[str] = ()
    invocation: str = ""
    date: str = ""
    findings: Sequence[str] = ()
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        for name in ("cells", "adapters", "left_out", "findings"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.findings:
            object.__setattr__(self, "findings", worst_first(self.cells))

    @property
    def platform(self) -> str:
        """Architecture and SIMD level, ``x86_64-avx512``: what recorded expectations are keyed by."""
        return str(self.environment.get("platform", "unknown"))

    @property
    def broken(self) -> tuple[Mapping[str, Any], ...]:
        """The records of adapters whose framework is there and could not be loaded: no such run is clean."""
        return tuple(record for record in self.adapters if record["status"] not in ("ok", "unavailable"))

    def versions(self, adapter: str) -> Mapping[str, str]:
        """The versions of an adapter's distributions; empty where they are not known."""
        record = next((record for record in self.adapters if record["name"] == adapter), None)
        return {} if record is None else record["versions"]

    def by_id(self) -> dict[str, Cell]:
        """The cells by their ids."""
        return {cell.id: cell for cell in self.cells}


def worst_first(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The ids of the cells that hold a finding: most severe verdict first, then largest figure, then id."""
    ranked = []
    for cell in cells:
        kind = cell.finding
        if kind is not None:
            ranked.append((SEVERITY.index(kind), -(cell.figure or 0.0), cell.id))
    return tuple(identity for _, _, identity in sorted(ranked))


def schema() -> dict[str, Any]:
    """The published JSON Schema of a run."""
    text = Path(__file__).with_name("run.schema.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def prepare(directory: str | os.PathLike[str]) -> Path:
    """Make the results folder and check that it can be written, before anything is measured.

    Raises
    ------
    RunError
        It cannot.
    """
    folder = Path(directory)
    probe = folder / f".writable.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RunError(_unwritable(folder, error)) from error
    return folder


def write(run: Run, directory: str | os.PathLike[str]) -> Path:
    """Write the run as ``run.json`` in a folder, one line a cell, and return the file's path.

    Raises
    ------
    RunError
        The folder cannot be written, or a figure is not finite.
    """
    folder = prepare(directory)
    path, text = folder / FILE, to_text(run)
    try:
        whole_file.write(path, text)
    except OSError as error:
        raise RunError(_unwritable(folder, error)) from error
    return path


def to_text(run: Run) -> str:
    """The run as compact JSON, one line a cell."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    head = "".join(f'"{name}":{encode(getattr(run, name))},\n' for name in _HEAD)
    try:
        cells = ",\n".join([encode(cell.to_json()) for cell in run.cells])
    except ValueError as error:
        raise RunError("A cell holds a figure that is not finite: record None instead.") from error
    return "{" + head + '"cells":[\n' + cells + "\n]}\n"


def read(source: str | os.PathLike[str]) -> Run:
    """The run in a results folder, or in the file itself.

    Raises
    ------
    RunError
        There is none, it is truncated or not JSON, or it is of another schema.
    """
    path = Path(source)
    if path.is_dir():
        path = path / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunError(f"There is no run at {path}: make one with bce-conformance audit --out DIR.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"The run at {path} cannot be read ({_reason(error)}): measure it again.") from error
    return from_text(text, str(path))


def from_text(text: str, place: str = "the text") -> Run:
    """The run that `to_text` wrote; `place` names it in an error."""
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RunError(f"The run at {place} is truncated or not JSON ({error}): measure it again.") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise RunError(f"The file {place} {unread(found, SCHEMA)}.")
    mistake = _mistake(data)
    if mistake:
        raise RunError(f"The run at {place} is damaged ({mistake}): measure it again.")
    cells = []
    for number, record in enumerate(data["cells"]):
        try:
            cells.append(Cell.from_json(record))
        except (ValueError, AttributeError, TypeError, OverflowError) as error:
            raise RunError(f"The run at {place} is damaged (cell {number}: {error}): measure it again.") from error
    if not {cell.id for cell in cells}.issuperset(data["findings"]):
        raise RunError(f"The run at {place} is damaged (a finding is of no cell): measure it again.")
    return Run(**{**data, "cells": cells})


def unread(found: object, own: str) -> str:
    """Why a file of another schema is not read, and what to do: the end of a sentence.

    Parameters
    ----------
    found : object
        What the file calls its schema.
    own : str
        The one that this version reads, its number at the end.
    """
    (stem, _, number), (other, _, theirs) = own.rpartition("/"), str(found).rpartition("/")
    if other != stem or not theirs.isdecimal():
        todo = "name another file"
    else:
        todo = "upgrade bce-conformance" if int(theirs) > int(number) else "measure it again"
    return f"holds the schema {found!r}, and this version reads {own!r}: {todo}"


def _mistake(data: dict[str, Any]) -> str:
    """What is wrong with the outline of a run, or nothing."""
    odd = (data.keys() ^ _NAMES) - (_LATER - data.keys())
    if odd:
        return f"the field {min(odd)!r} is missing or unknown"
    for name, kind in _KINDS.items():
        if not isinstance(data.get(name, kind()), kind):
            return f"the field {name!r} holds {data[name]!r:.60}"
    for name in ("findings", "left_out"):
        if not all(isinstance(text, str) for text in data[name]):
            return f"the field {name!r} holds {data[name]!r:.60}"
    if data["tier"] not in TIERS:
        return f"the field 'tier' holds {data['tier']!r:.60}"
    if not all(isinstance(record, dict) and record.keys() >= _RECORD for record in data["adapters"]):
        return f"an adapter lacks one of {', '.join(sorted(_RECORD))}"
    for record in data["adapters"]:
        for name in sorted(_RECORD):
            if not isinstance(record[name], dict if name == "versions" else str):
                return f"an adapter's {name!r} holds {record[name]!r:.60}"
    for name, wanted in (("variables", dict), ("threads", int)):
        if not isinstance(data["environment"].get(name, wanted()), wanted):
            return f"the environment's {name!r} holds {data['environment'][name]!r:.60}"
    return ""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _unwritable(folder: Path, error: OSError) -> str:
    return f"The results folder {folder} cannot be written ({_reason(error)}): choose another with --out."


def _reason(error: OSError | UnicodeDecodeError) -> str:
    said = error.strerror if isinstance(error, OSError) else getattr(error, "reason", str(error))
    return said or type(error).__name__
