"""Correctly rounded goldens, as an adapter that plays them back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from conformance import losses, tables
from conformance.adapter import NUMPY, EntryPoint
from conformance.cases import Cases
from conformance.exact import round_to
from conformance.formats import FORMATS, Bits
from conformance.judge import Standard
from conformance.plan import cases_of
from conformance.standards import standard

ADAPTER = Path(__file__).with_name("perfect.py")

SOME = tuple(dict.fromkeys([*filter(losses.dense, losses.names()), *tables.stored_losses()]))
"""Every loss without parameters, and of each other file one."""

Spoil = Callable[[str, Cases, Bits], Bits]
"""Quantity, cases and correctly rounded bits → the bits to play back."""


def rule(loss: str, dtype: str, quantity: str, tier: str) -> Standard:
    """What the results of a quantity are judged by; nothing flushes."""
    return standard(EntryPoint("", loss, ""), dtype, quantity, tier, flushes=False, ignores_subnormals=False)


def record(
    folder: Path,
    tier: str,
    names: Iterable[str] = SOME,
    dtypes: Iterable[str] = tuple(FORMATS),
    spoil: Spoil = lambda quantity, cases, bits: bits,
) -> Path:
    """Write the results of all cases of some losses and dtypes, and the adapter that plays them back.

    Parameters
    ----------
    folder : Path
    tier : str
    names, dtypes : iterable of str
    spoil : callable
        Changes the results of a quantity.

    Returns
    -------
    Path
        The adapter file.
    """
    arrays: dict[str, Any] = {}
    said = []
    for name in names:
        loss = losses.load(name)
        said.append((name, loss.ARGUMENTS, {",".join(by): q for q, by in loss.QUANTITIES.items()}))
        for dtype in dtypes:
            cases, _ = cases_of(name, "exact", dtype, tier)
            native = "uint16" if dtype == "bfloat16" else NUMPY[dtype]
            for quantity in loss.QUANTITIES:
                bits = round_to(rule(name, dtype, quantity, tier).mathematics.value, cases.fmt)
                arrays[f"{name}/{quantity}/{native}/inputs"] = np.stack(cases.bits)
                arrays[f"{name}/{quantity}/{native}/results"] = spoil(quantity, cases, bits)
    np.savez(folder / "perfect.npz", losses=json.dumps(said), **arrays)
    return Path(shutil.copy(ADAPTER, folder))
