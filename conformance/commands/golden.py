"""``bce-conformance golden``: verify the golden tables, or write them anew."""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

HELP = "verify the golden tables bit for bit, or write them anew"
EPILOG = """examples:
  bce-conformance golden verify     recompute every value twice, with Arb and with mpmath; 0 if all agree
  bce-conformance golden write      regenerate golden/, with its checksums and the derived limits"""

PROCESSES = 2
Made = TypeVar("Made")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", choices=("verify", "write"))
    parser.add_argument("--processes", type=int, default=PROCESSES, metavar="N", help=f"default {PROCESSES}")


def run(args: argparse.Namespace) -> int:
    """Verify or write."""
    return verify(args.processes) if args.action == "verify" else write(args.processes)


def verify(processes: int = 1) -> int:
    """Recompute all tables with Arb, bit for bit, and hold every value against the mpmath definition.

    Parameters
    ----------
    processes : int
        1 is this one.
    """
    from conformance import limits, tables
    from conformance.seal import REMEDY, sealed

    wrong = 0
    for name, said in each(checked, tables.functions(), processes):
        print(f"{tables.file_of(name)}: {said[0]}", *said[1:4], sep="\n  ", flush=True)
        wrong += not said[0].endswith(SOUND)
    if sealed(limits.FILE) != limits.text():
        print(f"{limits.FILE}: differs from the derivation in the loss files")
        wrong += 1
    if wrong:
        print(f"bce-conformance: {wrong} golden files cannot be trusted; {REMEDY}", file=sys.stderr)
    return 1 if wrong else 0


SOUND = " values certified again, 0 differ from mpmath"


def checked(name: str, loss: str) -> list[str]:
    """What is found of one table: a sentence, and lines that say where.

    Parameters
    ----------
    name : str
        A loss or contract.
    loss : str
        Whose arguments and quantities it has.
    """
    from conformance import tables
    from conformance.seal import sealed

    stored, fresh = sealed(tables.file_of(name)), tables.text(name, loss)
    if stored != fresh:
        return [f"differs from the recomputed table {place(stored, fresh)}"]
    against = disagreements(name, loss)
    return [f"{len(stored.splitlines()) - 1} values certified again, {len(against)} differ from mpmath", *against]


def each(work: Callable[[str, str], Made], functions: dict[str, str], processes: int) -> Iterator[tuple[str, Made]]:
    """Work on every table, longest first; the results as they come.

    Parameters
    ----------
    work : callable
        From a name and its loss; importable, for it travels to other processes.
    functions : dict
        Name → loss.
    processes : int
        1 is this one.
    """
    from conformance import tables

    if processes == 1:
        yield from ((name, work(name, loss)) for name, loss in functions.items())
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    longest = sorted(functions, key=lambda name: -tables.length(functions[name]))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        names = {pool.submit(work, name, functions[name]): name for name in longest}
        yield from ((names[done], done.result()) for done in as_completed(names))


def place(first: str, second: str) -> str:
    """Where two texts differ."""
    pairs = enumerate(zip(first.splitlines(), second.splitlines(), strict=False), 1)
    return next((f"at line {k}" for k, (a, b) in pairs if a != b), "in its length")


def disagreements(name: str, loss: str) -> list[str]:
    """The lines of a table whose value the normative definition does not yield."""
    from conformance import tables
    from conformance.exact import decimal
    from conformance.normative import agrees, definition_of

    found = []
    for (quantity, row), (number, _) in tables.read(name).items():
        definition = definition_of(name, loss, quantity, row)
        if definition is not None and not agrees(definition, row, number):
            found.append(f"{quantity} at {', '.join(v.hex() for v in row)}: {decimal(number)}")
    return found


def written(name: str, loss: str) -> str:
    """The text of one table.

    Parameters
    ----------
    name, loss : str
    """
    from conformance import tables

    return tables.text(name, loss)


def write(processes: int = 1) -> int:
    """Regenerate the tables, the limits and the manifest; nothing is replaced before all are computed.

    Parameters
    ----------
    processes : int
        1 is this one.
    """
    from conformance import limits, seal, tables

    functions = tables.functions()
    found = {}
    for name, text in each(written, functions, processes):
        print(f"computed {tables.file_of(name)}", flush=True)
        found[name] = text
    texts = {tables.file_of(name): found[name] for name in functions}
    texts[limits.FILE] = limits.text()
    seal.write(texts)
    print(f"wrote {len(texts)} files and {seal.MANIFEST}")
    return 0
