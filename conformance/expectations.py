"""What is expected of a run: `assess` is the one function that knows, and `acceptance` what it could know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.causes import Cause, ExpectationsError, Versions, joined, objection, read_causes
from conformance.cell import EVERY, Cell
from conformance.recorded import Line, Measurement, exponent, read_lines, read_measurements
from conformance.run import QUICK, Run
from conformance.selectors import Selectors
from conformance.verdicts import SEVERITY

__all__ = [
    "NOTHING_RAN",
    "Acceptance",
    "Assessment",
    "Expectations",
    "ExpectationsError",
    "acceptance",
    "assess",
    "assessed_findings",
    "load",
]

NOTHING_RAN = 5
"""The exit status where nothing was delivered: never green."""


@dataclass(frozen=True)
class Expectations:
    """The causes and the recorded lines of any number of adapters.

    Attributes
    ----------
    causes : mapping of str to Cause
        By id.
    lines : mapping of str to sequence of Line
        By the name of the file they stand in.
    measured : frozenset of (str, str)
        Platform and measurement, of all that was measured when lines were recorded.
    """

    causes: Mapping[str, Cause] = field(default_factory=dict)
    lines: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    measured: frozenset[Measurement] = frozenset()

    @cached_property
    def selectors(self) -> Selectors:
        """The selectors of all causes."""
        return Selectors(self.causes.values())

    def all_lines(self) -> Iterable[Line]:
        """Every recorded line."""
        return (line for lines in self.lines.values() for line in lines)

    def named(self, text: str) -> tuple[Cause, ...]:
        """The causes that a line or an assessment names, ``a`` or ``a+b``, without those that no file has."""
        return tuple(self.causes[identity] for identity in text.split("+") if identity in self.causes)


@dataclass(frozen=True)
class Assessment:
    """A run held against its expectations.

    Attributes
    ----------
    expected : dict of str to str
        Id of a cell with a finding, to the id of the cause that explains it, or to several as ``a+b``.
    unexpected : dict of str to str
        Id of a cell with a finding, to the reason why nothing explains it; worst first.
    stale : dict of str to str
        Id of a recorded cell whose finding is gone, to the cause recorded for it.
    exit_status : int
        As pytest's: 0 clean or all expected, 1 unexpected or stale, 5 nothing ran.
    """

    expected: dict[str, str]
    unexpected: dict[str, str]
    stale: dict[str, str]
    exit_status: int


@dataclass(frozen=True)
class Acceptance:
    """What ``accept`` would write, and the findings that it refuses.

    Attributes
    ----------
    lines : dict of str to tuple of Line
        By the name of the file, complete.
    refused : dict of str to str
        Id of a cell with a finding, to the reason.
    measured : frozenset of (str, str)
        Platform and measurement, of all that the lines speak of.
    """

    lines: dict[str, tuple[Line, ...]]
    refused: dict[str, str]
    measured: frozenset[Measurement]


def load(*adapters_folders: Path) -> Expectations:
    """The expectations beside adapters: ``FOLDER/expectations/NAME.toml``, ``recorded/NAME.csv`` and ``measured.csv``.

    Parameters
    ----------
    *adapters_folders : Path
        Folders of adapter files; one without expectations adds nothing.

    Raises
    ------
    ExpectationsError
        A file is malformed, or two causes have one id.
    """
    causes: dict[str, Cause] = {}
    lines: dict[str, Sequence[Line]] = {}
    measured: frozenset[Measurement] = frozenset()
    for folder in dict.fromkeys(folder.resolve() for folder in adapters_folders):
        for path in sorted((folder / "expectations").glob("*.toml")):
            for cause in read_causes(path):
                if cause.id in causes:
                    raise ExpectationsError(f"{path}: the cause {cause.id!r} is there twice: rename one of them.")
                causes[cause.id] = cause
        for path in sorted((folder / "expectations" / "recorded").glob("*.csv")):
            lines[path.stem] = (*lines.get(path.stem, ()), *read_lines(path))
        measured |= read_measurements(folder / "expectations" / "measured.csv")
    return Expectations(causes, lines, measured)


def assess(run: Run, expectations: Expectations) -> Assessment:
    """Hold a run against what is expected of it.

    A finding needs exactly one recorded line of its platform and version, whose verdict it has, whose bound it
    keeps, and whose causes explain every kind of finding in the cell. What was not measured when lines were last
    recorded on this platform needs one cause for each kind.

    Parameters
    ----------
    run : Run
        What was measured.
    expectations : Expectations
        What `load` found.

    Returns
    -------
    Assessment
        Each finding is either expected or unexpected.
    """
    cells = run.by_id()
    here = [line for line in expectations.all_lines() if line.platform == run.platform]
    by_cell: dict[str, list[Line]] = {}
    for line in here:
        by_cell.setdefault(line.cell, []).append(line)
    expected: dict[str, str] = {}
    unexpected: dict[str, str] = {}
    for identity in run.findings:
        cell = cells[identity]
        lines = [line for line in by_cell.get(identity, ()) if run.versions(cell.adapter) in line.versions]
        if lines or (run.platform, cell.measurement) in expectations.measured:
            causes, reason = _by_line(cell, lines, run, expectations)
        else:
            causes, reason = _by_cause(cell, run, expectations)
        if causes and not reason:
            expected[identity] = joined(causes)
        else:
            unexpected[identity] = reason
    measured = _Measured(run)
    stale = {line.cell: line.cause for line in here if measured.makes_stale(line)}
    failed = bool(unexpected or stale or run.broken)
    return Assessment(expected, unexpected, stale, int(failed) if any(c.ran for c in run.cells) else NOTHING_RAN)


def acceptance(run: Run, expectations: Expectations) -> Acceptance:
    """The recorded lines after this run: a line for each of its findings, without the stale and the orphaned.

    Lines of other platforms, of other versions and of what was not measured stay as they are.
    """
    cells = run.by_id()
    fresh: dict[str, list[Line]] = {}
    refused: dict[str, str] = {}
    for identity in run.findings:
        cell = cells[identity]
        causes, reason = _by_cause(cell, run, expectations)
        if reason:
            refused[identity] = reason
            continue
        versions = Versions.common(cause.versions for cause in causes)
        kind = cell.finding or ""
        line = Line(identity, joined(causes), versions, run.platform, kind, exponent(cell.figure))
        fresh.setdefault(causes[0].name, []).append(line)
    new = {line.cell: line for lines in fresh.values() for line in lines}
    measured = _Measured(run)

    def stays(line: Line) -> bool:
        if len(expectations.named(line.cause)) < len(line.cause.split("+")):
            return False
        if line.platform != run.platform:
            return True
        follower = new.get(line.cell)
        if follower is not None:
            return follower.cause != line.cause and run.versions(cells[line.cell].adapter) not in line.versions
        return not measured.makes_stale(line)

    files = sorted({*expectations.lines, *fresh})
    kept = {name: filter(stays, expectations.lines.get(name, ())) for name in files}
    complete = {name: (*kept[name], *fresh.get(name, ())) for name in files}
    return Acceptance(complete, refused, expectations.measured | {(run.platform, c.measurement) for c in run.cells})


def assessed_findings(run: Run, assessment: Assessment) -> list[dict[str, Any]]:
    """The findings of a run, worst first, as JSON: cell id, verdict, figure and cause (None: unexpected)."""
    cells = run.by_id()
    return [
        {
            "id": identity,
            "verdict": cells[identity].finding,
            "ulp": cells[identity].figure,
            "cause": assessment.expected.get(identity),
        }
        for identity in run.findings
    ]


def _by_line(cell: Cell, lines: Sequence[Line], run: Run, expectations: Expectations) -> tuple[tuple[Cause, ...], str]:
    """The causes of the one line recorded for a cell, and what stands against it."""
    if not lines:
        causes, reason = _by_cause(cell, run, expectations)
        return (), reason or f"it is not recorded, though the cause {joined(causes)} covers it"
    if len(lines) > 1:
        return (), "more than one recorded line claims it"
    line = lines[0]
    causes = expectations.named(line.cause)
    if not causes or joined(causes) != line.cause:
        return (), f"its line names the cause {line.cause}, which no file has"
    for cause in causes:
        if not cause.selects(cell) or run.versions(cell.adapter) not in cause.versions:
            return causes, f"its line names the cause {cause.id}, which does not speak of it"
        if run.tier != QUICK and not cause.verdicts & cell.findings:
            return causes, f"its line names the cause {cause.id}, and nothing of that is left: accept it again"
    if not _same_verdict(cell, line, run):
        return causes, f"it is {cell.finding}, and {line.verdict} was recorded"
    if not line.bounds(cell.figure):
        return causes, f"{cell.figure:.3g} ULP is over its recorded bound {line.limit or 'of none'}"
    return causes, objection(cell, causes)


def _by_cause(cell: Cell, run: Run, expectations: Expectations) -> tuple[tuple[Cause, ...], str]:
    """The causes that cover a cell, one for each kind of finding, the worst first, and what stands against them."""
    versions = run.versions(cell.adapter)
    speaking = [cause for cause in expectations.selectors.of(cell) if versions in cause.versions]
    if not speaking:
        return (), "no cause covers it"
    chosen: dict[str, Cause] = {}
    for kind in (kind for kind in SEVERITY if kind in cell.findings):
        covering = [cause for cause in speaking if kind in cause.verdicts]
        if len(covering) > 1:
            return (), "the causes " + " and ".join(cause.id for cause in covering) + f" both cover {kind}"
        chosen.update({cause.id: cause for cause in covering})
    causes = tuple(chosen.values())
    return causes, objection(cell, causes or speaking[:1])


def _same_verdict(cell: Cell, line: Line, run: Run) -> bool:
    """A run of a part of the cases may miss the worst of a cell; it may not show a worse one."""
    if run.tier == QUICK:
        return SEVERITY.index(cell.finding or line.verdict) >= SEVERITY.index(line.verdict)
    return cell.finding == line.verdict


class _Measured:
    """What a run has measured, to find recorded lines whose finding is gone."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cells = run.by_id()
        self.tests = {cell.test: cell for cell in run.cells}

    def makes_stale(self, line: Line) -> bool:
        """Whether the cell of a line of this platform was fully measured, in its versions, without a finding."""
        if self.run.tier == QUICK:
            return False
        cell = self.cells.get(line.cell)
        gone = cell is not None and cell.finding is None
        if cell is None and line.cell.endswith(f"/{EVERY}/{EVERY}"):
            # What delivered nothing has one cell for all; once it delivers, that cell gives way to others.
            cell = self.tests.get(line.cell.rsplit("/", 2)[0])
            gone = cell is not None
        return gone and cell is not None and self.run.versions(cell.adapter) in line.versions
