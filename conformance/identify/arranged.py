"""In which arrangements of its arguments a function returns numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from conformance.identify.arrangements import ARRANGEMENTS, Arrangement
from conformance.identify.box import Box
from conformance.identify.probing import Probing

SAMPLE = (0.35, 0.6, 0.85, 0.2, 0.47)
"""Numbers that may be probabilities, logits or labels."""

HARD = (0, 1, 1, 0, 1)
"""Which labels go with them."""

UNUSABLE = "LookupError: "
"""Raised around the function, and not by it, where it returns no array."""

RESULT = "its result "
"""What was no number begins so, and not what was raised."""


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
    # One dtype after the other: a framework that has to be told of binary64 before it starts is started anew for each.
    for dtype in ("binary64", "binary32"):
        several = False
        for count in counts:
            for arrangement in ARRANGEMENTS:
                if count > counts[0] and (several or arrangement.count):
                    continue                    # it takes two, or was tried with the first count
                if several and arrangement.count == counts[0]:
                    continue                    # it takes floats for labels
                probing = _works(box, arrangement, arrangement.count or count, dtype, refused)
                if probing is not None:
                    several = True
                    yield probing
        if several:
            return


def refusal(refused: Sequence[str]) -> str:
    """What to say of a function that returns no number in any arrangement, in one sentence.

    Parameters
    ----------
    refused : sequence of str
        What was said, in order: the first is of the function's own framework.
    """
    first = refused[0] if refused else "and says nothing"
    if first.startswith(RESULT):
        return f"The function cannot be probed, {first}."
    return f"The function raises on every call, {first}."


def _works(box: Box, arrangement: Arrangement, count: int, dtype: str, refused: list[str]) -> Probing | None:
    """The way to ask in an arrangement; None where it raises."""
    hard = np.array(arrangement.labels)[list(HARD)]
    columns = [np.roll(np.array(SAMPLE), k) for k in range(count)]
    for k, role in enumerate(arrangement.roles):
        columns[k] = hard if role == "label" else columns[k]
    reply = box.call(arrangement.arrays(columns), dtype, arrangement.integers)
    if not reply.ok:
        refused.append(reply.message.removeprefix(UNUSABLE))
        return None
    size = reply.values[0].size
    if size not in (1, len(SAMPLE)) or len(reply.values) != 1:
        shape = f"the shape {reply.values[0].shape} for {len(SAMPLE)} inputs"
        refused.append(f"{RESULT}has {shape}: return one number, or one for each input")
        return None
    single = size == 1
    if single:
        alone = box.call([a[:1] for a in arrangement.arrays(columns)], dtype, arrangement.integers)
        if not alone.ok:
            refused.append(f"{alone.message}, where it is given one element")
            return None
    return Probing(box, arrangement, single, dtype, count, arrangement.roles)
