"""``bce-conformance accept``: record the findings of a run as expected, each under the cause that explains it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.places import RESULTS

HELP = "record the findings of a run as expected, each under its cause"

EPILOG = """A finding that no cause covers, or that two causes cover, is listed, and nothing is written.
Causes are written by hand, in expectations/NAME.toml beside the adapters.

examples:
  bce-conformance accept                               the run in ./bce-results
  bce-conformance accept results --adapters my/adapters"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "results", nargs="?", default=RESULTS, metavar="DIR", help=f"the results of an audit (default: {RESULTS})"
    )
    parser.add_argument(
        "--adapters",
        metavar="FOLDER",
        type=Path,
        help="the folder of adapters whose expectations/ is written (default: the project's own)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the recorded lines of a run beside the adapters."""
    from conformance.expectations import acceptance, load
    from conformance.places import adapters_folder
    from conformance.recorded import write_lines, write_measurements
    from conformance.run import QUICK, RunError, read

    folder = args.adapters or adapters_folder()
    measured = read(args.results)
    if measured.tier == QUICK:
        raise RunError(f"The run {args.results} is quick and misses cases: accept one of the default or full tier.")
    if any(cell.method != "cases" for cell in measured.cells):
        raise RunError(f"The run {args.results} is a sweep, and lines are recorded of audits: its causes are enough.")
    if not measured.cells:
        print(f"Nothing ran in {args.results}, so nothing was written.", file=sys.stderr)
        return 5
    known = load(folder)
    accepted = acceptance(measured, known)
    if accepted.refused:
        for identity, reason in accepted.refused.items():
            print(f"{identity}: {reason}", file=sys.stderr)
        print(f"{len(accepted.refused)} findings are refused, and nothing was written.", file=sys.stderr)
        return 1
    for name, lines in accepted.lines.items():
        path = folder / "expectations" / "recorded" / f"{name}.csv"
        before, after = set(known.lines.get(name, ())), set(lines)
        if after != before:
            write_lines(path, lines)
        print(f"{path}: {len(after)} lines, {len(after - before)} new, {len(before - after)} dropped")
    if accepted.measured != known.measured:
        write_measurements(folder / "expectations" / "measured.csv", accepted.measured)
    return 0
