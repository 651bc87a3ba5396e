"""What a trial of a reduction asks, and what its answer shows: which divisor, what overflowed, which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from conformance.exact import NONE
from conformance.formats import Values, to_float64
from conformance.job import Observation
from conformance.judge import judge
from conformance.losses import finite
from conformance.reduction import divisors, orders
from conformance.reduction.programme import Item, Place
from conformance.reduction.standards import Due, due
from conformance.verdicts import FINDINGS, VERDICTS


@dataclass(frozen=True)
class Question:
    """What a trial asks, and where."""

    where: Place
    item: Item

    @property
    def due(self) -> Due:
        """What is due."""
        return due(self.where, self.item)

    @property
    def undefined(self) -> bool:
        """Whether neither mathematics nor documentation knows a result: 0/0, 0 · ∞."""
        return bool((self.due.standard.mathematics.value.tag == NONE).any())

    @property
    def documented(self) -> str:
        """The documented divisor, in words and as a number."""
        return divisors.in_words(self.where.divisor, self.item.sample)

    def others(self, rounded: bool) -> list[str]:
        """The divisors that are not the documented one, with that one rounded to the format or without."""
        found = divisors.others(self.where.divisor, self.item.sample, self.due.standard.target)
        return [words for words in found if rounded or divisors.ROUNDED not in words]

    def mistaken(self, got: Values) -> str:
        """Which other divisor gives all that came back, in words; empty where none does, or no number came back."""
        for words in self.others(rounded=True) if np.isfinite(got).all() else ():
            if self._fits(got, words):
                return f"as if divided by {words}; documented is {self.documented}"
        return ""

    def told_apart(self, got: Values) -> str:
        """The divisor that came to light where all is well, if no other of them fits."""
        others = self.others(rounded=False)
        if self.where.divisor == "1" or not others or any(self._fits(got, words) for words in others):
            return ""
        return f"divided by {self.documented}"

    def overflowed(self, got: float) -> str:
        """What on the way is more than the format holds, where the result came back as no number."""
        wanted = self.due
        by = divisors.divisor(self.where.divisor, self.item.sample)
        over = []
        if not np.isfinite(got) and not self.item.gradient and wanted.beyond(wanted.whole):
            over.append("the sum")
        if np.isnan(got) and wanted.beyond(finite(by)):
            over.append(f"the divisor, {divisors.shown(by)},")
        if not over or wanted.beyond(wanted.standard.mathematics.value.number(0)):
            return ""
        words = f"{' and '.join(over)} {'are' if len(over) > 1 else 'is'}"
        return f"{words} more than {wanted.standard.target.name} holds; the result is not"

    def order(self, observations: Sequence[Observation]) -> list[str]:
        """What the results show of the order of additions.

        Parameters
        ----------
        observations : sequence of Observation
            Of one sample reduced and as it is, then of others.
        """
        fmt = self.due.standard.container
        if any(o.status != "ok" or o.dtypes[-1] != fmt.name or o.outputs[-1].ndim > 1 for o in observations):
            return []
        values = [to_float64(o.outputs[-1].ravel(), fmt) for o in observations]
        pairs = [(e, float(r[0])) for r, e in zip(values[::2], values[1::2], strict=True)]
        by = divisors.divisor(self.where.divisor, self.item.sample)
        alike = orders.alike(pairs, by, fmt)
        return [orders.lost(*pairs[0], by, fmt), f"bits as if {' or '.join(alike)}" if alike else ""]

    def _fits(self, got: Values, words: str) -> bool:
        other = due(self.where, self.item, words)
        columns = judge(other.bits_of(got), other.standard.container.name, other.standard)
        return all(VERDICTS[code] not in (*FINDINGS, "no-golden") for code in np.unique(columns.verdict))
