"""The series of a whole run: every test whose bits are at hand, each series once."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from conformance import losses, quantities
from conformance.cases import Cases
from conformance.cell import EVERY, Cell
from conformance.formats import Bits
from conformance.plan import Plan
from conformance.report.page.axis import AXES
from conformance.report.page.packing import Interned
from conformance.report.page.series import Series, same_cases, series, undrawn
from conformance.report.page.sweep_series import sweep_series
from conformance.standards import formats, mathematics
from conformance.subject import Subject
from conformance.sweep.outcome import Outcome

NO_BITS = "The bits of this test were not kept, so there is no plot: the results folder has no observations of it."
OTHER_CASES = "The bits beside this run are not of the cases that this version has, so there is no plot: measure again."
NOTHING = "Nothing was delivered, so there is nothing to draw."
NO_AXIS = "Its first input is no logit and no probability, so there is no axis to draw it on."
NO_ADAPTER = "No adapter here has this subject, so its cases are not known: give its file with --adapter."
SWEPT = "A sweep keeps no single results, and its histograms are not beside this run, so there is no plot."

NONE = 0xFFFF
"""No series."""

@dataclass(frozen=True)
class Key:
    """What tests with the same cases and exact values share."""

    space: int
    argument: str
    container: str
    target: str


NO_SPACE = -1
"""Of a sweep, whose cases are not kept."""


@dataclass
class Drawn:
    """The distinct series of runs, and which test has which.

    Attributes
    ----------
    of : list of dict of str to int
        Of each run, test to the number of its series.
    why : dict of str to str
        Test to the reason why it has none.
    """

    of: list[dict[str, int]] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    found: list[Series] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    shared: Interned = field(default_factory=Interned)
    spaces: list[Cases] = field(default_factory=list)


Advance = Callable[[str], Any]


def draw(
    tests: Sequence[Mapping[str, Sequence[Cell]]],
    observed: Sequence[Mapping[str, Bits]],
    plan: Plan,
    advance: Advance,
    sweeps: Mapping[str, Sequence[Outcome]] | None = None,
) -> Drawn:
    """Draw one run, or several on the same axes.

    Parameters
    ----------
    tests : sequence of mapping of str to sequence of Cell
        Of each run, test to its cells that came of cases.
    observed : sequence of mapping of str to ndarray of unsigned integers
        Of each run, its observations.
    plan : Plan
        Of the tier of the runs.
    advance : callable
        Told the name of each test that is done.
    sweeps : mapping of str to sequence of Outcome, optional
        By test, what sweeps of the first run left beside it.
    """
    drawing = _Drawing(plan, sweeps or {})
    for own, bits in zip(tests, observed, strict=True):
        drawing.drawn.of.append({})
        for test, cells in own.items():
            advance(test)
            swept = drawing.of_sweep(test, cells)
            found = swept if swept is not None else drawing.of_cases(cells, _bits(bits, test))
            if isinstance(found, str):
                drawing.drawn.why[test] = found
            else:
                drawing.drawn.of[-1][test] = found
    return drawing.drawn


class _Drawing:
    """What has been drawn so far, so that nothing is drawn twice."""

    def __init__(self, plan: Plan, sweeps: Mapping[str, Sequence[Outcome]]) -> None:
        self.plan, self.sweeps, self.drawn = plan, sweeps, Drawn()
        self.known: dict[tuple[Any, ...], int] = {}
        self.spaces: dict[int, int] = {}
        self.has = cache(plan.has)

    def of_sweep(self, test: str, cells: Sequence[Cell]) -> int | None:
        """The series of a test that was swept; None where none was."""
        outcomes = self.sweeps.get(test)
        if not outcomes or len(self.drawn.of) > 1:
            return None
        first, dtype = losses.load(cells[0].loss).ARGUMENTS[0], cells[0].dtype
        if first not in AXES:
            return None
        return self._added(sweep_series(outcomes, AXES[first]), ("sweep", Key(NO_SPACE, first, dtype, dtype)))

    def of_cases(self, cells: Sequence[Cell], bits: Bits | None) -> int | str:
        """The series of a test that was measured case by case, or why it has none."""
        cell, plan = cells[0], self.plan
        if any(one.method != "cases" for one in cells):
            return SWEPT
        if cell.region == EVERY:
            return NOTHING
        if bits is None:
            return NO_BITS
        subject = Subject(cell.adapter, cell.entry_point, cell.config, cell.mode, cell.dtype, cell.device)
        here = subject.adapter in plan.sources and self.has(subject)
        if not here or cell.quantity not in plan.quantities(subject):
            return NO_ADAPTER
        entry, tier = plan.entry(subject), plan.tier_of(subject, cell.quantity)
        first = losses.load(entry.loss).ARGUMENTS[0]
        if first not in AXES:
            return NO_AXIS
        cases, _ = plan.cases(subject, cell.quantity)
        target, container = formats(entry, cell.dtype, cell.quantity)
        if not same_cases(cells, cases, bits, container):
            return OTHER_CASES
        names = (entry.loss, entry.contract, cell.dtype, quantities.exact(cell.quantity), tier, entry.labels)
        hidden = undrawn(cells, cases)
        alike = (names, target.name, container.name, _digest(bits), _digest(hidden))
        if alike not in self.known:
            space = self.spaces.setdefault(id(cases), len(self.spaces))
            if space == len(self.drawn.spaces):
                self.drawn.spaces.append(cases)
            found = series(bits, cases, mathematics(*names), (target, container), AXES[first], hidden)
            self.known[alike] = self._added(found, (names, Key(space, first, container.name, target.name)))
        return self.known[alike]

    def _added(self, found: Series, shared: tuple[Any, Key]) -> int:
        self.drawn.found.append(found)
        self.drawn.keys.append(self.drawn.shared.number(shared))
        return len(self.drawn.found) - 1


def _digest(array: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).digest()


def _bits(observed: Mapping[str, Bits], test: str) -> Bits | None:
    """The bits of a test; None where they are not there, or damaged in their archive."""
    try:
        return observed.get(test)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error):
        return None
