"""What a part of a sweep amounts to. Parts add up to the whole in any order, bit for bit, and travel as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from conformance.summary import Tally, merge
from conformance.sweep.histogram import Counts, added
from conformance.sweep.stretch import Stretch

Key = str
"""Names joined with ``/``: quantity and label class, and for a cell the region between them."""


@dataclass(frozen=True)
class Part:
    """A monoid; ``Part()`` is neutral.

    Attributes
    ----------
    cells : mapping of str to Tally
        By quantity, region and label class. The last number of a witness's key is its `ticket`.
    histograms : mapping of str to Counts
        By quantity and label class.
    disorder : mapping of str to int
        By quantity and label class: neighbouring inputs whose results go the wrong way.
    asymmetry : mapping of str to int
        By quantity: mirrored inputs whose results are not each other's.
    stretches : tuple of Stretch
        In order of quantity, label and pattern.
    nans : mapping of str to int
        By quantity and label class: results that are NaN where the input is not.
    certified : int
        Points that the fast oracle could not decide.
    """

    cells: Mapping[Key, Tally] = field(default_factory=dict)
    histograms: Mapping[Key, Counts] = field(default_factory=dict)
    disorder: Mapping[Key, int] = field(default_factory=dict)
    asymmetry: Mapping[Key, int] = field(default_factory=dict)
    stretches: tuple[Stretch, ...] = ()
    nans: Mapping[Key, int] = field(default_factory=dict)
    certified: int = 0


def ticket(label: int, pattern: int, got: int) -> int:
    """The number by which a case is told from others that are as bad: label first, then input, then result.

    Parameters
    ----------
    label, pattern, got : int
        Bit patterns of at most 64 bits.
    """
    return label << 128 | pattern << 64 | got


def unticket(number: int) -> tuple[int, int, int]:
    """Label, pattern and result of a ticket."""
    mask = (1 << 64) - 1
    return number >> 128, number >> 64 & mask, number & mask


def joined(parts: Iterable[Part]) -> Part:
    """The sum of parts."""
    return reduce(join, parts, Part())


def join(first: Part, second: Part) -> Part:
    """The sum of two parts."""
    return Part(
        {key: merge(first.cells.get(key, Tally()), second.cells.get(key, Tally())) for key in _keys(first, second)},
        {
            key: added(first.histograms.get(key, {}), second.histograms.get(key, {}))
            for key in sorted({*first.histograms, *second.histograms})
        },
        _sum(first.disorder, second.disorder),
        _sum(first.asymmetry, second.asymmetry),
        tuple(sorted(first.stretches + second.stretches, key=lambda s: (s.quantity, s.label, s.first))),
        _sum(first.nans, second.nans),
        first.certified + second.certified,
    )


def to_json(part: Part) -> dict[str, Any]:
    """A part as JSON data."""
    return {
        "cells": {key: _tally_to_json(tally) for key, tally in part.cells.items()},
        "histograms": part.histograms,
        "disorder": part.disorder,
        "asymmetry": part.asymmetry,
        "stretches": [[s.quantity, s.label, s.first, s.count, s.digest, *s.ends] for s in part.stretches],
        "nans": part.nans,
        "certified": part.certified,
    }


def from_json(data: Mapping[str, Any]) -> Part:
    """The part that `to_json` wrote."""
    return Part(
        {key: _tally_from_json(tally) for key, tally in data["cells"].items()},
        data["histograms"],
        data["disorder"],
        data["asymmetry"],
        tuple(Stretch(q, y, x, n, digest, (a, b)) for q, y, x, n, digest, a, b in data["stretches"]),
        data["nans"],
        data["certified"],
    )


def _keys(first: Part, second: Part) -> list[Key]:
    return sorted({*first.cells, *second.cells})


def _sum(first: Mapping[Key, int], second: Mapping[Key, int]) -> dict[Key, int]:
    return {key: first.get(key, 0) + second.get(key, 0) for key in sorted({*first, *second})}


def _tally_to_json(tally: Tally) -> list[Any]:
    """Its fields in order; a figure of the witness's key may be infinite, which JSON has no number for."""
    worst = tally.worst and [*(figure.hex() for figure in tally.worst[:3]), hex(tally.worst[3])]
    figures = [tally.max_ulp, tally.max_ulp_relative, tally.max_ulp_contract]
    return [dict(sorted(tally.verdicts.items())), *figures, worst, tally.zero_signs]


def _tally_from_json(row: list[Any]) -> Tally:
    verdicts, ulp, relative, contract, worst, zero_signs = row
    key = worst and (*(float.fromhex(figure) for figure in worst[:3]), int(worst[3], 16))
    return Tally(verdicts, ulp, relative, contract, key, zero_signs)
