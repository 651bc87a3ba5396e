"""What a reduction is judged by: its exact result, its limit, and what its contract documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from flint import fmpq

from conformance import contracts, quantities
from conformance.adapter import EntryPoint
from conformance.exact import NONE, NOTHING, Number, pack, rounded_values
from conformance.formats import FORMATS, Bits, Format, Values, from_float64
from conformance.golden import Golden
from conformance.judge import Reference, Standard
from conformance.limits import limit
from conformance.pairs import Row
from conformance.reduction import divisors
from conformance.reduction.programme import Item, Place
from conformance.reduction.samples import Sample
from conformance.reduction.totals import (
    Term,
    confirm,
    documented,
    gradient_limit,
    mathematics,
    scale,
    size,
    sum_limit,
    total,
)
from conformance.standards import formats

ONE = fmpq(1)

Behaviour = Callable[[Row], Term]
"""From a row to its term."""


@dataclass(frozen=True, eq=False)
class Due:
    """What is due of a reduction, or of its gradient.

    Attributes
    ----------
    standard : Standard
        Where mathematics defines no value and the documentation does, that is its mathematics.
    shape : tuple of int
        Of the result.
    loss, quantity : str
    sample : Sample
    factors : tuple of fmpq
        Of each row: its weight over the divisor.
    whole : Number
        The weighted sum before it is divided.
    """

    standard: Standard
    shape: tuple[int, ...]
    loss: str
    quantity: str
    sample: Sample
    factors: tuple[fmpq, ...]
    whole: Number

    def bits_of(self, got: Values) -> Bits:
        """Results as bits of the container."""
        return from_float64(got, self.standard.container)

    def beyond(self, number: Number) -> bool:
        """Whether a number is beyond the largest of the target format."""
        return bool(np.isinf(rounded_values(pack([number]), self.standard.target)[0]))

    def confirm(self, k: int) -> None:
        """Hold the golden value of the k-th result against the normative definition."""
        rows, counts, factors = self.sample.rows(), self.sample.counts, list(self.factors)
        if self.shape:
            row = self.sample.row(k)
            rows, counts, factors = rows[row : row + 1], [1], factors[row : row + 1]
        times = [f * n for f, n in zip(factors, counts, strict=True)]
        confirm(self.loss, self.quantity, rows, times, self.standard.mathematics.value.number(k))


def due(where: Place, item: Item, other: str = "") -> Due:
    """What is due of what is asked somewhere.

    Parameters
    ----------
    where : Place
    item : Item
    other : str
        Instead of the documented divisor, one of ``divisors.others``.
    """
    entry = where.entry
    key = (entry.loss, entry.contract, entry.computes, where.dtype, item.quantity, item.sample)
    return _due(*key, where.divisor, other)


@lru_cache(maxsize=4096)
def _due(
    loss: str, contract: str, computes: str, dtype: str, quantity: str, sample: Sample, divisor: str, other: str
) -> Due:
    target, container = formats(EntryPoint("", loss, "", contract, computes=computes), dtype, quantity)
    exact = quantities.exact(quantity)
    by = divisors.others(divisor, sample, target)[other] if other else divisors.divisor(divisor, sample)
    weights = [ONE] * len(sample.counts) if sample.weights is None else divisors.exact(sample.weights.tolist())
    reduction = _Reduction(sample, weights, by, exact == "loss", target, limit(loss, exact, target))
    compute = FORMATS[computes or dtype]
    judged_by = [(kind, *reduction.of(make)) for kind, make in _behaviours(loss, contract, exact, compute)]
    if judged_by[0][1].value.tag[0] == NONE:  # then what is documented is all there is, and what is only source is not
        judged_by = [j for j in judged_by if j[0] == "documented"] or judged_by[:1]
    references = tuple(Reference(kind, golden) for kind, golden, _ in judged_by[1:])
    standard = Standard(target, container, max(bound for _, _, bound in judged_by), judged_by[0][1], references)
    shape = () if exact == "loss" else (sample.length,)
    terms = [mathematics(loss, exact, row) for row in sample.rows()]
    whole = total(terms, [w * n for w, n in zip(weights, sample.counts, strict=True)])
    return Due(standard, shape, loss, exact, sample, tuple(reduction.factors), whole)


def _behaviours(loss: str, contract: str, quantity: str, compute: Format) -> Iterator[tuple[str, Behaviour]]:
    """Mathematics, then what the contract documents: from a row to its term."""
    yield "", partial(mathematics, loss, quantity)
    bound = contracts.load(contract, loss)
    for kind, constants in bound.rules.variants(quantity, bound.constant, compute):
        yield kind, partial(documented, bound, quantity, constants)


@dataclass(frozen=True)
class _Reduction:
    """A sample, its weights, and the divisor: None is an infinite one, 0 leaves nothing defined."""

    sample: Sample
    weights: list[fmpq]
    by: fmpq | None
    whole: bool
    target: Format
    elementwise: float

    @property
    def factors(self) -> list[fmpq]:
        return [w / self.by if self.by else fmpq(0) for w in self.weights]

    def of(self, make: Behaviour) -> tuple[Golden, float]:
        """The golden and the limit of a behaviour."""
        terms = [make(row) for row in self.sample.rows()]
        scales, counts = [scale(term) for term in terms], self.sample.counts
        if self.whole:
            times = [f * n for f, n in zip(self.factors, counts, strict=True)]
            pairs = [(total(terms, times), size(scales, times))]
            bound = sum_limit(scales, counts, self.weights, self.by or ONE, self.elementwise, pairs[0][1], self.target)
        else:
            each = list(zip(terms, scales, self.factors, strict=True))
            pairs = [(total([term], [f]), size([own], [f])) for term, own, f in each]
            bound = gradient_limit(scales, self.factors, self.elementwise, self.target)
        if self.by == 0:
            pairs = [(NOTHING, NOTHING)] * len(pairs)
        golden = Golden(pack(value for value, _ in pairs), pack(scale for _, scale in pairs))
        if self.whole:
            return golden, bound
        return Golden(golden.value.take(self.sample.index), golden.scale.take(self.sample.index)), bound
