"""identify, on losses as people write them, each with one mistake: named for what it is, or said to be unknown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.identify.box import BoxError
from conformance.identify.identification import Identification
from conformance.identify.investigation import identify
from conformance.identify.target import boxes
from conformance.measure import Pool

FOLDER = Path(__file__).with_name("mistakes")
SIGMOID, BINARY = ("sigmoid_cross_entropy", "exact"), ("binary_cross_entropy", "exact")
Ask = Callable[[str], Identification]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as workers:
        yield workers


@pytest.fixture
def ask(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A function from a mistake's name to the answer, asked from its folder as a user would."""
    monkeypatch.chdir(FOLDER)
    return lambda name: identify(boxes(f"mistakes:{name}", pool, timeout=5), ())


NAMED: dict[str, tuple[str, str, dict[str, object]]] = {
    "of_logits": (*SIGMOID, {"takes": "logits", "reduction": "none", "labels": "{0, 1}"}),
    "of_probabilities": (*BINARY, {"takes": "probabilities", "clamp": None}),
    "swapped": (*SIGMOID, {"order": ["label", "prediction"], "reduction": "mean"}),
    "sum_for_mean": (*SIGMOID, {"reduction": "sum"}),
    "wrong_axis": (*SIGMOID, {"reduction": "mean over first axis"}),
    "batch_mean": (*SIGMOID, {"reduction": "sum over first axis"}),
    "mean_twice": (*SIGMOID, {"reduction": "mean divided again"}),
    "smoothed_twice": ("sigmoid_cross_entropy(smoothing=0.19)", "exact", {"label smoothing": 0.19}),
    "wrong_epsilon": ("binary_cross_entropy", "clip(0.001)", {"clamp": {"where": "clip", "value": 1e-3}}),
    "epsilon_inside": ("binary_cross_entropy", "epsilon(1e-8)", {"clamp": {"where": "epsilon", "value": 1e-8}}),
    "floored": ("binary_cross_entropy", "log_clamped(-50)", {"clamp": {"where": "floor", "value": 50.0}}),
    "clipped_logits": ("", "", {"takes": "logits", "clamp": {"where": "clip logits", "value": 20.0}}),
    "signed_labels": (*SIGMOID, {"labels": "{-1, 1}", "order": None}),
    "signed_labels_of_probabilities": (*BINARY, {"labels": "{-1, 1}"}),
    "missing_minus": (*BINARY, {"factor": -1.0}),
    "base_two": (*BINARY, {"takes": "probabilities"}),
    "downcast": (*SIGMOID, {"computes in": "binary32"}),
    "reversed_labels": (*SIGMOID, {"takes": "logits"}),
    "careless": (*SIGMOID, {"clamp": None}),
    "weighted": ("weighted_sigmoid_cross_entropy", "exact", {"pos_weight": 3.0}),
    "weighted_and_smoothed": (
        "weighted_sigmoid_cross_entropy(smoothing=0.2)",
        "exact",
        {"pos_weight": 5.0, "label smoothing": 0.2},
    ),
    "focal": ("focal(gamma=1.5,alpha=0.3)", "exact", {"gamma": 1.5, "alpha": 0.3}),
    "half": (*SIGMOID, {"factor": 0.5}),
    "hundredth": (*SIGMOID, {"factor": 0.01, "clamp": None}),
    "squares": ("", "", {"takes": "probabilities"}),
    "indices": (*SIGMOID, {"soft labels": "index"}),
    "double_sigmoid": ("", "", {"takes": "logits", "reduction": "mean"}),
    "integer_labels": (*SIGMOID, {"soft labels": "index", "arrangement": "integers second"}),
    "hard_labels": (*SIGMOID, {"soft labels": "raises", "arrangement": "vectors", "order": ["prediction", "label"]}),
    "hard_labels_first": (*SIGMOID, {"soft labels": "raises", "order": ["label", "prediction"], "reduction": "mean"}),
    "weights_averaged": ("element_weighted_sigmoid_cross_entropy", "exact", {"reduction": "mean"}),
    "weights_summed": ("element_weighted_sigmoid_cross_entropy", "exact", {"reduction": "sum over weights"}),
    "weights_counted": ("element_weighted_sigmoid_cross_entropy", "exact", {"reduction": "sum over nonzero weights"}),
    "Plain": (*SIGMOID, {}),
    "loss": (*SIGMOID, {}),
    "float_of": (*SIGMOID, {"reduction": "mean"}),
    "positives_alone": ("", "", {"takes": "probabilities"}),
    "halfway": ("", "", {"labels": "{0, 1}"}),
    "hinge": ("", "", {"labels": "{-1, 1}"}),
    "rows_of_logits": ("softmax_cross_entropy(classes=3)", "exact", {"takes": "logits"}),
    "hard_signed_labels": (*SIGMOID, {"labels": "{-1, 1}", "soft labels": "raises"}),
    "focal_with_epsilon": ("", "", {"gamma": 2.0, "clamp": {"where": "epsilon", "value": 1e-8}}),
}

WARNED = {
    "double_sigmoid": "sigmoid",
    "mean_twice": "once more",
    "wrong_axis": "first axis",
    "smoothed_twice": "0.1 amounts to when it is applied twice",
    "missing_minus": "minus sign",
    "base_two": "base 2",
    "reversed_labels": "reversed",
    **dict.fromkeys(("careless", "rows_of_logits"), "breaks down"),
    **dict.fromkeys(
        ("of_probabilities", "signed_labels_of_probabilities", "positives_alone", "halfway"),
        "it gives nan, exact is 0",
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_loss_is_named_for_what_it_is(name: str, ask: Ask) -> None:
    loss, contract, properties = NAMED[name]
    answer = ask(name)
    assert answer.known, answer.verdict
    assert (answer.loss, answer.contract) == (loss, contract), answer.verdict
    assert {key: answer.value(key) for key in properties} == properties
    said = " ".join(answer.warnings)
    assert WARNED[name] in said if name in WARNED else not answer.warnings, said


@pytest.mark.parametrize(
    "name",
    ["cubed", "exponential", "nearly", "temperature", "constant", "easy_dropped"],
)
def test_what_is_none_of_the_known_is_said_to_be(name: str, ask: Ask) -> None:
    answer = ask(name)
    assert not answer.known and answer.confidence == "not known" and not answer.loss
    assert answer.verdict.startswith("None of the known losses")
    nearest = answer.property("nearest")
    if name != "constant":
        assert nearest is not None and nearest.probe is not None
        assert nearest.probe.got != nearest.probe.expected


@pytest.mark.parametrize(
    ("name", "words"), [("random", "other results for the same inputs"), ("half_precision", "result is of binary16")]
)
def test_what_cannot_be_told_is_not_guessed(name: str, words: str, ask: Ask) -> None:
    answer = ask(name)
    assert not answer.known and words in answer.verdict and answer.calls < 10


def test_a_reduction_that_is_none_of_the_known_is_said_to_be(ask: Ask) -> None:
    answer = ask("hardest")
    assert answer.confidence == "likely" and answer.value("reduction") == "unknown"
    assert "a reduction that is none of the known" in answer.verdict


def test_an_infinity_that_is_hidden_has_no_constant_that_anybody_writes(ask: Ask) -> None:
    answer = ask("hidden_infinity")
    assert not answer.loss and "1.797693e+308" in answer.verdict


def test_a_clamp_that_is_not_known_is_said_to_be(ask: Ask) -> None:
    answer = ask("floored_on_one_side")
    clamp = answer.property("clamp")
    assert clamp is not None and clamp.value == "unknown" and clamp.confidence == "not known"
    assert answer.confidence == "likely" and not answer.contract
    assert clamp.probe is not None and clamp.probe.got == pytest.approx(-math.log(1e-5))


def test_a_loss_that_grows_as_nothing_known_is_said_to(ask: Ask) -> None:
    answer = ask("steeper")
    clamp = answer.property("clamp")
    assert clamp is not None and clamp.confidence == "not known" and clamp.probe is not None
    assert clamp.probe.got == pytest.approx(1.2 * clamp.probe.expected)
    assert answer.confidence == "likely" and not answer.loss and "none of the known" in answer.verdict


@pytest.mark.parametrize(("name", "place", "got"), [("hole", 5.0, "nan"), ("shifted_at_one_place", 8.0, 0.10033)])
def test_an_exception_in_the_middle_leaves_no_answer_certain(name: str, place: float, got: object, ask: Ask) -> None:
    answer = ask(name)
    assert answer.known and answer.loss == SIGMOID[0] and answer.confidence == "likely"
    value = answer.value("exception")
    assert value["inputs"]["prediction"] == place
    assert value["got"] == (got if isinstance(got, str) else pytest.approx(got, rel=1e-3))
    assert f"but at ({place:g}, " in answer.verdict


@pytest.mark.parametrize("name", ["crashes", "hangs"])
def test_a_crash_or_a_hang_is_an_answer(name: str, ask: Ask) -> None:
    answer = ask(name)
    assert not answer.known
    assert ("SIGSEGV" if name == "crashes" else "no answer within 5 s") in answer.verdict


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Needs", "is a class that needs arguments"),
        ("number", "is no function: it is of type int"),
        ("missing", "mistakes has no missing"),
        ("refuses", "raises on every call, ValueError: not today"),
        ("returns_list", "its result is a list: return an array or a number"),
        ("returns_matrix", r"its result has the shape \(5, 5\) for 5 inputs: return one number"),
    ],
)
def test_what_cannot_be_called_is_one_sentence(name: str, said: str, ask: Ask) -> None:
    with pytest.raises(BoxError, match=said) as raised:
        ask(name)
    assert raised.value.exit_status == 4 and str(raised.value).endswith(".")


def test_a_property_shows_the_probe_that_decided(ask: Ask) -> None:
    answer = ask("wrong_epsilon")
    for name in ("takes", "labels", "order", "clamp"):
        found = answer.property(name)
        assert found is not None and found.confidence == "certain"
        probe = found.probe
        assert probe is not None and probe.instead
        assert probe.got == pytest.approx(probe.expected, rel=1e-9)
        assert probe.otherwise != pytest.approx(probe.expected, rel=1e-6)
