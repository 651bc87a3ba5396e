"""The judge: what was returned, against what is exact and what is documented. Pure functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, rounded_values
from conformance.formats import Bits, Format, Mask, Values, to_float64
from conformance.golden import Golden
from conformance.ulp import compare, ulp_error, ulp_exponent
from conformance.verdicts import VERDICTS

CODE = {name: code for code, name in enumerate(VERDICTS)}


@dataclass(frozen=True)
class Reference:
    """One documented behaviour.

    Attributes
    ----------
    kind : str
        The verdict it earns.
    golden : Golden
        Its values. Where it has none, it says nothing.
    converted : bool
        It is mathematics, at inputs that were rounded as documented: where it has no value, none is due.
    """

    kind: str
    golden: Golden
    converted: bool = False


@dataclass(frozen=True)
class Standard:
    """Everything the observations of one subject and quantity are judged by.

    Attributes
    ----------
    target : Format
        The format whose ULPs count: the one the computation is promised in, or the container's if narrower.
    container : Format
        The dtype the result has to arrive in.
    limit : float
        In ULPs of the scale.
    mathematics : Golden
        Of the N cases.
    references : tuple of Reference
        What the contract documents, in the order of the verdicts.
    at_zero : Golden or None
        The mathematics with subnormal inputs replaced by zero; None where no case has one.
    flushes, ignores_subnormals : bool
        What the subject's probes proved: results below the smallest normal become zero; such inputs do.
    """

    target: Format
    container: Format
    limit: float
    mathematics: Golden
    references: tuple[Reference, ...] = ()
    at_zero: Golden | None = None
    flushes: bool = False
    ignores_subnormals: bool = False


@dataclass(frozen=True)
class Columns:
    """What the judge says of N observations.

    Attributes
    ----------
    verdict : ndarray of uint8
        Index into ``VERDICTS``.
    ulp, ulp_relative, ulp_contract : ndarray of float64
        Errors in ULPs of the scale, of the exact value, and of the scale of the contract it comes closest to;
        NaN where there is nothing to measure.
    zero_sign : ndarray of bool
        The result is a zero, and the exact value has the other sign.
    """

    verdict: NDArray[np.uint8]
    ulp: Values
    ulp_relative: Values
    ulp_contract: Values
    zero_sign: Mask


def judge(bits: Bits, dtype: str, standard: Standard) -> Columns:
    """Judge the observations of one subject and quantity.

    Parameters
    ----------
    bits : ndarray of unsigned integers, shape (N,)
    dtype : str
        The dtype the bits really have.
    standard : Standard

    Returns
    -------
    Columns
        Verdicts in the order of ``VERDICTS``: the first group whose condition holds. Every figure is there
        whichever verdict wins.
    """
    exact = standard.mathematics
    if dtype != standard.container.name:
        return everything("wrong-dtype", len(bits))
    got = to_float64(bits, standard.container)
    ulp, relative = _errors(got, exact, standard.target)
    correct, within = _agrees(got, exact, standard.target, standard.limit, ulp)
    own = ulp_exponent(exact.value, standard.target)
    below_one = compare(relative, 1.0, got, exact.value, own, standard.target) < 0
    negative = exact.value.negative & (exact.value.tag != ZERO)
    zero_sign = (got == 0) & (np.signbit(got) != negative)
    nearest = np.full(len(bits), np.nan)
    verdict = np.select(
        [correct, within & below_one, within],
        [CODE["correctly-rounded"], CODE["faithful"], CODE["within-limit"]],
        CODE["beyond-limit"],
    )
    missed = ~(correct | within)
    _deviations(verdict, missed, got, standard, exact)
    for reference in reversed(standard.references):
        conforms, error = _conforms(got, reference.golden, standard)
        verdict[missed & conforms] = CODE[reference.kind]
        nearest = np.fmin(nearest, error)
    silent = exact.value.tag == NONE
    for reference in filter(lambda r: r.converted, standard.references):  # of two tiny probabilities, two zeros
        silent |= reference.golden.value.tag == NONE
    verdict[silent & missed & (verdict >= CODE["wrong-class"])] = CODE["no-golden"]
    return Columns(verdict.astype(np.uint8), ulp, relative, nearest, zero_sign)


def everything(verdict: str, count: int) -> Columns:
    """One verdict for all cases: nothing was delivered, or in the wrong container."""
    nothing = np.full(count, np.nan)
    return Columns(np.full(count, CODE[verdict], np.uint8), nothing, nothing, nothing, np.zeros(count, bool))


def choose(mask: Mask, first: Columns, second: Columns) -> Columns:
    """The rows of the first columns where the mask holds, of the second elsewhere."""
    return Columns(*(np.where(mask, getattr(first, f.name), getattr(second, f.name)) for f in fields(Columns)))


def with_raised(columns: Columns, raised: NDArray[np.intp], documented: Mask) -> Columns:
    """The verdicts where cases raised, or were documented to raise and did not.

    Parameters
    ----------
    columns : Columns
        As judged from the bits alone; rows that raised hold no meaning there.
    raised : ndarray of intp
        Indices of the cases that raised.
    documented : ndarray of bool, shape (N,)
        The cases the contract says raise.
    """
    hit = np.zeros(len(documented), bool)
    hit[raised] = True
    delivered = np.where(documented, CODE["not-raised"], columns.verdict)
    verdict = np.where(hit, np.where(documented, CODE["raised-documented"], CODE["raised"]), delivered)
    silent = hit | documented
    ulp, relative, nearest = (
        np.where(silent, np.nan, column) for column in (columns.ulp, columns.ulp_relative, columns.ulp_contract)
    )
    return Columns(verdict.astype(np.uint8), ulp, relative, nearest, columns.zero_sign & ~silent)


def _errors(got: Values, golden: Golden, target: Format) -> tuple[Values, Values]:
    unit, own = ulp_exponent(golden.scale, target), ulp_exponent(golden.value, target)
    ulp = ulp_error(got, golden.value, unit, target)
    return ulp, ulp if np.array_equal(unit, own) else ulp_error(got, golden.value, own, target)


def _agrees(got: Values, golden: Golden, target: Format, limit: float, ulp: Values) -> tuple[Mask, Mask]:
    """Correctly rounded, and within the limit. A NaN agrees with a NaN, an infinity with the same infinity."""
    rounded = rounded_values(golden.value, target)
    there = golden.value.tag != NONE
    correct = there & ((got == rounded) | (np.isnan(got) & (golden.value.tag == NAN)))
    unit = ulp_exponent(golden.scale, target)
    return correct, there & (compare(ulp, limit, got, golden.value, unit, target) <= 0)


def _conforms(got: Values, golden: Golden, standard: Standard) -> tuple[Mask, Values]:
    """Whether results are what a contract documents; at a kink, anything between the one-sided derivatives."""
    ulp, _ = _errors(got, golden, standard.target)
    correct, within = _agrees(got, golden, standard.target, standard.limit, ulp)
    if golden.other is None:
        return correct | within, ulp
    far = Golden(golden.other, golden.scale)
    other, _ = _errors(got, far, standard.target)
    right, near = _agrees(got, far, standard.target, standard.limit, other)
    ends = [rounded_values(v, standard.target) for v in (golden.value, golden.other)]
    between = (ends[0] != ends[1]) & (got >= np.minimum(*ends)) & (got <= np.maximum(*ends))
    return correct | within | right | near | between, np.where(between, 0.0, np.fmin(ulp, other))


def _deviations(verdict: NDArray[np.intp], missed: Mask, got: Values, standard: Standard, exact: Golden) -> None:
    """The kinds of deviation, written into ``verdict`` from the last of the order to the first."""
    value, target = exact.value, standard.target
    rounded = rounded_values(value, target)
    lost = (got == 0) & (value.tag == FINITE) & (rounded != 0)
    verdict[missed & lost] = CODE["lost"]
    if standard.at_zero is not None and standard.ignores_subnormals:
        ulp, _ = _errors(got, standard.at_zero, target)
        correct, within = _agrees(got, standard.at_zero, target, standard.limit, ulp)
        verdict[missed & (correct | within)] = CODE["daz"]
    if standard.flushes:  # of what is exact, or of what is documented where the two differ
        for golden in (exact, *(reference.golden for reference in standard.references)):
            due = rounded_values(golden.value, target)
            subnormal = (due != 0) & (np.abs(due) < target.smallest_normal)
            verdict[missed & (got == 0) & subnormal] = CODE["flushed"]
    signed = np.isin(value.tag, (FINITE, UNDERFLOW, INFINITE))
    opposite = (got != 0) & (np.signbit(got) != value.negative) & signed
    verdict[missed & opposite] = CODE["wrong-sign"]
    wrong_class = (
        (np.isnan(got) != (value.tag == NAN))
        | (np.isinf(got) & (value.tag < INFINITE) & ~np.isinf(rounded))
        | (np.isfinite(got) & np.isinf(rounded))
    )
    verdict[missed & wrong_class] = CODE["wrong-class"]
