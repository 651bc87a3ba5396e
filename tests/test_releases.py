"""What is known of releases: the data file is sound, a requirement finds its range, and a recipe follows from it."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from conformance.compare import baselines
from conformance.environments import releases
from conformance.environments.recipe import EnvironmentsError, Recipe, Wanted, compose, folder_name
from conformance.environments.releases import Release, mentioned, parse, release_of

RANGES = [release for ranges in releases.releases().values() for release in ranges]

# Releases that were built or are reported, and a CPython that they were seen to run on.
SEEN = """
torch 1.0.0 3.7, torch 1.1.0 3.7, torch 1.3.1 3.7, torch 1.4.0 3.8, torch 1.5.1 3.8, torch 1.6.0 3.8, torch 1.7.1 3.8
torch 1.8.1 3.8, torch 1.10.2 3.8, torch 1.12.1 3.10, torch 1.13.1 3.10, torch 2.0.1 3.11, torch 2.2.2 3.11
torch 2.3.1 3.11, torch 2.6.0 3.11, torch 2.7.1 3.11, torch 2.9.1 3.11, torch 2.13.0 3.11, torch 2.14.1 3.12
torch 2.15.0 3.13, tensorflow 1.8.0 3.6, tensorflow 1.13.2 3.7, tensorflow 1.15.0 3.7, tensorflow 2.0.4 3.7
tensorflow 2.2.3 3.8, tensorflow 2.4.4 3.8, tensorflow 2.6.5 3.9, tensorflow 2.8.4 3.10, tensorflow 2.10.1 3.10
tensorflow 2.12.1 3.11, tensorflow 2.15.1 3.11, tensorflow 2.16.2 3.12, tensorflow 2.18.1 3.12, tensorflow 2.20.0 3.12
tensorflow 2.21.0 3.11, tensorflow 2.22.0rc0 3.13, jax 0.4.13 3.8, jax 0.4.20 3.10, jax 0.4.30 3.11, jax 0.4.38 3.11
jax 0.6.2 3.11, jax 0.8.3 3.11, jax 0.10.2 3.11, jax 0.12.0.1 3.13, keras 3.0.5 3.11, keras 3.3.3 3.11, keras 3.6.0 3.11
keras 3.9.2 3.11, keras 3.12.4 3.11, keras 3.13.2 3.11, keras 3.14.1 3.11, keras 3.15.1 3.11, paddlepaddle 2.6.2 3.11
paddlepaddle 3.3.1 3.11, mxnet 1.5.0 3.7, mxnet 1.9.1 3.8, mlx 0.21.1 3.11, mlx 0.32.4 3.11, mindspore 2.10.0 3.11
oneflow 0.9.0 3.10, chainer 7.8.1 3.8
"""


def range_of(text: str) -> Release:
    found = release_of(Requirement(text))
    assert found is not None
    return found


def recipe(*requirements: str, **others: tuple[str, ...]) -> Recipe:
    return compose(Wanted(requirements, **others))      # type: ignore[arg-type]


@pytest.mark.parametrize("seen", [entry.split() for entry in re.split(r"[,\n]", SEEN) if entry.strip()], ids=" ".join)
def test_a_release_that_was_seen_to_run_is_known(seen: list[str]) -> None:
    name, version, python = seen
    found = range_of(f"{name}=={version}")
    assert found.contains(Version(version)) and python in found.python
    assert version in (*found.tried, *found.reported)


@pytest.mark.parametrize("release", RANGES, ids=lambda one: f"{one.distribution}{one.releases}")
def test_a_range_is_sound(release: Release) -> None:
    assert all(map(release.contains, map(Version, (*release.tried, *release.reported))))
    assert not set(release.tried) & set(release.reported)
    assert release.python and all(re.fullmatch(r"3\.\d+", version) for version in release.python)
    assert 0 < release.cpu_gigabytes <= release.gigabytes < 10
    for text in (*release.requirements, *release.leave_out, *filter(None, [release.instead])):
        Requirement(text)
    assert not {Requirement(text).name for text in release.requirements} & set(release.leave_out)


def test_ranges_do_not_overlap() -> None:
    for ranges in releases.releases().values():
        for version in mentioned(Requirement("any").specifier, ranges):
            assert sum(release.contains(version) for release in ranges) <= 1, version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("torch==2.9", "2.9.1"),            # 2.9.0, as pip reads it
        ("torch==2.9.*", "2.9.1"),
        ("torch~=2.9.0", "2.9.1"),
        ("torch<1.2", "1.1.0"),
        ("torch>=2,<2.1", "2.0.1"),
        ("torch", "2.15.0"),
        ("torch>=2.14", "2.15.0"),
        ("Torch==2.9.1", "2.9.1"),
        ("torch==2.9.1+cpu", "2.9.1"),
        ("torch===2.9.1", "2.9.1"),
        ("tensorflow==1.15", "1.15.0"),
        ("tensorflow==2.22.0rc0", "2.22.0rc0"),
        ("tensorflow<2.22", "2.21.0"),
        ("keras==3.6.0", "3.6.0"),
    ],
)
def test_a_requirement_finds_its_range(text: str, version: str) -> None:
    found = range_of(text)
    assert version in (*found.tried, *found.reported)


@pytest.mark.parametrize("text", ["some-framework==1", "torch==0.4.1", "torch>2,<1"])
def test_of_others_nothing_is_known(text: str) -> None:
    assert release_of(Requirement(text)) is None


def test_a_user_types_only_the_release() -> None:
    found = recipe("torch==1.8.1")
    assert found.requirements == ("numpy<1.24", "torch==1.8.1", "typing-extensions")
    assert found.python[0] == "3.8" and not found.left_out and not found.unknown
    assert found.gigabytes() == pytest.approx(1.7)


def test_gpu_libraries_are_left_out_unless_they_are_asked_for() -> None:
    assert {"triton", "nvidia-cusolver-cu12"} <= set(recipe("torch==2.2.2").left_out)
    kept = recipe("torch==2.2.2", include=("triton",))
    assert "triton" not in kept.left_out and "triton" in kept.requirements and "nvidia-cusolver-cu12" in kept.left_out
    assert "nvidia-cudnn-cu12" in recipe("torch==2.2.2", exclude=("nvidia_cudnn_cu12",)).left_out


def test_the_cpu_build_stands_for_tensorflow_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(releases.FILE).read_text().replace("platform_machine == 'x86_64'", "python_version > '3'")
    monkeypatch.setattr(releases, "releases", lambda: parse(text))
    found = recipe("tensorflow==2.15.1")
    assert "tensorflow-cpu==2.15.1" in found.requirements and found.substitutes == (("tensorflow-cpu", "tensorflow"),)
    for asked in ("tensorflow==1.13.2", "tensorflow==2.0.4", "tensorflow-cpu==2.15.1", "tensorflow @ file:///a.whl"):
        assert not recipe(asked).substitutes
    named = recipe("tensorflow==2.15.1", include=("tensorflow",))
    assert not named.substitutes and named.requirements == ("numpy", "tensorflow==2.15.1")


def test_no_cpu_build_stands_for_tensorflow_on_a_platform_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(releases.FILE).read_text().replace("platform_machine == 'x86_64'", "python_version < '3'")
    monkeypatch.setattr(releases, "releases", lambda: parse(text))
    assert "tensorflow==2.15.1" in recipe("tensorflow==2.15.1").requirements


def test_what_the_user_asks_for_is_the_users() -> None:
    found = recipe("torch==1.8.1", "numpy==1.21.6")
    assert found.requirements == ("numpy==1.21.6", "torch==1.8.1", "typing-extensions")
    assert "jax==0.4.30" in recipe("keras==3.6.0", "jax==0.4.30").requirements
    assert "keras==3.3.3" in recipe("tensorflow==2.16.2", "keras==3.3.3").requirements
    assert "keras==3.4.1" in recipe("tensorflow==2.16.2").requirements


def test_an_old_keras_is_installed_beside_a_tensorflow_that_asks_for_a_newer() -> None:
    today = "tensorflow==2.21.0"
    assert recipe("keras==3.6.0", today).firm == ("keras==3.6.0",)
    assert "keras==3.6.0" in recipe("keras==3.6.0", today).requirements
    assert recipe("keras==3.6.0", today, exclude=("keras",)).firm == ()
    for others in (("keras==3.6.0",), ("keras==3.6.0", "jax==0.10.2"), ("keras==3.15.1", today), (today,)):
        assert recipe(*others).firm == ()


def test_an_included_release_is_the_one_that_is_named() -> None:
    assert recipe("jax==0.4.30", include=("optax==0.2.2",)).requirements == ("jax==0.4.30", "numpy<2.1", "optax==0.2.2")
    assert recipe("jax==0.4.30", include=("optax",)).requirements == ("jax==0.4.30", "numpy<2.1", "optax<0.2.4")
    assert recipe("tensorflow==2.21.0", include=("keras==3.6.0",)).firm == ("keras==3.6.0",)


def test_several_frameworks_get_a_python_that_runs_them_all() -> None:
    assert recipe("torch==2.6.0", "jax==0.12.0.1").python == ("3.12", "3.13")
    assert recipe("torch==2.6.0", "some-framework").python == range_of("torch==2.6.0").python
    assert compose(Wanted(("torch==2.6.0",), python="3.12")).python == ("3.12",)
    with pytest.raises(EnvironmentsError, match=r"No CPython runs all of these \(torch==1\.1\.0 on 3\.7, jax==0\.12"):
        recipe("torch==1.1.0", "jax==0.12.0.1")


def test_of_an_unknown_requirement_nothing_is_assumed() -> None:
    found = recipe("some-framework>=1")
    assert found.requirements == ("numpy", "some-framework>=1")
    assert (found.python, found.left_out, found.unknown) == ((), (), ("some-framework>=1",))


def test_the_digest_is_of_what_is_installed() -> None:
    same = {recipe("torch==2.6.0", "optax").digest, recipe("optax", "torch == 2.6.0").digest}
    others = {
        recipe("torch==2.6.0").digest,
        recipe("torch==2.6.0", "optax", exclude=("sympy",)).digest,
        recipe("torch==2.6.0", "optax", include=("triton",)).digest,
        compose(Wanted(("torch==2.6.0", "optax"), python="3.12")).digest,
    }
    assert len(same) == 1 and len(others) == 4 and not same & others


def test_the_size_is_that_of_the_wheel_that_was_found() -> None:
    found = recipe("torch==2.13.0")
    assert found.gigabytes(("torch==2.13.0+cpu", "numpy==2.4.6")) == 0.8 < found.gigabytes(("torch==2.13.0",))
    assert recipe("some-framework").gigabytes() == 0.1


def test_a_wheel_is_a_requirement(tmp_path: Path) -> None:
    (line,) = [text for text in recipe(str(tmp_path / "my_torch-2.0-py3-none-any.whl")).requirements if "@" in text]
    assert line == f"my-torch @ {tmp_path.as_uri()}/my_torch-2.0-py3-none-any.whl"


@pytest.mark.parametrize("text", ["torch=2.9", "torch==2.9==3", "./no wheel.whl", ""])
def test_what_is_no_requirement_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(EnvironmentsError, match=f"^{re.escape(repr(text))} is not a requirement: write it as in torch"):
        recipe(text)


def test_nothing_wanted_is_an_error() -> None:
    with pytest.raises(EnvironmentsError, match="needs a requirement"):
        recipe()


@pytest.mark.parametrize(
    ("texts", "begins"),
    [
        (("torch==1.8.1",), "torch-1.8.1-"),
        (("numpy<2,>=1.2", "optax"), "numpy-2-1.2-optax-"),
        (("a @ https://host.example/a.zip?b=c",), "a-"),
        (("torch==2.13.0+cpu",), "torch-2.13.0-cpu-"),
    ],
)
def test_a_name_is_readable_and_safe(texts: tuple[str, ...], begins: str) -> None:
    wanted = Wanted(texts)
    name = folder_name(wanted, compose(wanted))
    assert name.startswith(begins) and re.fullmatch(r"[\w.-]+-[0-9a-f]{12}", name) and len(name) <= 61


def test_every_release_with_a_baseline_was_tried() -> None:
    for name, version in baselines.known():
        assert str(version) in range_of(f"{name}=={version}").tried
