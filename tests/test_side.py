"""A side of a comparison, as a user names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from handmade import cell, lost, make_run

from conformance.compare import baselines
from conformance.compare.baseline_file import Baseline, to_bytes
from conformance.compare.measured_side import Options, others_of, saved
from conformance.compare.side import Side, SideError, installed, known, meant, parse, spared
from conformance.environments.recipe import EnvironmentsError
from conformance.run import write
from conformance.subject import Filters, passes, sources

FOUND = sources()
ADAPTERS = [source.adapter for source in FOUND]


def adapters(text: str) -> list[str]:
    return meant(parse(text), ADAPTERS)


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("torch==2.9.1", ["torch==2.9.1"]),
        (" torch==2.9.1 ", ["torch==2.9.1"]),
        ("keras==3.6.0 tensorflow==2.21.0", ["keras==3.6.0", "tensorflow==2.21.0"]),
        ("keras==3.6.0, tensorflow==2.21.0", ["keras==3.6.0", "tensorflow==2.21.0"]),
        ("keras==3.6.0,tensorflow", ["keras==3.6.0", "tensorflow"]),
        ("torch>=2,<3", ["torch>=2,<3"]),
        ("jax[cpu,k8s]==0.4.30,optax", ["jax[cpu,k8s]==0.4.30", "optax"]),
    ],
)
def test_requirements_have_spaces_or_commas_between_them(text: str, requirements: list[str]) -> None:
    assert parse(text).requirements == tuple(requirements)


def test_a_saved_run_is_a_folder_or_its_file(tmp_path: Path) -> None:
    file = write(make_run(cell()), tmp_path / "results")
    for path in (file, file.parent):
        assert parse(str(path)) == Side(str(path), results=path)


def test_an_environment_that_exists_is_current_or_a_path() -> None:
    assert parse("current") == Side("current")
    assert parse("python:venv/bin/python") == Side("python:venv/bin/python", python="venv/bin/python")


def test_a_baseline_is_a_run_that_travels_with_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(cell(), lost(mode="vmap"))
    monkeypatch.setattr(baselines, "folder", lambda: tmp_path)
    baselines.write(to_bytes(Baseline(run, {})), "torch", "2.13.0")
    side = parse("baseline:torch==2.13.0")
    assert saved(side, Options(FOUND, Filters())).run == run
    with pytest.raises(baselines.BaselineError, match=r"torch==2\.9\.1"):
        parse("baseline:torch==2.9.1")


@pytest.mark.parametrize("text", ["", "  ", "python:", "nothing/here", "./run", "nothing.json"])
def test_what_names_nothing_is_one_sentence(text: str) -> None:
    with pytest.raises(SideError) as caught:
        parse(text)
    assert caught.value.exit_status == 4 and "\n" not in str(caught.value)


def test_a_folder_without_a_run_is_no_requirement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SideError, match="There is no run at results"):
        parse("results")


@pytest.mark.parametrize("text", ["torch=2", "torch==2.9.1 ==3", "torch==2.9.1!"])
def test_a_requirement_that_cannot_be_read_is_one_sentence(text: str) -> None:
    with pytest.raises(EnvironmentsError, match="is not a requirement"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("torch==2.9.1", ["pytorch", "torchvision"]),
        ("tensorflow-cpu==2.15.0", ["tensorflow"]),
        ("optax==0.2.5", ["jax"]),
        ("numpy==1.26.4", ["reference"]),
        ("keras==3.6.0", ["keras[numpy]"]),
        ("Keras==3.6.0 TensorFlow==2.21.0", ["keras[tensorflow]", "keras[numpy]", "tensorflow"]),
        ("keras torch", ["keras[torch]", "keras[numpy]", "pytorch", "torchvision"]),
        ("flask==3.0.0", []),
    ],
)
def test_requirements_speak_of_adapters(text: str, names: list[str]) -> None:
    assert sorted(adapters(text)) == sorted(names)


def test_only_what_is_installed_is_measured() -> None:
    by_name = {adapter.name: adapter for adapter in ADAPTERS}
    frozen = ["torch==2.9.1+cpu", "tensorflow-cpu==2.15.0", "optax @ file:///optax.whl", "jaxlib==0.4.30"]
    assert installed(by_name["pytorch"], frozen)
    assert installed(by_name["tensorflow"], frozen)
    assert not installed(by_name["torchvision"], frozen)
    assert not installed(by_name["jax"], frozen)


def test_what_no_adapter_speaks_of_is_refused_before_anything_is_built() -> None:
    known(parse("torch==2.9.1"), FOUND)
    known(parse("current"), FOUND)
    with pytest.raises(SideError, match=r"flask==3.0.0 is no saved run, and no adapter measures it .* torch"):
        known(parse("flask==3.0.0"), FOUND)


def test_folders_are_safe_names() -> None:
    assert Side("torch==2.9.1").folder == "torch==2.9.1"
    assert Side("keras==3.6.0 tensorflow==2.21.0 XLA_FLAGS=--x /y").folder == (
        "keras==3.6.0-tensorflow==2.21.0-XLA_FLAGS=--x-y"
    )
    assert Side("../..").folder == "side"


def test_a_saved_run_is_not_overwritten_by_what_is_compared_with_it(tmp_path: Path) -> None:
    path = write(make_run(cell()), tmp_path / "mine")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    sides = [Side("mine", results=place) for place in (tmp_path / "mine", path, tmp_path / "link")]
    for side in sides:
        spared(side, tmp_path / "other")
        spared(Side("current"), tmp_path / "mine")
        with pytest.raises(SideError, match=r"^The run mine would be overwritten by what is compared with it: give"):
            spared(side, tmp_path / "mine")


def test_the_options_choose_cells_of_a_saved_run(tmp_path: Path) -> None:
    run = make_run(cell(), cell(mode="vmap"), cell(adapter="keras[torch]", dtype="binary64"))
    path = write(run, tmp_path)
    side = parse(str(path))

    def left(**filters: object) -> int:
        return len(saved(side, Options(FOUND, Filters(**filters))).run.cells)  # type: ignore[arg-type]

    assert left() == 3
    assert left(modes=("vmap",)) == left(dtypes=("binary64",)) == left(adapters=("keras",)) == 1
    assert left(keyword="VMAP") == left(adapters=("keras-torch",)) == 1
    assert left(entry_points=("binary_cross_entropy_with_logits",)) == 3
    with pytest.raises(SideError, match="holds nothing that the options keep") as caught:
        left(modes=("graph",))
    assert caught.value.exit_status == 5
    assert passes(cell(), Filters(tier="full"))


def test_an_existing_environment_is_asked_for_what_the_others_have() -> None:
    run = make_run(cell(), adapters=[{"name": "jax"}, {"name": "somebody's own"}])
    assert others_of([parse("numpy==1.26.4"), parse("current")], [run], FOUND) == ["reference", "jax"]
    assert others_of([parse("current")], [], FOUND) == []
