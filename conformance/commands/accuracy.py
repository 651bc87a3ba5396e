"""``bce-conformance accuracy``: the published table, made of finished sweeps."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.accuracy import Row

HELP = "write the table of what sweeps found, and its data"

EPILOG = """A sweep's rows take the place of those that the data have for the same subject, quantity and label.

examples:
  bce-conformance accuracy results more-results        add these sweeps to docs/accuracy.json, and write the table
  bce-conformance accuracy results --date 2026-11-22   swept on that day, not when its files were last written
  bce-conformance accuracy                             write docs/ACCURACY.md again from docs/accuracy.json"""

OUT = "docs"
DATA, PAGE = "accuracy.json", "ACCURACY.md"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("results", nargs="*", metavar="DIR", help="the results of a sweep")
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"where data and table are (default: {OUT})")
    parser.add_argument("--date", type=day, metavar="YYYY-MM-DD", help="of the sweeps (default: that of their files)")


def day(text: str) -> str:
    """A date as it is written in the data."""
    from datetime import date

    return date.fromisoformat(text).isoformat()


def run(args: argparse.Namespace) -> int:
    """Write both files."""
    from pathlib import Path

    from conformance.accuracy import merged
    from conformance.published import to_json
    from conformance.report.accuracy import markdown
    from conformance.run import RunError, prepare

    out = Path(args.out)
    found: list[Row] = []
    for results in args.results:
        found = merged(found, swept(Path(results), args.date))
    known = merged(load(out / DATA), found)
    if not known:
        raise RunError(f"There are no data at {out / DATA}: name the results of a sweep.")
    write(prepare(out), {DATA: to_json(known), PAGE: markdown(known)})
    sweeps = "1 sweep" if len(args.results) == 1 else f"{len(args.results)} sweeps"
    print(f"{len(found):,} rows of {sweeps}; {len(known):,} in {out / DATA} and {out / PAGE}")
    return 0


def swept(folder: Path, date: str | None) -> list[Row]:
    """The rows of the sweep in a folder, with its date, or that of its run where none is given."""
    from datetime import UTC, datetime

    from conformance import run
    from conformance.accuracy import rows
    from conformance.sweep import outcome

    outcomes, result = outcome.read(folder), run.read(folder)
    changed = datetime.fromtimestamp((folder / run.FILE).stat().st_mtime, UTC).date().isoformat()
    return rows(result, outcomes, date or result.date.partition("T")[0] or changed)


def load(path: Path) -> list[Row]:
    """The rows of the data; none where there is no file."""
    from conformance.published import from_json
    from conformance.run import RunError

    try:
        return from_json(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(
            f"The data at {path} cannot be read ({error}): delete the file and read the sweeps again."
        ) from error


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files whole or not at all: each to another name first, and renamed when all are written.

    Raises
    ------
    RunError
        The folder cannot be written.
    """
    import os

    from conformance.run import RunError

    temporary = {folder / name: folder / f".{name}.{os.getpid()}.tmp" for name in texts}
    try:
        for (path, beside), text in zip(temporary.items(), texts.values(), strict=True):
            if path.is_dir():
                raise IsADirectoryError(21, f"{path.name} is a folder")
            beside.write_text(text, encoding="utf-8")
        for path, beside in temporary.items():
            beside.replace(path)
    except OSError as error:
        for beside in temporary.values():
            beside.unlink(missing_ok=True)
        raise RunError(
            f"The folder {folder} cannot be written ({error.strerror}): choose another with --out."
        ) from error
