"""Certification, against mpmath and against looking stored values up."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from conformance import enclosures, losses, pairs, tables
from conformance.cases import build
from conformance.golden import golden
from conformance.normative import agrees, working_precision

Say = Callable[[str], None]
Seconds = Callable[..., float]
COUNT = 2000


def forget() -> None:
    """Empty the caches of pieces, so that every call pays for its functions."""
    pieces = (enclosures.softplus_tail, enclosures.logistic_tail, enclosures.negative_log)
    for cache in (*pieces, enclosures.negative_log_complement, pairs._ratio):
        cache.cache_clear()


def sample(loss: str, dtype: str) -> list[tuple[float, ...]]:
    """Distinct inputs in the order of the cases: neighbouring ones share their first argument, as in an audit."""
    definition = losses.load(loss)
    values = build(definition.ARGUMENTS, dtype).values
    rows = dict.fromkeys(zip(*(v.tolist() for v in values), strict=True))
    inside = [r for r in rows if all(definition.special(q, *r) is None for q in definition.QUANTITIES)]
    return inside[:: max(1, len(inside) // COUNT)]


@pytest.mark.parametrize("dtype", ["binary32", "binary64"])
@pytest.mark.parametrize("loss", losses.names())
def test_certifying(loss: str, dtype: str, say: Say, seconds: Seconds) -> None:
    definition, rows = losses.load(loss), sample(loss, dtype)
    for quantity in definition.QUANTITIES:
        pair = pairs.exact_pair(loss, quantity)
        found: list[Any] = []

        def certify(pair: Any = pair, found: list[Any] = found) -> None:
            forget()
            found[:] = [pair(row) for row in rows]

        def normative(quantity: str = quantity) -> None:
            for row in rows:
                with mpmath.workprec(working_precision(row)):
                    definition.definition(mpmath.mp, quantity, *(mpmath.mpf(v) for v in row))

        ours, theirs = seconds(certify), seconds(normative)
        goldens = sum(1 if value is scale else 2 for value, scale in found)
        say(
            f"certify {loss} {quantity} {dtype}: {len(rows) / ours:,.0f} cases or {goldens / ours:,.0f} values a"
            f" second, {theirs / ours:.1f} times as fast as mpmath"
        )
        for row, (value, _) in list(zip(rows, found, strict=True))[::97]:
            assert agrees(lambda mp, *a, q=quantity: definition.definition(mp, q, *a), row, value)


@pytest.mark.parametrize("loss", losses.names())
def test_looking_up(loss: str, say: Say, seconds: Seconds) -> None:
    definition = losses.load(loss)
    for quantity in definition.QUANTITIES:
        rows = [row for q, row in tables.read(loss) if q == quantity]
        columns = [np.array(c) for c in zip(*rows, strict=True)]
        pair = pairs.exact_pair(loss, quantity)

        def compute(pair: Any = pair, rows: Any = rows) -> list[Any]:
            forget()
            return [pair(row) for row in rows]

        looked_up = seconds(lambda q=quantity, c=columns: golden(loss, q, c))
        computed = seconds(compute)
        rate, ratio = len(rows) / looked_up, computed / looked_up
        say(f"look up {loss} {quantity}: {rate:,.0f} a second, {ratio:.1f} times as fast as certifying")
        assert golden(loss, quantity, columns).value.number(len(rows) // 2) == pair(rows[len(rows) // 2])[0]
