"""Known defects as records: read from ``known_defects/*.toml`` beside adapters, each checked as it is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import contracts, losses
from conformance.formats import FORMATS
from conformance.known_defects.script import ScriptError, program
from conformance.known_defects.wanted import Exactly, Raises, Texts, Wanted, number

FOLDER = "known_defects"

_REQUIRED = ("id", "report", "links", "version", "upstream", "why")
_OPTIONAL = ("adapters", "code", "observed", "due", "distribution", "lacks", "documented", "caught", "impossible")
_EXACT = ("loss", "contract", "quantity", "at", "dtype", "mean", "divided")


NOTHING = Texts(())
"""What is due, and was observed, where nothing can be run."""


class KnownDefectsError(Exception):
    """A row that cannot be used; the message is one sentence that names the file and the row."""

    exit_status = 4


@dataclass(frozen=True)
class Defect:
    """One row.

    Attributes
    ----------
    id : str
        Unique over all files.
    report : str
        The reports that the row stands for, as people cite them.
    links : tuple of str
        Where they are, the first one first.
    version, upstream : str
        What it was reported of, and what became of it.
    adapters : tuple of str
        Whose workers run the script; empty where none can.
    code : str
        The reporter's script. It ends with ``print(...)``.
    observed : Texts or Raises
        What he saw.
    due : Texts, Raises or Exactly
        What he should have seen.
    why : str
        The cause, or how the two are told apart; half a sentence.
    distribution : str
        What the report is about, where that is not the adapter's own framework.
    lacks : str
        A regular expression of messages that mean "this cannot be asked here": no such device, no such API.
    source, quote : str
        Where the documentation says that what was observed is right, and its words; mostly empty.
    caught : tuple of str
        Globs over ids of cells: where an audit finds the same defect, by region.
    impossible : str
        Why nothing here can run it; mostly empty.
    """

    id: str
    report: str
    links: tuple[str, ...]
    version: str
    upstream: str
    adapters: tuple[str, ...]
    code: str
    observed: Wanted
    due: Wanted
    why: str
    distribution: str = ""
    lacks: str = ""
    source: str = ""
    quote: str = ""
    caught: tuple[str, ...] = ()
    impossible: str = ""


def load(*folders: Path) -> tuple[Defect, ...]:
    """The rows beside adapters: ``FOLDER/known_defects/*.toml``.

    Parameters
    ----------
    *folders : Path
        Folders of adapter files; one without rows adds nothing.

    Raises
    ------
    KnownDefectsError
        A file is malformed, or two rows have one id.
    """
    found: dict[str, Defect] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for path in sorted((folder / FOLDER).glob("*.toml")):
            for defect in read(path):
                if defect.id in found:
                    raise KnownDefectsError(f"{path}: the defect {defect.id!r} is there twice: rename one of them.")
                found[defect.id] = defect
    return tuple(found.values())


def read(path: Path) -> tuple[Defect, ...]:
    """The rows of one file.

    Raises
    ------
    KnownDefectsError
        The file is malformed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnownDefectsError(f"{path}: {error}: mend the TOML.") from error
    except OSError as error:
        raise KnownDefectsError(f"{path} cannot be read ({error.strerror}).") from error
    rows = data.get("defect", [])
    if data.keys() - {"defect"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise KnownDefectsError(f"{path}: write each row under [[defect]], and nothing else.")
    defects = []
    for place, row in enumerate(rows, 1):
        try:
            defects.append(_defect(row))
        except _Mistake as mistake:
            raise KnownDefectsError(f"{path}, defect {row.get('id', place)!r}: {mistake}.") from mistake
    return tuple(defects)


class _Mistake(Exception):
    """What is wrong with a row, in half a sentence."""


def _defect(row: Mapping[str, Any]) -> Defect:
    for key in _REQUIRED:
        if key not in row:
            raise _Mistake(f"{key!r} is missing")
    for key in row:
        if key not in _REQUIRED + _OPTIONAL:
            raise _Mistake(f"{key!r} is not a field of a defect")
    impossible = "impossible" in row
    if impossible != ("code" not in row):
        raise _Mistake("it has either code, or says why it is impossible")
    for key in ("distribution",) if impossible else ("adapters", "observed", "due"):
        if key not in row:
            raise _Mistake(f"{key!r} is missing")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", _text("id", row["id"])):
        raise _Mistake("the id must be of a-z, 0-9, . and -")
    if not all(re.match(r"https?://", link) for link in _several("links", row["links"])):
        raise _Mistake("every link must begin with https://")
    documented = row.get("documented", {"source": "", "quote": ""})
    if not isinstance(documented, dict) or documented.keys() != {"source", "quote"}:
        raise _Mistake("'documented' must have a source and a quote")
    return Defect(
        id=row["id"],
        report=_text("report", row["report"]),
        links=_several("links", row["links"]),
        version=_text("version", row["version"]),
        upstream=_text("upstream", row["upstream"]),
        adapters=() if impossible else _several("adapters", row["adapters"]),
        code="" if impossible else _code(row["code"]),
        observed=NOTHING if impossible else _wanted("observed", row["observed"]),
        due=NOTHING if impossible else _wanted("due", row["due"]),
        why=_text("why", row["why"]),
        distribution=_text("distribution", row["distribution"]) if "distribution" in row else "",
        lacks=_pattern(_text("lacks", row["lacks"])) if "lacks" in row else "",
        source=" ".join(str(documented["source"]).split()),
        quote=" ".join(str(documented["quote"]).split()),
        caught=_several("caught", row["caught"]) if "caught" in row else (),
        impossible=_text("impossible", row["impossible"]) if impossible else "",
    )


def _code(value: Any) -> str:
    code = _text("code", value) + "\n"
    try:
        program(code)
    except ScriptError as error:
        raise _Mistake(str(error)) from error
    return code


def _wanted(key: str, value: Any) -> Wanted:
    if isinstance(value, dict) and value.keys() == {"raises"}:
        return Raises(_pattern(_text(key, value["raises"])))
    if isinstance(value, dict) and value.keys() & {"loss", "at"}:
        return _exactly(value)
    texts = _several(key, value)
    for text in texts:
        if not number(text):
            raise _Mistake(f"{key!r} holds {text!r}, which is no number")
    return Texts(texts)


def _exactly(table: Mapping[str, Any]) -> Exactly:
    for key in table:
        if key not in _EXACT:
            raise _Mistake(f"'due' has the unknown field {key!r}; there are {', '.join(_EXACT)}")
    try:
        loss = losses.load(_text("loss", table.get("loss")))
        if "contract" in table:
            contracts.load(_text("contract", table["contract"]), table["loss"])
    except KeyError as error:
        raise _Mistake(str(error.args[0])) from error
    quantities = _several("quantity", table.get("quantity", "loss"))
    if not set(quantities) <= loss.QUANTITIES.keys():
        raise _Mistake(f"'quantity' must be of {', '.join(loss.QUANTITIES)}")
    rows, dtype = table.get("at"), table.get("dtype", "binary32")
    if dtype not in FORMATS:
        raise _Mistake(f"'dtype' must be one of {', '.join(FORMATS)}")
    if not isinstance(rows, list) or not rows or not all(_row(row, len(loss.ARGUMENTS)) for row in rows):
        raise _Mistake(f"'at' must be rows of {', '.join(loss.ARGUMENTS)}")
    divided, mean = table.get("divided", 1), table.get("mean", False)
    if not isinstance(divided, int) or divided < 1 or not isinstance(mean, bool):
        raise _Mistake("'divided' must be a count, and 'mean' true or false")
    return Exactly(
        table["loss"],
        quantities,
        tuple(tuple(float(v) for v in row) for row in rows),
        table.get("contract", ""),
        dtype,
        mean,
        divided,
    )


def _row(row: Any, count: int) -> bool:
    return isinstance(row, list) and len(row) == count and all(type(v) in (int, float) for v in row)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Mistake(f"{key!r} must be a text that is not empty")
    return value.strip() if key == "code" else " ".join(value.split())


def _several(key: str, value: Any) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t for t in texts):
        raise _Mistake(f"{key!r} must be a text or a list of texts that is not empty")
    return tuple(texts)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise _Mistake(f"{text!r} is no regular expression: {error}") from error
    return text
