"""What is drawn of one test: in each column of the axis the worst case of each label class, and a histogram. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Cases
from conformance.cell import Cell
from conformance.exact import NAN, NONE, rounded_values
from conformance.formats import Bits, Format, Mask, Values, from_float64, to_float64
from conformance.golden import Golden
from conformance.judgement import cell_mask
from conformance.report.page.axis import COLUMNS, Axis
from conformance.summary import digest
from conformance.ulp import ulp_error, ulp_exponent

PLAIN, NOT_A_NUMBER, UNBOUNDED, TO_ZERO = range(4)
"""What a point shows: an error in ULP; NaN, an infinity (or none where one is due), or zero where none is due."""

KINDS = ("error", "NaN", "inf", "zero")

STEPS, LEAST = 16, -12
"""An error is kept as the logarithm to the base 2, in sixteenths, from 2^-12 ULP on; code 0 is no error at all."""

BINS = (0.0, 0.5, 1.0, 2.0, 4.0, 16.0, 256.0, 2.0**16, 2.0**24, 2.0**53, np.inf)
"""The upper ends of the histogram's bins, in ULP, each its own; behind them come NaN, inf and zero."""

UNDRAWN = frozenset(("raised", "raised-documented", "not-raised", "wrong-dtype", "wrong-shape"))
"""Verdicts on cases whose bits are no result of this format: their cells are not drawn."""


@dataclass(frozen=True)
class Series:
    """The points of a test, sorted by kind, label class and column.

    Attributes
    ----------
    kind, label_class, column : ndarray of uint8, shape (N,)
    error : ndarray of uint16, shape (N,)
        From `encoded`; 0 where the kind is not ``PLAIN``.
    case : ndarray of int64, shape (N,)
        Index of the case that the point is.
    got, due : ndarray of unsigned integers, shape (N,)
        Its result and the correctly rounded one, as bits of the container.
    histogram : ndarray of int64, shape (14,)
        How many cases there are in each bin, then how many are NaN, inf and zero where they should not be.
    columns : int
        How many columns the axis has.
    """

    kind: NDArray[np.uint8]
    label_class: NDArray[np.uint8]
    column: NDArray[np.uint8]
    error: NDArray[np.uint16]
    case: NDArray[np.int64]
    got: Bits
    due: Bits
    histogram: NDArray[np.int64]
    columns: int = COLUMNS

    def __len__(self) -> int:
        return len(self.kind)


def encoded(error: Values) -> NDArray[np.uint16]:
    """Errors in ULP as logarithms, rounded to a sixteenth of an octave.

    Parameters
    ----------
    error : ndarray of float64, shape (N,)
        Not negative, not NaN.
    """
    with np.errstate(divide="ignore"):
        power = np.round(STEPS * (np.log2(np.minimum(error, np.finfo(np.float64).max)) - LEAST))
    return np.where(error == 0, 0, np.clip(np.nan_to_num(power, neginf=1.0), 1, None)).astype(np.uint16)


def same_cases(cells: Sequence[Cell], cases: Cases, bits: Bits, container: Format) -> bool:
    """Whether the bits are of these very cases: by their number, and cell by cell by their digest.

    Parameters
    ----------
    cells : sequence of Cell
        Of one test.
    cases : Cases
    bits : ndarray of unsigned integers
    container : Format
    """
    if bits.shape != (len(cases),) or bits.dtype != container.storage:
        return False
    return all(
        cell.region in cases.regions
        and digest(bits[cell_mask(cases, cell.region, cell.label_class)], container) == cell.bits_digest
        for cell in cells
    )


def undrawn(cells: Sequence[Cell], cases: Cases) -> Mask:
    """The cases of cells in which some case raised: which of them did is not known from the bits."""
    mask: Mask = np.zeros(len(cases), bool)
    for cell in cells:
        if UNDRAWN & cell.verdicts.keys():
            mask |= cell_mask(cases, cell.region, cell.label_class)
    return mask


def series(
    bits: Bits, cases: Cases, exact: Golden, formats: tuple[Format, Format], axis: Axis, hidden: Mask
) -> Series:
    """Draw a test.

    Parameters
    ----------
    bits : ndarray of unsigned integers, shape (N,)
        What was observed.
    cases : Cases
    exact : Golden
        The mathematics of the N cases.
    formats : tuple of Format
        Target and container.
    axis : Axis
        Of the first argument.
    hidden : ndarray of bool, shape (N,)
        What is not drawn.
    """
    target, container = formats
    got, due = to_float64(bits, container), rounded_values(exact.value, target)
    error = ulp_error(got, exact.value, ulp_exponent(exact.scale, target), target)
    column = axis.columns(cases.values[0])
    there = (exact.value.tag != NONE) & ~hidden
    both = np.isnan(got) & (exact.value.tag == NAN)
    strange = np.isnan(got) != (exact.value.tag == NAN)
    kind = np.select(
        [strange, (np.isinf(got) != np.isinf(due)) & ~both, (got == 0) & (due != 0) & ~both],
        [NOT_A_NUMBER, UNBOUNDED, TO_ZERO],
        PLAIN,
    )
    figure = np.where(np.isnan(error), 0.0, error)
    code = np.where(kind == PLAIN, encoded(figure), 0).astype(np.uint16)
    counted = there & ~both
    bins = np.searchsorted(BINS, np.minimum(figure, BINS[-2] * 2), side="left")
    slot = np.where(kind == PLAIN, bins, len(BINS) - 1 + kind)
    histogram = np.bincount(slot[counted], minlength=len(BINS) + len(KINDS) - 1)
    shown = np.flatnonzero(counted & (column >= 0))
    place = (kind.astype(np.int64) * 4 + cases.label_class) * COLUMNS + column
    # The worst of each place, and of equals the first case, so that series share their cases.
    order = shown[np.lexsort((shown, -code[shown].astype(np.int64), place[shown]))]
    first = np.ones(len(order), bool)
    first[1:] = place[order][1:] != place[order][:-1]
    index = order[first]
    return Series(
        kind[index].astype(np.uint8),
        cases.label_class[index].astype(np.uint8),
        column[index].astype(np.uint8),
        code[index],
        index.astype(np.int64),
        bits[index],
        from_float64(due[index], container),
        histogram.astype(np.int64),
    )


def halved(whole: Series) -> Series:
    """The same with columns joined two by two, the worse case of each staying."""
    column = whole.column // 2
    place = (whole.kind.astype(np.int64) * 4 + whole.label_class) * COLUMNS + column
    order = np.lexsort((whole.case, -whole.error.astype(np.int64), place))
    first = np.ones(len(order), bool)
    first[1:] = place[order][1:] != place[order][:-1]
    index = order[first]
    points = {f.name: getattr(whole, f.name)[index] for f in fields(Series) if f.name not in ("histogram", "columns")}
    return replace(whole, **{**points, "column": column[index]}, columns=whole.columns // 2)
