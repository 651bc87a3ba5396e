"""The columns of a matrix, each against the one before: as text, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from conformance.compare.comparison import KINDS
from conformance.report.comparison.data import to_json
from conformance.report.comparison.markdown import markdown, plain, rows_of
from conformance.report.comparison.text import text
from conformance.report.comparison.words import Told
from conformance.report.figures import table

SCHEMA = "bce-conformance/comparison-matrix/1"
"""Names the format."""

@dataclass(frozen=True)
class Shown:
    """What is said of a column.

    Attributes
    ----------
    name : str
    settings : mapping
        ``requirements``, ``environ``, ``python`` and ``frozen``, for JSON.
    failure : str
        Why it was not measured; empty where it was.
    against : str
        The column it was compared with; empty for none.
    told : Told or None
        The comparison.
    """

    name: str
    settings: dict[str, Any]
    failure: str = ""
    against: str = ""
    told: Told | None = None


def columns_text(columns: Sequence[Shown]) -> list[Text]:
    """The comparisons one below the other, and a table of them all at the end."""
    lines: list[Text] = []
    for column in columns:
        if column.told is not None:
            lines += [Text(f"{column.name}, against {column.against}", "bold underline"), *text(column.told), Text()]
    rows = _rows(columns)
    lines += [Text(line) for line in table(rows, frozenset(range(2, len(rows[0]))))]
    return lines + [Text(f"{column.name}: {column.failure}", "magenta") for column in columns if column.failure]


def columns_markdown(columns: Sequence[Shown]) -> str:
    """A table of all columns, and the comparisons below it."""
    header, *rows = _rows(columns)
    lines = ["## Columns", "", *rows_of(header, rows), ""]
    lines += [f"- {plain(column.name)}: {plain(column.failure)}" for column in columns if column.failure]
    parts = [markdown(column.told, level=3) for column in columns if column.told is not None]
    return "\n".join([*lines, "", *parts])


def columns_json(columns: Sequence[Shown]) -> str:
    """All columns as JSON, each comparison as it is by itself."""
    records = [
        {
            "name": column.name,
            **column.settings,
            "failure": column.failure or None,
            "against": column.against or None,
            "comparison": None if column.told is None else to_json(column.told),
        }
        for column in columns
    ]
    return json.dumps({"schema": SCHEMA, "columns": records}, ensure_ascii=False, allow_nan=False, indent=1)


def _rows(columns: Sequence[Shown]) -> list[tuple[str, ...]]:
    """A header, and a row for each column: how many cells of each kind that there is, and how many fail."""
    told = [column.told for column in columns if column.told is not None]
    kinds = [kind for kind in KINDS if any(one.comparison.counts[kind] for one in told)]
    rows: list[tuple[str, ...]] = [("column", "against", *kinds, "fails")]
    for column in columns:
        if column.told is None:
            rows.append((column.name, "not measured" if column.failure else "-", *[""] * (len(kinds) + 1)))
            continue
        counts = [column.told.comparison.counts[kind] for kind in kinds] + [len(column.told.failing)]
        rows.append((column.name, column.against, *(f"{number:,}" if number else "" for number in counts)))
    return rows
