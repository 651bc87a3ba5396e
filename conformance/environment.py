"""What a run records of the machine: two runs are comparable bit for bit only where these agree."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PREFIXES = (
    "ATEN_",
    "CUDA_VISIBLE",
    "DNNL_",
    "GLIBC_TUNABLES",
    "GOMP_",
    "JAX_",
    "KERAS_",
    "KMP_",
    "LD_PRELOAD",
    "MALLOC_",
    "MKL_",
    "NPY_",
    "NUMEXPR_",
    "NVIDIA_TF32",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "PYTORCH_",
    "TF_DETERMINISTIC",
    "TF_ENABLE_",
    "TF_NUM_",
    "TF_XLA_",
    "TORCH",
    "XLA_",
)
"""Environment variables whose names begin so can change a number."""

SECRETS = ("KEY", "PASSWORD", "SECRET", "TOKEN")
"""A variable with one of these in its name is never recorded."""

LEVELS = {
    "x86_64": (
        ("avx512", {"avx512f", "avx512vl", "avx512dq", "avx512bw"}),
        ("avx2", {"avx2", "fma"}),
        ("avx", {"avx"}),
        ("sse4.2", {"sse4_2"}),
        ("sse2", {"sse2"}),
    ),
    "aarch64": (("sve2", {"sve2"}), ("sve", {"sve"}), ("neon", {"asimd"})),
}
"""SIMD levels by architecture, best first, and the CPU flags each needs: kernels are chosen by them."""

ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
"""Other names of the architectures above."""


def describe(variables: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The machine as a run records it.

    Returns
    -------
    dict
        ``cpu``, ``architecture``, ``simd``, ``platform`` (architecture and SIMD level), ``os``, ``python``,
        ``threads`` and ``variables``.
    """
    machine = architecture(platform.machine())
    cpu, simd = _apple(machine) if sys.platform == "darwin" else _linux(machine)
    return {
        "cpu": cpu or platform.processor() or "unknown",
        "architecture": machine,
        "simd": simd,
        "platform": f"{machine}-{simd}",
        "os": platform.platform(),
        "python": platform.python_version(),
        "threads": threads(),
        "variables": relevant(variables),
    }


def architecture(machine: str) -> str:
    """One name for each architecture, whatever the operating system calls it."""
    name = machine.lower() or "unknown"
    return ARCHITECTURES.get(name, name)


def threads() -> int:
    """The number of CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def relevant(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that can change a number, sorted, without secrets."""
    return {
        name: variables[name]
        for name in sorted(variables)
        if name.startswith(PREFIXES) and not secret(name)
    }


def secret(name: str) -> bool:
    """Whether a variable is never recorded."""
    return any(word in name for word in SECRETS)


def simd_level(machine: str, flags: set[str]) -> str:
    """The best level whose flags are all there, or ``unknown``."""
    return next((level for level, needs in LEVELS.get(machine, ()) if needs <= flags), "unknown")


def parse_cpuinfo(text: str) -> tuple[str, set[str]]:
    """The CPU's name and flags from the text of ``/proc/cpuinfo``."""
    first: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        first.setdefault(name.strip().lower(), value.strip())
    flags = first.get("flags") or first.get("features") or ""
    return first.get("model name", ""), set(flags.split())


def _linux(machine: str) -> tuple[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", "unknown"
    cpu, flags = parse_cpuinfo(text)
    return cpu, simd_level(machine, flags)


def _apple(machine: str) -> tuple[str, str]:
    if machine == "aarch64":
        return _sysctl("machdep.cpu.brand_string"), "neon"
    words = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}"
    flags = {word.lower().replace(".", "_").replace("avx1_0", "avx") for word in words.split()}
    return _sysctl("machdep.cpu.brand_string"), simd_level(machine, flags)


def _sysctl(name: str) -> str:
    try:
        done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
