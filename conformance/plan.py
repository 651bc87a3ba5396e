"""What to run: adapters' data × filters → subjects, and a subject's cases and jobs. Pure; no framework is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from conformance import cases as case_space
from conformance import contracts, losses, quantities
from conformance.adapter import Adapter, EntryPoint, Steps, entry_point, load_adapters
from conformance.cases import Cases
from conformance.cell import LABEL_CLASSES
from conformance.formats import Mask
from conformance.job import Job, WorkerKey
from conformance.places import adapters_folder
from conformance.probe import PROBE_CODE, probe_inputs

VECTOR = 8
"""No batch is a multiple of this: it would leave out the code for the last part of an array."""

FURTHER_DTYPE = "binary32"
"""Second derivatives and further routes are in this dtype and an adapter's first mode alone, in the default tier and
for what only a full audit runs; else in this dtype in every mode, and in every dtype in the first."""

ROTATION = 5
"""Places by which the cases of the second call are moved: odd, so that each comes into another vector lane."""


class PlanError(Exception):
    """A filter or a name that fits nothing; the message is one sentence that says what to do."""

    exit_status = 4


@dataclass(frozen=True)
class Source:
    """An adapter and the file it came from."""

    file: str
    adapter: Adapter
    python: str = sys.executable


@dataclass(frozen=True)
class Subject:
    """What runs: adapter × entry point × config × mode × dtype × device."""

    adapter: str
    entry_point: str
    config: str
    mode: str
    dtype: str
    device: str = "cpu"

    @property
    def id(self) -> str:
        """The parts joined with ``/``, shell-safe: ``keras-jax/keras.ops.binary_crossentropy/-/jit/binary32/cpu``."""
        adapter = self.adapter.replace("[", "-").replace("]", "")
        config = ",".join(f"{k}={_plain(v)}" for k, v in sorted(json.loads(self.config).items())) or "-"
        return "/".join((adapter, self.entry_point, config, self.mode, self.dtype, self.device))


@dataclass(frozen=True)
class Filters:
    """What to keep of all subjects; an empty tuple keeps everything."""

    adapters: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    keyword: str = ""
    tier: str = "default"
    device: str = "cpu"


def sources(paths: Iterable[str] = (), python: str = sys.executable) -> list[Source]:
    """The adapters of the given files, or of all built-in ones.

    Parameters
    ----------
    paths : iterable of str
        Adapter files; none means the built-in folder.
    python : str
        The interpreter their workers run on.
    """
    files = [str(Path(p).resolve()) for p in paths] or [str(p) for p in sorted(adapters_folder().glob("*.py"))]
    return [Source(file, adapter, python) for file in files for adapter in load_adapters(file)]


def subjects(found: Sequence[Source], filters: Filters) -> list[Subject]:
    """All subjects that pass the filters, in the order of the adapters' data.

    Parameters
    ----------
    found : sequence of Source
    filters : Filters

    Raises
    ------
    PlanError
        When a filter names something no adapter has.
    """
    every = [s for source in found for s in _subjects(source.adapter, filters.device)]
    unasked = {s.adapter.name for s in found if s.adapter.only_by_name} if not filters.adapters else set()
    every = [s for s in every if s.adapter not in unasked]
    # In the order a reader narrows down: a mode unknown to the chosen adapter is as wrong as an unknown one.
    for option, wanted, field in (
        ("--adapter", filters.adapters, "adapter"),
        ("--entry-point", filters.entry_points, "entry_point"),
        ("--mode", filters.modes, "mode"),
        ("--dtype", filters.dtypes, "dtype"),
    ):
        known = list(dict.fromkeys(getattr(s, field) for s in every))
        for name in wanted:
            if not any(_matches(name, k, field) for k in known):
                raise PlanError(f"{option} {name} fits nothing here; known are {', '.join(known)}")
        every = [s for s in every if not wanted or _any(wanted, getattr(s, field), field)]
    if filters.keyword:
        every = [s for s in every if filters.keyword.lower() in s.id.lower()]
    slow = {(source.adapter.name, mode) for source in found for mode in source.adapter.slow_modes}
    first = {source.adapter.name: next(iter(source.adapter.modes)) for source in found}
    tiers = {(s.adapter.name, e.path, e.key): _tier(s.adapter, e) for s in found for e in s.adapter.entry_points}
    reached = case_space.TIERS.index(filters.tier)
    every = [s for s in every if case_space.TIERS.index(tiers[s.adapter, s.entry_point, s.config]) <= reached]
    if filters.tier != "full" and not filters.modes:
        every = [s for s in every if (s.adapter, s.mode) not in slow]
    if filters.tier != "full" and not filters.modes:
        narrow = {key for key, tier in tiers.items() if filters.tier == "quick" or tier != "quick"}
        every = [
            s
            for s in every
            if (s.adapter, s.entry_point, s.config) not in narrow
            or s.mode == first[s.adapter]
            or s.dtype == FURTHER_DTYPE
        ]
    return every


def left_out(found: Sequence[Source], filters: Filters) -> list[str]:
    """Sentences on what the tier leaves out, for the screen and the run."""
    said = []
    unasked = [s.adapter.name for s in found if s.adapter.only_by_name]
    if unasked and not filters.adapters:
        said.append(f"{', '.join(unasked)}: no framework; name it with --adapter")
    chosen = [s.adapter for s in found if not filters.adapters or _any(filters.adapters, s.adapter.name, "adapter")]
    slow = [f"{adapter.name} {mode}" for adapter in chosen for mode in adapter.slow_modes]
    if filters.tier != "full" and slow and not filters.modes:
        said.append(f"slow modes ({', '.join(slow)}): add --full or name them with --mode")
    rare = {tier: sum(_tier(a, e) == tier for a in chosen for e in a.entry_points) for tier in case_space.TIERS}
    if filters.tier != "full" and rare["full"]:
        said.append(f"{rare['full']} entry points and configs: add --full")
    if filters.tier == "default":
        said.append(f"second derivatives and forward mode, but in {FURTHER_DTYPE} in the first mode: add --full")
        if rare["default"] and not filters.modes:
            said.append(f"other dtypes than {FURTHER_DTYPE} in other modes of {rare['default']} of them: add --full")
    if filters.tier == "quick":
        if rare["default"]:
            said.append(f"{rare['default']} entry points and configs: leave --quick away")
        said.append("second derivatives and forward mode")
        said.append("the dense grids: every edge case is there, the values between them are not")
        if not filters.modes:
            said.append("all modes but the first of each adapter in binary16, bfloat16 and binary64")
    return said


def _tier(adapter: Adapter, entry: EntryPoint) -> str:
    """The smallest tier that measures an entry point: its own, but nothing new before its adapter goes further."""
    return entry.tier if entry.tier == "quick" else max(entry.tier, adapter.further, key=case_space.TIERS.index)


def _subjects(adapter: Adapter, device: str) -> list[Subject]:
    return [
        Subject(adapter.name, e.path, e.key, mode, dtype, device)
        for e in adapter.entry_points
        for mode in (e.modes or tuple(adapter.modes))
        for dtype in e.dtypes
        if dtype in adapter.names
    ]


def _matches(wanted: str, known: str, field: str) -> bool:
    """Whole names; of a family (keras) every member (keras[jax]); of an entry point its last part too."""
    if wanted == known or wanted == known.replace("[", "-").replace("]", ""):
        return True
    return known.startswith(wanted + "[") if field == "adapter" else known.endswith("." + wanted)


def _any(wanted: Sequence[str], known: str, field: str) -> bool:
    return any(_matches(name, known, field) for name in wanted)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")


class Plan:
    """Sources, with everything about a subject that follows from data alone."""

    def __init__(self, found: Sequence[Source], tier: str = "default") -> None:
        self.sources = {source.adapter.name: source for source in found}
        self.tier = tier
        self._jobs: dict[tuple[Subject, str], Job] = {}

    def has(self, subject: Subject) -> bool:
        """Whether the adapters still offer a subject."""
        return subject in _subjects(self.sources[subject.adapter].adapter, subject.device)

    def entry(self, subject: Subject) -> EntryPoint:
        """The entry point of a subject."""
        found = entry_point(self.sources[subject.adapter].adapter, subject.entry_point, subject.config)
        assert found is not None  # subjects are made from the adapters' own data
        return found

    def worker(self, subject: Subject) -> WorkerKey:
        """The worker a subject runs in."""
        source = self.sources[subject.adapter]
        environ = tuple(sorted(source.adapter.environ(subject.dtype, subject.device).items()))
        return WorkerKey(source.python, source.file, subject.adapter, environ, subject.device)

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
        reached = case_space.TIERS.index(self.tier) >= case_space.TIERS.index(adapter.further)
        if not adapter.derivatives or not reached:
            return {}
        narrow = self.tier == "default" or self.entry(subject).tier == "full"
        places = subject.mode == next(iter(adapter.modes)), subject.dtype == FURTHER_DTYPE
        if not (all(places) if narrow else any(places)):
            return {}
        return quantities.further(self._stated(subject), adapter.derivatives)

    def tier_of(self, subject: Subject, quantity: str) -> str:
        """The tier whose cases a quantity gets.

        What an audit adds to the quick tier gets edges alone, but in one dtype of the full tier: alike in all modes.
        """
        added = self.entry(subject).tier != "quick" or quantity in self._further(subject)
        dense = self.tier == "full" and subject.dtype == FURTHER_DTYPE
        return "quick" if added and not dense else self.tier

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
