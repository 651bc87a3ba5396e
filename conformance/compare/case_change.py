"""One case of a cell in two runs: what came back each time, and what is exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.cell import Cell
from conformance.verdicts import FINDINGS


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back for a case in one of the runs.

    Attributes
    ----------
    got : str or None
        A hexadecimal number, or ``raised``; None where no run holds it.
    verdict : str
        Empty where it is not known.
    ulp : float or None
        The error in ULPs of the scale; None where there is none, or it is not known.
    """

    got: str | None = None
    verdict: str = ""
    ulp: float | None = None

    @property
    def known(self) -> bool:
        """Whether the run says anything of the case."""
        return bool(self.verdict)

    @property
    def is_finding(self) -> bool:
        """Whether it is known to be a finding."""
        return self.verdict in FINDINGS


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case in two runs.

    Attributes
    ----------
    case : str
        Its id.
    inputs : mapping of str to str
        Name to hexadecimal number.
    exact : str or None
        Decimal.
    before, after : Returned
    """

    case: str
    inputs: Mapping[str, str]
    exact: str | None
    before: Returned
    after: Returned

    @property
    def complete(self) -> bool:
        """Whether both values are known."""
        return self.before.known and self.after.known

    @property
    def new_nan(self) -> bool:
        """Whether NaN came back in the second run, as a finding, and is not known to have come in the first."""
        return self.after.got == "nan" and self.after.is_finding and self.before.got != "nan"


def of_witnesses(before: Cell, after: Cell, of_after: bool) -> CaseChange | None:
    """The case that the witnesses of a cell show.

    A cell whose every result is correctly rounded, or whose every case raised, need not keep a witness: then each of
    its cases is known to be so. Of a case that is the witness of one run only, the other's value is not known.

    Parameters
    ----------
    before, after : Cell
        The same cell in two runs.
    of_after : bool
        Whether the second run's witness is to be shown, where there are two; else the first's.

    Returns
    -------
    CaseChange or None
        None where neither run kept a witness.
    """
    cells = (after, before) if of_after else (before, after)
    shown = next((cell.worst for cell in cells if cell.worst is not None), None)
    if shown is None:
        return None
    pair = (_said(shown, before), _said(shown, after))
    return CaseChange(shown["case"], shown["inputs"], shown["exact"], *pair)


def _said(shown: Mapping[str, Any], cell: Cell) -> Returned:
    """What a cell's own witness, or its want of one, says of a case."""
    own = cell.worst
    if own is not None:
        same = own["case"] == shown["case"] and own["inputs"] == shown["inputs"]
        return Returned(own["got"], own["verdict"], own["ulp"]) if same else Returned()
    of_all = next(iter(cell.verdicts)) if len(cell.verdicts) == 1 else ""
    if of_all == "correctly-rounded":
        return Returned(None, of_all)
    return Returned("raised", of_all) if of_all in ("raised", "raised-documented") else Returned()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the cases of a cell in two runs.

    Attributes
    ----------
    case : CaseChange or None
        The one that changed most; None where nothing shows one.
    new_nan : bool
        Whether NaN came back where it did not before, and is a finding.
    growth : float
        By how many ULPs of the scale the error of a case grew, of that which grew most; infinite where a number became
        none. Without the bits of every case, what the cells' own figures say. Zero or less: none grew.
    """

    case: CaseChange | None = None
    new_nan: bool = False
    growth: float = 0.0


NOTHING_SEEN = Seen()
"""No case shows anything."""


def seen_of_witnesses(
    before: Cell, after: Cell, of_after: bool, completed: Callable[[CaseChange | None], CaseChange | None] | None = None
) -> Seen:
    """What the cells themselves show, where the bits of every case are not at hand.

    Parameters
    ----------
    before, after : Cell
    of_after : bool
        As for `of_witnesses`.
    completed : callable, optional
        Adds to a case what else is known of it.
    """
    completed = completed or (lambda case: case)
    case = completed(of_witnesses(before, after, of_after))
    latest = completed(of_witnesses(before, after, True))
    new_nan = latest is not None and latest.new_nan and "wrong-class" not in before.findings
    growth = (after.max_ulp or 0.0) - (before.max_ulp or 0.0)
    if new_nan or (case is not None and case.complete and case.before.ulp is not None and case.after.ulp is None):
        growth = math.inf
    return Seen(case, new_nan, growth)
