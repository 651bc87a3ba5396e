"""What to run: a subject's quantities, cases and jobs. Pure; no framework is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from conformance import cases as case_space
from conformance import contracts, losses, quantities
from conformance.adapter import EntryPoint, Steps, entry_point
from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.formats import Mask
from conformance.job import Job, WorkerKey
from conformance.probe import PROBE_CODE, probe_inputs
from conformance.subject import FURTHER_DTYPE, Source, Subject, subjects_of, varies

VECTOR = 8
"""No batch is a multiple of this: it would leave out the code for the last part of an array."""

ROTATION = 5
"""Places by which the cases of the second call are moved: odd, so that each comes into another vector lane."""


class Plan:
    """Sources, with everything about a subject that follows from data alone."""

    def __init__(self, found: Sequence[Source], tier: str = "default") -> None:
        self.sources = {source.adapter.name: source for source in found}
        self.tier = tier
        self._jobs: dict[tuple[Subject, str], Job] = {}

    def has(self, subject: Subject) -> bool:
        """Whether the adapters still offer a subject."""
        return subject in subjects_of(self.sources[subject.adapter].adapter, subject.device)

    def entry(self, subject: Subject) -> EntryPoint:
        """The entry point of a subject."""
        found = entry_point(self.sources[subject.adapter].adapter, subject.entry_point, subject.config)
        assert found is not None  # subjects are made from the adapters' own data
        return found

    def worker(self, subject: Subject) -> WorkerKey:
        """The worker a subject runs in."""
        source = self.sources[subject.adapter]
        environ = {**source.adapter.environ(subject.dtype, subject.device), **dict(source.environ)}
        return WorkerKey(
            source.python, source.file, subject.adapter, tuple(sorted(environ.items())), subject.device
        )

    def goes_further(self, subject: Subject) -> bool:
        """Whether more is asked of a subject's adapter than what the quick tier asks of all."""
        further = self.sources[subject.adapter].adapter.further
        return case_space.TIERS.index(self.tier) >= case_space.TIERS.index(further)

    def quantities(self, subject: Subject) -> dict[str, Steps]:
        """Quantity → steps of differentiation."""
        return quantities.plain(self._stated(subject)) | self._further(subject)

    def _stated(self, subject: Subject) -> dict[str, tuple[str, ...]]:
        """The quantities of the subject's loss, without the derivatives by what is fixed."""
        entry = self.entry(subject)
        stated = losses.load(entry.loss).QUANTITIES
        return {name: by for name, by in stated.items() if not set(by) & set(entry.fixed)}

    def _further(self, subject: Subject) -> dict[str, Steps]:
        adapter = self.sources[subject.adapter].adapter
        if not adapter.derivatives or not self.goes_further(subject) or self._varies(subject):
            return {}
        narrow = self.tier == "default" or self.entry(subject).tier != "quick"
        places = subject.mode == next(iter(adapter.modes)), subject.dtype == FURTHER_DTYPE
        if not (all(places) if narrow else any(places)):
            return {}
        routes = adapter.derivatives if subject.dtype == FURTHER_DTYPE else (quantities.REVERSE,)
        return quantities.further(self._stated(subject), routes)

    def tier_of(self, subject: Subject, quantity: str) -> str:
        """The tier whose cases a quantity gets.

        What an audit adds to the quick tier gets edges alone, but in one dtype of the full tier: alike in all modes.
        There, too, what varies another one gets edges.
        """
        added = self.entry(subject).tier != "quick" or quantity in self._further(subject)
        dense = self.tier == "full" and subject.dtype == FURTHER_DTYPE and not self._varies(subject)
        return "quick" if added and not dense else self.tier

    def _varies(self, subject: Subject) -> bool:
        return varies(self.sources[subject.adapter].adapter, self.entry(subject))

    def cases(self, subject: Subject, quantity: str = "loss") -> tuple[Cases, Mask]:
        """The cases for a quantity of a subject, and which of them its contract says raise.

        Inputs outside the domain are there only where the contract speaks of them.
        """
        entry = self.entry(subject)
        return cases_of(entry.loss, entry.contract, subject.dtype, self.tier_of(subject, quantity), entry.labels)

    def job(self, subject: Subject, quantity: str) -> Job:
        """The job that measures one quantity; always the same object, so that what shares it measures once."""
        if (subject, quantity) not in self._jobs:
            self._jobs[subject, quantity] = self._job(subject, quantity)
        return self._jobs[subject, quantity]

    def _job(self, subject: Subject, quantity: str) -> Job:
        entry = self.entry(subject)
        found, raises = self.cases(subject, quantity)
        return Job(
            worker=self.worker(subject),
            entry_point=entry.path,
            config=entry.key,
            arguments=found.arguments,
            steps=self.quantities(subject)[quantity],
            mode=subject.mode,
            dtype=subject.dtype,
            inputs=found.bits,
            alone=raises,
            rotation=ROTATION,
        )

    def computes(self, subject: Subject) -> str:
        """The dtype a subject's contract computes in."""
        return self.entry(subject).computes or subject.dtype

    def probe(self, subject: Subject, length: int) -> Job:
        """The job that shows whether a mode flushes subnormal results, and ignores subnormal inputs.

        In the dtype the subject computes in: a subnormal of binary16 is a normal number to binary32 arithmetic.
        """
        dtype = self.computes(subject)
        return Job(
            worker=self.worker(subject),
            entry_point="",
            config="{}",
            arguments=("logit", "label"),
            steps=(),
            mode=subject.mode,
            dtype=dtype,
            inputs=probe_inputs(dtype, length),
            alone=np.zeros(length, bool),
            code=PROBE_CODE,
        )


@lru_cache(maxsize=256)
def cases_of(loss: str, contract: str, dtype: str, tier: str, labels: tuple[str, ...] = ()) -> tuple[Cases, Mask]:
    """The cases of a loss that a contract speaks of, of some label classes or all, and which of them it says raise."""
    found = case_space.build(losses.load(loss).ARGUMENTS, dtype, tier)
    columns = dict(zip(found.arguments, found.values, strict=True))
    raises = contracts.load(contract, loss).rules.raises(columns)
    outside = found.label_class == LABEL_CLASSES.index("outside")
    if "outside" in found.regions:
        outside = outside | (found.region == found.regions.index("outside"))
    if raises is None:
        raises = np.zeros(len(found), bool)
    keep: Mask = ~outside | raises
    if labels:
        keep = keep & np.isin(found.label_class, [LABEL_CLASSES.index(label) for label in labels])
    if np.count_nonzero(keep & ~raises) % VECTOR == 0:
        keep[np.flatnonzero(keep & ~raises)[-1]] = False
    return found.where(keep), raises[keep]
