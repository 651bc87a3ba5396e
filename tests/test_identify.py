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
from conformance.identify.published import Row, line_of, row_of
from conformance.identify.target import arguments_of, entry_box, reduced
from conformance.measure import Pool
from conformance.places import adapters_folder
from conformance.subject import Source, sources

SOURCES = {source.adapter.name: source for source in sources()}
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "IDENTIFY.md"
REDUCTIONS = {"elements": "mean", "1": "sum", "weights": "mean", "nonzero-weights": "mean"}
"""What an adapter says that a sum is divided by → the answer without weights."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Warm workers for all tests here: an adapter's tests follow each other."""
    with Pool(2) as workers:
        yield workers


@pytest.fixture(scope="module")
def rows(pool: Pool) -> dict[str, list[Row]]:
    """Adapter → what was answered of its entry points, filled as it is asked for."""
    return {}


def every(source: Source, pool: Pool, rows: dict[str, list[Row]]) -> list[Row]:
    """What is answered of each entry point of an adapter, asked once."""
    name = source.adapter.name
    if name not in rows:
        found = [row_of(source, entry, pool) for entry in source.adapter.entry_points]
        rows[name] = [row for row in found if row is not None]
    if not rows[name]:
        if name in REQUIRED:
            pytest.fail(f"{name} is required (BCE_REQUIRE), and is not installed")
        pytest.skip(f"{name} is not installed")
    return rows[name]


@pytest.mark.parametrize("name", SOURCES)
def test_every_entry_point_is_named(name: str, pool: Pool, rows: dict[str, list[Row]]) -> None:
    wrong = [line_of(row) for row in every(SOURCES[name], pool, rows) if not (row.right or row.refuted)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", SOURCES)
def test_the_order_of_arguments_is_found(name: str, pool: Pool, rows: dict[str, list[Row]]) -> None:
    for row, entry in zip(every(SOURCES[name], pool, rows), SOURCES[name].adapter.entry_points, strict=True):
        assert row.answer.value("order") == [ROLES.get(a, a) for a in arguments_of(entry)], row.name


@pytest.mark.parametrize("name", SOURCES)
def test_what_it_computes_in_is_found(name: str, pool: Pool, rows: dict[str, list[Row]]) -> None:
    for row, entry in zip(every(SOURCES[name], pool, rows), SOURCES[name].adapter.entry_points, strict=True):
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


@pytest.mark.parametrize("name", SOURCES)
def test_labels_that_are_indices_are_found(name: str, pool: Pool, rows: dict[str, list[Row]]) -> None:
    for row, entry in zip(every(SOURCES[name], pool, rows), SOURCES[name].adapter.entry_points, strict=True):
        casts = any(word in entry.code for word in (".long()", "int32"))
        assert (row.answer.value("soft labels") == "index") == casts, row.name


@pytest.mark.parametrize("name", SOURCES)
def test_the_page_says_what_is_answered(name: str, pool: Pool, rows: dict[str, list[Row]]) -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for row in every(SOURCES[name], pool, rows):
        published = next((line for line in lines if line.startswith(f"| `{row.name}` |")), "")
        assert published.split("|")[1:5] == line_of(row).split("|")[1:5], row.name


def test_every_line_of_the_page_is_an_entry_point() -> None:
    from conformance.identify.target import entry_id

    known = {entry_id(s.adapter, e) for s in SOURCES.values() for e in s.adapter.entry_points}
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert listed and set(listed) <= known and len(set(listed)) == len(listed)


def several(source: Source) -> list[tuple[EntryPoint, str, str]]:
    """The first entry point of each loss that reduces, with each value and what the adapter says of it."""
    first: dict[str, EntryPoint] = {}
    for entry in source.adapter.entry_points:
        if entry.reductions and not entry.labels and entry.tier == "quick":
            first.setdefault(entry.loss.partition("(")[0], entry)
    return [(reduced(e, value), value, by) for e in first.values() for value, by in e.reductions.items()]


def answered(source: Source, entry: EntryPoint, pool: Pool) -> Identification:
    target, box = entry_box(source, entry, pool)
    if pool.describe(box.worker("binary64"))["status"] != "ok":
        pytest.skip(f"{source.adapter.name} is not installed")
    return identify([(target, box)], ())


@pytest.mark.parametrize("name", ["pytorch", "keras[numpy]"])
def test_every_reduction_is_named(name: str, pool: Pool) -> None:
    cases = several(SOURCES[name])
    assert cases
    answered(SOURCES[name], cases[0][0], pool)  # skips where it is not installed
    for entry, value, by in cases:
        row = row_of(SOURCES[name], entry, pool)
        assert row is not None and row.answer.value("reduction") == REDUCTIONS[by], (entry.path, value)
        assert row.right or row.refuted, (entry.path, value)


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
