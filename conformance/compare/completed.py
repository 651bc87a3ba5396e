"""What some cases of a cell show in two runs: the one that changed most of those that both hold, or a witness."""

from __future__ import annotations

from dataclasses import replace

from conformance.cell import Cell
from conformance.compare.case_by_case import changes, most_changed
from conformance.compare.case_change import CaseChange, Returned, Seen, seen_of_witnesses
from conformance.compare.comparison import IMPROVING, WORSENING
from conformance.compare.judged_tests import JudgedTests, index_of, inputs_text, inside
from conformance.summary import worse


class Completed:
    """Looks at a cell in two runs, of each of which some results are held, or all.

    Parameters
    ----------
    before, after : JudgedTests
        Of both runs.
    """

    def __init__(self, before: JudgedTests, after: JudgedTests) -> None:
        self.before, self.after = before, after

    def __call__(self, before: Cell, after: Cell, kind: str) -> Seen:
        """What is known: the case that changed most, of those that both runs hold; else the witness of one.

        It is the later run's, or where the cell became better the earlier one's, with what the other returned.

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

        seen = seen_of_witnesses(before, after, kind not in IMPROVING, completed)
        one, other = self.before(before), self.after(after)
        if one is None or other is None or len(one.cases) != len(other.cases):
            return seen
        changed = changes(one, other, inside(other, after))
        if kind in (*WORSENING, *IMPROVING):    # not every case of a cell goes its way
            good, bad = (one, other) if kind in WORSENING else (other, one)
            changed = changed[worse(good.columns, bad.columns)[changed]]
        if not len(changed):
            return seen
        return replace(seen, case=most_changed(one, other, changed, kind, self.after.standard(after)))


def _returned(tests: JudgedTests, cell: Cell, case: CaseChange, said: Returned) -> Returned:
    """What a run returned for a case; what its cell said where that is not held."""
    if said.got is not None:
        return said
    test = tests(cell)
    k = None if test is None else index_of(test.cases, inputs_text(case.inputs))
    return said if test is None or k is None or not test.held[k] else test.returned(k)
