"""``bce-conformance baselines``: runs of releases that are kept, to hold others against."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

HELP = "list the kept runs of releases, or measure more of them"
EPILOG = """examples:
  bce-conformance baselines list
  bce-conformance baselines write torch==2.9.1 torch==2.13.0
  bce-conformance baselines write "keras==3.6.0 tensorflow==2.16.2"    named for the first of them

audit --against torch==2.9.1, and compare with baseline:torch==2.9.1 as a side, read them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name them, with where they were measured")
    listing.set_defaults(action=listed)
    writing = actions.add_parser("write", help="build an environment for each release, audit it, keep the run")
    writing.add_argument("releases", nargs="+", metavar="REQUIREMENTS", help="a release; what it needs besides follows")
    writing.set_defaults(action=written)


def run(args: argparse.Namespace) -> int:
    """List, or measure."""
    status: int = args.action(args)
    return status


def listed(args: argparse.Namespace) -> int:
    """Name the baselines."""
    from conformance.compare.baselines import folder, known
    from conformance.run import read

    for (name, version), path in known().items():
        baseline = read(path)
        where = f"{baseline.environment.get('cpu')}, {baseline.platform}"
        found = ", ".join(record["name"] for record in baseline.adapters)
        size = f"{len(baseline.findings):,} findings, {path.stat().st_size >> 10} KiB"
        print(f"{name}=={version}  {found}; {size}; {where}")
    if not known():
        print(f"There is none in {folder()}: bce-conformance baselines write torch==2.9.1 measures one.")
    return 0


def written(args: argparse.Namespace) -> int:
    """Measure releases; one that fails is named, and the others go on."""
    from packaging.requirements import Requirement

    from conformance import selection
    from conformance.compare import baselines, side
    from conformance.compare.compared_sides import outcomes
    from conformance.compare.measured_side import Options
    from conformance.report.progress import working

    parser = argparse.ArgumentParser()
    selection.configure(parser)
    found, filters = selection.chosen(parser.parse_args([]))
    failed = False
    for text in args.releases:
        wanted = side.parse(text)
        with tempfile.TemporaryDirectory() as folder:
            (outcome,) = outcomes([wanted], Options(found, filters), Path(folder), say, working)
        if outcome.measured is None:
            say(f"{text}: {outcome.failure}")
            failed = True
            continue
        first = Requirement(wanted.requirements[0]).name
        path = baselines.path_of(first, baselines.version_of(first, outcome.measured.run))
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_name(path.name + f".{os.getpid()}.tmp")
        temporary.write_bytes(baselines.to_bytes(outcome.measured.run))
        temporary.replace(path)
        say(f"{text}: {len(outcome.measured.run.cells):,} cells in {path}")
    return int(failed)


def say(sentence: str) -> None:
    """Tell what goes on."""
    print(f"bce-conformance: {sentence}", file=sys.stderr, flush=True)
