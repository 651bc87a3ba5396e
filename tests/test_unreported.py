"""What no known defect reports: by cause, and of each the finding that most people would meet."""

import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from audited import audit, cells
from handmade import ENVIRONMENT, lost, make_run, not_a_number

from conformance.commands.unreported import printed, reproduced
from conformance.expectations import Expectations, assess, load
from conformance.known_defects.records import Defect
from conformance.known_defects.records import load as load_defects
from conformance.places import adapters_folder
from conformance.run import Run
from conformance.unreported import Unreported, unreported

CAUSES = """
[[cause]]
id = "cancels"
versions = { torch = "==2.13.*" }
verdicts = ["lost"]
cap = "2^24"
why = "The gradient is sigmoid(x) - y, which cancels near y = 1."
link = "https://github.com/pytorch/pytorch"
selectors = { entry_point = "torch.nn.*" }

[[cause]]
id = "zero-times-infinity"
versions = { torch = "==2.13.*" }
verdicts = ["wrong-class"]
why = "0 times infinity."
link = "https://github.com/pytorch/pytorch"
selectors = { entry_point = "torch.nn.*" }
"""

RUN = make_run(lost(dtype="binary64"), lost(mode="vmap"), lost(), not_a_number(), lost(entry_point="torch.other"))
DEFECT = load_defects(adapters_folder())[0]


@pytest.fixture
def known(tmp_path: Path) -> Expectations:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "pytorch.toml").write_text(CAUSES)
    return load(tmp_path)


def found(known: Expectations, *defects: Defect) -> list[Unreported]:
    return list(unreported(RUN, assess(RUN, known), known, defects))


def test_each_cause_is_shown_by_its_most_usual_finding(known: Expectations) -> None:
    first, second = found(known)
    assert (first.cause.id, first.count, first.shown) == ("zero-times-infinity", 1, not_a_number())
    assert (second.cause.id, second.count, second.shown) == ("cancels", 3, lost())


def test_a_cause_with_a_reported_cell_is_left_out(known: Expectations) -> None:
    reported = replace(DEFECT, caught=("pytorch/*/vmap/*/d_logits/*",))
    assert [one.cause.id for one in found(known, reported)] == ["zero-times-infinity"]
    elsewhere = replace(DEFECT, caught=("pytorch/torch.other/*",))
    assert len(found(known, elsewhere)) == 2


def test_what_a_script_prints_or_why_it_fails_or_what_ended_it() -> None:
    assert printed("print(1); print(2)") == ["1", "2"]
    assert printed("raise ValueError('no')") == ["ValueError: no"]
    assert printed("import os; os.abort()") == [f"ended by signal {signal.SIGABRT:d}"]


def test_reproducers_come_in_order_each_with_what_it_printed(known: Expectations) -> None:
    every = cells(audit(adapters_folder() / "textbook.py", adapters=("textbook",), dtypes=("binary32",)))
    some = [cell for cell in every if cell.finding == "lost" and cell.worst is not None][:3]
    kept = [Unreported(known.causes["cancels"], cell, 1) for cell in some]
    shown = list(reproduced(Run(some, environment=ENVIRONMENT, tier="quick"), kept))
    assert [one for one, _ in shown] == kept and len(kept) == 3
    for one, lines in shown:
        assert one.shown.worst is not None
        got = float.fromhex(one.shown.worst["got"])
        said = [float.fromhex(word) for word in re.findall(r"-?0x[0-9a-f.]+p[-+][0-9]+", lines[-2])]
        assert lines[-2].startswith("# ") and said == [got]
