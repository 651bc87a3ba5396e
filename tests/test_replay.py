"""A judged case measured once more, and its reproducer in a fresh interpreter."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import ENVIRONMENT, cell

from conformance.cell import Cell
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.replay import details, executed
from conformance.run import Run, RunError
from conformance.session import results
from conformance.subject import Filters, sources, subjects

ADAPTER = """
from conformance.adapter import Adapter, EntryPoint

LOSS = "np.maximum(logit, 0) - logit * label + np.log1p(np.exp(-np.abs(logit)))"
SIGMOID = "1 / (1 + np.exp(-logit))"

class Mine(Adapter):
    name = "mine"
    distributions = ("numpy",)
    imports = "import numpy as np\\nnp.seterr(all='ignore')"
    names = {"binary32": "'float32'"}
    literal = "np.array({values}, {dtype})"
    derivatives = {"reverse": "def {g}({args}):\\n    return {call}, {hand}"}
    entry_points = (
        EntryPoint("np.exp", "sigmoid_cross_entropy", LOSS, hand={"logit": SIGMOID + " - label", "label": "-logit"}),
        EntryPoint("np.log", "sigmoid_cross_entropy", "np.where(np.arange(len(logit)) < 9, " + LOSS + ", 7 * label)"),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

ADAPTERS = [Mine()]
"""


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A textbook loss, and one that is wrong from the tenth element of an array on."""
    path = tmp_path_factory.mktemp("adapters") / "mine.py"
    path.write_text(ADAPTER)
    return str(path)


@pytest.fixture(scope="module")
def run(adapter: str) -> Iterator[Run]:
    found = sources([adapter])
    filters = Filters(tier="quick")
    with Pool(1) as pool:
        cells = [c for r in results(Plan(found, "quick"), subjects(found, filters), pool) for c in r.cells]
    yield Run(cells, environment=ENVIRONMENT, tier="quick")


def pick(run: Run, entry_point: str, quantity: str, region: str, label: str = "hard1") -> Cell:
    wanted = (entry_point, quantity, region, label)
    return next(c for c in run.cells if (c.entry_point, c.quantity, c.region, c.label_class) == wanted)


def execute(script: str, folder: Path) -> list[str]:
    """What a script prints in a fresh interpreter without this project."""
    path = folder / "reproducer.py"
    path.write_text(script)
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    return [item.strip(" '[]\n") for item in done.stdout.split(",")]


@pytest.mark.parametrize("quantity", ["loss", "d_logits"])
def test_the_reproducer_shows_the_witness_by_itself(run: Run, adapter: str, quantity: str, tmp_path: Path) -> None:
    made = pick(run, "np.exp", quantity, "saturated+")
    assert made.worst is not None
    told = details(run, made, [adapter])
    assert told.replayed.endswith("(as in the run), and alone")
    shown = execute(told.reproducer, tmp_path)
    assert [float.fromhex(value) for value in shown] == [float.fromhex(made.worst["got"])]


def test_what_only_a_long_array_shows_is_reproduced_at_that_length(run: Run, adapter: str, tmp_path: Path) -> None:
    made = pick(run, "np.log", "loss", "saturated+")
    assert made.worst is not None and made.worst["got"] == "0x1.cp+2"
    told = details(run, made, [adapter])
    assert "0x1.cp+2 among" in told.replayed and "not alone, but in an array of" in told.replayed
    shown = [float.fromhex(value) for value in execute(told.reproducer, tmp_path)]
    assert made.worst["index"] > 9
    assert shown == [7.0]


def test_says_when_the_run_had_something_else(run: Run, adapter: str) -> None:
    made = pick(run, "np.exp", "loss", "saturated+")
    fields = {name: getattr(made, name) for name in Cell.__slots__}
    told = details(run, Cell(**{**fields, "worst": {**(made.worst or {}), "got": "0x1.8p+1"}}), [adapter])
    assert "(the run had 0x1.8p+1)" in told.replayed
    gone = Cell(**{**fields, "worst": {**(made.worst or {}), "case": "a case of long ago"}})
    assert details(run, gone, [adapter]).replayed == "the case is not among this release's cases"


def test_says_when_another_release_was_measured(run: Run, adapter: str) -> None:
    made = pick(run, "np.exp", "loss", "saturated+")
    record = {"name": "mine", "versions": {"numpy": "1.0"}, "python": "3.6.0", "status": "ok", "reason": ""}
    told = details(Run([made], adapters=[record], environment=ENVIRONMENT, tier="quick"), made, [adapter])
    assert told.replayed.endswith(f"; by numpy {np.__version__}, not numpy 1.0: give its interpreter with --python")
    same = Run([made], adapters=[{**record, "versions": {"numpy": np.__version__}}], environment=ENVIRONMENT)
    assert "--python" not in details(same, made, [adapter]).replayed


def test_another_interpreter_is_asked(run: Run, adapter: str) -> None:
    made = pick(run, "np.exp", "loss", "saturated+")
    told = details(run, made, [adapter], python="/no/such/python")
    assert told.replayed.startswith("unsupported: /no/such/python does not start") and told.reproducer == ""


def test_without_measuring_there_are_still_contract_and_derivation(run: Run, adapter: str) -> None:
    made = pick(run, "np.exp", "loss", "saturated+")
    told = details(run, made, [adapter], measure=False)
    assert (told.replayed, told.reproducer) == ("", "")
    assert "one function" in told.derivation
    assert told.contract


def test_a_crash_is_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(ADAPTER.replace("7 * label", "__import__('os').abort()"))
    told = details(run, pick(run, "np.log", "loss", "saturated+"), [str(path)])
    assert told.replayed.startswith("crashed: ") and told.reproducer == ""


OTHERWISE = [{}, {"code": "{'x': logit * label}['x']", "steps": ()}, {"script": "program = max"}]


@pytest.mark.parametrize("changed", OTHERWISE)
def test_what_a_worker_executed_is_known_without_it(changed: dict[str, Any], adapter: str) -> None:
    """One that dies over a job does not say it any more."""
    plan = Plan(sources([adapter]))
    subject = next(iter(subjects(sources([adapter]), Filters())))
    job = replace(plan.job(subject, "d_logits"), **changed)
    with Pool(1) as pool:
        said = pool.observe(job).text
    assert said == executed(plan.sources[subject.adapter].adapter, job)


def test_an_adapter_that_is_not_here_is_one_sentence(run: Run) -> None:
    with pytest.raises(RunError, match=r"No adapter here has mine/np.exp/.*: give its file with --adapter, or"):
        details(run, pick(run, "np.exp", "loss", "saturated+"))


def test_the_documented_sentences_are_quoted() -> None:
    found = next(s for s in sources() if s.adapter.name == "pytorch")
    filters = Filters(adapters=("pytorch",), entry_points=("BCELoss",), modes=("eager",), dtypes=("binary32",))
    subject = subjects([found], filters)[0]
    fields = ("adapter", "entry_point", "config", "mode", "dtype", "device")
    made = cell(**{name: getattr(subject, name) for name in fields if name != "config"}, config={"reduction": "none"})
    told = details(Run([made]), made, measure=False)
    assert "(documented: https://" in told.contract


def test_a_trial_that_is_no_longer_asked_is_not_taken_for_a_case(adapter: str, run: Run) -> None:
    made = next(c for c in run.cells if c.worst is not None)
    trial = replace(made, region="layout-of-old", label_class="invariants", id=f"{made.test}/layout-of-old/invariants")
    shown = details(replace(run, cells=(trial,), findings=()), trial, [adapter])
    assert shown.replayed == "the trial is not among this release's trials" and shown.reproducer == ""
