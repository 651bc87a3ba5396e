"""The values that are asked in many places: some of the cases of each region and label class."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from conformance.adapter import EntryPoint
from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.golden import Golden, golden
from conformance.plan import cases_of

EACH = 16
"""How many values of a region and label class are asked, where there are so many."""


@lru_cache(maxsize=64)
def sample(loss: str, contract: str, dtype: str, labels: tuple[str, ...]) -> Cases:
    """Some of the cases of each region and label class, in an order that mixes them.

    A NaN comes last. Their number is odd, so that in a long array each comes into every lane of a vector.

    Parameters
    ----------
    loss, contract, dtype : str
    labels : tuple of str
        The label classes there are; () is all.
    """
    found, raises = cases_of(loss, contract, dtype, "default", labels)
    found = found.where(~raises)
    chosen: list[int] = []
    cell = found.region * len(LABEL_CLASSES) + found.label_class
    for code in np.unique(cell):
        inside = np.flatnonzero(cell == code)
        chosen += inside[np.linspace(0, len(inside) - 1, min(EACH, len(inside))).astype(int)].tolist()
    golden_ratio = (1 + 5**0.5) / 2
    chosen.sort(key=lambda i: (np.isnan(found.values[0][i]), i * golden_ratio % 1))
    return found.where(np.array(chosen[: len(chosen) - (len(chosen) % 2 == 0)], np.intp))


def mathematics(entry: EntryPoint, dtype: str, quantity: str) -> Golden:
    """The golden values of the sample of an entry point.

    Parameters
    ----------
    entry : EntryPoint
    dtype, quantity : str
    """
    return _golden(entry.loss, entry.contract, dtype, entry.labels, quantity)


@lru_cache(maxsize=64)
def _golden(loss: str, contract: str, dtype: str, labels: tuple[str, ...], quantity: str) -> Golden:
    return golden(loss, quantity, sample(loss, contract, dtype, labels).values)
