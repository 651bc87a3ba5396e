"""The worker in the environment of an old release, and of a new one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workbench import ARITHMETIC, REVERSE, floats, job, key

from conformance.adapter_file import load_adapters
from conformance.measure import Pool
from conformance.places import adapters_folder

ENVIRONMENTS = {"3.7": "numpy==1.21.6", "3.13": "numpy"}


def interpreter(version: str) -> str | None:
    """An interpreter of this version that runs: on the path, or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for candidate in filter(None, candidates):
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return str(candidate)
    return None


@pytest.fixture(scope="module", params=list(ENVIRONMENTS))
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment of numpy alone."""
    base = interpreter(request.param)
    if base is None:
        pytest.skip(f"no CPython {request.param} on this machine")
    folder = tmp_path_factory.mktemp("environment") / "venv"
    made = str(folder / "bin" / "python")
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        commands = [[uv, "venv", "-q", "--python", base, str(folder)], [uv, "pip", "install", "-q", "--python", made]]
    else:
        commands = [[base, "-m", "venv", str(folder)], [made, "-m", "pip", "install", "-q"]]
    commands[1].append(ENVIRONMENTS[request.param])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")
    return made


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))    # must not leak
    with Pool(load_timeout=60) as pool:
        yield pool


def test_arithmetic_has_the_same_bits_everywhere(python: str, pool: Pool) -> None:
    asked = [
        job(key(ARITHMETIC, python=chosen), "numpy.multiply", logit=[1e-45, 3.0, np.inf], code="logit * label")
        for chosen in (python, sys.executable)
    ]
    old, new = (pool.observe(one) for one in asked)
    assert (old.status, old.message) == ("ok", "")
    assert np.array_equal(old.outputs[0], new.outputs[0])
    assert pool.describe(asked[0].worker)["versions"].keys() == {"numpy"}
    assert pool.describe(asked[0].worker)["python"] != pool.describe(asked[1].worker)["python"]


def test_the_reference_runs(python: str, pool: Pool) -> None:
    file = adapters_folder() / "reference.py"
    entry = load_adapters(str(file))[0].entry_points[0]
    for steps in ((), REVERSE):
        for dtype in ("binary32", "bfloat16"):
            asked = [
                job(key(file, "reference", chosen), entry.path, config=entry.key, steps=steps, **logits(dtype))
                for chosen in (python, sys.executable)
            ]
            old, new = (pool.observe(one) for one in asked)
            assert (old.status, old.message, old.dtypes) == ("ok", "", new.dtypes)
            for one, other in zip(old.outputs, new.outputs, strict=True):
                assert np.abs(one.astype(np.int64) - other.astype(np.int64)).max() <= 4     # NumPy's own exp


def logits(dtype: str) -> dict[str, Any]:
    """Twenty logits from -10 to 10, all with the label 1."""
    values = np.linspace(-10, 10, 20, dtype=np.float32), np.ones(20, np.float32)
    bits = [value.view(np.uint32) for value in values]
    halves = [(whole >> 16).astype(np.uint16) for whole in bits]
    return {"dtype": dtype, "inputs": tuple(halves if dtype == "bfloat16" else bits), "logit": [0.0] * 20}


def test_the_packages_here_are_not_on_its_path(python: str, pool: Pool) -> None:
    found = "{m.name for m in __import__('pkgutil').iter_modules()}"
    for name, there in (("numpy", True), ("pytest", False), ("workbench", False), ("worker", False)):
        asked = job(key(python=python), "", code=f"logit * ({name!r} in {found})", logit=[1.0])
        assert floats(pool.observe(asked).outputs[0]) == [float(there)], name
