"""``bce-conformance explain``: one finding in full, measured once more, with a reproducer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.places import RESULTS

if TYPE_CHECKING:
    from conformance.cell import Cell
    from conformance.report.explanation import Details
    from conformance.run import Run

HELP = "show one finding in full, with its cause and a reproducer"

EPILOG = """examples:
  bce-conformance explain 3                         the third finding of the run in ./bce-results
  bce-conformance explain CELL-ID --run results     any cell, by its id or a part of it that fits no other
  bce-conformance explain 3 --no-replay             what the run holds; no framework is started
  bce-conformance explain 3 --adapter my_backend.py
  bce-conformance explain 3 --python old/bin/python the interpreter that was measured, where it was another"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("cell", metavar="ID", help="a cell's id or a part of it, or a finding's number in the report")
    parser.add_argument(
        "--run", dest="results", default=RESULTS, metavar="DIR", help=f"the results of an audit (default: {RESULTS})"
    )
    parser.add_argument(
        "--adapter", action="append", default=[], metavar="FILE", help="the adapter's file, where it is not built in"
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="the interpreter that has the framework"
    )
    parser.add_argument("--no-replay", dest="replay", action="store_false", help="do not measure the case again")


def run(args: argparse.Namespace) -> int:
    """Explain one cell."""
    from conformance.run import read

    measured = read(args.results)
    cell = find(measured, args.cell)
    from conformance.replay import details  # after what can be refused at once: it takes its time

    def again() -> Details:
        return details(measured, cell, args.adapter, args.replay, python=args.python)

    sys.stdout.write(tell(measured, cell, args.adapter, again))
    return 0


def tell(measured: Run, cell: Cell, files: Sequence[str], details: Callable[[], Details]) -> str:
    """The explanation of a cell, held against the expectations of the built-in adapters and beside `files`."""
    from conformance.expectations import assess, load
    from conformance.places import adapters_folder
    from conformance.report.explanation import explanation

    known = load(adapters_folder(), *(Path(file).parent for file in files))
    assessment = assess(measured, known)
    causes = known.named(assessment.expected.get(cell.id, ""))
    return explanation(cell, measured, details(), causes, assessment.unexpected.get(cell.id, ""))


def find(measured: Run, text: str) -> Cell:
    """The cell that a number, an id or a part of one means.

    Raises
    ------
    RunError
        There is none, or there are several.
    """
    from conformance.run import RunError

    cells = measured.by_id()
    if text in cells:
        return cells[text]
    if text.isdecimal():
        if 1 <= int(text) <= len(measured.findings):
            return cells[measured.findings[int(text) - 1]]
        raise RunError(f"The run has {len(measured.findings)} findings, so there is no number {text}.")
    fitting = [cell for identity, cell in cells.items() if text in identity]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise RunError(f"{text!r} fits {len(fitting)} cells, {fitting[0].id} among them: give more of the id.")
    raise RunError(f"No cell of the run has {text!r} in its id: see bce-conformance list, or the run's findings.")
