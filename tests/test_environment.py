"""What a run records of the machine."""

import jsonschema
import pytest

from conformance.environment import architecture, describe, parse_cpuinfo, relevant, simd_level
from conformance.run import schema

X86 = """processor\t: 0
model name\t: A CPU
flags\t\t: fpu sse2 sse4_2 avx avx2 fma avx512f avx512dq avx512bw avx512vl

processor\t: 1
model name\t: Another CPU
flags\t\t: fpu sse2
"""

ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\n"


def test_the_first_processor_speaks_for_all() -> None:
    cpu, flags = parse_cpuinfo(X86)
    assert cpu == "A CPU"
    assert simd_level("x86_64", flags) == "avx512"
    assert simd_level("aarch64", parse_cpuinfo(ARM)[1]) == "sve"


@pytest.mark.parametrize(
    ("machine", "flags", "level"),
    [
        ("x86_64", "sse2 sse4_2 avx avx2 fma avx512f", "avx2"),
        ("x86_64", "sse2 sse4_2 avx avx2", "avx"),
        ("x86_64", "sse2 sse4_2", "sse4.2"),
        ("x86_64", "sse2", "sse2"),
        ("x86_64", "", "unknown"),
        ("aarch64", "fp asimd sve sve2", "sve2"),
        ("aarch64", "fp asimd", "neon"),
        ("riscv64", "v", "unknown"),
    ],
)
def test_a_level_needs_all_its_flags(machine: str, flags: str, level: str) -> None:
    assert simd_level(machine, set(flags.split())) == level


def test_architectures_have_one_name() -> None:
    assert [architecture(name) for name in ("AMD64", "x86_64", "arm64", "aarch64", "")] == [
        "x86_64",
        "x86_64",
        "aarch64",
        "aarch64",
        "unknown",
    ]


def test_only_variables_that_change_numbers_are_recorded_and_no_secret() -> None:
    variables = {"XLA_FLAGS": "--a", "HOME": "/home/me", "OMP_NUM_THREADS": "2", "JAX_API_KEY": "x", "TF_VAR_a": "b"}
    assert relevant(variables) == {"OMP_NUM_THREADS": "2", "XLA_FLAGS": "--a"}
    assert list(relevant(variables)) == ["OMP_NUM_THREADS", "XLA_FLAGS"]


def test_this_machine_satisfies_the_schema() -> None:
    full = schema()
    found = describe({"OMP_NUM_THREADS": "2"})
    jsonschema.validate(found, {**full["$defs"]["environment"], "$defs": full["$defs"]})
    assert found["platform"] == f"{found['architecture']}-{found['simd']}"
    assert found["variables"] == {"OMP_NUM_THREADS": "2"}
