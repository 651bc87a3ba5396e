"""The published table in Markdown: an introduction, what stands out, and every adapter's figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from conformance.accuracy import Row, Sweep, Witness, joined
from conformance.report.decimals import digits, per_cent, shortest
from conformance.report.figures import decimal_of, ulp
from conformance.verdicts import CONTRACT, SEVERITY, worst_finding

K = TypeVar("K", bound=Hashable)

MOST = 40
"""So many lines at most stand out."""

INTRODUCTION = """# Accuracy

What the losses of a logit, or of a probability, return under every input, held against certified exact values. This
page is generated from [accuracy.json](accuracy.json), which has every witness in hexadecimal, the verdicts, and a
digest of the results' bits; no line of it is written by hand. To make it anew:

    bce-conformance sweep --adapter NAME --dtype DTYPE --out DIR
    bce-conformance accuracy DIR

**How to read it.** A figure without a sign is of every logit of the format, NaNs and subnormal numbers among them, or
of every probability from 0 to 1, under the labels 0 and 1, and in 16 bits under 64 soft labels besides. With `≥` it
was searched for: the worst found so far, a lower bound, and nothing is said of how often. Counts are of results.

- *worst ULP*: the largest error of all, a documented deviation included. One ULP is the distance between neighbours of
  the format at the sum of the magnitudes of the exact value's terms; with hard labels that is at the exact value
  itself. Where the error in ULP of the exact value is another, it stands in brackets. `inf` is beyond all numbers.
- *correctly rounded*: the part that is bit for bit the exact value, rounded once; cut off, not rounded up.
- *documented*: inexact, as the documentation, or the public source alone, says.
- *beyond limit*: inexact beyond the limit that is derived for a careful implementation, or of the wrong sign.
- *flushed*: zero came back for a subnormal number, or a subnormal input was taken for zero, by what is
  proven to do so.
- *lost*: zero came back for any other number that the format has.
- *wrong class*: NaN, infinity or a finite number came back where another of these is due.
- *NaN*: NaN came back, and the input is none; `-` where a sweep did not count.
- *wrong way*: neighbouring inputs whose results go the wrong way; `-` where no way is due, or where it was searched.
- *worst case*: the worst finding, then the largest error that has a witness where it is another. Inputs are decimals
  that give the number in its dtype, the shortest where the number itself is long. An error that is not the row's worst
  has its own ULP.

Modes that agree in every figure, and in the bits where all inputs were tried, share a row.

**Not covered**: losses over a class axis, weights, reductions, and derivatives that are not below (an audit measures
these on chosen cases); other devices than are named.
"""

HEADER = (
    "dtype",
    "quantity",
    "label",
    "mode",
    "results",
    "worst ULP",
    "correctly rounded",
    "documented",
    "beyond limit",
    "flushed",
    "lost",
    "wrong class",
    "NaN",
    "wrong way",
    "worst case",
)
RIGHT = frozenset(range(4, 14))
LABELS = {"hard0": "0", "hard1": "1", "soft": "soft", "outside": "outside", "every": "every"}
HARD = ("hard0", "hard1")


def markdown(known: Sequence[Row]) -> str:
    """The page.

    Parameters
    ----------
    known : sequence of Row
        In order.
    """
    blocks = _grouped(known, lambda row: (row.adapter, _made(row.sweep)))
    pages = {made: _hard(rows) for made, rows in blocks.items()}
    lines = [INTRODUCTION, "## What stands out", "", *_outstanding([row for rows in pages.values() for row in rows])]
    said = ""
    for (adapter, made), rows in pages.items():
        lines += ["", f"## {adapter}"] if adapter != said else []
        said = adapter
        lines += ["", f"{made}; {_dates(row.sweep.date for row in blocks[adapter, made])}."]
        for members in _grouped(rows, lambda row: (row.entry_point, row.config)).values():
            lines += ["", f"### {_title(members[0])}", "", *_table([HEADER, *map(_line, _modes(members))], RIGHT)]
    return "\n".join(lines) + "\n"


def _outstanding(rows: Sequence[Row]) -> list[str]:
    """Of every entry point and quantity the worst: the most severe finding, then its largest error."""
    bad = [row for row in rows if worst_finding(dict(row.verdicts))]
    if not bad:
        return ["Nothing: every result is within its limit, or as documented."]
    groups = _grouped(bad, lambda row: (row.adapter, row.entry_point, row.config, row.quantity)).values()
    found = sorted((min(group, key=_severity) for group in groups), key=_severity)
    header = ("adapter", "entry point", "quantity", "dtype", "mode", "worst ULP", "finding", "worst case")
    lines = [
        (row.adapter, _title(row), f"`{row.quantity}`", row.dtype, row.mode, _worst(row), _finding(row), _cases(row, 1))
        for row in found[:MOST]
    ]
    more = ["", f"{len(found) - MOST} more have findings; their figures are below."] if len(found) > MOST else []
    return [
        "Of every entry point and quantity with a finding the worst of all rows.",
        "",
        *_table([header, *lines]),
        *more,
    ]


def _severity(row: Row) -> tuple[int, float]:
    kind = worst_finding(dict(row.verdicts)) or SEVERITY[-1]
    return SEVERITY.index(kind), -(row.max_ulp or 0.0)


def _finding(row: Row) -> str:
    """The most severe finding of a row, with its count."""
    kind = worst_finding(dict(row.verdicts)) or ""
    return f"{kind}, {_count(row, kind)}"


def _line(row: Row) -> tuple[str, ...]:
    searched = row.method == "searched"
    return (
        row.dtype,
        f"`{row.quantity}`",
        ", ".join(LABELS[label] for label in row.labels),
        row.mode,
        f"{row.points:,}",
        _worst(row),
        "-" if searched or not row.points else per_cent(row.count("correctly-rounded"), row.points),
        _count(row, *CONTRACT),
        _count(row, "beyond-limit", "wrong-sign"),
        _count(row, "flushed", "daz"),
        _count(row, "lost"),
        _count(row, "wrong-class"),
        "-" if row.nans is None else _least(row, row.nans),
        "-" if row.disorder is None else f"{row.disorder:,}",
        _cases(row, 2),
    )


def _worst(row: Row) -> str:
    sign = "≥ " if row.method == "searched" and row.max_ulp is not None else ""
    both = ulp(row.max_ulp), ulp(row.max_ulp_relative)
    return sign + (both[0] if both[0] == both[1] else f"{both[0]} ({both[1]})")


def _count(row: Row, *verdicts: str) -> str:
    return _least(row, row.count(*verdicts))


def _least(row: Row, count: int) -> str:
    """A count; of a search it is a lower bound."""
    return f"{'≥ ' if count and row.method == 'searched' else ''}{count:,}"


def _cases(row: Row, most: int) -> str:
    """Its witnesses; of a subject that delivered nothing, why."""
    if "every" in row.labels:
        return ", ".join(row.verdicts)
    return "<br>".join(_case(witness, row) for witness in row.worst[:most]) or "-"


def _case(witness: Witness, row: Row) -> str:
    most = 17 if row.dtype == "binary64" else 9
    inputs = ", ".join(f"{name} = {shortest(value, row.dtype)}" for name, value in witness.inputs.items())
    own = "" if witness.ulp is None else ulp(witness.ulp)
    size = f", {own} ULP" if own not in ("", ulp(row.max_ulp)) else ""
    got = "nothing" if witness.got is None else digits(decimal_of(witness.got), most)
    return f"{inputs}: {got}, exact {digits(witness.exact, most)} ({witness.verdict}{size})"


def _hard(rows: Sequence[Row]) -> list[Row]:
    """The rows, those of label 0 and of label 1 as one."""

    def about(row: Row) -> Hashable:
        return row.test, row.method, "hard" if row.labels[0] in HARD else row.labels[0]

    return sorted((joined(parts) for parts in _grouped(rows, about).values()), key=lambda row: row.key)


def _modes(rows: Sequence[Row]) -> list[Row]:
    """The rows, those that differ in their mode alone as one; a device that is no CPU stands with the mode."""
    named = [row if row.device == "cpu" else replace(row, mode=f"{row.mode} on {row.device}") for row in rows]
    nameless = _grouped(named, lambda row: repr(replace(row, mode="", device="", sweep=replace(row.sweep, date=""))))
    return [replace(same[0], mode=", ".join(row.mode for row in same)) for same in nameless.values()]


def _made(sweep: Sweep) -> str:
    """With what and on what a sweep was made, but for its date."""
    versions = ", ".join(f"{name} {version}" for name, version in sweep.versions.items())
    place = f"{sweep.cpu} ({sweep.platform}), {sweep.os}"
    variables = "".join(f", {name}={value}" for name, value in sweep.variables.items())
    return f"{versions or sweep.adapter}; Python {sweep.python}; {place}{variables}"


def _dates(dates: Iterable[str]) -> str:
    several = sorted(set(dates))
    return several[0] if len(several) == 1 else f"{several[0]} to {several[-1]}"


def _title(row: Row) -> str:
    config = ", ".join(f"{name}={value!r}" for name, value in json.loads(row.config).items())
    return f"`{row.entry_point}`" + (f" `{config}`" if config else "")


def _table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """A table as GitHub renders it."""
    marks = ["--:" if column in right else "---" for column in range(len(rows[0]))]
    first, *others = ([text.replace("|", "\\|") for text in row] for row in rows)
    return [f"| {' | '.join(row)} |" for row in (first, marks, *others)]


def _grouped(rows: Iterable[Row], about: Callable[[Row], K]) -> dict[K, list[Row]]:
    found: dict[K, list[Row]] = {}
    for row in rows:
        found.setdefault(about(row), []).append(row)
    return found
