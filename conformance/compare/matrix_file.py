"""``conformance.toml``: which releases, environment variables and interpreters to compare, as columns. Pure."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name

from conformance.compare.side import Side
from conformance.environments.recipe import EnvironmentsError
from conformance.environments.recipe import parse as parse_requirement

FILE = "conformance.toml"
"""The name that is looked for."""

NEWEST = ""
"""A version that stands for the newest release."""

_TABLES = ("req", "env")
_TOP = ("python", "matrix", "include", "exclude")
_OPERATORS = ("<", ">", "=", "!", "~")


class MatrixError(ValueError):
    """A matrix file is malformed; the message is one sentence for the user."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One combination: what is installed, which variables are set, which Python.

    Attributes
    ----------
    req : tuple of (str, str)
        Distribution and version, or specifier.
    env : tuple of (str, str)
        Variable and value.
    python : str
        Version or path; empty where none is given.
    """

    req: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    python: str = ""

    @property
    def requirements(self) -> tuple[str, ...]:
        """What pip is given."""
        return tuple(_requirement(name, version) for name, version in self.req)

    @property
    def name(self) -> str:
        """What a reader calls it: ``torch==2.9.1 OMP_NUM_THREADS=1 python3.11``."""
        words = [*self.requirements, *(f"{name}={value}" for name, value in self.env)]
        if self.python:
            words.append(self.python if "/" in self.python else f"python{self.python}")
        return " ".join(words) or "current"

    @property
    def side(self) -> Side:
        """The side of a comparison that it is."""
        return Side(self.name, requirements=self.requirements, python=self.python, environ=self.env)

    def unlike(self, other: Column) -> int:
        """In how many settings two columns differ."""
        mine, others = ({*column.req, *column.env, ("", column.python)} for column in (self, other))
        return len({name for name, _ in mine ^ others})


def read(text: str, place: str = FILE) -> tuple[Column, ...]:
    """The columns of a matrix file, in order: the axes' product, the last axis first; then what is included.

    Parameters
    ----------
    text : str
        TOML: ``[matrix.req]`` distribution → versions, ``[matrix.env]`` variable → values, ``python`` a list,
        ``[[include]]`` and ``[[exclude]]`` tables of ``python``, ``req`` and ``env`` with one value each. A version is
        one, or a specifier (``>=2,<3``), or empty for the newest. An excluded value may be a glob.
    place : str
        Names the file in an error.

    Raises
    ------
    MatrixError
        It is malformed, or leaves no column.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MatrixError(f"{place} is not TOML ({error}): mend it.") from error
    _only(data, _TOP, place, "the file")
    matrix = data.get("matrix", {})
    if not isinstance(matrix, dict):
        raise MatrixError(f"{place}: 'matrix' must be the tables [matrix.req] and [matrix.env].")
    _only(matrix, _TABLES, place, "[matrix]")
    req, env = (_axes(matrix.get(name, {}), name, place) for name in _TABLES)
    pythons = _values(data.get("python", [""]), "python", place)
    excluded = [_row(row, "exclude", place) for row in _rows(data, "exclude", place)]
    _on_axes(excluded, req, env, place)
    columns = [column for column in _product(req, env, pythons) if not any(_fits(column, row) for row in excluded)]
    if not (matrix.get("req") or matrix.get("env") or "python" in data):
        columns = []
    columns += [_row(row, "include", place) for row in _rows(data, "include", place)]
    columns = list(dict.fromkeys(columns))
    if not columns:
        raise MatrixError(f"{place} leaves no column: give versions under [matrix.req], or values under [matrix.env].")
    for column in columns:
        _check(column, place)
    return tuple(columns)


def before(columns: Sequence[Column], index: int, usable: Iterable[int]) -> int | None:
    """The column that one is compared with: of those before it, the last of those that differ in fewest settings.

    A column with nothing installed in common is another axis of a file that lists several, and no such column.

    Parameters
    ----------
    columns : sequence of Column
    index : int
        Of the column in question.
    usable : iterable of int
        Those that were measured.
    """
    names = {name for name, _ in columns[index].req}
    earlier = [
        other
        for other in usable
        if other < index and (not names or not columns[other].req or names & {name for name, _ in columns[other].req})
    ]
    return min(earlier, key=lambda other: (columns[other].unlike(columns[index]), -other), default=None)


def named(columns: Sequence[Column], name: str) -> int:
    """The index of the column with this name, or the only one whose name holds these words.

    Raises
    ------
    MatrixError
        There is none, or there are several.
    """
    names = [column.name for column in columns]
    if name in names:
        return names.index(name)
    fitting = [index for index, text in enumerate(names) if {*name.split()} <= {*text.split()}]
    if len(fitting) != 1:
        raise MatrixError(f"--baseline {name} fits {len(fitting) or 'no'} columns: give one of {'; '.join(names)}.")
    return fitting[0]


def _product(
    req: Mapping[str, Sequence[str]], env: Mapping[str, Sequence[str]], pythons: Sequence[str]
) -> Iterable[Column]:
    for chosen in itertools.product(pythons, *req.values(), *env.values()):
        versions, values = chosen[1 : len(req) + 1], chosen[len(req) + 1 :]
        yield Column(tuple(zip(req, versions, strict=True)), tuple(zip(env, values, strict=True)), chosen[0])


def _fits(column: Column, row: Column) -> bool:
    """Whether an excluded combination, whose values may be globs, is part of a column."""
    req, env = {canonicalize_name(name): version for name, version in column.req}, dict(column.env)
    return (
        all(fnmatchcase(req[canonicalize_name(name)], glob) for name, glob in row.req)
        and all(fnmatchcase(env[name], glob) for name, glob in row.env)
        and (not row.python or fnmatchcase(column.python, row.python))
    )


def _axes(table: Any, name: str, place: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise MatrixError(f"{place}: [matrix.{name}] must be a table of names, each with a list of texts.")
    return {key: _values(values, f"matrix.{name}.{key}", place) for key, values in table.items()}


def _values(values: Any, where: str, place: str) -> tuple[str, ...]:
    several = [values] if isinstance(values, str) else values
    if not isinstance(several, list) or not several or not all(isinstance(value, str) for value in several):
        raise MatrixError(f"{place}: {where} must be a list of texts that is not empty, as in [\"2.9.1\", \"2.13.0\"].")
    return tuple(dict.fromkeys(several))


def _rows(data: Mapping[str, Any], name: str, place: str) -> list[Any]:
    rows = data.get(name, [])
    if not isinstance(rows, list):
        raise MatrixError(f"{place}: write each {name} under [[{name}]].")
    return rows


def _row(row: Any, name: str, place: str) -> Column:
    """The combination that a row of ``include`` or ``exclude`` states."""
    if not isinstance(row, dict) or not row:
        raise MatrixError(f"{place}: write each {name} under [[{name}]], with python, req or env.")
    _only(row, ("python", *_TABLES), place, f"[[{name}]]")
    tables = [row.get(table, {}) for table in _TABLES]
    python = row.get("python", "")
    values = [python, *(v for table in tables if isinstance(table, dict) for v in table.values())]
    if not all(isinstance(table, dict) for table in tables) or not all(isinstance(value, str) for value in values):
        raise MatrixError(f"{place}: [[{name}]] takes one text for each name, as in req = {{torch = \"2.9.1\"}}.")
    return Column(tuple(tables[0].items()), tuple(tables[1].items()), python)


def _only(table: Mapping[str, Any], names: Sequence[str], place: str, where: str) -> None:
    odd = sorted(table.keys() - set(names))
    if odd:
        raise MatrixError(f"{place}: {odd[0]!r} is not a part of {where}: known are {', '.join(names)}.")


def _on_axes(rows: Sequence[Column], req: Iterable[str], env: Iterable[str], place: str) -> None:
    """See that what is excluded is of the axes: another name would exclude nothing, and say nothing."""
    axes = {*map(canonicalize_name, req), *env}
    for row in rows:
        for name in (*(canonicalize_name(name) for name, _ in row.req), *(name for name, _ in row.env)):
            if name not in axes:
                said = f"{place}: [[exclude]] speaks of {name!r}, which is no axis of the matrix"
                raise MatrixError(f"{said}: correct the name, or remove it.")


def _requirement(name: str, version: str) -> str:
    if version == NEWEST or version.startswith(_OPERATORS):
        return name + version
    return f"{name}=={version}"


def _check(column: Column, place: str) -> None:
    """See that requirements and variables can be what they are called."""
    seen = set()
    for name, version in column.req:
        try:
            parse_requirement(_requirement(name, version))
        except EnvironmentsError as error:
            said = f"{place}: {name} = {version!r} is no requirement: give a version or a specifier."
            raise MatrixError(said) from error
        key = canonicalize_name(name)
        if key in seen:
            raise MatrixError(f"{place}: {name} is there twice: keep one of them.")
        seen.add(key)
    for name, _ in column.env:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise MatrixError(f"{place}: {name!r} is no name of an environment variable: correct it.")
    if column.python and not column.req and "/" not in column.python:
        said = f"{place}: python = {column.python!r} alone is no environment"
        raise MatrixError(f"{said}: give requirements too, or an interpreter's path.")
