"""``bce-conformance unreported``: what has no upstream report among the known defects, each with a reproducer."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.run import Run
    from conformance.unreported import Unreported

HELP = "list the causes that no known defect reports, each with a finding"

EPILOG = """A reproducer is run in a fresh interpreter before it is shown, and what it printed stands below it.

examples:
  bce-conformance unreported                            of the run in ./bce-results
  bce-conformance unreported results --reproducers      with scripts to paste into a report; minutes
  bce-conformance unreported results -k softmax --reproducers"""

OUT = "bce-results"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "results", nargs="?", default=OUT, metavar="DIR", help=f"the results of an audit (default: {OUT})"
    )
    parser.add_argument("-k", dest="keyword", default="", metavar="TEXT", help="only causes whose id contains TEXT")
    parser.add_argument("--reproducers", action="store_true", help="measure each once more and show a script")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from conformance.expectations import assess, load
    from conformance.known_defects import records
    from conformance.places import adapters_folder
    from conformance.run import read
    from conformance.unreported import unreported

    measured, known = read(args.results), load(adapters_folder())
    found = unreported(measured, assess(measured, known), known, records.load(adapters_folder()))
    kept = [one for one in found if args.keyword in one.cause.id]
    for number, one in enumerate(kept, 1):
        if args.reproducers and sys.stderr.isatty():
            print(f"reproducing: {number}/{len(kept)} ({one.cause.id})", file=sys.stderr)
        print(told(measured, one, args.reproducers), flush=True)
    print(f"{len(kept)} causes without a report among the known defects")
    return 0


def told(measured: Run, one: Unreported, reproduced: bool) -> str:
    """One cause as text that can be pasted."""
    cell, cause = one.shown, one.cause
    assert cell.worst is not None
    lines = [
        f"{cause.id} ({one.count:,} findings)",
        f"  {cell.id}",
        f"  {cell.finding} at {cell.worst['case']}: {cell.worst['got']}, exact {cell.worst['exact']}",
        f"  {cause.why}",
        f"  {cause.link}",
        "",
    ]
    if reproduced:
        from conformance.replay import details

        script = details(measured, cell).reproducer
        lines += [script.rstrip("\n"), *(f"# {line}" for line in printed(script)), ""]
    return "\n".join(lines)


def printed(script: str) -> list[str]:
    """What a script prints in a fresh interpreter, or the last line of its error."""
    import subprocess

    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() or done.stderr.strip().splitlines()[-1:]
