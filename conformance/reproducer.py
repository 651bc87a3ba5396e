"""The measured text as a script for a fresh interpreter. Pure: an adapter's data, not its framework."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from conformance.adapter import NUMPY, Adapter


def reproducer(
    adapter: Adapter,
    text: str,
    inputs: Mapping[str, np.ndarray],
    dtype: str,
    device: str = "cpu",
    output: str = "",
    prepare: Sequence[tuple[str, str]] = (),
    length: int = 0,
    environ: Mapping[str, str] | None = None,
    container: bool = False,
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
    prepare : sequence of (argument, expression)
        What is done to an input before the call.
    length : int
        The inputs are repeated, in turn, to so many elements; 0 leaves them as they are.
    environ : mapping, optional
        The environment variables of the worker, where they are not the adapter's own.
    container : bool
        Whether to print the dtype and the shape of the result too.

    Returns
    -------
    str
        Source text.
    """
    chosen = adapter.environ(dtype, device) if environ is None else environ
    settings = ", ".join(f"{name}={value!r}" for name, value in sorted(chosen.items()))
    lines = [f"import os; os.environ.update({settings})"] * bool(chosen)
    lines.append(text.rstrip())
    for name, bits in inputs.items():
        values = literal(bits, dtype)
        if length > len(bits):
            whole, rest = divmod(length, len(bits))
            values = f"{values} * {whole}" + (f" + {literal(bits[:rest], dtype)}" if rest else "")
        elif length:
            values = literal(bits[:length], dtype)
        form = {"values": values, "dtype": adapter.names[dtype], "device": device}
        lines.append(f"{name} = {adapter.literal.format(**form)}")
    lines += [f"{name} = {expression}" for name, expression in prepare]
    call = f"program({', '.join(inputs)}){output}"
    if container:
        lines += [f"y = {call}", f"print(y.dtype, tuple(y.shape), {adapter.show.format(y='y')})"]
    else:
        lines.append(f"print({adapter.show.format(y=call)})")
    return "\n".join(lines) + "\n"


def literal(bits: np.ndarray, dtype: str) -> str:
    """Exact nested lists as source text; one value repeated is written once, after another one before it too."""
    if len(bits) > 2 and bits.ndim == 1 and bits[0] != bits[1] and (bits[1:] == bits[1]).all():
        return f"{literal(bits[:1], dtype)} + {literal(bits[1:], dtype)}"
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
