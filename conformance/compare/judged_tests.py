"""A run's results of the test that a cell is of, judged anew: what tells one case of it from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from conformance.cases import Cases
from conformance.cell import Cell, shortest
from conformance.compare.case_change import Returned
from conformance.formats import Bits, Mask, Values, from_float64, to_float64
from conformance.judge import Columns, Standard, judge
from conformance.judgement import cell_mask, figure
from conformance.plan import Plan
from conformance.standards import standard
from conformance.subject import Source, Subject
from conformance.summary import digest
from conformance.verdicts import VERDICTS

RAISED = frozenset(("raised", "raised-documented", "not-raised", "wrong-dtype"))
"""Verdicts on cases whose bits are no result of this format."""

Kept = Mapping[str, str]
"""Some results of a test: inputs, as `inputs_text` writes them, to a hexadecimal number."""

Held = Mapping[str, Bits | Kept]
"""What is held of a run's results, by test (subject and quantity): the bits of every case, or some of them."""


@dataclass(frozen=True)
class JudgedTest:
    """The results of a test and what the judge says of them.

    Attributes
    ----------
    cases : Cases
    bits : ndarray of unsigned integers, shape (cases,)
    held : ndarray of bool, shape (cases,)
        Whose bits they really are: elsewhere they say nothing.
    values : ndarray of float64, shape (cases,)
    columns : Columns
    """

    cases: Cases
    bits: Bits
    held: Mask
    values: Values
    columns: Columns

    def returned(self, k: int) -> Returned:
        """What came back for a case; nothing where it is not held."""
        if not self.held[k]:
            return Returned()
        got = shortest(float(self.values[k]).hex())
        return Returned(got, VERDICTS[self.columns.verdict[k]], figure(self.columns.ulp[k]))


class JudgedTests:
    """Judges the test of one cell after the other, and keeps the last one.

    Parameters
    ----------
    found : sequence of Source
        The adapters, whose data say what the cases are.
    tier : str
        The run's.
    held : mapping
        Its results.
    """

    def __init__(self, found: Sequence[Source], tier: str, held: Held) -> None:
        self.plan, self.held = Plan(found, tier), held
        self._last: dict[tuple[str, bool, bool], JudgedTest] = {}
        self._has = cache(self.plan.has)                        # there are thousands of cells, and few subjects

    def __call__(self, cell: Cell) -> JudgedTest | None:
        """The test of a cell; None where nothing is held of these cases, or of results in this format.

        Bits without the cell's digest are of other cases, in another version of this project.
        """
        cases = self._cases(cell)
        if cases is None or RAISED & cell.verdicts.keys():
            return None
        key = (cell.test, "flushed" in cell.verdicts, "daz" in cell.verdicts)
        if key not in self._last:
            found = self._bits(cell, cases)
            if found is None:
                return None
            if any(test != cell.test for test, *_ in self._last):  # cells come test by test: the others are done
                self._last.clear()
            bits, held = found
            rule = self.standard(cell)
            name = rule.container.name
            values = to_float64(bits, rule.container)
            self._last[key] = JudgedTest(cases, bits, held, values, judge(bits, name, rule))
        test = self._last[key]
        bits, held = test.bits[inside(test, cell)], test.held[inside(test, cell)]
        if held.all() and digest(bits, self.standard(cell).container) != cell.bits_digest:
            return None
        return test

    def standard(self, cell: Cell) -> Standard:
        """What a cell was judged by; whether subnormals are flushed there shows in its verdicts."""
        subject = _subject(cell)
        entry, tier = self.plan.entry(subject), self.plan.tier_of(subject, cell.quantity)
        return standard(entry, cell.dtype, cell.quantity, tier, "flushed" in cell.verdicts, "daz" in cell.verdicts)

    def _cases(self, cell: Cell) -> Cases | None:
        """The cases of a cell's test as this version has them; None where it has no such test, or no such region."""
        subject = _subject(cell)
        if cell.examination or cell.adapter not in self.plan.sources or cell.method != "cases":
            return None
        if not self._has(subject) or cell.quantity not in self.plan.quantities(subject):
            return None
        cases = self.plan.cases(subject, cell.quantity)[0]
        return cases if cell.region in cases.regions else None

    def _bits(self, cell: Cell, cases: Cases) -> tuple[Bits, Mask] | None:
        """What is held of a test, in the order of its cases."""
        found, fmt = self.held.get(cell.test), self.standard(cell).container
        if found is None:
            return None
        if isinstance(found, np.ndarray):
            fits = found.shape == (len(cases),) and found.dtype == fmt.storage
            return (found, np.ones(len(cases), bool)) if fits else None
        bits, held = np.zeros(len(cases), fmt.storage), np.zeros(len(cases), bool)
        for inputs, number in found.items():
            k = index_of(cases, inputs)
            if k is not None:
                bits[k], held[k] = from_float64(np.array([float.fromhex(number)]), fmt)[0], True
        return bits, held


def inside(test: JudgedTest, cell: Cell) -> Mask:
    """Which cases of a test are in a cell."""
    return cell_mask(test.cases, cell.region, cell.label_class)


def inputs_text(inputs: Mapping[str, str]) -> str:
    """The inputs of a case, in the order of its arguments: what it is known by in another version of this project."""
    return " ".join(shortest(value) for value in inputs.values())


def index_of(cases: Cases, inputs: str) -> int | None:
    """The index of the case with these inputs; None where there is none."""
    return cases.by_inputs.get(tuple(float.fromhex(value).hex() for value in inputs.split()))


def _subject(cell: Cell) -> Subject:
    return Subject(cell.adapter, cell.entry_point, cell.config, cell.mode, cell.dtype, cell.device)
