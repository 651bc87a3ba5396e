"""The calls that deliveries are asked of, written from what an adapter records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.adapter import EntryPoint
from conformance.behaviour.arguments import rows, values
from conformance.behaviour.arrangements import Arrangement, arrangements
from conformance.behaviour.calls import DISTRIBUTIONS, INDICES, SIGNS, Call, calls
from conformance.subject import sources


def call(code: str, loss: str = "sigmoid_cross_entropy", **fields: Any) -> list[Call]:
    class Stub:
        entry_points = (EntryPoint("a.b", loss, code, **fields),)

    found: list[Call] = calls(Stub())  # type: ignore[arg-type]
    return found


def test_a_call_takes_arrays_as_they_are() -> None:
    (found,) = call("a.b({config})(label[:, None], logit[..., None])", config={"k": 1})
    assert found.expression({}) == "a.b(k=1)(label, logit)"
    assert found.expression({"k": 2, "more": "x"}) == "a.b(k=2, more='x')(label, logit)"
    assert (found.arguments, found.weight, found.alone) == (("logit", "label"), "", True)


def test_what_makes_a_loss_may_take_an_argument_too() -> None:
    (found,) = call("a.B(weight, k={k})(logit, label)", "element_weighted_sigmoid_cross_entropy", config={"k": 1})
    assert (found.expression({}), found.weight) == ("a.B(weight, k=1)(logit, label)", "weight")


@pytest.mark.parametrize(
    ("code", "config"),
    [
        ("a.b(torch.sigmoid(logit), label)", {}),
        ("a.b(2 * logit)(label)", {}),
        ("a.b(logit) - logit * label", {}),
        ("a.b(logit, 2 * label - 1)", {}),
        ("a.b(logit, label)", {"composed": "after-something"}),
    ],
)
def test_a_composition_has_no_call_of_its_own(code: str, config: dict[str, str]) -> None:
    assert call(code, config=config) == []


def test_a_weight_is_asked_alone_where_the_plain_call_is_there_too() -> None:
    class Stub:
        entry_points = (
            EntryPoint("a.b", "weighted_sigmoid_cross_entropy", "a.b(logit, label, pos_weight)", config={"q": 1}),
            EntryPoint("a.b", "sigmoid_cross_entropy", "a.b(logit, label)"),
            EntryPoint("a.c", "weighted_sigmoid_cross_entropy", "a.c(logit, label, pos_weight)"),
            EntryPoint("a.b", "sigmoid_cross_entropy", "a.b(logit, label)", config={"other": 1}),
        )

    found: list[Call] = calls(Stub())  # type: ignore[arg-type]
    assert [(c.entry.path, c.weight, c.alone) for c in found] == [
        ("a.b", "pos_weight", False),
        ("a.b", "", True),
        ("a.c", "pos_weight", True),
    ]


def test_every_entry_point_that_takes_arrays_has_a_call() -> None:
    for source in sources():
        paths = {c.entry.path for c in calls(source.adapter)}
        rowless = source.adapter.name in ("reference", "textbook")      # their functions take no rows of classes
        entries = [e for e in source.adapter.entry_points if "composed" not in e.config]
        missing = {e.path for e in entries if not (rowless and "classes=" in e.loss)} - paths
        assert missing == set(), source.adapter.name


ENTRY = EntryPoint("a.b", "softmax_cross_entropy(classes=2)", "")
PLAIN = Call(EntryPoint("a.b", "sigmoid_cross_entropy", ""), "", ("logit", "label"))


def test_rows_of_classes_are_what_the_loss_is_of() -> None:
    arguments = ("prediction", "label")
    given = Arrangement("shape.table", (7, 2), (7,))
    found = rows(Call(ENTRY, "", arguments, INDICES), given)
    assert found[:2] == [(0.5, 0.0, 0.0), (1.0, 0.0, 1.0)] and len(found) == 7
    soft = rows(Call(ENTRY, "", arguments, DISTRIBUTIONS), replace(given, label=(7, 2)))
    assert [row[2] for row in soft][:4] == [0.0, 1.0, 0.5, 0.25]
    assert values(Call(ENTRY, "", arguments, DISTRIBUTIONS), replace(given, label=(7, 2)), "label")[4:6] == [0.5, 0.5]
    assert rows(Call(ENTRY, "", arguments, DISTRIBUTIONS), replace(given, label=(7, 1))) == []


def test_signs_are_the_labels_of_the_loss() -> None:
    signs = replace(PLAIN, targets=SIGNS)
    given = Arrangement("shape.vector")
    assert set(values(signs, given, "label")) == {-1.0, 1.0}
    assert {y for _, y in rows(signs, given)} == {0.0, 1.0}


def test_unequal_shapes_pair_up_or_broadcast() -> None:
    column = Arrangement("unequal.labels-column", (7,), (7, 1))
    assert len(rows(PLAIN, column)) == 7 and len(rows(PLAIN, column, outer=True)) == 49
    assert rows(PLAIN, Arrangement("unequal.labels-shorter", (7,), (6,))) == []
    assert len(rows(PLAIN, Arrangement("unequal.labels-one", (7,), (1,)))) == 7
    assert rows(PLAIN, Arrangement("domain.labels-above", outside={"label": 1.5})) == []


def test_without_texts_an_adapter_writes_vectors_of_one_dtype() -> None:
    (source,) = [s for s in sources() if s.adapter.name == "reference"]
    for call_ in calls(source.adapter):
        for made in arrangements(call_, source.adapter, "binary32"):
            assert len(made.prediction) == len(made.label) == 1 and not made.dtypes
