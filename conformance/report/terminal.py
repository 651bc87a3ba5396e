"""A run on the terminal: scoreboard, then findings. Without a terminal it is plain text of 110 columns."""

import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from rich.console import Console
from rich.text import Text

from conformance.causes import Cause
from conformance.expectations import Assessment
from conformance.report.examined import examined
from conformance.report.findings import SHOWN, findings
from conformance.report.scoreboard import scoreboard, totals
from conformance.run import Run


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # which the command line takes for no error; rich would exit with 1, as for a finding


def console(file: TextIO | None = None) -> Console:
    """A console that never wraps, cuts or marks up what it is given."""
    return _Console(file=file or sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)


def report(
    run: Run,
    assessment: Assessment | None = None,
    causes: Mapping[str, Cause] | None = None,
    shown: int = SHOWN,
) -> list[Text]:
    """The whole report as styled lines: scoreboard, examinations, findings, what was left out, totals.

    Parameters
    ----------
    run : Run
        What was measured.
    assessment : Assessment, optional
        What is expected of it.
    causes : mapping of str to Cause, optional
        By id, to say why.
    shown : int
        How many findings are listed before the rest is only counted.
    """
    blocks = [
        scoreboard(run, assessment),
        examined(run, assessment),
        findings(run, assessment, causes, shown),
        [Text(f"Left out: {sentence}") for sentence in run.left_out],
        [Text(totals(run, assessment), "bold")],
    ]
    lines: list[Text] = []
    for block in filter(None, blocks):
        lines += [Text()] * bool(lines) + list(block)
    return lines


def show(lines: Iterable[Text], file: TextIO | None = None) -> None:
    """Print styled lines: in colour on a terminal, plain elsewhere."""
    out = console(file)
    for line in lines:
        out.print(line, soft_wrap=True)


def plain(lines: Iterable[Text]) -> str:
    """Styled lines as plain text."""
    return "".join(line.plain.rstrip() + "\n" for line in lines)
