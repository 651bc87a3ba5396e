"""identify, on every entry point of every adapter: each is named for what its adapter records, by probing alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import REQUIRED

from conformance.adapter import EntryPoint
from conformance.expectations import load
from conformance.identify.agreement import ROLES
from conformance.identify.box import Box
from conformance.identify.identification import Identification
from conformance.identify.investigation import identify
from conformance.identify.published import Row, line_of, row_of, same
from conformance.identify.target import arguments_of, entry_box, reduced
from conformance.measure import Pool
from conformance.places import adapters_folder
from conformance.subject import Source, sources

SOURCES = {source.adapter.name: source for source in sources()}
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "IDENTIFY.md"
REDUCTIONS = {"elements": "mean", "1": "sum", "weights": "mean", "nonzero-weights": "mean"}
"""What an adapter says that a sum is divided by → the answer without weights."""


Asked = dict[tuple[str, bool], list[Row]]


def of(source: Source, first: bool) -> list[EntryPoint]:
    """Of an adapter the entry points of the quick tier, or the others."""
    return [entry for entry in source.adapter.entry_points if (entry.tier == "quick") == first]


EVERY = [
    pytest.param(name, first, id=name if first else f"{name}-rest", marks=() if first else pytest.mark.full)
    for first in (True, False)
    for name, source in SOURCES.items()
    if of(source, first)
]
"""All entry points are asked beside a full audit: that takes minutes."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Warm workers for all tests here: an adapter's tests follow each other."""
    with Pool(2) as workers:
        yield workers


@pytest.fixture(scope="module")
def rows(pool: Pool) -> Asked:
    """What was answered of the entry points of an adapter, filled as it is asked for."""
    return {}


def every(name: str, first: bool, pool: Pool, rows: Asked) -> list[tuple[Row, EntryPoint]]:
    """What is answered of each entry point, asked once."""
    source = SOURCES[name]
    entries = of(source, first)
    if (name, first) not in rows:
        found = [row_of(source, entry, pool) for entry in entries]
        rows[name, first] = [row for row in found if row is not None]
    if not rows[name, first]:
        if name in REQUIRED:
            pytest.fail(f"{name} is required (BCE_REQUIRE), and is not installed")
        pytest.skip(f"{name} is not installed")
    return list(zip(rows[name, first], entries, strict=True))


@pytest.mark.parametrize(("name", "first"), EVERY)
def test_every_entry_point_is_named(name: str, first: bool, pool: Pool, rows: Asked) -> None:
    wrong = [line_of(row) for row, _ in every(name, first, pool, rows) if not (row.right or row.refuted)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "first"), EVERY)
def test_the_order_of_arguments_is_found(name: str, first: bool, pool: Pool, rows: Asked) -> None:
    for row, entry in every(name, first, pool, rows):
        assert row.answer.value("order") == [ROLES.get(a, a) for a in arguments_of(entry)], row.name


@pytest.mark.parametrize(("name", "first"), EVERY)
def test_what_it_computes_in_is_found(name: str, first: bool, pool: Pool, rows: Asked) -> None:
    for row, entry in every(name, first, pool, rows):
        for dtype, found in row.answer.value("result dtype").items():
            recorded = found.startswith("raises") or found == (entry.computes or dtype)
            assert recorded or has_wrong_dtype(name, entry, dtype), (row.name, dtype, found)


def has_wrong_dtype(adapter: str, entry: EntryPoint, dtype: str) -> bool:
    """Whether a recorded cause says that another dtype comes back there than what is due."""
    key = {"adapter": adapter, "entry_point": entry.path, "config": entry.key, "dtype": dtype}
    return any(
        "wrong-dtype" in cause.verdicts
        and any(all(cause.allows(table, k, value) for k, value in key.items()) for table in cause.selectors)
        for cause in load(adapters_folder()).causes.values()
    )


@pytest.mark.parametrize(("name", "first"), EVERY)
def test_labels_that_are_indices_are_found(name: str, first: bool, pool: Pool, rows: Asked) -> None:
    for row, entry in every(name, first, pool, rows):
        casts = any(word in entry.code for word in (".long()", "int32"))
        assert (row.answer.value("soft labels") == "index") == casts, row.name


@pytest.mark.parametrize(("name", "first"), EVERY)
def test_the_page_says_what_is_answered(name: str, first: bool, pool: Pool, rows: Asked) -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for row, _ in every(name, first, pool, rows):
        published = next((line for line in lines if line.startswith(f"| `{row.name}` |")), "")
        assert published.split("|")[1:5] == line_of(row).split("|")[1:5], row.name


def test_every_line_of_the_page_is_an_entry_point() -> None:
    from conformance.identify.target import entry_id

    known = {entry_id(s.adapter, e) for s in SOURCES.values() for e in s.adapter.entry_points}
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert listed and set(listed) <= known and len(set(listed)) == len(listed)


def several(source: Source) -> list[tuple[EntryPoint, list[tuple[EntryPoint, str]]]]:
    """The first entry point of each loss that reduces, and itself with each reduction and what it is divided by."""
    first: dict[str, EntryPoint] = {}
    for entry in source.adapter.entry_points:
        if entry.reductions and not entry.labels and entry.tier == "quick":
            first.setdefault(entry.loss.partition("(")[0], entry)
    return [(e, [(reduced(e, value), by) for value, by in e.reductions.items()]) for e in first.values()]


def answered(source: Source, entry: EntryPoint, pool: Pool) -> Identification:
    target, box = entry_box(source, entry, pool)
    if pool.describe(box.worker("binary64"))["status"] != "ok":
        pytest.skip(f"{source.adapter.name} is not installed")
    return identify([(target, box)], ())


@pytest.mark.parametrize("name", ["pytorch", "keras[numpy]"])
def test_every_reduction_is_named(name: str, pool: Pool) -> None:
    assert several(SOURCES[name])
    for plain, others in several(SOURCES[name]):
        alone = answered(SOURCES[name], plain, pool)
        for entry, by in others:
            answer = answered(SOURCES[name], entry, pool)
            assert answer.value("reduction") == REDUCTIONS[by], entry.key
            assert same(alone.loss, alone.contract, answer.loss, answer.contract), entry.key


def test_the_name_is_never_read(pool: Pool) -> None:
    """The same program under another name, of another loss, has the same answer."""
    source = SOURCES["pytorch"]
    entry = next(e for e in source.adapter.entry_points if e.path.endswith("with_logits"))
    plain = answered(source, entry, pool)
    target, box = entry_box(source, entry, pool)
    lie = Box(pool, source, box.text.replace("program", "binary_cross_entropy_of_probabilities") + ALIAS)
    told = identify([(target, lie)], ())
    assert (told.loss, told.contract, told.properties) == (plain.loss, plain.contract, plain.properties)


ALIAS = "program = binary_cross_entropy_of_probabilities\n"
