"""The judge, against computing the loss in NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.cases import build
from conformance.exact import round_to
from conformance.formats import BINARY32, FORMATS, from_float64, to_float64
from conformance.golden import golden
from conformance.judge import CODE, Standard, judge
from conformance.limits import limit
from conformance.summary import summarise

Say = Callable[[str], None]
Seconds = Callable[..., float]
LOSS = "sigmoid_cross_entropy"


@pytest.mark.parametrize("dtype", FORMATS)
def test_judging(dtype: str, say: Say, seconds: Seconds) -> None:
    fmt, cases = FORMATS[dtype], build(("logit", "label"), dtype)
    mathematics = golden(LOSS, "loss", cases.values)
    standard = Standard(fmt, fmt, limit(LOSS, "loss", fmt), mathematics)
    bits = round_to(mathematics.value, fmt)
    native = np.float64 if dtype == "binary64" else np.float32
    x: Any
    y: Any
    x, y = (v.astype(native) for v in cases.values)

    def loss() -> Any:
        with np.errstate(all="ignore"):
            return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))

    judging, computing = seconds(lambda: judge(bits, dtype, standard)), seconds(loss)
    columns = judge(bits, dtype, standard)
    summing = seconds(lambda: summarise(columns, cases))
    say(
        f"judge {dtype}: {len(bits) / judging:,.0f} cases a second, {judging / computing:.0f} times the loss in NumPy"
        f" ({native.__name__}); summarise {summing / judging:.2f} times judge"
    )
    known = mathematics.value.tag != 5
    assert (columns.verdict[known] == CODE["correctly-rounded"]).all()


def test_converting(say: Say, seconds: Seconds) -> None:
    values = np.random.default_rng(1).normal(size=1_000_000)
    single = seconds(lambda: values.astype(np.float32))
    for fmt in FORMATS.values():
        bits = from_float64(values, fmt)
        there, back = seconds(lambda f=fmt: from_float64(values, f)), seconds(lambda f=fmt, b=bits: to_float64(b, f))
        say(f"round to {fmt.name}: {there / single:.1f}, and back {back / single:.1f} times NumPy's cast to float32")
        assert to_float64(bits, fmt).shape == values.shape
    assert from_float64(values, BINARY32).dtype == np.uint32
