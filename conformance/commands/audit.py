"""``bce-conformance audit``: measure everything chosen, judge it, and say what was found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TextIO

from conformance.places import RESULTS

if TYPE_CHECKING:
    from conformance.auditing import Audited
    from conformance.compare.measured_side import Measured, Options
    from conformance.compare.side import Side
    from conformance.expectations import Assessment, Expectations
    from conformance.run import Run
    from conformance.subject import Source

HELP = "measure the installed frameworks against certified exact values"
EPILOG = """examples:
  bce-conformance audit                                   everything installed here; results in ./bce-results
  bce-conformance audit --quick                           edge cases, in a minute or so
  bce-conformance audit --adapter pytorch --dtype binary32 --mode eager
  bce-conformance audit --adapter my_backend.py --out results
  bce-conformance audit --require pytorch --json          fail when PyTorch is missing; the run on stdout
  bce-conformance audit --against torch==2.9.1            what changed since a release that has a baseline
  bce-conformance audit --known-defects                   what others have reported: present, fixed, or neither"""

NOTHING_RAN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    selection.configure(parser)
    parser.add_argument("--out", default=RESULTS, metavar="DIR", help=f"where the results go (default: {RESULTS})")
    parser.add_argument("--json", action="store_true", help="print the run as JSON instead of the report")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="NAME",
        help="fail when this adapter's framework is missing",
    )
    parser.add_argument(
        "--against",
        metavar="RUN",
        help="say what changed since a saved run, or a release with a baseline; a regression fails",
    )
    parser.add_argument(
        "--known-defects",
        action="store_true",
        help="list reported defects instead, and which the installed releases have (of --adapter, or all)",
    )


def run(args: argparse.Namespace) -> int:
    """Audit."""
    if args.known_defects:
        return list_known_defects(args)
    from conformance import auditing, expectations, observations, selection
    from conformance.compare.measured_side import Measured, Options
    from conformance.compare.side import Side, spared
    from conformance.places import adapters_folder
    from conformance.report.progress import working
    from conformance.report.terminal import report, show
    from conformance.run import prepare, to_text, write
    from conformance.subject import subjects

    found, filters = selection.chosen(args)
    wanted = subjects(found, filters)
    if not wanted:
        print("bce-conformance: nothing fits all these options; bce-conformance list shows what does", file=sys.stderr)
        return NOTHING_RAN
    side = parsed(args.against) if args.against else None
    if side is not None:
        spared(side, Path(args.out))
    folder = prepare(args.out)
    known = expectations.load(adapters_folder(), *(Path(s.file).parent for s in found))
    audited = auditing.audit(found, filters, wanted, working, auditing.frozen(args.python))
    result = audited.run
    write(result, folder)
    observations.write(audited.observations, folder)
    assessment = expectations.assess(result, known)
    paged = page_of(audited, assessment, known, folder, found)
    if args.json:
        print(to_text(result))
    else:
        show(report(result, assessment, known.causes))
        explain = f"bce-conformance explain ID --run {quote(str(folder))}"
        print(f"\nThe results lie in {folder}; to see a finding in full: {explain}")
        if paged is not None:
            print(f"The page for a browser: {paged}")
    against = 0
    if side is not None:
        now = Measured(Side(args.out), result, folder)
        against = changed(side, now, Options(found, filters), known, sys.stderr if args.json else sys.stdout)
    required = unmet(args.require, result.adapters)
    for sentence in required:
        print(f"bce-conformance: {sentence}", file=sys.stderr)
    if assessment.exit_status == NOTHING_RAN:
        print(f"bce-conformance: {idle(result)}", file=sys.stderr)
    return 1 if required or against == 1 else assessment.exit_status or against


def idle(run: Run) -> str:
    """A sentence that says why nothing of a run delivered anything."""
    said = [f"{r['name']} is {r['status']}: {r['reason']}" for r in run.adapters if r["status"] != "ok"]
    reasons = list(dict.fromkeys([*said, *(cell.message for cell in run.cells if cell.message)]))
    first = reasons[0] if reasons else "there was nothing to measure"
    others = f" ({len(reasons) - 1} more reasons in run.json)" if len(reasons) > 1 else ""
    return f"nothing ran: {first}{others}; bce-conformance list shows what there is, and doctor what is wrong"


def page_of(
    audited: Audited, assessment: Assessment, known: Expectations, folder: Path, found: Sequence[Source]
) -> Path | None:
    """Write the page of an audit beside its run; what was measured stands, whatever becomes of the page."""
    from conformance.commands.report import ReportError, write
    from conformance.report.forms import Given, html
    from conformance.report.progress import working

    path = folder / html.FILE
    given = Given(audited.run, assessment, known, folder, found, working, observed=audited.observations)
    try:
        write(path, html.made(given))
    except ReportError as error:
        print(f"bce-conformance: {error}", file=sys.stderr)
        return None
    return path


def parsed(against: str) -> Side:
    """The side that an audit is held against: a saved run, or the baseline of a release."""
    from conformance.compare.baselines import MARK
    from conformance.compare.side import parse

    side = parse(against)
    return side if side.results else parse(MARK + against)


def changed(before: Side, after: Measured, options: Options, known: Expectations, out: TextIO) -> int:
    """Say what changed in the adapters that were measured before: 1 where anything became worse, 5 for nothing."""
    from conformance.compare import regression
    from conformance.compare.compared_sides import compared
    from conformance.compare.measured_side import saved
    from conformance.report.comparison.text import text
    from conformance.report.comparison.words import Told
    from conformance.report.terminal import show

    measured = saved(before, options)
    names = {record["name"] for record in measured.run.adapters}
    cells = [cell for cell in after.run.cells if cell.adapter in names]
    records = [record for record in after.run.adapters if record["name"] in names]
    mine = replace(after, run=replace(after.run, cells=cells, adapters=records, findings=()))
    rules = [regression.parse("regression")]
    comparison = compared(measured, mine, options.found, known)
    show(text(Told(comparison, (before.name, after.side.name), rules, known.causes, True)), out)
    return regression.exit_status(comparison, rules)


def list_known_defects(args: argparse.Namespace) -> int:
    """Run the script of every known defect, and list what came of it: the status is 0, this is no audit."""
    from conformance import selection
    from conformance.auditing import workers
    from conformance.known_defects.checks import checks
    from conformance.known_defects.listing import checked, to_text
    from conformance.known_defects.records import load
    from conformance.measure import Pool
    from conformance.places import adapters_folder
    from conformance.plan import Plan
    from conformance.report.known_defects import table
    from conformance.report.progress import working
    from conformance.report.terminal import show
    from conformance.subject import subjects

    found, filters = selection.chosen(args)
    chosen = list(dict.fromkeys(s.adapter for s in subjects(found, filters)))
    defects = load(adapters_folder(), *(Path(s.file).parent for s in found))
    wanted = checks(defects, chosen, every=not filters.adapters)
    if not wanted:
        print(f"bce-conformance: nobody has reported a defect of {' or '.join(filters.adapters)}", file=sys.stderr)
        return NOTHING_RAN
    with Pool(workers()) as pool, working("checking", len(wanted)) as advance:
        results = checked(wanted, Plan(found), pool, filters.device, advance)
    if args.json:
        print(to_text(results))
    else:
        show(table(results))
    return 0


def unmet(required: Iterable[str], records: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each required adapter that is not there."""
    said = []
    for name in required:
        matching = [r for r in records if r["name"] == name or r["name"].startswith(name + "[")]
        if not matching:
            said.append(f"{name} is required, and no subject of it was chosen")
        said += [
            f"{r['name']} is required, and is {r['status']}: {r['reason']}" for r in matching if r["status"] != "ok"
        ]
    return said
