"""uv and pip: each resolves a recipe to exact versions and installs them. All that they say goes to a log."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from packaging.utils import canonicalize_name

from conformance.environments import pip_settings
from conformance.environments.interpreters import Interpreter, surroundings
from conformance.environments.recipe import Recipe

OLDEST_PIP = "23.0"
"""A pip older than this is renewed before it is used: it may know neither today's wheels nor ``--report``."""

LAST_PIP = {"3.6": "pip<22", "3.7": "pip<24.1", "3.8": "pip<25.1"}
"""The last pip of an old Python, which its own pip does not always find by itself."""

LONGEST = 400
"""Characters of a reason. Of more its two ends are said: what failed, and the cause of the cause."""


GAVE_UP = (
    r"Retry\(total=0,.*connection broken by '(.+)': /",          # pip's last attempt
    r"(?s)(?:error sending request|client error \(Connect\)).*cause: (.+)",       # uv's innermost cause
)
"""What an installer says of an index that does not answer, and in brackets why."""


class Failed(Exception):
    """An installer failed; the message is the line of its output that says why."""


class Unreachable(Failed):
    """An index does not answer, so nothing can be said of what it holds; the message is why."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is to be installed.

    Attributes
    ----------
    pins : tuple of str
        Requirements, exact where the installer could say so beforehand.
    is_complete : bool
        Nothing else is needed.
    """

    pins: tuple[str, ...]
    is_complete: bool = True

    @property
    def is_for_cpu(self) -> bool:
        """Tell whether a wheel built for CPUs is among them."""
        return any("+cpu" in pin for pin in self.pins)


class Installer(Protocol):
    """What makes an environment in a folder, in this order."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def looks_ahead(self) -> bool:
        """Resolving is cheap enough to try several interpreters."""

    def resolve(self, recipe: Recipe, base: Interpreter, folder: Path, log: Path) -> Resolved:
        """Find the exact versions; the folder may be used, and is emptied before another interpreter is tried."""

    def install(self, resolved: Resolved, base: Interpreter, folder: Path, log: Path) -> None:
        """Make the environment and install them."""


@dataclass(frozen=True, slots=True)
class Uv:
    """uv, with what pip is configured with."""

    program: str
    settings: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    name: str = "uv"
    looks_ahead: bool = True

    def resolve(self, recipe: Recipe, base: Interpreter, folder: Path, log: Path) -> Resolved:
        """Find the exact versions. What is left out is overridden with a marker that holds nowhere."""
        with tempfile.TemporaryDirectory(prefix="bce-conformance-") as scratch:
            wanted, overrides = Path(scratch, "requirements.txt"), Path(scratch, "overrides.txt")
            wanted.write_text("\n".join(recipe.requirements) + "\n", encoding="utf-8")
            never = [f"{name} ; sys_platform == 'never'" for name in recipe.left_out]
            overrides.write_text("\n".join([*never, *recipe.firm]) + "\n", encoding="utf-8")
            command = [self.program, "pip", "compile", *self.options, "--quiet", "--no-header", "--no-annotate"]
            command += ["--python", base.path]
            said = _run([*command, "--overrides", str(overrides), str(wanted)], self._variables(), log)
        return Resolved(tuple(line.strip() for line in said.splitlines() if line.strip()))

    def install(self, resolved: Resolved, base: Interpreter, folder: Path, log: Path) -> None:
        """Make the environment and install them."""
        variables = self._variables()
        _run([self.program, "venv", "--quiet", "--python", base.path, str(folder)], variables, log)
        python = str(python_of(folder))
        command = [self.program, "pip", "install", *self.options, "--python", python, "--no-deps"]
        _run([*command, *resolved.pins], variables, log)

    def _variables(self) -> dict[str, str]:
        return {**self.settings, **surroundings(), "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Pip:
    """The interpreter's own venv and pip."""

    name: str = "pip"
    looks_ahead: bool = False

    def resolve(self, recipe: Recipe, base: Interpreter, folder: Path, log: Path) -> Resolved:
        """Make the environment, and let its pip find the exact versions where it can say them beforehand."""
        _run([base.path, "-m", "venv", str(folder)], surroundings(), log)
        pip = [str(python_of(folder)), "-m", "pip"]
        if _version(_run([*pip, "--version"], surroundings(), log)) < _version(OLDEST_PIP):
            _run([*pip, "install", "--upgrade", LAST_PIP.get(base.minor, "pip")], surroundings(), log)
        if "--report" not in _run([*pip, "install", "--help"], surroundings(), log):
            return Resolved(recipe.requirements, is_complete=False)     # on Python 3.6: nothing is left out there
        # pip has no overrides: what is firm is found by itself, and its own needs among those of the rest.
        firm = _reported([*pip, "install", "--no-deps"], recipe.firm, log) if recipe.firm else []
        rest = [line for line in recipe.requirements if line not in recipe.firm]
        needs = [need for item in firm for need in item["metadata"].get("requires_dist", ())]
        pins = {}
        for item in [*_reported([*pip, "install"], [*rest, *needs], log), *firm]:
            name, version = item["metadata"]["name"], item["metadata"]["version"]
            pins[canonicalize_name(name)] = (
                f"{name} @ {item['download_info']['url']}" if item["is_direct"] else f"{name}=={version}"
            )
        return Resolved(tuple(pin for name, pin in sorted(pins.items()) if name not in recipe.left_out))

    def install(self, resolved: Resolved, base: Interpreter, folder: Path, log: Path) -> None:
        """Install them in the environment that `resolve` made."""
        deps = ["--no-deps"] if resolved.is_complete else []
        _run([str(python_of(folder)), "-m", "pip", "install", *deps, *resolved.pins], surroundings(), log)


def choose(variables: Mapping[str, str] = os.environ) -> Installer:
    """Choose uv where it is on the path or beside this interpreter, unless ``UV=0``; pip otherwise."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("uv", path=variables.get("PATH")) or shutil.which("uv", path=beside)
    if program is None or variables.get("UV") == "0":
        return Pip()
    listed = pip_settings.configuration([sys.executable, "python3"], variables)
    return Uv(program, pip_settings.for_uv(listed), pip_settings.options_for_uv(listed))


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / "bin" / "python"


def reason(text: str) -> str:
    """The part of an installer's output that says why it failed, on one line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    block = re.search(r"(?:╰─▶|cause:)\s*(.+?)(?:\n\s*\n|\Z)", text, re.DOTALL)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(ERROR|error|\w*Error)\b:?", line)]
    said = block.group(1) if block else (errors or lines or ["it says nothing"])[-1]
    head = errors[0].removeprefix("error: ") if block and errors else ""
    if head and not head.startswith("No solution"):         # what failed; the cause alone may not name it
        said = f"{head}: {said}"
    said = re.sub(r"[\s│]+", " ", said).strip().rstrip(".")
    return said if len(said) <= LONGEST else f"{said[: LONGEST // 2]} … {said[-LONGEST // 2 :]}"


def unreachable(text: str) -> str:
    """Why an index does not answer, on one line; nothing where an installer does not say that."""
    found = next((found for pattern in GAVE_UP if (found := re.search(pattern, text))), None)
    said = re.sub(r"<[^>]*>[:,]? ?|\s+", " ", found[1]) if found else ""
    return said.strip()[:LONGEST].rstrip(".")


def _reported(command: Sequence[str], requirements: Sequence[str], log: Path) -> list[dict[str, Any]]:
    """What pip would install, as its report says."""
    with tempfile.TemporaryDirectory(prefix="bce-conformance-") as scratch:
        report = Path(scratch, "report.json")
        _run([*command, "--dry-run", "--ignore-installed", "--report", str(report), *requirements], surroundings(), log)
        items: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return items


def _run(command: Sequence[str], variables: Mapping[str, str], log: Path) -> str:
    """Run a command to its end, write to the log what it says, and return what it printed."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", check=False, env=dict(variables)
            )
        except OSError as error:
            raise Failed(f"{command[0]} does not start ({error.strerror})") from error
        file.write(f"{done.stdout}{done.stderr}\n")
    if done.returncode:
        away = unreachable(done.stderr)
        raise Unreachable(away) if away else Failed(reason(done.stderr or done.stdout))
    return done.stdout


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:2]))
