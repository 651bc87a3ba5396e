"""A cell in two runs: whether its findings are worse or better, or only its bits are others. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.cell import Cell
from conformance.verdicts import DELIVERY, FINDINGS, SEVERITY

ONE_BIT = 2.0
"""By this factor a finding's figure has to grow to be worse: one more bit of the result is wrong. A verdict's own
limits are crossed by less; that is another verdict then, and shows."""

COUNTED = FINDINGS & {*DELIVERY, "wrong-class", "wrong-sign", "lost", "wrong-denominator"}
"""The findings that are wholly wrong: each case more is worse. How many are inexact says little beside by how much."""

PROVEN = ("flushed", "daz")
"""What a zero is called where a probe proved that a mode flushes; where none did, the same zero is lost."""


def kind_of(before: Cell, after: Cell, same_cpu: bool) -> tuple[str, str]:
    """What became of a cell, and where nothing can be told, why.

    Its findings are compared kind by kind, the most severe first: the first of which there are more cases, or with an
    inexact kind any at all, decides; then the figure, by a factor of two or more. Where the runs have other numbers of
    cases of it, what shows only in the run that has more of them may not be new.

    Parameters
    ----------
    before, after : Cell
        The same cell.
    same_cpu : bool
        Whether the machines are alike, so that other bits mean something.
    """
    fewer, more = before.cases < after.cases, before.cases > after.cases
    turn = _turn(before, after)
    if (turn > 0 and fewer) or (turn < 0 and more):
        return "cannot-tell", f"it may be among cases that only one run has ({before.cases} and {after.cases})"
    if turn > 0:
        return ("worse" if before.finding else "new"), ""
    if turn < 0:
        return ("better" if after.finding else "fixed"), ""
    if before.cases != after.cases or before.method != after.method:
        return "cannot-tell", f"the runs have other cases of it ({before.cases} and {after.cases})"
    if same_results(before, after):
        return "same", ""
    return ("bits", "") if same_cpu else ("cannot-tell", "the runs were made on different CPUs")


def _turn(before: Cell, after: Cell) -> int:
    """1 where a cell's findings are worse than they were, -1 where they are better, else 0."""
    tallies = [dict(before.verdicts), dict(after.verdicts)]
    if any((kind in tallies[0]) != (kind in tallies[1]) for kind in PROVEN):
        tallies = [_unproven(tally) for tally in tallies]       # only one of them is known to flush
        if tallies[0] == tallies[1] and same_results(before, after):
            return 0
    for kind in SEVERITY:
        counts = [tally.get(kind, 0) for tally in tallies]
        if kind not in COUNTED or before.cases != after.cases:
            counts = [min(count, 1) for count in counts]
        if counts[0] != counts[1]:
            return 1 if counts[1] > counts[0] else -1
    figures = before.figure, after.figure
    if figures[0] is None or figures[1] is None or before.finding is None:
        return 0
    if figures[1] >= ONE_BIT * figures[0] and figures[1] > figures[0]:
        return 1
    return -1 if figures[0] >= ONE_BIT * figures[1] and figures[0] > figures[1] else 0


def _unproven(tally: Mapping[str, int]) -> dict[str, int]:
    """How often each verdict came back, as if no probe had proved that the mode flushes."""
    zeros = sum(tally.get(kind, 0) for kind in ("lost", *PROVEN))
    return {**{kind: count for kind, count in tally.items() if kind not in PROVEN}, "lost": zeros}


def same_results(before: Cell, after: Cell) -> bool:
    """Whether every result is the same, by the digest; where there is none, by all that is recorded."""
    if before.bits_digest and after.bits_digest:
        return before.bits_digest == after.bits_digest
    figures = [(c.max_ulp, c.max_ulp_relative, c.max_ulp_contract, dict(c.verdicts)) for c in (before, after)]
    return figures[0] == figures[1]
