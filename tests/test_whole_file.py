"""A file written whole: links and pipes stay what they are, and odd characters are escaped."""

import os
import threading
from pathlib import Path

import pytest

from conformance import whole_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in ("first", b"second"):
        whole_file.write(path, content)
    assert path.read_text() == "second" and os.listdir(tmp_path) == ["a"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    whole_file.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path, got = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: got.append(path.read_text()))
    reader.start()
    whole_file.write(path, "through")
    reader.join(10)
    assert got == ["through"] and path.is_fifo()


def test_what_utf_8_cannot_hold_is_escaped(tmp_path: Path) -> None:
    whole_file.write(tmp_path / "a", "odd \udcff byte")
    assert (tmp_path / "a").read_text() == "odd \\udcff byte"


def test_a_folder_that_is_not_there_is_an_error_and_a_failure_leaves_what_was(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        whole_file.write(tmp_path / "none" / "a", "text")
    whole_file.write(tmp_path / "a", "kept")
    with pytest.raises(TypeError):
        whole_file.write(tmp_path / "a", 1)  # type: ignore[arg-type]
    assert (tmp_path / "a").read_text() == "kept" and os.listdir(tmp_path) == ["a"]
