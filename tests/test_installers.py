"""Which installer is chosen, what it is told, and how its complaint is read."""

import sys
from pathlib import Path

import pytest

import bootstrap
from conformance.environments import installers, pip_settings
from conformance.environments.installers import reason

CONFIGURATION = """\
global.index-url='https://one.example/simple'
install.extra-index-url='https://two.example/simple https://three.example/simple'
global.find-links='overridden'
global.timeout='60'
:env:.find-links='here ~/there'
:env:.cert='/a/cert.pem'
"""


def test_uv_is_told_what_the_set_up_tells_it() -> None:
    assert pip_settings.for_uv(CONFIGURATION) == bootstrap.uv_settings(CONFIGURATION)
    assert pip_settings.PIP_TO_UV.items() >= bootstrap.PIP_TO_UV.items()
    assert pip_settings.for_uv(":env:.no-index='1'\n")["UV_NO_INDEX"] == "1"


def test_without_pip_its_variables_are_read(tmp_path: Path) -> None:
    listed = pip_settings.configuration(["/nowhere/python"], {"PIP_FIND_LINKS": "/a /b", "HOME": str(tmp_path)})
    assert pip_settings.for_uv(listed)["UV_FIND_LINKS"] == "/a,/b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("error: No solution\n  cause: Because there is no a==9\n  and you require it.\n", "no a==9 and you require"),
        ("  × No solution found:\n  ╰─▶ Because there is\n      no a==9.\n\nhint: x\n", "Because there is no a==9"),
        ("ERROR: Could not find a version (from none)\nERROR: No matching distribution for a==9\n", "No matching"),
        ("error: Failed to read `/no`\n  cause: No such file\n", "Failed to read `/no`: No such file"),
        ("error: Failed to copy " + "x" * 999 + "\n  cause: No space left\n", "xx … xx"),
        ("error: Failed to copy " + "x" * 999 + "\n  cause: No space left\n", "x: No space left"),
        ("Traceback:\n  x\nValueError: bad\n", "ValueError: bad"),
        ("something\nlast words\n\n", "last words"),
        ("", "it says nothing"),
    ],
)
def test_the_reason_is_found_in_what_an_installer_says(text: str, said: str) -> None:
    assert said in reason(text) and "\n" not in reason(text)


def test_uv_comes_first_unless_it_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert installers.choose({"PATH": str(tmp_path)}).name == "pip"
    (tmp_path / "uv").touch(0o755)
    assert installers.choose({"PATH": ""}).name == installers.choose({"PATH": str(tmp_path)}).name == "uv"
    assert installers.choose({"PATH": str(tmp_path), "UV": "0"}).name == "pip"
