"""Interpreters on this machine: found by name, on the path and among pyenv's, and believed only when they run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from conformance.environments.recipe import EnvironmentsError

LIMIT = 60.0
"""Seconds for an interpreter to say its version, on a busy machine."""

_LEADING_ELSEWHERE = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV")

# Every Python since 2.6 can read this.
_ASK = """
import json, platform, sys
print(json.dumps([sys.executable, platform.python_version(), platform.python_implementation(), sys.prefix,
                  [path for path in sys.path if path]]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter that ran.

    Attributes
    ----------
    path : str
        Absolute, as it says itself: behind a shim, the real one.
    version : str
        ``3.11.7``.
    implementation : str
        ``CPython``.
    prefix : str
        The folder of its environment.
    search : tuple of str
        Where it looks for modules.
    """

    path: str
    version: str
    implementation: str
    prefix: str
    search: tuple[str, ...]

    @property
    def minor(self) -> str:
        """The version as requirements speak of it: ``3.11``."""
        return ".".join(self.version.split(".")[:2])


def surroundings(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables, without what leads another interpreter to this one's packages."""
    return {name: value for name, value in variables.items() if name not in _LEADING_ELSEWHERE}


def ask(path: str) -> Interpreter | None:
    """What an interpreter says of itself, or None where it does not run."""
    try:
        done = subprocess.run(
            [path, "-c", _ASK], capture_output=True, text=True, timeout=LIMIT, check=False, env=surroundings()
        )
        executable, version, implementation, prefix, search = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        return None
    return Interpreter(executable or path, version, implementation, prefix, tuple(search))


def named(path: str) -> Interpreter:
    """The interpreter with this path, or this name on the path.

    Raises
    ------
    EnvironmentsError
        It does not run.
    """
    found = ask(absolute(path))
    if found is None:
        raise EnvironmentsError(f"{path} does not run as Python: give the path of an interpreter that does.")
    return found


def absolute(path: str) -> str:
    """The whole path of an interpreter that is named as in a shell. Links stay: an environment is one."""
    return os.path.abspath(shutil.which(path) or Path(path).expanduser())


def search(versions: Sequence[str], why: str) -> list[Interpreter]:
    """The interpreters of these versions, in their order, at most one of each.

    Parameters
    ----------
    versions : sequence of str
        Versions, ``3.8``, or one path.
    why : str
        What needs them, for the message.

    Raises
    ------
    EnvironmentsError
        None is here.
    """
    if len(versions) == 1 and not is_version(versions[0]):
        return [named(versions[0])]
    found = [interpreter for version in versions if (interpreter := of_version(version))]
    if not found:
        needed = " or ".join(versions)
        raise EnvironmentsError(
            f"{why} needs CPython {needed}, and none runs here: install it (pyenv install {versions[0]}),"
            " or name one with --python PATH."
        )
    return found


def is_version(text: str) -> bool:
    """Tell a version from a path."""
    return re.fullmatch(r"3\.\d+(\.\d+)?", text) is not None


@cache
def of_version(version: str) -> Interpreter | None:
    """The first CPython of this version that runs: this one, one on the path, one of pyenv's."""
    for candidate in candidates(version):
        found = ask(candidate)
        if found and found.implementation == "CPython" and f"{found.version}.".startswith(f"{version}."):
            return found
    return None


def candidates(version: str) -> Iterator[str]:
    """Paths where a CPython of this version may be. A pyenv shim is one of them, and may not run."""
    if ".".join(map(str, sys.version_info[:3])).startswith(version):
        yield sys.executable
    minor = ".".join(version.split(".")[:2])
    for folder in os.get_exec_path():
        place = Path(folder or ".", f"python{minor}").absolute()
        if os.access(place, os.X_OK):
            yield str(place)
    for made in sorted(pyenv_versions().glob(f"{version}*"), key=_age, reverse=True):
        yield str(made / "bin" / "python")


def pyenv_versions(variables: Mapping[str, str] = os.environ) -> Path:
    """The folder of the versions that pyenv installed, which may not exist."""
    root = variables.get("PYENV_ROOT")
    default = Path.home() / ".pyenv"
    program = shutil.which("pyenv", path=variables.get("PATH"))
    if not root and not default.is_dir() and program:
        asked = subprocess.run([program, "root"], capture_output=True, text=True, check=False, env=dict(variables))
        root = asked.stdout.strip()
    return Path(root or default) / "versions"


def installed(interpreter: Interpreter) -> tuple[str, ...]:
    """What is installed for an interpreter, as ``name==version`` or ``name @ address``, sorted.

    Its packages are read, not run: a Python 3.7 cannot say it without pip, and uv installs none.
    """
    found: dict[str, str] = {}
    for distribution in distributions(path=list(interpreter.search)):
        name = _name(distribution)
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), _pinned(name, distribution))
    return tuple(found[name] for name in sorted(found))


def _name(distribution: Distribution) -> str | None:
    """Its name; None of what an interrupted pip left, where the backport of this library raises."""
    try:
        return distribution.metadata["Name"]
    except FileNotFoundError:
        return None


def _pinned(name: str, distribution: Distribution) -> str:
    origin = distribution.read_text("direct_url.json")
    url = json.loads(origin).get("url", "") if origin else ""
    return f"{name} @ {url}" if url else f"{name}=={distribution.version}"


def _age(folder: Path) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", folder.name)))
