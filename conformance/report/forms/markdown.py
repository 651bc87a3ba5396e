"""Markdown for the summary of a job: the scoreboard and the worst findings, under a megabyte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.cell import Cell
from conformance.report.comparison.markdown import code, plain, rows_of
from conformance.report.figures import brief, count, decimal_of, figure, time_of
from conformance.report.forms import Given
from conformance.report.scoreboard import DTYPES, GRADIENTS, LEGEND, shown_figure, totals
from conformance.run import Run

LARGEST = 900_000
"""Bytes. A summary of more than a megabyte is refused as a whole."""

SHOWN = 40
"""So many groups of findings at most are listed."""


def made(given: Given) -> str:
    """The summary of a run.

    Parameters
    ----------
    given : Given
    """
    run, assessment = given.run, given.assessment
    head = ["# bce-conformance", "", f"**{plain(totals(run, assessment))}**", ""]
    head += [f"- {plain(_record(record))}" for record in run.adapters]
    tier = f"Tier {run.tier}, {time_of(run.date)}" if run.date else f"Tier {run.tier}"
    head += ["", f"{tier}; {plain(_machine(run))}; {code(run.invocation or 'bce-conformance audit')}"]
    parts = ["\n".join(head), "\n".join(_unexpected(given)), "\n".join(_causes(given)), "\n".join(_scoreboard(given))]
    said, room = [], LARGEST
    for part in filter(None, parts):
        size = len(part.encode())
        if size > room:
            said.append("_The rest is too long for a summary: see the report of the run._")
            break
        said.append(part)
        room -= size
    return "\n\n".join(said) + "\n"


def _unexpected(given: Given) -> list[str]:
    """The findings without a cause, the worst of each entry point and quantity."""
    cells = given.run.by_id()
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for identity in given.run.findings:
        if identity not in given.assessment.expected:
            cell = cells[identity]
            key = (cell.adapter, cell.entry_point, cell.config, cell.quantity, cell.finding or "")
            groups.setdefault(key, []).append(cell)
    lines = []
    if groups:
        total = sum(map(len, groups.values()))
        header = ("cells", "finding", "where", "case", "got", "exact", "ULP", "why")
        rows = [_row(group, given.assessment.unexpected) for group in list(groups.values())[:SHOWN]]
        lines = [f"## {count(total, 'finding')} without a recorded cause", "", *rows_of(header, rows)]
        if len(groups) > SHOWN:
            lines += ["", f"and {sum(map(len, list(groups.values())[SHOWN:])):,} more"]
    if given.assessment.stale:
        stale = list(given.assessment.stale.items())
        lines += ["", f"## {count(len(stale), 'recorded finding')} gone: check why, then run accept", ""]
        lines += [f"- {code(identity)} ({plain(cause)})" for identity, cause in stale[:SHOWN]]
        lines += [f"- and {len(stale) - SHOWN:,} more"] * (len(stale) > SHOWN)
    return lines


def _row(group: Sequence[Cell], reasons: Mapping[str, str]) -> tuple[str, ...]:
    cell = group[0]
    witness = cell.worst or {}
    place = " ".join((*cell.id.rsplit("/", 2)[:1], f"{cell.region}/{cell.label_class}"))
    got = decimal_of(witness.get("got"))
    case = str(witness.get("case") or "-")
    reason = reasons.get(cell.id, "")
    return (f"{len(group):,}", cell.finding or "", place, case, got, brief(witness.get("exact")), figure(cell), reason)


def _causes(given: Given) -> list[str]:
    """The causes, with how many findings each explains; folded."""
    groups: dict[str, list[str]] = {}
    for identity in given.run.findings:
        for name in given.assessment.expected.get(identity, "").split("+"):
            if name:
                groups.setdefault(name, []).append(identity)
    if not groups:
        return []
    cells, known = given.run.by_id(), given.known.causes
    rows = []
    for name, members in groups.items():
        first, cause = cells[members[0]], known.get(name)
        link = f"[{plain(name)}]({cause.link})" if cause else plain(name)
        why = plain(cause.why) if cause else ""
        rows.append(f"| {len(members):,} | {plain(first.finding or '')} | {plain(figure(first))} | {link} | {why} |")
    title = f"{count(len(given.assessment.expected), 'finding')} with a recorded cause"
    table = ["| cells | worst | ULP | cause | why |", "| ---: | --- | ---: | --- | --- |", *rows]
    return [f"<details><summary>{title}</summary>", "", *table, "", "</details>"]


def _scoreboard(given: Given) -> list[str]:
    """The worst figure of each dtype, of the loss and of the gradient."""
    expected = given.assessment.expected
    rows: dict[tuple[str, ...], list[Cell]] = {}
    for cell in given.run.cells:
        if not cell.examination:
            rows.setdefault((cell.adapter, cell.entry_point, cell.short_config, cell.mode), []).append(cell)
    if not rows:
        return []
    header = ["framework", "entry point", "mode", *(f"loss {d}" for d in DTYPES), *(f"gradient {d}" for d in DTYPES)]
    table = []
    for (adapter, entry, config, mode), cells in rows.items():
        figures = []
        for wanted in (frozenset(("loss",)), GRADIENTS):
            for dtype in DTYPES:
                here = [cell for cell in cells if cell.dtype == dtype and cell.quantity in wanted]
                text, sign, _ = shown_figure(here, expected)
                figures.append(text + sign)
        table.append([adapter, entry + (f" {config}" if config != "-" else ""), mode, *figures])
    legend = " ".join(LEGEND.splitlines()[:2])
    title = "<details><summary>Scoreboard: the worst error in ULP</summary>"
    return [title, "", *rows_of(header, table), "", plain(legend), "", "</details>"]


def _record(record: Mapping[str, object]) -> str:
    versions = record["versions"]
    listed = ", ".join(f"{k} {v}" for k, v in versions.items()) if isinstance(versions, Mapping) else ""
    if record["status"] != "ok":
        return f"{record['name']}: {record['status']}, {record['reason']}"
    return f"{record['name']}: {listed or 'measured'}"


def _machine(run: Run) -> str:
    return f"{run.environment.get('cpu', 'unknown CPU')} ({run.platform})"
