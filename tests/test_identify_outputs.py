"""What is said of a model's outputs and labels next to what a loss takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from conformance.identify.identification import Identification, Property
from conformance.identify.outputs import outputs, warnings

LINE = np.linspace(-3, 3, 100)
HARD = np.tile([0.0, 1.0], 50)


def told(**values: str) -> Identification:
    """An answer with these properties, a blank in a name as an underscore."""
    said = [Property(name.replace("_", " "), value, value, "certain") for name, value in values.items()]
    return Identification("it", True, "certain", "", properties=tuple(said))


def known(takes: str, labels: str = "{0, 1}", soft: str = "weighted") -> Identification:
    return told(takes=takes, labels=labels, arrangement="vectors", soft_labels=soft)


def by_rows(takes: str, labels: str = "indices") -> Identification:
    soft = "index" if labels == "indices" else "weighted"
    return told(takes=takes, labels="{0, 1}", classes="3", arrangement=f"rows and {labels}", soft_labels=soft)


def drawn(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def softmax(x: NDArray[Any]) -> NDArray[Any]:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-x)))


def only(found: list[str]) -> str:
    """The one sentence."""
    assert len(found) == 1, found
    return found[0]


def test_outputs_are_told_apart() -> None:
    random = drawn()
    assert outputs(random.normal(size=100) * 3).looks == "logits"
    assert outputs(random.random(100)).looks == "probabilities"
    assert outputs(np.log(random.random(100))).looks == "log-probabilities"
    rows = random.random((4, 3))
    assert outputs(rows / rows.sum(-1, keepdims=True)).confidence == "certain"
    assert outputs(np.full(50, 0.5)).looks == "constant"
    assert outputs(np.array([np.nan, np.inf])).looks == "nothing"


def test_what_does_not_fit_is_said() -> None:
    random = drawn(2)
    logits, probabilities = random.normal(size=64) * 3, random.random(64)
    assert "takes logits, and the model's outputs look like prob" in only(warnings(known("logits"), probabilities))
    assert "the model's outputs are none (64 outputs" in only(warnings(known("probabilities"), logits))
    assert not warnings(known("logits"), logits) and not warnings(known("probabilities"), probabilities)


@pytest.mark.parametrize(
    ("values", "confidence"),
    [
        (drawn().normal(0.4, 0.1, 100), "likely"),
        (np.clip(drawn().normal(0, 0.2, 100), 0, 0.5), "likely"),
        (drawn().random((100, 10)), "likely"),
        (drawn().random(3), "not known"),
        (softmax(drawn().normal(size=(3, 10))), "likely"),
        (softmax(drawn().normal(size=(4, 10))), "certain"),
        (softmax(drawn().normal(size=(64, 1000)).astype(np.float16)), "certain"),
        (np.moveaxis(softmax(drawn().normal(size=(4, 5, 6, 3))), -1, 1), "certain"),
    ],
    ids=["untrained", "relu", "columns", "three", "three rows", "four rows", "half precision", "classes second"],
)
def test_only_rows_that_sum_to_one_prove_probabilities(values: NDArray[Any], confidence: str) -> None:
    seen = outputs(values)
    assert (seen.looks, seen.confidence) == ("probabilities", confidence)
    verb = {"certain": "are", "likely": "look like", "not known": "may be"}[confidence]
    assert f"outputs {verb} probabilities" in only(warnings(known("logits"), values))


@given(st.integers(2, 2000), st.integers(0, 2**32 - 1))
def test_the_harm_of_a_second_activation_is_as_said(columns: int, seed: int) -> None:
    """Of any probabilities, the most extreme too, a softmax and a sigmoid stay within the figures of the sentence."""
    rows = softmax(drawn(seed).normal(scale=30, size=(8, columns)))
    extreme = np.vstack([rows, np.eye(columns)[:1]])
    bound = float(only(warnings(by_rows("logits"), extreme)).split("never above ")[1].removesuffix("."))
    assert softmax(extreme).max() <= bound * 1.05 and softmax(extreme).max() >= bound * 0.95
    words = only(warnings(known("logits"), extreme))
    assert "between 0.5 and 0.73" in words and "softmax" not in words
    assert sigmoid(extreme).min() >= 0.5 and round(float(sigmoid(np.ones(1))[0]), 2) == 0.73


def test_no_figure_is_given_for_the_loss() -> None:
    """It depends on scales, weights and powers."""
    words = only(warnings(known("logits"), drawn().random(100)))
    assert f"{math.log1p(math.exp(-1)):.2f}" not in words and "per element" not in words


def test_rows_that_no_softmax_made_only_may_be_probabilities() -> None:
    words = only(warnings(by_rows("logits"), drawn().random((100, 10))))
    assert "may be probabilities" in words and "a softmax of 10 probabilities is never above 0.23" in words
    assert "sigmoid" not in words


@pytest.mark.parametrize("takes", ["logits", "probabilities", "scores"])
@pytest.mark.parametrize("decided", [HARD, HARD == 1, HARD.astype(np.uint8), 2 * HARD - 1, -HARD])
def test_decisions_are_no_probabilities(takes: str, decided: NDArray[Any]) -> None:
    """-HARD has none that is 1: it is no decision."""
    found = warnings(known(takes), decided)
    assert any("outputs are decisions" in words for words in found) == bool((decided == 1).any())
    assert not any("probabilities (" in words for words in found)


def test_logits_of_rare_positives_are_no_log_probabilities() -> None:
    values = drawn().uniform(-8, -1, 100)
    assert not warnings(known("logits"), values)
    assert not warnings(by_rows("logits"), values.reshape(10, 10))
    assert "are none" in only(warnings(known("probabilities"), values))


def test_rows_whose_exponentials_sum_to_one_are_log_probabilities() -> None:
    values = np.log(softmax(drawn().normal(size=(50, 10)) * 3))
    assert outputs(values).confidence == "certain"
    assert "is never above 0.5" in only(warnings(known("logits"), values))
    assert sigmoid(values).max() <= 0.5
    assert "superfluous" in only(warnings(by_rows("logits"), values))
    np.testing.assert_allclose(softmax(values), np.exp(values), rtol=1e-12)
    assert "take their exponential" in only(warnings(by_rows("probabilities"), values))
    assert not warnings(known("log-probabilities"), values)


def test_a_loss_of_log_probabilities_is_given_none() -> None:
    words = only(warnings(known("log-probabilities"), np.append(-np.ones(30), [0.5, 2.0])))
    assert "above 0: 2 of 32" in words


@pytest.mark.parametrize(
    ("dtype", "beyond", "looks"),
    [
        (np.float64, 1.0000001, "probabilities"),
        (np.float32, 1.0000001, "probabilities"),
        (np.float32, -1e-7, "probabilities"),
        (np.float16, 1.001, "probabilities"),
        (np.float32, 1.001, "logits"),
        (np.float64, 1.00001, "logits"),
        (np.float16, 1.01, "logits"),
    ],
)
def test_roundoff_makes_no_logits(dtype: type, beyond: float, looks: str) -> None:
    values: NDArray[Any] = np.append(drawn().random(99), beyond).astype(dtype)
    assert values.max() > 1 or values.min() < 0
    assert outputs(values).looks == looks
    assert bool(warnings(known("probabilities"), values)) == (looks == "logits")


def test_a_margin_is_no_probability() -> None:
    words = only(warnings(known("scores", "{-1, 1}"), drawn().random(100)))
    assert "takes scores, and the model's outputs look like probabilities" in words
    assert "no probability is below 0" in words and "sigmoid" not in words
    assert not warnings(known("scores", "{-1, 1}"), LINE)


def test_a_loss_of_rows_is_given_rows() -> None:
    for values in (LINE, LINE[:, None], drawn().random(100)):
        assert f"takes rows of classes, (N, C), and the model's outputs have the shape {values.shape}" in only(
            warnings(by_rows("logits"), values)
        )
    assert not warnings(by_rows("logits"), LINE.reshape(10, 10))


@pytest.mark.parametrize(
    ("takes", "labels", "said"),
    [
        ("{0, 1}", [0, 1], ""),
        ("{0, 1}", [0.1, 0.9], ""),
        ("{0, 1}", [True, False], ""),
        ("{0, 1}", [-1, 1], "map them by (y + 1) / 2"),
        ("{0, 1}", [-100, 0, 1], "of 100 (-100). Leave them out"),
        ("{0, 1}", [-1, 0, 1], "of 100 (-1). Leave them out"),
        ("{0, 1}", [0, 1, 255], "of 100 (255). Leave them out"),
        ("{0, 1}", [0, 1, 2, 3], "are they class indices?"),
        ("{0, 1}", [0, 1, np.nan], "NaN or infinite: 33 of 100"),
        ("{-1, 1}", [-1, 1], ""),
        ("{-1, 1}", [1], ""),
        ("{-1, 1}", [0, 1], "map them by 2 y - 1"),
        ("{-1, 1}", [-100, -1, 1], "of 100 (-100). Leave them out"),
    ],
)
def test_labels_that_do_not_fit_are_said(takes: str, labels: list[float], said: str) -> None:
    found = warnings(known("logits", takes), LINE, np.resize(np.array(labels), 100))
    assert (said in only(found) and ("map" in only(found)) == ("map" in said)) if said else not found


def test_how_many_labels_lie_outside_is_said() -> None:
    labels = np.where(np.arange(100) < 7, -100, HARD)
    assert "outside these: 7 of 100 (-100)" in only(warnings(known("logits"), LINE, labels))


@pytest.mark.parametrize("soft", ["index", "rounded", "threshold", "raises", "margin", "other"])
def test_soft_labels_are_said_where_they_are_no_weights(soft: str) -> None:
    labels = np.linspace(0, 1, 100)
    assert "lie between 0 and 1" in only(warnings(known("logits", soft=soft), LINE, labels))
    assert not warnings(known("logits"), LINE, labels) and not warnings(known("logits", soft=soft), LINE, HARD)


@pytest.mark.parametrize(
    ("shape", "said"),
    [((90,), "(100,) against labels of shape (90,) do not fit"), ((100, 1), "broadcast to (100, 100)"), ((100,), "")],
)
def test_each_output_has_a_label(shape: tuple[int, ...], said: str) -> None:
    found = warnings(known("logits"), LINE, np.resize(HARD, shape))
    assert said in only(found) if said else not found


def test_labels_by_index_are_held_against_the_columns() -> None:
    values, indices = drawn().normal(size=(100, 10)), np.arange(100) % 10
    assert not warnings(by_rows("logits"), values, indices)
    assert not warnings(by_rows("logits"), values, indices[:, None])
    assert not warnings(by_rows("logits"), values, indices.astype(float))
    words = only(warnings(by_rows("logits"), values, indices + 1))
    assert "no index of the 10 columns, 0 to 9: 10 of 100 (10)." in words
    words = only(warnings(by_rows("logits"), values, np.where(indices == 3, -100, indices)))
    assert "0 to 9: 10 of 100 (-100)" in words
    assert "0 to 9: 10 of 100 (0.5)" in only(warnings(by_rows("logits"), values, np.where(indices == 3, 0.5, indices)))


def test_labels_of_rows_have_a_class_each() -> None:
    values, indices = drawn().normal(size=(100, 10)), np.arange(100) % 10
    one_hot = np.eye(10)[indices]
    assert not warnings(by_rows("logits", "targets"), values, one_hot)
    assert "one-hot rows" in only(warnings(by_rows("logits", "targets"), values, indices))
    assert "one class index for each row" in only(warnings(by_rows("logits"), values, one_hot))
    assert "one class index for each row" in only(warnings(by_rows("logits"), values, indices[:90]))
    assert "outside 0 to 1: 900 of 1000 (-1)" in only(warnings(by_rows("logits", "targets"), values, 2 * one_hot - 1))
    image = np.moveaxis(values.reshape(2, 50, 10), -1, 1)
    assert not warnings(by_rows("logits"), image, indices.reshape(2, 50))


def test_of_an_unknown_loss_only_what_needs_none_is_said() -> None:
    unknown = Identification("it", False, "not known", "")
    assert not warnings(unknown, drawn().random(100), np.arange(100))
    assert not warnings(unknown, drawn().random((100, 3)), np.arange(100))
    assert "do not fit" in only(warnings(unknown, LINE, HARD[:90]))
    assert "NaN" in only(warnings(unknown, LINE, np.full(100, np.nan)))
