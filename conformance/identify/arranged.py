"""In which arrangements of its arguments a function returns numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from conformance.identify.arrangements import ARRANGEMENTS, Arrangement
from conformance.identify.box import Box
from conformance.identify.probing import Probing

SAMPLE = (0.35, 0.6, 0.85, 0.2, 0.47)
"""Numbers that may be probabilities, logits or labels."""


def arranged(box: Box, refused: list[str], counts: Sequence[int] = (2, 3)) -> Iterator[Probing]:
    """The arrangements in which a box returns numbers, with how many for how many inputs.

    Parameters
    ----------
    box : Box
    refused : list of str
        Gets what the others said.
    counts : sequence of int
        Of arguments.
    """
    several = False
    for count in counts:
        for arrangement in ARRANGEMENTS:
            if count > counts[0] and (several or arrangement.count):
                continue                        # it takes two, or was tried with the first count
            probing = _works(box, arrangement, arrangement.count or count, refused)
            if probing is not None:
                several = True
                yield probing


def _works(box: Box, arrangement: Arrangement, count: int, refused: list[str]) -> Probing | None:
    """The way to ask in an arrangement, in the widest dtype that it takes; None where it raises."""
    hard = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    columns = [np.roll(np.array(SAMPLE), k) for k in range(count)]
    for k, role in enumerate(arrangement.roles):
        columns[k] = hard if role == "label" else columns[k]
    for dtype in ("binary64", "binary32"):
        reply = box.call(arrangement.arrays(columns), dtype, arrangement.integers)
        if not reply.ok:
            refused.append(reply.message)
            continue
        size = reply.values[0].size
        if size not in (1, len(SAMPLE)) or len(reply.values) != 1:
            refused.append(f"its result has the shape {reply.values[0].shape} for 5 inputs")
            continue
        single = size == 1
        if single and not box.call([a[:1] for a in arrangement.arrays(columns)], dtype, arrangement.integers).ok:
            continue
        return Probing(box, arrangement, single, dtype, count, arrangement.roles)
    return None
