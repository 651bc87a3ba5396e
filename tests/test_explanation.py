"""`explain`: all that is known of a cell, and the cell that words name."""

from pathlib import Path

import pytest
from handmade import CAUSE, PYTORCH, cell, lost, make_run, not_a_number

from conformance.commands import explain
from conformance.report.explanation import Details, explanation
from conformance.report.figures import WIDTH
from conformance.run import RunError


def test_an_explanation_holds_everything() -> None:
    details = Details(
        contract="each log is clamped",
        derivation="4 + 4\n+ 0.5\n\nrounded up",
        reproducer="import torch\nprint(1)\n",
        replayed="the same bits",
    )
    made = lost(max_ulp_contract=3.0, zero_signs=1, message="a message")
    shown = explanation(made, make_run(made), details, (CAUSE,))
    lines = shown.splitlines()
    assert lines[0] == made.id
    for line in (
        "case        x=-88.5,y=1 (number 417)",
        "logit       -0x1.62p+6 = -88.5",
        "label       0x1p+0 = 1.0",
        "got         0x0p+0 = 0.0",
        "exact       3.6725362900000000000e-39",
        "error       lost, 2.6e6 ULP of the scale, 2.6e6 ULP of the exact value",
        "limit       12.5 ULP of the scale",
        "            4 + 4 + 0.5",
        "            rounded up",
        "contract    each log is clamped",
        "cell        321 cases: 300 correctly-rounded, 21 lost",
        "            worst 2.6e6 ULP of the scale, 2.6e6 ULP of the exact value, 3 ULP against the contract",
        "            1 zero with the other sign",
        "message     a message",
        "replayed    the same bits",
        "measured    torch 2.13.0+cpu, Python 3.11.7, A CPU (x86_64-avx512)",
        "            https://example.org/source",
    ):
        assert line in lines
    assert "cause       sigmoid-minus-label: The gradient" in shown
    assert shown.endswith("\nimport torch\nprint(1)\n")
    assert max(map(len, lines[1:])) <= WIDTH


def test_an_explanation_of_what_has_no_figure_says_so() -> None:
    nan = not_a_number()
    shown = explanation(nan, make_run(nan), reason="no cause covers it")
    assert "got         nan\n" in shown and "error       wrong-class, no figure" in shown
    assert "cause       none recorded: no cause covers it" in shown
    crashed = cell(verdicts={"crashed": 1}, limit=None, max_ulp=None, max_ulp_relative=None, message="SIGSEGV")
    shown = explanation(crashed, make_run(crashed))
    assert "message     SIGSEGV" in shown and "limit" not in shown
    assert "cause" not in explanation(cell(), make_run(cell()))


def test_a_cell_is_found_by_number_id_or_part() -> None:
    run = make_run(cell(), lost(mode="vmap"), not_a_number(mode="graph"))
    assert explain.find(run, "1").finding == "wrong-class"
    assert explain.find(run, "2") == lost(mode="vmap")
    assert explain.find(run, cell().id) == cell()
    assert explain.find(run, "/vmap/") == lost(mode="vmap")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("3", "has 2 findings, so there is no number 3"),
        ("0", "there is no number 0"),
        ("pytorch", "fits 3 cells, pytorch/.* among them: give more"),
        ("jax", "No cell of the run has 'jax'"),
    ],
)
def test_a_cell_that_is_not_there_is_one_sentence(words: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        explain.find(make_run(cell(), lost(mode="vmap"), not_a_number(mode="graph")), words)


def test_an_explanation_is_held_against_the_expectations_beside_an_adapter(tmp_path: Path) -> None:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "mine.toml").write_text(
        '[[cause]]\nid = "mine"\nversions = {torch = ">=2"}\nverdicts = ["lost"]\ncap = 1e9\nwhy = "Because."\n'
        'link = "https://example.org"\nselectors = {adapter = "mine"}\n'
    )
    made = lost(adapter="mine")
    run = make_run(made, adapters=[{**PYTORCH, "name": "mine"}], environment={"platform": "nowhere-none"})
    assert "cause       mine: Because." in explain.tell(run, made, [str(tmp_path / "mine.py")], Details)
    assert "none recorded: no cause covers it" in explain.tell(run, made, [], Details)
