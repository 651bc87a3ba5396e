"""The wheel: one top-level name, its data inside, light to import, and an audit that runs from it."""

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bootstrap
from conformance import __version__

CHECKOUT = Path(__file__).resolve().parent.parent
LIGHT = "import sys; import {module}; print(sorted({{m.partition('.')[0] for m in sys.modules}} & {heavy!r}))"
HEAVY = {"numpy", "mpmath", "flint", "torch", "tensorflow", "keras", "jax", "optax"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and what it requires in a fresh environment, and return its folder of programs."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    python, uv = folder / "bin" / "python", Path(sys.executable).with_name("uv")
    settings = bootstrap.uv_settings(bootstrap.pip_configuration(sys.executable))
    command: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    if uv.exists():
        command = [uv, "pip", "install", "--python", python, "--quiet"]
    subprocess.run(
        [*command, wheel], cwd=CHECKOUT, env={**settings, **os.environ, **bootstrap.CONSTRAINED}, check=True
    )
    return folder / "bin"


def run(folder: Path, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the fresh environment in an empty folder, with nothing else on its path."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "BCE_"))}
    command: list[str | Path] = [program, *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)


def test_the_wheel_installs_one_top_level_name(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"conformance", f"bce_conformance-{__version__}.dist-info"}


@pytest.mark.parametrize("folder", ["adapters", "golden"])
def test_the_data_travels_inside(wheel: Path, folder: str) -> None:
    files = [
        path for path in (CHECKOUT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    expected = {f"conformance/installed-data/{path.relative_to(CHECKOUT)}" for path in files}
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert expected
    assert {name for name in packed if f"/installed-data/{folder}/" in name} == expected


def test_the_parts_of_the_page_travel_inside(wheel: Path) -> None:
    folder = Path("conformance", "report", "page", "parts")
    expected = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / folder).iterdir()}
    assert {Path(name).suffix for name in expected} == {".css", ".j2", ".js"}
    assert {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(str(folder))} == expected


def test_the_installed_package_finds_its_data_and_shadows_nothing(installed: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.util, conformance; from conformance import places;"
        "print(conformance.__file__); print(places.adapters_folder()); print(places.golden_folder());"
        "print(any(importlib.util.find_spec(name) for name in ('adapters', 'golden', 'tests', 'bootstrap')))"
    )
    result = run(tmp_path, installed / "python", "-c", code)
    module, adapters, golden, shadows = result.stdout.splitlines()
    assert Path(module).is_relative_to(installed.parent)
    assert Path(adapters) == Path(module).parent / "installed-data" / "adapters"
    assert Path(golden) == Path(module).parent / "installed-data" / "golden"
    assert shadows == "False"


def test_importing_the_package_imports_nothing_else(installed: Path, tmp_path: Path) -> None:
    code = "import sys; before = set(sys.modules); import conformance; print(set(sys.modules) - before)"
    assert run(tmp_path, installed / "python", "-c", code).stdout == "{'conformance'}\n"


@pytest.mark.parametrize("module", ["conformance.cli", "conformance.pytest_plugin"])
def test_what_starts_early_is_light(installed: Path, tmp_path: Path, module: str) -> None:
    result = run(tmp_path, installed / "python", "-c", LIGHT.format(module=module, heavy=HEAVY))
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_the_command_says_its_version_and_its_commands(installed: Path, tmp_path: Path) -> None:
    assert __version__ in run(tmp_path, installed / "bce-conformance", "--version").stdout
    result = run(tmp_path, installed / "python", "-m", "conformance", "--help")
    assert result.returncode == 0
    assert "audit" in result.stdout


def test_the_reference_is_audited_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    arguments = "audit --adapter reference --quick --out out".split()
    result = run(tmp_path, installed / "bce-conformance", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    saved = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [adapter["name"] for adapter in saved["adapters"]] == ["reference"]
    assert saved["cells"]
    assert saved["findings"] == []


def test_the_suite_is_collected_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    arguments = "-m pytest --pyargs conformance.suite --bce-adapter reference --collect-only -q".split()
    result = run(tmp_path, installed / "python", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_requirement_is_pinned_to_a_public_version() -> None:
    lines = [
        line for line in (CHECKOUT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
    ]
    pins = {canonicalize_name(Requirement(line).name) for line in lines}
    assert [line for line in lines if not re.match(r"[a-z0-9._-]+==[0-9][0-9.]*( ;|$)", line)] == []
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    asked = project["build-system"]["requires"] + project["project"]["dependencies"]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    names = {canonicalize_name(Requirement(text).name) for text in asked} - {"bce-conformance"}
    assert names - pins == set()
    assert "uv" in pins
