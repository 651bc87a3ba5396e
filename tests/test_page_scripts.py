"""The scripts of a page: short, plain, and those of examinations where they can be shown."""

from __future__ import annotations

from handmade import make_run
from unpacked import unpacked

from conformance import examinations
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.report.page.payload import Told, payload
from conformance.report.page.scripts import CLOSE, FEW, LONGEST, OPEN, of_examinations, shortened, template
from conformance.subject import Subject, sources


def test_scripts_of_the_frameworks_have_ten_lines_or_fewer() -> None:
    """Of the loss and its first derivatives, in every mode: what a default audit measures."""
    plan = Plan(sources(), "quick")
    seen = 0
    for name in ("pytorch", "tensorflow", "keras[jax]", "keras[torch]", "keras[tensorflow]", "jax"):
        adapter = plan.sources[name].adapter
        for entry in (e for e in adapter.entry_points if e.tier == "quick"):
            for mode in entry.modes or tuple(adapter.modes):
                subject = Subject(name, entry.path, entry.key, mode, "binary32")
                for quantity in plan.quantities(subject):
                    script = template(plan, subject, quantity)
                    assert OPEN in script
                    assert CLOSE in script
                    compile(script.replace(OPEN, "").replace(CLOSE, ""), "script", "exec")
                    assert len(script.splitlines()) <= FEW
                    seen += 1
    assert seen > 100


def test_a_long_script_is_joined_at_its_head_and_at_its_inputs() -> None:
    lines = ["import a; a.b()", "import c", *"defghij", f"x = {OPEN}x{CLOSE}", f"y = {OPEN}y{CLOSE}", "print(x, y)"]
    found = shortened(lines)
    assert found == ["import a; a.b(); import c", *"defghij", f"x = {OPEN}x{CLOSE}; y = {OPEN}y{CLOSE}", "print(x, y)"]
    assert shortened(lines[:9]) == lines[:9]


def test_a_short_trial_of_an_examination_has_its_script() -> None:
    plan = Plan(sources([str(adapters_folder() / "pytorch.py")]), "full")
    entry = next(e for e in plan.sources["pytorch"].adapter.entry_points if e.path.endswith("with_logits"))
    subject = Subject("pytorch", entry.path, entry.key, "eager", "binary32")
    trials = list(examinations.load("behaviour").trials(plan, [subject]))
    worst = examinations.witness("a case", "raised", "none", "raised")
    cells = [examinations.cell_of(trial, entry.loss, "raised", worst=worst) for trial in trials]
    scripts = of_examinations(plan, cells)
    assert len(scripts) > len(cells) / 2
    for script in scripts.values():
        compile(script, "script", "exec")
        assert len(script.splitlines()) <= LONGEST
    assert any(entry.path in script for script in scripts.values())
    head, _ = unpacked(payload(Told(make_run(*cells), plan)))
    assert set(head["exams"].values()) == set(scripts.values())
