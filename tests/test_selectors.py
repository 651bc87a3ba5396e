"""Selectors of many causes at once say what each cause says by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from handmade import cell, lost, not_a_number

from conformance.cell import Cell
from conformance.expectations import load
from conformance.places import adapters_folder
from conformance.recorded import Line
from conformance.selectors import Selectors

KNOWN = load(adapters_folder())


def of_line(line: Line) -> Cell:
    """A cell with the key that a recorded line names."""
    adapter, entry_point, _, mode, dtype, device, quantity, region, label = line.cell.split("/")
    name = adapter.replace("-", "[", 1) + "]" if "-" in adapter else adapter
    made = replace(cell(), id=line.cell, adapter=name, entry_point=entry_point, mode=mode, dtype=dtype, device=device)
    return replace(made, quantity=quantity, region=region, label_class=label)


def test_all_selectors_at_once_are_each_by_itself() -> None:
    made = [of_line(line) for line in islice(KNOWN.all_lines(), 0, None, 97)]
    selectors = Selectors(KNOWN.causes.values())
    found = 0
    for one in [*made, lost(), not_a_number(), *made[:3]]:
        alone = [cause.id for cause in KNOWN.causes.values() if cause.selects(one)]
        assert [cause.id for cause in selectors.of(one)] == alone
        found += bool(alone)
    assert found > len(made) / 2 > 20
