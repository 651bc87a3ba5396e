"""What all parts of a sweep amount to together: order across their borders, one digest, cells of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import xxhash

from conformance.adapter import EntryPoint
from conformance.cases import kind
from conformance.cell import LABEL_CLASSES, Cell
from conformance.exact import decimal
from conformance.formats import FORMATS, Format, to_float64
from conformance.judgement import cell_of, documented, figure
from conformance.limits import limit
from conformance.losses import load
from conformance.quantities import exact
from conformance.standards import formats
from conformance.subject import Subject
from conformance.summary import Tally
from conformance.sweep.outcome import Outcome, verdicts_of
from conformance.sweep.part import Part, unticket
from conformance.sweep.points import certified
from conformance.sweep.space import direction, label_of
from conformance.sweep.stretch import Stretch
from conformance.verdicts import VERDICTS

LABELS = {"hard0": 0.0, "hard1": 1.0, "soft": 0.5}
"""A label of each class."""


def disorder(part: Part, entry: EntryPoint, dtype: str) -> dict[str, int]:
    """Neighbouring inputs whose results go the wrong way, those on either side of a border between batches too.

    Parameters
    ----------
    part : Part
        The whole.
    entry : EntryPoint
    dtype : str
        Of the inputs.
    """
    found = dict(part.disorder)
    fmt, sign = FORMATS[dtype], 1 << (FORMATS[dtype].width - 1)
    for (quantity, pattern), stretches in groupby(part.stretches, lambda s: (s.quantity, s.label)):
        label, name = label_of(pattern, fmt)
        key = f"{quantity}/{name}"
        container = formats(entry, dtype, quantity)[1]
        ordered = list(stretches)
        pairs = [(a, b) for a, b in pairwise(ordered) if a.first + a.count == b.first and b.first != sign]
        for before, after in pairs:
            upwards = direction(quantity, label, after.first >= sign)
            found[key] += _falls(before.ends[1], after.ends[0], container) if upwards > 0 else 0
            found[key] += _falls(after.ends[0], before.ends[1], container) if upwards < 0 else 0
        zeros = [s for s in ordered if s.first in (0, sign)]
        if len(zeros) == 2:  # −0 comes before 0
            up = direction(quantity, label, False)
            ends = (zeros[1].ends[0], zeros[0].ends[0]) if up > 0 else (zeros[0].ends[0], zeros[1].ends[0])
            found[key] += _falls(*ends, container) if up else 0
    return found


def digests(stretches: Iterable[Stretch], fmt: Format) -> dict[str, str]:
    """One 128-bit xxHash for each quantity and label class, of its stretches' digests in the order of the inputs.

    Parameters
    ----------
    stretches : iterable of Stretch
        In order of quantity, label and pattern.
    fmt : Format
        Of the inputs.
    """
    found: dict[str, Any] = {}
    for stretch in stretches:
        key = f"{stretch.quantity}/{label_of(stretch.label, fmt)[1]}"
        found.setdefault(key, xxhash.xxh3_128()).update(bytes.fromhex(stretch.digest))
    return {key: hashed.hexdigest() for key, hashed in found.items()}


def cells(part: Part, subject: Subject, entry: EntryPoint, flags: tuple[bool, bool], method: str) -> list[Cell]:
    """The cells of a run, in the order of quantities, regions and label classes.

    Parameters
    ----------
    part : Part
        The whole.
    subject : Subject
    entry : EntryPoint
    flags : tuple of bool
        What the probes proved.
    method : str
        ``exhaustive`` or ``searched``.
    """
    regions = [*kind(load(entry.loss).ARGUMENTS[0]).REGIONS, "every"]
    quantities = list(dict.fromkeys(s.quantity for s in part.stretches)) or [key.split("/")[0] for key in part.cells]
    order = [*LABEL_CLASSES, "every"]

    def place(key: str) -> tuple[int, int, int]:
        quantity, region, label = key.split("/")
        return quantities.index(quantity), regions.index(region), order.index(label)

    return [
        _cell(subject, entry, key.split("/"), part.cells[key], flags, method) for key in sorted(part.cells, key=place)
    ]


def outcomes(part: Part, subject: Subject, entry: EntryPoint, judged: Sequence[Cell]) -> list[Outcome]:
    """What is said of each quantity and label class, all regions together.

    Parameters
    ----------
    part : Part
        The whole.
    subject : Subject
    entry : EntryPoint
    judged : sequence of Cell
        Its cells.
    """
    fmt = FORMATS[subject.dtype]
    steps, hashes = disorder(part, entry, subject.dtype), digests(part.stretches, fmt)
    found = []
    for quantity, label in dict.fromkeys((cell.quantity, cell.label_class) for cell in judged):
        key = f"{quantity}/{label}"
        verdicts = verdicts_of([cell for cell in judged if (cell.quantity, cell.label_class) == (quantity, label)])
        one_way = label != "every" and direction(quantity, LABELS[label], False) != 0
        found.append(
            Outcome(
                subject=subject.id,
                quantity=quantity,
                label_class=label,
                points=sum(verdicts.values()),
                verdicts=verdicts,
                histogram=part.histograms.get(key, {}),
                disorder=steps.get(key) if one_way else None,  # a search sees no neighbours
                asymmetry=part.asymmetry.get(quantity) if label == "hard0" else None,
                nans=part.nans.get(key, 0),
                digest=hashes.get(key, ""),
                certified=part.certified,
            )
        )
    return found


def _cell(
    subject: Subject, entry: EntryPoint, names: list[str], found: Tally, flags: tuple[bool, bool], method: str
) -> Cell:
    quantity, region, label = names
    perfect = found.verdicts.keys() == {"correctly-rounded"}
    target = formats(entry, subject.dtype, quantity)[0]
    return cell_of(
        subject,
        entry,
        quantity,
        (region, label),
        found,
        limit=limit(entry.loss, exact(quantity), target),
        worst=None if perfect or found.worst is None else witness(subject, entry, quantity, found.worst[3], flags),
        method=method,
    )


def witness(
    subject: Subject, entry: EntryPoint, quantity: str, ticket: int, flags: tuple[bool, bool]
) -> Mapping[str, Any]:
    """The record of the worst point, judged once more by itself.

    Parameters
    ----------
    subject : Subject
    entry : EntryPoint
    quantity : str
    ticket : int
        Its label, input and result.
    flags : tuple of bool
    """
    fmt = FORMATS[subject.dtype]
    container = formats(entry, subject.dtype, quantity)[1]
    label, pattern, got = unticket(ticket)
    columns = tuple(to_float64(np.array([number], fmt.storage), fmt) for number in (pattern, label))
    bits = np.array([got], container.storage)
    one = certified(entry, subject.dtype, quantity, columns, bits, flags)
    inputs = dict(zip(load(entry.loss).ARGUMENTS, (float(c[0]).hex() for c in columns), strict=True))
    result = to_float64(bits, container)
    return {
        "case": ",".join(f"{name}={value}" for name, value in inputs.items()),
        "index": 0,
        "inputs": inputs,
        "got": float(result[0]).hex(),
        "exact": decimal(one.standard.mathematics.value.number(0)),
        "contract": documented(0, result, one.standard),
        "verdict": VERDICTS[one.columns.verdict[0]],
        "ulp": figure(one.columns.ulp[0]),
        "ulp_relative": figure(one.columns.ulp_relative[0]),
    }


def _falls(first: int, second: int, fmt: Format) -> int:
    """1 where the second number is less than the first."""
    one, other = to_float64(np.array([first, second], fmt.storage), fmt).tolist()
    return int(other < one)
