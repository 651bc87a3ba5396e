"""Which samples are reduced where: more of them the further the tier goes, and most in an adapter's first mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conformance import losses
from conformance.adapter import EntryPoint
from conformance.formats import FORMATS
from conformance.plan import Plan
from conformance.reduction.samples import Sample, sample
from conformance.subject import Subject

SIZES = (1, 2, 7, 257, 2049, 70_000, 200_000)
"""One, two, an odd few; past 2^8, 2^11 and 2^16, where 16-bit formats stop to count; and what a network sees."""

LARGE = {"mixed": 10_000_000, "equal": (1 << 24) + 2}
"""Past 2^24, where binary32 stops to count. A trial takes a second: only in the first mode of an adapter."""

PLAIN, HALF = "binary32", "binary16"
HARD = ("hard0", "hard1")

WEIGHTINGS: dict[str, tuple[str, ...]] = {
    "elements": ("some-zero", "ones", "mixed"),
    "classes": ("by-class", "one-class"),
    "": (),
}
"""The weights of elements, or of classes; those that tell the divisors apart first."""


@dataclass(frozen=True)
class Item:
    """What is asked: a quantity of a sample, and whether the order of additions is looked into too."""

    quantity: str
    sample: Sample
    order: bool = False

    @property
    def gradient(self) -> bool:
        """Whether it is a derivative that is asked for."""
        return self.quantity != "loss"


@dataclass(frozen=True)
class Place:
    """What is reduced where.

    Attributes
    ----------
    entry : EntryPoint
        With the reduction in its config.
    unreduced : EntryPoint
        Without.
    dtype : str
        Of the inputs.
    divisor : str
        What is documented to divide the sum.
    first, compiled, slow : bool
        The mode is the first of its adapter; it compiles for each shape, and is the first or the first such one;
        it is slow.
    leads, again : bool
        The reduction is the first of its entry point; the adapter has the same path before, with another config.
    rare : bool
        The entry point is not of the quick tier, and another one, whose reductions are the same code, is asked more.
    gradient : str
        The quantity that is the derivative by the first argument; empty where there is none.
    """

    entry: EntryPoint
    unreduced: EntryPoint
    dtype: str
    divisor: str
    first: bool
    compiled: bool
    slow: bool
    leads: bool
    again: bool
    rare: bool
    gradient: str

    @property
    def exact_in(self) -> str:
        """The narrower of the inputs' dtype and the one that computes."""
        return min((self.dtype, self.entry.computes or self.dtype), key=lambda name: FORMATS[name].precision)

    @property
    def usual(self) -> bool:
        """Whether everything is in binary32."""
        return self.dtype == PLAIN == self.exact_in

    @property
    def constructed(self) -> str:
        """The dtype that the constructor is told to compute in; empty where it is not told."""
        return self.entry.computes if self.entry.config.get("dtype") in self.entry.constructor else ""

    @property
    def converts(self) -> bool:
        """Whether the inputs are converted before anything is computed."""
        return bool(self.entry.computes) and self.entry.computes != self.dtype

    @property
    def weights(self) -> str:
        """``elements``, ``classes``, or empty where no weights are taken."""
        if not self.entry.weighted or "weight" in losses.load(self.entry.loss).ARGUMENTS:
            return ""
        return "classes" if "class_weight" in self.entry.weighted else "elements"

    def sample(self, values: str, length: int, weighting: str = "") -> Sample:
        """A sample that is exact in this place."""
        arguments = losses.load(self.entry.loss).ARGUMENTS
        labels = HARD if self.weights == "classes" else self.entry.labels
        return sample(values, arguments, self.exact_in, labels, length, weighting)


def place(plan: Plan, subject: Subject, entry: EntryPoint, divisor: str, leads: bool) -> Place:
    """Where a subject's reduction stands.

    Parameters
    ----------
    plan : Plan
    subject : Subject
        Whose results are reduced.
    entry : EntryPoint
        With the reduction in its config.
    divisor : str
    leads : bool
    """
    adapter = plan.sources[subject.adapter].adapter
    quantities = losses.load(entry.loss).QUANTITIES
    gradient = next((q for q, by in quantities.items() if tuple(by) == losses.load(entry.loss).ARGUMENTS[:1]), "")
    first = next(iter(adapter.modes))
    compiled = next((mode for mode in adapter.per_shape if mode not in adapter.slow_modes), "")
    own, reduced = plan.entry(subject), [e for e in adapter.entry_points if e.reductions]
    kept = {name: value for name, value in entry.config.items() if name not in own.config and name != "reduction"}
    again = next(e for e in reduced if e.path == entry.path).key != own.key
    return Place(
        entry,
        replace(own, config={**own.config, **kept}, computes=entry.computes),
        subject.dtype,
        divisor,
        first=subject.mode == first,
        compiled=subject.mode in (compiled, first) and subject.mode in adapter.per_shape,
        slow=subject.mode in adapter.slow_modes,
        leads=leads,
        again=again,
        rare=own.tier != "quick" and (again or any(e.tier == "quick" for e in reduced)),
        gradient=gradient if "{hand}" not in adapter.derivatives.get("reverse", "{hand}") else "",
    )


def items(where: Place, tier: str) -> Iterator[Item]:
    """What is asked of one reduction of a subject.

    Parameters
    ----------
    where : Place
    tier : str
        ``default`` or ``full``.
    """
    if tier == "full":
        yield from _full(where)
    elif where.constructed:
        if where.first and where.leads and where.constructed == HALF and not where.again:
            yield from _samples(where, equal=(70_000,), mixed=(2049, 70_000))
    elif where.rare:
        if where.first and where.leads and where.usual:
            yield from _samples(where, mixed=() if where.weights else (7,), weighted=(7,))
    elif where.first and where.usual:
        yield from _first(where)
    elif where.compiled and where.usual:
        told = where.leads or where.divisor == "1"
        yield from _samples(where, equal=(70_000,) if told else (), weighted=() if where.again else (7,))
    elif where.first and where.dtype == HALF and not where.converts:
        leads = where.leads
        yield from _samples(where, (70_000,), (2049, 70_000) if leads else (), gradient=(70_000,) if leads else ())
    else:
        return
    ordered = where.divisor == "1" and not (where.rare or where.converts or where.constructed)
    if ordered and (where.usual or not where.slow):
        yield Item("loss", where.sample("huge", 2049 if FORMATS[where.exact_in].width == 16 else 70_000), order=True)


def _first(where: Place) -> Iterator[Item]:
    if where.again:
        yield from _samples(where, equal=(70_000,), weighted=(7,))
    elif where.leads:
        sizes = (7, 70_000) if where.compiled else (1, 7, 257, 2049, 70_000)
        yield from _samples(where, (70_000,), (0, *sizes), (7,), undefined=True, gradient=(7,))
    else:
        by_weights = where.divisor in ("weights", "nonzero-weights")
        yield from _samples(where, (70_000,), (0,), (7,), undefined=by_weights, gradient=(7,))


def _full(where: Place) -> Iterator[Item]:
    if where.slow:
        if where.usual and not where.rare:
            yield from _samples(where, equal=(70_000,), weighted=(7,) if where.leads else ())
    elif where.rare or where.converts or where.constructed:
        if where.first and (where.usual or where.constructed):
            mixed: tuple[int, ...] = (2049, 70_000) if where.constructed else (2049,)
            yield from _samples(where, equal=(70_000,), mixed=mixed, weighted=(7,), gradient=(7,))
        elif where.usual:
            yield from _samples(where, equal=(70_000,), weighted=(7,))
        else:
            yield from _samples(where, mixed=(2049,))
    elif where.first:
        equal, mixed = (*SIZES, LARGE["equal"]), (0, *SIZES, LARGE["mixed"])
        yield from _samples(where, equal, mixed, (7, 257, 2049, 70_000), True, (1, 7, 257, 70_000))
        if where.divisor in ("weights", "nonzero-weights") and where.weights == "elements":
            yield Item("loss", where.sample("mixed", LARGE["equal"], "ones"))
    else:
        sizes = (7, 70_000, 200_000) if where.usual else (7, 70_000)
        yield from _samples(where, equal=(70_000,), mixed=(0, *sizes), weighted=(7,), gradient=(7,))


def _samples(
    where: Place,
    equal: tuple[int, ...] = (),
    mixed: tuple[int, ...] = (),
    weighted: tuple[int, ...] = (),
    undefined: bool = False,
    gradient: tuple[int, ...] = (),
) -> Iterator[Item]:
    """Samples by their lengths; undefined ones are those whose weights are all zero, or meet an infinite loss.

    What the elements of a rare entry point are is not the question here: it gets moderate values.
    """
    various = "moderate" if where.rare else "mixed"
    for values, lengths in (("equal", equal), (various, mixed)):
        for n in lengths:
            yield Item("loss", where.sample(values, n))
    for weighting in WEIGHTINGS[where.weights]:
        for n in weighted if len(weighted) > 1 or weighting in WEIGHTINGS[where.weights][:1] else ():
            yield Item("loss", where.sample(various, n, weighting))
    if undefined and where.weights == "elements":
        yield Item("loss", where.sample("mixed", 7, "all-zero"))
        yield Item("loss", where.sample("infinite", 7))
    for n in gradient if where.gradient else ():
        yield Item(where.gradient, where.sample("moderate", n))
    if gradient and where.gradient and where.weights:
        yield Item(where.gradient, where.sample("moderate", 7, WEIGHTINGS[where.weights][0]))
