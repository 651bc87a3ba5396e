"""Interpreters are believed only when they run, and what is installed is read without running anything."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.environments import interpreters
from conformance.environments.interpreters import (
    ask,
    candidates,
    installed,
    is_version,
    named,
    of_version,
    pyenv_versions,
    search,
)
from conformance.environments.recipe import EnvironmentsError

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"
SAYS = """#!/bin/sh
echo '["{path}", "{version}", "{implementation}", "/prefix", ["/search"]]'
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with nothing on its path and nothing of pyenv's."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    of_version.cache_clear()
    yield tmp_path
    of_version.cache_clear()


def put(path: Path, version: str = "", implementation: str = "CPython") -> str:
    """An interpreter that says it is of this version, or one that does not run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SAYS.format(path=path, version=version, implementation=implementation) if version else SHIM)
    path.chmod(0o755)
    return str(path)


def test_this_interpreter_is_found() -> None:
    (found,) = search([OWN], "x")
    assert found.minor == OWN and os.path.isabs(found.path) and found.implementation == "CPython"


def test_a_candidate_that_does_not_run_is_passed_over(machine: Path) -> None:
    put(machine / "bin" / "python3.8")
    real = put(machine / "pyenv" / "versions" / "3.8.18" / "bin" / "python", "3.8.18")
    assert [one.path for one in search(["3.8"], "x")] == [real]


@pytest.mark.parametrize("said", ["3.9.1 CPython", "3.8.1 PyPy", "3.80.1 CPython"])
def test_a_candidate_that_is_something_else_is_passed_over(machine: Path, said: str) -> None:
    put(machine / "bin" / "python3.8", *said.split())
    assert of_version("3.8") is None


def test_the_path_comes_before_pyenv_and_the_newest_patch_first(machine: Path) -> None:
    versions = machine / "pyenv" / "versions"
    old, new = (put(versions / name / "bin" / "python", name) for name in ("3.8.9", "3.8.18"))
    assert list(candidates("3.8")) == [new, old]
    first = put(machine / "bin" / "python3.8", "3.8.1")
    assert list(candidates("3.8")) == [first, new, old]
    found = of_version("3.8.9")
    assert found is not None and found.path == old


def test_versions_come_in_the_order_that_is_preferred(machine: Path) -> None:
    for version in ("3.7", "3.8"):
        put(machine / "bin" / f"python{version}", f"{version}.1")
    assert [one.minor for one in search(["3.8", "3.6", "3.7"], "x")] == ["3.8", "3.7"]


def test_a_missing_interpreter_is_named(machine: Path) -> None:
    with pytest.raises(EnvironmentsError) as caught:
        search(["3.8", "3.7"], "torch==1.8.1")
    assert str(caught.value) == (
        "torch==1.8.1 needs CPython 3.8 or 3.7, and none runs here: install it (pyenv install 3.8),"
        " or name one with --python PATH."
    )


def test_a_path_is_taken_as_it_is(machine: Path) -> None:
    mine = put(machine / "my python", "3.9.2")
    assert search([mine], "x") == [named(mine)] and named(mine).version == "3.9.2"
    put(machine / "bin" / "python-of-mine", "3.9.3")
    assert named("python-of-mine").version == "3.9.3"


@pytest.mark.parametrize("path", ["/nowhere/python", "/bin/true"])
def test_a_path_that_is_no_python_is_said(path: str) -> None:
    assert ask(path) is None
    with pytest.raises(EnvironmentsError, match=f"^{path} does not run as Python: give the path of"):
        named(path)


def test_versions_and_paths_are_told_apart() -> None:
    assert is_version("3.11") and is_version("3.11.7")
    assert not any(map(is_version, ["python3.11", "/usr/bin/python3.11", "./3.11", "2.7"]))


def test_where_pyenv_keeps_its_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pyenv_versions({"PYENV_ROOT": "/there"}) == Path("/there/versions")
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "bin" / "pyenv")
    (tmp_path / "bin" / "pyenv").write_text("#!/bin/sh\necho /opt/pyenv\n")
    path = {"PATH": str(tmp_path / "bin")}
    assert pyenv_versions(path) == Path("/opt/pyenv/versions")
    (tmp_path / ".pyenv").mkdir()
    assert pyenv_versions(path) == tmp_path / ".pyenv" / "versions"


def test_another_interpreter_is_not_led_to_these_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = ask(sys.executable)
    assert found is not None and str(tmp_path) not in found.search
    assert interpreters.surroundings({"PYTHONHOME": "x", "PATH": "y"}) == {"PATH": "y"}


@pytest.mark.parametrize("backport", [False, True])
def test_what_is_installed_is_read(tmp_path: Path, backport: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backport, which others import, puts a finder of its own before Python's."""
    if backport:
        finder = pytest.importorskip("importlib_metadata").MetadataPathFinder()
        monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    for name, version, url in (("B_b", "2.0", ""), ("a", "1.5+cpu", ""), ("c", "3", "file:///c.whl")):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        if url:
            (folder / "direct_url.json").write_text(f'{{"url": "{url}"}}')
    (tmp_path / "interrupted-1.dist-info").mkdir()
    (tmp_path / "old-1.0.egg-info").write_text("Metadata-Version: 1.0\nName: old\nVersion: 1.0\n")
    interpreter = interpreters.Interpreter("python", "3.7.1", "CPython", "/", (str(tmp_path), "/nowhere"))
    assert installed(interpreter) == ("a==1.5+cpu", "B_b==2.0", "c @ file:///c.whl", "old==1.0")
