"""``bce-conformance audit``: measure everything chosen, judge it, and say what was found."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.cell import Cell
    from conformance.measure import Pool
    from conformance.plan import Plan
    from conformance.subject import Subject

HELP = "measure the installed frameworks against certified exact values"
EPILOG = """examples:
  bce-conformance audit                                   everything installed here; results in ./bce-results
  bce-conformance audit --quick                           edge cases, in a minute or so
  bce-conformance audit --adapter pytorch --dtype binary32 --mode eager
  bce-conformance audit --adapter my_backend.py --out results
  bce-conformance audit --require pytorch --json          fail when PyTorch is missing; the run on stdout
  bce-conformance audit --known-defects                   what others have reported: present, fixed, or neither"""

OUT = "bce-results"
NOTHING_RAN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    selection.configure(parser)
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"where the results go (default: {OUT})")
    parser.add_argument("--json", action="store_true", help="print the run as JSON instead of the report")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="NAME",
        help="fail when this adapter's framework is missing",
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
    from conformance import expectations, selection
    from conformance.environment import describe
    from conformance.measure import Pool
    from conformance.places import adapters_folder
    from conformance.plan import Plan
    from conformance.report.terminal import report, show
    from conformance.run import Run, prepare, to_text, write
    from conformance.subject import left_out, subjects

    found, filters = selection.chosen(args)
    wanted = subjects(found, filters)
    if not wanted:
        print("bce-conformance: nothing fits all these options; bce-conformance list shows what does", file=sys.stderr)
        return NOTHING_RAN
    folder = prepare(args.out)
    known = expectations.load(adapters_folder(), *(Path(s.file).parent for s in found))
    plan = Plan(found, filters.tier)
    with Pool(workers()) as pool:
        cells, observations = collect(plan, wanted, pool)
        records = adapters(plan, wanted, pool)
    there = {r["name"] for r in records if r["status"] == "ok"}
    cells = [cell for cell in cells if cell.adapter in there]
    result = Run(
        cells=cells,
        adapters=records,
        environment=describe(),
        tier=filters.tier,
        left_out=left_out([s for s in found if s.adapter.name in {w.adapter for w in wanted}], filters),
        invocation=shlex.join(["bce-conformance", *sys.argv[1:]]),
    )
    write(result, folder)
    write_observations(observations, folder)
    assessment = expectations.assess(result, known)
    if args.json:
        print(to_text(result))
    else:
        show(report(result, assessment, known.causes))
        print(f"\nThe results lie in {folder}; to see a finding in full: bce-conformance explain ID --run {folder}")
    required = unmet(args.require, records)
    for sentence in required:
        print(f"bce-conformance: {sentence}", file=sys.stderr)
    return 1 if required else assessment.exit_status


def list_known_defects(args: argparse.Namespace) -> int:
    """Run the script of every known defect, and list what came of it: the status is 0, this is no audit."""
    from conformance import selection
    from conformance.known_defects.checks import checks
    from conformance.known_defects.listing import checked, to_text
    from conformance.known_defects.records import load
    from conformance.measure import Pool
    from conformance.places import adapters_folder
    from conformance.plan import Plan
    from conformance.report.known_defects import table
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


def workers() -> int:
    """Worker processes: two, or one for each two of many processors; each framework has threads of its own."""
    return max(2, (os.cpu_count() or 2) // 2)


def adapters(plan: Plan, wanted: Sequence[Subject], pool: Pool) -> list[dict[str, Any]]:
    """The run's record of each adapter that has a subject: versions, and whether its framework is there.

    After the measurement: the pool remembers what each worker said when it loaded.
    """
    records = []
    for name, subject in {s.adapter: s for s in reversed(wanted)}.items():
        said = pool.describe(plan.worker(subject))
        records.append({"name": name} | {key: said[key] for key in ("versions", "python", "status", "reason")})
    return sorted(records, key=lambda record: list(plan.sources).index(record["name"]))


def collect(plan: Plan, wanted: Sequence[Subject], pool: Pool) -> tuple[list[Cell], dict[str, dict[str, Any]]]:
    """All cells in the order of the subjects, and the observed bits by subject and quantity."""
    from conformance import examinations
    from conformance.judgement import Result
    from conformance.session import measured

    found: dict[str, tuple[Cell, ...]] = {}
    observations: dict[str, dict[str, Any]] = {}
    trials = examinations.trials(plan, wanted)
    order = [f"{s.id}/{q}" for s in wanted for q in plan.quantities(s)] + [trial.id for trial in trials]
    with working("measuring", len(order)) as advance:
        for result in measured(plan, wanted, trials, pool):
            if isinstance(result, Result):
                subject, outputs = result.subject.id, result.observation.outputs
                found[f"{subject}/{result.quantity}"] = result.cells
                if outputs:
                    observations.setdefault(subject, {})[result.quantity] = outputs[-1]
            else:
                subject, found[result.trial.id] = result.trial.subject.id, result.cells
            advance(subject)
    return [cell for key in order for cell in found[key]], observations


def write_observations(observations: dict[str, dict[str, Any]], folder: Path) -> None:
    """The bits of every case beside the run, one compressed file, written whole or not at all."""
    import numpy as np

    flat = {f"{subject}/{quantity}": bits for subject, q in observations.items() for quantity, bits in q.items()}
    temporary = folder / "observations.tmp.npz"
    np.savez_compressed(temporary, **flat)
    os.replace(temporary, folder / "observations.npz")


def unmet(required: Iterable[str], records: Sequence[dict[str, Any]]) -> list[str]:
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


@contextmanager
def working(what: str, total: int) -> Iterator[Any]:
    """Progress on stderr: a bar on a terminal, elsewhere a line for every tenth."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[last]}", style="dim"),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, last="")
            yield lambda name: bar.update(task, advance=1, last=name)
        return
    done = 0

    def advance(name: str) -> None:
        nonlocal done
        done += 1
        if done * 10 // total > (done - 1) * 10 // total:
            print(f"{what}: {done}/{total} ({name})", file=sys.stderr, flush=True)

    yield advance
