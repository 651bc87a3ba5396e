"""The published figures: what sweeps found of each subject, quantity and label class, as rows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.cell import EVERY, LABEL_CLASSES, Cell
from conformance.formats import FORMATS
from conformance.run import Run, RunError
from conformance.sweep.outcome import Outcome, verdicts_of
from conformance.verdicts import SEVERITY

METHODS = ("exhaustive", "searched")
ORDER = (*LABEL_CLASSES, EVERY)
RANK = {verdict: rank for rank, verdict in enumerate(SEVERITY)}
CONTROL = "reference"
"""The adapter that comes last: it is what the others are held against."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Where and when rows were measured, and with which versions.

    Attributes
    ----------
    date : str
        ``YYYY-MM-DD``.
    variables : mapping of str to str
        Environment variables that can change a number.
    """

    adapter: str
    versions: Mapping[str, str]
    python: str
    cpu: str
    platform: str
    os: str
    variables: Mapping[str, str]
    date: str


@dataclass(frozen=True, slots=True)
class Witness:
    """One result, with the numbers as a run has them: inputs and result in hex, the exact value in decimal."""

    inputs: Mapping[str, str]
    got: str | None
    exact: str
    verdict: str
    ulp: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """What one subject did in one quantity under one class of labels, all regions together.

    Attributes
    ----------
    config : str
        Static keyword arguments as canonical JSON.
    labels : tuple of str
        Label classes: one, until `joined` makes more of it.
    method : str
        ``exhaustive``, or ``searched``: then every figure and count is a lower bound.
    verdicts : mapping of str to int
        How many points received each verdict.
    max_ulp, max_ulp_relative : float or None
        The largest error of all points, whatever their verdict: ULP of the scale, and of the exact value itself.
    worst : tuple of Witness
        The largest error that has a witness; before it the most severe finding, where that is another one.
    disorder, asymmetry, nans : int or None
        As in `conformance.sweep.outcome.Outcome`; sweeps before the second schema did not count NaNs.
    digests : tuple of str
        Of the results' bits, in the order of the labels; none of a search.
    sweep : Sweep
    """

    adapter: str
    entry_point: str
    config: str
    mode: str
    dtype: str
    device: str
    quantity: str
    labels: tuple[str, ...]
    method: str
    points: int
    verdicts: Mapping[str, int]
    max_ulp: float | None
    max_ulp_relative: float | None
    worst: tuple[Witness, ...]
    disorder: int | None
    asymmetry: int | None
    nans: int | None
    digests: tuple[str, ...]
    sweep: Sweep

    def count(self, *verdicts: str) -> int:
        """How many points received one of these verdicts."""
        return sum(self.verdicts.get(name, 0) for name in verdicts)

    @property
    def test(self) -> tuple[str, ...]:
        """Subject and quantity."""
        return self.adapter, self.entry_point, self.config, self.mode, self.dtype, self.device, self.quantity

    @property
    def key(self) -> tuple[Any, ...]:
        """What the row is about, in the order in which rows stand."""
        return (
            (self.adapter == CONTROL, self.adapter, self.entry_point, self.config),
            (list(FORMATS).index(self.dtype), self.quantity != "loss", self.quantity.startswith("d2_"), self.quantity),
            (tuple(ORDER.index(label) for label in self.labels), METHODS.index(self.method)),
            (self.mode, self.device),
        )


def rows(run: Run, outcomes: Iterable[Outcome], date: str) -> list[Row]:
    """The rows of a finished sweep, one for each of its outcomes.

    Parameters
    ----------
    run : Run
    outcomes : iterable of Outcome
        What the sweep left beside its run.
    date : str
        Of the sweep, ``YYYY-MM-DD``.

    Raises
    ------
    RunError
        The two do not belong together.
    """
    groups: dict[tuple[str, str, str, str], list[Cell]] = {}
    for cell in run.cells:
        groups.setdefault((cell.subject, cell.quantity, cell.label_class, cell.method), []).append(cell)
    judged = {(*key[:3], frozenset(verdicts_of(cells).items())): cells for key, cells in groups.items()}
    said = {(one.subject, one.quantity, one.label_class, frozenset(one.verdicts.items())): one for one in outcomes}
    for subject, *_ in judged.keys() ^ said.keys():
        raise RunError(f"The run and the sweep of {subject} do not belong together: sweep again.")
    found = [_row(cells, said[key], _sweep(run, cells[0].adapter, date)) for key, cells in judged.items()]
    return sorted(found, key=lambda row: row.key)


def merged(old: Iterable[Row], new: Collection[Row]) -> list[Row]:
    """Both together in order: a new row takes the place of the old one of the same key.

    Where a subject delivered nothing, one row stands for all of its labels: that goes when it delivers, and the
    others go when it no longer does.

    Parameters
    ----------
    old : iterable of Row
    new : collection of Row
    """
    delivers = {(row.test, EVERY not in row.labels) for row in new}
    kept = {row.key: row for row in old if (row.test, EVERY in row.labels) not in delivers}
    kept |= {row.key: row for row in new}
    return [kept[key] for key in sorted(kept)]


def joined(parts: Sequence[Row]) -> Row:
    """The row of several label classes of one subject, quantity and method.

    Parameters
    ----------
    parts : sequence of Row
        Which differ in nothing else that says what they are about.
    """
    first = parts[0]
    verdicts: Counter[str] = sum((Counter(part.verdicts) for part in parts), Counter())
    return replace(
        first,
        labels=tuple(label for part in parts for label in part.labels),
        points=sum(part.points for part in parts),
        verdicts=dict(verdicts),
        max_ulp=_largest(part.max_ulp for part in parts),
        max_ulp_relative=_largest(part.max_ulp_relative for part in parts),
        worst=_shown([witness for part in parts for witness in part.worst]),
        disorder=_sum(part.disorder for part in parts),
        asymmetry=next((part.asymmetry for part in parts if part.asymmetry is not None), None),
        nans=_sum(part.nans for part in parts),
        digests=tuple(digest for part in parts for digest in part.digests),
    )


def _row(cells: Sequence[Cell], one: Outcome, sweep: Sweep) -> Row:
    """The row of an outcome."""
    first = cells[0]
    witnesses = [
        Witness(w["inputs"], w["got"], w["exact"], w["verdict"], w["ulp"])
        for w in (cell.worst for cell in cells)
        if w is not None
    ]
    return Row(
        **{name: getattr(first, name) for name in ("adapter", "entry_point", "config", "mode", "dtype", "device")},
        quantity=one.quantity,
        labels=(one.label_class,),
        method=first.method,
        points=one.points,
        verdicts=one.verdicts,
        max_ulp=_largest(cell.max_ulp for cell in cells),
        max_ulp_relative=_largest(cell.max_ulp_relative for cell in cells),
        worst=_shown(witnesses),
        disorder=one.disorder,
        asymmetry=one.asymmetry,
        nans=one.nans,
        digests=(one.digest,) if one.digest else (),
        sweep=sweep,
    )


def _shown(witnesses: Sequence[Witness]) -> tuple[Witness, ...]:
    """The most severe finding, and the largest error where it is another; none where nothing is off."""
    if not witnesses:
        return ()

    def size(witness: Witness) -> float:
        return -1.0 if witness.ulp is None else witness.ulp

    severe = min(witnesses, key=lambda w: (RANK.get(w.verdict, len(RANK)), -size(w)))
    largest = max(witnesses, key=size)
    return (severe, largest) if size(largest) > size(severe) else (severe,)


def _sweep(run: Run, adapter: str, date: str) -> Sweep:
    record = next((record for record in run.adapters if record["name"] == adapter), {})
    said = run.environment
    return Sweep(
        adapter=adapter,
        versions=dict(record.get("versions", {})),
        python=str(record.get("python", "")),
        cpu=str(said.get("cpu", "unknown")),
        platform=run.platform,
        os=str(said.get("os", "unknown")),
        variables=dict(said.get("variables", {})),
        date=date,
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum of counts; None where one is not known."""
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def _largest(figures: Iterable[float | None]) -> float | None:
    return max((figure for figure in figures if figure is not None), default=None)
