"""The reference shows that the limits can be met: everything there is to ask, and no finding."""

import pytest
from audited import audit, cells, flagged

from conformance import losses
from conformance.adapter_file import load_adapters
from conformance.formats import FORMATS
from conformance.judgement import Result
from conformance.places import adapters_folder
from conformance.quantities import plain
from conformance.subject import FURTHER_DTYPE, varies


@pytest.fixture(scope="module")
def reference() -> list[Result]:
    return audit(adapters_folder() / "reference.py", "full", dtypes=tuple(FORMATS))


def test_no_cell_has_a_finding(reference: list[Result]) -> None:
    assert flagged(reference) == {}


REFERENCE = load_adapters(str(adapters_folder() / "reference.py"))[0]
ENTRY_POINTS = REFERENCE.entry_points


def test_every_loss_with_limits_has_a_reference() -> None:
    assert sorted(e.loss for e in ENTRY_POINTS) == sorted(losses.names())


def test_every_loss_quantity_and_dtype_is_delivered(reference: list[Result]) -> None:
    delivered = {(c.loss, c.quantity, c.dtype) for c in cells(reference) if "unsupported" not in c.verdicts}
    assert delivered == {
        (e.loss, quantity, dtype)
        for e in ENTRY_POINTS
        for quantity in losses.load(e.loss).QUANTITIES
        for dtype in FORMATS
        if dtype in e.dtypes
        if quantity in plain(losses.load(e.loss).QUANTITIES)
        or e.tier == "quick"
        or (dtype == FURTHER_DTYPE and not varies(REFERENCE, e))
    }
