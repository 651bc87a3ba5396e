"""What a finished sweep leaves beside its run: ``sweep.json``, with histograms, order, symmetry and digests."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import whole_file
from conformance.cell import Cell
from conformance.run import RunError, unread
from conformance.sweep.histogram import Counts

FILE = "sweep.json"
SCHEMA = "bce-conformance/sweep/2"


@dataclass(frozen=True)
class Outcome:
    """What a sweep says of one subject, quantity and label class, all regions together.

    Attributes
    ----------
    subject, quantity, label_class : str
    points : int
        Results judged.
    verdicts : mapping of str to int
    histogram : mapping
        Binade of the input → bin of the error → count, as in ``conformance.sweep.histogram``.
    disorder : int or None
        Neighbouring inputs whose results go the wrong way; None where the quantity has no way.
    asymmetry : int or None
        Of label 0: results that are not those of label 1 at the negated input; None where that was not asked.
    nans : int
        Results that are NaN where the input is not.
    digest : str
        128-bit xxHash of the results' bits.
    certified : int
        Points of the subject that only certified values could decide.
    """

    subject: str
    quantity: str
    label_class: str
    points: int
    verdicts: Mapping[str, int]
    histogram: Counts
    disorder: int | None
    asymmetry: int | None
    nans: int
    digest: str
    certified: int


def verdicts_of(cells: Sequence[Cell]) -> dict[str, int]:
    """The verdicts of several cells, counted."""
    found: dict[str, int] = {}
    for cell in cells:
        for name, count in cell.verdicts.items():
            found[name] = found.get(name, 0) + count
    return found


def write(outcomes: Sequence[Outcome], how: Mapping[str, Any], folder: Path) -> Path:
    """Write ``sweep.json``, one line an outcome, whole or not at all.

    Parameters
    ----------
    outcomes : sequence of Outcome
    how : mapping
        Executor, workers and threads.
    folder : Path

    Raises
    ------
    RunError
        The folder cannot be written.
    """
    path = folder / FILE
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=vars).encode
    lines = ",\n".join(encode({name: getattr(one, name) for name in one.__dataclass_fields__}) for one in outcomes)
    try:
        whole_file.write(path, f'{{"schema":"{SCHEMA}","how":{encode(how)},"outcomes":[\n{lines}\n]}}\n')
    except OSError as error:
        raise RunError(f"The results folder {folder} cannot be written ({error.strerror}): choose another.") from error
    return path


def read(folder: str | os.PathLike[str]) -> list[Outcome]:
    """The outcomes in a results folder.

    Raises
    ------
    RunError
        There are none, or the file is damaged.
    """
    path = Path(folder) / FILE
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise RunError(f"The file {path} {unread(data['schema'], SCHEMA)}.")
        return [Outcome(**record) for record in data["outcomes"]]
    except FileNotFoundError:
        raise RunError(f"There is no sweep at {path}: make one with bce-conformance sweep --out DIR.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"The sweep at {path} is damaged ({type(error).__name__}: {error}): sweep again.") from error
