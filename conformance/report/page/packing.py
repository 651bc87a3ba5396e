"""Columns of integers and a JSON head as one deflated text, small enough to lie in a page. Pure."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


class Interned:
    """Values, each once, numbered in the order in which they are first met."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._numbers: dict[Any, int] = {}
        for value in values:
            self.number(value)

    def number(self, value: Any) -> int:
        """The number of a value; a new value gets the next."""
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[Any]:
        """The values by number."""
        return list(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def pack(head: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> bytes:
    """A head and columns, deflated.

    The inflated bytes are the length of the head (32 bits, little-endian), the head as JSON, and the columns. Of a
    column all lowest bytes come first, then all second bytes, and so on: what is alike stands together. The head's
    ``columns`` is a list of name, bytes of a number, and length.

    Parameters
    ----------
    head : mapping
        JSON types.
    columns : mapping of str to ndarray of unsigned integers
    """
    outline = [[name, column.itemsize, len(column)] for name, column in columns.items()]
    text = json.dumps({**head, "columns": outline}, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    parts = [len(text).to_bytes(4, "little"), text]
    for column in columns.values():
        raw = np.ascontiguousarray(column, column.dtype.newbyteorder("<")).view(np.uint8)
        parts.append(raw.reshape(len(column), column.itemsize).T.tobytes())
    return zlib.compress(b"".join(parts), 9)


def as_text(packed: bytes) -> str:
    """Bytes as text that needs no escaping in a page."""
    return base64.b64encode(packed).decode("ascii")


def smallest(numbers: Iterable[int]) -> np.ndarray:
    """Numbers from 0 on as the narrowest unsigned integers that hold them all."""
    column = np.fromiter(numbers, np.int64)
    top = int(column.max(initial=0))
    return column.astype(next(kind for kind in ("u1", "u2", "u4", "u8") if top < 256 ** int(kind[1])))


def steps(numbers: np.ndarray, kind: str) -> np.ndarray:
    """Each number less the one before it, the first as it is; modulo the range of the kind."""
    with np.errstate(over="ignore"):
        return np.diff(numbers.astype(kind), prepend=np.zeros(1, kind))
