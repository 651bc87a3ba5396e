"""``conformance.toml``: what its axes come to, and what is said of a mistake."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compare.matrix_file import Column, MatrixError, before, named, read


def names(text: str) -> list[str]:
    return [column.name for column in read(text)]


def test_the_axes_are_multiplied_the_last_first() -> None:
    text = """
    [matrix.req]
    torch = ["2.9.1", "2.13.0"]
    [matrix.env]
    OMP_NUM_THREADS = ["1", "2"]
    """
    assert names(text) == [
        "torch==2.9.1 OMP_NUM_THREADS=1",
        "torch==2.9.1 OMP_NUM_THREADS=2",
        "torch==2.13.0 OMP_NUM_THREADS=1",
        "torch==2.13.0 OMP_NUM_THREADS=2",
    ]


def test_variables_alone_need_no_environment() -> None:
    first, second = read('[matrix.env]\nXLA_FLAGS = ["", "--xla_cpu_enable_fast_math=true"]')
    assert first.side.requirements == () and first.side.python == ""
    assert second.side.environ == (("XLA_FLAGS", "--xla_cpu_enable_fast_math=true"),)
    assert (first.name, second.name) == ("XLA_FLAGS=", "XLA_FLAGS=--xla_cpu_enable_fast_math=true")


def test_a_version_is_one_or_a_specifier_or_the_newest() -> None:
    (column,) = read('[matrix.req]\ntorch = "2.9.1"\nnumpy = "<2"\noptax = ""')
    assert column.requirements == ("torch==2.9.1", "numpy<2", "optax")
    assert column.side.requirements == column.requirements


def test_interpreters_are_an_axis() -> None:
    text = 'python = ["3.11", "/opt/python3.8/bin/python"]\n[matrix.req]\ntorch = ["1.8.1"]'
    assert names(text) == ["torch==1.8.1 python3.11", "torch==1.8.1 /opt/python3.8/bin/python"]
    assert [column.side.python for column in read(text)] == ["3.11", "/opt/python3.8/bin/python"]
    assert names('python = ["/opt/conda/bin/python"]') == ["/opt/conda/bin/python"]


def test_combinations_are_left_out_and_added() -> None:
    text = """
    [matrix.req]
    torch = ["2.8.0", "2.9.0", "2.9.1"]
    [matrix.env]
    ONE = ["a", "b"]
    [[exclude]]
    req = {Torch = "2.9.*"}
    env = {ONE = "b"}
    [[include]]
    python = "3.8"
    req = {torch = "1.8.1"}
    """
    assert names(text) == [
        "torch==2.8.0 ONE=a",
        "torch==2.8.0 ONE=b",
        "torch==2.9.0 ONE=a",
        "torch==2.9.1 ONE=a",
        "torch==1.8.1 python3.8",
    ]
    assert names('[[include]]\nreq = {torch = "1.8.1"}\n[[include]]\nreq = {torch = "1.8.1"}') == ["torch==1.8.1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "leaves no column"),
        ('[matrix.req]\ntorch = ["2"]\n[[exclude]]\nreq = {torch = "*"}', "leaves no column"),
        ("[matrix", "is not TOML"),
        ('[matrices.req]\ntorch = ["2"]', "'matrices' is not a part of the file: known are python, matrix"),
        ('[matrix.reqs]\ntorch = ["2"]', "'reqs' is not a part of [matrix]: known are req, env"),
        ("matrix = 3", "'matrix' must be the tables"),
        ("[matrix]\nreq = 3", "[matrix.req] must be a table"),
        ("[matrix.req]\ntorch = 2.9", "matrix.req.torch must be a list of texts"),
        ("[matrix.req]\ntorch = [2.9]", "matrix.req.torch must be a list of texts"),
        ("[matrix.req]\ntorch = []", "matrix.req.torch must be a list of texts"),
        ('[matrix.req]\ntorch = ["two"]', "torch = 'two' is no requirement"),
        ('[matrix.req]\n"a b" = ["2"]', "a b = '2' is no requirement"),
        ('[matrix.req]\ntorch = ["2"]\nTorch = ["3"]', "Torch is there twice"),
        ('[matrix.env]\n"A=B" = ["2"]', "'A=B' is no name of an environment variable"),
        ("python = 3.11", "python must be a list of texts"),
        ('python = ["3.11"]', "python = '3.11' alone is no environment"),
        ('[include]\nreq = {torch = "2"}', "write each include under [[include]]"),
        ("[[include]]\n", "write each include under [[include]], with"),
        ('[[include]]\nreqs = {torch = "2"}', "'reqs' is not a part of [[include]]"),
        ('[[exclude]]\nreq = {torch = ["2"]}', "[[exclude]] takes one text for each name"),
        ('[[exclude]]\nreq = "torch"', "[[exclude]] takes one text for each name"),
        ('[matrix.req]\ntorch = ["2"]\n[[exclude]]\nreq = {jax = "*"}', "speaks of 'jax', which is no axis"),
        ('[matrix.env]\nONE = ["2"]\n[[exclude]]\nenv = {one = "*"}', "speaks of 'one', which is no axis"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_file(text: str, words: str) -> None:
    with pytest.raises(MatrixError) as caught:
        read(text, "mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml") and words in message and "\n" not in message
    assert caught.value.exit_status == 4


def test_each_column_is_compared_with_the_nearest_before_it() -> None:
    text = '[matrix.req]\ntorch = ["1", "2", "3"]\n[matrix.env]\nONE = ["a", "b"]'
    columns = read(text)            # 1a 1b 2a 2b 3a 3b
    everything = range(len(columns))
    assert [before(columns, index, everything) for index in everything] == [None, 0, 0, 2, 2, 4]
    assert [before(columns, index, [0, 1, 3]) for index in everything] == [None, 0, 0, 1, 0, 3]
    plain = read('[matrix.req]\ntorch = ["1", "2", "3"]')
    assert [before(plain, index, range(3)) for index in range(3)] == [None, 0, 1]


def test_what_has_nothing_installed_in_common_is_not_compared() -> None:
    rows = ('torch = "1"', 'tensorflow = "2"', 'torch = "2"', 'keras = "3", tensorflow = "2"')
    columns = read("".join(f"[[include]]\nreq = {{{row}}}\n" for row in rows))
    assert [before(columns, index, range(4)) for index in range(4)] == [None, None, 0, 1]


def test_a_baseline_is_named_in_full_or_in_part() -> None:
    columns = read('[matrix.req]\ntorch = ["1", "2"]\n[matrix.env]\nONE = ["a", "b"]')
    assert named(columns, "torch==2 ONE=a") == named(columns, "ONE=a torch==2") == 2
    with pytest.raises(MatrixError, match="--baseline ONE=a fits 2 columns: give one of torch==1 ONE=a; "):
        named(columns, "ONE=a")
    with pytest.raises(MatrixError, match="--baseline torch==3 fits no columns"):
        named(columns, "torch==3")


versions = st.lists(st.sampled_from(["1", "2", "3.0", ">=4"]), min_size=1, max_size=3, unique=True)


@given(st.dictionaries(st.sampled_from(["torch", "jax", "numpy"]), versions, min_size=1))
def test_every_combination_is_there_once(table: dict[str, list[str]]) -> None:
    text = "[matrix.req]\n" + "\n".join(f"{name} = {list(values)!r}" for name, values in table.items())
    columns = read(text)
    expected = [Column(tuple(zip(table, chosen, strict=True))) for chosen in itertools.product(*table.values())]
    assert list(columns) == expected
