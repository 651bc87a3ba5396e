"""The findings of a run, worst first, a line each; those with a recorded cause, a line a cause."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from conformance.causes import Cause
from conformance.cell import Cell
from conformance.expectations import Assessment
from conformance.report.figures import WIDTH, brief, count, figure, short_id, table
from conformance.run import Run, worst_first

SHOWN = 40
"""How many findings are listed before the rest is only counted."""

VERDICT_WIDTH = 13
FIGURE_WIDTH = 6


def findings(
    run: Run,
    assessment: Assessment | None = None,
    causes: Mapping[str, Cause] | None = None,
    shown: int = SHOWN,
) -> list[Text]:
    """The findings as styled lines of at most 110 columns.

    The number before a finding is its place in the run; ``explain`` takes it for the id.

    Parameters
    ----------
    run : Run
        What was measured.
    assessment : Assessment, optional
        What is expected of it; without one, every finding is listed.
    causes : mapping of str to Cause, optional
        By id, to say why.
    shown : int
        How many are listed before the rest is only counted.
    """
    cells = run.by_id()
    numbers = {identity: number for number, identity in enumerate(run.findings, 1)}
    expected = assessment.expected if assessment else {}
    open_ones = [identity for identity in run.findings if identity not in expected]
    lines: list[Text] = []
    if open_ones:
        title = "Findings without a recorded cause" if expected else "Findings"
        lines.append(Text(f"{title}, worst first ({count(len(open_ones), 'finding')})", "bold"))
        configs = _configs(run.cells)
        groups = [[identity] for identity in open_ones]
        if len(open_ones) > shown:
            groups = _grouped(open_ones, cells)
            lines.append(Text("   the worst of each entry point and quantity, and how many there are", "dim"))
        for group in groups[:shown]:
            lines.append(_line(numbers[group[0]], cells[group[0]], configs, len(group)))
        if len(groups) > shown:
            lines.append(Text(f"       and {sum(map(len, groups[shown:])):,} more"))
    if expected:
        lines += [Text()] * bool(lines) + [Text("Findings with a recorded cause, worst first", "bold")]
        lines += _by_cause(run, expected, causes or {}, cells, numbers)
    if assessment and assessment.stale:
        lines += [Text(), Text("Recorded findings that are gone: check why, then run accept", "bold red")]
        lines += [Text(f"  {identity} ({cause})") for identity, cause in list(assessment.stale.items())[:shown]]
        if len(assessment.stale) > shown:
            lines.append(Text(f"  and {len(assessment.stale) - shown:,} more"))
    return lines


def _line(number: int, cell: Cell, configs: Mapping[tuple[str, str], int], members: int) -> Text:
    """A finding, or the worst of several: then what they have in common."""
    head = f"{number:4}  {(cell.finding or '').ljust(VERDICT_WIDTH)} {figure(cell).rjust(FIGURE_WIDTH)}  "
    parts = [cell.short_config] * (configs[cell.adapter, cell.entry_point] > 1)
    if members > 1:
        head += f"{members:5,} × "
        parts += [cell.quantity]
    else:
        parts += [cell.mode, cell.dtype, cell.quantity, cell.region, cell.label_class]
    return Text(head + short_id(cell, parts, WIDTH - len(head)))


def _grouped(identities: Sequence[str], cells: Mapping[str, Cell]) -> list[list[str]]:
    """Findings of one entry point and quantity together, in the order of the worst of each."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for identity in identities:
        cell = cells[identity]
        groups.setdefault((cell.adapter, cell.entry_point, cell.config, cell.quantity), []).append(identity)
    return list(groups.values())


def _by_cause(
    run: Run,
    expected: Mapping[str, str],
    causes: Mapping[str, Cause],
    cells: Mapping[str, Cell],
    numbers: Mapping[str, int],
) -> list[Text]:
    groups: dict[str, list[str]] = {}
    for identity in run.findings:
        if identity in expected:
            for cause in expected[identity].split("+"):
                groups.setdefault(cause, []).append(identity)
    lines = []
    for cause, members in groups.items():
        worst = cells[members[0]]
        head = f"{numbers[members[0]]:4}  {(worst.finding or '').ljust(VERDICT_WIDTH)} "
        head += f"{figure(worst).rjust(FIGURE_WIDTH)}  {len(members):4} × {cause}"
        why = f": {causes[cause].why}" if cause in causes else ""
        room = WIDTH - len(head)
        lines.append(Text(head + (why if len(why) <= room else why[: room - 1].rstrip() + "…")))
    return lines


def _configs(cells: Sequence[Cell]) -> dict[tuple[str, str], int]:
    """How many configs each entry point was measured with: only where there are several is one shown."""
    seen: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        seen.setdefault((cell.adapter, cell.entry_point), set()).add(cell.config)
    return {key: len(configs) for key, configs in seen.items()}


def failing_regions(cells: Sequence[Cell], reasons: Mapping[str, str]) -> str:
    """A table of failing cells of one test, worst first, with the witness of each.

    Parameters
    ----------
    cells : sequence of Cell
        Those that fail.
    reasons : mapping of str to str
        Id of a cell to why its finding is unexpected.
    """
    by_id = {cell.id: cell for cell in cells}
    rows = [("region", "label", "verdict", "cases", "ULP", "limit", "case", "got", "exact")]
    for identity in worst_first(cells):
        cell = by_id[identity]
        witness = cell.worst or {}
        bad = sum(cell.verdicts.get(kind, 0) for kind in cell.findings)
        limit = "-" if cell.limit is None else f"{cell.limit:g}"
        case, got = (str(witness.get(name) or "-") for name in ("case", "got"))
        exact = brief(witness.get("exact"))
        figures = (f"{bad} of {cell.cases}", figure(cell), limit)
        rows.append((cell.region, cell.label_class, cell.finding or "", *figures, case, got, exact))
    lines = table(rows, right=frozenset((3, 4, 5)))
    notes = dict.fromkeys(reasons[cell.id] for cell in cells if reasons.get(cell.id))
    messages = dict.fromkeys(cell.message for cell in cells if cell.message)
    return "\n".join([*lines, *messages, *notes])
