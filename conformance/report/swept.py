"""A sweep on the terminal: for each quantity and label class its figures, in lines that paste into an issue."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text

from conformance.cell import Cell
from conformance.expectations import Assessment
from conformance.report.figures import brief, ulp
from conformance.report.scoreboard import totals
from conformance.run import Run
from conformance.sweep.outcome import Outcome
from conformance.verdicts import SEVERITY

ACCEPTABLE = ("correctly-rounded", "faithful", "within-limit")


def swept(run: Run, assessment: Assessment, outcomes: Iterable[Outcome]) -> list[Text]:
    """The report as lines.

    Parameters
    ----------
    run : Run
    assessment : Assessment
        What is expected of it.
    outcomes : iterable of Outcome
    """
    by_test: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in run.cells:
        by_test.setdefault((cell.subject, cell.quantity, cell.label_class), []).append(cell)
    lines: list[Text] = []
    subject = ""
    for one in outcomes:
        if one.subject != subject:
            subject = one.subject
            lines += [Text(), Text(subject, style="bold")]
        lines += _outcome(one, by_test[one.subject, one.quantity, one.label_class])
    for identity, reason in assessment.unexpected.items():
        lines.append(Text(f"! {identity}: {reason}", style="red"))
    return [*lines, Text(), Text(totals(run, assessment))]


def share(count: int, total: int) -> str:
    """A count and what part of a total it is: ``2,147,483,648 (50%)``."""
    if count in (0, total):
        return f"{count:,} ({'100' if count else '0'}%)"
    per_cent = 100 * count / total
    text = f"{per_cent:.3g}" if per_cent < 99 else f"{per_cent:.6f}".rstrip("0")
    return f"{count:,} ({text if float(text) < 100 else '>99.9999'}%)"


def _outcome(one: Outcome, cells: Sequence[Cell]) -> list[Text]:
    searched = any(cell.method == "searched" for cell in cells)
    lines = [Text(f"  {one.quantity}, {one.label_class}: {one.points:,} points{', searched' if searched else ''}")]
    known = [cell for cell in cells if cell.max_ulp is not None]
    if known:
        most = max(known, key=lambda cell: cell.max_ulp or 0.0)
        figure = ("≥ " if searched else "") + ulp(most.max_ulp)
        lines.append(Text(f"    largest error      {figure} ULP, in {most.region}"))
    for name, count in _ordered(one.verdicts):
        part = f"{count:,}" if searched else share(count, one.points)  # the worst is looked for, not the usual
        lines.append(Text(f"    {name:<18} {part}", style="" if name in ACCEPTABLE else "yellow"))
    digits = 17 if "/binary64/" in one.subject else 9  # what tells one number from the next
    lines += [Text("    " + sentence) for sentence in _witness(cells, digits)]
    facts = []
    if one.nans:
        facts.append(f"{one.nans:,} NaN where the input is none")
    if one.disorder is not None:
        facts.append(f"{one.disorder:,} steps the wrong way")
    if one.asymmetry is not None:
        facts.append(f"{one.asymmetry:,} not mirrored")
    facts += [f"bits {one.digest}"] if one.digest else []
    return [*lines, *([Text("    " + ", ".join(facts))] if facts else [])]


def _witness(cells: Sequence[Cell], digits: int) -> list[str]:
    """The worst case of all regions, in a sentence."""
    found = [cell for cell in cells if cell.worst is not None]
    if not found:
        return []
    record: Mapping[str, Any] = min(found, key=_rank).worst or {}
    inputs = ", ".join(f"{name} = {float.fromhex(value):.{digits}g}" for name, value in record["inputs"].items())
    got = float.fromhex(record["got"])
    return [f"for example        {inputs}: {got:.9g}, exact {brief(record['exact'])} ({record['verdict']})"]


def _rank(cell: Cell) -> tuple[int, float]:
    """What is not acceptable comes first, the largest error first among equals."""
    record = cell.worst or {}
    verdict = record["verdict"]
    return SEVERITY.index(verdict) if verdict in SEVERITY else len(SEVERITY), -(record["ulp"] or 0.0)


def _ordered(verdicts: Mapping[str, int]) -> list[tuple[str, int]]:
    first = {name: k for k, name in enumerate(ACCEPTABLE)}
    return sorted(verdicts.items(), key=lambda pair: (first.get(pair[0], 9), -pair[1]))
