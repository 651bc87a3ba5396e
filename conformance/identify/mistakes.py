"""What people would not have meant: known mistakes, a function each, and a sentence where one was made. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.identify.denominators import MISTAKEN
from conformance.identify.fit import Fit
from conformance.identify.identification import Property
from conformance.identify.meaning import Meaning


@dataclass(frozen=True)
class Answered:
    """What a mistake shows in.

    Attributes
    ----------
    fit : Fit
    said : Meaning
        Of its numbers.
    reduction : Property
    broken : Property or None
        Where it breaks down.
    """

    fit: Fit
    said: Meaning
    reduction: Property
    broken: Property | None


def _kind(of: Answered) -> str:
    words = of.fit.kind.mistake
    return words and f"{words[0].upper()}{words[1:]}."


def _minus(of: Answered) -> str:
    return "The minus sign is missing: this falls where a loss should grow." if of.said.factor.value < 0 else ""


def _base(of: Answered) -> str:
    logarithm = of.said.factor_words.startswith("1/ln")
    return f"The factor {of.said.factor.text} is {of.said.factor_words}." if logarithm else ""


def _reversed(of: Answered) -> str:
    return "The labels are reversed: label 1 rewards a low prediction." if of.said.reversed else ""


def _smoothed_twice(of: Answered) -> str:
    if of.said.twice is None:
        return ""
    return f"Label smoothing {of.said.smoothing.text} is what {of.said.twice.text} amounts to when it is applied twice."


def _reduction(of: Answered) -> str:
    return f"The reduction is {of.reduction.words}." if of.reduction.value in MISTAKEN else ""


def _breaks(of: Answered) -> str:
    """No number at all: what is merely inaccurate is no mistake in the formula."""
    if of.broken is None or not any(isinstance(row["got"], str) for row in of.broken.value):
        return ""
    return f"It breaks down: {of.broken.words}."


MISTAKES: tuple[Callable[[Answered], str], ...] = (
    _kind,
    _minus,
    _base,
    _reversed,
    _smoothed_twice,
    _reduction,
    _breaks,
)
"""In the order in which they are told."""


def mistakes(of: Answered) -> tuple[str, ...]:
    """The sentences of those that were made.

    Parameters
    ----------
    of : Answered
    """
    return tuple(said for mistake in MISTAKES if (said := mistake(of)))
