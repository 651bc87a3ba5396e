"""The boundary: programs as text, and what an adapter file must be."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from workbench import ARITHMETIC, FAULTY

from conformance.adapter import Adapter, EntryPoint, Unsupported, canonical, entry_point
from conformance.adapter_file import AdapterError, load_adapters

LOGIT = (("reverse", "logit"),)


class Tape(Adapter):
    """An adapter of text alone."""

    name = "tape"
    imports = "import tape"
    literal = "tape.array({values})"
    modes: Mapping[str, str] = {"eager": "{f}", "compiled": "tape.compile({f})"}
    derivatives: Mapping[str, str] = {"reverse": "def {g}({args}):\n    return {call}, tape.slope({x}, again={inner})"}
    entry_points = (EntryPoint("tape.loss", "loss", "tape.loss(logit, {config})", config={"b": None, "a": 0.5}),)

    def make(self, bits: np.ndarray, dtype: str) -> np.ndarray:
        return bits


def program(steps: tuple[tuple[str, str], ...], mode: str, wraps: str = "program") -> list[str]:
    tape = Tape()
    tape.mode_wraps = wraps
    return tape.program(tape.entry_points[0], ("logit", "label"), steps, mode).splitlines()


def test_a_loss_is_one_line() -> None:
    assert program((), "eager") == ["import tape", "program = lambda logit, label: tape.loss(logit, a=0.5, b=None)"]


def test_a_mode_wraps_the_program_or_the_loss() -> None:
    loss = "f = lambda logit, label: tape.loss(logit, a=0.5, b=None)"
    slope = "    return f(logit, label), tape.slope(logit, again=False)"
    assert program(LOGIT, "compiled") == [
        "import tape", loss, "def d1(logit, label):", slope, "program = tape.compile(d1)",
    ]  # fmt: skip
    assert program(LOGIT, "compiled", wraps="loss") == [
        "import tape", loss, "f = tape.compile(f)", "def program(logit, label):", slope,
    ]  # fmt: skip
    assert program((), "compiled", wraps="loss")[-1] == "program = tape.compile(program)"


def test_only_inner_steps_are_differentiated_again() -> None:
    lines = program(LOGIT * 2, "eager")
    assert lines[-3] == "    return f(logit, label), tape.slope(logit, again=True)"
    assert lines[-1] == "    return d1(logit, label)[1], tape.slope(logit, again=False)"


def test_what_the_adapter_lacks_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="no mode 'graph'"):
        program((), "graph")
    with pytest.raises(Unsupported, match="no forward-mode derivatives"):
        program((("forward", "logit"),), "eager")


def test_a_derivative_that_is_not_stated_is_unsupported() -> None:
    adapter = load_adapters(str(ARITHMETIC))[0]
    with pytest.raises(Unsupported, match=r"numpy\.multiply states no derivative by logit"):
        adapter.program(adapter.entry_points[1], ("logit", "label"), LOGIT, "eager")


def test_a_key_is_canonical() -> None:
    adapter = load_adapters(str(ARITHMETIC))[0]
    key = canonical({"weight": 2.0, "axis": None})
    assert key == canonical({"axis": None, "weight": 2.0}) == '{"axis": null, "weight": 2.0}'
    assert entry_point(adapter, "numpy.multiply", key) is adapter.entry_points[1]
    assert entry_point(adapter, "numpy.multiply", "{}") is None


def test_reads_bits_and_the_real_dtype() -> None:
    bits, dtype = Tape().read(np.asarray([[1.0, -0.0]], np.float16).T)
    assert (bits.tolist(), bits.dtype.name, dtype) == ([[0x3C00], [0x8000]], "uint16", "binary16")
    assert Tape().read(np.asarray([True]))[1] == "bool"
    assert Tape().read(np.asarray([1j]))[1] == "complex128"
    assert Tape().read(2.0)[0].shape == ()


ENTRY = 'EntryPoint("numpy.add", "sum", "logit + label")'
FILE = """
from conformance.adapter import Adapter, EntryPoint
class Mine(Adapter):
    name, literal = "mine", "numpy.array({{values}})"
    entry_points = ({entry},)
    {line}
    def make(self, bits, dtype):
        return bits
ADAPTERS = [Mine()]
"""


def test_a_sound_file_loads(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FILE.format(entry=ENTRY, line=""))
    assert [adapter.name for adapter in load_adapters(str(file))] == ["mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.py"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("name = 'Mine!'", "name must be"),
        ("name = 3", "name must be a string"),
        ("names = {'float32': 'f4'}", "unknown dtype 'float32'"),
        ("modes = {'eager': 'compile'}", "must be an expression over {f}"),
        ("modes = {}", "modes is empty"),
        ("modes = {'jit of vmap': '{f}'}", "mode 'jit of vmap'"),
        ("slow_modes = ('compiled',)", "slow_modes must be some of modes"),
        ("mode_wraps = 'all'", "mode_wraps must be one of program, loss"),
        ("derivatives = {'backward': 'def {g}({args}): pass'}", "unknown kind 'backward'"),
        ("derivatives = {'reverse': 'lambda: 0'}", "must begin with def"),
        ("literal = 'zeros(3)'", "literal must hold {values}"),
        ("unsupported = '('", "does not compile"),
        ("since = {'(': '1.0'}", "does not compile"),
        ("since = {'jit': 2.0}", "since must be a dictionary of strings"),
        ("since = {'jit': 'soon'}", "since 'soon' must be a release"),
        ("since = {'jit': 'numpy 1.0'}", "since 'numpy 1.0' names what is not among distributions"),
        ("imports = 'import'", "does not compile"),
        ("entry_points = ()", "entry_points is empty"),
        ("entry_points = ('numpy.add',)", "must hold EntryPoint records"),
        (f"entry_points = ({ENTRY}, {ENTRY})", "share a path and a config"),
        ("def environ(self, dtype, device): return {'THREADS': 2}", "dictionary of strings"),
        ("def environ(self, dtype, device): return {}[dtype]", "KeyError"),
        ("make = Adapter.make", "define make"),
    ],
)
def test_a_broken_adapter_is_one_sentence(tmp_path: Path, line: str, reason: str) -> None:
    text = FILE.format(entry=ENTRY, line=line)
    if line.startswith("make"):
        text = text.replace("    def make(self, bits, dtype):\n        return bits\n", "")
    assert reason in error(tmp_path, text)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('EntryPoint("numpy.add", "sum", "logit + {weight}")', "KeyError"),
        ('EntryPoint("numpy.add", "sum", "logit +")', "SyntaxError"),
        ('EntryPoint("numpy.add", "sum", "logit", config={"dtype": object})', "TypeError"),
        ('EntryPoint("numpy.add", "sum", "logit", dtypes=("float32",))', "dtypes and computes must be among"),
        ('EntryPoint("numpy.add", "sum", "logit", computes="float32")', "dtypes and computes must be among"),
        ('EntryPoint("numpy.add", "sum", "logit", modes=("jit",))', "modes must be among eager"),
        ('EntryPoint("numpy.add", "", "logit")', "loss and contract must be named"),
        ('EntryPoint("numpy.add", "sum", "logit", since="2.x")', "since '2.x' must be a release"),
    ],
)
def test_a_broken_entry_point_is_one_sentence(tmp_path: Path, entry: str, reason: str) -> None:
    assert reason in error(tmp_path, FILE.format(entry=entry, line=""))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ADAPTERS = []", "end the file with ADAPTERS"),
        ("", "end the file with ADAPTERS"),
        ("ADAPTERS = [3]", "list an instance of a subclass"),
        ("def", "SyntaxError"),
        ("raise SystemExit(1)", "SystemExit: 1"),
        (FILE.format(entry=ENTRY, line="") + "ADAPTERS *= 2", "two adapters share a name"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in error(tmp_path, text)


def test_a_file_that_is_not_there() -> None:
    for path in (FAULTY / "nothing.py", FAULTY):
        with pytest.raises(AdapterError, match="there is no such file"):
            load_adapters(str(path))


def error(folder: Path, text: str) -> str:
    file = folder / "mine.py"
    file.write_text(text)
    with pytest.raises(AdapterError) as caught:
        load_adapters(str(file))
    message = str(caught.value)
    assert message.startswith(str(file)) and "\n" not in message
    return message
