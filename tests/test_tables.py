"""The golden tables on disk: any change is noticed, and writing them again changes nothing."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import contracts, losses, places, seal, tables
from conformance.commands import golden as command
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number
from conformance.golden import contract_golden, golden
from conformance.pairs import exact_pair

TABLE = "clip_1e-7.tsv"


def files(folder: Path) -> list[Path]:
    """The tables, their manifest and the limits; baselines lie in a folder of their own."""
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of golden/ to spoil, with one contract's table as all there is to verify."""
    copy = tmp_path / "golden"
    shutil.copytree(places.golden_folder(), copy)
    monkeypatch.setattr(seal, "golden_folder", lambda: copy)
    monkeypatch.setattr(tables, "functions", lambda: {"clip(1e-7)": "binary_cross_entropy"})
    tables.read.cache_clear()
    yield copy
    tables.read.cache_clear()


def sign(folder: Path) -> None:
    """Give every table the checksum of what it now holds."""
    manifest = json.loads((folder / seal.MANIFEST).read_text())
    for name in manifest["sha256"]:
        content = (folder / name).read_text(encoding="ascii")
        manifest["sha256"][name] = json.loads(seal.manifest({"x": content}))["sha256"]["x"]
    (folder / seal.MANIFEST).write_text(json.dumps(manifest))


def flip(path: Path, column: int, digit: int) -> None:
    """Flip the lowest bit of one digit of a field, in a line in the middle."""
    lines = path.read_text(encoding="ascii").splitlines()
    middle = next(k for k in range(len(lines) // 2, len(lines)) if "1\t+ " in lines[k])
    fields = lines[middle].split("\t")
    number = fields[column].split(" ")
    number[2] = number[2][:digit] + f"{int(number[2][digit], 16) ^ 1:x}" + number[2][digit + 1 :]
    fields[column] = " ".join(number)
    lines[middle] = "\t".join(fields)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def test_untouched_tables_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.verify() == 0
    count = len((folder / TABLE).read_text().splitlines()) - 1
    assert f"{TABLE}: {count} values certified again, 0 differ from mpmath" in capsys.readouterr().out


@pytest.mark.parametrize("at", [0, 0.25, 0.5, 0.75, 1])
def test_one_changed_bit_fails_the_checksum(folder: Path, at: float) -> None:
    raw = bytearray((folder / TABLE).read_bytes())
    raw[int(at * (len(raw) - 1))] ^= 1
    (folder / TABLE).write_bytes(raw)
    for reader in (command.verify, lambda: tables.read("clip(1e-7)")):
        with pytest.raises(seal.GoldenError, match=r"clip_1e-7.tsv: differs from its checksum .*; restore golden/"):
            reader()
    assert seal.GoldenError.exit_status == 3


def test_one_changed_bit_with_its_checksum_fails_the_recomputation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(folder / TABLE, 3, 31)
    sign(folder)
    assert command.verify() == 1
    shown = capsys.readouterr()
    assert f"{TABLE}: differs from the recomputed table at line " in shown.out and "1 golden files" in shown.err


def test_a_table_cut_short_with_its_checksum_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (folder / TABLE).read_text(encoding="ascii").splitlines(keepends=True)
    (folder / TABLE).write_text("".join(lines[:-1]), encoding="ascii")
    sign(folder)
    assert command.verify() == 1
    assert "its length" in capsys.readouterr().out


def test_a_value_that_mpmath_denies_fails(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both the table and its recomputation are wrong in one bit: only the second opinion sees that."""
    original = tables.pair_of

    def wrong(name: str, quantity: str) -> Callable[[tuple[float, ...]], tuple[Number, Number]]:
        pair = original(name, quantity)

        def spoiled(row: tuple[float, ...]) -> tuple[Number, Number]:
            value, scale = pair(row)
            if row == (0.5, 1.0) and quantity == "loss":
                value = value._replace(significand=value.significand ^ 1)
            return value, scale

        return spoiled

    monkeypatch.setattr(tables, "pair_of", wrong)
    (folder / TABLE).write_text(tables.text("clip(1e-7)", "binary_cross_entropy"), encoding="ascii")
    sign(folder)
    assert command.verify() == 1
    assert "1 differ from mpmath\n  loss at 0x1.0000000000000p-1, 0x1.0000000000000p+0" in capsys.readouterr().out


@pytest.mark.parametrize("name", [TABLE, seal.MANIFEST])
def test_a_missing_file_is_one_sentence(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(seal.GoldenError, match=r"clip_1e-7.tsv: cannot be read with its checksum .*golden write"):
        command.verify()


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"sha256": {}}', '{"sha256": 3}'])
def test_a_broken_manifest_is_one_sentence(folder: Path, content: str) -> None:
    (folder / seal.MANIFEST).write_text(content)
    with pytest.raises(seal.GoldenError, match="cannot be read with its checksum"):
        tables.read("clip(1e-7)")


def test_a_changed_limit_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = folder / "limits.json"
    limits.write_text(limits.read_text().replace("20.01", "20.02", 1))
    with pytest.raises(seal.GoldenError, match=r"limits\.json: differs from its checksum"):
        command.verify()
    sign(folder)
    assert command.verify() == 1
    assert "limits.json: differs from the derivation" in capsys.readouterr().out


def test_writing_again_changes_no_bit(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in files(folder)}
    (folder / TABLE).write_text("spoiled")
    (folder / "limits.json").write_text("spoiled")
    assert command.write() == 0
    after = {path.name: path.read_bytes() for path in files(folder)}
    assert after.keys() == before.keys()
    for name in (TABLE, "limits.json"):
        assert after[name] == before[name]
    old, new = (json.loads(files[seal.MANIFEST]) for files in (before, after))
    assert new["sha256"] == {name: old["sha256"][name] for name in (TABLE, "limits.json")}


def test_a_failure_while_computing_replaces_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in files(folder)}
    monkeypatch.setattr(seal, "manifest", lambda texts: 1 / 0)
    monkeypatch.setattr(tables, "text", lambda name, loss: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command.write()
    assert {path.name: path.read_bytes() for path in files(folder)} == before


numbers = st.one_of(
    st.tuples(st.sampled_from([ZERO, UNDERFLOW, INFINITE, NAN, NONE]), st.booleans()).map(lambda t: Number(*t)),
    st.builds(
        Number,
        st.just(FINITE),
        st.booleans(),
        st.integers(-1200, 2000),
        st.integers(1 << 127, (1 << 128) - 1),
        st.booleans(),
    ),
)


@settings(deadline=None, max_examples=200)
@given(number=numbers)
def test_a_number_is_read_as_it_was_written(number: Number) -> None:
    assert tables.parsed(tables.written(number)) == number


@pytest.mark.parametrize("name", tables.functions())
def test_every_table_is_read_as_it_is_written(name: str) -> None:
    raw = seal.sealed(tables.file_of(name)).splitlines()
    assert len(raw) - 1 == len(tables.read(name)), "a line is there twice"
    again = [tables.line(quantity, row, pair) for (quantity, row), pair in tables.read(name).items()]
    assert again == raw[1:]
    assert all(len(line) < 260 for line in raw), "reviewable text"


def test_stored_and_computed_goldens_are_the_same() -> None:
    """The lookup is only a shortcut."""
    for name in tables.stored_losses():
        table = tables.read(name)
        for (quantity, row), (value, scale) in list(table.items())[:: len(table) // 200]:
            computed = exact_pair(name, quantity)(row)
            assert computed[0] == value
            assert (computed[1].tag, *computed[1][2:]) == (scale.tag, *scale[2:])
            found = golden(name, quantity, [np.array([v]) for v in row])
            assert found.value.number(0) == value


def test_the_tables_hold_the_edges_of_every_format() -> None:
    rows = {row for _, row in tables.read("sigmoid_cross_entropy")}
    firsts = {row[0] for row in rows}
    assert {0.0, 17.0, 37.0, 89.0, -104.0, 710.0, -745.0, float("inf"), 2.0**-1074, 2.0**-133, 65504.0} <= firsts
    assert {row[1] for row in rows} == {0.0, 1.0, 0.5}


def test_a_name_without_a_table_has_no_entries() -> None:
    for name in ("clip(2e-7)", "focal(gamma=5)", "element_weighted_sigmoid_cross_entropy"):
        assert tables.read(name) == {}


def test_every_loss_file_has_one_table_but_those_made_of_another() -> None:
    stems = {name.partition("(")[0] for name in tables.stored_losses()}
    assert stems == {stem for stem in losses.files() if not stem.startswith("element_weighted")}
    assert len(stems) == len(tables.stored_losses())


def test_a_contract_is_read_from_its_table_only_for_the_loss_of_the_table() -> None:
    """The same row of another loss has another value; its table would be silently wrong."""
    row = [np.array([0.5]), np.array([1.0])]
    plain, focal = (
        contract_golden(found, "loss", found.rules.constants("1e-7", None) or (), row).value.number(0)
        for loss in ("binary_cross_entropy", "focal_of_probability(gamma=2)")
        for found in (contracts.load("clip(1e-7)", loss),)
    )
    assert plain == tables.read("clip(1e-7)")["loss", (0.5, 1.0)][0]
    assert focal == plain._replace(exponent=plain.exponent - 2)


def test_tables_and_limits_stay_small() -> None:
    assert sum(path.stat().st_size for path in files(places.golden_folder())) < 7_000_000


def test_two_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stored = {name: loss for name, loss in tables.functions().items() if "probability" in name or name == "clip(1e-7)"}
    monkeypatch.setattr(tables, "functions", lambda: stored)
    said = []
    for processes in (1, 2):
        assert command.verify(processes) == 0
        said.append(sorted(capsys.readouterr().out.splitlines()))
    assert said[0] == said[1] and len(said[0]) == len(stored) == 2


def test_the_manifest_names_tools_and_every_table() -> None:
    manifest = json.loads((places.golden_folder() / seal.MANIFEST).read_text())
    assert manifest["tools"].keys() == {"mpmath", "python-flint", "python"}
    files = {path.name for path in places.golden_folder().glob("*.tsv")}
    assert files == {tables.file_of(name) for name in tables.functions()}
    assert set(manifest["sha256"]) == files | {"limits.json"}
