"""A witness of one run, and what the other returned for the same case, where that is held."""

from __future__ import annotations

from dataclasses import replace

from conformance.cell import Cell, shortest
from conformance.compare.case_change import CaseChange, Returned, Seen, seen_of_witnesses
from conformance.compare.comparison import IMPROVING
from conformance.compare.judged_tests import JudgedTests


class Completed:
    """Looks at the witnesses of a cell in two runs: of each run some results are held, or all.

    Parameters
    ----------
    before, after : JudgedTests
        Of both runs.
    """

    def __init__(self, before: JudgedTests, after: JudgedTests) -> None:
        self.before, self.after = before, after

    def __call__(self, before: Cell, after: Cell, kind: str) -> Seen:
        """What the witnesses show: the later run's, or where the cell became better the earlier one's.

        Parameters
        ----------
        before, after : Cell
            The same cell in both runs.
        kind : str
            What became of it.
        """

        def completed(case: CaseChange | None) -> CaseChange | None:
            if case is None:
                return None
            first = _returned(self.before, before, case, case.before)
            return replace(case, before=first, after=_returned(self.after, after, case, case.after))

        return seen_of_witnesses(before, after, kind not in IMPROVING, completed)


def _returned(tests: JudgedTests, cell: Cell, case: CaseChange, said: Returned) -> Returned:
    """What a run returned for a case; what its cell said where that is not held, or its inputs were others."""
    if said.got is not None:
        return said
    test = tests(cell)
    k = None if test is None else test.cases.numbers.get(case.case)
    if test is None or k is None or {n: shortest(v) for n, v in test.cases.hex(k).items()} != dict(case.inputs):
        return said
    return test.returned(k) if test.held[k] else said
