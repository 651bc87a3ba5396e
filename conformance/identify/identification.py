"""What a loss function is: the answer, as a record and as data. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = "bce-conformance/identification/1"
WEAK = 10.0
"""ULPs: what is farther from its certified value is inaccurate, though the formula may be this one."""

CERTAIN, LIKELY, UNKNOWN = "certain", "likely", "not known"


@dataclass(frozen=True)
class Probe:
    """One call that decides.

    Attributes
    ----------
    inputs : mapping
        By role.
    got : float or str
        What came back, or what it raised.
    expected : float
        What the answer gives there.
    otherwise : float
        What it would have been.
    instead : str
        Otherwise than what: the rejected hypothesis.
    """

    inputs: Mapping[str, float]
    got: float | str
    expected: float = math.nan
    otherwise: float = math.nan
    instead: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {
            "inputs": {role: plain(value) for role, value in self.inputs.items()},
            "got": plain(self.got),
            "expected": plain(self.expected),
            "otherwise": plain(self.otherwise),
            "instead": self.instead,
        }


@dataclass(frozen=True)
class Property:
    """One thing that was asked, and its answer.

    Attributes
    ----------
    name : str
        ``takes``, ``labels``, ``order``, …
    value : object
        For a program; JSON can carry it.
    words : str
        For a reader.
    confidence : str
        ``certain``, ``likely`` or ``not known``.
    probe : Probe or None
        What decided.
    """

    name: str
    value: Any
    words: str
    confidence: str
    probe: Probe | None = None

    def data(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {
            "name": self.name,
            "value": plain(self.value),
            "words": self.words,
            "confidence": self.confidence,
            "probe": None if self.probe is None else self.probe.data(),
        }


@dataclass(frozen=True)
class Certified:
    """How far results are from certified values.

    Attributes
    ----------
    probes, close : int
        How many were compared, and how many of them are within ``WEAK`` ULPs.
    max_ulp : float
        In ULPs of the exact value.
    worst : Probe or None
    """

    probes: int
    close: int
    max_ulp: float
    worst: Probe | None


@dataclass(frozen=True)
class Agreement:
    """How a known entry point compares.

    Attributes
    ----------
    entry_point : str
        Adapter, path and config.
    dtype : str
        Of the inputs.
    probes, same : int
        How many inputs, and of how many the bits are the same.
    max_ulp : float
        The largest distance of two results, in ULPs.
    """

    entry_point: str
    dtype: str
    probes: int
    same: int
    max_ulp: float

    @property
    def identical(self) -> bool:
        """Whether all bits are the same."""
        return self.same == self.probes


@dataclass(frozen=True)
class Identification:
    """The answer.

    Attributes
    ----------
    target : str
        What was asked about, in the asker's words.
    known : bool
        Whether a hypothesis fits every probe that decides, but for an exception that is named.
    confidence : str
        ``certain`` where each probe with a hard label inside the domain agrees within its roundings, but for those
        that ``held`` names, and nothing else that was tried fits; ``likely`` or ``not known`` otherwise.
    verdict : str
        One sentence.
    loss, contract : str
        In the project's names; empty where it has none.
    properties : tuple of Property
    certified : Certified or None
    agreements : tuple of Agreement
        The nearest first.
    compared : tuple of str
        Adapters that were compared with.
    warnings : tuple of str
    framework : str
        Whose arrays it was given, with its version.
    calls : int
    """

    target: str
    known: bool
    confidence: str
    verdict: str
    loss: str = ""
    contract: str = ""
    properties: tuple[Property, ...] = ()
    certified: Certified | None = None
    agreements: tuple[Agreement, ...] = ()
    compared: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    framework: str = ""
    calls: int = 0

    def property(self, name: str) -> Property | None:
        """A property by its name, or None where it was not asked."""
        return next((p for p in self.properties if p.name == name), None)

    def value(self, name: str) -> Any:
        """The value of a property, None where it was not asked."""
        found = self.property(name)
        return None if found is None else found.value

    def data(self) -> dict[str, Any]:
        """As JSON carries it; numbers that JSON has not are strings."""
        certified = None
        if self.certified is not None:
            worst = self.certified.worst
            certified = {
                "probes": self.certified.probes,
                "close": self.certified.close,
                "max_ulp": plain(self.certified.max_ulp),
                "worst": None if worst is None else worst.data(),
            }
        return {
            "schema": SCHEMA,
            "target": self.target,
            "known": self.known,
            "confidence": self.confidence,
            "verdict": self.verdict,
            "loss": self.loss,
            "contract": self.contract,
            "properties": [p.data() for p in self.properties],
            "certified": certified,
            "agreements": [
                {
                    "entry_point": a.entry_point,
                    "dtype": a.dtype,
                    "probes": a.probes,
                    "same_bits": a.same,
                    "max_ulp": plain(a.max_ulp),
                }
                for a in self.agreements
            ],
            "compared": list(self.compared),
            "warnings": list(self.warnings),
            "framework": self.framework,
            "calls": self.calls,
        }


def plain(value: Any) -> Any:
    """A value as JSON has it: what is not finite as a word."""
    if isinstance(value, float):
        return value if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    text = Path(__file__).with_name("identification.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
