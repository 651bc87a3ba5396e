"""Which installer is chosen, what it is told, and how its complaint is read."""

import sys
from pathlib import Path

import pytest

import bootstrap
from conformance.environments import installers, pip_settings
from conformance.environments.installers import reason, unreachable

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


@pytest.mark.parametrize("word", ["1", "true", "yes", "", "0", "false", "No"])
def test_uv_asks_no_index_where_pip_must_not(word: str) -> None:
    expected = () if word in ("", "0", "false", "No") else ("--no-index",)
    assert pip_settings.options_for_uv(f"global.no-index='0'\n:env:.no-index={word!r}\n") == expected
    assert pip_settings.options_for_uv(CONFIGURATION) == ()


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


PIP_RETRIES = """\
WARNING: Retrying (Retry(total={left}, connect=None, read=None)) after connection broken by '{why}': /simple/a/
ERROR: Could not find a version that satisfies the requirement a==9 (from versions: none)
ERROR: No matching distribution found for a==9
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PIP_RETRIES.format(left=0, why="NewConnectionError('<x at 0x1>: [Errno 9] Refused')"), "[Errno 9] Refused"),
        (PIP_RETRIES.format(left=0, why="ReadTimeoutError('Read timed out.')"), "Read timed out."),
        (PIP_RETRIES.format(left=1, why="ReadTimeoutError('Read timed out.')"), ""),
        ("error: x\n  cause: error sending request\n  cause: dns error\n  cause: unknown\n", "unknown"),
        ("error: No solution\n  cause: Because there is no a==9\n", ""),
    ],
)
def test_an_index_that_does_not_answer_is_told_from_one_that_lacks_something(text: str, said: str) -> None:
    assert said in unreachable(text) and bool(unreachable(text)) is bool(said)


def test_uv_comes_first_unless_it_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert installers.choose({"PATH": str(tmp_path)}).name == "pip"
    (tmp_path / "uv").touch(0o755)
    assert installers.choose({"PATH": ""}).name == installers.choose({"PATH": str(tmp_path)}).name == "uv"
    assert installers.choose({"PATH": str(tmp_path), "UV": "0"}).name == "pip"
