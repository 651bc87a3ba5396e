"""Causes, recorded findings, and a run held against them."""

from dataclasses import replace
from pathlib import Path

import pytest
from handmade import PYTORCH, cell, lost, make_run
from recorded_folder import CAUSE, FLUSH_CAUSE, Folder, elsewhere, folder

from conformance.causes import Versions, matches
from conformance.cell import Cell
from conformance.expectations import assess, load

__all__ = ["folder"]


def test_a_recorded_finding_is_expected(folder: Folder) -> None:
    found = assess(make_run(cell(), lost(mode="vmap")), load(folder.line(lost(mode="vmap")).path))
    assert found.expected == {lost(mode="vmap").id: "sigmoid-minus-label"}
    assert (found.unexpected, found.stale, found.exit_status) == ({}, {}, 0)


def test_a_finding_that_nothing_covers_is_unexpected(folder: Folder) -> None:
    assert folder.reason(make_run(lost(quantity="loss"))) == "no cause covers it"
    assert folder.reason(make_run(lost(entry_point="torch.other"))) == "no cause covers it"
    assert folder.reason(make_run(lost(config={"reduction": "mean"}))) == "no cause covers it"


def test_a_cause_alone_suffices_only_for_what_was_not_measured_when_lines_were_recorded(folder: Folder) -> None:
    assert folder.reason(make_run(lost())) == ""
    folder.accept(make_run(cell(region="zero"), lost(mode="vmap")))
    assert "not recorded, though the cause sigmoid-minus-label" in folder.reason(make_run(lost()))
    assert folder.reason(make_run(lost(), environment=elsewhere(platform="aarch64-neon"))) == ""
    assert folder.reason(make_run(lost(dtype="binary64"))) == "", "of another test"
    assert folder.reason(make_run(lost(label_class="identities"))) == "", "of an examination"


def test_the_cap_holds_where_nothing_is_recorded(folder: Folder) -> None:
    assert folder.reason(make_run(lost(ulp=2.0**24))) == ""
    assert "over the cap 1.68e+07 of the cause sigmoid-minus-label" in folder.reason(make_run(lost(ulp=2.0**25)))


def test_an_error_beyond_all_numbers_can_be_capped_and_recorded(folder: Folder) -> None:
    run = make_run(lost(ulp=1.7976931348623157e308))
    assert "over the cap" in folder.reason(run)
    folder.toml(CAUSE.replace("2^24", "2^1024"))
    assert folder.reason(run) == "" and folder.accept(run).reason(run) == ""
    assert load(folder.path).lines["pytorch"][0].bound == 1024


def test_the_recorded_bound_holds(folder: Folder) -> None:
    folder.line(lost(), bound="2^22")
    assert folder.reason(make_run(lost(ulp=2.0**22))) == ""
    assert "over its recorded bound 2^22" in folder.reason(make_run(lost(ulp=2.0**22 + 64)))


def test_a_bound_of_one_ulp_is_not_mistaken_for_none(folder: Folder) -> None:
    folder.line(lost(), bound="2^0")
    assert folder.reason(make_run(lost(ulp=1.0))) == ""
    assert "over its recorded bound 2^0" in folder.reason(make_run(lost(ulp=1.5)))
    folder.csv("").line(lost(), bound="2^-1")
    assert "over its recorded bound 2^-1" in folder.reason(make_run(lost(ulp=1.0)))


def test_a_figure_never_absorbs_a_nan(folder: Folder) -> None:
    made = lost(verdicts={"lost": 3, "wrong-class": 1})
    assert folder.reason(make_run(made)) == "the cause sigmoid-minus-label does not explain wrong-class"
    assert folder.line(lost()).reason(make_run(made)) == "it is wrong-class, and lost was recorded"


def test_the_recorded_verdict_is_the_one_expected(folder: Folder) -> None:
    folder.line(lost(), verdict="beyond-limit")
    assert folder.reason(make_run(lost())) == "it is lost, and beyond-limit was recorded"


def test_a_quick_run_may_miss_the_worst_but_not_show_a_worse(folder: Folder) -> None:
    folder.line(lost())
    milder = lost(verdicts={"beyond-limit": 3})
    assert folder.reason(make_run(milder)) == "it is beyond-limit, and lost was recorded"
    assert folder.reason(make_run(milder, tier="quick")) == ""
    assert folder.reason(make_run(lost(verdicts={"wrong-class": 1}), tier="quick")) != ""


def test_exactly_one_line_may_claim_a_finding(folder: Folder) -> None:
    folder.line(lost()).line(lost(), versions="torch>=2")
    assert folder.reason(make_run(lost())) == "more than one recorded line claims it"


def test_a_line_must_name_a_cause_that_speaks_of_the_cell(folder: Folder) -> None:
    assert "which no file has" in folder.line(lost(), cause="gone").reason(make_run(lost()))
    assert "does not speak of it" in folder.csv("").line(lost(), cause="zero-times-infinity").reason(make_run(lost()))


@pytest.mark.parametrize(
    ("versions", "installed", "inside"),
    [
        ("torch==2.13.*", {"torch": "2.13.0+cpu"}, True),
        ("torch==2.13.0", {"torch": "2.13.0+cpu"}, True),
        ("torch==2.13.*", {"torch": "2.14.0"}, False),
        ("torch<=2.13.0", {"torch": "2.13.0+cu130"}, True),
        ("torch>=2.13", {"torch": "2.14.0.dev20260101"}, True),
        ("torch>=2.1,<2.14 numpy>=2", {"torch": "2.13.0", "numpy": "2.4.6"}, True),
        ("torch>=2.1,<2.14 numpy>=2", {"torch": "2.13.0", "numpy": "1.26"}, False),
        ("torch>=2", {}, False),
        ("torch>=2", {"torch": "of my own"}, False),
        ("ml_dtypes>=0.5", {"ml-dtypes": "0.5.1"}, True),
    ],
)
def test_versions_follow_pep_440_and_ignore_local_labels(
    versions: str, installed: dict[str, str], inside: bool
) -> None:
    assert (installed in Versions.parse(versions)) is inside


def test_a_cause_of_another_version_does_not_count(folder: Folder) -> None:
    newer = [{**PYTORCH, "versions": {"torch": "2.14.0"}}]
    assert folder.reason(make_run(lost(), adapters=newer)) == "no cause covers it"
    assert folder.line(lost()).reason(make_run(lost(), adapters=newer)) == "no cause covers it"


def test_a_gone_finding_makes_its_line_stale(folder: Folder) -> None:
    folder.line(lost())
    found = assess(make_run(cell()), load(folder.path))
    assert found.stale == {lost().id: "sigmoid-minus-label"}
    assert found.exit_status == 1


def test_a_line_is_stale_only_where_it_speaks_and_was_fully_measured(folder: Folder) -> None:
    folder.line(lost())
    newer = [{**PYTORCH, "versions": {"torch": "2.14.0"}}]
    for run in (
        make_run(cell(mode="vmap")),
        make_run(cell(), tier="quick"),
        make_run(cell(), adapters=newer),
        make_run(cell(), environment=elsewhere(platform="x86_64-avx2")),
        make_run(cell(region="every", label_class="every", verdicts={"unsupported": 1})),
    ):
        assert assess(run, load(folder.path)).stale == {}


def test_a_recorded_crash_is_stale_once_the_subject_delivers(folder: Folder) -> None:
    crash = cell(region="every", label_class="every", verdicts={"crashed": 1})
    folder.toml(CAUSE.replace('"lost"', '"crashed", "lost"')).line(crash, verdict="crashed", bound="")
    assert folder.reason(make_run(crash)) == ""
    assert assess(make_run(cell()), load(folder.path)).stale == {crash.id: "sigmoid-minus-label"}
    assert assess(make_run(cell(mode="vmap")), load(folder.path)).stale == {}


def test_nothing_ran_is_never_green(folder: Folder) -> None:
    assert assess(make_run(), load(folder.path)).exit_status == 5
    unsupported = cell(region="every", label_class="every", verdicts={"unsupported": 1})
    assert assess(make_run(unsupported), load(folder.path)).exit_status == 5
    assert assess(make_run(unsupported, cell(mode="vmap")), load(folder.path)).exit_status == 0


def test_a_cause_without_adapter_speaks_of_those_named_like_its_file(tmp_path: Path) -> None:
    keras = {**PYTORCH, "name": "keras[torch]"}
    torch_only = Folder(tmp_path).toml(CAUSE)
    assert torch_only.reason(make_run(lost(adapter="keras[torch]"), adapters=[keras])) == "no cause covers it"
    (tmp_path / "expectations" / "pytorch.toml").rename(tmp_path / "expectations" / "keras.toml")
    assert torch_only.reason(make_run(lost(adapter="keras[torch]"), adapters=[keras])) == ""
    torch_only.toml(CAUSE + 'adapter = ["keras[torch]"]', "keras")
    assert torch_only.reason(make_run(lost(adapter="keras[torch]"), adapters=[keras])) == ""
    assert torch_only.reason(make_run(lost())) == "no cause covers it"


def test_brackets_in_a_glob_are_themselves() -> None:
    assert matches("keras[jax]", "keras[jax]") and not matches("keras[jax]", "kerasj")
    assert matches("keras[*]", "keras[jax]") and not matches("keras[*]", "keras")
    assert matches("saturated?", "saturated+") and not matches("saturated", "saturated+")


WITH_NUMPY = [{**PYTORCH, "versions": {"torch": "2.13.0", "numpy": "2.4.6"}}]


def both(ulp: float = 2621440.1) -> Cell:
    """A cell that holds findings of two kinds."""
    return lost(ulp, verdicts={"lost": 3, "flushed": 1})


def test_two_causes_share_a_cell_where_each_explains_other_kinds(folder: Folder) -> None:
    run = make_run(both(), lost(mode="vmap"), adapters=WITH_NUMPY)
    assert assess(run, load(folder.path)).unexpected == {
        both().id: "the cause sigmoid-minus-label does not explain flushed"
    }
    names = {both().id: "flush-to-zero+sigmoid-minus-label", lost(mode="vmap").id: "sigmoid-minus-label"}
    assert assess(run, load(folder.toml(CAUSE + FLUSH_CAUSE).path)).expected == names
    known = load(folder.accept(run).path)
    (line,) = (line for line in known.lines["pytorch"] if "+" in line.cause)
    assert (line.cause, line.versions.text) == (names[both().id], "numpy>=2 torch==2.13.*,>=2")
    assert assess(run, known).expected == names
    assert [cause.id for cause in known.named(line.cause)] == ["flush-to-zero", "sigmoid-minus-label"]


def test_a_line_must_name_every_cause_and_none_too_many(folder: Folder) -> None:
    folder.toml(CAUSE + FLUSH_CAUSE).line(both(), versions="torch>=2 numpy>=2")
    run = make_run(both(), adapters=WITH_NUMPY)
    assert folder.reason(run) == "the cause sigmoid-minus-label does not explain flushed"
    folder.csv("").line(both(), cause="flush-to-zero+sigmoid-minus-label", versions="torch>=2 numpy>=2")
    assert folder.reason(run) == ""
    part = make_run(lost(), adapters=WITH_NUMPY)
    assert "names the cause flush-to-zero, and nothing of that is left" in folder.reason(part)
    assert folder.reason(replace(part, tier="quick")) == ""
    folder.csv("").line(both(), cause="sigmoid-minus-label+gone", versions="torch>=2")
    assert "which no file has" in folder.reason(run)


def test_the_cap_of_several_causes_is_the_largest(folder: Folder) -> None:
    folder.toml(CAUSE + FLUSH_CAUSE)
    assert folder.reason(make_run(both(ulp=2.0**24), adapters=WITH_NUMPY)) == ""
    assert "over the cap 1.68e+07" in folder.reason(make_run(both(ulp=2.0**25), adapters=WITH_NUMPY))
    flushed = lost(ulp=2.0**11, verdicts={"flushed": 1})
    assert "over the cap 1.02e+03 of the cause flush-to-zero" in folder.reason(make_run(flushed, adapters=WITH_NUMPY))


def test_one_of_several_tables_of_selectors_must_match(folder: Folder) -> None:
    folder.toml(FLUSH_CAUSE)

    def reason(**changes: str) -> str:
        flushed = lost(ulp=8.0, verdicts={"flushed": 1}, **changes)
        return folder.reason(make_run(flushed, adapters=WITH_NUMPY))

    assert reason() == reason(dtype="binary64") == reason(mode="vmap") == ""
    assert reason(mode="vmap", dtype="binary64") == "no cause covers it"
