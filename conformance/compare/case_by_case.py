"""The case of a cell that changed most between two runs, found among the bits of every case."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from conformance.cell import Cell, shortest
from conformance.compare.case_change import CaseChange, Seen
from conformance.compare.judged_tests import JudgedTest, JudgedTests, inside
from conformance.exact import decimal
from conformance.formats import Mask, Values
from conformance.judge import Columns, Standard
from conformance.summary import RANK, worse


class CaseByCase:
    """Looks at every case of a cell in two runs of one tier. A cell whose cases are not these is left alone.

    Parameters
    ----------
    before, after : JudgedTests
        Of both runs.
    """

    def __init__(self, before: JudgedTests, after: JudgedTests) -> None:
        self.before, self.after = before, after

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
        first, last = self.before(before), self.after(after)
        if first is None or last is None:
            return None
        mask = inside(last, after)
        if not (first.held & last.held)[mask].all():
            return None
        changed = changes(first, last, mask)
        if not len(changed):
            return Seen()
        growth = _growth(first.columns, last.columns)[changed]
        nan = np.isnan(last.values) & (RANK[last.columns.verdict] < RANK.max()) & ~np.isnan(first.values)
        case = most_changed(first, last, changed, kind, self.after.standard(after))
        return Seen(case, new_nan=bool(nan[changed].any()), growth=float(growth.max()))


def changes(first: JudgedTest, last: JudgedTest, mask: Mask) -> NDArray[np.intp]:
    """The cases of a mask for which other bits came back, and not NaN both times; those that both sides hold."""
    both_nan = np.isnan(first.values) & np.isnan(last.values)
    return np.flatnonzero(mask & first.held & last.held & (first.bits != last.bits) & ~both_nan)


def most_changed(
    first: JudgedTest, last: JudgedTest, changed: NDArray[np.intp], kind: str, rule: Standard
) -> CaseChange:
    """The case that changed most, of at least one.

    Parameters
    ----------
    first, last : JudgedTest
        Of the same cases.
    changed : ndarray of intp
        From `changes`.
    kind : str
        What became of the cell.
    rule : Standard
        What it was judged by.
    """
    k = int(_most(changed, first.columns, last.columns, kind))
    return CaseChange(
        case=last.cases.name(k),
        inputs={name: shortest(value) for name, value in last.cases.hex(k).items()},
        exact=decimal(rule.mathematics.value.number(k)),
        before=first.returned(k),
        after=last.returned(k),
    )


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
