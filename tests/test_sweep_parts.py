"""Parts of a sweep add up in any order, and travel as JSON without a bit lost."""

import json
from operator import attrgetter

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.summary import Tally
from conformance.sweep.part import Part, from_json, join, joined, ticket, to_json, unticket
from conformance.sweep.stretch import Stretch

PATTERN = st.integers(0, (1 << 64) - 1)
FIGURE = st.one_of(st.none(), st.floats(0, 1e300))
KEY = st.tuples(
    st.integers(0, 22).map(float),
    st.floats(-1e300, 1.0) | st.just(float("-inf")),
    st.floats(-1e300, 1.0),
    st.builds(ticket, PATTERN, PATTERN, PATTERN),
)
TALLY = st.builds(
    Tally,
    st.dictionaries(st.sampled_from(["faithful", "lost", "beyond-limit"]), st.integers(1, 1 << 40)),
    FIGURE,
    FIGURE,
    FIGURE,
    st.none() | KEY,
    st.integers(0, 9),
)
NAMES = st.sampled_from(["loss/tiny/hard0", "loss/nan/soft", "d_logits/tiny/hard1"])
COUNTS = st.dictionaries(
    st.sampled_from(["+2^0", "-2^3"]),
    st.dictionaries(st.integers(0, 6000).map(str), st.integers(1, 9), max_size=3),
    max_size=2,
)
STRETCH = st.builds(
    Stretch,
    st.sampled_from(["loss", "d_logits"]),
    PATTERN,
    PATTERN,
    PATTERN,
    st.just("0f"),
    st.tuples(PATTERN, PATTERN),
)
FACTS = st.dictionaries(st.sampled_from(["loss/hard0", "loss/soft"]), st.integers(0, 9), max_size=2)
PART = st.builds(
    Part,
    st.dictionaries(NAMES, TALLY, max_size=2),
    st.dictionaries(st.sampled_from(["loss/hard0", "loss/soft"]), COUNTS, max_size=2),
    FACTS,
    FACTS,
    st.lists(STRETCH, max_size=2, unique_by=lambda s: (s.quantity, s.label, s.first)).map(tuple),
    FACTS,
    st.integers(0, 9),
)


@given(PART, PART, PART)
@settings(max_examples=60, deadline=None)
def test_the_sum_does_not_depend_on_the_order(a: Part, b: Part, c: Part) -> None:
    one, other = join(join(a, b), c), join(c, join(b, a))
    facts = attrgetter("cells", "disorder", "asymmetry", "nans", "certified")
    assert facts(one) == facts(other)
    assert json.dumps(one.histograms) == json.dumps(other.histograms)  # the order of the keys too
    assert joined([a, b, c]) == one and join(Part(), one) == one


@given(PART)
@settings(max_examples=60, deadline=None)
def test_a_part_travels_as_json(part: Part) -> None:
    whole = join(Part(), part)
    assert from_json(json.loads(json.dumps(to_json(whole), allow_nan=False))) == whole


@given(PATTERN, PATTERN, PATTERN)
def test_a_ticket_holds_three_patterns_and_the_input_decides_first(label: int, pattern: int, got: int) -> None:
    assert unticket(ticket(label, pattern, got)) == (label, pattern, got)
    assert pattern == 0 or ticket(label, pattern - 1, (1 << 64) - 1) < ticket(label, pattern, 0)
