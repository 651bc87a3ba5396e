"""What the arguments of a loss may be, in which order, with which labels: hypotheses, a row each."""

from __future__ import annotations

from itertools import permutations

TWO = (("prediction", "label"), ("label", "prediction"))
"""The usual order first: where both fit, it makes no difference."""

THIRD = ("pos_weight", "weight", "rest")
"""What a third argument may be."""

LABELS = ((0.0, 1.0), (-1.0, 1.0))
"""What may stand for the two classes, the usual pair first: others are asked where nothing fits with it. What is linear
in its label fits the first pair as well, with factors of its own: ``meaning`` says by these which pair is meant."""


def orders(count: int) -> list[tuple[str, ...]]:
    """The roles of so many arguments, in every order.

    Parameters
    ----------
    count : int
    """
    if count == 2:
        return list(TWO)
    if count == 3:
        return [order for third in THIRD for order in permutations(("prediction", "label", third))]
    return []
