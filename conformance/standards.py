"""From a subject and a quantity to the standard its observations are judged by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from conformance import contracts, quantities
from conformance.adapter import EntryPoint
from conformance.cases import Cases
from conformance.formats import FORMATS, Format, Values, rounded
from conformance.golden import Golden, contract_golden, golden
from conformance.judge import Reference, Standard
from conformance.limits import limit
from conformance.plan import cases_of


def formats(entry: EntryPoint, dtype: str, quantity: str) -> tuple[Format, Format]:
    """The target format and the container of a quantity.

    Parameters
    ----------
    entry : EntryPoint
    dtype : str
        Of the inputs.
    quantity : str

    Returns
    -------
    target, container : Format
        The loss, and its tangent in forward mode, arrives in the dtype the contract computes in, a gradient in its
        input's dtype. The target
        is the narrower of the computation and the container: nobody can ask for more than passed through both.
    """
    computed = FORMATS[entry.computes or dtype]
    container = computed if quantities.of_loss_dtype(quantity) else FORMATS[dtype]
    return min(computed, container, key=lambda f: f.precision), container


def standard(
    entry: EntryPoint, dtype: str, quantity: str, tier: str, flushes: bool, ignores_subnormals: bool
) -> Standard:
    """Everything the judge needs, the goldens from a cache: modes of an entry point share them.

    Parameters
    ----------
    entry : EntryPoint
    dtype, quantity, tier : str
    flushes, ignores_subnormals : bool
        What the subject's probes proved.
    """
    target, container = formats(entry, dtype, quantity)
    key = (entry.loss, entry.contract, dtype, quantities.exact(quantity), tier, entry.labels)
    return Standard(
        target=target,
        container=container,
        limit=limit(entry.loss, quantities.exact(quantity), target),
        mathematics=_mathematics(*key),
        references=_references(*key, entry.computes),
        at_zero=_at_zero(*key, entry.computes) if ignores_subnormals else None,
        flushes=flushes,
        ignores_subnormals=ignores_subnormals,
    )


@lru_cache(maxsize=512)
def _mathematics(loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...]) -> Golden:
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    return golden(loss, quantity, found.values)


@lru_cache(maxsize=512)
def _references(
    loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...], computes: str
) -> tuple[Reference, ...]:
    """What is documented: first for inputs rounded to the documented compute dtype, then the contract's clause."""
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    compute = FORMATS[computes or dtype]
    columns = tuple(rounded(v, compute) for v in found.values)
    references = []
    exact = _mathematics(loss, contract, dtype, quantity, tier, labels)
    if compute.precision < FORMATS[dtype].precision:
        exact = _moved(exact, loss, quantity, found, columns)
        references.append(Reference("documented", exact, converted=True))
    bound = contracts.load(contract, loss)
    for kind, constants in bound.rules.variants(quantity, bound.constant, compute):
        references.append(Reference(kind, contract_golden(bound, quantity, constants, columns, exact)))
    return tuple(references)


@lru_cache(maxsize=512)
def _at_zero(
    loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...], computes: str
) -> Golden | None:
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    columns = without_subnormals(found, FORMATS[computes or dtype])
    if columns is None:
        return None
    whole = _mathematics(loss, contract, dtype, quantity, tier, labels)
    return _moved(whole, loss, quantity, found, columns)


def _moved(whole: Golden, loss: str, quantity: str, cases: Cases, columns: tuple[Values, ...]) -> Golden:
    """The mathematics at inputs some of which are moved; where they are the cases' own, it is known already."""
    own = np.all([column == values for column, values in zip(columns, cases.values, strict=True)], axis=0)
    index = np.flatnonzero(~own)
    part = golden(loss, quantity, tuple(column[index] for column in columns))
    return Golden(whole.value.put(index, part.value), whole.scale.put(index, part.scale))


def without_subnormals(cases: Cases, compute: Format) -> tuple[Values, ...] | None:
    """The inputs with those that the computation sees as subnormal replaced by zero; None where there is none."""
    small = [np.abs(v) < compute.smallest_normal for v in cases.values]
    if not any((mask & (v != 0)).any() for mask, v in zip(small, cases.values, strict=True)):
        return None
    return tuple(np.where(mask, 0.0, v) for mask, v in zip(small, cases.values, strict=True))
