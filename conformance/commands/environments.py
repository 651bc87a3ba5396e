"""``bce-conformance environments``: what is cached for other releases, built beforehand, and removed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.environments.cache import Environment

HELP = "list, build and remove the cached environments of other releases"

EPILOG = """An environment is built once for each set of requirements, with uv where it is present (UV=0: with pip). It
lies in BCE_ENVIRONMENTS, or in bce-conformance/environments of the user's cache folder. What releases need is
known for the common ones: a CPython that they run on, old companions, GPU libraries that a CPU can do without.

examples:
  bce-conformance environments build torch==1.8.1
  bce-conformance environments build keras==3.6.0 jax==0.4.30 --python 3.11
  bce-conformance environments list
  bce-conformance environments prune --older-than 30"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    several = parser.add_subparsers(dest="what", metavar="list|build|prune", required=True)
    listing = several.add_parser("list", help="requirements, Python, size, dates and path of each")
    listing.add_argument("--json", action="store_true", help="print JSON, with everything that is installed")
    building = several.add_parser(
        "build",
        help="build one, unless it stands",
        epilog="example:\n  bce-conformance environments build tensorflow==1.13.2",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    building.add_argument("requirements", nargs="+", metavar="REQ", help="as pip takes it; quote < and >")
    building.add_argument("--python", metavar="VERSION|PATH", help="the CPython to build on")
    building.add_argument(
        "--exclude", action="append", default=[], metavar="NAME", help="leave this out, whoever asks for it"
    )
    building.add_argument(
        "--include", action="append", default=[], metavar="NAME", help="install this, though a CPU can do without"
    )
    pruning = several.add_parser(
        "prune",
        help="remove some, and what interrupted builds left",
        epilog="examples:\n  bce-conformance environments prune --older-than 30\n"
        "  bce-conformance environments prune torch-1.8.1-0a1b2c3d4e5f",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = pruning.add_mutually_exclusive_group()
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="as list shows them")
    which.add_argument("--older-than", type=_days, metavar="DAYS", help="those that were not used for so long")
    which.add_argument("--all", action="store_true", help="all of them")


def run(args: argparse.Namespace) -> int:
    """Do what the second word says."""
    return {"list": _list, "build": _build, "prune": _prune}[args.what](args)


def _list(args: argparse.Namespace) -> int:
    from conformance.environments import cache as environment_cache

    found = environment_cache.cached()
    if args.json:
        print(json.dumps([_record(environment) for environment in found], indent=1))
        return 0
    print("\n".join(_lines(found, environment_cache.place())))
    left = environment_cache.unfinished()
    if left:
        print(f"{len(left)} unfinished: being built now, or failed or killed, and for prune to remove.")
    return 0


def _build(args: argparse.Namespace) -> int:
    from conformance.environments import Wanted, build

    wanted = Wanted(tuple(args.requirements), args.python, tuple(args.exclude), tuple(args.include))
    environment = build(wanted, lambda line: print(line, file=sys.stderr, flush=True))
    for note in environment.notes:
        print(note, file=sys.stderr)
    print(environment.python)
    return 0


def _prune(args: argparse.Namespace) -> int:
    from conformance.environments import cache as environment_cache
    from conformance.environments.recipe import EnvironmentsError

    found = environment_cache.cached()
    unknown = sorted(set(args.names) - {environment.name for environment in found})
    if unknown:
        raise EnvironmentsError(f"There is no environment {unknown[0]}: see bce-conformance environments list.")
    if not args.names and not args.all and args.older_than is None:
        chosen = []
    else:
        chosen = [environment for environment in found if _is_chosen(environment, args)]
    freed = 0
    for environment in chosen:
        if environment_cache.remove(environment.folder):
            print(f"removed {environment.name}")
            freed += environment.bytes
        else:
            print(f"kept {environment.name}: it is being built or used, or cannot be removed")
    for folder in environment_cache.unfinished():
        if environment_cache.remove(folder):
            print(f"removed {folder.name}, which was never finished")
    print(f"{freed / 1e9:.2f} GB in {environment_cache.place()} removed, less what uv's cache still holds of it")
    return 0


def _days(text: str) -> float:
    """A number of days, which a span of time can hold."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no number of days: give one such as 30")
    return found


def _is_chosen(environment: Environment, args: argparse.Namespace) -> bool:
    if args.older_than is not None:
        return datetime.now(UTC) - environment.used > timedelta(days=args.older_than)
    return bool(args.all) or environment.name in args.names


def _lines(found: list[Environment], place: Path) -> list[str]:
    from conformance.report.figures import count

    if not found:
        return [f"There is none in {place}."]
    lines = []
    for environment in found:
        lines += [
            f"{environment.name}  {' '.join(environment.requirements)}",
            f"  CPython {environment.version}, {environment.bytes / 1e9:.2f} GB, built {environment.built[:10]} with"
            f" {environment.installer} in {environment.seconds:.0f} s, last used {environment.used:%Y-%m-%d}",
            f"  {environment.folder}",
        ]
    return [*lines, "", f"{count(len(found), 'environment')}, {sum(one.bytes for one in found) / 1e9:.2f} GB"]


def _record(environment: Environment) -> dict[str, object]:
    record = asdict(environment)
    return {**record, "folder": str(environment.folder), "used": environment.used.isoformat(timespec="seconds")}
