"""How figures, cells and counts are written for a reader."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from conformance.cell import Cell

WIDTH = 110
"""Nothing that is meant to be pasted is wider, ids apart."""

MARKS = {
    "crashed": "crashed",
    "timed-out": "timed-out",
    "out-of-memory": "memory",
    "wrong-sign": "sign",
    "lost": "lost",
    "raised": "raised",
    "not-raised": "accepts",
    "wrong-shape": "shape",
    "wrong-dtype": "dtype",
    "daz": "daz",
    "flushed": "flushed",
}
"""Findings that the column of special values names; `wrong-class` is named by what came back."""


def ulp(figure: float | None) -> str:
    """A ULP figure in a few characters: ``0.5``, ``12``, ``340``, ``2.6e6``; ``-`` for none.

    An error beyond all numbers is recorded as the largest of them, and shown as ``inf``.
    """
    if figure is None:
        return "-"
    if figure > 1.79e308:
        return "inf"
    if figure < 10:
        return f"{figure:.2f}".rstrip("0").rstrip(".") if figure >= 0.01 or figure == 0 else "<0.01"
    if figure < 9999.5:
        return f"{figure:.0f}"
    significand, _, exponent = f"{figure:.1e}".partition("e")
    return f"{significand}e{int(exponent)}"


def time_of(date: str) -> str:
    """The date of a run for readers: ``2026-11-22 10:57 UTC``."""
    return date.replace("T", " ").replace("Z", " UTC")


def class_of(got: str | None) -> str:
    """What came back where another class was due: ``NaN``, ``inf``, ``-inf``, ``finite``; unknown: ``class``."""
    if got is None:
        return "class"
    return {"nan": "NaN", "inf": "inf", "-inf": "-inf"}.get(got, "finite")


def mark(cell: Cell, kind: str) -> str:
    """A finding of a cell in one word, or nothing for those that a ULP figure shows."""
    if kind == "wrong-class":
        witnessed = cell.worst is not None and cell.worst["verdict"] == kind
        return class_of(cell.worst["got"] if witnessed and cell.worst is not None else None)
    return MARKS.get(kind, "")


def figure(cell: Cell) -> str:
    """The figure of a finding, or what came back where another class was due."""
    if cell.finding == "wrong-class":
        return mark(cell, cell.finding)
    return ulp(cell.witnessed if cell.witnessed is not None else cell.figure)


def brief(exact: str | None) -> str:
    """An exact decimal to six digits, whatever its exponent; ``-`` for none."""
    try:
        number = Decimal(exact or "")
    except InvalidOperation:
        return exact or "-"
    return f"{number:.6g}" if number.is_finite() else f"{float(number)}"


def decimal_of(hexadecimal: str | None) -> str:
    """An exact hexadecimal number in decimal; what is no number, as it is; ``-`` for none."""
    try:
        return "-" if hexadecimal is None else repr(float.fromhex(hexadecimal))
    except ValueError:
        return hexadecimal or "-"


def short_id(cell: Cell, parts: Sequence[str], width: int) -> str:
    """Adapter, last part of the entry point, and some more parts of the id; the entry point is cut to fit first."""
    tail = "/".join(parts)
    name = cell.entry_point.rpartition(".")[2]
    room = max(width - len(cell.adapter) - len(tail) - 2, 6)
    return cut("/".join((cell.adapter, cut(name, room), tail)), width)


def cut(text: str, width: int) -> str:
    """The text, its middle replaced by ``…`` where it is too long."""
    if len(text) <= width:
        return text
    left = (width - 1) // 2
    return f"{text[:left]}…{text[len(text) - (width - 1 - left) :]}"


def count(number: int, noun: str) -> str:
    """A number and its noun: ``1 finding``, ``24,103 cells``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows of text as aligned lines; the columns in `right` are aligned to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(
            text.rjust(width) if column in right else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
