"""Environments that uv and pip really build: two releases of NumPy, and wheels made by hand in a folder."""

import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import cast

import pytest

from conformance.environments import EnvironmentsError, build, releases
from conformance.environments.cache import Environment
from conformance.environments.installers import Installer, Pip, Uv, choose
from conformance.environments.recipe import Wanted

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
NUMPY = ("numpy==2.0.2", "numpy==2.2.6")
UNREACHABLE = r"(?i)connect|resolve host|dns error|network|timed out|unreachable"

FRONT = f"""
[[front]]
releases = "<2"
python = ["{OWN}"]
gigabytes = 0.1
regardless-of = ["backend"]
"""

BUILT = """
from conformance.environments import Wanted, build
build(Wanted(("gamma",), exclude=("numpy",)))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("BCE_ENVIRONMENTS", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with wheels, alpha that needs beta, which is all that pip is configured with."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    put_wheel(folder, "alpha", "1.0", "beta")
    put_wheel(folder, "beta", "2.0")
    put_wheel(folder, "beta", "3.0+cpu")
    put_wheel(folder, "beta", "3.0")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return folder


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, wheels: Path) -> Installer:
    """Each installer, configured as it is found."""
    return uv() if request.param == "uv" else Pip()


def uv() -> Installer:
    found = choose()
    if not isinstance(found, Uv):
        pytest.skip("uv is not here")
    return found


def put_wheel(folder: Path, name: str, version: str, *needs: str, wheel_version: str = "1.0") -> Path:
    """Write a wheel of one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: {wheel_version}\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return wheel


def wanted(*requirements: str, exclude: tuple[str, ...] = ()) -> Wanted:
    return Wanted(requirements, OWN, ("numpy", *exclude))


def own(environment: Environment) -> set[str]:
    """What is installed, without what a new environment has."""
    return {pin for pin in environment.frozen if not pin.startswith(("pip==", "setuptools==", "wheel=="))}


def says(environment: Environment, code: str) -> str:
    done = subprocess.run([environment.python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_two_releases_of_numpy_side_by_side() -> None:
    installer = uv()
    try:
        found = [build(Wanted((text,), OWN), installer=installer) for text in NUMPY]
    except EnvironmentsError as error:
        if re.search(UNREACHABLE, str(error)):
            pytest.skip(str(error))
        raise
    for environment, text in zip(found, NUMPY, strict=True):
        assert environment.frozen == (text,) and environment.installer == "uv"
        assert f"numpy=={says(environment, 'import numpy; print(numpy.__version__)')}" == text
    nobody = cast(Installer, object())  # whom a cache does not ask
    assert [build(Wanted((text,), OWN), installer=nobody) for text in NUMPY] == found


def test_links_that_pip_is_configured_with_are_followed_by_uv(wheels: Path) -> None:
    environment = build(wanted("alpha"), installer=uv())
    assert own(environment) == {"alpha==1.0", "beta==3.0+cpu"}          # the wheel for CPUs, as pip chooses
    assert says(environment, "import alpha, beta; print(alpha.version, beta.version)") == "1.0 3.0+cpu"


def test_where_pip_must_ask_no_index_uv_asks_none(wheels: Path) -> None:
    with pytest.raises(EnvironmentsError, match=r"^numpy==2\.0\.2 cannot be installed \(.*numpy"):
        build(Wanted(("numpy==2.0.2",), OWN), installer=uv())


def test_a_wheel_is_installed_with_what_it_needs_less_what_is_excluded(installer: Installer, tmp_path: Path) -> None:
    wheel = put_wheel(tmp_path, "delta", "4.0", "alpha", "beta")
    environment = build(wanted(str(wheel), "beta<3", exclude=("alpha",)), installer=installer)
    assert own(environment) == {f"delta @ {wheel.as_uri()}", "beta==2.0"}
    assert environment.left_out == ("alpha", "numpy") and environment.installer == installer.name
    assert says(environment, "import delta, beta, sys; print(beta.version, *sys.version_info[:2])") == (
        f"2.0 {OWN.replace('.', ' ')}"
    )


def test_what_is_firm_is_installed_with_its_own_needs_whatever_others_ask(
    installer: Installer, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_wheel(wheels, "backend", "2.0", "front>=3", "beta")
    put_wheel(wheels, "front", "1.0", "alpha")
    put_wheel(wheels, "front", "3.0")
    with pytest.raises(EnvironmentsError, match=r"^front==1\.0 backend cannot be installed"):
        build(wanted("front==1.0", "backend"), installer=installer)
    known = releases.parse(FRONT)
    monkeypatch.setattr(releases, "releases", lambda: known)
    environment = build(wanted("front==1.0", "backend"), installer=installer)
    assert own(environment) == {"alpha==1.0", "backend==2.0", "beta==3.0+cpu", "front==1.0"}
    assert environment.notes == ("front==1.0 is here whatever others ask for.",)


def test_a_release_that_does_not_exist_is_said_in_a_sentence(installer: Installer, cache: Path) -> None:
    with pytest.raises(EnvironmentsError) as caught:
        build(wanted("beta==9"), installer=installer)
    (log,) = cache.iterdir()
    said = str(caught.value)
    assert re.fullmatch(rf"beta==9 cannot be installed \([^\n]*beta==9[^\n]*\): correct it, or see .* {log}\.", said)
    assert "beta==9" in log.read_text()


def test_an_index_that_does_not_answer_is_said(installer: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/simple"        # bound, and nobody listens
        for name, value in (("PIP_INDEX_URL", address), ("PIP_RETRIES", "1"), ("UV_HTTP_RETRIES", "1")):
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PIP_NO_INDEX")
        again = uv() if isinstance(installer, Uv) else installer
        with pytest.raises(EnvironmentsError, match=r"^omega==1 cannot .* not answer \(.*refused.*\): mend the net"):
            build(wanted("omega==1"), installer=again)


def test_an_installer_that_fails_later_leaves_its_log(wheels: Path, cache: Path) -> None:
    put_wheel(wheels, "epsilon", "1.0", wheel_version="99.0")
    with pytest.raises(EnvironmentsError, match=r"^epsilon cannot be installed \(.+\): correct it, or see the whole"):
        build(wanted("epsilon"), installer=uv())
    assert [path.suffix for path in cache.iterdir()] == [".log"]


def test_a_build_that_ctrl_c_ends_leaves_nothing(wheels: Path, cache: Path) -> None:
    pipe = wheels / "gamma-1.0-py3-none-any.whl"
    os.mkfifo(pipe)             # an installer that opens it waits for ever
    command = [sys.executable, "-c", BUILT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 30
    while not list(cache.glob("*.log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)       # a terminal sends it to the installer too
    _, said = process.communicate(timeout=30)
    assert said.endswith(b"KeyboardInterrupt\n")
    assert [path.suffix for path in cache.iterdir()] == [".log"]
