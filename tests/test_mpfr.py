"""MPFR as the third vote: the losses by directed rounding, rounded once by MPFR into each format.

Nothing here is shared with the package but the inputs. A value is Σ coefficient · term with exact rational
coefficients and terms that MPFR encloses from below and from above; MPFR itself rounds the enclosure's inside to
the format's precision, with the format's exponents and subnormal numbers.
"""

import math
from collections.abc import Iterator, Sequence

import gmpy2
import numpy as np
import pytest
from gmpy2 import mpfr
from mpfr_terms import correctly_rounded, into

from conformance import cases, contracts, losses, tables
from conformance.exact import INFINITE, NAN, NONE, ZERO, pack, round_to
from conformance.formats import FORMATS, Format, to_float64
from conformance.golden import Golden, contract_golden, golden

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)


def computed(name: str, rows: Sequence[Sequence[float]], quantity: str) -> Iterator[Sequence[float]]:
    """The rows whose value is computed, not a limit that is stated."""
    if name not in tables.stored_contracts():
        special = losses.load(name).special
        return (row for row in rows if special(quantity, *row) is None)
    inside = contracts.load(name, tables.stored_contracts()[name]).rules.computed
    return (row for row in rows if inside(quantity, tuple(row)))


def votes(name: str, quantity: str, rows: Sequence[Sequence[float]], found: Golden, fmt: Format) -> tuple[int, int]:
    """Rows compared, and rows on which MPFR did not decide; fails at the first difference."""
    got = to_float64(round_to(found.value, fmt), fmt).tolist()
    undecided = 0
    for row, value, i in zip(rows, got, range(len(rows)), strict=True):
        expected = correctly_rounded(name, quantity, row, fmt)
        if expected is None:
            undecided += 1
        elif found.value.tag[i] == ZERO or isinstance(expected, int):
            assert expected == value == 0, (quantity, row)
        else:
            assert value.hex() == expected.hex(), (quantity, row)
    return len(rows), undecided


@EVERY
@pytest.mark.parametrize("name", tables.functions())
def test_all_stored_values_round_as_mpfr_rounds_them(name: str, fmt: Format) -> None:
    for quantity in losses.load(tables.functions()[name]).QUANTITIES:
        rows, pairs = zip(
            *((row, pair) for (q, row), pair in sorted(tables.read(name).items()) if q == quantity), strict=True
        )
        kept = set(computed(name, rows, quantity))
        picked = [i for i, row in enumerate(rows) if row in kept]
        found = pack(pairs[i][0] for i in picked)
        count, undecided = votes(name, quantity, [rows[i] for i in picked], Golden(found, found), fmt)
        assert not found.tag[np.isin(found.tag, (INFINITE, NAN, NONE))].size
        assert undecided <= count // 50  # a difference of two softplus that is −x, where −x is a tie


@EVERY
@pytest.mark.parametrize("name", tables.functions())
def test_a_sample_of_the_cases_rounds_as_mpfr_rounds_it(name: str, fmt: Format) -> None:
    loss = tables.functions()[name]
    definition = losses.load(loss)
    space = cases.build(definition.ARGUMENTS, fmt.name)
    for quantity in definition.QUANTITIES:
        index = np.random.default_rng(len(name)).permutation(len(space))[:250]
        rows = list(computed(name, [tuple(float(v[i]) for v in space.values) for i in index], quantity))
        if not rows:
            continue  # the derivative a contract is silent on
        columns = [np.array(c) for c in zip(*rows, strict=True)]
        if name not in tables.stored_contracts():
            found = golden(name, quantity, columns)
        else:
            contract = contracts.load(name, tables.stored_contracts()[name])
            constants = contract.rules.constants(contract.constant, None)
            assert constants is not None
            found = contract_golden(contract, quantity, constants, columns)
        count, undecided = votes(name, quantity, rows, found, fmt)
        assert undecided <= count // 30


@EVERY
def test_single_functions_of_mpfr_are_the_losses_of_hard_labels(fmt: Format) -> None:
    """−log p, −log1p(−p) and −2·atanh(2p − 1): one correctly rounded MPFR call each, at the format's precision."""
    space = cases.build(("probability", "label"), fmt.name)
    p = np.unique(space.values[0][(space.values[0] > 0) & (space.values[0] < 1)])
    zeros, ones = np.zeros_like(p), np.ones_like(p)
    context = gmpy2.context(precision=fmt.precision, emax=fmt.emax + 1, emin=fmt.quantum + 1, subnormalize=True)
    wide = gmpy2.context(precision=1200)
    expected = {
        ("loss", 1.0): [-float(context.log(mpfr(v, 53))) for v in p.tolist()],
        ("loss", 0.0): [-float(context.log1p(mpfr(-v, 53))) for v in p.tolist()],
        ("d_labels", 0.0): [-2 * float(context.atanh(wide.sub(wide.mul(2, v), 1))) for v in p.tolist()],
    }
    for (quantity, label), values in expected.items():
        found = golden("binary_cross_entropy", quantity, [p, ones if label else zeros])
        got = to_float64(round_to(found.value, fmt), fmt)
        np.testing.assert_array_equal(got, values, err_msg=f"{quantity} at label {label}")


def test_mpfr_rounds_subnormals_once() -> None:
    """The instrument itself: a hair over a tie among subnormal numbers, which two roundings would lose."""
    above = gmpy2.context(precision=200).add(mpfr(2) ** -150, mpfr(2) ** -210)
    assert into(FORMATS["binary32"], above) == 2.0**-149
    assert into(FORMATS["binary32"], mpfr(2) ** -150) == 0
    assert math.copysign(1, into(FORMATS["binary32"], -(mpfr(2) ** -1300))) == -1
    assert into(FORMATS["binary16"], mpfr(65520)) == math.inf and into(FORMATS["binary16"], mpfr(65519)) == 65504
