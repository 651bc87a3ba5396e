"""The scoreboard: a line for each adapter, entry point and mode, the worst error for each dtype.

What examinations found is a table of its own, `conformance.report.examined`.
"""

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from conformance.cell import Cell
from conformance.expectations import Assessment
from conformance.report.figures import WIDTH, count, mark, ulp
from conformance.run import Run
from conformance.verdicts import CONTRACT, FINDINGS, SEVERITY

DTYPES = ("binary16", "bfloat16", "binary32", "binary64")
GROUPS = ("loss", "gradient")
GRADIENTS = frozenset(("d_logits", "d_probabilities"))
"""What the gradient's columns show; second derivatives, other routes and other arguments count as special values."""
MODE_WIDTH = 11
INDENT = " "
FIGURE_WIDTH = 9

UNEXPECTED, EXPECTED, DOCUMENTED = "!", "~", "d"
STYLES = {UNEXPECTED: "bold red", EXPECTED: "yellow", DOCUMENTED: "cyan", "": ""}

LEGEND = """\
Worst error in ULP of the scale, a finding's own where there is one; - where nothing was delivered.
! finding   ~ finding with a recorded cause   d documented
Special values: what else went wrong; by the derivatives with respect to labels too.
"""


def scoreboard(run: Run, assessment: Assessment | None = None) -> list[Text]:
    """The scoreboard as styled lines of at most 110 columns; the marks say all that the colours say.

    Parameters
    ----------
    run : Run
        What was measured.
    assessment : Assessment, optional
        What is expected of it; without one, every finding is marked as unexpected.
    """
    expected = assessment.expected if assessment else {}
    rows: dict[tuple[str, str, str], dict[str, list[Cell]]] = {}
    for cell in run.cells:
        if cell.examination:
            continue
        heading = (cell.adapter, cell.entry_point, cell.short_config)
        rows.setdefault(heading, {}).setdefault(cell.mode, []).append(cell)
    lines = [_header(GROUPS, 4 * FIGURE_WIDTH), _header(DTYPES * 2, FIGURE_WIDTH, "  special values")] if rows else []
    adapter = None
    for heading, modes in rows.items():
        if heading[0] != adapter:
            adapter = heading[0]
            lines += [Text(), Text(f"{adapter}  {_versions(run, adapter)}".rstrip(), "bold")]
        lines.append(Text("  ".join(part for part in heading[1:] if part != "-"), "underline"))
        lines += [_row(mode, cells, expected) for mode, cells in modes.items()]
    for record in run.adapters:
        if record["status"] != "ok":
            lines += [Text(), Text(f"{record['name']}  {record['status']}: {record['reason']}", "magenta")]
    return [*lines, Text(), *(Text(line, "dim") for line in LEGEND.splitlines())] if rows else lines


def totals(run: Run, assessment: Assessment | None = None) -> str:
    """One line of counts: subjects, cells, cases, findings."""
    parts = [
        count(len({cell.subject for cell in run.cells}), "subject"),
        count(len(run.cells), "cell"),
        count(sum(cell.cases for cell in run.cells), "case"),
        count(len(run.findings), "finding"),
    ]
    if assessment is not None and (run.findings or assessment.stale):
        parts[-1] += (
            f": {len(assessment.unexpected):,} unexpected, {len(assessment.expected):,} expected"
            f"; {count(len(assessment.stale), 'stale expectation')}"
        )
    lacking = [f"{record['name']} is {record['status']}" for record in run.broken]
    if not any(cell.ran for cell in run.cells):
        lacking.insert(0, "nothing ran")
    return "; ".join([", ".join(parts), *lacking])


def _header(words: Iterable[str], width: int, last: str = "") -> Text:
    return Text(INDENT + " " * MODE_WIDTH + "".join(word.rjust(width) for word in words) + last, "bold")


def _versions(run: Run, adapter: str) -> str:
    return ", ".join(f"{name} {version}" for name, version in run.versions(adapter).items())


def _row(mode: str, cells: Sequence[Cell], expected: dict[str, str]) -> Text:
    line = Text(INDENT + mode.ljust(MODE_WIDTH))
    for group in GROUPS:
        for dtype in DTYPES:
            here = [c for c in cells if c.dtype == dtype and (c.quantity == "loss" or c.quantity in GRADIENTS)]
            here = [c for c in here if (c.quantity == "loss") == (group == "loss")]
            text, sign, _ = shown_figure(here, expected)
            line.append((text + sign).rjust(FIGURE_WIDTH), STYLES[sign])
    line.append("  ")
    room = WIDTH - len(line.plain)
    marks = _specials(cells, expected)
    for shown, (word, sign) in enumerate(marks):
        rest = f"+{len(marks) - shown}"
        last = shown + 1 == len(marks)
        if len(word) + 1 + (0 if last else len(rest) + 1) > room:
            line.append(rest)
            break
        line.append(word + sign, STYLES[sign]).append(" ")
        room -= len(word) + 2
    line.rstrip()
    return line


def shown_figure(cells: Sequence[Cell], expected: Mapping[str, str]) -> tuple[str, str, float | None]:
    """The figure to show for some cells, its mark, and the number: a finding's goes before a larger documented one.

    Parameters
    ----------
    cells : sequence of Cell
    expected : mapping of str to str
        The ids of expected findings, with their causes.
    """
    if not cells:
        return "", "", None
    for sign, wanted in ((UNEXPECTED, False), (EXPECTED, True)):
        figures = [c.witnessed for c in cells if c.witnessed is not None and (c.id in expected) is wanted]
        if figures:
            return ulp(max(figures)), sign, max(figures)
    figured = [cell for cell in cells if cell.max_ulp is not None and cell.finding is None]
    if not figured:
        return "-", "", None
    worst = max(figured, key=lambda cell: cell.max_ulp or 0.0)
    documented = any(worst.verdicts.get(kind) for kind in CONTRACT if kind not in FINDINGS)
    return ulp(worst.max_ulp), DOCUMENTED if documented else "", worst.max_ulp


def _specials(cells: Sequence[Cell], expected: dict[str, str]) -> list[tuple[str, str]]:
    """The words of the special-value column and their marks, most severe first."""
    words: dict[str, str] = {}
    for kind in SEVERITY:
        for cell in cells:
            word = mark(cell, kind) if kind in cell.findings else ""
            if word:
                sign = EXPECTED if cell.id in expected else UNEXPECTED
                words[word] = UNEXPECTED if UNEXPECTED in (sign, words.get(word)) else sign
    return list(words.items())
