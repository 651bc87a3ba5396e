"""One page for a browser, readable offline: the matrix, plots, and the findings with their scripts."""

from __future__ import annotations

from conformance.report.forms import Given
from conformance.report.page import FILE, page
from conformance.report.page.told import other, told

__all__ = ["FILE", "made"]


def made(given: Given) -> str:
    """The page of a run.

    Parameters
    ----------
    given : Given
    """
    all_told = told(
        given.run,
        given.observed,
        given.found,
        given.known,
        given.assessment,
        given.working,
        given.before,
        given.sweeps,
    )
    against = None if given.before is None else other(given.before, str(given.folder))
    return page(all_told, str(given.folder), against)
