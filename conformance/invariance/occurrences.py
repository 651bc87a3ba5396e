"""Where each of some values stood in the calls of a program, and what came back for it there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from conformance.cell import shortest
from conformance.formats import FORMATS, Bits, Format, Mask, to_float64
from conformance.invariance.agreement import Disagreement, Indices, disagreement, ordinals
from conformance.job import Job, Observation


@dataclass(frozen=True)
class Occurrences:
    """One column an occurrence: a value in a call.

    Attributes
    ----------
    bits : ndarray of unsigned integers, shape (N,)
        The results.
    fmt : Format
        What they are.
    value : ndarray of int64, shape (N,)
        Which input.
    length, place : ndarray of int64, shape (N,)
        Of how many inputs of the call, and after how many others.
    call, job : ndarray of int64, shape (N,)
        Number of the call, and of the job that it belongs to.
    again, times : ndarray of int64, shape (N,)
        Whether the same was asked before in its job, and how often it was asked in all.
    """

    bits: Bits
    fmt: Format
    value: Indices
    length: Indices
    place: Indices
    call: Indices
    job: Indices
    again: Indices
    times: Indices

    @classmethod
    def of(cls, jobs: Sequence[Job], observations: Sequence[Observation], order: int) -> Self | str:
        """The occurrences of all calls of some jobs, or why there are none.

        Parameters
        ----------
        jobs : sequence of Job
            Of the same inputs, of which those that raised do not occur: with windows, of all, or free and repeated
            to a length.
        observations : sequence of Observation
            Theirs, all delivered.
        order : int
            Which of the results.
        """
        rows, bits, calls = [], [], 0
        dtypes = list(dict.fromkeys(said.dtypes[order] for said in observations))
        for number, (job, said) in enumerate(zip(jobs, observations, strict=True)):
            kept = np.setdiff1d(np.arange(len(job.inputs[0])), list(said.raised))
            start, length = np.array(job.windows or ((0, job.length or len(kept)),), np.int64).T
            place = np.concatenate([np.arange(n) for n in length])
            call = np.repeat(calls + np.arange(len(start)), length)
            value = kept[(np.repeat(start, length) + place) % len(kept)]
            asked = list(zip(start.tolist(), length.tolist(), strict=True))
            first = {window: n for n, window in reversed(list(enumerate(asked)))}
            again = np.repeat([first[window] < n for n, window in enumerate(asked)], length)
            counts = Counter(asked)
            times = np.repeat([counts[window] for window in asked], length)
            whole = (np.repeat(length, length), place, call, np.full(len(place), number), again, times)
            rows.append(np.stack([value, *whole]))
            outputs = said.outputs[order]
            bits.append((outputs if job.windows or job.free else outputs[kept]).ravel())
            if len(bits[-1]) != len(place):
                return "there is no result for each element"
            calls += len(start)
        if len(dtypes) > 1 or dtypes[0] not in FORMATS:
            return "the results are " + " and ".join(dtypes)
        return cls(np.concatenate(bits), FORMATS[dtypes[0]], *np.concatenate(rows, axis=1))

    def where(self, keep: Mask) -> Self:
        """The occurrences of a mask."""
        columns = [field.name for field in fields(self) if field.name != "fmt"]
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})

    def once(self) -> Self:
        """Without what was asked before."""
        return self.where(self.again == 0)

    def repeated(self) -> Self:
        """What was asked more than once."""
        return self.where(self.times > 1)

    def unequal(self) -> Self:
        """What two jobs with the same values at the same places did not answer alike; of other jobs everything."""
        one, two = (self.where(self.job == number) for number in (0, 1))
        if not (np.array_equal(one.value, two.value) and np.array_equal(one.place, two.place)):
            return self
        return self.where(np.tile(ordinals(one.bits, self.fmt) != ordinals(two.bits, self.fmt), 2))

    def disagreement(self, alike: Sequence[str], unit: Indices) -> Disagreement:
        """Compare the results of occurrences that are alike.

        Parameters
        ----------
        alike : sequence of str
            Names of the columns that the results of a group have in common.
        unit : ndarray of int64
            Of each value the binary exponent of an ULP of the scale.
        """
        keys = [getattr(self, name) for name in alike]
        return disagreement(self.bits, self.fmt, keys, unit[self.value])

    def values(self, call: int) -> Indices:
        """The values of a call, in order."""
        found: Indices = self.value[self.call == call]
        return found

    def result(self, i: int) -> str:
        """A result as a hex float."""
        return shortest(float(to_float64(self.bits[i : i + 1], self.fmt)[0]).hex())

    def words(self, i: int) -> str:
        """An occurrence and its result: ``0x1.8p-3 at 16 of 17``."""
        return f"{self.result(i)} at {self.place[i]} of {self.length[i]}"
