"""A black box asked by role: the arrangement, the roles and the dtype are settled, the numbers are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from conformance.formats import FORMATS, Bits, Values, rounded
from conformance.identify.arrangements import Arrangement
from conformance.identify.box import Box, Reply
from conformance.identify.fit import Columns

ALONE = 96
"""A part of a batch that raises has at most so many inputs."""

SAMPLE = 4
"""So many of them are tried alone first."""

LENGTH = 72
"""Batches are filled up to multiples of this: a compiler compiles for each length anew."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What came back for each of some inputs.

    Attributes
    ----------
    columns : mapping
        The inputs by role, or by place (``0``, ``1``).
    got : ndarray of float64
        NaN where it raised.
    raised : dict
        Index → what it raised.
    dtype : str
        Of the results; empty where all raised.
    bits : ndarray
        Of the results, 0 where it raised.
    """

    columns: Columns
    got: Values
    raised: dict[int, str]
    dtype: str
    bits: Bits

    def renamed(self, roles: Sequence[str]) -> Answers:
        """The same with roles for places."""
        columns = {role: self.columns[str(k)] for k, role in enumerate(roles)}
        return Answers(columns, self.got, self.raised, self.dtype, self.bits)


@dataclass
class Probing:
    """How a box is asked.

    Attributes
    ----------
    box : Box
    arrangement : Arrangement
    single : bool
        Whether it returns one number for all, so that each input is a call of its own.
    dtype : str
        Of the inputs.
    count : int
        Of columns.
    roles : tuple of str
        Of the columns, once they are known.
    asked : list of Answers
        Everything that came back, in order.
    """

    box: Box
    arrangement: Arrangement
    single: bool
    dtype: str
    count: int
    roles: tuple[str, ...] = ()
    asked: list[Answers] = field(default_factory=list)

    def ask(self, columns: Columns, dtype: str = "") -> Answers:
        """Ask for the loss of each row of columns.

        Parameters
        ----------
        columns : mapping
            By role; before these are known, by place.
        dtype : str
            Another one than usual.
        """
        dtype = dtype or self.dtype
        keys = self.roles or tuple(columns)
        exact = {key: rounded(columns[key], FORMATS[dtype]) for key in keys}
        count = len(exact[keys[0]])
        got, bits, raised = np.full(count, np.nan), np.zeros(count, np.uint64), dict[int, str]()
        kinds: list[str] = []
        for part in self._parts(exact, keys, dtype):
            rows, reply = part
            if not reply.ok:
                raised.update({int(k): reply.message or reply.status for k in rows})
                continue
            got[rows] = np.concatenate([np.ravel(v) for v in reply.values])
            bits[rows] = np.concatenate([np.ravel(b) for b in reply.bits])
            kinds.append(reply.dtype)
        answers = Answers(exact, got, raised, " or ".join(dict.fromkeys(kinds)), bits)
        if dtype == self.dtype:
            self.asked.append(answers)
        return answers

    def _parts(self, exact: Columns, keys: Sequence[str], dtype: str) -> list[tuple[Bits, Reply]]:
        """All rows in one call; where it fails, each in one of its own."""
        count = len(exact[keys[0]])
        every = np.arange(count)
        whole = self._call(exact, keys, every, dtype)
        if whole.ok or count == 1:
            return [(every, whole)]
        if count > ALONE:
            parts = np.array_split(every, -(-count // ALONE))
            found = [(rows, self._call(exact, keys, rows, dtype)) for rows in parts]
            return [part for rows, reply in found for part in self._split(exact, keys, rows, reply, dtype)]
        return self._split(exact, keys, every, whole, dtype)

    def _split(
        self, exact: Columns, keys: Sequence[str], rows: Bits, reply: Reply, dtype: str
    ) -> list[tuple[Bits, Reply]]:
        """A part that raises, one by one; where the first few all raise, the others are taken to."""
        if reply.ok or len(rows) == 1:
            return [(rows, reply)]
        sample = rows[np.linspace(0, len(rows) - 1, SAMPLE).astype(int)]
        if not any(self._call(exact, keys, rows_of(k), dtype).ok for k in sample):
            return [(rows, reply)]
        return [(rows_of(k), self._call(exact, keys, rows_of(k), dtype)) for k in rows]

    def _call(self, exact: Columns, keys: Sequence[str], rows: Bits, dtype: str) -> Reply:
        columns = [exact[key][rows] for key in keys]
        count = len(rows)
        if not self.single and count > 1:
            columns = [np.resize(column, -(-count // LENGTH) * LENGTH) for column in columns]
        reply = self.box.call(self.arrangement.arrays(columns), dtype, self.arrangement.integers, self.single)
        if reply.ok and sum(v.size for v in reply.values) != len(columns[0]):
            shapes = ", ".join(str(v.shape) for v in reply.values[:2])
            return Reply("wrong-shape", f"{len(columns[0])} inputs gave results of shape {shapes}")
        if reply.ok and not self.single:
            kept = tuple(v.ravel()[:count] for v in reply.values), tuple(b.ravel()[:count] for b in reply.bits)
            return Reply(reply.status, reply.message, *kept, reply.dtype)
        return reply


def rows_of(k: int) -> Bits:
    """One row."""
    return np.array([k])
