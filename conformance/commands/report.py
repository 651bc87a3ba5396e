"""``bce-conformance report``: a saved run as a page for a browser, or in another form."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.places import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.expectations import Expectations
    from conformance.report.page.told import Before
    from conformance.run import Run
    from conformance.subject import Source
    from conformance.sweep.outcome import Outcome

HELP = "show a saved run: as a page for a browser, or in another form"
EPILOG = """forms:
{forms}

examples:
  bce-conformance report                                    bce-results/report.html, of the run in ./bce-results
  bce-conformance report results --out page.html
  bce-conformance report results --against results-of-last-week
  bce-conformance report results --format markdown >> "$GITHUB_STEP_SUMMARY"
  bce-conformance report results --format annotations       ::error and ::warning, at most ten
  bce-conformance report results --format junit --out junit.xml
  bce-conformance report results --format badge --out badge.svg"""

STDOUT = "-"


class ReportError(Exception):
    """A report cannot be made or written; the message is one sentence for the user."""

    exit_status = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance.report import forms

    listed = "\n".join(f"  {name:<12} {summary}" for name, summary in forms.summaries().items())
    parser.epilog = EPILOG.format(forms=listed)
    parser.add_argument(
        "run_folder", nargs="?", default=RESULTS, metavar="RUN", help=f"a saved run (default: {RESULTS})"
    )
    parser.add_argument("--format", default="html", choices=forms.names(), help="the form (default: html)")
    parser.add_argument(
        "--out", metavar="FILE", help="where it goes, - is standard output (default: the run's folder for html, else -)"
    )
    parser.add_argument("--against", metavar="RUN", help="another saved run: show what changed since (html)")
    parser.add_argument(
        "--adapter", action="append", default=[], metavar="FILE", help="the adapter's file, where it is not built in"
    )


def run(args: argparse.Namespace) -> int:
    """Report."""
    from conformance import expectations, observations
    from conformance.places import adapters_folder
    from conformance.report import forms
    from conformance.report.progress import working
    from conformance.run import FILE, read
    from conformance.subject import sources

    if args.against and args.format != "html":
        raise ReportError(f"--against is for html: bce-conformance compare has --format {args.format} of its own.")
    form = forms.load(args.format)
    path = Path(args.run_folder)
    measured = read(path)
    file = path / FILE if path.is_dir() else path
    out = target(args.out, getattr(form, "FILE", None), file.parent)
    if out is not None:
        writable(out)
    found = [*(sources(args.adapter) if args.adapter else []), *sources()]
    known = expectations.load(adapters_folder(), *(Path(source.file).parent for source in found))
    given = forms.Given(
        run=measured,
        assessment=expectations.assess(measured, known),
        known=known,
        folder=file.parent,
        found=found,
        working=working,
        observed=observations.read(file),
        sweeps=sweeps(file.parent),
        before=before(args.against, measured, file, found, known) if args.against else None,
    )
    text = form.made(given)
    if out is None:
        sys.stdout.write(text)
    else:
        write(out, text)
        print(f"The report lies in {out}.", file=sys.stderr)
    return 0


def before(against: str, measured: Run, file: Path, found: Sequence[Source], known: Expectations) -> Before:
    """The saved run that another is compared with, compared."""
    from conformance import observations
    from conformance.compare.compared_sides import compared
    from conformance.compare.measured_side import Measured, Options, saved
    from conformance.compare.side import Side, parse
    from conformance.report.page.told import Before
    from conformance.subject import Filters

    side = parse(against)
    if side.results is None:
        raise ReportError(f"--against takes a saved run, and {against} is none: measure it, or use compare.")
    earlier = saved(side, Options(found, Filters()))
    comparison = compared(earlier, Measured(Side(str(file.parent)), measured, file), found, known)
    return Before(side.name, comparison, observations.read(earlier.results))


def sweeps(folder: Path) -> dict[str, list[Outcome]]:
    """What sweeps left beside a run, by test; nothing where that cannot be read, which is said."""
    from conformance.report.page.sweep_series import of_sweeps
    from conformance.run import RunError
    from conformance.sweep import outcome

    if not (folder / outcome.FILE).is_file():
        return {}
    try:
        return of_sweeps(outcome.read(folder))
    except RunError as error:
        print(f"bce-conformance: {error}", file=sys.stderr)
        return {}


def target(out: str | None, default: str | None, folder: Path) -> Path | None:
    """The file to write; None is standard output."""
    if out == STDOUT or (out is None and default is None):
        return None
    return Path(out) if out is not None else folder / str(default)


def writable(path: Path) -> None:
    """Check that a file can be written, before anything is computed.

    Raises
    ------
    ReportError
        It cannot.
    """
    probe = path.with_name(f".writable.{os.getpid()}.tmp")
    try:
        if path.is_dir():
            raise ReportError(f"{path} is a folder: name a file with --out.")
        if path.exists() and not path.is_file():        # a device or a pipe is there to be written to
            return
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror}): name another file with --out.") from error


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    ReportError
        It cannot be written.
    """
    from conformance import whole_file

    try:
        whole_file.write(path, text)
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror}): name another file with --out.") from error
