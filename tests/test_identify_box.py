"""The black box of identify: how long a call may take, and what is said of one that takes longer."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from conformance.identify.box import Box, BoxError, Deadly
from conformance.measure import Pool
from conformance.subject import sources

SLOW = """
import time

import numpy as np


def program(x):
    time.sleep(1000 if (x > 5).any() else 0.1)
    return np.asarray(x.sum())
"""
TIMEOUT = 1.0
HANGS = np.array([8.0])


@pytest.fixture
def box() -> Iterator[Box]:
    """A function that takes a tenth of a second, and hangs above 5."""
    source = next(source for source in sources() if source.adapter.name == "textbook")
    with Pool(1) as pool:
        pool.describe(Box(pool, source, SLOW).worker("binary64"))
        yield Box(pool, source, SLOW, TIMEOUT)


def test_each_element_has_its_own_time(box: Box) -> None:
    reply = box.call([np.linspace(0, 1, 16)], "binary64", single=True)
    assert reply.ok and len(reply.values) == 16


def test_an_element_that_hangs_is_told_at_once(box: Box) -> None:
    start = time.monotonic()
    reply = box.call([np.append(np.linspace(0, 1, 3), [8.0] * 60)], "binary64", single=True)
    assert (reply.status, reply.message) == ("timed-out", "no answer within 1 s")
    assert time.monotonic() - start < 30


def test_what_answered_before_is_slow_and_does_not_hang(box: Box) -> None:
    assert box.call([np.zeros(1)], "binary64").ok
    for single in (False, True):
        assert box.call([HANGS], "binary64", single=single).status == "timed-out"
    said = "answered 1 of 4 calls, and took longer than 1 s in others: give it more time with --timeout"
    with pytest.raises(BoxError, match=said):
        box.call([HANGS], "binary64")


def test_what_never_answers_is_said_to_with_what_to_do(box: Box) -> None:
    for _ in range(2):
        assert box.call([HANGS], "binary64").status == "timed-out"
    with pytest.raises(Deadly, match="no answer within 1 s; give a slow function more with --timeout"):
        box.call([HANGS], "binary64")
