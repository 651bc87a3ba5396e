"""One record of a run: what was measured and judged for one subject, quantity, region and label class."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Self

from conformance.verdicts import DELIVERY, FINDINGS, INVARIANCE, VERDICTS, worst_finding

KEY = (
    "adapter",
    "entry_point",
    "config",
    "loss",
    "mode",
    "dtype",
    "device",
    "quantity",
    "region",
    "label_class",
)
"""The fields that say which cell it is; selectors of expectations speak of these."""

LABEL_CLASSES = ("hard0", "hard1", "soft", "outside")
"""The classes that a case's label can have; a cell of an examination has the examination's name there."""

EVERY = "every"
"""Region and label class of a subject and quantity that delivered nothing: one cell stands for all."""

FIGURELESS = FINDINGS.intersection((*DELIVERY, *INVARIANCE, "wrong-class"))
"""The findings that no ULP figure describes: nothing comparable came back."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. Figures are finite, kept to six significant digits, or None where there is none.

    They are rounded here and not when written, so that a run in memory and the same run read back are
    assessed alike. The witness's hexadecimal numbers lose their trailing zeros likewise.

    Attributes
    ----------
    id : str
        Subject id, quantity, region and label class, joined with ``/``.
    config : str
        Static keyword arguments as canonical JSON (sorted keys).
    verdicts : mapping of str to int
        How many cases received each verdict.
    limit, max_ulp, max_ulp_relative, max_ulp_contract : float or None
        ULP of the scale, of the exact value itself, and against the contract.
    worst : mapping or None
        The witness: ``case``, ``index``, ``inputs`` (name to hex float), ``got`` (hex float), ``exact``
        (decimal), ``contract`` (or None), ``verdict``, ``ulp``, ``ulp_relative``.
    zero_signs : int
        Zeros that came back with the other sign than the exact zero.
    message : str
        Why, for a verdict on delivery.
    """

    id: str
    adapter: str
    entry_point: str
    config: str
    loss: str
    mode: str
    dtype: str
    device: str
    quantity: str
    region: str
    label_class: str
    method: str
    cases: int
    verdicts: Mapping[str, int]
    limit: float | None = None
    max_ulp: float | None = None
    max_ulp_relative: float | None = None
    max_ulp_contract: float | None = None
    worst: Mapping[str, Any] | None = None
    bits_digest: str = ""
    zero_signs: int = 0
    message: str = ""

    def __post_init__(self) -> None:
        for name in ("limit", "max_ulp", "max_ulp_relative", "max_ulp_contract"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, six_digits(value))
        if self.worst is not None:
            object.__setattr__(self, "worst", _normal(self.worst))

    @property
    def subject(self) -> str:
        """The id of the subject: adapter, entry point, config, mode, dtype and device."""
        return self.id.rsplit("/", 3)[0]

    @property
    def test(self) -> str:
        """Subject and quantity: what one test of the suite covers."""
        return self.id.rsplit("/", 2)[0]

    @property
    def short_config(self) -> str:
        """The config as it stands in the id: ``key=value`` joined with commas, or ``-``."""
        return self.id.split("/", 3)[2]

    def key_text(self, key: str) -> str:
        """A field of the key as the id has it."""
        return self.short_config if key == "config" else str(getattr(self, key))

    @property
    def examination(self) -> str:
        """The examination that the cell came of; empty where it came of cases."""
        return "" if self.label_class in (*LABEL_CLASSES, EVERY) else self.label_class

    @property
    def measurement(self) -> str:
        """What is measured as one: the test, and the examination where the cell came of one."""
        return f"{self.test}/{self.examination}" if self.examination else self.test

    @property
    def finding(self) -> str | None:
        """The most severe verdict that is not acceptable, or None."""
        return worst_finding(dict(self.verdicts))

    @property
    def findings(self) -> frozenset[str]:
        """Every verdict in the cell that is not acceptable."""
        return FINDINGS.intersection(kind for kind, count in self.verdicts.items() if count)

    @property
    def ran(self) -> bool:
        """Whether there is anything to judge: a release that lacks it is no result."""
        return bool(self.verdicts.keys() - {"unsupported"})

    @property
    def figure(self) -> float | None:
        """The ULP figure that bounds the finding; None where no figure describes it.

        With one kind of finding it is the witness's own: the largest error of the cell may belong to a
        case that does what its contract documents.
        """
        figured = self.findings - FIGURELESS
        if not figured:
            return None
        own = self.witnessed
        return self.max_ulp if own is None or len(figured) > 1 else own

    @property
    def witnessed(self) -> float | None:
        """The ULP figure of the witness, where it shows a finding that a figure describes."""
        if self.worst is None or self.worst["verdict"] not in FINDINGS - FIGURELESS:
            return None
        figure: float | None = self.worst["ulp"]
        return figure

    def to_json(self) -> dict[str, Any]:
        """The record as it stands in a run: JSON types only, the config an object.

        To keep a run small, a zero ``zero_signs``, an empty ``message`` and a witness's empty ``contract`` are
        left away.
        """
        record = {name: getattr(self, name) for name in FIELDS}
        record["config"] = dict(_parsed(self.config))
        for name, default in _LEFT_AWAY.items():
            if record[name] == default:
                del record[name]
        if self.worst is not None and self.worst["contract"] is None:
            record["worst"] = {name: value for name, value in self.worst.items() if name != "contract"}
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The cell of a record.

        Raises
        ------
        ValueError
            A field is missing, unknown or of another type; the message names it.
        """
        record = {**_LEFT_AWAY, **record}
        if record.keys() != _NAMES:
            odd = sorted(record.keys() ^ _NAMES)
            raise ValueError(f"the field {odd[0]!r} is {'unknown' if odd[0] in record else 'missing'}")
        for name, kinds in _TYPES:
            if not isinstance(record[name], kinds) or record[name] is True or record[name] is False:
                raise ValueError(f"the field {name!r} holds {record[name]!r:.60}")
        counts = record["verdicts"]
        if not counts.keys() <= _VERDICTS or not all(type(n) is int and n > 0 for n in counts.values()):
            raise ValueError(f"the field 'verdicts' holds {record['verdicts']!r:.60}")
        worst = record["worst"]
        if worst is not None:
            record["worst"] = worst = {"contract": None, **worst}
            if worst.keys() != WITNESS:
                raise ValueError(f"the field 'worst' holds {worst!r:.60}")
            if not all(_NUMBER.fullmatch(value) for value in worst["inputs"].values()):
                raise ValueError(f"an input holds {worst['inputs']!r:.60}")
        if not record["id"].endswith(f"/{record['region']}/{record['label_class']}"):
            raise ValueError(f"the field 'id' holds {record['id']!r:.60}")
        return cls(**{**record, "config": json.dumps(record["config"], sort_keys=True)})


FIELDS = tuple(field.name for field in fields(Cell))
"""The fields, in the order in which they are written."""

WITNESS = frozenset(
    ("case", "index", "inputs", "got", "exact", "contract", "verdict", "ulp", "ulp_relative")
)
"""The fields of `Cell.worst`."""

_NUMBER = re.compile(r"-?0x[01](\.[0-9a-f]+)?p[+-]\d+|nan|-?inf")
"""An input goes into scripts that people run: it is a number and nothing else."""

_LEFT_AWAY: dict[str, Any] = {"zero_signs": 0, "message": ""}
_NAMES = frozenset(FIELDS)
_VERDICTS = frozenset(VERDICTS)
_FIGURES = ("limit", "max_ulp", "max_ulp_relative", "max_ulp_contract")
_OTHERS: dict[str, tuple[type, ...]] = {
    "config": (dict,),
    "cases": (int,),
    "verdicts": (dict,),
    "worst": (dict, type(None)),
    "zero_signs": (int,),
    **dict.fromkeys(_FIGURES, (float, int, type(None))),
}
_TYPES = tuple((name, _OTHERS.get(name, (str,))) for name in FIELDS)


def six_digits(value: float) -> float:
    """A figure to six significant digits."""
    return float(f"{value:.6g}")


def _normal(worst: Mapping[str, Any]) -> Mapping[str, Any]:
    """A witness with its figures rounded and its numbers in the shortest form."""
    figures = {name: worst[name] and six_digits(worst[name]) for name in ("ulp", "ulp_relative")}
    inputs = {name: shortest(value) for name, value in worst["inputs"].items()}
    got = worst["got"] and shortest(worst["got"])
    return {**worst, **figures, "inputs": inputs, "got": got}


def shortest(hexadecimal: str) -> str:
    """A hexadecimal number without trailing zeros: ``0x1.8p+3``, ``0x1p+0``; any other text as it is."""
    head, point, tail = hexadecimal.partition("p")
    return head.rstrip("0").rstrip(".") + point + tail if point and "." in head else hexadecimal


@cache
def _parsed(config: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(config)
    return parsed
