"""Causes: why a finding is there, written by people in ``expectations/NAME.toml``."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from conformance.cell import FIGURELESS, KEY, Cell, six_digits
from conformance.verdicts import FINDINGS, SEVERITY

MAX_EXPONENT = 1024
"""No figure exceeds this power of two: an error beyond all numbers is recorded as the largest of them."""

_REQUIRED = ("id", "versions", "verdicts", "why", "link")
_OPTIONAL = ("selectors", "cap")


class ExpectationsError(Exception):
    """An expectation is malformed; the message is one sentence that names file and line."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Versions:
    """A range of versions of one or more distributions: ``torch>=2.1,<2.14 numpy==2.*``.

    Attributes
    ----------
    text : str
        The range as it stands in a recorded line, sorted by distribution.
    specifiers : tuple of (str, SpecifierSet)
        Distribution, normalised, and its PEP 440 specifier.
    """

    text: str
    specifiers: tuple[tuple[str, SpecifierSet], ...]

    @classmethod
    def of(cls, ranges: Mapping[str, str]) -> "Versions":
        """The range of a table of specifiers; raises InvalidSpecifier."""
        pairs = sorted((canonicalize_name(name), SpecifierSet(ranges[name])) for name in ranges)
        return cls(" ".join(name + str(specifier) for name, specifier in pairs), tuple(pairs))

    @classmethod
    def common(cls, several: Iterable["Versions"]) -> "Versions":
        """The range that lies in each of several."""
        ranges: dict[str, dict[str, None]] = {}
        for name, specifier in (pair for versions in several for pair in versions.specifiers):
            ranges.setdefault(name, {})[str(specifier)] = None
        return cls.of({name: ",".join(specifiers) for name, specifiers in ranges.items()})

    @classmethod
    def parse(cls, text: str) -> "Versions":
        """The range that `text` states; raises InvalidSpecifier."""
        return _parsed_range(text)

    def __contains__(self, versions: object) -> bool:
        """Whether a table of installed versions lies in the range; a local label (``+cpu``) plays no part."""
        if not isinstance(versions, Mapping):
            return False
        installed: dict[str, str] = {canonicalize_name(name): version for name, version in versions.items()}
        return all(_within(installed.get(name), specifier) for name, specifier in self.specifiers)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: which findings it explains, and why they happen.

    Attributes
    ----------
    id : str
        Unique over all files.
    name : str
        That of its file up to a hyphen: its framework, and the file that its findings are recorded in.
    versions : Versions
        The releases it speaks of.
    selectors : tuple of mapping of str to tuple of str
        Tables of which one must match: field of a cell's key to values or globs, of which one must match.
    verdicts : frozenset of str
        The kinds of finding it explains.
    cap : float or None
        The ULP figure that a finding may not exceed; None only for kinds without a figure. Such a kind has one too
        where an infinity for a finite number is the largest error of a cell that holds other findings.
    why, link : str
        What the code does, in words, and where it stands.
    """

    id: str
    name: str
    versions: Versions
    selectors: tuple[Mapping[str, tuple[str, ...]], ...]
    verdicts: frozenset[str]
    cap: float | None
    why: str
    link: str

    def selects(self, cell: Cell) -> bool:
        """Whether a table of selectors matches the cell's key.

        Without a selector on the adapter, the cause speaks of the adapters named like its file up to a hyphen:
        ``keras-rows.toml`` of ``keras`` and of ``keras[jax]``. The config is matched as it stands in the cell's id.
        """
        return any(all(self.allows(t, key, cell.key_text(key)) for key in KEY) for t in self.selectors)

    def allows(self, table: Mapping[str, tuple[str, ...]], key: str, value: str) -> bool:
        """Whether one of its tables lets a field of a cell's key have a value."""
        if key in table:
            return any(matches(glob, value) for glob in table[key])
        return key != "adapter" or value.partition("[")[0] == self.name


def joined(causes: Iterable[Cause]) -> str:
    """The causes of one cell as a recorded line names them: ``a+b``, sorted."""
    return "+".join(sorted(cause.id for cause in causes))


def objection(cell: Cell, causes: Sequence[Cause]) -> str:
    """Why the cell's findings are more than these causes explain together, or an empty string."""
    name = joined(causes)
    foreign = [kind for kind in SEVERITY if kind in cell.findings and not any(kind in c.verdicts for c in causes)]
    if foreign:
        return f"the cause {name} does not explain {' or '.join(foreign)}"
    caps = [c.cap for c in causes if c.cap is not None and c.verdicts & cell.findings]
    if caps and cell.figure is not None and cell.figure > six_digits(max(caps)):
        return f"{cell.figure:.3g} ULP is over the cap {max(caps):.3g} of the cause {name}"
    return ""


def read_causes(path: Path) -> tuple[Cause, ...]:
    """The causes of a file.

    Raises
    ------
    ExpectationsError
        The file is malformed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExpectationsError(f"{path}: {error}: mend the TOML.") from error
    except OSError as error:
        raise ExpectationsError(f"{path} cannot be read ({error.strerror}).") from error
    odd = sorted(data.keys() - {"cause"})
    if odd:
        raise ExpectationsError(f"{path}, line {_line_of(text, odd[0])}: {odd[0]!r} is not [[cause]].")
    lines = enumerate(text.splitlines(), 1)
    starts = [number for number, line in lines if re.match(r"\s*\[\[\s*cause\s*\]\]", line)]
    tables = data.get("cause", [])
    if not isinstance(tables, list) or len(tables) != len(starts):
        raise ExpectationsError(f"{path}, line {_line_of(text, 'cause')}: write each cause under [[cause]].")
    causes = []
    for table, start in zip(tables, starts, strict=True):
        try:
            causes.append(_cause(table, path.stem.partition("-")[0]))
        except _Mistake as mistake:
            line = _line_of(text, mistake.key, start)
            raise ExpectationsError(f"{path}, line {line}: {mistake}.") from mistake
    return tuple(causes)


def matches(glob: str, value: str) -> bool:
    """Whether the whole value matches; ``*`` and ``?`` are wild, and brackets are themselves (``keras[jax]``)."""
    return _compiled(glob).fullmatch(value) is not None


class _Mistake(Exception):
    """What is wrong with a table, and at which key."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def _cause(table: Mapping[str, Any], name: str) -> Cause:
    for key in _REQUIRED:
        if key not in table:
            raise _Mistake("", f"the cause {table.get('id', '')!r} lacks {key!r}")
    for key in table:
        if key not in _REQUIRED + _OPTIONAL:
            raise _Mistake(key, f"{key!r} is not a field of a cause")
    for key in ("id", "why", "link"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise _Mistake(key, f"{key!r} must be a text that is not empty")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", table["id"]):
        raise _Mistake("id", f"the id {table['id']!r} must be of a-z, 0-9 and -")
    if not re.match(r"https?://", table["link"]):
        raise _Mistake("link", "'link' must begin with https://")
    verdicts = frozenset(_texts("verdicts", table["verdicts"]))
    for verdict in sorted(verdicts - FINDINGS):
        raise _Mistake("verdicts", f"{verdict!r} is not a kind of finding ({', '.join(SEVERITY)})")
    return Cause(
        id=table["id"],
        name=name,
        versions=_versions(table["versions"]),
        selectors=_selectors(table.get("selectors", {})),
        verdicts=verdicts,
        cap=_cap(table.get("cap"), verdicts),
        why=" ".join(table["why"].split()),
        link=table["link"],
    )


def _versions(value: Any) -> Versions:
    if not isinstance(value, dict) or not value or not all(isinstance(text, str) for text in value.values()):
        raise _Mistake("versions", "'versions' must name a distribution and its range, {torch = \"==2.13.*\"}")
    try:
        return Versions.of(value)
    except InvalidSpecifier as error:
        raise _Mistake("versions", f"{error} (PEP 440)") from error


def _selectors(value: Any) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    tables = value if isinstance(value, list) else [value]
    if not tables or not all(isinstance(table, dict) for table in tables):
        raise _Mistake("selectors", "'selectors' must be a table of a cell's fields, or a list of such tables")
    for key in (key for table in tables for key in table):
        if key not in KEY:
            raise _Mistake(key, f"{key!r} is not a field of a cell's key ({', '.join(KEY)})")
    return tuple({key: _texts(key, globs) for key, globs in table.items()} for table in tables)


def _texts(key: str, value: Any) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise _Mistake(key, f"{key!r} must be a text or a list of texts that is not empty")
    return tuple(texts)


def _cap(value: Any, verdicts: Iterable[str]) -> float | None:
    figured = sorted(set(verdicts) - FIGURELESS)
    if value is None:
        if figured:
            raise _Mistake("verdicts", f"{figured[0]!r} has a ULP figure, so the cause needs a 'cap'")
        return None
    power = re.fullmatch(r"2\^(\d{1,4})", value) if isinstance(value, str) else None
    if power:
        return 2.0 ** int(power[1]) if int(power[1]) < MAX_EXPONENT else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise _Mistake("cap", "'cap' must be a positive number, or a power of two such as \"2^24\"")
    return float(value)


def _line_of(text: str, key: str, start: int = 1) -> int:
    """The line where `key` is set, at or after line `start` and in the same table; else `start`."""
    for number, line in enumerate(text.splitlines()[start - 1 :], start):
        if number > start and re.match(r"\s*\[\[\s*cause\s*\]\]", line):
            break
        if key and re.search(rf"(^|[\[{{,.])\s*[\"']?{re.escape(key)}[\"']?\s*[\].=]", line):
            return number
    return start


def _within(version: str | None, specifier: SpecifierSet) -> bool:
    try:
        return version is not None and specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


@cache
def _parsed_range(text: str) -> Versions:
    ranges = {}
    for word in text.split():
        found = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*?)([<>=!~].*)", word)
        if not found:
            raise InvalidSpecifier(f"Invalid version range: {word!r}")
        ranges[found[1]] = found[2]
    if not ranges:
        raise InvalidSpecifier("Invalid version range: ''")
    return Versions.of(ranges)


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
