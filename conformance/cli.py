"""The command line: finds the command, runs it, and turns what goes wrong into one sentence and a status."""

import argparse
import errno
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

from conformance import __version__, commands

INTERRUPTED, INTERNAL = 2, 3
DESCRIPTION = """Measure what the binary-cross-entropy losses of the installed frameworks really return,
in ULPs, against certified exact values."""
EPILOG = """exit status: 0 clean, or every finding is expected; 1 unexpected or stale; 2 interrupted;
3 internal error; 4 usage; 5 nothing ran.

examples:
  bce-conformance audit                        every framework installed here
  bce-conformance audit --adapter pytorch --dtype binary32 --out results
  bce-conformance explain CELL-ID              one finding in full, with a reproducer
  bce-conformance list                         adapters, versions, subjects"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose usage errors have status 4 and fit one line."""

    def error(self, message: str) -> Any:
        """Say what is wrong and leave with status 4."""
        self.exit(4, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:                   # it was closed before the process began: nobody reads it
            setattr(sys, name, open(os.devnull, "w"))    # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of ASCII has no arrow
    args = parser().parse_args(arguments)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("\nbce-conformance: interrupted; nothing is left half-written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: not our error
        return 0
    except Exception as error:
        if os.environ.get("BCE_TRACEBACK"):
            raise
        status = getattr(error, "exit_status", INTERNAL)
        text = str(error) if status != INTERNAL or hasattr(error, "exit_status") else _internal(error)
        print(f"bce-conformance: {text}", file=sys.stderr)
        return status


def _internal(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full: make room, and run it again"
    first = (str(error).splitlines() or [""])[0]
    return f"internal error, {type(error).__name__}: {first}; set BCE_TRACEBACK=1 to see where, and please report it"


def parser() -> Parser:
    """The parser, with every command that is a file in ``commands``."""
    top = Parser(
        prog="bce-conformance",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"bce-conformance {__version__}")
    several = top.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for found in pkgutil.iter_modules(commands.__path__):
        command = importlib.import_module(f"{commands.__name__}.{found.name}")
        one = several.add_parser(
            found.name,
            help=command.HELP,
            description=command.HELP[0].upper() + command.HELP[1:] + ".",
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.configure(one)
        one.set_defaults(run=command.run)
    return top
