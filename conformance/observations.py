"""The observed bits of every case, beside a run: one compressed file, by subject and quantity."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from conformance.formats import Bits

FILE = "observations.npz"
"""The name of the file in a results folder."""


class Observations(Mapping[str, Bits]):
    """The bits by test (subject and quantity), each read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self._stored = np.load(path)

    def __getitem__(self, test: str) -> Bits:
        bits: Bits = self._stored[test]
        return bits

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored.files)

    def __len__(self) -> int:
        return len(self._stored.files)


def write(observations: Mapping[str, Bits], folder: Path) -> None:
    """Write the bits of every case, whole or not at all.

    Parameters
    ----------
    observations : mapping of str to ndarray of unsigned integers
        By test: subject and quantity.
    folder : Path
    """
    temporary = folder / f".{FILE}.{os.getpid()}.tmp.npz"
    arrays: dict[str, Any] = dict(observations)
    np.savez_compressed(temporary, **arrays)
    temporary.replace(folder / FILE)


def read(source: str | os.PathLike[str]) -> Mapping[str, Bits]:
    """The observations beside a run; empty where there are none that can be read.

    Parameters
    ----------
    source : path
        A results folder, or the run's file in it.
    """
    path = Path(source)
    beside = (path if path.is_dir() else path.parent) / FILE
    try:
        return Observations(beside)
    except (OSError, ValueError, zipfile.BadZipFile):
        return {}
