"""``bce-conformance list``: adapters, their versions, and the subjects that an audit would measure."""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.subject import Source, Subject

HELP = "list adapters, their versions, and what an audit would measure"

EPILOG = """No framework is started: versions are those that are installed, and doctor says whether they work.

examples:
  bce-conformance list                        adapters and entry points
  bce-conformance list --ids --mode vmap      the id of every subject in this mode, a line each
  bce-conformance list --full --json          everything, for a program"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from conformance import selection

    selection.configure(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--ids", action="store_true", help="print only the subjects' ids, a line each")
    form.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """List."""
    from conformance import selection
    from conformance.subject import left_out, subjects

    found, filters = selection.chosen(args)
    chosen = subjects(found, filters)
    names = {subject.adapter for subject in chosen}
    records = [record(source, args.python) for source in found if source.adapter.name in names]
    if args.ids:
        lines = [subject.id for subject in chosen]
    elif args.json:
        lines = [json.dumps({"adapters": records, "subjects": [subject.id for subject in chosen]}, indent=1)]
    else:
        lines = list(_lines(records, chosen))
        lines += [f"Left out: {sentence}" for sentence in left_out(found, filters)]
    print("\n".join(lines))
    return 0 if chosen else 5


def record(source: Source, python: str) -> dict[str, Any]:
    """An adapter, the versions of what it needs, and why it is unavailable where something is missing.

    Of another interpreter nothing is known without starting it.
    """
    adapter, here = source.adapter, python == sys.executable
    missing = [name for name in modules(adapter.imports) if find_spec(name) is None] if here else []
    return {
        "name": adapter.name,
        "file": source.file,
        "versions": versions(adapter.distributions) if here else {},
        "status": "unavailable" if missing else "ok",
        "reason": f"No module named {' or '.join(missing)}" if missing else "",
    }


def modules(imports: str) -> list[str]:
    """The top-level modules that a program's first lines import."""
    names: dict[str, None] = {}
    for node in ast.walk(ast.parse(imports)):
        if isinstance(node, ast.Import):
            names.update((alias.name.partition(".")[0], None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names[node.module.partition(".")[0]] = None
    return list(names)


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """The versions of the distributions that are installed; nothing is imported."""
    found = {}
    for name in distributions:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _lines(records: Sequence[dict[str, Any]], chosen: Sequence[Subject]) -> Iterable[str]:
    for adapter in records:
        mine = [subject for subject in chosen if subject.adapter == adapter["name"]]
        said = adapter["reason"] or ", ".join(f"{name} {version}" for name, version in adapter["versions"].items())
        yield f"{adapter['name']}  {said}".rstrip()
        groups: dict[tuple[str, str], list[Subject]] = {}
        for subject in mine:
            groups.setdefault((subject.entry_point, subject.id.split("/", 3)[2]), []).append(subject)
        for (entry_point, config), members in groups.items():
            modes = dict.fromkeys(subject.mode for subject in members)
            dtypes = dict.fromkeys(subject.dtype for subject in members)
            yield f"  {entry_point}" + (f"  {config}" if config != "-" else "")
            yield f"    {', '.join(modes)}; {', '.join(dtypes)}"
        yield ""
    yield f"{len(chosen)} subjects of {len(records)} adapters"
