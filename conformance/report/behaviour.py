"""Shapes, dtypes and errors as a table: what each entry point made of each trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.cell import Cell

EXAMINATION = "behaviour"


def table(cells: Iterable[Cell], trials: Sequence[str] = ()) -> list[str]:
    """A block a subject: the trial, what came of it, and the verdict; a ``!`` marks a finding.

    Parameters
    ----------
    cells : iterable of Cell
        Those of other examinations are left out.
    trials : sequence of str
        Beginnings of the trials' names (``unequal``, ``labels.``); none means all.

    Returns
    -------
    list of str
        Lines of text.
    """
    blocks: dict[str, list[Cell]] = {}
    for cell in cells:
        wanted = not trials or any(cell.region.startswith(name) for name in trials)
        if cell.label_class == EXAMINATION and wanted:
            blocks.setdefault(cell.subject, []).append(cell)
    width = max((len(cell.region) for block in blocks.values() for cell in block), default=0)
    lines: list[str] = []
    for subject, block in blocks.items():
        lines += [*([""] if lines else []), subject]
        for cell in sorted(block, key=lambda c: c.region):
            kind = next(iter(cell.verdicts))
            lines.append(f"{'!' if cell.finding else ' '} {cell.region.ljust(width)}  {kind.ljust(17)}  {cell.message}")
    return lines
