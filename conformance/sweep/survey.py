"""What a sweep of one subject needs to know before it starts: its quantities, its probes, its shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance import losses, oracle, quantities
from conformance.formats import FORMATS
from conformance.measure import Pool
from conformance.plan import Plan
from conformance.probe import PROBE_LENGTHS, probe_flags
from conformance.subject import Subject
from conformance.sweep.shard import Hunt, Shard, SweepError, Swept, job_of
from conformance.sweep.space import Column, label_of, labels, shards

SAMPLE = 4096
"""Patterns of a first call, which shows what a subject delivers."""

HARD = ("hard0", "hard1")
CLASSES = (*HARD, "soft")
"""The classes of labels: all are exhausted in 16 bits, the hard ones in 32, and what is left is searched."""


class Undelivered(SweepError):
    """A subject of which there is nothing to sweep here."""


@dataclass(frozen=True)
class Survey:
    """A subject that can be swept.

    Attributes
    ----------
    subject : Subject
    swept : tuple of Swept
        What is measured together: the loss with its first derivative, and in 16 bits the second one by itself.
    shards : tuple of Shard
        Of what is exhausted.
    hunts : tuple of Hunt
        Of what is searched.
    """

    subject: Subject
    swept: tuple[Swept, ...]
    shards: tuple[Shard, ...]
    hunts: tuple[Hunt, ...]


def sweepable(plan: Plan, subject: Subject) -> bool:
    """Whether a subject can be swept: its loss has a fast oracle."""
    return oracle.available(plan.entry(subject).loss)


def survey(plan: Plan, subject: Subject, pool: Pool, wanted: Sequence[str] = ()) -> Survey:
    """Probe a subject, and see what it delivers.

    Parameters
    ----------
    plan : Plan
    subject : Subject
        One that can be swept.
    pool : Pool
    wanted : sequence of str
        Label classes; none means all.

    Raises
    ------
    Undelivered
        There is no loss of it here.
    SweepError
        A first call went wrong.
    """
    fmt, entry = FORMATS[subject.dtype], plan.entry(subject)
    loss = losses.load(entry.loss)
    first = loss.ARGUMENTS[0]
    classes = [c for c in wanted or CLASSES if not entry.labels or c in entry.labels]
    by_class = {c: tuple(y for y in labels(fmt, soft=True) if label_of(y, fmt)[1] == c) for c in classes}
    exhausted = {16: CLASSES, 32: HARD}.get(fmt.width, ())
    chosen = [y for c in classes if c in exhausted for y in by_class[c]]
    hunted = tuple(by_class[c] for c in classes if c not in exhausted)
    # A sweep's arrays are long, and what long arrays show is what counts.
    flags = probe_flags(pool.observe(plan.probe(subject, PROBE_LENGTHS[-1])), plan.computes(subject))
    source = plan.sources[subject.adapter]
    families = _families(loss.QUANTITIES, first, entry.fixed, fmt.width == 16)
    found: list[Swept] = []
    for names, steps in families:
        swept = Swept(source.file, source.python, subject, names, steps, flags)
        said = pool.observe(job_of(swept, plan, Column(by_class[classes[0]][0], 0, SAMPLE)))
        if said.status == "ok":
            found.append(swept)
        elif not steps:
            raise Undelivered(f"{subject.id} delivers no loss to sweep ({said.status}: {said.message})")
        elif said.status != "unsupported":
            raise SweepError(f"{subject.id}: {said.status}: {said.message}; audit it first")
    if any(len(swept.quantities) == 2 for swept in found):
        found = [swept for swept in found if swept.steps]  # the loss comes with its derivative
    pieces = shards(first, fmt, chosen, mirrored=first == "logit") if chosen else []
    every = tuple(Shard(swept, columns) for swept in found for columns in pieces)
    hunts = tuple(Hunt(swept, hunted) for swept in found if hunted)
    return Survey(subject, tuple(found), every, hunts)


def _families(
    stated: Mapping[str, tuple[str, ...]], first: str, fixed: Sequence[str], second: bool
) -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
    """What one call yields: the loss; the loss and its first derivative; where asked for, the second one."""
    by = {arguments: name for name, arguments in stated.items()}
    found: list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = [(("loss",), ())]
    if first not in fixed:
        step = (quantities.REVERSE, first)
        found.append((("loss", by[first,]), (step,)))
        if second and (first, first) in by:
            found.append(((by[first, first],), (step, step)))
    return found
