"""``bce-conformance compare``: what changes for the losses between two runs, releases or settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.compare.compared_sides import Outcome
    from conformance.compare.measured_side import Measured, Options
    from conformance.compare.regression import Rule
    from conformance.compare.side import Side
    from conformance.expectations import Expectations
    from conformance.report.comparison.columns import Shown
    from conformance.report.comparison.words import Told

HELP = "say what changes for the losses between two releases, runs or settings"
EPILOG = """A side is a saved run (a folder or its run.json), requirements, `current` for what runs now,
python:PATH for an environment that exists, or baseline:REQUIREMENT for a run kept in golden/baselines.
For requirements an environment is built, or taken from the cache.

--fail-on: regression (the default) is a finding that is new or worse; new-nan a NaN where none was; any-bit
a result that is not the same bit for bit; ulp>N an error that grew by more than N ULPs, findings or not.
Exit status: 0 nothing of that; 1 something, or a framework or a column of a matrix that could not be measured; 4 usage,
or an environment that cannot be had; 5 nothing to compare.

examples:
  bce-conformance compare "torch==2.9.1" "torch==2.13.0" --quick
  bce-conformance compare "keras==3.6.0 tensorflow==2.21.0" current --adapter "keras[tensorflow]"
  bce-conformance compare results-of-last-week results --fail-on any-bit --only-changed
  bce-conformance compare baseline:torch==1.1.0 baseline:torch==2.2.2 baseline:torch==2.3.1 --format markdown
  bce-conformance compare current python:/path/to/bin/python --format markdown >> "$GITHUB_STEP_SUMMARY"
  bce-conformance compare --matrix conformance.toml --baseline "torch==2.9.1"

A matrix file names releases, environment variables and interpreters; each column is compared with the one before:
  python = ["3.11"]
  [matrix.req]
  torch = ["2.9.1", "2.13.0"]
  [matrix.env]
  ATEN_CPU_CAPABILITY = ["default", "avx2"]
  [[exclude]]
  req = {torch = "2.9.*"}
  env = {ATEN_CPU_CAPABILITY = "default"}"""

OUT = "bce-comparison"

Nearest = Callable[[int, Sequence[int]], int | None]
"""From the index of a side, and of those that were measured, to the one that it is compared with."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    parser.add_argument(
        "sides", nargs="*", metavar="SIDE", help="what was, and what is (below); of several each against the one before"
    )
    selection.configure(parser, "version or interpreter that environments are built with (default: what suits each)")
    parser.set_defaults(python=None)
    parser.add_argument("--exclude", action="append", default=[], metavar="NAME", help="leave this distribution out")
    parser.add_argument("--include", action="append", default=[], metavar="REQ", help="install this requirement too")
    parser.add_argument(
        "--fail-on", action="append", default=[], metavar="RULE", help="regression, new-nan, any-bit or 'ulp>N'"
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="(default: text)")
    parser.add_argument("--only-changed", action="store_true", help="say nothing of what is the same")
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"where what is measured goes (default: {OUT})")
    parser.add_argument(
        "--matrix", nargs="?", const="conformance.toml", metavar="FILE", help="compare the columns of a matrix file"
    )
    parser.add_argument("--baseline", metavar="COLUMN", help="compare every column with this one")


def run(args: argparse.Namespace) -> int:
    """Compare."""
    from conformance import expectations, selection
    from conformance.compare import regression, side
    from conformance.compare.measured_side import Options
    from conformance.compare.side import SideError
    from conformance.places import adapters_folder

    rules = [regression.parse(text) for text in args.fail_on or ["regression"]]
    if args.matrix is None and len(args.sides) < 2:
        raise SideError("Two sides are compared, or more: give them, or --matrix; see bce-conformance compare --help.")
    if args.matrix is not None and args.sides:
        raise SideError("A matrix file names all that is compared: leave the sides away.")
    if args.matrix is None and args.baseline is not None:
        raise SideError("--baseline chooses a column of a matrix: give --matrix too, or it as the first of two sides.")
    found, filters = selection.chosen(argparse.Namespace(**{**vars(args), "python": sys.executable}))
    options = Options(found, filters, args.python or "", tuple(args.exclude), tuple(args.include))
    known = expectations.load(adapters_folder(), *(Path(source.file).parent for source in found))
    if args.matrix is not None:
        return matrix(args, options, known, rules)
    sides = [side.parse(text) for text in args.sides]
    if len(sides) == 2:
        return pair(args, sides, options, known, rules)
    return several(args, sides, before, options, known, rules)


def before(index: int, usable: Sequence[int]) -> int | None:
    """The last side that was measured before one."""
    return max((other for other in usable if other < index), default=None)


def pair(
    args: argparse.Namespace, sides: Sequence[Side], options: Options, known: Expectations, rules: Sequence[Rule]
) -> int:
    """Compare two sides; the first that fails is the error of the whole."""
    from conformance.compare import regression
    from conformance.compare.compared_sides import outcomes
    from conformance.report.comparison import data, markdown, text
    from conformance.report.progress import working
    from conformance.report.terminal import show

    done = outcomes(sides, options, Path(args.out), say, working, strict=True)
    first, last = (outcome.measured for outcome in done)
    assert first is not None and last is not None       # what fails is raised
    told = tell(first, last, options, known, rules, args.only_changed)
    if args.format == "json":
        print(data.to_text(told))
    elif args.format == "markdown":
        print(markdown.markdown(told))
    else:
        show(text.text(told))
    kept(done)
    return regression.exit_status(told.comparison, rules)


def matrix(args: argparse.Namespace, options: Options, known: Expectations, rules: Sequence[Rule]) -> int:
    """Compare the columns of a matrix file, each with the nearest before it, or with the baseline."""
    from conformance.compare import matrix_file

    columns = matrix_file.read(text_of(args.matrix), args.matrix)
    if len(columns) == 1:
        said = f"{args.matrix} has one column, {columns[0].name}, and nothing to compare it with"
        raise matrix_file.MatrixError(f"{said}: add another.")
    baseline = None if args.baseline is None else matrix_file.named(columns, args.baseline)

    def nearest(index: int, usable: Sequence[int]) -> int | None:
        if baseline is None:
            return matrix_file.before(columns, index, usable)
        return baseline if index != baseline and baseline in usable else None

    return several(args, [column.side for column in columns], nearest, options, known, rules)


def several(
    args: argparse.Namespace,
    sides: Sequence[Side],
    nearest: Nearest,
    options: Options,
    known: Expectations,
    rules: Sequence[Rule],
) -> int:
    """Compare each side with another; one that fails is told, and the others go on."""
    from conformance.compare import regression
    from conformance.compare.compared_sides import outcomes
    from conformance.report.comparison.columns import columns_json, columns_markdown, columns_text
    from conformance.report.progress import working
    from conformance.report.terminal import show

    done = outcomes(sides, options, Path(args.out), say, working)
    shown = against(done, nearest, options, known, rules, args.only_changed)
    if args.format == "json":
        print(columns_json(shown))
    elif args.format == "markdown":
        print(columns_markdown(shown))
    else:
        show(columns_text(shown))
    kept(done)
    told = [column.told for column in shown if column.told is not None]
    statuses = {regression.exit_status(one.comparison, rules) for one in told}
    if 1 in statuses or any(column.failure for column in shown):
        return 1
    return 0 if 0 in statuses else regression.NOTHING_COMPARABLE


def against(
    done: Sequence[Outcome],
    nearest: Nearest,
    options: Options,
    known: Expectations,
    rules: Sequence[Rule],
    only_changed: bool,
) -> list[Shown]:
    """Compare each measured side with the nearest."""
    from conformance.report.comparison.columns import Shown

    usable = [index for index, outcome in enumerate(done) if outcome.measured is not None]
    shown = []
    for index, outcome in enumerate(done):
        side = outcome.side
        settings = {
            "requirements": list(side.requirements),
            "environ": dict(side.environ),
            "python": side.python or None,
            "frozen": [] if outcome.environment is None else list(outcome.environment.frozen),
        }
        if outcome.measured is None:
            shown.append(Shown(side.name, settings, str(outcome.failure)))
            continue
        other = nearest(index, usable)
        earlier = None if other is None else done[other].measured
        if earlier is None:
            shown.append(Shown(side.name, settings))
            continue
        told = tell(earlier, outcome.measured, options, known, rules, only_changed)
        shown.append(Shown(side.name, settings, against=earlier.side.name, told=told))
    return shown


def tell(
    before: Measured,
    after: Measured,
    options: Options,
    known: Expectations,
    rules: Sequence[Rule],
    only_changed: bool,
) -> Told:
    """Compare two measured sides, with all that is said beside."""
    from conformance.compare.compared_sides import compared
    from conformance.report.comparison.words import Told

    comparison = compared(before, after, options.found, known)
    return Told(comparison, (before.side.name, after.side.name), rules, known.causes, only_changed)


def text_of(path: str) -> str:
    """The text of a matrix file."""
    from conformance.compare.matrix_file import MatrixError

    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MatrixError(f"There is no matrix file {path}: write one as compare --help shows, or name it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MatrixError(f"The matrix file {path} cannot be read ({error}): name another.") from error


def kept(done: Sequence[Outcome]) -> None:
    """Say where the runs lie that were measured now."""
    places = [o.measured.results for o in done if o.measured is not None and o.side.results is None]
    if places:
        say(f"The runs lie in {', '.join(map(str, places))}: compare takes them as sides, without measuring again.")


def say(sentence: str) -> None:
    """Tell what goes on, beside the report."""
    print(f"bce-conformance: {sentence}", file=sys.stderr, flush=True)
