"""Summaries of judged columns, cell by cell. A tally is a monoid: parts of a cell merge to the whole, in any order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.formats import Bits, Format, Mask, Values, to_float64
from conformance.judge import Columns
from conformance.verdicts import SEVERITY, VERDICTS

RANK = np.array([SEVERITY.index(v) if v in SEVERITY else len(SEVERITY) for v in VERDICTS])
"""Severity of every verdict code; acceptable ones share the last rank."""

Key = tuple[float, float, float, int]


@dataclass(frozen=True)
class Tally:
    """What a set of cases of one cell amounts to.

    Attributes
    ----------
    verdicts : mapping of str to int
    max_ulp, max_ulp_relative, max_ulp_contract : float or None
        None where no case had a figure.
    worst : tuple or None
        Sort key of the witness and, last, its index: the most severe verdict, then the largest error in
        scale, then the largest relative error, then the first case.
    zero_signs : int
    """

    verdicts: Mapping[str, int] = field(default_factory=dict)
    max_ulp: float | None = None
    max_ulp_relative: float | None = None
    max_ulp_contract: float | None = None
    worst: Key | None = None
    zero_signs: int = 0


def merge(first: Tally, second: Tally) -> Tally:
    """The tally of both sets of cases; ``Tally()`` is neutral.

    Parameters
    ----------
    first, second : Tally
    """
    counts = dict(first.verdicts)
    for name, count in second.verdicts.items():
        counts[name] = counts.get(name, 0) + count
    return Tally(
        counts,
        _greater(first.max_ulp, second.max_ulp),
        _greater(first.max_ulp_relative, second.max_ulp_relative),
        _greater(first.max_ulp_contract, second.max_ulp_contract),
        min((k for k in (first.worst, second.worst) if k is not None), default=None),
        first.zero_signs + second.zero_signs,
    )


def total(tallies: Mapping[tuple[str, str], Tally]) -> Tally:
    """All cells of a subject and quantity as one."""
    return reduce(merge, tallies.values(), Tally())


def summarise(columns: Columns, cases: Cases) -> dict[tuple[str, str], Tally]:
    """Tally the columns of one subject and quantity by region and label class.

    Parameters
    ----------
    columns : Columns
        Of N observations.
    cases : Cases
        The N cases.

    Returns
    -------
    dict
        (region, label class) → Tally, in the regions' order of precedence; cells without a case are absent.
    """
    cell = cases.region * len(LABEL_CLASSES) + cases.label_class
    found = {}
    for code in np.unique(cell):
        index = np.flatnonzero(cell == code)
        region, label = divmod(int(code), len(LABEL_CLASSES))
        found[cases.regions[region], LABEL_CLASSES[label]] = tally(columns, index)
    return found


def tally(columns: Columns, index: np.ndarray) -> Tally:
    """Tally some of the cases.

    Parameters
    ----------
    columns : Columns
    index : ndarray of intp
        Which cases, ascending; the witness is named by this index.
    """
    if not len(index):
        return Tally()
    codes = columns.verdict[index]
    counts = np.bincount(codes, minlength=len(VERDICTS))
    ulp, relative = columns.ulp[index], columns.ulp_relative[index]
    rank = RANK[codes]
    worst = np.arange(len(index))
    for key in (rank, _last(ulp), _last(relative)):  # cheaper than a sort: few are left after the first
        worst = worst[key[worst] == key[worst].min()]
    k = int(worst[0])
    return Tally(
        {VERDICTS[c]: int(n) for c, n in enumerate(counts) if n},
        _largest(ulp),
        _largest(relative),
        _largest(columns.ulp_contract[index]),
        (float(rank[k]), float(_last(ulp)[k]), float(_last(relative)[k]), int(index[k])),
        int(columns.zero_sign[index].sum()),
    )


def worse(first: Columns, second: Columns) -> Mask:
    """Where the second of two calls did worse: a more severe verdict, or the same severity and a larger error.

    Parameters
    ----------
    first, second : Columns
        Of the same N cases.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    ranks = RANK[first.verdict], RANK[second.verdict]
    larger = _last(second.ulp) < _last(first.ulp)
    result: Mask = (ranks[1] < ranks[0]) | ((ranks[1] == ranks[0]) & larger)
    return result


def digest(bits: Bits, fmt: Format) -> str:
    """A digest of output bits in the order of the cases, by which two releases are told apart.

    Parameters
    ----------
    bits : ndarray of unsigned integers
        Every NaN counts as the same one: compilers choose its sign and payload freely.
    fmt : Format
    """
    if bits.dtype == fmt.storage:
        bits = np.where(np.isnan(to_float64(bits, fmt)), np.array(-1).astype(fmt.storage), bits)
    return hashlib.blake2b(np.ascontiguousarray(bits).tobytes(), digest_size=8).hexdigest()


def _last(errors: Values) -> Values:
    """Ascending order puts the largest error first, what has no figure last."""
    return -np.nan_to_num(errors, nan=-1.0, posinf=math.inf)


def _largest(errors: Values) -> float | None:
    """The largest error that is a number; None where there is none. An error beyond all numbers is their largest."""
    known = errors[~np.isnan(errors)]
    return min(float(known.max()), float(np.finfo(np.float64).max)) if len(known) else None


def _greater(first: float | None, second: float | None) -> float | None:
    return second if first is None else first if second is None else max(first, second)
