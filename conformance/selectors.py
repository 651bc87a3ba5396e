"""Which of many causes select a cell, for very many cells."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_

from conformance.causes import Cause
from conformance.cell import KEY, Cell


class Selectors:
    """The selectors of causes, numbered; what each value of each field of a key leaves of them is found once.

    Parameters
    ----------
    causes : iterable of Cause
    """

    def __init__(self, causes: Iterable[Cause]) -> None:
        self._tables = [(cause, table) for cause in causes for table in cause.selectors]
        self._left: dict[tuple[str, str], int] = {}

    def of(self, cell: Cell) -> list[Cause]:
        """The causes that select a cell, in their order."""
        left = reduce(and_, (self._leaves(key, cell.key_text(key)) for key in KEY))
        found = []
        while left:
            lowest = left & -left
            found.append(self._tables[lowest.bit_length() - 1][0])
            left ^= lowest
        return list({cause.id: cause for cause in found}.values())

    def _leaves(self, key: str, value: str) -> int:
        """A bit for each table that a value of a field does not rule out."""
        known = self._left.get((key, value))
        if known is None:
            bits = (1 << n for n, (cause, table) in enumerate(self._tables) if cause.allows(table, key, value))
            known = self._left[key, value] = sum(bits)
        return known
