"""A check of a known defect: a framework's release decides it, and a row that is no row is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import bce
from workbench import floats, job, key

from conformance.formats import BINARY32
from conformance.job import Observation
from conformance.known_defects.checks import (
    CHANGED,
    DOCUMENTED,
    FIXED,
    NOT_APPLICABLE,
    PRESENT,
    STATES,
    Check,
    Checked,
    checks,
    judged,
)
from conformance.known_defects.listing import checked
from conformance.known_defects.records import KnownDefectsError, load, read
from conformance.known_defects.script import ScriptError, program
from conformance.known_defects.wanted import Seen, Texts
from conformance.measure import Pool
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.report.known_defects import table
from conformance.report.terminal import plain
from conformance.subject import sources

ADAPTER = """
from conformance.adapter import Adapter, EntryPoint

class Fake(Adapter):
    name = "fake"
    distributions = ("fakeframework",)
    imports = "import sys; sys.path.insert(0, {folder!r}); import numpy, fakeframework"
    names = {{"binary32": "numpy.float32"}}
    literal = "numpy.array({{values}}, {{dtype}})"
    entry_points = (EntryPoint("fakeframework.loss", "sigmoid_cross_entropy", "fakeframework.loss(logit, label)"),)

    def make(self, bits, dtype):
        return bits.view("f4")

ADAPTERS = [Fake()]
"""

ROW = """
[[defect]]
id = "fake-1"
report = "fake#1"
links = ["https://example.org/1"]
version = "1.0"
upstream = "open"
adapters = ["fake"]
code = '''
import fakeframework
import numpy
x = numpy.array([20.0], "f4")
print(fakeframework.loss(x, 1.0))
'''
observed = "0"
due = { loss = "sigmoid_cross_entropy", at = [[20, 1]] }
why = "the tail is lost"
"""

RELEASES = {
    PRESENT: "return numpy.maximum(x, 0) - x * y + numpy.log(1 + numpy.exp(-abs(x)))",
    FIXED: "return numpy.maximum(x, 0) - x * y + numpy.log1p(numpy.exp(-abs(x)))",
    CHANGED: "return x * numpy.float32('nan')",
    NOT_APPLICABLE: "import a_module_of_nowhere",
}


def fake(folder: Path, body: str = RELEASES[FIXED], row: str = ROW) -> Path:
    """An adapter file of a framework with such a loss, and a known defect beside it."""
    (folder / "fakeframework.py").write_text(f"import numpy\n\n\ndef loss(x, y):\n    {body}\n")
    (folder / "known_defects").mkdir()
    (folder / "known_defects" / "fake.toml").write_text(row)
    file = folder / "fake.py"
    file.write_text(ADAPTER.format(folder=str(folder)))
    return file


def asked(file: Path) -> Checked:
    """What the one known defect beside an adapter comes to."""
    found = sources([str(file)])
    with Pool(1) as pool:
        (one,) = checked(checks(load(file.parent), ["fake"], every=False), Plan(found), pool)
    return one


@pytest.mark.parametrize("state", RELEASES)
def test_a_release_decides_the_state(state: str, tmp_path: Path) -> None:
    found = asked(fake(tmp_path, RELEASES[state]))
    told = {PRESENT: "0, due 2.0611536", FIXED: "e-09, reported 0", CHANGED: "nan, reported 0, due 2.06"}
    assert found.state == state
    assert told.get(state, "a_module_of_nowhere is not installed") in found.said


def test_what_the_documentation_says_is_no_defect(tmp_path: Path) -> None:
    row = ROW + 'documented = { source = "page", quote = "there is no tail" }\n'
    found = asked(fake(tmp_path, RELEASES[PRESENT], row))
    assert found.state == DOCUMENTED
    assert 'page: "there is no tail"' in found.said


@pytest.mark.parametrize(
    ("body", "state", "said"),
    [
        ("raise ValueError('no tails here')", FIXED, "ValueError: no tails here"),
        ("raise TypeError('no such dtype')", CHANGED, "TypeError: no such dtype"),
        ("raise RuntimeError('needs a GPU')", NOT_APPLICABLE, "needs a GPU"),
        ("raise AttributeError(\"module 'm' has no attribute 'loss'\")", NOT_APPLICABLE, "no attribute"),
        ("import os; os.abort()", CHANGED, "crashed"),
    ],
)
def test_an_error_is_told_from_another(body: str, state: str, said: str, tmp_path: Path) -> None:
    row = ROW.replace('due = { loss = "sigmoid_cross_entropy", at = [[20, 1]] }', 'due = { raises = "no tails" }')
    found = asked(fake(tmp_path, body, row + 'lacks = "needs a GPU"\n'))
    assert found.state == state
    assert said in found.said


def test_a_framework_that_does_not_load_cannot_be_asked(tmp_path: Path) -> None:
    file = fake(tmp_path)
    (tmp_path / "fakeframework.py").unlink()
    found = asked(file)
    assert (found.state, found.said) == (NOT_APPLICABLE, "fakeframework is not installed")


def test_the_command_lists_the_rows_beside_an_adapter_file(tmp_path: Path) -> None:
    done = bce("audit", "--known-defects", "--json", "--adapter", str(fake(tmp_path, RELEASES[PRESENT])))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "bce-conformance/known-defects/1"
    assert found["counts"] == {state: int(state == PRESENT) for state in STATES}
    (check,) = found["checks"]
    assert (check["state"], check["adapter"], check["links"]) == (PRESENT, "fake", ["https://example.org/1"])
    assert check["code"].endswith("print(fakeframework.loss(x, 1.0))\n")


def test_an_adapter_without_known_defects_is_never_green(tmp_path: Path) -> None:
    file = fake(tmp_path, row="")
    done = bce("audit", "--known-defects", "--adapter", str(file))
    assert (done.returncode, done.stdout) == (5, "")
    assert "fake" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[defect]]", "[defect]", "[[defect]]"),
        ("[[defect]]", "[[defect", "mend the TOML"),
        ('id = "fake-1"', 'id = "Fake 1"', "a-z"),
        ('why = "the tail is lost"', "", "'why' is missing"),
        ('why = "the tail is lost"', 'why = ""', "'why' must be a text"),
        ('links = ["https://example.org/1"]', "links = []", "'links' must be"),
        ("https://", "file://", "https://"),
        ('version = "1.0"', 'version = "1.0"\nregion = "zero"', "'region' is not a field"),
        ("print(fakeframework.loss(x, 1.0))", "fakeframework.loss(x, 1.0)", "end with print"),
        ("import numpy\n", "import numpy as\n", "does not compile"),
        ('observed = "0"', 'observed = "zero"', "'zero', which is no number"),
        ('observed = "0"', 'observed = { raises = "(" }', "no regular expression"),
        ('observed = "0"', "", "'observed' is missing"),
        ("sigmoid_cross_entropy", "hinge", "hinge"),
        ("at = [[20, 1]]", "at = [[20, 1]], quantity = 'd_losses'", "'quantity' must be of"),
        ("at = [[20, 1]]", "at = [[20]]", "rows of logit, label"),
        ("at = [[20, 1]]", "at = [[20, 1]], dtype = 'float33'", "binary32"),
        ("at = [[20, 1]]", "at = [[20, 1]], contract = 'clamp(3)'", "clamp(3)"),
        ("at = [[20, 1]]", "at = [[20, 1]], scale = 3", "'scale'"),
        ('why = "the tail', 'impossible = "no"\nwhy = "the tail', "either code"),
        ('why = "the tail', 'documented = "page"\nwhy = "the tail', "a source and a quote"),
    ],
)
def test_a_malformed_row_is_one_sentence(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in ROW
    path = tmp_path / "rows.toml"
    path.write_text(ROW.replace(old, new))
    with pytest.raises(KnownDefectsError) as caught:
        read(path)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value).replace(str(path), "") or "TOML" in words
    assert KnownDefectsError.exit_status == 4


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    file = fake(tmp_path, row=ROW + ROW)
    done = bce("audit", "--known-defects", "--adapter", str(file))
    assert done.returncode == 4
    assert "'fake-1' is there twice" in done.stderr and "Traceback" not in done.stderr


def test_a_script_prints_what_a_program_returns() -> None:
    text = program("import numpy\nx = numpy.ones(2)\nif x[0]:\n    x = x * 2\nprint(x, x.sum())\n")
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    first, second = namespace["program"]()
    assert first.tolist() == [2.0, 2.0] and second == 4.0
    assert "numpy" not in namespace, "nothing happens before the call"


@pytest.mark.parametrize("code", ["x = 1", "print()", "print(1, sep='')", "x.print(1)", "print(1", ""])
def test_what_does_not_end_with_a_print_is_no_script(code: str) -> None:
    with pytest.raises(ScriptError):
        program(code)


def test_a_worker_returns_any_number_of_results_of_any_shape() -> None:
    nothing: dict[str, Any] = {"logit": (), "inputs": (), "arguments": (), "free": True}
    scripts = [
        program("import numpy\nprint(numpy.float32([[1, 2]]), numpy.float32(3), numpy.float64(4))"),
        program("import numpy\nprint(numpy.no_such_function(1))"),
        program("raise ValueError('at once')\nprint(1)"),
    ]
    with Pool(1) as pool:
        fine, lacks, raises = [pool.observe(job(key(), "", script=text, **nothing)) for text in scripts]
    assert [bits.shape for bits in fine.outputs] == [(1, 2), (), ()]
    assert fine.dtypes == ("binary32", "binary32", "binary64")
    assert floats(fine.outputs[0].ravel()) == [1.0, 2.0]
    assert (lacks.status, raises.status) == ("unsupported", "raised")
    assert raises.message == "ValueError: at once"


def test_what_nobody_can_read_is_neither() -> None:
    check = Check(load(adapters_folder())[0], "pytorch")
    for observation in (
        Observation("timed-out", "no answer within 3 s"),
        Observation("ok", outputs=(np.zeros(1, np.uint8),), dtypes=("int8",)),
    ):
        state, said = judged(check, observation)
        assert state == CHANGED
        assert "3 s" in said or "int8" in said


def test_the_table_is_aligned_and_ends_with_counts() -> None:
    present, other = Check(load(adapters_folder())[0], "pytorch"), Check(load(adapters_folder())[-1])
    found = [Checked(present, PRESENT, "nan", "pytorch", "2.13.0"), Checked(other, NOT_APPLICABLE, "gone", "Flux.jl")]
    lines = plain(table(found)).splitlines()
    assert lines[0].index("pytorch 2.13.0") == lines[1].index("Flux.jl")
    assert lines[0].index("https://") == lines[1].index("https://")
    assert lines[0].endswith("  nan") and lines[1].endswith("  gone")
    assert lines[-1] == "2 reports, 2 checks: 1 present, 1 not-applicable"


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("27.6310", 27.63102, True),
        ("27.6310", 27.6312, False),
        ("4.248354255291589e-18", 4.248354255291589e-18, True),
        ("4.248354255291589e-18", 4.2483542552916e-18, False),
        ("0", -0.0, True),
        ("0", 5e-324, False),
        ("-inf", -np.inf, True),
        ("inf", -np.inf, False),
        ("inf", 3e38, False),
        ("nan", np.nan, True),
        ("nan", 0.0, False),
        ("finite", np.inf, False),
        ("1.0", np.inf, False),
    ],
)
def test_a_number_is_compared_by_the_digits_written(text: str, value: float, fits: bool) -> None:
    assert Texts((text,)).fits(Seen((value,), (BINARY32,))) is fits


def test_nothing_printed_fits_nothing() -> None:
    assert not Texts(("*",)).fits(Seen())
    assert not Texts(("1.0", "2.0")).fits(Seen((1.0,), (BINARY32,)))
    assert not Texts(("*",)).fits(Seen(raised="ValueError: x"))
