"""Correctly rounded goldens, played back through a worker, files and the judge."""

from pathlib import Path

import pytest
from audited import audit, cells, flagged
from playback import SOME, record

from conformance import losses
from conformance.formats import FORMATS
from conformance.judgement import Result
from conformance.quantities import plain
from conformance.subject import FURTHER_DTYPE


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    folder: Path = tmp_path_factory.mktemp("perfect")
    return audit(record(folder, "default"), "default")


def test_no_cell_has_a_finding(perfect: list[Result]) -> None:
    assert flagged(perfect) == {}


def test_every_verdict_is_correctly_rounded(perfect: list[Result]) -> None:
    """Or mathematics defines no value, as for a softmax of two infinite logits."""
    given = {verdict for cell in cells(perfect) for verdict in cell.verdicts}
    assert given == {"correctly-rounded", "no-golden"}


def test_no_error_exceeds_the_half_ulp_of_one_rounding(perfect: list[Result]) -> None:
    """In units of the scale, which is never below the value; at a power of two the finer ulp is half of the coarser."""
    assert max(cell.max_ulp for cell in cells(perfect) if cell.max_ulp is not None) <= 1
    assert all(cell.zero_signs == 0 for cell in cells(perfect))


def test_every_loss_quantity_and_dtype_is_delivered(perfect: list[Result]) -> None:
    assert {(cell.loss, cell.quantity, cell.dtype) for cell in cells(perfect)} == {
        (loss, quantity, dtype)
        for loss in SOME
        for quantity in losses.load(loss).QUANTITIES
        for dtype in FORMATS
        if quantity in plain(losses.load(loss).QUANTITIES) or dtype == FURTHER_DTYPE
    }
