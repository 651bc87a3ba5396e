"""The second opinion: the definitions in mpmath accept what is certified and nothing beside it."""

from functools import partial
from typing import Any

import mpmath
import pytest

from conformance import cases, losses
from conformance.exact import FINITE, INFINITE, NAN, UNDERFLOW, ZERO, Number, number_of_ratio
from conformance.normative import Disputed, agrees, confirm, working_precision
from conformance.pairs import exact_pair

SAMPLE = [
    ("sigmoid_cross_entropy", "loss", (-500.0, 0.0)),
    ("sigmoid_cross_entropy", "loss", (17.5, 0.9)),
    ("sigmoid_cross_entropy", "d_logits", (40.0, 1.0)),
    ("sigmoid_cross_entropy", "d_logits", (2.0**-1074, 0.5)),
    ("binary_cross_entropy", "loss", (2.0**-1074, 0.1)),
    ("binary_cross_entropy", "d_labels", (0.5 + 2.0**-53, 1.0)),
    ("weighted_sigmoid_cross_entropy", "d_labels", (-3.0, 0.0, 100.0)),
]
samples = pytest.mark.parametrize(("loss", "quantity", "row"), SAMPLE)


def definition(loss: str, quantity: str) -> Any:
    def evaluate(mp: Any, *arguments: Any) -> Any:
        return losses.load(loss).definition(mp, quantity, *arguments)

    return evaluate


@samples
def test_the_certified_value_is_accepted_and_no_neighbour(loss: str, quantity: str, row: tuple[float, ...]) -> None:
    number = exact_pair(loss, quantity)(row)[0]
    accepts = partial(agrees, definition(loss, quantity), row)
    assert number.tag == FINITE and accepts(number)
    for bit in (0, 1, 63, 64, 126):
        assert not accepts(number._replace(significand=number.significand ^ (1 << bit)))
    assert not accepts(number._replace(negative=not number.negative))
    assert not accepts(number._replace(exponent=number.exponent + 1))
    assert not accepts(number._replace(exponent=number.exponent - 1))
    assert not accepts(number._replace(sticky=False))
    for tag in (ZERO, UNDERFLOW, INFINITE, NAN):
        assert not accepts(Number(tag, number.negative))


def test_values_of_the_other_kinds() -> None:
    d_logits = definition("sigmoid_cross_entropy", "d_logits")
    assert agrees(d_logits, (0.0, 0.5), Number(ZERO))
    assert not agrees(d_logits, (0.0, 0.5), Number(UNDERFLOW))
    assert not agrees(d_logits, (0.0, 0.5), number_of_ratio(1, 1 << 500))
    assert agrees(d_logits, (-900.0, 0.0), Number(UNDERFLOW)), "e^-900 is 2^-1299"
    assert not agrees(d_logits, (-900.0, 0.0), Number(UNDERFLOW, True))
    assert not agrees(d_logits, (-800.0, 0.0), Number(UNDERFLOW)), "e^-800 is 2^-1155"
    assert agrees(lambda mp, x: mp.inf, (1.0,), Number(INFINITE))
    assert not agrees(lambda mp, x: mp.inf, (1.0,), Number(INFINITE, True))
    assert not agrees(lambda mp, x: mp.mpf(2) ** 1025, (1.0,), Number(INFINITE))
    assert agrees(lambda mp, x: mp.nan, (1.0,), Number(NAN))


def test_an_exact_value_is_exact() -> None:
    number = exact_pair("sigmoid_cross_entropy", "d_logits")((0.0, 0.25))[0]
    assert number == number_of_ratio(1, 4)
    d_logits = definition("sigmoid_cross_entropy", "d_logits")
    assert agrees(d_logits, (0.0, 0.25), number)
    assert not agrees(d_logits, (0.0, 0.25), number._replace(sticky=True))
    # 1 − y + e^−x at x = 10^30 shows no tail at any precision, and has one.
    assert agrees(d_logits, (-1e30, -1.0), number_of_ratio(1, 1)._replace(sticky=True))


def test_the_precision_resolves_the_widest_sum() -> None:
    """1 + e^x at x = 700 keeps e^-700 beside it, and 2^1000 · y keeps a subnormal y."""
    for row in ((700.0, 1.0), (-700.0, 1.0), (2.0**1000, 2.0**-1074), (2.0**-1074, 0.5)):
        with mpmath.workprec(working_precision(row)):
            x = mpmath.mpf(row[0])
            if abs(x) < 1200:
                assert (1 + mpmath.exp(-abs(x))) - 1 > 0
            assert (x + row[1]) - x == row[1]


def test_a_dispute_names_its_inputs() -> None:
    right = exact_pair("sigmoid_cross_entropy", "loss")((3.0, 1.0))[0]
    confirm("sigmoid_cross_entropy", "loss", (3.0, 1.0), right)
    with pytest.raises(Disputed, match=r"loss of sigmoid_cross_entropy at 0x1\.8000000000000p\+1, 0x1\.0"):
        confirm("sigmoid_cross_entropy", "loss", (3.0, 1.0), right._replace(significand=right.significand ^ 2))
    confirm("sigmoid_cross_entropy", "loss", (float("inf"), 1.0), Number(ZERO))  # stated, not computed


SOME = [n for n in losses.names() if "(" not in n or "gamma=2,a" in n or "gamma=0.5" in n or "smoothing=0.1" in n]


@pytest.mark.parametrize("loss", SOME)
@pytest.mark.parametrize("dtype", ["bfloat16", "binary64"])
def test_a_sample_of_the_cases_is_accepted(loss: str, dtype: str) -> None:
    terms = losses.load(loss)
    space = cases.build(terms.ARGUMENTS, dtype)
    for i in range(0, len(space), len(space) // 60):
        row = tuple(float(v[i]) for v in space.values)
        for quantity in terms.QUANTITIES:
            if terms.special(quantity, *row) is None:
                assert agrees(definition(loss, quantity), row, exact_pair(loss, quantity)(row)[0]), (quantity, row)
