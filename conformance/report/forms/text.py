"""The scoreboard and the findings as plain text, to paste into an issue."""

from __future__ import annotations

from conformance.report.forms import Given
from conformance.report.terminal import plain, report


def made(given: Given) -> str:
    """What an audit prints, without colours.

    Parameters
    ----------
    given : Given
    """
    return plain(report(given.run, given.assessment, given.known.causes))
