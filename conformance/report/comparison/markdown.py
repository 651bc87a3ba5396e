"""A comparison as Markdown, for a summary that is read in a browser."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.comparison.words import (
    NO_WITNESS,
    SHOWN,
    Group,
    Told,
    exact,
    extent,
    inputs,
    listed,
    place_words,
    remarks,
    sections,
    sentences,
    sides,
    subject_words,
    totals,
    values,
    verdict_words,
    why_words,
)
from conformance.report.figures import count

FOLDED = ("appeared", "better", "bits", "cannot-tell", "fixed")
"""Kinds that are shown when the reader unfolds them."""

ROW = ("cells", "where", "verdict", "case", "before", "after", "exact")
SINGLE_ROW = ("cells", "where", "modes; dtypes", "why")


def markdown(told: Told, shown: int = SHOWN, level: int = 2) -> str:
    """The comparison as Markdown.

    Parameters
    ----------
    told : Told
    shown : int
        How many groups of a kind are listed before the rest is only counted.
    level : int
        Of the heading.
    """
    comparison, mark = told.comparison, "#" * level
    lines = [f"{mark} {code(told.names[0])} → {code(told.names[1])}", "", f"**{totals(told)}**", ""]
    lines += [f"- {role}: {plain(words)}" for role, _, words in sides(told)]
    for title, found in remarks(comparison):
        rows = [(d.name, d.before, d.after) for d in found]
        lines += ["", f"**{title}**", "", *rows_of(("", "before", "after"), rows)]
    lines += [line for sentence in sentences(comparison) for line in ("", f"> {sentence}")]
    for kind, heading, several in sections(told):
        body = _table(kind, several, told, shown)
        if kind in FOLDED:
            lines += ["", f"<details><summary>{heading}</summary>", "", *body, "", "</details>"]
        else:
            lines += ["", f"{mark}# {heading}", "", *body]
    failing = listed(told)
    if failing:
        lines += ["", f"{mark}# What fails ({count(len(failing), 'cell')})", ""]
        lines += [f"- {code(change.id)}" for change in failing[:shown]]
        lines += [f"- and {len(failing) - shown:,} more"] * (len(failing) > shown)
    if comparison.counts["same"] and not told.only_changed:
        lines += ["", f"{count(comparison.counts['same'], 'cell')} the same, bit for bit."]
    return "\n".join(lines) + "\n"


def rows_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table."""
    lines = [[plain(text) for text in header], ["---"] * len(header), *([plain(t) for t in row] for row in rows)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def plain(text: str) -> str:
    """Text that Markdown leaves as it is, in a cell of a table too."""
    for character in "\\|`*<[":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())


def code(text: str) -> str:
    """Text as code."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _table(kind: str, found: Sequence[Group], told: Told, shown: int) -> list[str]:
    single = kind in ("appeared", "vanished")
    rows = [_single(group) if single else row_of(group) for group in found[:shown]]
    lines = rows_of(SINGLE_ROW if single else ROW, rows)
    causes = dict.fromkeys(group.cause for group in found[:shown] if group.cause)
    for cause in causes:
        members = sum(len(group.changes) for group in found if group.cause == cause)
        lines += ["", f"Cause, of {count(members, 'cell')}: {plain(why_words(cause, told.causes))}"]
    if len(found) > shown:
        lines += ["", f"and {sum(len(group.changes) for group in found[shown:]):,} more"]
    return lines


def _single(group: Group) -> tuple[str, ...]:
    change = group.first
    return (f"{len(group.changes):,}", subject_words(change.cell, False), extent(group.changes), change.why)


def row_of(group: Group) -> tuple[str, ...]:
    """The row of a group of changes, as `ROW` heads it."""
    change, case, dtype = group.first, group.first.case, group.first.cell.dtype
    where = f"{subject_words(change.cell)} {place_words(change.cell)}"
    head = (f"{len(group.changes):,}", where, verdict_words(change))
    if case is None:
        return (*head, change.why or NO_WITNESS, "", "", "")
    return (*head, inputs(case, dtype), *values(case, dtype), exact(case, dtype))
