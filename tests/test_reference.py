"""The reference shows that the limits can be met: everything there is to ask, and no finding."""

import pytest
from audited import audit, cells, flagged

from conformance import losses
from conformance.formats import FORMATS
from conformance.judgement import Result
from conformance.places import adapters_folder


@pytest.fixture(scope="module")
def reference() -> list[Result]:
    return audit(adapters_folder() / "reference.py", "default")


def test_no_cell_has_a_finding(reference: list[Result]) -> None:
    assert flagged(reference) == {}


def test_every_loss_quantity_and_dtype_is_delivered(reference: list[Result]) -> None:
    delivered = {(c.loss, c.quantity, c.dtype) for c in cells(reference) if "unsupported" not in c.verdicts}
    assert delivered == {
        (loss, quantity, dtype)
        for loss in losses.names()
        for quantity in losses.load(loss).QUANTITIES
        for dtype in FORMATS
    }
