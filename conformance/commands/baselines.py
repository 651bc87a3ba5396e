"""``bce-conformance baselines``: runs of releases that are kept, to hold others against."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.compare.side import Side
    from conformance.report.releases import Release

HELP = "list the kept runs of releases, or measure more of them"
EPILOG = """examples:
  bce-conformance baselines list
  bce-conformance baselines table > docs/RELEASES.md                   what changed from each to the next
  bce-conformance baselines write torch==2.9.1 torch==2.13.0
  bce-conformance baselines write "keras==3.6.0 tensorflow==2.21.0"    named for the first of them
  bce-conformance baselines write "torch @ results"                    a run that is there already
  bce-conformance baselines write tensorflow==2.4.4 --adapter tensorflow --adapter "keras[tensorflow]"

audit --against torch==2.9.1, and compare with baseline:torch==2.9.1 as a side, read them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name them, with where they were measured")
    listing.set_defaults(action=listed)
    table = actions.add_parser("table", help="what changed from each release to the next, as Markdown")
    table.set_defaults(action=tabled)
    writing = actions.add_parser("write", help="build an environment for each release, audit it, keep the run")
    selection.configure(writing)
    writing.add_argument("releases", nargs="+", metavar="REQUIREMENTS", help="a release; what it needs besides follows")
    writing.set_defaults(action=written)


def run(args: argparse.Namespace) -> int:
    """List, or measure."""
    status: int = args.action(args)
    return status


def listed(args: argparse.Namespace) -> int:
    """Name the baselines."""
    from conformance.compare.baseline_file import read
    from conformance.compare.baselines import folder, known

    for (name, version), path in known().items():
        run = read(path).run
        where = f"{run.environment.get('cpu')}, {run.platform}"
        found = ", ".join(record["name"] for record in run.adapters)
        size = f"{len(run.findings):,} findings, {path.stat().st_size >> 10} KiB"
        print(f"{name}=={version}  {found}; {size}; {where}")
    if not known():
        print(f"There is none in {folder()}: bce-conformance baselines write torch==2.9.1 measures one.")
    return 0


def written(args: argparse.Namespace) -> int:
    """Measure releases; one that fails is named, and the others go on.

    All are measured before one is written: each keeps what it returns for the witnesses of the others.
    """
    from conformance import selection
    from conformance.compare import baseline_file, baselines, saved_results
    from conformance.compare.compared_sides import outcomes
    from conformance.compare.judged_tests import JudgedTests
    from conformance.compare.measured_side import Options
    from conformance.report.progress import working

    found, filters = selection.chosen(args)
    options, releases = Options(found, filters), [named(text) for text in args.releases]
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, one) in enumerate(releases):
            (outcome,) = outcomes([one], options, Path(folder, str(number)), say, working)
            if outcome.measured is None:
                say(f"{one.name}: {outcome.failure}")
            else:
                measured.append((name, outcome.measured))
        known = (baseline_file.read(path).run for path in baselines.known().values())
        wanted = baseline_file.witnesses([*known, *(release.run for _, release in measured)])
        for name, release in measured:
            tests = JudgedTests(found, release.run.tier, saved_results.held(release.results))
            run = baseline_file.without_other_witnesses(release.run)
            baseline = baseline_file.Baseline(run, baseline_file.kept(release.run, tests, wanted))
            path = baselines.write(baseline_file.to_bytes(baseline), name, baselines.version_of(name, run))
            say(f"{release.side.name}: {len(run.cells):,} cells in {path}")
    return int(len(measured) < len(releases))


def tabled(args: argparse.Namespace) -> int:
    """Print the page of what changed from release to release."""
    from conformance.compare import baselines
    from conformance.report.progress import working
    from conformance.report.releases import page

    with working("comparing", len(baselines.known())) as advance:
        text = page(series(advance))
    print(text, end="")
    return 0


def series(advance: Callable[[str], object]) -> list[tuple[str, list[Release]]]:
    """The baselines of each distribution, each compared with the one before it.

    Parameters
    ----------
    advance : callable
        Told each release that is done.
    """
    from conformance import expectations
    from conformance.compare import baselines
    from conformance.compare.compared_sides import compared
    from conformance.compare.measured_side import Options, saved
    from conformance.compare.side import Side
    from conformance.places import adapters_folder
    from conformance.report.comparison.words import Told
    from conformance.report.releases import Release
    from conformance.subject import Filters, sources

    found = sources()
    causes, options = expectations.load(adapters_folder()), Options(found, Filters())
    made: dict[str, list[Release]] = {}
    last = None
    for (distribution, version), path in baselines.known().items():
        releases, name = made.setdefault(distribution, []), f"{distribution} {version}"
        now = saved(Side(name, results=path), options)
        step = None
        if releases and last is not None:
            step = Told(compared(last, now, found, causes), (releases[-1].name, name), causes=causes.causes)
        releases.append(Release(name, now.run, step))
        last = now
        advance(name)
    return list(made.items())


def named(text: str) -> tuple[str, Side]:
    """The distribution that a baseline is of, and the side to measure: ``torch==2.9.1``, or ``torch @ results``."""
    from packaging.requirements import Requirement

    from conformance.compare.side import SideError, parse

    name, at, place = text.partition(" @ ")
    side = parse(place if at else text)
    if at:
        return name, side
    if not side.requirements:
        raise SideError(f"{text} does not say what release it is of: write it as torch==2.9.1, or as torch @ {text}.")
    return Requirement(side.requirements[0]).name, side


def say(sentence: str) -> None:
    """Tell what goes on."""
    print(f"bce-conformance: {sentence}", file=sys.stderr, flush=True)
