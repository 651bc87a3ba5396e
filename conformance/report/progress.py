"""Progress on stderr, for what takes its time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def working(what: str, total: int) -> Iterator[Callable[[str], Any]]:
    """A bar on a terminal, elsewhere a line for every tenth.

    Parameters
    ----------
    what : str
        What is done.
    total : int
        How often.

    Yields
    ------
    callable
        Told the name of each that is done.
    """
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
