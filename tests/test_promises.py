"""What is said to be documented: quoted, used, and found in the installed documentation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from conformance.adapter import EntryPoint
from conformance.behaviour import promises
from conformance.behaviour.arrangements import arrangements
from conformance.behaviour.calls import calls
from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RAISES, RETURNS, Promise
from conformance.subject import sources

ADAPTERS = {source.adapter.name: source.adapter for source in sources()}
PROMISES = promises.promises()


def test_every_promise_has_a_source_and_words() -> None:
    for promise in PROMISES:
        assert promise.source.startswith("https://") and len(promise.quote) > 10
        assert promise.says in (ACCEPTS, EXCLUDES, RAISES, RETURNS)
        assert bool(promise.shape or promise.dtype) or promise.says != RETURNS
        assert not promise.errors or promise.says == RAISES
        assert promise.shape in ("", "prediction", "labels", "rows")


def test_every_promise_speaks_of_a_trial() -> None:
    asked = [
        (call.entry, call.targets, arrangement.name)
        for adapter in ADAPTERS.values()
        for call in calls(adapter)
        for dtype in call.entry.dtypes
        for arrangement in arrangements(call, adapter, dtype)
    ]
    unused = [p for p in PROMISES if not any(p.covers(*question) for question in asked)]
    assert unused == []


def test_every_form_is_one_of_an_entry_point() -> None:
    entries = [entry for adapter in ADAPTERS.values() for entry in adapter.entry_points]
    assert all(any(form.fits(entry) for entry in entries) for form in promises.forms())


def test_the_first_promise_that_speaks_of_a_question_answers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        Promise("a.*", ("shape.*",), RETURNS, "https://p", "words", shape="labels"),
        Promise("a.b", ("shape.one",), EXCLUDES, "https://p", "more words"),
        Promise("a.b", ("*",), ACCEPTS, "https://p", "other words", dtype="binary32"),
        Promise("a.b", ("*",), RAISES, "https://p", "late words", errors=("ValueError",), shape="rows"),
    )
    monkeypatch.setattr(promises, "promises", lambda: made)
    entry = EntryPoint("a.b", "sigmoid_cross_entropy", "a.b(logit, label)")
    said = promises.documented(entry, "binary", "shape.one")
    assert (said.says, said.errors, said.shape, said.dtype) == (EXCLUDES, (), "labels", "binary32")
    assert said.quotes == "“more words” (https://p) “words” (https://p) “other words” (https://p)"
    assert promises.documented(entry, "binary", "dtypes.x").says == ACCEPTS
    other = EntryPoint("c", "sigmoid_cross_entropy", "c(logit, label)")
    assert promises.documented(other, "binary", "shape.one") == promises.Documented()


def test_a_promise_may_be_of_one_sort_of_labels_or_config() -> None:
    promise = Promise("a", ("*",), ACCEPTS, "https://p", "words", targets="indices", config=(("k", 1),))
    entry = EntryPoint("a", "sigmoid_cross_entropy", "a(logit, label)", config={"k": 1})
    assert promise.covers(entry, "indices", "shape.one")
    assert not promise.covers(entry, "binary", "shape.one")
    assert not promise.covers(EntryPoint("a", "sigmoid_cross_entropy", "a(logit, label)"), "indices", "shape.one")


def words(text: str) -> str:
    """Letters and digits only, without the markup of Sphinx and LaTeX."""
    text = re.sub(r":ref:`(.*?)<.*?>`", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"\[(logit)\]\(\S+\)|:(math|attr|class|func):|\\[a-z]+", r"\1", text)
    return " ".join(re.findall(r"[a-z0-9_]+", text.lower()))


def docstrings(imports: str, paths: list[str]) -> dict[str, str]:
    """The installed documentation of objects, from a fresh interpreter."""
    code = f"{imports}\nimport inspect, json\nprint(json.dumps([inspect.getdoc(eval(p)) or '' for p in {paths}]))"
    environ = {**os.environ, "KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return dict(zip(paths, found, strict=True))


@pytest.mark.parametrize(
    ("adapter", "imports", "beside"),
    [
        ("pytorch", "import torch", ["torch.nn.CrossEntropyLoss", "torch.nn.MultiLabelSoftMarginLoss"]),
        ("tensorflow", "import tensorflow as tf", []),
        ("keras[numpy]", "import keras", []),
        ("jax", "import optax, jax", ["jax.grad"]),
    ],
)
def test_quotes_are_the_installed_documentation(
    adapter: str, imports: str, beside: list[str], framework: Callable[[str], None]
) -> None:
    framework(adapter)
    entries = list(dict.fromkeys(entry.path for entry in ADAPTERS[adapter].entry_points if "(" not in entry.path))
    mine = [p for p in PROMISES if any(fnmatchcase(path, p.entry_point) for path in entries)]
    found = " ".join(map(words, docstrings(imports, [*entries, *beside]).values()))
    missing = [p.quote for p in mine for part in p.quote.split("[...]") if words(part) not in found]
    assert mine and missing == []
