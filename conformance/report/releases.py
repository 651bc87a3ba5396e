"""What changed from release to release, as the page of the documentation: by the baselines alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.compare.comparison import IMPROVING, WORSENING
from conformance.report.comparison.markdown import ROW, plain, row_of, rows_of
from conformance.report.comparison.words import Told, groups, why_words
from conformance.run import Run
from conformance.verdicts import DELIVERY

SHOWN = 12
"""How many groups of a kind are listed of a step before the rest is only counted."""

KINDS = (*WORSENING, *IMPROVING)
COLUMNS = ("release", "Python", "cells", "findings", "not delivered", *KINDS, "other bits", "appeared", "vanished")

HEAD = """# Releases

What changed from one release to the next, each held against the one before it in the table: measured on one machine,
judged by today's cases and documentation. This page is generated from the baselines in `golden/baselines`; no line of
it is written by hand. To make it anew:

    bce-conformance baselines write torch==2.9.1 torch==2.13.0
    bce-conformance baselines table

Numbers are of cells: one quantity of one entry point, mode and dtype, in one region and label class. *new* and *fixed*
are findings that were not there before, or are gone; *worse* and *better* are others that changed by a verdict, or by a
factor of two. Of each group of cells that changed alike one case is shown, with what both releases returned for it.
*not kept*: the earlier, or later, result of that case is not in the baseline. A group without a cause is one whose
finding is explained for today's releases only.
"""


@dataclass(frozen=True)
class Release:
    """A release in the table.

    Attributes
    ----------
    name : str
        ``torch 2.9.1``.
    run : Run
    step : Told or None
        Against the release before it; None of the first.
    """

    name: str
    run: Run
    step: Told | None = None


def page(series: Sequence[tuple[str, Sequence[Release]]]) -> str:
    """The page as Markdown.

    Parameters
    ----------
    series : sequence of (str, sequence of Release)
        The releases of each distribution, in order.
    """
    lines = [HEAD]
    for distribution, releases in series:
        lines += [f"## {distribution}", "", *rows_of(COLUMNS, [_counts(release) for release in releases]), ""]
        steps = [(release, release.step) for release in releases if release.step is not None]
        for release, step in steps:
            if step.comparison.of(*KINDS):
                lines += [f"### {step.names[0]} → {release.name}", "", *_step(step)]
    return "\n".join(lines).rstrip() + "\n"


def _counts(release: Release) -> tuple[str, ...]:
    """The row of a release."""
    run, step = release.run, release.step
    python = next((str(record["python"]) for record in run.adapters if record["python"]), "")
    lacking = sum(1 for cell in run.cells if cell.verdicts.keys() & set(DELIVERY))
    numbers = [len(run.cells), len(run.findings), lacking]
    if step is not None:
        counts = step.comparison.counts
        numbers += [counts[kind] for kind in (*KINDS, "bits", "appeared", "vanished")]
    row = [release.name, python, *(f"{number:,}" if number else "" for number in numbers)]
    return (*row, *[""] * (len(COLUMNS) - len(row)))


def _step(step: Told) -> list[str]:
    """What became worse or better from one release to the next."""
    rows, causes, rest = [], dict[str, None](), 0
    for kind in KINDS:
        found = groups(step.comparison, kind)
        rows += [(kind, *row_of(group)) for group in found[:SHOWN]]
        causes |= dict.fromkeys(group.cause for group in found[:SHOWN] if group.cause)
        rest += sum(len(group.changes) for group in found[SHOWN:])
    lines = rows_of(("", *ROW), rows)
    if rest:
        lines += ["", f"and {rest:,} more cells"]
    for cause in causes:
        lines += ["", f"Cause: {plain(why_words(cause, step.causes))}"]
    return [*lines, ""]
