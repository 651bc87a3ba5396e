"""The data of a page, unpacked as a browser unpacks them."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np


def unpacked(packed: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `pack` packed, as the page reads it."""
    raw = zlib.decompress(packed)
    length = int.from_bytes(raw[:4], "little")
    head, place, columns = json.loads(raw[4 : 4 + length]), 4 + length, {}
    for name, width, count in head["columns"]:
        planes = np.frombuffer(raw, np.uint8, width * count, place).reshape(width, count)
        columns[name] = np.ascontiguousarray(planes.T).view(f"<u{width}").reshape(count)
        place += width * count
    assert place == len(raw)
    return head, columns
