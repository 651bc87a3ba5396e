"""The checkpoint of a sweep: nothing written is lost, and nothing wrong is believed."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.sweep.checkpoint import SCHEMA, Checkpoint, CheckpointError

SWEEP: dict[str, Any] = {"subject": "a/b", "options": {"count": 8, "dtype": "binary16"}}
RESULTS: dict[str, dict[str, Any]] = {
    "a": {"worst": "0x1.8p+3", "n": 3, "list": [1, None]},
    "b": {"z": 0.1, "a": 1e-300},
    "c": {"text": "ü\n\""},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A checkpoint of three shards."""
    path = tmp_path / "checkpoint.jsonl"
    with Checkpoint(path, SWEEP) as checkpoint:
        for shard, result in RESULTS.items():
            checkpoint.append(shard, result)
    return path


def resume(path: Path, sweep: dict[str, Any] = SWEEP) -> dict[str, dict[str, Any]]:
    with Checkpoint(path, sweep, resume=True) as checkpoint:
        return checkpoint.results


def refusal(path: Path, sweep: dict[str, Any] = SWEEP, again: bool = True) -> str:
    """The sentence it is refused with; the file must stay as it is."""
    before = path.read_bytes()
    with pytest.raises(CheckpointError) as raised:
        Checkpoint(path, sweep, resume=again)
    assert path.read_bytes() == before
    assert raised.value.exit_status == 4
    text = str(raised.value)
    assert str(path) in text and "\n" not in text and text.endswith(".")
    return text


def test_what_is_written_is_read_back(path: Path) -> None:
    assert json.dumps(resume(path)) == json.dumps(RESULTS)      # the order of fields too


def test_each_line_is_json(path: Path) -> None:
    first, *others = [json.loads(line) for line in path.read_text().splitlines()]
    assert (first["schema"], first["sweep"]) == (SCHEMA, SWEEP)
    assert {line["shard"]: line["result"] for line in others} == RESULTS


def test_a_result_is_the_same_before_and_after_a_resume(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.jsonl"
    with Checkpoint(path, SWEEP) as checkpoint:
        checkpoint.append("a", {"pair": (1, 2), "by": {1: 0.1}})
        now = checkpoint.results
    assert resume(path) == now


def test_a_result_that_is_not_json_is_refused_and_not_written(path: Path) -> None:
    before = path.read_bytes()
    with Checkpoint(path, SWEEP, resume=True) as checkpoint, pytest.raises(ValueError, match="not JSON compliant"):
        checkpoint.append("d", {"worst": float("nan")})
    assert path.read_bytes() == before


def test_resumed_it_goes_on_where_it_ended(path: Path) -> None:
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        checkpoint.append("d", {"n": 4})
    assert resume(path) == RESULTS | {"d": {"n": 4}}


def test_resuming_what_never_began_begins_it(tmp_path: Path) -> None:
    assert resume(tmp_path / "checkpoint.jsonl") == {}
    assert resume(tmp_path / "checkpoint.jsonl") == {}


def test_a_torn_last_line_is_dropped_at_whichever_byte_it_was_torn(path: Path) -> None:
    whole = path.read_bytes()
    ends = [n + 1 for n, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert list(resume(path)) == list("abc")[: max(0, sum(end <= cut for end in ends) - 1)]
        assert path.stat().st_size == max((end for end in ends if end <= cut), default=ends[0])


def test_a_line_may_be_appended_after_a_torn_one(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        checkpoint.append("c", RESULTS["c"])
    assert resume(path) == RESULTS


def test_any_changed_byte_of_a_whole_line_is_found(path: Path) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    start = len(lines[0])
    for at in range(start, start + len(lines[1]) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert f"Line 2 of the checkpoint {path} is corrupt" in refusal(path)


@pytest.mark.parametrize("line", [b"{}\n", b"\n", b"\xff\xfe\n", b'{"shard":"d","result":{}}\n', b"\0\0\0\n"])
def test_a_line_of_another_kind_is_found(path: Path, line: bytes) -> None:
    path.write_bytes(path.read_bytes() + line)
    text = refusal(path)
    assert "Line 5" in text and "delete that line" in text and "--out" in text


def test_without_its_corrupt_line_the_rest_is_kept(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"0.1", b"0.2")
    path.write_bytes(b"".join(lines))
    assert "Line 3" in refusal(path)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert list(resume(path)) == ["a", "c"]


def test_a_shard_may_stand_twice_with_one_result_only(path: Path) -> None:
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        checkpoint.append("a", RESULTS["a"])
    assert resume(path) == RESULTS
    with Checkpoint(path, SWEEP, resume=True) as checkpoint:
        checkpoint.append("a", RESULTS["b"])
    assert "Line 6" in refusal(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sweep: sweep["options"].update(count=9), "options.count is 8 there and 9 here"),
        (lambda sweep: sweep.update(subject="c"), 'subject is "a/b" there and "c" here'),
        (lambda sweep: sweep.update(more=1), "more is missing there and 1 here"),
        (lambda sweep: sweep.pop("subject"), 'subject is "a/b" there and missing here'),
    ],
)
def test_another_sweep_is_told_by_the_first_field_that_differs(
    path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    sweep = json.loads(json.dumps(SWEEP))
    change(sweep)
    assert said in refusal(path, sweep)


def test_another_schema_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.sweep.checkpoint.SCHEMA", "bce-conformance/sweep-checkpoint/3")
    assert "sweep-checkpoint/2" in refusal(path)


def test_an_existing_checkpoint_is_not_overwritten(path: Path) -> None:
    text = refusal(path, again=False)
    assert "--resume" in text and "remove" in text


@pytest.mark.parametrize("text", ["my notes", "my notes\n"])
def test_a_file_that_is_no_checkpoint_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    assert "Line 1" in refusal(path)


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"No such file or directory.*--out"):
        Checkpoint(tmp_path / "nowhere" / "checkpoint.jsonl", SWEEP)


def test_two_coordinators_cannot_share_one(path: Path) -> None:
    with Checkpoint(path, SWEEP, resume=True):
        assert "in use" in refusal(path)
    assert resume(path) == RESULTS


def test_the_lock_ends_with_its_process(path: Path) -> None:
    program = (
        "import sys, time; from conformance.sweep.checkpoint import Checkpoint\n"
        f"c = Checkpoint({str(path)!r}, {SWEEP!r}, True); print('open', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline()
    try:
        assert "in use" in refusal(path)
    finally:
        holder.kill()
        holder.communicate()
    assert resume(path) == RESULTS


def test_a_full_disk_leaves_whole_lines(path: Path) -> None:
    """A limit on the size of files stands in for the disk: both cut a write short."""
    program = (
        "import resource, signal, sys; from conformance.sweep.checkpoint import Checkpoint\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"c = Checkpoint({str(path)!r}, {SWEEP!r}, True)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({path.stat().st_size + 20}, {resource.RLIM_INFINITY}))\n"
        "c.append('d', {'n': 4})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "CheckpointError" in done.stderr and "File too large" in done.stderr and "--resume" in done.stderr
    assert path.read_bytes().endswith(b"\n")
    assert resume(path) == RESULTS


def test_each_shard_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been written survives a kill; a second write for the same line would not have to."""
    written: list[bytes] = []
    real = os.write

    def write(file: int, data: bytes) -> int:
        written.append(data)
        return real(file, data)

    with Checkpoint(tmp_path / "checkpoint.jsonl", SWEEP) as checkpoint:
        monkeypatch.setattr(os, "write", write)
        checkpoint.append("a", RESULTS["a"])
        assert len(written) == 1 and written[0].count(b"\n") == 1
        monkeypatch.undo()
