"""The verdicts an observation can receive, in the order they are decided, and which of them are findings.

Standard library only: the pytest plugin and ``--help`` read this without importing numpy.
"""

DELIVERY = (
    "unsupported",
    "crashed",
    "timed-out",
    "out-of-memory",
    "raised-documented",
    "raised",
    "not-raised",
    "wrong-dtype",
    "wrong-shape",
)
"""Was anything delivered, and in the promised container?"""

MATHEMATICS = ("correctly-rounded", "faithful", "within-limit")
"""True to the mathematics: bit-equal, under 1 ULP, under the derived limit."""

CONTRACT = ("documented", "documented-rounded", "by-source")
"""Not true to the mathematics, but to what the entry point documents (or, last, to its public source)."""

DEVIATION = ("wrong-class", "wrong-sign", "flushed", "daz", "lost", "beyond-limit")
"""True to neither."""

UNJUDGED = ("no-golden", "undocumented")
"""Delivered, but mathematics defines no value there (0·∞ at a corner), or no documentation speaks of it."""

INVARIANCE = (
    "same-bits",
    "position-dependent",
    "batch-dependent",
    "layout-dependent",
    "thread-dependent",
    "not-repeatable",
    "identity-broken",
    "mode-dependent",
    "wrong-denominator",
)
"""Does a result stay what it is when only position, batch, layout, threads, repetition or mode change?"""

VERDICTS = DELIVERY + MATHEMATICS + CONTRACT + DEVIATION + UNJUDGED + INVARIANCE

SEVERITY = (
    "crashed",
    "timed-out",
    "out-of-memory",
    "wrong-class",
    "wrong-sign",
    "lost",
    "raised",
    "not-raised",
    "wrong-shape",
    "wrong-denominator",
    "wrong-dtype",
    "not-repeatable",
    "identity-broken",
    "mode-dependent",
    "position-dependent",
    "batch-dependent",
    "layout-dependent",
    "thread-dependent",
    "beyond-limit",
    "by-source",
    "daz",
    "flushed",
)
"""The findings, worst first: what ends a run, then what is 100 % wrong, then what is inexact."""

FINDINGS = frozenset(SEVERITY)


def worst_finding(verdicts: "dict[str, int]") -> "str | None":
    """The most severe finding among counted verdicts, or None when every one is acceptable."""
    return next((kind for kind in SEVERITY if verdicts.get(kind)), None)
