"""From a run on disk or in memory to all that its page tells: what is drawn, what is expected, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.auditing import Working
from conformance.compare.comparison import Comparison
from conformance.expectations import Assessment, Expectations
from conformance.formats import Bits
from conformance.plan import Plan
from conformance.report.comparison.words import Told as Compared
from conformance.report.comparison.words import remarks, run_words, sentences, totals
from conformance.report.page import Other
from conformance.report.page.drawn import draw
from conformance.report.page.payload import Told, by_test
from conformance.run import Run
from conformance.subject import Source
from conformance.sweep.outcome import Outcome


@dataclass(frozen=True)
class Before:
    """What a run is compared with.

    Attributes
    ----------
    name : str
        What the reader calls it.
    comparison : Comparison
    observed : mapping of str to ndarray of unsigned integers
        Its observations.
    """

    name: str
    comparison: Comparison
    observed: Mapping[str, Bits]


def told(
    run: Run,
    observed: Mapping[str, Bits],
    found: Sequence[Source],
    known: Expectations,
    assessment: Assessment,
    working: Working,
    before: Before | None = None,
    sweeps: Mapping[str, Sequence[Outcome]] | None = None,
) -> Told:
    """All that a page tells of a run.

    Parameters
    ----------
    run : Run
    observed : mapping of str to ndarray of unsigned integers
        Its observations; empty where there are none.
    found : sequence of Source
        The adapters, whose data say what the cases are.
    known : Expectations
    assessment : Assessment
        Of the run, by these expectations.
    working : callable
        Shows progress.
    before : Before, optional
        What it is compared with.
    sweeps : mapping of str to sequence of Outcome, optional
        By test, what sweeps left beside the run.
    """
    plan = Plan(found, run.tier)
    tests, bits = [by_test(run.cells)], [observed]
    others: list[str] = []
    if before is not None:
        own = run.by_id()
        others = [change.id for change in before.comparison.changes if change.id not in own]
        tests.append(by_test(before.comparison.before.cells))
        bits.append(before.observed)
    with working("drawing", max(1, sum(map(len, tests)))) as advance:
        drawn = draw(tests, bits, plan, advance, sweeps)
    earlier = before.comparison.before.by_id() if before is not None else {}
    return Told(
        run,
        plan,
        assessment,
        known.causes,
        drawn,
        [earlier[identity] for identity in others],
        before.comparison.changes if before is not None else (),
        before is not None,
    )


def other(before: Before, name: str) -> Other:
    """What the page says of the run that another is compared with.

    Parameters
    ----------
    before : Before
    name : str
        What the reader calls the later run.
    """
    comparison = before.comparison
    said = sentences(comparison)
    for title, differences in remarks(comparison):
        listed = "; ".join(f"{d.name} {d.before or '-'} → {d.after or '-'}" for d in differences)
        said.append(f"{title}: {listed}")
    words = run_words(comparison.before)
    return Other(before.name, words, totals(Compared(comparison, (before.name, name))), tuple(said))
