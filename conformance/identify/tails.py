"""Where a loss may be kept from growing: hypotheses about a clamp, a row each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from conformance.formats import Format, Values, rounded
from conformance.identify.kinds import Kind, Terms

Ends = tuple[float, float, float]
"""The constant in the compute format, one less it, and what is then left to one."""


@dataclass(frozen=True)
class Tail:
    """One hypothesis.

    Attributes
    ----------
    name : str
    words : str
        With ``{}`` for the constant.
    solve : callable
        From the largest value of −log, and what the other entries of its row sum to, to the constant.
    terms : callable
        From a kind, its inputs, and the ends, to Terms.
    contracts : tuple of (kind, contract)
        Its names in ``conformance.contracts``, by kind of loss.
    only : str
        What it is a clamp of, where not of everything: a kind, or what a kind takes.
    logarithm : bool
        Whether its constant is a logarithm or a logit, and no probability.
    """

    name: str
    words: str
    solve: Callable[[float, float], float]
    terms: Callable[[Kind, Values, Values, int, Ends], Terms]
    contracts: tuple[tuple[str, str], ...] = ()
    only: str = ""
    logarithm: bool = False

    def fits(self, kind: Kind) -> bool:
        """Whether the clamp makes sense for a kind."""
        return not self.only or self.only in (kind.name, kind.takes)

    def contract(self, kind: Kind) -> str:
        """The contract's name for a kind of loss, without its constant; empty where there is none."""
        return dict(self.contracts).get(kind.name, "")


def ends(constant: float, fmt: Format) -> Ends:
    """A constant as a format has it: itself, one less it, and what is left to one."""
    small = float(rounded(np.array([constant]), fmt)[0])
    high = float(rounded(np.array([1 - small]), fmt)[0])
    return small, high, 1 - high


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _none(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    return kind.terms(x, rest, classes)


def _clip(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    yes, no, p, q = kind.terms(x, rest, classes)
    low, high, left = at
    none = -_log(1 - low) if kind.row else -_log(high)  # in a row each entry is clipped, and none is one less another
    top = -_log(low) if kind.row else -_log(left)
    return Terms(np.clip(yes, -_log(high), -_log(low)), np.clip(no, none, top), p, q)


def _inside(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    _, _, p, q = kind.terms(x, rest, classes)
    with np.errstate(all="ignore"):
        return Terms(-np.log(p + at[0]), -np.log(q + at[0]), p, q)


def _both(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    _, _, p, q = kind.terms(x, rest, classes)
    low, high, left = at
    with np.errstate(all="ignore"):
        yes, no = -np.log(np.clip(p, low, high) + low), -np.log(np.clip(q, left, 1 - low) + low)
    return Terms(yes, no, p, q)


def _floor(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    yes, no, p, q = kind.terms(x, rest, classes)
    return Terms(np.minimum(yes, at[0]), np.minimum(no, at[0]), p, q)


def _first(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    return kind.terms(np.clip(x, at[0], at[1]), np.clip(rest, at[0], at[1]), classes)


def _scores(kind: Kind, x: Values, rest: Values, classes: int, at: Ends) -> Terms:
    return kind.terms(np.clip(x, -at[0], at[0]), rest, classes)


def _exp(value: float, others: float) -> float:
    return math.exp(-value)


def _share(value: float, others: float) -> float:
    return others * _exp(value, others) / -math.expm1(-value)


def _score(value: float, others: float) -> float:
    return value + math.log(-math.expm1(-value))


NONE = Tail("none", "no clamp", lambda value, others: 0.0, _none)
TAILS = (
    Tail(
        "clip",
        "the probability is clipped to [{0}, 1 - {0}]",
        _exp,
        _clip,
        (
            ("probabilities", "clip"),
            ("logits", "clip_logits"),
            ("rows of probabilities", "clip"),
        ),
    ),
    Tail("epsilon", "{0} is added inside the logarithm", _exp, _inside, (("probabilities", "epsilon"),)),
    Tail(
        "clip and epsilon",
        "the probability is clipped to [{0}, 1 - {0}], and {0} is added inside the logarithm",
        lambda value, others: _exp(value, others) / 2,
        _both,
        (("probabilities", "clip_epsilon"),),
    ),
    Tail(
        "floor",
        "the logarithm is floored at -{0}",
        lambda value, others: value,
        _floor,
        (("probabilities", "log_clamped"), ("logits", "log_clamped_logits")),
        logarithm=True,
    ),
    Tail(
        "clip first",
        "each entry of the row is clipped to [{0}, 1 - {0}] before the row is divided by its sum",
        _share,
        _first,
        (("rows of probabilities", "clip_then_normalise"),),
        only="rows of probabilities",
    ),
    Tail(
        "clip logits",
        "the logit is clipped to [-{0}, {0}]",
        _score,
        _scores,
        only="logits",
        logarithm=True,
    ),
)
"""Clamps that are the same function are told apart by which constant is a short decimal, the first where both are."""
