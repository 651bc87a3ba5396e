"""One run against another: what became of every cell, and which case shows it. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from conformance.cell import EVERY, Cell
from conformance.compare.case_change import NOTHING_SEEN, CaseChange, Seen, seen_of_witnesses
from conformance.compare.cell_pair import kind_of, same_results
from conformance.compare.differences import Difference, differences, same_cpu
from conformance.expectations import Expectations, assess
from conformance.run import Run
from conformance.verdicts import SEVERITY

KINDS = ("new", "worse", "vanished", "appeared", "fixed", "better", "bits", "cannot-tell", "same")
"""What can become of a cell, in the order in which a reader wants to know.

`new` and `fixed`: a finding is there that was not, or is gone. `worse` and `better`: a finding was there and still is.
`bits`: results changed, and no finding did. `cannot-tell`: they differ, and the machine or the cases do too.
"""

WORSENING, IMPROVING = ("new", "worse"), ("fixed", "better")

Evidence = Callable[[Cell, Cell, str], Seen | None]
"""From a cell in both runs, and what became of it, to what its cases show; None where they are not at hand."""

Entry = tuple[str, str, str]
"""Adapter, entry point and config."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a cell.

    Attributes
    ----------
    id : str
        Of the cell.
    kind : str
        One of `KINDS`.
    before, after : Cell or None
        None in a run that does not have it.
    seen : Seen
        The case that changed most, with both values and the exact one, and what else the cases show.
    cause : str or None
        The id of the recorded cause of the finding, or of several, ``a+b``.
    why : str
        Why a cell is in one run only, or nothing can be told.
    """

    id: str
    kind: str
    before: Cell | None
    after: Cell | None
    seen: Seen = NOTHING_SEEN
    cause: str | None = None
    why: str = ""

    @property
    def cell(self) -> Cell:
        """The cell as the later run that has it holds it."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def case(self) -> CaseChange | None:
        """The case that changed most."""
        return self.seen.case

    @property
    def same_bits(self) -> bool:
        """Whether both runs have the cell, and every result of it bit by bit."""
        if self.before is None or self.after is None:
            return False
        return self.kind == "same" or (bool(self.before.bits_digest) and same_results(self.before, self.after))


@dataclass(frozen=True)
class Comparison:
    """Two runs, compared.

    Attributes
    ----------
    before, after : Run
    differences : tuple of Difference
        In what they differ besides results, what explains most first.
    changes : tuple of Change
        One for every cell of either run, by kind, and in each kind the gravest first. A cell that only said that
        nothing was delivered, and gave way to others, is not among them.
    common : int
        How many cells both have.
    """

    before: Run
    after: Run
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    common: int

    @cached_property
    def counts(self) -> dict[str, int]:
        """Kind to how many cells, in the order of `KINDS`; all kinds are there."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in KINDS}

    def of(self, *kinds: str) -> tuple[Change, ...]:
        """The changes of these kinds."""
        return tuple(change for change in self.changes if change.kind in kinds)

    @property
    def other_cases(self) -> bool:
        """Whether some cell of both has other cases in one than in the other."""
        return any(c.before and c.after and c.before.cases != c.after.cases for c in self.changes)

    @cached_property
    def broken(self) -> dict[str, str]:
        """The adapters that were measured, and could not be any more, with the reason."""
        fine = {record["name"] for record in self.before.adapters if record["status"] == "ok"}
        return {
            record["name"]: f"{record['status']}: {record['reason']}"
            for record in self.after.adapters
            if record["status"] != "ok" and record["name"] in fine
        }

    @property
    def comparable(self) -> bool:
        """Whether anything was delivered in both runs, or in one where the other says why it was not."""
        both = any(c.before and c.after and (c.before.ran or c.after.ran) for c in self.changes)
        return both or any(change.kind in (*WORSENING, *IMPROVING) for change in self.changes)


def compare(
    before: Run,
    after: Run,
    expectations: Expectations | None = None,
    evidence: Evidence | None = None,
    since: Mapping[Entry, str] | None = None,
) -> Comparison:
    """Compare two runs cell by cell.

    Parameters
    ----------
    before, after : Run
    expectations : Expectations, optional
        What names the causes of findings.
    evidence : callable, optional
        What looks at the bits of every case; without it, or where it has none, the cells' own witnesses show a case.
    since : mapping of (adapter, entry point, config) to str, optional
        The releases that introduced entry points, where they are known.
    """
    sides = _Side(before, expectations), _Side(after, expectations)
    first, last = sides[0].cells, sides[1].cells
    bits = same_cpu(before, after)
    changes = [_paired(first[i], last[i], bits, evidence, sides) for i in first if i in last]
    common = len(changes)
    changes += _single(sides[0], sides[1], since or {}, vanished=True)
    changes += _single(sides[1], sides[0], since or {}, vanished=False)
    return Comparison(before, after, differences(before, after), tuple(sorted(changes, key=_order)), common)


class _Side:
    """A run with its cells by id, its tests, and the causes of its findings."""

    def __init__(self, run: Run, expectations: Expectations | None) -> None:
        self.run, self.cells = run, run.by_id()
        self.causes = assess(run, expectations).expected if expectations is not None else {}
        self.tests: dict[str, list[Cell]] = {}
        for cell in run.cells:
            self.tests.setdefault(cell.test, []).append(cell)
        self.subjects = {cell.subject for cell in run.cells}
        self.records = {record["name"]: record for record in run.adapters}

    def nothing(self, test: str) -> Cell | None:
        """The one cell of a test that delivered nothing."""
        cells = self.tests.get(test, ())
        return cells[0] if len(cells) == 1 and cells[0].region == EVERY else None


def _paired(
    before: Cell, after: Cell, same_cpu: bool, evidence: Evidence | None, sides: tuple[_Side, _Side]
) -> Change:
    """What became of a cell that both runs have."""
    kind, why = kind_of(before, after, same_cpu)
    if kind == "same":
        return Change(before.id, kind, before, after, cause=_cause(before.id, kind, sides))
    seen = evidence(before, after, kind) if evidence is not None else None
    if seen is None:
        seen = seen_of_witnesses(before, after, kind not in IMPROVING)
    return Change(before.id, kind, before, after, seen, _cause(before.id, kind, sides), why)


def _single(own: _Side, other: _Side, since: Mapping[Entry, str], vanished: bool) -> Iterator[Change]:
    """What became of the cells that one run has and the other has not."""
    for identity, cell in own.cells.items():
        if identity in other.cells:
            continue
        before, after = (cell, None) if vanished else (None, cell)
        sides = (own, other) if vanished else (other, own)
        if cell.region == EVERY and cell.test in other.tests:  # nothing was delivered here, and there is
            if cell.finding is not None:
                kind, why = ("fixed", "it delivers now") if vanished else ("new", "it delivered before")
                seen = Seen(growth=-math.inf if vanished else math.inf)
                yield Change(identity, kind, before, after, seen, _cause(identity, kind, sides), why)
            continue
        kind = "vanished" if vanished else "appeared"
        why = _absence(cell, other, since)
        yield Change(identity, kind, before, after, cause=_cause(identity, kind, sides), why=why)


def _absence(cell: Cell, other: _Side, since: Mapping[Entry, str]) -> str:
    """Why a run does not have a cell, as far as it says."""
    record = other.records.get(cell.adapter)
    if record is None:
        return f"{cell.adapter} was not measured"
    if record["status"] != "ok":
        return f"{cell.adapter} is {record['status']}: {record['reason']}"
    nothing = other.nothing(cell.test)
    if nothing is not None:
        said = next(iter(nothing.verdicts), "nothing") + (f": {nothing.message}" if nothing.message else "")
        first = since.get((cell.adapter, cell.entry_point, cell.config), "")
        return said + (f", since {first}" if first and first not in said else "")
    if cell.test in other.tests:
        return f"no case of it in the {other.run.tier} tier of that version"
    if cell.subject in other.subjects:
        return f"{cell.quantity} was not measured"
    return "the subject was not measured"


def _cause(identity: str, kind: str, sides: tuple[_Side, _Side]) -> str | None:
    """The recorded cause: of the finding that is there, or of the one that is gone."""
    order = sides if kind in (*IMPROVING, "vanished") else (sides[1], sides[0])
    return next((side.causes[identity] for side in order if identity in side.causes), None)


def _order(change: Change) -> tuple[int, int, float, str]:
    """By kind, then the gravest finding, then the largest change, then the id."""
    grave = change.before if change.kind in IMPROVING and change.before else change.cell
    rank = SEVERITY.index(grave.finding) if grave.finding else len(SEVERITY)
    case = change.case
    size = abs(change.seen.growth)
    if case is not None and case.before.ulp is not None and case.after.ulp is not None:
        size = abs(case.after.ulp - case.before.ulp)
    return KINDS.index(change.kind), rank, -size, change.id
