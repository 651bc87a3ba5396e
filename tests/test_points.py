"""Points judged with the fast oracle against the same judged by certified values alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from conformance import oracle
from conformance.adapter import EntryPoint
from conformance.estimate import Estimate
from conformance.exact import round_to
from conformance.formats import BFLOAT16, BINARY16, BINARY32, Bits, Format, Values, rounded, to_float64
from conformance.golden import Golden, golden
from conformance.standards import formats
from conformance.sweep import doubt, points
from conformance.sweep.histogram import LINEAR, bins, border, nearest

LOGIT, PROBABILITY = "sigmoid_cross_entropy", "binary_cross_entropy"
QUANTITIES = {
    LOGIT: ("loss", "d_logits", "d2_logits"),
    PROBABILITY: ("loss", "d_probabilities", "d2_probabilities"),
}
EACH = [(loss, quantity) for loss, own in QUANTITIES.items() for quantity in own]
EVERY = pytest.mark.parametrize(("loss", "quantity"), EACH)
HALVES = pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16], ids=lambda f: f.name)
OFF = (0, 1, -1, 3, -3)


@pytest.fixture(autouse=True)
def _each_golden_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known: dict[Any, Golden] = {}

    def cached(loss: str, quantity: str, columns: tuple[Values, ...]) -> Golden:
        key = (loss, quantity, *(column.tobytes() for column in columns))
        if key not in known:
            known[key] = golden(loss, quantity, columns)
        return known[key]

    monkeypatch.setattr(points, "golden", cached)
    yield


def results(loss: str, quantity: str, columns: tuple[Values, ...], fmt: Format) -> Iterator[Bits]:
    """Correctly rounded results, some a few steps off, and zeros."""
    exact = oracle.as_exact(*oracle.estimates(loss, (quantity,), columns)[0], oracle.at_end(loss, columns[0]))
    best = round_to(exact.value, fmt)
    movable = (np.abs(to_float64(best, fmt)) < fmt.largest / 2) & (np.abs(to_float64(best, fmt)) > 4 * fmt.smallest)
    for off in OFF:
        yield np.where(movable, best + np.array(off).astype(best.dtype), best).astype(fmt.storage)
    yield np.zeros(len(best), fmt.storage)
    yield np.full(len(best), 1 << (fmt.width - 1), fmt.storage)


def differing(loss: str, quantity: str, columns: tuple[Values, ...], fmt: Format) -> tuple[list[Any], int]:
    """Where the two ways to judge do not say the same, and how many points the fast oracle left to the other."""
    entry = EntryPoint("a.function", loss, "function()", "exact")
    wrong, left = [], 0
    for bits in results(loss, quantity, columns, fmt):
        found, due = (
            way(entry, fmt.name, quantity, columns, bits, (False, False)) for way in (points.judged, points.certified)
        )
        same = (found.columns.verdict == due.columns.verdict) & (found.bins == due.bins)
        same &= (found.above == due.above) & (found.columns.zero_sign == due.columns.zero_sign)
        wrong += [(columns[0][i], columns[1][i], int(bits[i])) for i in np.flatnonzero(~same).tolist()]
        left += found.certified
    return wrong, left


@HALVES
@EVERY
def test_every_kind_of_label_along_all_logits(loss: str, quantity: str, fmt: Format) -> None:
    tiny = fmt.smallest * 3
    for k, label in enumerate((0.0, 1.0, 0.5, 13 / 64, tiny, 1 - 2.0**-fmt.precision, 2.0**-9)):
        x = to_float64(np.arange(k, 1 << 16, 23).astype(np.uint16), fmt)
        x = x[(x >= 0) & (x <= 1)] if loss == PROBABILITY else x
        wrong, left = differing(loss, quantity, (x, np.full(len(x), label)), fmt)
        assert wrong == []
        if loss == LOGIT:
            assert left <= 40


@pytest.mark.parametrize("fmt", [BFLOAT16, BINARY16, BINARY32], ids=lambda f: f.name)
@EVERY
def test_random_points(loss: str, quantity: str, fmt: Format) -> None:
    random = np.random.default_rng(3)
    x = np.exp2(random.uniform(fmt.quantum, 12, 1500)) * random.choice([-1, 1], 1500)
    x[:500] = random.standard_normal(500) * 10
    y = np.where(random.random(1500) < 0.5, np.exp2(random.uniform(fmt.quantum, 0, 1500)), random.random(1500))
    y[::3] = 1 - y[::3]
    x = np.abs(x) % 1 if loss == PROBABILITY else x
    assert differing(loss, quantity, (rounded(x, fmt), rounded(y, fmt)), fmt)[0] == []


def test_a_narrow_computation_of_wide_inputs() -> None:
    random = np.random.default_rng(4)
    x, y = random.standard_normal(2000) * 300, random.random(2000)
    y[::2] = 1 - np.exp2(-random.uniform(1, 52, 1000))
    x[::5] = np.exp2(random.uniform(-1070, 400, 400))
    entry = EntryPoint("a.function", LOGIT, "function()", "exact", computes="binary32")
    for quantity in ("loss", "d_logits"):
        container = formats(entry, "binary64", quantity)[1]
        value = oracle.values(LOGIT, (quantity,), (x, y))[0][0]
        bits = rounded(value, BINARY32).astype(np.float32 if container == BINARY32 else np.float64)
        bits = bits.view(container.storage)
        found, due = (
            way(entry, "binary64", quantity, (x, y), bits, (False, False)) for way in (points.judged, points.certified)
        )
        assert (found.columns.verdict == due.columns.verdict).all() and (found.bins == due.bins).all()


def doubtful(got: float, value: float, rest: float, slack: float, scale: float | None = None) -> bool:
    """Whether binary16's result is in doubt; a scale is exact, and without one the value is its own."""
    own = Estimate(np.array([value]), np.array([rest]), np.array([slack]))
    other = own.magnitude() if scale is None else Estimate(np.array([scale]), np.zeros(1), np.zeros(1))
    exact = oracle.as_exact(own, other, np.zeros(1, bool))
    return len(doubt.in_doubt(np.array([got]), own, other, exact, BINARY16, LIMIT)) == 1


STEP = 2.0**-10
"""Of binary16 from 1 on."""
LIMIT = 2 + 37 / 128
BORDERS = {
    "a tie": (1.0, 1 + STEP / 2, None),
    "a bin": (1.0, 1 + STEP * 37 / 64, None),
    "one ULP": (1.0, 1 + STEP, None),
    "a bin of a power of two": (1.0, 1 + STEP * 128, None),
    "the limit": (1.0, 1 + STEP * LIMIT, None),
    "a bin below": (1 + STEP * 3, 1 + STEP * 17 / 64, None),
    "a tie below a coarse scale": (1.0, 1 + STEP / 2, 1500.0),
    "a relative ULP below a coarse scale": (1.0, 1 + STEP, 1500.0),
    "a power of two": (1.9, 2.0, None),
    "a negative power of two": (-1.9, -2.0, None),
    "overflow": (1.0, 65520.0, None),
    "half the smallest": (0.0, 2.0**-25, None),
    "the smallest normal": (0.0, 2.0**-14, None),
    "rounding to the smallest normal": (0.0, 2.0**-14 - 2.0**-25, None),
    "binary64's rounding": (1.0, 1.0, None),
}


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("name", BORDERS)
def test_every_border_is_in_doubt_within_the_slack_and_not_beyond_it(name: str, side: int) -> None:
    got, value, scale = BORDERS[name]
    rest = side * abs(value) * 2.0**-90
    if name == "binary64's rounding":
        rest = side * 2.0 ** (-54 if side < 0 else -53) * (1 - 2.0**-20)
        assert doubtful(got, value, rest, abs(rest) * 2.0**-19)
        assert not doubtful(got, value, rest, abs(rest) * 2.0**-21)
        return
    assert doubtful(got, value, rest, abs(rest) * 1.01, scale)
    assert not doubtful(got, value, rest, abs(rest) * 0.99, scale)
    assert not doubtful(got, value, 0.0, 0.0, scale)  # nothing is in doubt of what is exact


def test_zero_is_in_doubt() -> None:
    assert doubtful(1.0, 2.0**-60, 0.0, 2.0**-59, 1.0)
    assert not doubtful(1.0, 2.0**-60, 0.0, 2.0**-61, 1.0)


def test_bins_and_their_borders() -> None:
    number = np.concatenate([np.arange(1, LINEAR + 30), [LINEAR + 900]])
    at = border(number)
    assert (nearest(at) == number).all()
    assert bins(at)[0].tolist() == number.tolist() and bins(at)[1].all()
    between = at * (1 + 2.0**-20)
    assert bins(between)[0].tolist() == number.tolist() and not bins(between)[1].any()
    below = at * (1 - 2.0**-50)
    assert bins(below)[0].tolist() == (number - 1).tolist() and bins(below)[1].all()
    assert (nearest(below) == number).all()
    odd = np.array([0.0, 1e-30, np.inf, np.nan, 1.7e308])
    assert bins(odd)[0].tolist() == [0, 0, -1, -1, LINEAR + 1023 - 6]
    assert not bins(odd)[1].any()
