"""Laws of a comparison, of any two runs: the same, mirrored, and each cell once."""

from __future__ import annotations

import json

from handmade import ELSEWHERE, ENVIRONMENT, WITNESS, cell, make_run
from hypothesis import given
from hypothesis import strategies as st

from conformance.cell import Cell
from conformance.compare.comparison import KINDS, compare
from conformance.run import Run
from conformance.verdicts import VERDICTS

verdicts = st.dictionaries(st.sampled_from(VERDICTS), st.integers(1, 5), min_size=1, max_size=3)
witnesses = st.none() | st.fixed_dictionaries(
    {
        "case": st.sampled_from(["a", "b"]),
        "verdict": st.sampled_from(VERDICTS),
        "got": st.sampled_from(["nan", "0x1p+0", "inf"]),
        "ulp": st.none() | st.floats(0, 1e300),
    }
).map(lambda changes: {**WITNESS, **changes})


@st.composite
def cells_of(draw: st.DrawFn) -> Cell:
    counts = draw(verdicts)
    mode, region = draw(st.sampled_from(["eager", "jit"])), draw(st.sampled_from(["zero", "tail"]))
    return cell(
        mode=mode,
        region=region,
        verdicts=counts,
        cases=sum(counts.values()),
        max_ulp=draw(st.none() | st.floats(0, 1e300)),
        worst=draw(witnesses),
        bits_digest=draw(st.sampled_from(["", "0" * 16, "1" * 16])),
    )


runs = st.builds(
    lambda cells, environment: make_run(*{one.id: one for one in cells}.values(), environment=environment),
    st.lists(cells_of(), max_size=4),
    st.sampled_from([ENVIRONMENT, ELSEWHERE]),
)
MIRRORED = {"new": "fixed", "worse": "better", "appeared": "vanished"}
MIRRORED |= {there: here for here, there in MIRRORED.items()}


@given(runs)
def test_a_run_is_the_same_as_itself(run: Run) -> None:
    comparison = compare(run, run)
    assert not comparison.differences
    assert {change.kind for change in comparison.changes} <= {"same"}
    assert comparison.common == len(run.cells)


@given(runs, runs)
def test_the_other_way_round_everything_is_mirrored(before: Run, after: Run) -> None:
    there, back = compare(before, after), compare(after, before)
    mirrored = {change.id: MIRRORED.get(change.kind, change.kind) for change in back.changes}
    assert {change.id: change.kind for change in there.changes} == mirrored
    assert [d.name for d in there.differences] == [d.name for d in back.differences]


@given(runs, runs)
def test_every_cell_of_either_run_has_one_change(before: Run, after: Run) -> None:
    comparison = compare(before, after)
    ids = [change.id for change in comparison.changes]
    assert sorted(ids) == sorted({one.id for one in (*before.cells, *after.cells)})
    assert sum(comparison.counts.values()) == len(ids)
    order = [KINDS.index(change.kind) for change in comparison.changes]
    assert order == sorted(order)
    json.dumps(comparison.counts)
