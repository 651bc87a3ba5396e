"""Environments for tests: an installer that links this interpreter, and a cache of the test alone."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.commands import environments as command
from conformance.environments import build
from conformance.environments.cache import Environment
from conformance.environments.installers import Resolved
from conformance.environments.interpreters import Interpreter
from conformance.environments.recipe import Recipe, Wanted

MINE = Wanted(("mine==1",), exclude=("numpy",))
TORCH = Wanted(("torch==2.13.0",), python=sys.executable)


@dataclass
class Linked:
    """An installer that links this interpreter, and does besides what a test wants."""

    pins: tuple[str, ...] = ("mine==1",)
    resolving: Callable[[], None] = lambda: None
    installing: Callable[[], None] = lambda: None
    calls: list[str] = field(default_factory=list)
    name: str = "linked"
    looks_ahead: bool = True

    def resolve(self, recipe: Recipe, base: Interpreter, folder: Path, log: Path) -> Resolved:
        self.calls.append(base.minor)
        log.write_text("resolving")
        self.resolving()
        return Resolved(self.pins)

    def install(self, resolved: Resolved, base: Interpreter, folder: Path, log: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        self.installing()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("BCE_ENVIRONMENTS", str(tmp_path / "cache"))
    return tmp_path / "cache"


def quietly(line: str) -> None:
    """Nobody listens."""


def make(wanted: Wanted = MINE) -> Environment:
    return build(wanted, quietly, Linked())


def bce(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `bce-conformance environments` prints."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    assert command.run(parser.parse_args(arguments)) == 0
    return capsys.readouterr().out


def find_log(cache: Path) -> Path:
    """The log of the only build, beside where its folder would be."""
    (log,) = cache.glob("*.log")
    return log


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act
