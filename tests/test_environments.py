"""The cache of environments: built once, finished or not there, refused in a sentence."""

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
from linked import MINE, TORCH, Linked, bce, cache, find_log, make, quietly, raising

from conformance.environments import EnvironmentsError, build, existing, find, interpreters
from conformance.environments.cache import RECORD, cached, place, unfinished
from conformance.environments.installers import Failed, Unreachable
from conformance.environments.interpreters import Interpreter
from conformance.environments.locks import locked
from conformance.environments.recipe import Wanted

__all__ = ["cache"]


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert place() == tmp_path / "cache"
    monkeypatch.delenv("BCE_ENVIRONMENTS")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert place() == Path("/xdg/bce-conformance/environments")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert place() == Path.home() / ".cache/bce-conformance/environments"


def test_an_environment_is_built_once_and_found_again() -> None:
    said: list[str] = []
    first = build(MINE, said.append, Linked())
    assert said[0].startswith("Building mine==1 with linked for CPython 3")
    assert said[0].endswith("about 0.1 GB and what mine==1 takes") and str(first.folder) in said[1]
    again = Linked(resolving=raising(AssertionError("built twice")))
    assert build(MINE, said.append, again) == first == find(MINE) and len(said) == 2
    assert first.requirements == ("mine==1",) and first.installer == "linked" and first.bytes > 0


def test_another_wish_is_another_environment() -> None:
    assert find(MINE) is None
    others = [MINE, Wanted(("mine==2",)), Wanted(("mine==1",)), Wanted(("mine==1",), include=("yours",))]
    assert len({make(wanted).folder for wanted in others}) == 4 == len(cached())


OWN = (None, *(".".join(map(str, sys.version_info[:n])) for n in (2, 3)), sys.executable)


@pytest.mark.parametrize("first", OWN)
def test_one_interpreter_has_one_environment_however_it_is_named(first: str | None) -> None:
    built = {make(Wanted(("mine==1",), python=name)).folder for name in (first, *OWN)}
    assert built == {environment.folder for environment in cached()} and len(built) == 1


def test_another_interpreter_has_another_environment() -> None:
    def installing() -> None:
        (python,) = place().glob("*/bin/python")
        python.unlink()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')       # not the one that a path names
        python.chmod(0o755)

    first = build(Wanted(("mine==1",)), quietly, Linked(installing=installing))
    assert make(Wanted(("mine==1",), python=sys.executable)).folder != first.folder


def test_what_was_built_without_a_wheel_for_cpus_is_only_for_who_named_the_interpreter() -> None:
    named = Wanted(("torch==2.13.0",), python=OWN[1])
    build(named, quietly, Linked())
    assert find(TORCH) is not None and find(Wanted(("torch==2.13.0",))) is None


def test_an_interrupted_build_leaves_nothing_but_its_log(cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(MINE, quietly, Linked(installing=raising(KeyboardInterrupt())))
    assert [path.suffix for path in cache.iterdir()] == [".log"] and find(MINE) is None
    assert make().folder.is_dir()


def test_what_a_killed_build_left_is_not_used() -> None:
    folder = make().folder
    (folder / RECORD).unlink()
    (folder / "half-written").touch()
    assert find(MINE) is None and unfinished() == [folder]
    assert make().folder == folder and not (folder / "half-written").exists()


def test_an_environment_whose_interpreter_is_gone_is_built_again() -> None:
    environment = make()
    Path(environment.python).unlink()
    Path(environment.python).symlink_to("/nowhere/python")
    assert find(MINE) is None and os.access(make().python, os.X_OK)


@pytest.mark.parametrize("stage", ["resolving", "installing"])
def test_a_failure_is_one_sentence_with_the_reason_and_the_log(cache: Path, stage: str) -> None:
    with pytest.raises(EnvironmentsError) as caught:
        build(MINE, quietly, Linked(**{stage: raising(Failed("no such release"))}))     # type: ignore[arg-type]
    log = find_log(cache)
    assert str(caught.value) == (
        f"mine==1 cannot be installed (no such release): correct it, or see the whole log in {log}."
    )
    assert caught.value.exit_status == 4 and not [path for path in cache.iterdir() if path.is_dir()]


def test_an_index_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    bases = [Interpreter(sys.executable, version, "CPython", "", ()) for version in ("3.11.1", "3.12.1", "3.13.1")]
    monkeypatch.setattr(interpreters, "search", lambda versions, why: bases)
    installer = Linked(resolving=raising(Unreachable("Connection refused")))
    with pytest.raises(EnvironmentsError) as caught:
        build(MINE, quietly, installer)
    assert installer.calls == ["3.11"] and str(caught.value) == (
        "mine==1 cannot be installed, since the index does not answer (Connection refused): mend the network or what"
        f" pip is configured with, or see the whole log in {find_log(cache)}."
    )


def test_a_full_disk_is_refused_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10**9))
    installer = Linked(pins=("torch==2.13.0",), installing=raising(AssertionError("installed")))
    with pytest.raises(EnvironmentsError, match=r"^torch==2\.13\.0 needs about 5\.8 GB in .* 1\.00 GB are free"):
        build(TORCH, quietly, installer)
    said: list[str] = []
    build(TORCH, said.append, Linked(pins=("torch==2.13.0+cpu",)))
    assert said[0].endswith("about 0.8 GB")


def test_an_interpreter_that_has_a_wheel_for_cpus_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = [Interpreter(sys.executable, version, "CPython", "", ()) for version in ("3.11.1", "3.12.1", "3.13.1")]
    monkeypatch.setattr(interpreters, "search", lambda versions, why: bases)
    installer = Linked()

    def resolving() -> None:
        installer.pins = ("torch==2.13.0+cpu" if installer.calls[-1] == "3.12" else "torch==2.13.0",)

    installer.resolving = resolving
    said: list[str] = []
    build(Wanted(("torch==2.13.0",)), said.append, installer)
    assert installer.calls == ["3.11", "3.12"] and "CPython 3.12.1: about 0.8 GB" in said[0]


def test_a_missing_interpreter_is_said() -> None:
    with pytest.raises(EnvironmentsError, match=r"^mine==1 needs CPython 3\.99, and none runs here: install it"):
        build(Wanted(("mine==1",), python="3.99"), quietly, Linked())


def test_a_cache_that_cannot_be_made_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BCE_ENVIRONMENTS", str(tmp_path / "file" / "cache"))
    with pytest.raises(EnvironmentsError, match=r"cannot be made .*: set BCE_ENVIRONMENTS to another"):
        make()


def test_a_cache_that_cannot_be_written_is_said_and_what_stands_there_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = make()
    refused, opened = raising(OSError(30, "Read-only file system")), os.open

    def read_only(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            refused()
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(os, "utime", lambda path: refused())
    assert make() == environment
    with pytest.raises(EnvironmentsError, match=r"^mine==2 cannot be built in .*Read-only file system.*: make room"):
        make(Wanted(("mine==2",)))
    assert f"kept {environment.name}: " in bce(capsys, "prune", "--all") and cached() == [environment]


def test_a_disk_that_fills_up_while_building_is_said(cache: Path) -> None:
    with pytest.raises(EnvironmentsError, match=r"^mine==1 cannot be built in .*No space left.*: make room there"):
        build(MINE, quietly, Linked(installing=raising(OSError(28, "No space left on device"))))
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_a_set_of_requirements_has_no_order_and_one_spelling() -> None:
    first = make(Wanted(("mine==1", "Your_s>=2"))).folder
    assert make(Wanted(("your-s >= 2", "mine==1"))).folder == first and len(cached()) == 1


def test_two_processes_do_not_build_the_same() -> None:
    said: list[str] = []
    waits = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("Another process builds"):
            waits.set()

    second = Linked()
    other = threading.Thread(target=lambda: build(MINE, say, second))

    def installing() -> None:
        other.start()
        assert waits.wait(10)

    first = Linked(installing=installing)
    built = build(MINE, quietly, first)
    other.join(10)
    assert first.calls and not second.calls and cached() == [built]
    assert said == [f"Another process builds {built.name}: waiting for it"]


def test_a_lock_is_held_by_one_and_leaves_no_file(tmp_path: Path) -> None:
    with locked(tmp_path / "x") as mine, locked(tmp_path / "x") as others, locked(tmp_path / "y") as another:
        assert (mine, others, another) == (True, False, True)
    assert not list(tmp_path.iterdir())


def test_an_environment_that_somebody_made() -> None:
    found = existing(sys.executable)
    assert any(pin.startswith("numpy==") for pin in found.frozen) and found.requirements == ()
    assert found.version == ".".join(map(str, sys.version_info[:3])) and found.folder == Path(sys.prefix)
    with pytest.raises(EnvironmentsError, match="does not run as Python"):
        existing("/nowhere/python")


def test_an_environment_behind_a_script_is_entered_through_it(tmp_path: Path) -> None:
    script = tmp_path / "enter"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    assert existing(str(script)).python == str(script)
