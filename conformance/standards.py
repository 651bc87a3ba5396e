"""From a subject and a quantity to the standard its observations are judged by."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from conformance import contracts, quantities
from conformance.adapter import EntryPoint
from conformance.contracts import Constants, Contract
from conformance.formats import FORMATS, Format, Values, rounded
from conformance.golden import Golden, contract_golden, golden
from conformance.judge import Reference, Standard
from conformance.limits import limit
from conformance.plan import cases_of

Columns = tuple[Values, ...]
"""The arguments of N cases, one array each."""

Stated = Callable[[Contract, str, Constants, Columns, Golden], Golden]
"""From a contract with constants, a quantity, and the mathematics at some columns to what is documented there."""


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
    names = (entry.loss, entry.contract, dtype, quantities.exact(quantity))
    key = (*names, tier, entry.labels)
    at_zero = _at_zero(*key, entry.computes) if ignores_subnormals else None
    found = _references(*key, entry.computes)
    return _standard(entry, dtype, quantity, mathematics(*key), found, at_zero, flushes, ignores_subnormals)


def standard_of(
    entry: EntryPoint,
    dtype: str,
    quantity: str,
    columns: Columns,
    exact: Golden,
    flushes: bool,
    ignores_subnormals: bool,
    stated: Stated = contract_golden,
) -> Standard:
    """The same for any inputs, whose mathematics is known.

    Parameters
    ----------
    entry : EntryPoint
    dtype, quantity : str
    columns : tuple of ndarray of float64, each of shape (N,)
        The arguments, exact.
    exact : Golden
        The mathematics at these inputs.
    flushes, ignores_subnormals : bool
        What the subject's probes proved.
    stated : callable
        As for ``references``.
    """
    names = (entry.loss, entry.contract, dtype, quantities.exact(quantity))
    at_zero = at_zeros(entry.loss, names[3], dtype, columns, exact, entry.computes) if ignores_subnormals else None
    found = references(*names, columns, exact, entry.computes, stated)
    return _standard(entry, dtype, quantity, exact, found, at_zero, flushes, ignores_subnormals)


def _standard(
    entry: EntryPoint,
    dtype: str,
    quantity: str,
    exact: Golden,
    found: tuple[Reference, ...],
    at_zero: Golden | None,
    flushes: bool,
    ignores_subnormals: bool,
) -> Standard:
    target, container = formats(entry, dtype, quantity)
    return Standard(
        target=target,
        container=container,
        limit=limit(entry.loss, quantities.exact(quantity), target),
        mathematics=exact,
        references=found,
        at_zero=at_zero,
        flushes=flushes,
        ignores_subnormals=ignores_subnormals,
    )


@lru_cache(maxsize=512)
def mathematics(loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...]) -> Golden:
    """The mathematics of the cases of a loss, from a cache.

    Parameters
    ----------
    loss, contract, dtype, quantity, tier : str
        ``quantity`` is one of the loss's own, without a route.
    labels : tuple of str
        The label classes of the cases; empty means all.
    """
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    return golden(loss, quantity, found.values)


@lru_cache(maxsize=512)
def _references(
    loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...], computes: str
) -> tuple[Reference, ...]:
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    exact = mathematics(loss, contract, dtype, quantity, tier, labels)
    return references(loss, contract, dtype, quantity, found.values, exact, computes)


@lru_cache(maxsize=512)
def _at_zero(
    loss: str, contract: str, dtype: str, quantity: str, tier: str, labels: tuple[str, ...], computes: str
) -> Golden | None:
    found, _ = cases_of(loss, contract, dtype, tier, labels)
    exact = mathematics(loss, contract, dtype, quantity, tier, labels)
    return at_zeros(loss, quantity, dtype, found.values, exact, computes)


def references(
    loss: str,
    contract: str,
    dtype: str,
    quantity: str,
    columns: Columns,
    exact: Golden,
    computes: str,
    stated: Stated = contract_golden,
) -> tuple[Reference, ...]:
    """What is documented: first for inputs rounded to the documented compute dtype, then the contract's clause.

    Parameters
    ----------
    loss, contract, dtype, quantity : str
    columns : tuple of ndarray of float64
        The inputs.
    exact : Golden
        The mathematics at these.
    computes : str
        The documented compute dtype; empty where it is the inputs'.
    stated : callable
        What a contract says, given the mathematics.
    """
    compute = FORMATS[computes or dtype]
    same = compute == FORMATS[dtype]
    converted = columns if same else tuple(rounded(v, compute) for v in columns)
    found = []
    if compute.precision < FORMATS[dtype].precision:
        exact = _moved(exact, loss, quantity, columns, converted)
        found.append(Reference("documented", exact, converted=True))
    bound = contracts.load(contract, loss)
    for kind, constants in bound.rules.variants(quantity, bound.constant, compute):
        found.append(Reference(kind, stated(bound, quantity, constants, converted, exact)))
    return tuple(found)


def at_zeros(
    loss: str, quantity: str, dtype: str, columns: Columns, exact: Golden, computes: str
) -> Golden | None:
    """The mathematics with inputs that the computation sees as subnormal at zero; None where there is none."""
    moved = without_subnormals(columns, FORMATS[computes or dtype])
    return None if moved is None else _moved(exact, loss, quantity, columns, moved)


def _moved(whole: Golden, loss: str, quantity: str, columns: Columns, moved: Columns) -> Golden:
    """The mathematics at inputs some of which are moved; where they are the same, it is known already."""
    own = np.all([new == old for new, old in zip(moved, columns, strict=True)], axis=0)
    index = np.flatnonzero(~own)
    part = golden(loss, quantity, tuple(column[index] for column in moved))
    return Golden(whole.value.put(index, part.value), whole.scale.put(index, part.scale))


def without_subnormals(columns: Columns, compute: Format) -> Columns | None:
    """The inputs with those that the computation sees as subnormal replaced by zero; None where there is none."""
    small = [np.abs(v) < compute.smallest_normal for v in columns]
    if not any((mask & (v != 0)).any() for mask, v in zip(small, columns, strict=True)):
        return None
    return tuple(np.where(mask, 0.0, v) for mask, v in zip(small, columns, strict=True))
