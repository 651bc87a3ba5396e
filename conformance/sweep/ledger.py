"""The ledger of one shard: results at consecutive patterns go in, a part of the sweep comes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from conformance.cases import kind
from conformance.contracts import Variants
from conformance.curve import ROW, curves
from conformance.formats import BINARY32, Bits, from_float64, to_float64
from conformance.judge import everything
from conformance.limits import limit
from conformance.quantities import exact
from conformance.standards import formats
from conformance.summary import Tally, merge, tally
from conformance.sweep import documented
from conformance.sweep.histogram import BINS, binade, fields, sparse
from conformance.sweep.measured import Measured
from conformance.sweep.missed import of
from conformance.sweep.part import Part, ticket
from conformance.sweep.points import Judged, judged
from conformance.sweep.runs import Alike, alike, follows, settle
from conformance.sweep.scan import accepted, scan, zero_signs
from conformance.sweep.space import Column, Segment, label_of, monotone, segments
from conformance.sweep.stretch import Stretch, noted, unlike
from conformance.verdicts import VERDICTS

BLOCK = 1 << 17
"""Patterns that are scanned at once: few enough for the cache, enough to make what each block costs small."""

SOME = 1 << 14
"""Results that miss the mathematics, of which many are looked at at once: many more arrays than a scan has."""

Run = tuple[Alike, Segment]
"""Results that are alike, and where they lie."""


class Ledger:
    """Takes results batch by batch and adds up what is to be said of them.

    Parameters
    ----------
    measured : Measured
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.cells: dict[str, Tally] = {}
        self.counts: dict[tuple[str, int], NDArray[np.int64]] = {}  # up to the limit's bin
        self.rare: Counter[tuple[str, int, int]] = Counter()
        self.disorder: dict[str, int] = {}
        self.asymmetry: dict[str, int] = {}
        self.stretches: list[Stretch] = []
        self.nans: dict[str, int] = {}
        self.certified = 0
        self._runs: dict[tuple[str, int], Run] = {}
        self._open: dict[tuple[str, int], list[tuple[NDArray[np.uint64], Bits]]] = {}
        self._values = np.empty((2, BLOCK // ROW, ROW))

    def enter(self, quantities: tuple[str, ...], column: Column, outputs: tuple[Bits, ...]) -> None:
        """Take the results of one batch.

        Parameters
        ----------
        quantities : tuple of str
        column : Column
            Of at most ``BATCH`` patterns.
        outputs : tuple of ndarray of unsigned integers
            One array a quantity, in the promised container.
        """
        results = {q: self._noted(q, column, bits) for q, bits in zip(quantities, outputs, strict=True)}
        if not self._has_curve(quantities, column):
            for quantity in quantities:
                self._points(quantity, column, np.arange(column.count), results[quantity])
            return
        for segment in segments(self.measured.argument, self.measured.fmt, column.first, column.count):
            left = [q for q in quantities if not self._is_run(q, column, segment, results[q])]
            if left:
                self._judge(left, column, segment, results)

    def compare(self, quantities: tuple[str, ...], outputs: tuple[Bits, ...], mirrored: tuple[Bits, ...]) -> None:
        """Count results under label 0 that are not those under label 1 at the negated inputs, zeros without a sign."""
        for quantity, bits, other in zip(quantities, outputs, mirrored, strict=True):
            odd = quantity != "loss" and not quantity.startswith("d2_")
            count = unlike(bits, other, self.measured.container(quantity), odd)
            self.asymmetry[quantity] = self.asymmetry.get(quantity, 0) + count

    def misdelivered(self, quantity: str, column: Column, verdict: str) -> None:
        """Take note that a batch came back in no container that can be judged."""
        whole = tally(everything(verdict, column.count), np.arange(column.count))
        self._add(f"{quantity}/every/every", replace(whole, worst=None))

    def part(self) -> Part:
        """All that was entered."""
        for waiting in list(self._runs):
            self._close(waiting)
        for place in list(self._open):
            self._decide(place)
        for (key, field), counts in self.counts.items():
            self.rare.update({(key, field, number): int(counts[number]) for number in np.flatnonzero(counts).tolist()})
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (key, field, number), count in sorted(self.rare.items()):
            found.setdefault(key, {}).setdefault(binade(field, self.measured.fmt), {})[str(number)] = count
        stretches = tuple(sorted(self.stretches, key=lambda s: (s.quantity, s.label, s.first)))
        cells = {key: self.cells[key] for key in sorted(self.cells)}
        return Part(cells, found, self.disorder, self.asymmetry, stretches, self.nans, self.certified)

    def _noted(self, quantity: str, column: Column, bits: Bits) -> Bits:
        """The results with one NaN only; what bits alone say of them is noted."""
        fmt, container = self.measured.fmt, self.measured.container(quantity)
        found = noted(quantity, column, bits, fmt, container)
        key = f"{quantity}/{label_of(column.label, fmt)[1]}"
        self.disorder[key] = self.disorder.get(key, 0) + found.disorder
        self.nans[key] = self.nans.get(key, 0) + found.nans
        self.stretches.append(found.stretch)
        return found.bits

    def _is_run(self, quantity: str, column: Column, segment: Segment, bits: Bits) -> bool:
        """Whether a segment's results are alike; then they wait for what follows them."""
        found = alike(bits[segment.start : segment.stop], column.first + segment.start)
        waiting = quantity, column.label
        if found and waiting in self._runs:
            run, at = self._runs[waiting]
            if (at.field, at.region) == (segment.field, segment.region) and follows(run, found):
                self._runs[waiting] = replace(run, count=run.count + found.count), at
                return True
        self._close(waiting)
        if found is None or not monotone(quantity, label_of(column.label, self.measured.fmt)[0]):
            return False
        self._runs[waiting] = found, segment
        return True

    def _close(self, waiting: tuple[str, int]) -> None:
        """Settle the run of a quantity and label that waits."""
        if waiting not in self._runs:
            return
        (quantity, label), (run, _) = waiting, self._runs.pop(waiting)
        container = self.measured.container(quantity)

        def judge(one: Alike, places: NDArray[np.int64]) -> Judged:
            return self._judged(quantity, label, _patterns(one.first, places), one.bits(places, container))

        def settled(found: Judged, index: NDArray[np.int64], weight: NDArray[np.int64]) -> None:
            self._settled(quantity, label, found, index, weight)

        settle(run, judge, settled)

    def _judge(self, quantities: list[str], column: Column, segment: Segment, results: dict[str, Bits]) -> None:
        """Judge the results of a segment: whole rows by the curve, the rest point by point."""
        start, stop = segment.start, segment.stop
        first = -(-(column.first + start) // ROW) * ROW - column.first
        last = (column.first + stop) // ROW * ROW - column.first
        top = 2 * self.measured.fmt.emax + 1
        if first >= last or segment.field & top == top:  # no whole row, or no numbers
            first = last = stop
        for quantity in quantities:
            for a, b in ((start, first), (last, stop)):
                for k in range(a, b, BLOCK):
                    self._points(quantity, column, np.arange(k, min(k + BLOCK, b)), results[quantity])
        for k in range(first, last, BLOCK):
            self._block(quantities, column, segment, (k, min(k + BLOCK, last)), results)

    def _has_curve(self, quantities: tuple[str, ...], column: Column) -> bool:
        """Whether all that is judged is binary32, and the label one that a curve has.

        A second derivative that a contract speaks of may go both ways, and have larger terms: it goes point by point.
        """
        if any(q.startswith("d2_") and self._variants(q) for q in quantities):
            return False
        targets = {formats(self.measured.entry, self.measured.dtype, quantity) for quantity in quantities}
        label = label_of(column.label, self.measured.fmt)[0]
        return label in (0, 1) and targets == {(BINARY32, BINARY32)} and self.measured.fmt == BINARY32

    def _block(
        self,
        quantities: list[str],
        column: Column,
        segment: Segment,
        block: tuple[int, int],
        results: dict[str, Bits],
    ) -> None:
        """Scan one block; what the scan leaves open is judged point by point."""
        (a, b), loss, fmt = block, self.measured.entry.loss, self.measured.fmt
        label, name = label_of(column.label, fmt)
        beside = [q for q in quantities if not self._plain(q, column, a, b)]
        for quantity in beside:  # what is documented has to be looked at everywhere
            for k in range(a, b, SOME):
                self._missed(quantity, column, np.arange(k, min(k + SOME, b)), results[quantity], segment)
        quantities = [q for q in quantities if q not in beside]
        if not quantities:
            return
        out = self._values[: len(quantities), : (b - a) // ROW]
        for quantity, curve in zip(
            quantities, curves(loss, quantities, fmt, column.first + a, b - a, label, out), strict=True
        ):
            key = f"{quantity}/{segment.region}/{name}"
            above, bits = self.cells.get(key, Tally()).max_ulp or -1.0, results[quantity]
            found = scan(curve, bits[a:b].view(np.float32), fmt, limit(loss, quantity, fmt), above)
            binned = f"{quantity}/{name}", segment.field
            self.counts[binned] = self.counts.get(binned, np.int64(0)) + found.counts
            place = a + found.place
            said = accepted(found, above, ticket(column.label, column.first + place, int(bits[place])))
            if found.worst >= 0 and self._variants(quantity):
                said = replace(said, max_ulp_contract=found.worst)
            self._add(key, replace(said, zero_signs=zero_signs(curve, bits[a:b].view(np.float32), found.open, fmt)))
            judge = self._points if len(found.open) < SOME // 4 else partial(self._missed, segment=segment)
            for k in range(0, len(found.open), SOME):
                judge(quantity, column, index=found.open[k : k + SOME] + a, bits=bits)

    def _variants(self, quantity: str) -> Variants:
        return documented.variants(self.measured.contract, exact(quantity), self.measured.fmt)

    def _plain(self, quantity: str, column: Column, start: int, stop: int) -> bool:
        """Whether the contract says what mathematics says, from one place of a binade to another."""
        ends = self._columns(column.label, _patterns(column.first, np.array([start, stop - 1])))
        return documented.plain(self.measured.contract, exact(quantity), self.measured.fmt, ends)

    def _missed(self, quantity: str, column: Column, index: NDArray[np.int64], bits: Bits, segment: Segment) -> None:
        """Judge what misses the mathematics and is as clearly what is documented, or not; the rest point by point."""
        patterns, fmt = _patterns(column.first, index), self.measured.fmt
        found = of(self.measured, exact(quantity), self._columns(column.label, patterns), bits[index])
        if len(found.index):
            said = tally(found.columns, np.arange(len(found.index)))
            assert said.worst is not None
            k = found.index[said.worst[3]]
            worst = ticket(column.label, int(patterns[k]), int(bits[index[k]]))
            label = label_of(column.label, fmt)[1]
            self._add(f"{quantity}/{segment.region}/{label}", replace(said, worst=(*said.worst[:3], worst)))
            for number, count in sparse(np.bincount(found.bins)).items():
                self.rare[f"{quantity}/{label}", segment.field, int(number)] += count
        self._points(quantity, column, index[found.open], bits)

    def _columns(self, label: int, patterns: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The inputs of a quantity."""
        fmt = self.measured.fmt
        x = to_float64(patterns.astype(fmt.storage), fmt)
        return x, np.full(len(x), label_of(label, fmt)[0])

    def _points(self, quantity: str, column: Column, index: NDArray[np.int64], bits: Bits) -> None:
        """Leave points to be judged one by one, together with others: a few cost as much as a thousand."""
        if not len(index):
            return
        waiting = self._open.setdefault((quantity, column.label), [])
        waiting.append((_patterns(column.first, index), bits[index]))
        if sum(len(patterns) for patterns, _ in waiting) >= BLOCK // 2:
            self._decide((quantity, column.label))

    def _decide(self, waiting: tuple[str, int]) -> None:
        """Judge the points of a quantity and label that wait."""
        patterns, bits = (np.concatenate(columns) for columns in zip(*self._open.pop(waiting), strict=True))
        order = np.argsort(patterns, kind="stable")  # of two that are as bad, the first is the witness
        found = self._judged(*waiting, patterns[order], bits[order])
        self._settled(*waiting, found, np.arange(len(bits)), np.ones(len(bits), np.int64))

    def _judged(self, quantity: str, label: int, patterns: NDArray[np.uint64], bits: Bits) -> Judged:
        columns = self._columns(label, patterns)
        found = judged(self.measured.entry, self.measured.dtype, quantity, columns, bits, self.measured.flags)
        self.certified += found.certified
        return found

    def _settled(
        self, quantity: str, label: int, found: Judged, index: NDArray[np.int64], weight: NDArray[np.int64]
    ) -> None:
        """Enter judged points, each so many times."""
        index, weight = index[weight > 0], weight[weight > 0]
        fmt, x = self.measured.fmt, found.inputs[0][index]
        space = kind(self.measured.argument)
        region, patterns = space.region(x, fmt), from_float64(x, fmt)
        name = label_of(label, fmt)[1]
        for one in np.unique(region).tolist():
            inside = np.flatnonzero(region == one)
            said = tally(found.columns, index[inside])
            assert said.worst is not None
            codes = np.bincount(found.columns.verdict[index[inside]], weight[inside])
            worst = said.worst[3]
            pattern = int(from_float64(found.inputs[0][worst : worst + 1], fmt)[0])
            entered = replace(
                said,
                verdicts={VERDICTS[code]: int(count) for code, count in enumerate(codes) if count},
                worst=(*said.worst[:3], ticket(label, pattern, int(found.bits[worst]))),
                zero_signs=int(weight[inside][found.columns.zero_sign[index[inside]]].sum()),
            )
            self._add(f"{quantity}/{space.REGIONS[one]}/{name}", entered)
        measurable = found.bins[index] >= 0
        places = fields(patterns[measurable], fmt) * BINS + found.bins[index][measurable]
        several, where = np.unique(places, return_inverse=True)
        for place, count in zip(several.tolist(), np.bincount(where, weight[measurable]).tolist(), strict=True):
            self.rare[f"{quantity}/{name}", place // BINS, place % BINS] += int(count)

    def _add(self, key: str, found: Tally) -> None:
        self.cells[key] = merge(self.cells.get(key, Tally()), found)


def _patterns(first: int, places: NDArray[np.int64]) -> NDArray[np.uint64]:
    return np.uint64(first) + places.astype(np.uint64)
