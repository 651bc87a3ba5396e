"""`make setup`: the interpreter is tried, a bad machine gets one sentence, a second run does nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

CHECKOUT = Path(__file__).resolve().parent.parent
MAKE = shutil.which("make") or "make"
DOES_NOT_RUN = "#!/bin/sh\necho 'command not found' >&2\nexit 127\n"
RUNS = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
NAMES_ITSELF = "import os\nprint('made by', os.environ['CANDIDATE'])\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a checkout with what `make setup` reads, and an empty folder for interpreters."""
    for name in ("Makefile", "bootstrap.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    return tmp_path


def add_candidate(tree: Path, name: str, script: str = RUNS) -> Path:
    """Put an interpreter on the PATH that `make_setup` uses."""
    path = tree / "bin" / name
    path.write_text(script.replace("exec", f"CANDIDATE={name} exec"))
    path.chmod(0o755)
    return path


def make_setup(tree: Path, *arguments: str, startup: str = "") -> subprocess.CompletedProcess[str]:
    """Run `make setup` with `startup` executed first by every interpreter."""
    (tree / "startup").mkdir(exist_ok=True)
    (tree / "startup" / "sitecustomize.py").write_text(startup)
    environ = {"PATH": str(tree / "bin"), "PYTHONPATH": str(tree / "startup"), "HOME": str(tree)}
    return subprocess.run(
        [MAKE, "setup", *arguments], cwd=tree, env=environ, capture_output=True, text=True, timeout=60
    )


def complaint(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a failed run said, less make's own last line."""
    assert result.returncode != 0
    return [line for line in (result.stdout + result.stderr).splitlines() if "***" not in line]


def test_a_candidate_that_exists_and_does_not_run_is_passed_over(tree: Path) -> None:
    (tree / "bootstrap.py").write_text(NAMES_ITSELF)
    add_candidate(tree, "python3.11", DOES_NOT_RUN)
    add_candidate(tree, "python3.12")
    assert make_setup(tree).stdout == "made by python3.12\n"


def test_a_named_interpreter_comes_first(tree: Path) -> None:
    (tree / "bootstrap.py").write_text(NAMES_ITSELF)
    add_candidate(tree, "python3.11")
    named = add_candidate(tree, "my-python")
    assert make_setup(tree, f"PYTHON={named}").stdout == "made by my-python\n"


def test_a_named_interpreter_that_does_not_run_is_reported(tree: Path) -> None:
    (tree / "bootstrap.py").write_text(NAMES_ITSELF)
    add_candidate(tree, "python3.11")
    result = make_setup(tree, "PYTHON=/nowhere/python")
    assert result.stdout == "made by python3.11\n"
    assert result.stderr.count("\n") == 1
    assert "PYTHON=/nowhere/python does not run" in result.stderr


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_interpreter_of_another_version_is_refused_in_one_sentence(
    tree: Path, version: tuple[int, int]
) -> None:
    add_candidate(tree, "python3")
    result = make_setup(tree, startup=f"import sys; sys.version_info = {version}")
    assert len(complaint(result)) == 1
    assert "No CPython 3.11, 3.12 or 3.13 runs here" in result.stderr


def test_no_ensurepip_names_the_package_to_install(tree: Path) -> None:
    add_candidate(tree, "python3.11")
    (tree / "startup").mkdir()
    (tree / "startup" / "ensurepip.py").write_text("raise ImportError('left out by the distribution')")
    (sentence,) = complaint(make_setup(tree))
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in sentence
    assert not (tree / ".venv").exists()


def test_a_full_disk_is_refused_before_anything_is_made(tree: Path) -> None:
    add_candidate(tree, "python3.11")
    full = "import shutil; shutil.disk_usage = lambda path: shutil._ntuple_diskusage(9e9, 8e9, 1e9)"
    (sentence,) = complaint(make_setup(tree, startup=full))
    assert "1.0 GB are free" in sentence
    assert not (tree / ".venv").exists()


def test_the_disk_limit_is_a_limit() -> None:
    assert bootstrap.disk_shortage(int(bootstrap.GIGABYTES * 1e9)) == ""
    assert bootstrap.disk_shortage(int(bootstrap.GIGABYTES * 1e9) - 1)


def test_a_second_run_finds_the_stamp_and_does_nothing(tree: Path) -> None:
    python = add_candidate(tree, "python3.11")
    code = "import bootstrap as b; b.VENV.mkdir(); b.STAMP.write_text(b.fingerprint(b.ROOT))"
    subprocess.run([python, "-c", code], cwd=tree, check=True)
    result = make_setup(tree)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert [path.name for path in (tree / ".venv").iterdir()] == [bootstrap.STAMP.name]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_requirement_makes_the_stamp_stale(tree: Path, name: str) -> None:
    before = bootstrap.fingerprint(tree)
    with (tree / name).open("a") as file:
        file.write("\n")
    assert bootstrap.fingerprint(tree) != before


def test_a_moved_checkout_makes_the_stamp_stale(tree: Path) -> None:
    moved = tree.rename(tree.with_name(f"{tree.name}-moved"))
    assert bootstrap.fingerprint(moved) != bootstrap.fingerprint(CHECKOUT)


def test_a_framework_that_does_not_import_ends_the_set_up(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    monkeypatch.setattr(bootstrap, "VENV", tree)
    with pytest.raises(SystemExit, match=r"no_such_framework is installed and does not import \(Module.*\)"):
        bootstrap.check_import("no_such_framework", "no_such_framework")


def test_uv_is_told_what_pip_is_configured_with(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://one.example/simple\nfind-links = overridden\n"
        "[install]\nextra-index-url =\n    https://two.example/simple\n    https://three.example/simple\n"
    )
    environ = {**os.environ, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_FIND_LINKS": "here ~/there"}
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], env=environ, capture_output=True, text=True
    ).stdout
    settings = bootstrap.uv_settings(listed)
    assert settings["UV_DEFAULT_INDEX"] == "https://one.example/simple"
    assert settings["UV_INDEX"] == "https://two.example/simple https://three.example/simple"
    assert settings["UV_FIND_LINKS"] == f"here,{Path.home()}/there"
    assert settings["UV_INDEX_STRATEGY"] == "unsafe-best-match"
