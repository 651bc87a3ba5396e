"""What the examinations found: a line for each adapter and entry point, findings of trials for each examination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from conformance.cell import Cell
from conformance.expectations import Assessment
from conformance.report.figures import WIDTH, cut, table
from conformance.report.scoreboard import EXPECTED, STYLES, UNEXPECTED
from conformance.run import Run

NAME_WIDTH = 62


def examined(run: Run, assessment: Assessment | None = None) -> list[Text]:
    """The table as styled lines; nothing where no examination was run.

    Parameters
    ----------
    run : Run
        What was measured.
    assessment : Assessment, optional
        What is expected of it; without one, every finding is marked as unexpected.
    """
    cells = [cell for cell in run.cells if cell.examination]
    names = sorted({cell.examination for cell in cells})
    expected = assessment.expected if assessment else {}
    rows: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.adapter, cell.entry_point), []).append(cell)
    if not rows:
        return []
    texts = [("findings of trials", *names)]
    for key, here in rows.items():
        texts.append((cut(" ".join(key), NAME_WIDTH), *(_entry(here, name, expected) for name in names)))
    lines = table(texts, right=frozenset(range(1, len(names) + 1)))
    styled = [Text(lines[0], "bold")]
    for line in lines[1:]:
        style = STYLES[UNEXPECTED] if UNEXPECTED in line else STYLES[EXPECTED] if EXPECTED in line else ""
        styled.append(Text(line[:WIDTH], style))
    return [*styled, Text(), *_kinds(cells)]


def _entry(cells: Sequence[Cell], name: str, expected: dict[str, str]) -> str:
    """``3~ of 80``: findings, their mark, trials."""
    here = [cell for cell in cells if cell.examination == name]
    found = [cell for cell in here if cell.finding]
    if not here:
        return ""
    sign = "" if not found else EXPECTED if all(cell.id in expected for cell in found) else UNEXPECTED
    return f"{len(found)}{sign} of {len(here)}"


def _kinds(cells: Sequence[Cell]) -> list[Text]:
    """How many findings of each kind, most frequent first."""
    kinds = Counter(kind for cell in cells for kind in cell.findings)
    return [Text(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()), "dim")] if kinds else []
