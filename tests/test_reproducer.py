"""A reproducer prints the measured bits in a fresh interpreter."""

import re
import subprocess
import sys

import numpy as np
import pytest
from workbench import ARITHMETIC, REVERSE, job, key

from conformance.adapter import Adapter
from conformance.adapter_file import load_adapters
from conformance.measure import Pool
from conformance.reproducer import literal, reproducer

ADAPTER = load_adapters(str(ARITHMETIC))[0]
LOGITS = [20.0, -103.5, 1e-45, float("inf"), float("nan")]


def printed(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return re.findall(r"'(.*?)'", done.stdout)


@pytest.mark.parametrize(("steps", "output"), [((), ""), (REVERSE, "[0]"), (REVERSE, "[1]")])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_prints_the_measured_bits(steps: tuple[tuple[str, str], ...], output: str) -> None:
    asked = job(key(), "numpy.log1p", logit=LOGITS, label=1.0, steps=steps)
    with Pool() as pool:
        observation = pool.observe(asked)
    inputs = dict(zip(asked.arguments, asked.inputs, strict=True))
    script = reproducer(ADAPTER, observation.text, inputs, "binary32", output=output)
    assert len(script.splitlines()) <= 12
    measured = observation.outputs[1 if output == "[1]" else 0].view(np.float32)
    assert printed(script) == [float(x).hex() for x in measured]


@pytest.mark.parametrize(("length", "shown"), [(5, [2.0, 4.0, 2.0, 4.0, 2.0]), (1, [2.0]), (4, [2.0, 4.0, 2.0, 4.0])])
def test_repeats_and_prepares_as_the_worker_did(length: int, shown: list[float]) -> None:
    asked = job(key(), logit=[1.0, 2.0])
    inputs = dict(zip(asked.arguments, asked.inputs, strict=True))
    text = "import numpy\nprogram = lambda logit, label: logit * label\n"
    twice = (("logit", "logit * 1"),)
    script = reproducer(ADAPTER, text, inputs, "binary32", prepare=twice, length=length, environ={"A": "1"})
    assert script.splitlines()[0] == "import os; os.environ.update(A='1')" and "logit = logit * 1" in script
    assert printed(script) == [x.hex() for x in shown]


def test_sets_the_environment_before_the_import() -> None:
    class Quiet(type(ADAPTER)):  # type: ignore[misc]
        def environ(self, dtype: str, device: str) -> dict[str, str]:
            return {"FRAMEWORK_DEVICE": device}

    lines = reproducer(Quiet(), "import numpy\nprogram = abs\n", {}, "binary32").splitlines()
    assert lines[:2] == ["import os; os.environ.update(FRAMEWORK_DEVICE='cpu')", "import numpy"]


@pytest.mark.parametrize(
    ("bits", "dtype", "text"),
    [
        ([0x3F80], "bfloat16", "[float.fromhex('0x1p+0')]"),
        ([0x0001], "bfloat16", "[float.fromhex('0x1p-133')]"),
        ([0x0001], "binary16", "[float.fromhex('0x1p-24')]"),
        ([0x8000, 0x7C00], "binary16", "[float.fromhex('-0x0p+0'), float.fromhex('inf')]"),
        ([0x7E00] * 3, "binary16", "[float.fromhex('nan')] * 3"),
        ([[0x3C00, 0x3E00]], "binary16", "[[float.fromhex('0x1p+0'), float.fromhex('0x1.8p+0')]]"),
    ],
)
def test_literals_are_exact(bits: list[int], dtype: str, text: str) -> None:
    assert literal(np.asarray(bits, np.uint16), dtype) == text


def test_needs_no_framework() -> None:
    class Absent(Adapter):
        name, literal = "absent", "no_such_framework.tensor({values}, {dtype}, {device!r})"

    script = reproducer(Absent(), "", {"x": np.zeros(1, np.uint32)}, "binary32", "gpu", "[1]")
    assert script.splitlines()[-2:] == [
        "x = no_such_framework.tensor([float.fromhex('0x0p+0')], float32, 'gpu')",
        "print([float(v).hex() for v in program(x)[1].ravel()])",
    ]
