"""Which changes fail a comparison: the rules that ``--fail-on`` names. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.compare.comparison import WORSENING, Change, Comparison

NAMES = ("regression", "new-nan", "any-bit")
"""The rules without a number; the other is ``ulp>N``."""

NOTHING_COMPARABLE = 5


class RuleError(ValueError):
    """A rule is none; the message is one sentence for the user."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """What fails a comparison.

    Attributes
    ----------
    name : str
        ``regression``: a finding is new, or worse. ``new-nan``: NaN came back where it did not before, and is a
        finding. ``any-bit``: a result is not bit for bit what it was, or cannot be told to be, or is gone. ``ulp``: the
        error of a case grew by more than so many ULPs of the scale, or a number became none.
    ulp : float
        Of ``ulp``.
    """

    name: str
    ulp: float = 0.0

    def selects(self, change: Change) -> bool:
        """Whether a change fails the comparison."""
        if self.name == "regression":
            return change.kind in WORSENING
        if self.name == "new-nan":
            return change.seen.new_nan
        if self.name == "any-bit":
            return change.kind != "appeared" and not change.same_bits
        return change.seen.growth > self.ulp

    def __str__(self) -> str:
        return f"ulp>{self.ulp:g}" if self.name == "ulp" else self.name


def parse(text: str) -> Rule:
    """The rule that a word names.

    Parameters
    ----------
    text : str
        ``regression``, ``new-nan``, ``any-bit`` or ``ulp>N``.

    Raises
    ------
    RuleError
        It names none, or one that nothing could ever fail.
    """
    if text in NAMES:
        return Rule(text)
    found = re.fullmatch(r"ulp>(\d+(?:\.\d*)?(?:e[+-]?\d+)?)", text.replace(" ", "").lower())
    if not found:
        raise RuleError(f"--fail-on {text!r} is no rule: give {', '.join(NAMES)} or 'ulp>N' (in quotes).")
    ulp = float(found[1])
    if math.isinf(ulp):
        raise RuleError(f"--fail-on {text!r} fails nothing, whatever changes: give a finite number of ULPs.")
    return Rule("ulp", ulp)


def failing(changes: Iterable[Change], rules: Sequence[Rule]) -> tuple[Change, ...]:
    """The changes that one of the rules selects."""
    return tuple(change for change in changes if any(rule.selects(change) for rule in rules))


def exit_status(comparison: Comparison, rules: Sequence[Rule]) -> int:
    """0 where no rule selects a change, 1 where one does or a framework broke, 5 where nothing could be compared."""
    if comparison.broken or failing(comparison.changes, rules):
        return 1
    return 0 if comparison.comparable else NOTHING_COMPARABLE
