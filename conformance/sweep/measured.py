"""What a sweep measures, as far as judging it goes."""

from __future__ import annotations

from dataclasses import dataclass

from conformance import contracts
from conformance.adapter import EntryPoint
from conformance.contracts import Contract
from conformance.formats import FORMATS, Format
from conformance.losses import load
from conformance.standards import formats


@dataclass(frozen=True)
class Measured:
    """What is measured, and by what it is judged.

    Attributes
    ----------
    entry : EntryPoint
    dtype : str
        Of the inputs.
    flags : tuple of bool
        What the probes proved: results are flushed, subnormal inputs ignored.
    """

    entry: EntryPoint
    dtype: str
    flags: tuple[bool, bool]

    @property
    def fmt(self) -> Format:
        """The format of the inputs."""
        return FORMATS[self.dtype]

    def container(self, quantity: str) -> Format:
        """The format in which a quantity has to arrive."""
        return formats(self.entry, self.dtype, quantity)[1]

    @property
    def contract(self) -> Contract:
        """What is documented."""
        return contracts.load(self.entry.contract, self.entry.loss)

    @property
    def argument(self) -> str:
        """The name of the first argument."""
        return load(self.entry.loss).ARGUMENTS[0]
