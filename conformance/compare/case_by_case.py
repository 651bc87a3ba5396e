"""The case of a cell that changed most between two runs, found among the bits of every case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from conformance.cases import Cases
from conformance.cell import Cell, shortest
from conformance.compare.case_change import CaseChange, Returned, Seen
from conformance.exact import decimal
from conformance.formats import Bits, Mask, Values, to_float64
from conformance.judge import Columns, Standard, judge
from conformance.judgement import cell_mask, figure
from conformance.plan import Plan
from conformance.standards import standard
from conformance.subject import Source, Subject
from conformance.summary import RANK, digest, worse
from conformance.verdicts import VERDICTS

RAISED = frozenset(("raised", "raised-documented", "not-raised", "wrong-dtype"))
"""Verdicts on cases whose bits are no result of this format."""

Observed = Mapping[str, Bits]
"""The bits of every case by test: subject and quantity."""


@dataclass(frozen=True)
class Side:
    """One run's bits of a test and what the judge says of them."""

    bits: Bits
    values: Values
    columns: Columns


class CaseByCase:
    """Looks at every case of a cell in two runs of one tier. A cell whose cases are not these is left alone.

    Parameters
    ----------
    found : sequence of Source
        The adapters, whose data say what the cases are.
    tier : str
        Of both runs.
    before, after : mapping of str to ndarray of unsigned integers
        The observed bits of both.
    """

    def __init__(self, found: Sequence[Source], tier: str, before: Observed, after: Observed) -> None:
        self.plan, self.observed = Plan(found, tier), (before, after)
        self._judged: dict[tuple[str, bool, bool, bool], Side] = {}
        self._has = cache(self.plan.has)                        # there are thousands of cells, and few subjects

    def __call__(self, before: Cell, after: Cell, kind: str) -> Seen | None:
        """What the cases show, or None where their bits are not at hand.

        Parameters
        ----------
        before, after : Cell
            The same cell in both runs.
        kind : str
            ``new`` or ``worse``: a case that is worse is wanted, of the most severe verdict; ``fixed`` or ``better``:
            one that is better; else that whose error changed most.
        """
        cases = self._cases(before)
        if cases is None or RAISED & {*before.verdicts, *after.verdicts}:
            return None
        sides = [self._side(cell, second, len(cases)) for cell, second in ((before, False), (after, True))]
        first, last = sides
        if first is None or last is None:
            return None
        inside = cell_mask(cases, before.region, before.label_class)
        rule = self._standard(before)
        for cell, side in ((before, first), (after, last)):
            if digest(side.bits[inside], rule.container) != cell.bits_digest:
                return None  # the cases were others, in another version of this project
        both_nan = np.isnan(first.values) & np.isnan(last.values)
        changed = np.flatnonzero(inside & (first.bits != last.bits) & ~both_nan)
        if not len(changed):
            return Seen()
        growth = _growth(first.columns, last.columns)[changed]
        nan = np.isnan(last.values) & (RANK[last.columns.verdict] < RANK.max()) & ~np.isnan(first.values)
        k = int(_most(changed, first.columns, last.columns, kind))
        return Seen(
            CaseChange(
                case=cases.name(k),
                inputs={name: shortest(value) for name, value in cases.hex(k).items()},
                exact=decimal(rule.mathematics.value.number(k)),
                before=_returned(first, k),
                after=_returned(last, k),
            ),
            new_nan=bool(nan[changed].any()),
            growth=float(growth.max()),
        )

    def _cases(self, cell: Cell) -> Cases | None:
        """The cases of a cell's test as this version has them; None where it has no such test."""
        subject = _subject(cell)
        if cell.adapter not in self.plan.sources or cell.method != "cases" or not self._has(subject):
            return None
        return self.plan.cases(subject, cell.quantity)[0] if cell.quantity in self.plan.quantities(subject) else None

    def _standard(self, cell: Cell) -> Standard:
        """What a cell was judged by; whether subnormals are flushed there shows in its verdicts."""
        subject = _subject(cell)
        entry, tier = self.plan.entry(subject), self.plan.tier_of(subject, cell.quantity)
        return standard(entry, cell.dtype, cell.quantity, tier, "flushed" in cell.verdicts, "daz" in cell.verdicts)

    def _side(self, cell: Cell, second: bool, count: int) -> Side | None:
        """One run's results for the test of a cell, judged; None where it does not hold them for these cases."""
        key = (cell.test, second, "flushed" in cell.verdicts, "daz" in cell.verdicts)
        if key in self._judged:
            return self._judged[key]
        bits = self.observed[second].get(cell.test)
        rule = self._standard(cell)
        if bits is None or bits.shape != (count,) or bits.dtype != rule.container.storage:
            return None
        if any(test != cell.test for test, *_ in self._judged):  # cells come test by test: the others are done
            self._judged.clear()
        side = Side(bits, to_float64(bits, rule.container), judge(bits, rule.container.name, rule))
        self._judged[key] = side
        return side


def _most(changed: np.ndarray, before: Columns, after: Columns, kind: str) -> int:
    """The case that changed most, of those that changed as the kind says."""
    if kind in ("new", "worse"):
        changed = _severest(changed, before, after)
    elif kind in ("fixed", "better"):
        changed = _severest(changed, after, before)
    change = np.abs(_growth(before, after)[changed])
    return int(changed[np.argmax(change)])


def _severest(changed: np.ndarray, good: Columns, bad: Columns) -> np.ndarray:
    """Of the cases that the second columns have worse, those of the most severe verdict; all where there is none."""
    mask: Mask = worse(good, bad)
    there = changed[mask[changed]]
    ranks = RANK[bad.verdict[there]]
    return there[ranks == ranks.min()] if len(there) else changed


def _growth(before: Columns, after: Columns) -> Values:
    """By how much each error grew; infinite where a number became none, minus infinite where none became a number."""
    lost, gained = np.isnan(after.ulp), np.isnan(before.ulp)
    with np.errstate(invalid="ignore"):
        difference = np.nan_to_num(after.ulp - before.ulp, nan=0.0, posinf=math.inf, neginf=-math.inf)
    return np.select([lost & ~gained, gained & ~lost, lost & gained], [math.inf, -math.inf, 0.0], difference)


def _returned(side: Side, k: int) -> Returned:
    got = shortest(float(side.values[k]).hex())
    return Returned(got, VERDICTS[side.columns.verdict[k]], figure(side.columns.ulp[k]))


def _subject(cell: Cell) -> Subject:
    return Subject(cell.adapter, cell.entry_point, cell.config, cell.mode, cell.dtype, cell.device)
