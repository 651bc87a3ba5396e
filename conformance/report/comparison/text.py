"""A comparison as lines that paste into an issue."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.text import Text

from conformance.compare.comparison import IMPROVING, WORSENING
from conformance.report.comparison.words import (
    SHOWN,
    Group,
    Told,
    case_words,
    extent,
    listed,
    place_words,
    remarks,
    sections,
    sentences,
    sides,
    subject_words,
    totals,
    verdict_words,
    why_words,
)
from conformance.report.figures import WIDTH, count, table

STYLES = {"new": "bold red", "worse": "red", "vanished": "magenta", "fixed": "green", "better": "green"}


def text(told: Told, shown: int = SHOWN) -> list[Text]:
    """The comparison as styled lines: what differs besides, then the changes by kind, then the counts.

    Parameters
    ----------
    told : Told
    shown : int
        How many groups of a kind are listed before the rest is only counted.
    """
    comparison = told.comparison
    lines = [Text(f"{role:<6}  {name}: {words}") for role, name, words in sides(told)]
    for title, found in remarks(comparison):
        rows = [(f"  {d.name}", f"{_short(d.before)} → {_short(d.after)}") for d in found]
        lines += [Text(), Text(title, "bold"), *map(Text, table(rows))]
    said = sentences(comparison)
    lines += [Text()] * bool(said) + [Text(sentence, "bold") for sentence in said]
    for kind, heading, several in sections(told):
        lines += [Text(), Text(heading, STYLES.get(kind, "bold")), *_kind(kind, several, told, shown)]
    failing = listed(told)
    if failing:
        lines += [Text(), Text(f"What fails ({count(len(failing), 'cell')})", "bold red")]
        lines += [Text(f"  {change.id}") for change in failing[:shown]]
        if len(failing) > shown:
            lines.append(Text(f"  and {len(failing) - shown:,} more"))
    same = comparison.of("same")
    if same and not told.only_changed:
        lines += [Text(), Text(f"The same, bit for bit ({count(len(same), 'cell')})", "bold")]
        tally: dict[str, int] = {}
        for change in same:
            name = subject_words(change.cell, quantity=False)
            tally[name] = tally.get(name, 0) + 1
        lines += [Text(f"{number:7,} × {name}") for name, number in tally.items()]
    return [*lines, Text(), Text(totals(told), "bold")]


def _kind(kind: str, found: Sequence[Group], told: Told, shown: int) -> list[Text]:
    lines: list[Text] = []
    cause: str | None = ""
    for group in found[:shown]:
        if kind in (*WORSENING, *IMPROVING) and group.cause != cause:
            cause = group.cause
            lines.append(Text(_cut(f"  {why_words(cause, told.causes)}"), "dim"))
        lines += _group(kind, group)
    if len(found) > shown:
        lines.append(Text(f"        and {sum(len(g.changes) for g in found[shown:]):,} more"))
    return lines


def _group(kind: str, group: Group) -> list[Text]:
    change, single = group.first, kind in ("appeared", "vanished")
    lines = [Text(f"{len(group.changes):7,} × {subject_words(change.cell, not single)}")]
    if single:
        return [*lines, *_wrapped(extent(group.changes)), *_wrapped(change.why)]
    lines += _wrapped(f"{place_words(change.cell)}: {verdict_words(change)}")
    if change.why:
        lines += _wrapped(change.why)
    if change.case is not None or not change.why:
        lines += _wrapped(case_words(change))
    return lines


def _wrapped(words: str) -> list[Text]:
    """Words under a group, gone on further in."""
    wrapped = textwrap.wrap(words, WIDTH - 10, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")
    return [Text(" " * 10 + line) for line in wrapped]


def _cut(words: str) -> str:
    return words if len(words) <= WIDTH else words[: WIDTH - 1].rstrip() + "…"


def _short(value: str) -> str:
    room = WIDTH // 2
    return value if len(value) <= room else value[: room - 1] + "…"
