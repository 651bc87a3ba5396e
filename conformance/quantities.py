"""The names of quantities: what is compared, and by which route of differentiation it came.

``d_logits`` is the derivative in reverse mode, ``d_logits@forward`` the same by another route, and both have one
exact value. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Steps = tuple[tuple[str, str], ...]
"""Derivative steps, innermost first: (kind, argument)."""

REVERSE = "reverse"

WEIGHTS = frozenset(("weight", "pos_weight"))
"""Arguments by which few people differentiate: their derivatives are not in every tier."""


def exact(name: str) -> str:
    """The quantity of mathematics that a measured quantity stands for: ``d_logits`` for ``d_logits@forward``."""
    return name.partition("@")[0]


def of_loss_dtype(name: str) -> bool:
    """Whether a quantity arrives in the dtype of the loss: the loss itself, and its tangent in forward mode.

    A gradient has the dtype of what it is by, and so has its own tangent.
    """
    value, _, route = name.partition("@")
    return value == "loss" or (route.startswith("forward") and not value.startswith("d2_"))


def plain(quantities: Mapping[str, Sequence[str]]) -> dict[str, Steps]:
    """The loss and its first derivatives in reverse mode, but by weights: what every tier measures.

    Parameters
    ----------
    quantities : mapping of str to sequence of str
        Quantity → the arguments it is differentiated by, as a loss states them.
    """
    common = {name: by for name, by in quantities.items() if len(by) < 2 and WEIGHTS.isdisjoint(by)}
    return {name: tuple((REVERSE, x) for x in by) for name, by in common.items()}


def further(quantities: Mapping[str, Sequence[str]], kinds: Iterable[str]) -> dict[str, Steps]:
    """Second derivatives, those by weights, and every derivative by every other route that an adapter offers.

    Parameters
    ----------
    quantities : mapping of str to sequence of str
        Quantity → the arguments it is differentiated by.
    kinds : iterable of str
        The adapter's kinds of derivative; those other than ``reverse`` are routes of their own. A second
        derivative is by reverse over reverse, or by another kind over the reverse one of its own family:
        ``forward-func`` over ``reverse-func``, where there is that.
    """
    kinds = list(kinds)
    others = [kind for kind in kinds if kind != REVERSE]
    found: dict[str, Steps] = {}
    for name, by in quantities.items():
        if name not in plain({name: by}):
            found[name] = tuple((REVERSE, x) for x in by)
        for kind in others if by else ():
            inner = tuple((_reverse_of(kind, kinds), x) for x in by[:-1])
            found[f"{name}@{kind}"] = (*inner, (kind, by[-1]))
    return found


def _reverse_of(kind: str, kinds: Iterable[str]) -> str:
    _, dash, family = kind.partition("-")
    return REVERSE + dash + family if REVERSE + dash + family in kinds else REVERSE
