"""Make `.venv`: this project, editable, with all four frameworks at the versions pinned in constraints.txt.

`make` runs this first, with an interpreter it has tried; only the standard library is at hand. A stamp is
written last, once every framework has imported, so that a second run finds it and does nothing.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "bce-conformance.stamp"
GIGABYTES = 4.5  # with PyTorch's CPU wheel; its CUDA wheel brings about as much again
FRAMEWORKS = {
    "torch": "torch",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "openvino": "openvino",
    "jax": "jax, optax",
}

# Build requirements are pinned as well. The path is relative, because pip splits it at spaces.
CONSTRAINED = {
    "PIP_CONSTRAINT": "constraints.txt",
    "UV_CONSTRAINT": "constraints.txt",
    "UV_BUILD_CONSTRAINT": "constraints.txt",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

# What pip is told, and the variable by which uv, which reads nothing of pip's, is told the same.
PIP_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}


def main() -> None:
    """Bring `.venv` up to date, or leave with one sentence that says what to do."""
    wanted = fingerprint(ROOT)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    STAMP.unlink(missing_ok=True)
    if not is_made_by_this_interpreter():
        create()
    install()
    for name, modules in FRAMEWORKS.items():
        check_import(name, modules)
    STAMP.write_text(wanted)


def fingerprint(root: Path) -> str:
    """Hash what decides the environment: the requirements, the pins, the interpreter and the place."""
    digest = hashlib.sha256(f"{base_interpreter()}\n{sys.version}\n{root}\n".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


def base_interpreter() -> str:
    """Path of the running interpreter, links resolved; inside an environment, of the one it was made from."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def is_made_by_this_interpreter() -> bool:
    """Tell whether `.venv` stands and runs the interpreter that runs now."""
    code = "import os, sys; print(os.path.realpath(sys._base_executable), sys.version)"
    try:
        found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return found.stdout == f"{base_interpreter()} {sys.version}\n"


def create() -> None:
    """Make `.venv` anew, if pip can be put into it and the disk has room."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    without_pip = (
        f"{base_interpreter()} has no ensurepip: install its venv package"
        f" (on Debian and Ubuntu: apt-get install {version}-venv) and run make again."
    )
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit(without_pip)
    shortage = disk_shortage(shutil.disk_usage(ROOT).free)
    if shortage:
        sys.exit(shortage)
    say(f"Making .venv with {base_interpreter()} (CPython {sys.version.split()[0]})")
    try:
        venv.create(VENV, clear=True, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit(without_pip)


def disk_shortage(free_bytes: int) -> str:
    """Say in one sentence that the disk is too full, or nothing."""
    free = free_bytes / 1e9
    if free >= GIGABYTES:
        return ""
    return (
        f"The four frameworks need about {GIGABYTES} GB in {VENV} and {free:.1f} GB are free:"
        " make room there, or let .venv be a link to a folder on a larger disk."
    )


def install() -> None:
    """Install with uv, itself from the index; with pip where uv is refused (UV=0), cannot be had or fails."""
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install"]
    environ = {**os.environ, **CONSTRAINED}
    project = ["--editable", ".[all,dev]"]
    if os.environ.get("UV") != "0":
        say("Installing the project and four frameworks with uv (seconds, and the download)")
        if run([*pip, "-qq", "uv"], environ) and run(
            [VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, *project],
            {**uv_settings(pip_configuration(PYTHON)), **environ},
        ):
            return
        say("uv could not do it; pip is tried.")
    say("Installing the project and four frameworks with pip (a minute or two, and the download)")
    if not run([*pip, *project], environ):
        sys.exit("The installation failed for the reason printed above: mend it and run make again.")


def pip_configuration(python: str | Path) -> str:
    """Return what `pip config list` prints: configuration files and PIP_ variables."""
    return subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout


def uv_settings(configuration: str) -> dict[str, str]:
    """Translate pip's indexes, links and certificates into uv's variables.

    Parameters
    ----------
    configuration
        Lines as `pip config list` prints them: ``global.find-links='wheels'``.
    """
    # pip takes the best version of all indexes; uv would stop at the first index that has the name.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for section in ("global.", "install.", ":env:."):  # the later overrides the earlier, as in pip
        for line in configuration.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section) and key.removeprefix(section) in PIP_TO_UV:
                name, separator = PIP_TO_UV[key.removeprefix(section)]
                settings[name] = separator.join(map(os.path.expanduser, ast.literal_eval(value).split()))
    return settings


def check_import(name: str, modules: str) -> None:
    """Import a framework in a process of its own, as a worker will; the first import also compiles it."""
    start = time.monotonic()
    code = f"import {modules}; print({name}.__version__)"
    quiet = {**os.environ, "KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, cwd=VENV, env=quiet)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        sys.exit(f"{name} is installed and does not import ({reason}): run make clean, then make again.")
    say(f"  {name} {done.stdout.split()[-1]} imports ({time.monotonic() - start:.1f} s)")


def run(command: Sequence[str | Path], environ: dict[str, str]) -> bool:
    """Run a command in the project's folder and tell whether it succeeded."""
    return subprocess.run(command, env=environ, cwd=ROOT).returncode == 0


def say(line: str) -> None:
    """Print at once: what comes next may take a while."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
