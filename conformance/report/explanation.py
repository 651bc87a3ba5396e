"""One finding in full: what went in, what came back, what was due, why, and how to see it again."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.causes import Cause
from conformance.cell import Cell
from conformance.report.figures import WIDTH, count, decimal_of, ulp
from conformance.run import Run

LABEL_WIDTH = 12


@dataclass(frozen=True)
class Details:
    """What a run does not hold and the project knows: each is shown where it is not empty.

    Attributes
    ----------
    contract : str
        What the entry point documents, quoted.
    derivation : str
        How the limit follows from the operations counted; paragraphs are apart by an empty line.
    reproducer : str
        A script of plain framework code.
    replayed : str
        What came back when the case was measured again.
    """

    contract: str = ""
    derivation: str = ""
    reproducer: str = ""
    replayed: str = ""


def explanation(
    cell: Cell,
    run: Run,
    details: Details | None = None,
    causes: Sequence[Cause] = (),
    reason: str = "",
) -> str:
    """A cell as plain text, its reproducer unindented so that it can be pasted.

    Parameters
    ----------
    cell : Cell
        What to explain; it need not hold a finding.
    run : Run
        Where it was measured.
    details : Details, optional
        Contract, derivation, reproducer and replay.
    causes : sequence of Cause
        The recorded causes that explain it, each for other kinds of finding.
    reason : str
        Why its finding is unexpected.
    """
    details = details or Details()
    parts = [cell.id, "", *_rows(_witness(cell)), *_rows(_judgement(cell, details))]
    if details.replayed:
        parts += _rows([("replayed", details.replayed)])
    parts += _rows(_where(cell, run))
    for cause in causes:
        parts += _rows([("cause", f"{cause.id}: {cause.why}"), ("", cause.link)])
    if not causes and cell.finding is not None:
        parts += _rows([("cause", f"none recorded: {reason}" if reason else "none recorded")])
    if details.reproducer:
        parts += ["", "Reproducer, for a fresh interpreter:", "", details.reproducer.rstrip()]
    return "\n".join(parts) + "\n"


def _witness(cell: Cell) -> list[tuple[str, str]]:
    if cell.worst is None:
        return [("case", "no case is worse than the others: all are correctly rounded, or none was delivered")]
    worst = cell.worst
    rows = [("case", f"{worst['case']} (number {worst['index']})")]
    rows += [(name, _both(value)) for name, value in worst["inputs"].items()]
    rows.append(("got", "nothing" if worst["got"] is None else _both(worst["got"])))
    rows.append(("exact", worst["exact"] or "not defined"))
    if worst["contract"] is not None:
        rows.append(("documented", worst["contract"]))
    error = f"{worst['verdict']}, no figure"
    if worst["ulp"] is not None:
        error = f"{worst['verdict']}, {ulp(worst['ulp'])} ULP of the scale"
        if worst["ulp_relative"] is not None:
            error += f", {ulp(worst['ulp_relative'])} ULP of the exact value"
    return [*rows, ("error", error)]


def _both(value: str) -> str:
    """A number in hexadecimal and in decimal; anything else as it is."""
    decimal = decimal_of(value)
    return value if decimal == value else f"{value} = {decimal}"


def _judgement(cell: Cell, details: Details) -> list[tuple[str, str]]:
    verdicts = ", ".join(f"{number} {kind}" for kind, number in cell.verdicts.items() if number)
    rows = []
    if cell.limit is not None:
        rows.append(("limit", f"{cell.limit:g} ULP of the scale"))
        paragraphs = (" ".join(text.split()) for text in details.derivation.split("\n\n"))
        rows += [("", paragraph) for paragraph in paragraphs if paragraph]
    if details.contract:
        rows.append(("contract", details.contract.strip().splitlines()[0]))
        rows += [("", line) for line in details.contract.strip().splitlines()[1:]]
    rows.append(("cell", f"{count(cell.cases, 'case')}: {verdicts}"))
    figures = [
        f"{ulp(figure)} ULP {of}"
        for figure, of in (
            (cell.max_ulp, "of the scale"),
            (cell.max_ulp_relative, "of the exact value"),
            (cell.max_ulp_contract, "against the contract"),
        )
        if figure is not None
    ]
    if figures:
        rows.append(("", "worst " + ", ".join(figures)))
    if cell.zero_signs:
        rows.append(("", f"{count(cell.zero_signs, 'zero')} with the other sign"))
    if cell.message:
        rows.append(("message", cell.message))
    return rows


def _where(cell: Cell, run: Run) -> list[tuple[str, str]]:
    versions = ", ".join(f"{name} {version}" for name, version in run.versions(cell.adapter).items())
    record = next((record for record in run.adapters if record["name"] == cell.adapter), {"python": ""})
    python = f"Python {record['python']}" if record["python"] else ""
    machine = f"{run.environment.get('cpu', 'unknown CPU')} ({run.platform})"
    return [("measured", ", ".join(part for part in (versions, python, machine) if part))]


def _rows(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Labelled rows; long ones go on under themselves."""
    lines = []
    for label, text in rows:
        wrapped = textwrap.wrap(text, WIDTH - LABEL_WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
        lines.append(label.ljust(LABEL_WIDTH) + wrapped[0])
        lines += [" " * LABEL_WIDTH + line for line in wrapped[1:]]
    return lines
