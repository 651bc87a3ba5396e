"""The options that choose subjects, shared by the commands and the pytest plugin's words."""

from __future__ import annotations

import argparse
import sys

from conformance.subject import Filters, Source, sources


def configure(parser: argparse.ArgumentParser, python: str = "the interpreter that has the frameworks") -> None:
    """Add the options that choose subjects.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    python : str
        What the help says of the interpreter.
    """
    several = {"action": "append", "default": [], "metavar": "NAME"}
    parser.add_argument("--adapter", help="an adapter's name, or the path of an adapter file", **several)  # type: ignore[arg-type]
    parser.add_argument("--entry-point", help="an entry point's path, or its last part", **several)  # type: ignore[arg-type]
    parser.add_argument("--mode", help="eager, graph, xla, jit, vmap, compiled, …", **several)  # type: ignore[arg-type]
    parser.add_argument("--dtype", help="binary16, bfloat16, binary32 or binary64", **several)  # type: ignore[arg-type]
    parser.add_argument("-k", dest="keyword", default="", metavar="TEXT", help="only subjects whose id contains TEXT")
    tier = parser.add_mutually_exclusive_group()
    tier.add_argument("--quick", dest="tier", action="store_const", const="quick", help="edge cases only, fewer modes")
    tier.add_argument("--full", dest="tier", action="store_const", const="full", help="slow compiled modes too")
    parser.set_defaults(tier="default")
    parser.add_argument("--device", default="cpu", help="where the frameworks compute (default: cpu)")
    parser.add_argument("--python", default=sys.executable, metavar="PATH", help=python)


def chosen(args: argparse.Namespace) -> tuple[list[Source], Filters]:
    """The sources and filters that parsed options name.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser that ``configure`` has seen.

    Raises
    ------
    AdapterError
        When an adapter file cannot be used.
    """
    files = [a for a in args.adapter if is_file(a)]
    names = [a for a in args.adapter if not is_file(a)]
    given = sources(files, args.python) if files else []
    found = given if files and not names else [*given, *sources((), args.python)]
    return found, Filters(
        adapters=tuple(dict.fromkeys((*names, *(s.adapter.name for s in given)))),
        entry_points=tuple(args.entry_point),
        modes=tuple(args.mode),
        dtypes=tuple(args.dtype),
        keyword=args.keyword,
        tier=args.tier,
        device=args.device,
    )


def is_file(adapter: str) -> bool:
    """Whether an adapter is given by the path of its file."""
    return adapter.endswith(".py") or "/" in adapter
