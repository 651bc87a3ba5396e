"""What changed from release to release, as the page says it, and the baselines that it is made of."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from commandline import bce
from handmade import PYTORCH, cell, lost, make_run

from conformance.compare import baselines
from conformance.compare.baseline_file import read
from conformance.compare.comparison import compare
from conformance.environment import describe
from conformance.report.comparison.words import Told
from conformance.report.releases import COLUMNS, Release, page

HERE = Path(__file__).parents[1]


def test_each_release_is_held_against_the_one_before_it() -> None:
    old = make_run(lost(), adapters=[{**PYTORCH, "versions": {"torch": "2.2.2"}}])
    new = make_run(cell(), adapters=[PYTORCH])
    step = Told(compare(old, new), ("torch 2.2.2", "torch 2.13.0"))
    said = page([("torch", [Release("torch 2.2.2", old), Release("torch 2.13.0", new, step)])]).splitlines()
    rows = [line.strip("|").split("|") for line in said if line.startswith("| torch ")]
    assert [dict(zip(COLUMNS, map(str.strip, row), strict=True))["fixed"] for row in rows] == ["", "1"]
    assert said.count("### torch 2.2.2 → torch 2.13.0") == 1 and said[-1].startswith("| fixed | 1 |")


def test_a_release_in_which_nothing_changed_has_a_row_and_no_table() -> None:
    run = make_run(lost())
    step = Told(compare(run, run), ("torch 1", "torch 2"))
    assert "###" not in page([("torch", [Release("torch 1", run), Release("torch 2", run, step)])])


def test_the_published_page_is_what_the_baselines_say() -> None:
    made = bce("baselines", "table")
    assert made.returncode == 0, made.stderr
    assert made.stdout == (HERE / "docs" / "RELEASES.md").read_text(encoding="utf-8")


def test_at_least_forty_releases_are_kept_and_all_of_them_are_whole() -> None:
    known = baselines.known()
    assert len(known) >= 40
    for (name, version), path in known.items():
        run = read(path).run
        assert baselines.version_of(name, run).split("+")[0] == str(version)
        assert all(record["frozen"] for record in run.adapters if record["status"] == "ok"), path.name
        assert run.environment["cpu"] and run.tier == "default"
        undelivered = {verdict for cell in run.cells for verdict in cell.verdicts} & {"timed-out", "out-of-memory"}
        assert not undelivered, path.name
    assert sum(path.stat().st_size for path in known.values()) < 6_000_000


def test_what_is_installed_against_a_release_needs_no_second_environment(tmp_path: Path) -> None:
    try:
        version = metadata.version("torch").split("+")[0]
    except metadata.PackageNotFoundError:
        pytest.skip("torch is not installed")
    if ("torch", version) not in {(name, str(found)) for name, found in baselines.known()}:
        pytest.skip(f"there is no baseline of torch {version}")
    chosen = ["--adapter", "pytorch", "--entry-point", "binary_cross_entropy_with_logits", "--mode", "eager"]
    done = bce(
        "audit", *chosen, "--dtype", "binary32", "--against", f"torch=={version}", "--out", str(tmp_path / "out"),
        env={"BCE_ENVIRONMENTS": str(tmp_path / "none")},
    )
    known = read(baselines.find(f"torch=={version}")).run
    assert not (tmp_path / "none").exists()
    assert "0 stale" in done.stdout and f"baseline:torch=={version}" in done.stdout, done.stderr
    if describe()["cpu"] == known.environment["cpu"] and describe()["platform"] == known.platform:
        assert done.returncode == 0 and "worse" not in done.stdout.split("stale")[1]
