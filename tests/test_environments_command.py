"""``bce-conformance environments``: the list, and what pruning removes and leaves."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from linked import MINE, Linked, bce, cache, make, quietly, raising

from conformance.environments import EnvironmentsError, build, existing
from conformance.environments.cache import RECORD, cached, kept
from conformance.environments.installers import Failed
from conformance.environments.locks import locked
from conformance.environments.recipe import Wanted

__all__ = ["cache"]


def test_the_list(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    assert bce(capsys, "list") == f"There is none in {cache}.\n"
    environment = make()
    (cache / "killed-0123456789ab").mkdir()
    text = bce(capsys, "list")
    for word in (environment.name, "mine==1", f"CPython {environment.version}", "GB", "with linked", str(cache)):
        assert word in text
    assert "1 unfinished" in text
    (record,) = json.loads(bce(capsys, "list", "--json"))
    assert record["frozen"] == list(environment.frozen) and record["folder"] == str(environment.folder)


def test_pruning(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    one, two, three = (make(Wanted((f"mine=={number}",))) for number in (1, 2, 3))
    bce(capsys, "prune")
    assert len(cached()) == 3
    week_ago = (one.used - timedelta(days=7)).timestamp()
    os.utime(one.folder / RECORD, (week_ago, week_ago))
    assert f"removed {one.name}\n" in bce(capsys, "prune", "--older-than", "6.9")
    assert f"removed {two.name}\n" in bce(capsys, "prune", two.name)
    assert cached() == [three]
    with pytest.raises(EnvironmentsError, match=r"no environment nothing: see"):
        bce(capsys, "prune", "nothing")
    (cache / "killed-0123456789ab").mkdir()
    with pytest.raises(EnvironmentsError):
        build(MINE, quietly, Linked(resolving=raising(Failed("no such release"))))
    bce(capsys, "prune", "--all")
    assert list(cache.iterdir()) == []


def test_what_is_being_built_is_not_pruned(capsys: pytest.CaptureFixture[str]) -> None:
    environment = make()
    with locked(environment.folder):
        assert f"kept {environment.name}: " in bce(capsys, "prune", "--all")
    assert cached() == [environment]


def test_what_is_in_use_is_not_pruned(capsys: pytest.CaptureFixture[str]) -> None:
    environment = make()
    with kept(environment), kept(environment), kept(existing(sys.executable)):
        assert f"kept {environment.name}: " in bce(capsys, "prune", "--all")
    assert cached() == [environment]
    assert f"removed {environment.name}\n" in bce(capsys, "prune", "--all")


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "soon"])
def test_a_span_of_time_is_one(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    make()
    with pytest.raises(SystemExit):
        bce(capsys, "prune", f"--older-than={days}")
    assert f"{days} is no number of days: give one such as 30" in capsys.readouterr().err and len(cached()) == 1


def test_using_an_environment_keeps_it_from_being_pruned(capsys: pytest.CaptureFixture[str]) -> None:
    environment = make()
    os.utime(environment.folder / RECORD, (0, 0))
    make()
    bce(capsys, "prune", "--older-than", "1")
    assert cached() == [environment]
