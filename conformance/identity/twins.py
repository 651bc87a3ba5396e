"""Entry points that are the same function for some value of an argument or option. Data of adapters; no framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from conformance.adapter import Adapter, EntryPoint
from conformance.parameters import split

SIGMOID, BINARY = "sigmoid_cross_entropy", "binary_cross_entropy"
SMOOTHING = "label_smoothing"

LIKE: dict[str, tuple[str, str, dict[str, float]]] = {
    "weighted_sigmoid_cross_entropy": ("pos-weight-1", SIGMOID, {"pos_weight": 1.0}),
    "softmax_cross_entropy(classes=2)": ("softmax-of-two", SIGMOID, {"rest": 0.0}),
    "focal(gamma=0)": ("focal-gamma-0", SIGMOID, {}),
    "focal_of_probability(gamma=0)": ("focal-gamma-0", BINARY, {}),
}
"""Loss → the identity's name, the loss that it is then, and the arguments it is with."""


@dataclass(frozen=True)
class Twin:
    """Two expressions that should agree.

    Attributes
    ----------
    name : str
        Of the identity.
    entry, partner : EntryPoint
        Their codes are what is executed.
    fixed : mapping of str to float
        The further arguments of the first.
    bitwise : bool
        Whether they agree bit for bit, as one function does with itself, or within the sum of their limits.
    weighted : bool
        Whether the first has one more argument ``weight``, by which its results are multiplied.
    """

    name: str
    entry: EntryPoint
    partner: EntryPoint
    fixed: Mapping[str, float] = field(default_factory=dict)
    bitwise: bool = True
    weighted: bool = False


def twins(adapter: Adapter, entry: EntryPoint) -> Iterator[Twin]:
    """The pairs that an entry point is the first of.

    Parameters
    ----------
    adapter : Adapter
    entry : EntryPoint
        Of the adapter.
    """
    if entry.loss in LIKE:
        name, loss, fixed = LIKE[entry.loss]
        partner = _nearest(adapter, entry, loss)
        if partner is not None:
            yield Twin(name, entry, partner, fixed, bitwise=partner.path == entry.path)
    if SMOOTHING in entry.config:
        plain = {key: value for key, value in entry.config.items() if key != SMOOTHING}
        family = [e for e in adapter.entry_points if e.path == entry.path and SMOOTHING in e.config]
        first = next(e for e in family if {**e.config, SMOOTHING: 0} == {**plain, SMOOTHING: 0})
        if entry == first and "{" + SMOOTHING not in entry.code:
            base = replace(entry, loss=(split(entry.loss) or (entry.loss, ""))[0])
            yield Twin("smoothing-0", replace(base, config={**plain, SMOOTHING: 0.0}), replace(base, config=plain))
    if entry.weighted and entry.loss in (SIGMOID, BINARY):
        yield Twin("weight-power-of-two", replace(entry, code=entry.weighted), entry, weighted=True)


def _nearest(adapter: Adapter, entry: EntryPoint, loss: str) -> EntryPoint | None:
    """The entry point of a loss, of the same contract, whose path has most in common; of several the first."""
    own = entry.path.split(".")

    def common(other: EntryPoint) -> int:
        parts = zip(own, other.path.split("."), strict=False)
        return next((n for n, (a, b) in enumerate(parts) if a != b), len(own))

    fitting = [e for e in adapter.entry_points if e.loss == loss and e.contract == entry.contract]
    return max(fitting, key=common, default=None)
