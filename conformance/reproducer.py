"""The measured text as a script for a fresh interpreter. Pure: an adapter's data, not its framework."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from conformance.adapter import NUMPY, Adapter


def reproducer(
    adapter: Adapter,
    text: str,
    inputs: Mapping[str, np.ndarray],
    dtype: str,
    device: str = "cpu",
    output: str = "",
) -> str:
    """A script that computes one result from literal inputs and prints it as hex floats.

    Parameters
    ----------
    adapter : Adapter
        Whose data writes the inputs and the result.
    text : str
        The program that the worker executed, from its observation.
    inputs : mapping
        Argument -> bits, in the order of the arguments.
    dtype, device : str
        What the inputs are, and where.
    output : str
        Which result of the program: "" where it returns one, "[0]" or "[1]" where it returns two orders.

    Returns
    -------
    str
        Source text.
    """
    environ = sorted(adapter.environ(dtype, device).items())
    settings = ", ".join(f"{name}={value!r}" for name, value in environ)
    lines = [f"import os; os.environ.update({settings})"] * bool(environ)
    lines.append(text.rstrip())
    for name, bits in inputs.items():
        form = {"values": literal(bits, dtype), "dtype": adapter.names[dtype], "device": device}
        lines.append(f"{name} = {adapter.literal.format(**form)}")
    lines.append(f"print({adapter.show.format(y='program(' + ', '.join(inputs) + ')' + output)})")
    return "\n".join(lines) + "\n"


def literal(bits: np.ndarray, dtype: str) -> str:
    """Exact nested lists as source text; one value repeated is written once."""
    if len(bits) > 1 and np.array_equal(bits, np.broadcast_to(bits[:1], bits.shape)):
        return f"{literal(bits[:1], dtype)} * {len(bits)}"
    if dtype == "bfloat16":                                 # NumPy has none: the upper half of a binary32
        values = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
    else:
        values = bits.view(NUMPY[dtype])
    return re.sub("'(.*?)'", r"float.fromhex('\1')", repr(_hex(values.tolist())))


def _hex(value: object) -> object:
    if isinstance(value, list):
        return [_hex(item) for item in value]
    return re.sub(r"\.?0*p", "p", float(value).hex())       # type: ignore[arg-type]
