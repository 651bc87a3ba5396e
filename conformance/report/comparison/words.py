"""What a comparison says in words and numbers, whatever the form: titles, groups of changes, values."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.causes import Cause
from conformance.cell import Cell
from conformance.compare.case_change import CaseChange, Returned
from conformance.compare.comparison import IMPROVING, KINDS, WORSENING, Change, Comparison
from conformance.compare.differences import Difference
from conformance.compare.regression import Rule, failing
from conformance.report.decimals import digits
from conformance.report.figures import count, ulp
from conformance.run import Run
from conformance.verdicts import SEVERITY

TITLES = {
    "new": "New findings",
    "worse": "Worse findings",
    "vanished": "Vanished: only the first run has these",
    "appeared": "Appeared: only the second run has these",
    "fixed": "Fixed findings",
    "better": "Better findings",
    "bits": "Other bits, in cells that are no worse and no better",
    "cannot-tell": "Cannot tell: the results differ, and so do the machines or the cases",
}
"""What stands above the changes of each kind; what is the same is only counted."""

SHOWN = 40
"""How many groups of a kind are listed before the rest is only counted."""

WHOLLY = 9
"""Digits that tell one number of binary32 from the next; binary64 has its own shortest text."""

NO_WITNESS = "bits differ and no witness was kept"
"""Where nothing shows a case."""


@dataclass(frozen=True)
class Told:
    """A comparison, and all that is said with it.

    Attributes
    ----------
    comparison : Comparison
    names : tuple of str
        What the reader calls the two runs.
    rules : sequence of Rule
        What fails the comparison.
    causes : mapping of str to Cause
        By id, to say why.
    only_changed : bool
        Whether what is the same is left out.
    """

    comparison: Comparison
    names: tuple[str, str]
    rules: Sequence[Rule] = ()
    causes: Mapping[str, Cause] = field(default_factory=dict)
    only_changed: bool = False

    @property
    def failing(self) -> tuple[Change, ...]:
        """The changes that fail the comparison."""
        return failing(self.comparison.changes, self.rules)


@dataclass(frozen=True)
class Group:
    """Changes of one kind that are told together; the first of them is shown.

    Attributes
    ----------
    cause : str or None
    changes : tuple of Change
        Of one entry point, config and quantity; of cells that one run lacks, of one reason.
    """

    cause: str | None
    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """The gravest."""
        return self.changes[0]


def sides(told: Told) -> list[tuple[str, str, str]]:
    """The role of each run, what the reader calls it, and what was measured."""
    runs = (told.comparison.before, told.comparison.after)
    return [(role, name, run_words(run)) for role, name, run in zip(("before", "after"), told.names, runs, strict=True)]


def sections(told: Told) -> list[tuple[str, str, list[Group]]]:
    """Each kind of change that there is, with its heading and its groups."""
    found = [(kind, title, groups(told.comparison, kind)) for kind, title in TITLES.items()]
    counts = told.comparison.counts
    return [(kind, f"{title} ({count(counts[kind], 'cell')})", several) for kind, title, several in found if several]


def groups(comparison: Comparison, kind: str) -> list[Group]:
    """The changes of a kind in groups, the gravest first; those of one recorded cause stand together."""
    found: dict[tuple[str | None, ...], list[Change]] = {}
    order: dict[str | None, int] = {}
    for change in comparison.of(kind):
        cell = change.cell
        cause = change.cause if kind in (*WORSENING, *IMPROVING) else None
        order.setdefault(cause, len(order))
        single = kind in ("appeared", "vanished")
        found.setdefault(
            (cause, cell.adapter, cell.entry_point, cell.config, "" if single else cell.quantity, change.why), []
        ).append(change)
    made = [Group(key[0], tuple(changes)) for key, changes in found.items()]
    return sorted(made, key=lambda group: order[group.cause])


def subject_words(cell: Cell, quantity: bool = True) -> str:
    """Adapter, entry point, config and quantity: what the changes of a group share."""
    parts = [cell.adapter, cell.entry_point] + [cell.short_config] * (cell.short_config != "-")
    return " ".join(parts + [cell.quantity] * quantity)


def place_words(cell: Cell) -> str:
    """Mode, dtype, region and label class of a cell."""
    return "/".join((cell.mode, cell.dtype, cell.region, cell.label_class))


def extent(changes: Sequence[Change]) -> str:
    """The modes and dtypes of some changes."""
    cells = [change.cell for change in changes]
    return "; ".join(", ".join(dict.fromkeys(names)) for names in ([c.mode for c in cells], [c.dtype for c in cells]))


def verdict_words(change: Change) -> str:
    """How a cell was judged before, and how it is now: ``within-limit 0.75 → lost 2.6e6 ULP``.

    Where the case that is shown has not changed, others have: then how many are judged so.
    """
    case = change.case
    if case is not None and case.complete and case.before == case.after:
        return _more_or_fewer(change)
    if case is not None and case.complete:
        pair = [_verdict(said) for said in (case.before, case.after)]
    else:
        pair = [_judged(cell) for cell in (change.before, change.after)]
    return f"{pair[0]} → {pair[1]}" if pair[0] != pair[1] else pair[0]


def _more_or_fewer(change: Change) -> str:
    """Of which verdict there are more cases than before, or fewer: ``lost, 14 cases → 6``."""
    before, after = ({} if cell is None else cell.verdicts for cell in (change.before, change.after))
    for kind in SEVERITY:
        if before.get(kind, 0) != after.get(kind, 0):
            return f"{kind}, {count(before.get(kind, 0), 'case')} → {after.get(kind, 0):,}"
    return _judged(change.after)


def case_words(change: Change) -> str:
    """The case that changed most in a line: inputs, both values, the exact one."""
    case = change.case
    if case is None:
        return change.why or NO_WITNESS
    dtype = change.cell.dtype
    before, after = values(case, dtype)
    if before == after:
        return f"{inputs(case, dtype)}: {before} in both, exact {exact(case, dtype)}; other cases of the cell differ"
    return f"{inputs(case, dtype)}: {before} → {after}, exact {exact(case, dtype)}"


def inputs(case: CaseChange, dtype: str) -> str:
    """The inputs of a case: ``logit = -20, label = 0``."""
    return ", ".join(f"{name} = {number(value, dtype)}" for name, value in case.inputs.items())


def values(case: CaseChange, dtype: str) -> tuple[str, str]:
    """What came back for a case, each time."""
    pair = tuple(_value(said, dtype) for said in (case.before, case.after))
    return pair[0], pair[1]


def exact(case: CaseChange, dtype: str) -> str:
    """The exact value of a case, to as many digits as the dtype tells apart."""
    most, text = 17 if dtype == "binary64" else WHOLLY, case.exact or "-"
    try:
        value = float(text)
    except ValueError:
        return text
    within = sys.float_info.min < abs(value) < math.inf     # what binary64 holds in full is written as it writes it
    return f"{value:.{most}g}" if within else digits(text, most)


def number(hexadecimal: str, dtype: str) -> str:
    """A number in decimal, to as many digits as the dtype tells apart; anything else as it is."""
    try:
        value = float.fromhex(hexadecimal)
    except ValueError:
        return hexadecimal
    if not math.isfinite(value):
        return {"nan": "NaN"}.get(str(value), str(value))
    text = repr(value) if dtype == "binary64" else f"{value:.{WHOLLY}g}"
    return text.removesuffix(".0")


def why_words(cause: str | None, causes: Mapping[str, Cause]) -> str:
    """A cause with its reason, or that none is recorded."""
    if cause is None:
        return "no recorded cause"
    said = " ".join(causes[name].why for name in cause.split("+") if name in causes)
    return f"{cause}: {said}" if said else cause


def run_words(run: Run) -> str:
    """What a run measured: the adapters and their releases, tier and machine."""
    parts = []
    for record in run.adapters:
        said = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        parts.append(f"{record['name']} ({said or record['status']})")
    cpu = f"{run.environment.get('cpu', 'unknown CPU')}, {run.platform}"
    return f"{', '.join(parts) or 'no adapter'}; {run.tier} tier; {cpu}"


def remarks(comparison: Comparison) -> list[tuple[str, list[Difference]]]:
    """The differences that are told before any result, under their titles: the machine, then what is compared."""
    machine = [d for d in comparison.differences if d.of in ("machine", "variable")]
    measured = [d for d in comparison.differences if d.of in ("measured", "adapter")]
    releases = [d for d in comparison.differences if d.of == "release"]
    told = [
        ("The machines or their settings differ, which by itself changes bits", machine),
        ("Not the same was measured", measured),
        ("Releases", releases),
    ]
    return [(title, found) for title, found in told if found]


def sentences(comparison: Comparison) -> list[str]:
    """What a reader has to know before the results, beside the differences themselves."""
    said = []
    if any(d.of == "machine" and d.name in ("cpu", "platform") for d in comparison.differences):
        said.append("On another CPU other code is chosen: where only bits differ, nobody can tell why.")
    if comparison.other_cases:
        said.append("The runs have different sets of cases (another tier, or another version of this project).")
    said += [f"{name} could be measured before, and is {reason}" for name, reason in comparison.broken.items()]
    if not comparison.comparable:
        said.append("Nothing was delivered in both runs: nothing was compared.")
    return said


def totals(told: Told) -> str:
    """One line of counts, and what fails the comparison."""
    both, alone = Counter[str](), Counter[str]()
    for change in told.comparison.changes:
        (both if change.before and change.after else alone)[change.kind] += 1
    said = f"{count(told.comparison.common, 'cell')} in both runs: {_tally(both) or 'nothing'}"
    if alone:
        said += f"; of one run only: {_tally(alone)}"
    if not told.rules:
        return said
    rules = ", ".join(str(rule) for rule in told.rules)
    found = len(told.failing)
    return f"{said}; fails on {rules}: {f'{found:,}' if found else 'none'}"


def _tally(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind in KINDS if (number := numbers.get(kind, 0)))


def listed(told: Told) -> tuple[Change, ...]:
    """The changes that fail the comparison, where the kinds do not tell which."""
    return told.failing if any(rule.name in ("new-nan", "ulp") for rule in told.rules) else ()


def _verdict(said: Returned) -> str:
    return f"{said.verdict} {ulp(said.ulp)} ULP" if said.ulp is not None else said.verdict


def _judged(cell: Cell | None) -> str:
    """A cell's finding and its figure; without one, the largest error of its cases."""
    if cell is None:
        return "not there"
    figure = cell.figure if cell.finding else cell.max_ulp
    words = cell.finding or next(iter(cell.verdicts), "nothing")
    if cell.finding is None and len(cell.verdicts) > 1:
        words = "no finding"
    return words if figure is None else f"{words} {ulp(figure)} ULP"


def _value(said: Returned, dtype: str) -> str:
    if said.got is not None:
        return number(said.got, dtype)
    return "correctly rounded" if said.verdict == "correctly-rounded" else "not kept"
