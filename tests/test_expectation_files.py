"""The files of expectations: a mistake in one is named with its file and line."""

import pytest
from handmade import ENTRY_POINT, lost
from recorded_folder import CAUSE, NAN_CAUSE, Folder, folder

from conformance.expectations import ExpectationsError, load

__all__ = ["folder"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("why = ", "why ", 7, "Expected"),
        ('id = "sig', 'name = "x"\nid = "sig', 3, "'name' is not a field"),
        ('id = "sigmoid-minus-label"', "", 2, "lacks 'id'"),
        ('id = "sig', 'id = "Sig', 3, "must be of a-z"),
        ("==2.13.*", "about 2", 4, "PEP 440"),
        ('{ torch = "==2.13.*" }', '"==2.13.*"', 4, "'versions' must name a distribution"),
        ('"lost", ', '"fine", ', 5, "'fine' is not a kind of finding"),
        ('["lost", "beyond-limit"]', "[]", 5, "'verdicts' must be"),
        ('cap = "2^24"\n', "", 5, "needs a 'cap'"),
        ('"2^24"', '"many"', 6, "'cap' must be"),
        ('"2^24"', "-1", 6, "'cap' must be"),
        ('"2^24"', "inf", 6, "'cap' must be"),
        ("https", "gopher", 8, "'link' must begin"),
        ("entry_point", "entry", 11, "'entry' is not a field of a cell's key"),
        ('"torch.nn.*"', "3", 11, "'entry_point' must be"),
        ("[[cause]]", "[cause]", 2, "under [[cause]]"),
        ("[[cause]]", "causes = 3\n[[cause]]", 2, "'causes' is not [[cause]]"),
    ],
)
def test_a_malformed_cause_names_file_and_line(folder: Folder, old: str, new: str, line: int, words: str) -> None:
    assert old in CAUSE
    with pytest.raises(ExpectationsError) as caught:
        load(folder.toml(CAUSE.replace(old, new)).path)
    message = str(caught.value)
    assert "pytorch.toml" in message and f"line {line}" in message and words in message and "\n" not in message


def test_a_mistake_in_the_second_cause_names_its_line(folder: Folder) -> None:
    text = CAUSE + NAN_CAUSE.replace("wrong-class", "wrong")
    with pytest.raises(ExpectationsError, match=f"line {CAUSE.count(chr(10)) + 5}: 'wrong' is not"):
        load(folder.toml(text).path)


def test_two_causes_of_one_id_are_refused(folder: Folder) -> None:
    with pytest.raises(ExpectationsError, match="'sigmoid-minus-label' is there twice"):
        load(folder.toml(CAUSE, "keras").path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lost", "fine", "'fine' is not a kind of finding"),
        ("2^22", "4194304", "'4194304' is not a power of two"),
        ("torch==2.13.*", "torch", "Invalid version range"),
        ("torch==2.13.*", "torch==about", "Invalid"),
        (ENTRY_POINT + "/", "", "is not the id of a cell"),
        (',"2^22"', "", "5 columns stand where 6 belong"),
        ('"lost"', '"lost', "expected after"),
    ],
)
def test_a_malformed_line_names_file_and_line(folder: Folder, old: str, new: str, words: str) -> None:
    place = folder.line(lost()).line(lost(mode="vmap")).path / "expectations" / "recorded" / "pytorch.csv"
    head, good, bad = place.read_text().splitlines()
    assert old in bad
    place.write_text("\n".join((head, good, bad.replace(old, new), "")))
    with pytest.raises(ExpectationsError) as caught:
        load(folder.path)
    message = str(caught.value)
    assert "pytorch.csv, line 3" in message and words in message and "\n" not in message


@pytest.mark.parametrize("text", ["", "cell,cause\n"])
def test_a_file_without_the_header_is_refused(folder: Folder, text: str) -> None:
    (folder.csv("").path / "expectations" / "recorded" / "pytorch.csv").write_text(text)
    with pytest.raises(ExpectationsError, match=r"pytorch\.csv, line [01]: (the header must read|the file is empty)"):
        load(folder.path)


def test_the_projects_own_expectations_load() -> None:
    from conformance.places import adapters_folder

    load(adapters_folder())
