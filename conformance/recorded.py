"""Recorded findings, one line a cell in ``expectations/recorded/NAME.csv``, and beside them what was measured then.

``expectations/measured.csv`` tells a cell that had no finding from one that nobody looked at. Both are written by
``accept``.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier

from conformance import whole_file
from conformance.causes import ExpectationsError, Versions
from conformance.cell import six_digits
from conformance.verdicts import FINDINGS

COLUMNS = ("cell", "cause", "versions", "platform", "verdict", "bound")
"""The header of a file of recorded findings."""

T = TypeVar("T")

MEASURED = ("platform", "measurement")
"""The header of the file of measurements: a test, or a test and an examination, as ``Cell.measurement`` has it."""

Measurement = tuple[str, str]
"""Platform and measurement."""


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded finding.

    Attributes
    ----------
    cell : str
        The cell's id.
    cause : str
        The id of the cause that explains it, or of several, each for other kinds of finding: ``a+b``.
    versions : Versions
        The releases it holds for.
    platform : str
        Architecture and SIMD level it was seen on.
    verdict : str
        The most severe finding of the cell.
    bound : int or None
        The power of two, as its exponent, that the ULP figure does not exceed; None without a figure.
    """

    cell: str
    cause: str
    versions: Versions
    platform: str
    verdict: str
    bound: int | None

    def row(self) -> tuple[str, ...]:
        """The line as it is written."""
        return self.cell, self.cause, self.versions.text, self.platform, self.verdict, self.limit

    @property
    def limit(self) -> str:
        """The bound as it is written: ``2^24``, or nothing."""
        return "" if self.bound is None else f"2^{self.bound}"

    def bounds(self, figure: float | None) -> bool:
        """Whether a ULP figure stays within the bound."""
        least = exponent(figure)
        return least is None or (self.bound is not None and least <= self.bound)


def exponent(figure: float | None) -> int | None:
    """The exponent of a figure rounded up to a power of two; None without a figure, or for zero.

    A figure has six digits, and so may lie a little above the power of two that it stands for.
    """
    if not figure:
        return None
    power = math.frexp(figure)[1]
    return power - 1 if figure <= six_digits(2.0 ** (power - 1)) else power


def read_lines(path: Path) -> tuple[Line, ...]:
    """The lines of a file.

    Raises
    ------
    ExpectationsError
        The file is malformed.
    """
    return tuple(_read(path, COLUMNS, _line))


def read_measurements(path: Path) -> frozenset[Measurement]:
    """The measurements of a file; none where there is no file.

    Raises
    ------
    ExpectationsError
        The file is malformed.
    """
    return frozenset(_read(path, MEASURED, _measurement)) if path.exists() else frozenset()


def write_lines(path: Path, lines: Iterable[Line]) -> None:
    """Write a file, sorted by its columns, to a temporary name and then renamed; without a line, remove it.

    Raises
    ------
    ExpectationsError
        The file cannot be written.
    """
    _write(path, COLUMNS, (line.row() for line in lines))


def write_measurements(path: Path, measurements: Iterable[Measurement]) -> None:
    """Write the file of measurements in the same manner.

    Raises
    ------
    ExpectationsError
        The file cannot be written.
    """
    _write(path, MEASURED, measurements)


def _read(path: Path, header: tuple[str, ...], parse: Callable[[list[str]], T]) -> Iterator[T]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpectationsError(f"{path} cannot be read ({error}).") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            if reader.line_num == 1:
                _require(tuple(row) == header, f"the header must read {','.join(header)}")
            else:
                _require(len(row) == len(header), f"{len(row)} columns stand where {len(header)} belong")
                yield parse(row)
        _require(reader.line_num > 0, "the file is empty")
    except (ValueError, csv.Error, InvalidSpecifier) as error:
        words = str(error).rstrip(".")
        raise ExpectationsError(f"{path}, line {reader.line_num}: {words}: run accept again, or mend it.") from error


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    rows = sorted(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    try:
        if not rows:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write(path, text.getvalue())
    except OSError as error:
        raise ExpectationsError(f"{path} cannot be written ({error.strerror}): make its folder writable.") from error


def _line(row: list[str]) -> Line:
    cell, cause, versions, platform, verdict, limit = row
    _require(cell.count("/") >= 8, f"{cell!r} is not the id of a cell")
    _require(verdict in FINDINGS, f"{verdict!r} is not a kind of finding")
    power = re.fullmatch(r"2\^(-?\d{1,4})", limit)
    _require(bool(power) or not limit, f"the bound {limit!r} is not a power of two such as 2^24")
    return Line(cell, cause, Versions.parse(versions), platform, verdict, int(power[1]) if power else None)


def _measurement(row: list[str]) -> Measurement:
    platform, measurement = row
    _require(measurement.count("/") >= 6, f"{measurement!r} is not a test")
    return platform, measurement


def _require(condition: bool, words: str) -> None:
    if not condition:
        raise ValueError(words)
