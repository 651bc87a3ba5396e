"""``bce-conformance unreported``: what has no upstream report among the known defects, each with a reproducer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.places import RESULTS

if TYPE_CHECKING:
    from conformance.run import Run
    from conformance.unreported import Unreported

HELP = "list the causes that no known defect reports, each with a finding"

EPILOG = """A reproducer is run in a fresh interpreter before it is shown, and what it printed stands below it.

examples:
  bce-conformance unreported                            of the run in ./bce-results
  bce-conformance unreported results --reproducers      with scripts to paste into a report; minutes
  bce-conformance unreported results -k softmax --reproducers"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "results", nargs="?", default=RESULTS, metavar="DIR", help=f"the results of an audit (default: {RESULTS})"
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
    shown = reproduced(measured, kept) if args.reproducers else ((one, []) for one in kept)
    for number, (one, script) in enumerate(shown, 1):
        print("\n".join([*told(one), *script]), flush=True)
        if args.reproducers and sys.stderr.isatty():
            print(f"reproduced: {number}/{len(kept)}", file=sys.stderr)
    print(f"{len(kept)} causes without a report among the known defects")
    return 0


def told(one: Unreported) -> list[str]:
    """The lines of one cause, to be pasted."""
    cell, cause = one.shown, one.cause
    assert cell.worst is not None
    return [
        f"{cause.id} ({one.count:,} findings)",
        f"  {cell.id}",
        f"  {cell.finding} at {cell.worst['case']}: {cell.worst['got']}, exact {cell.worst['exact']}",
        f"  {cause.why}",
        f"  {cause.link}",
        "",
    ]


def reproduced(measured: Run, kept: Sequence[Unreported]) -> Iterator[tuple[Unreported, list[str]]]:
    """Each with the lines of its script, and of what that printed; it runs while the next finding is measured."""
    from concurrent.futures import Future, ThreadPoolExecutor

    from conformance.measure import Pool
    from conformance.replay import details

    def lines(one: Unreported, script: str, said: Future[list[str]]) -> tuple[Unreported, list[str]]:
        return one, [script.rstrip("\n"), *(f"# {line}" for line in said.result()), ""]

    before = None
    with Pool(2) as pool, ThreadPoolExecutor(1) as beside:
        for one in kept:
            script = details(measured, one.shown, pool=pool).reproducer
            said = beside.submit(printed, script)
            if before is not None:
                yield lines(*before)
            before = one, script, said
        if before is not None:
            yield lines(*before)


def printed(script: str) -> list[str]:
    """What a script prints in a fresh interpreter, or the last line of its error, or what ended it."""
    import subprocess

    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=False)
    ended = [f"ended by signal {-done.returncode}"] if done.returncode < 0 else []
    return done.stdout.splitlines() or ended or done.stderr.strip().splitlines()[-1:]
