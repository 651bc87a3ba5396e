"""Causes, recorded findings, and a run held against them."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import ENTRY_POINT, ENVIRONMENT, PYTORCH, cell, lost, make_run, not_a_number

from conformance.causes import Versions, matches
from conformance.cell import Cell
from conformance.commands import accept
from conformance.expectations import ExpectationsError, acceptance, assess, assessed_findings, load
from conformance.recorded import exponent, write_lines, write_measurements
from conformance.run import Run, RunError, write

CAUSE = """
[[cause]]
id = "sigmoid-minus-label"
versions = { torch = "==2.13.*" }
verdicts = ["lost", "beyond-limit"]
cap = "2^24"
why = "The gradient is sigmoid(x) - y, which cancels near y = 1."
link = "https://github.com/pytorch/pytorch"

[cause.selectors]
entry_point = "torch.nn.*"
quantity = ["d_logits", "d2_*"]
config = "*reduction=none*"
"""

NAN_CAUSE = """
[[cause]]
id = "zero-times-infinity"
versions = {torch = ">=2"}
verdicts = ["wrong-class"]
why = "0 times infinity."
link = "https://github.com/pytorch/pytorch"
selectors = {region = "infinite"}
"""

FLUSH_CAUSE = """
[[cause]]
id = "flush-to-zero"
versions = { numpy = ">=2", torch = ">=2" }
verdicts = ["flushed", "daz"]
cap = "2^10"
why = "The processor is told to flush."
link = "https://github.com/pytorch/pytorch"
[[cause.selectors]]
quantity = "d_logits"
mode = "eager"
[[cause.selectors]]
quantity = "d_logits"
mode = "vmap"
dtype = "binary32"
"""

CSV = "cell,cause,versions,platform,verdict,bound\n"


class Folder:
    """A folder of adapters with expectations."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def toml(self, text: str, name: str = "pytorch") -> "Folder":
        place = self.path / "expectations" / f"{name}.toml"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
        return self

    def csv(self, text: str, name: str = "pytorch") -> "Folder":
        place = self.path / "expectations" / "recorded" / f"{name}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(CSV + text)
        return self

    def line(self, made: Cell, **changes: str) -> "Folder":
        """Add a recorded line for a cell."""
        row = {
            "cell": made.id,
            "cause": "sigmoid-minus-label",
            "versions": "torch==2.13.*",
            "platform": "x86_64-avx512",
            "verdict": "lost",
            "bound": "2^22",
            **changes,
        }
        place = self.path / "expectations" / "recorded" / "pytorch.csv"
        before = place.read_text()[len(CSV) :] if place.exists() else ""
        return self.csv(before + ",".join(f'"{value}"' for value in row.values()) + "\n")

    def accept(self, run: Run) -> "Folder":
        accepted = acceptance(run, load(self.path))
        assert not accepted.refused
        for name, lines in accepted.lines.items():
            write_lines(self.path / "expectations" / "recorded" / f"{name}.csv", lines)
        write_measurements(self.path / "expectations" / "measured.csv", accepted.measured)
        return self

    def reason(self, run: Run) -> str:
        """Why the one finding of the run is unexpected, or an empty string."""
        found = assess(run, load(self.path))
        assert len(found.expected) + len(found.unexpected) == 1
        assert found.exit_status == len(found.unexpected)
        return next(iter(found.unexpected.values()), "")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).toml(CAUSE + NAN_CAUSE)


def _elsewhere(**changes: str) -> dict[str, str]:
    return {**ENVIRONMENT, **changes}  # type: ignore[dict-item]


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
    assert folder.reason(make_run(lost(), environment=_elsewhere(platform="aarch64-neon"))) == ""
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
        make_run(cell(), environment=_elsewhere(platform="x86_64-avx2")),
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


def test_accept_makes_a_run_expected_and_is_stable(folder: Folder) -> None:
    run = make_run(cell(dtype="binary64"), lost(), lost(mode="vmap", ulp=3.0), not_a_number())
    folder.accept(run)
    text = (folder.path / "expectations" / "recorded" / "pytorch.csv").read_text()
    assert text.splitlines() == [
        CSV.strip(),
        f"{not_a_number().id},zero-times-infinity,torch>=2,x86_64-avx512,wrong-class,",
        f"{lost().id},sigmoid-minus-label,torch==2.13.*,x86_64-avx512,lost,2^22",
        f"{lost(mode='vmap').id},sigmoid-minus-label,torch==2.13.*,x86_64-avx512,lost,2^2",
    ]
    found = assess(run, load(folder.path))
    assert len(found.expected) == 3 and found.exit_status == 0
    assert (folder.accept(run).path / "expectations" / "recorded" / "pytorch.csv").read_text() == text


def test_accept_drops_the_stale_and_keeps_what_was_not_measured(folder: Folder) -> None:
    other = make_run(lost(), environment=_elsewhere(platform="aarch64-neon"))
    folder.accept(make_run(lost(), lost(mode="vmap"), lost(mode="compiled"))).accept(other)
    accepted = acceptance(make_run(cell(), lost(mode="vmap", ulp=2.0)), load(folder.path))
    kept = {(line.platform, line.cell.split("/")[3], line.limit) for line in accepted.lines["pytorch"]}
    assert kept == {
        ("x86_64-avx512", "vmap", "2^1"),
        ("x86_64-avx512", "compiled", "2^22"),
        ("aarch64-neon", "eager", "2^22"),
    }


def test_accept_refuses_what_no_cause_or_two_causes_cover(folder: Folder) -> None:
    folder.toml(CAUSE + CAUSE.replace("minus", "less"))
    accepted = acceptance(make_run(lost(), not_a_number(), lost(quantity="loss")), load(folder.path))
    assert accepted.refused == {
        not_a_number().id: "the cause sigmoid-minus-label does not explain wrong-class",
        lost().id: "the causes sigmoid-minus-label and sigmoid-less-label both cover lost",
        lost(quantity="loss").id: "no cause covers it",
    }


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


def test_accept_repairs_a_line_whose_cause_is_gone(folder: Folder) -> None:
    folder.line(lost(), cause="gone").line(lost(mode="vmap"), cause="gone")
    accepted = acceptance(make_run(lost()), load(folder.path))
    assert [line.cause for line in accepted.lines["pytorch"]] == ["sigmoid-minus-label"]


def _accept(source: Path, adapters: Path) -> int:
    parser = argparse.ArgumentParser()
    accept.configure(parser)
    return accept.run(parser.parse_args([str(source), "--adapters", str(adapters)]))


def test_the_command_writes_or_lists(folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results"
    write(make_run(lost(), lost(quantity="loss")), results)
    assert _accept(results, folder.path) == 1
    assert f"{lost(quantity='loss').id}: no cause covers it" in capsys.readouterr().err
    assert not (folder.path / "expectations" / "recorded").exists()
    write(make_run(lost()), results)
    assert _accept(results, folder.path) == 0
    assert "pytorch.csv: 1 lines, 1 new, 0 dropped" in capsys.readouterr().out
    assert assess(make_run(lost()), load(folder.path)).exit_status == 0
    write(make_run(cell()), results)
    assert _accept(results, folder.path) == 0
    assert not (folder.path / "expectations" / "recorded" / "pytorch.csv").exists()


def test_the_command_refuses_a_quick_run_and_an_empty_one(folder: Folder, tmp_path: Path) -> None:
    write(make_run(lost(), tier="quick"), tmp_path / "results")
    with pytest.raises(RunError, match="quick"):
        _accept(tmp_path / "results", folder.path)
    write(make_run(), tmp_path / "results")
    assert _accept(tmp_path / "results", folder.path) == 5


def test_findings_as_json_carry_their_cause(folder: Folder) -> None:
    run = make_run(lost(quantity="loss", ulp=8.0), lost())
    assert assessed_findings(run, assess(run, load(folder.path))) == [
        {"id": lost().id, "verdict": "lost", "ulp": 2621440.0, "cause": "sigmoid-minus-label"},
        {"id": lost(quantity="loss").id, "verdict": "lost", "ulp": 8.0, "cause": None},
    ]


def test_figures_round_up_to_powers_of_two() -> None:
    assert [exponent(figure) for figure in (None, 0.0, 0.3, 0.5, 1.0, 1.01, 2.0, 3.0, 2.0**1000)] == [
        None, None, -1, -1, 0, 1, 1, 2, 1000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("why = ", "why ", 7, "Expected"),
        ('id = "sig', 'name = "x"\nid = "sig', 3, "'name' is not a field"),
        ('id = "sigmoid-minus-label"', "", 2, "lacks 'id'"),
        ('id = "sig', 'id = "Sig', 3, "must be of a-z"),
        ("==2.13.*", "about 2", 4, "PEP 440"),
        ('{ torch = "==2.13.*" }', '"==2.13.*"', 4, "'versions' must name a distribution"),
        ('"lost", ', '"fine", ', 5, "'fine' is not a kind of finding"),
        ('["lost", "beyond-limit"]', "[]", 5, "'verdicts' must be"),
        ('cap = "2^24"\n', "", 5, "needs a 'cap'"),
        ('"2^24"', '"many"', 6, "'cap' must be"),
        ('"2^24"', "-1", 6, "'cap' must be"),
        ('"2^24"', "inf", 6, "'cap' must be"),
        ("https", "gopher", 8, "'link' must begin"),
        ("entry_point", "entry", 11, "'entry' is not a field of a cell's key"),
        ('"torch.nn.*"', "3", 11, "'entry_point' must be"),
        ("[[cause]]", "[cause]", 2, "under [[cause]]"),
        ("[[cause]]", "causes = 3\n[[cause]]", 2, "'causes' is not [[cause]]"),
    ],
)
def test_a_malformed_cause_names_file_and_line(folder: Folder, old: str, new: str, line: int, words: str) -> None:
    assert old in CAUSE
    with pytest.raises(ExpectationsError) as caught:
        load(folder.toml(CAUSE.replace(old, new)).path)
    message = str(caught.value)
    assert "pytorch.toml" in message and f"line {line}" in message and words in message and "\n" not in message


def test_a_mistake_in_the_second_cause_names_its_line(folder: Folder) -> None:
    text = CAUSE + NAN_CAUSE.replace("wrong-class", "wrong")
    with pytest.raises(ExpectationsError, match=f"line {CAUSE.count(chr(10)) + 5}: 'wrong' is not"):
        load(folder.toml(text).path)


def test_two_causes_of_one_id_are_refused(folder: Folder) -> None:
    with pytest.raises(ExpectationsError, match="'sigmoid-minus-label' is there twice"):
        load(folder.toml(CAUSE, "keras").path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lost", "fine", "'fine' is not a kind of finding"),
        ("2^22", "4194304", "'4194304' is not a power of two"),
        ("torch==2.13.*", "torch", "Invalid version range"),
        ("torch==2.13.*", "torch==about", "Invalid"),
        (ENTRY_POINT + "/", "", "is not the id of a cell"),
        (',"2^22"', "", "5 columns stand where 6 belong"),
        ('"lost"', '"lost', "expected after"),
    ],
)
def test_a_malformed_line_names_file_and_line(folder: Folder, old: str, new: str, words: str) -> None:
    place = folder.line(lost()).line(lost(mode="vmap")).path / "expectations" / "recorded" / "pytorch.csv"
    head, good, bad = place.read_text().splitlines()
    assert old in bad
    place.write_text("\n".join((head, good, bad.replace(old, new), "")))
    with pytest.raises(ExpectationsError) as caught:
        load(folder.path)
    message = str(caught.value)
    assert "pytorch.csv, line 3" in message and words in message and "\n" not in message


@pytest.mark.parametrize("text", ["", "cell,cause\n"])
def test_a_file_without_the_header_is_refused(folder: Folder, text: str) -> None:
    (folder.csv("").path / "expectations" / "recorded" / "pytorch.csv").write_text(text)
    with pytest.raises(ExpectationsError, match=r"pytorch\.csv, line [01]: (the header must read|the file is empty)"):
        load(folder.path)


def test_the_projects_own_expectations_load() -> None:
    from conformance.places import adapters_folder

    load(adapters_folder())
