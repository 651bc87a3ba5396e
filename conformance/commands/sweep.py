"""``bce-conformance sweep``: judge every number of a format, and say what was found."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.plan import Plan
    from conformance.subject import Subject
    from conformance.sweep.outcome import Outcome
    from conformance.sweep.survey import Survey

HELP = "judge every logit, or every probability, of a format"
EPILOG = """examples:
  bce-conformance sweep --entry-point binary_cross_entropy_with_logits --mode eager --dtype bfloat16     in seconds
  bce-conformance sweep --adapter jax --entry-point sigmoid_binary_cross_entropy --mode jit --dtype binary32
  bce-conformance sweep --adapter pytorch --dtype binary32 --label hard0 --out results
  bce-conformance sweep --adapter pytorch --dtype binary32 --out results --resume
  bce-conformance sweep --adapter pytorch --executor dask --scheduler tcp://10.0.0.1:8786"""

OUT = "bce-sweep"
CHECKPOINT = "checkpoint.jsonl"
NOTHING_RAN, INTERRUPTED = 5, 2
LABELS = ("hard0", "hard1", "soft")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    selection.configure(parser)
    parser.add_argument(
        "--label", action="append", default=[], choices=LABELS, help="label classes (default: all that a sweep has)"
    )
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"where the results go (default: {OUT})")
    parser.add_argument("--resume", action="store_true", help="go on where an earlier sweep into DIR ended")
    parser.add_argument(
        "--executor",
        default="processes",
        metavar="NAME",
        help="processes, serial, dask, or MODULE:FACTORY of any concurrent.futures executor (default: processes)",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one for each CPU)")
    parser.add_argument("--json", action="store_true", help="print the run as JSON instead of the report")


def run(args: argparse.Namespace) -> int:
    """Sweep."""
    # Before numpy is loaded: shards share the cores, a library's threads would only fight over them. It concerns the
    # judge, and is not among what the user has set.
    variables = dict(os.environ)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from conformance import __version__, expectations, selection
    from conformance.auditing import adapters, invocation, now
    from conformance.environment import describe
    from conformance.measure import Pool
    from conformance.places import adapters_folder
    from conformance.plan import Plan
    from conformance.report.swept import swept
    from conformance.report.terminal import show
    from conformance.run import Run, prepare, to_text, write
    from conformance.subject import subjects
    from conformance.sweep import coordinator, outcome, shard
    from conformance.sweep.checkpoint import Checkpoint
    from conformance.sweep.executors import open_executor
    from conformance.sweep.survey import sweepable

    found, filters = selection.chosen(args)
    plan = Plan(found, "full")
    wanted = [s for s in subjects(found, filters) if sweepable(plan, s)]
    if not wanted:
        print(
            "bce-conformance: nothing that fits all these options can be swept: losses of a logit, or of a "
            "probability, and a label can, without weights",
            file=sys.stderr,
        )
        return NOTHING_RAN
    folder = prepare(args.out)
    with Pool(1) as pool:
        surveys = surveyed(plan, wanted, pool, args.label)
        records = adapters(plan, wanted, pool)
    if not surveys:
        return NOTHING_RAN
    shards: list[shard.Shard | shard.Hunt] = []
    for survey in surveys:
        shards += [*survey.shards, *survey.hunts]
    environment = describe(variables)
    identity = {
        "version": __version__,
        "subjects": [survey.subject.id for survey in surveys],
        "versions": {record["name"]: record["versions"] for record in records},
        "platform": environment["platform"],
        "shards": len(shards),
        "labels": args.label,
    }
    workers = args.workers or cpus()
    path = folder / CHECKPOINT
    try:
        with Checkpoint(path, identity, resume=args.resume) as checkpoint, progress() as told:
            parts = coordinator.run(
                shard.run, shards, lambda: open_executor(args.executor, workers, args.scheduler), checkpoint, told
            )
    except KeyboardInterrupt:
        print(
            f"\nbce-conformance: interrupted; what is done lies in {path}: go on with the same command and --resume",
            file=sys.stderr,
        )
        return INTERRUPTED
    cells, outcomes = concluded(plan, surveys, parts)
    result = Run(
        cells=cells,
        adapters=records,
        environment=environment,
        tier="full",
        left_out=[f"this is a sweep of {len(surveys)} subjects: nothing else was measured"],
        invocation=invocation(),
        date=now(),
    )
    write(result, folder)
    how = {"executor": args.executor, "workers": workers, "threads": shard.ONE_THREAD, "scheduler": args.scheduler}
    outcome.write(outcomes, how, folder)
    path.unlink()
    assessment = expectations.assess(result, expectations.load(adapters_folder()))
    if args.json:
        print(to_text(result))
    else:
        show(swept(result, assessment, outcomes))
        print(f"\nThe results lie in {folder}; to see a finding in full: bce-conformance explain ID --run {folder}")
    return assessment.exit_status


def surveyed(plan: Plan, wanted: Sequence[Subject], pool: Any, labels: Sequence[str]) -> list[Survey]:
    """Check the oracles for every loss, contract and format, and see what the subjects deliver."""
    from conformance import losses, oracle
    from conformance.formats import FORMATS
    from conformance.report.progress import working
    from conformance.sweep import documented
    from conformance.sweep.survey import Undelivered, survey

    found: list[Survey] = []
    checked: set[tuple[object, ...]] = set()
    with working("preparing", len(wanted)) as advance:
        for subject in wanted:
            entry, fmt = plan.entry(subject), FORMATS[subject.dtype]
            stated = [q for q, by in losses.load(entry.loss).QUANTITIES.items() if "label" not in by]
            if fmt.width <= 32 and (entry.loss, fmt) not in checked:
                oracle.check(entry.loss, stated, fmt)
            compute = FORMATS[entry.computes or subject.dtype]
            if compute.width <= 32 and (entry.loss, entry.contract, fmt, compute) not in checked:
                documented.check(entry.contract, entry.loss, stated, fmt, compute)
            checked |= {(entry.loss, fmt), (entry.loss, entry.contract, fmt, compute)}
            try:
                found.append(survey(plan, subject, pool, labels))
            except Undelivered as error:  # a framework that is not here, a dtype that it lacks
                print(f"bce-conformance: {error}", file=sys.stderr)
            advance(subject.id)
    return found


def concluded(plan: Plan, surveys: Sequence[Survey], parts: dict[str, Any]) -> tuple[list[Any], list[Outcome]]:
    """The cells and the outcomes of all subjects."""
    from conformance.sweep import part, whole

    cells, outcomes = [], []
    for survey in surveys:
        entry, flags = plan.entry(survey.subject), survey.swept[0].flags
        for method, pieces in (("exhaustive", survey.shards), ("searched", survey.hunts)):
            total = part.joined(part.from_json(parts[piece.key]) for piece in pieces)
            mine = whole.cells(total, survey.subject, entry, flags, method)
            cells += mine
            outcomes += whole.outcomes(total, survey.subject, entry, mine)
    return cells, outcomes


def cpus() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def progress() -> Iterator[Any]:
    """Progress on stderr with rate and time left: a bar on a terminal, elsewhere a line for every tenth."""
    start, tenth = time.monotonic(), -1

    def words(done: int, total: int, before: int) -> str:
        said = f"{done / 1e6:,.1f} of {total / 1e6:,.1f} million results"
        rate = (done - before) / max(time.monotonic() - start, 1e-9)
        return f"{said}, {rate / 1e6:,.1f} million/s, {_clock((total - done) / rate)} left" if rate else said

    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        with Progress(
            BarColumn(24), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
        ) as bar:
            task = bar.add_task("sweeping", total=None)
            yield lambda done, total, before: bar.update(
                task, completed=done, total=total, description=words(done, total, before)
            )
        return

    def told(done: int, total: int, before: int) -> None:
        nonlocal tenth
        if total and done * 10 // total > tenth:
            tenth = done * 10 // total
            print(f"sweeping: {words(done, total, before)}", file=sys.stderr, flush=True)

    yield told


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
