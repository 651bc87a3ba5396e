"""Shapes, dtypes and errors: what is asked, what is due, and which verdict an answer earns."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.adapter import EntryPoint
from conformance.behaviour import promises
from conformance.behaviour.arrangements import Arrangement, arrangements, rows, values
from conformance.behaviour.calls import DISTRIBUTIONS, INDICES, SIGNS, Call, calls
from conformance.behaviour.due import bound, due, error_of
from conformance.behaviour.outcomes import Inputs, Off, Outcome, differs, outcome, promised, verdict
from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RAISES, RETURNS, Documented, Promise
from conformance.cell import Cell
from conformance.examinations import behaviour, trial_of
from conformance.formats import BINARY32
from conformance.job import Observation
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.report.behaviour import table
from conformance.session import measured
from conformance.subject import Filters, sources, subjects
from conformance.verdicts import VERDICTS

MISBEHAVED = Path(__file__).with_name("misbehaved.py")


def promise(entry_point: str, trials: str, says: str, **fields: Any) -> Promise:
    return Promise(entry_point, tuple(trials.split()), says, "https://example.org", "made up for this test", **fields)


SAID = (
    promise("spreading", "unequal.*", EXCLUDES),
    promise("hiding", "unequal.*", EXCLUDES),
    promise("*", "unequal.*", RAISES, errors=("ValueError",)),
    promise("*", "shape.* layout.* labels.* dtypes.*", ACCEPTS),
    promise("*", "domain.labels-* prediction.*", EXCLUDES),
    promise("*", "*", RETURNS, shape="prediction", dtype="prediction"),
)
"""What is documented of the adapters here, and nothing else."""

COLUMNS = {"unequal.labels-column", "unequal.prediction-column"}
BROADCAST = COLUMNS | {
    f"unequal.{name}"
    for name in ("labels-one", "labels-scalar", "prediction-one", "labels-row", "labels-one-column", "labels-one-row")
}
"""Unequal shapes that NumPy takes all the same."""


@cache
def plan() -> Plan:
    return Plan(sources([str(MISBEHAVED)]), "full")


@cache
def cells() -> tuple[Cell, ...]:
    """Everything asked of every adapter of the file."""
    trials = list(behaviour.trials(plan(), subjects(list(plan().sources.values()), Filters(tier="full"))))
    with Pool(1) as pool:
        return tuple(cell for found in measured(plan(), (), trials, pool) for cell in found.cells)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[Cell, ...]:
    monkeypatch.setattr(promises, "promises", lambda: SAID)
    return cells()


def findings(asked: tuple[Cell, ...], adapter: str, mode: str = "eager") -> dict[str, set[str]]:
    """Kind of finding → the trials that have it, in binary32."""
    found: dict[str, set[str]] = {}
    for cell in asked:
        if (cell.adapter, cell.mode, cell.dtype) == (adapter, mode, "binary32") and cell.finding:
            found.setdefault(cell.finding, set()).add(cell.region)
    return found


def named(asked: tuple[Cell, ...], *families: str, mode: str = "eager", adapter: str = "careful") -> set[str]:
    here = {cell.region for cell in asked if (cell.adapter, cell.mode) == (adapter, mode)}
    return {region for region in here if region.partition(".")[0] in families}


def test_what_behaves_as_documented_has_no_finding(asked: tuple[Cell, ...]) -> None:
    mine = [cell for cell in asked if cell.adapter == "careful"]
    assert len(mine) > 60 and [cell.id for cell in mine if cell.finding] == []
    assert {kind for cell in mine for kind in cell.verdicts} == {"documented", "raised-documented", "undocumented"}
    assert all(cell.worst is not None and "made up for this test" in cell.worst["contract"] for cell in mine)


def test_each_fault_is_found_and_nothing_else(asked: tuple[Cell, ...]) -> None:
    delivered = named(asked, "shape", "layout", "labels", "dtypes") - {"dtypes.binary64-binary32"}
    bent = {"shape.scalar", "shape.column", "shape.matrix", "shape.cube", "layout.transposed"}
    integers = {"labels.int32", "labels.uint8", "labels.bool"}
    assert findings(asked, "broadcasting") == {"not-raised": BROADCAST}
    assert findings(asked, "spreading") == {"wrong-shape": COLUMNS}
    assert findings(asked, "hiding") == {"wrong-shape": COLUMNS}
    logits = {"domain.logits-nan", "domain.logits-infinite"}
    assert findings(asked, "widening") == {"wrong-dtype": delivered | logits}
    assert findings(asked, "flattening") == {"wrong-shape": bent}
    assert findings(asked, "refusing") == {"raised": integers}
    assert findings(asked, "misnaming") == {"raised": named(asked, "unequal")}
    assert findings(asked, "wrapping") == {"beyond-limit": {"labels.uint8"}}
    assert findings(asked, "lacking") == {"wrong-class": {"labels.int32"}}


def test_a_mode_that_does_otherwise_is_found_in_that_mode(asked: tuple[Cell, ...]) -> None:
    delivered = named(asked, "shape", "layout", "labels", "dtypes") - {"dtypes.binary64-binary32"}
    logits = {"domain.logits-nan", "domain.logits-infinite"}
    bent = {"shape.scalar", "shape.column", "shape.matrix", "shape.cube", "layout.transposed"}
    promoted = {"dtypes.binary32-binary64", "labels.int32", "labels.bool"}
    assert findings(asked, "two-faced") == {}
    assert findings(asked, "two-faced", "widened") == {"mode-dependent": delivered | logits}
    assert findings(asked, "two-faced", "flat") == {"mode-dependent": bent}
    unchecked = findings(asked, "two-faced", "unchecked")["mode-dependent"]
    taken = {"prediction.int32", "prediction.uint8"}
    assert unchecked == BROADCAST | promoted | taken | named(asked, "domain") - logits
    cell = next(c for c in asked if c.mode == "unchecked" and c.region == "labels.int32" and c.dtype == "binary32")
    assert cell.message == "binary64 (7,); in eager binary32 (7,)"
    assert cell.worst is not None and cell.worst["index"] == 1 and cell.worst["exact"] == "binary32 (7,) in eager"


def test_a_cell_leads_back_to_its_trial(asked: tuple[Cell, ...]) -> None:
    for cell in asked[::37]:
        trial = trial_of(plan(), cell)
        assert trial is not None and trial.id == cell.id


def test_ids_are_unique_and_shell_safe(asked: tuple[Cell, ...]) -> None:
    assert len({cell.id for cell in asked}) == len(asked)
    assert all(re.fullmatch(r"[A-Za-z0-9_./,=-]+", cell.id) for cell in asked)


def test_the_quick_tier_asks_nothing_and_the_default_tier_less() -> None:
    found = sources()
    counts = {
        tier: sum(len(t.jobs) for t in behaviour.trials(Plan(found, tier), subjects(found, Filters(tier=tier))))
        for tier in ("quick", "default", "full")
    }
    assert counts["quick"] == 0 < counts["default"] < 1000 < counts["full"]


def test_the_table_has_a_line_for_each_trial(asked: tuple[Cell, ...]) -> None:
    mine = [cell for cell in asked if cell.dtype == "binary32" and cell.adapter in ("careful", "broadcasting")]
    lines = table(mine, ["unequal"])
    assert {"careful/careful/-/eager/binary32/cpu", "broadcasting/broadcasting/-/eager/binary32/cpu", ""} < {*lines}
    assert sorted(line for line in lines if " unequal.labels-column " in line) == [
        "  unequal.labels-column      raised-documented  ValueError: shapes (7,) and (7, 1) differ",
        "! unequal.labels-column      not-raised         binary32 (7, 7)",
    ]


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
