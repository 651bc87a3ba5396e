"""What is said of a delivery: its verdict, its words, its values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from conformance.behaviour.due import bound, due, error_of
from conformance.behaviour.outcomes import Inputs, Off, Outcome, differs, outcome, promised, verdict
from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RAISES, Documented
from conformance.formats import BINARY32
from conformance.job import Observation
from conformance.verdicts import VERDICTS

GIVEN = Inputs((7,), (7, 1), 7, "binary32")
VECTOR = Outcome("ok", dtype="binary32", shape=(7,), values=np.zeros(7))
SQUARE = Outcome("ok", dtype="binary32", shape=(7, 7), values=np.zeros((7, 7)))
ERROR = Outcome("raised", "ValueError: shapes differ")
BARE = Outcome("raised", "KeyboardInterrupt")
LACKING = Outcome("unsupported", "AttributeError: module 'x' has no attribute 'y'")
ABSENT = Outcome("unsupported", "No module named openvino: install openvino")
REFUSING = Outcome("unsupported", "RuntimeError: 0D or 1D target tensor expected, multi-target not supported")
RIGHT, OTHER, NAN = Off(3.0, 20.0), Off(1e6, 20.0), Off(math.inf, 20.0)
RETURNING = Documented(ACCEPTS, (), "prediction", "binary32")


@pytest.mark.parametrize(
    ("said", "got", "off", "kind"),
    [
        (Documented(RAISES, ("ValueError",)), ERROR, Off(), "raised-documented"),
        (Documented(RAISES, ("TypeError",)), ERROR, Off(), "raised"),
        (Documented(RAISES), BARE, Off(), "raised-documented"),
        (Documented(RAISES), VECTOR, RIGHT, "not-raised"),
        (Documented(RAISES), REFUSING, Off(), "raised-documented"),
        (Documented(RAISES), LACKING, Off(), "unsupported"),
        (Documented(EXCLUDES), ABSENT, Off(), "unsupported"),
        (Documented(EXCLUDES), ERROR, Off(), "raised-documented"),
        (Documented(EXCLUDES), VECTOR, OTHER, "undocumented"),
        (Documented(EXCLUDES), SQUARE, Off(), "wrong-shape"),
        (Documented(EXCLUDES), VECTOR, replace(OTHER, broadcast=True), "wrong-shape"),
        (Documented(ACCEPTS), ERROR, Off(), "raised"),
        (Documented(ACCEPTS), REFUSING, Off(), "unsupported"),
        (Documented(ACCEPTS), VECTOR, RIGHT, "documented"),
        (Documented(ACCEPTS), VECTOR, OTHER, "beyond-limit"),
        (Documented(ACCEPTS), VECTOR, NAN, "wrong-class"),
        (RETURNING, VECTOR, RIGHT, "documented"),
        (replace(RETURNING, shape="labels"), VECTOR, RIGHT, "wrong-shape"),
        (replace(RETURNING, shape="rows"), VECTOR, RIGHT, "wrong-shape"),
        (replace(RETURNING, dtype="binary64"), VECTOR, RIGHT, "wrong-dtype"),
        (replace(RETURNING, dtype="prediction"), VECTOR, RIGHT, "documented"),
        (Documented(), ERROR, Off(), "undocumented"),
        (Documented(), VECTOR, RIGHT, "undocumented"),
        (Documented(), VECTOR, OTHER, "beyond-limit"),
        (Documented(), SQUARE, Off(), "wrong-shape"),
        (Documented("", (), "", "binary64"), VECTOR, RIGHT, "wrong-dtype"),
        (Documented(ACCEPTS), Outcome("crashed", "signal 11"), Off(), "crashed"),
        (Documented(RAISES), Outcome("timed-out"), Off(), "timed-out"),
    ],
)
def test_the_verdict(said: Documented, got: Outcome, off: Off, kind: str) -> None:
    assert kind in VERDICTS
    assert verdict(said, GIVEN, got, off) == kind


@pytest.mark.parametrize(
    ("first", "got", "different"),
    [
        (VECTOR, VECTOR, False),
        (VECTOR, SQUARE, True),
        (VECTOR, replace(VECTOR, dtype="binary64"), True),
        (VECTOR, ERROR, True),
        (ERROR, VECTOR, True),
        (ERROR, BARE, False),
        (REFUSING, VECTOR, True),
        (VECTOR, REFUSING, False),
        (VECTOR, Outcome("crashed"), False),
        (Outcome("crashed"), VECTOR, False),
    ],
)
def test_modes_differ_in_what_is_delivered(first: Outcome, got: Outcome, different: bool) -> None:
    assert differs(first, got) is different


def test_an_outcome_in_words() -> None:
    bits = np.array([1.0, 2.0], np.float32).view(np.uint32)
    got = outcome(Observation("ok", outputs=(bits, bits.reshape(2, 1)), dtypes=("binary32", "binary32")))
    assert (got.words, got.fact) == ("binary32 (2, 1)", "binary32 (2, 1)")
    assert got.values is not None and got.values.tolist() == [[1.0], [2.0]]
    integers = outcome(Observation("ok", outputs=(bits,), dtypes=("int32",)))
    assert (integers.words, integers.values) == ("int32 (2,)", None)
    raised = outcome(Observation("raised", "ValueError: no, (7,)"))
    assert (raised.words, raised.fact) == ("ValueError", "ValueError: no, (7,)")
    assert outcome(Observation("crashed", "signal 11")).words == "crashed"


def test_what_is_documented_in_words() -> None:
    assert promised(Documented(RAISES, ("ValueError", "TypeError")), GIVEN) == "ValueError or TypeError"
    assert promised(Documented(RAISES), GIVEN) == "an error"
    assert promised(Documented(EXCLUDES, (), "labels"), GIVEN) == "excluded"
    assert promised(RETURNING, GIVEN) == "binary32 (7,)"
    assert promised(Documented(ACCEPTS, (), "labels"), GIVEN) == "(7, 1)"
    assert promised(Documented(ACCEPTS, (), "rows", "prediction"), GIVEN) == "binary32 ()"
    assert promised(Documented(ACCEPTS), GIVEN) == "a result"
    assert promised(Documented(), GIVEN) == "silent"


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_values_are_held_to_each_loss_or_to_a_reduction_of_them() -> None:
    pairs = [(0.5, 0.0), (-0.75, 1.0), (1.0, 0.5), (-0.25, 0.25)]
    losses = [(1 - y) * softplus(x) + y * softplus(-x) for x, y in pairs]
    each = due("sigmoid_cross_entropy", "loss", pairs, (2, 2), (1,))
    grid = np.reshape(losses, (2, 2))
    for right in (np.array(losses), grid, grid.mean(1), grid.sum(1)):
        error = error_of(right, each, BINARY32)
        assert error is not None and error < 0.01
    wrong = error_of(grid.mean(0), each, BINARY32)
    assert wrong is not None and wrong > bound("sigmoid_cross_entropy", "loss", BINARY32)
    assert error_of(np.zeros(3), each, BINARY32) is None
    assert error_of(np.full(4, np.nan), each, BINARY32) == math.inf
    assert due("sigmoid_cross_entropy", "loss", pairs, (5,)) == ()


def test_the_derivative_of_a_mean_is_divided_by_its_length() -> None:
    pairs = [(0.5, 0.0), (-0.75, 1.0)]
    slopes = np.array([1 / (1 + math.exp(-x)) - y for x, y in pairs])
    each = due("sigmoid_cross_entropy", "d_logits", pairs, (2,), (0,))
    for right in (slopes, slopes / 2):
        error = error_of(right, each, BINARY32)
        assert error is not None and error < 0.01
    assert (error_of(slopes * 2, each, BINARY32) or 0) > 1e6
