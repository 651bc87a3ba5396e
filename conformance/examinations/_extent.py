"""Which subjects the tiers put to examinations that take many calls, or compile anew."""

from __future__ import annotations

from conformance import losses
from conformance.adapter import Adapter, EntryPoint
from conformance.plan import Plan
from conformance.subject import Subject

DTYPE = "binary32"
"""The dtype of the default tier, and of what is rare or slow."""


def cheap(adapter: Adapter) -> str:
    """The mode in which many calls cost least: the first, or of those that compile for each shape the one to ask."""
    first = next(iter(adapter.modes))
    return next(mode for mode in adapter.per_shape if mode in adapter.modes) if first in adapter.per_shape else first


def leads(adapter: Adapter, entry: EntryPoint) -> bool:
    """Whether an entry point of the quick tier is the first of its loss.

    Parameters
    ----------
    adapter : Adapter
    entry : EntryPoint
    """
    return entry == next((e for e in adapter.entry_points if e.tier == "quick" and e.loss == entry.loss), None)


def examined(plan: Plan, subject: Subject) -> bool:
    """Whether a tier examines a subject by itself.

    The default tier takes the first entry point of each loss, in the cheap mode and in one that compiles. A full
    audit takes all: what is of the quick tier in binary32 in every mode and in the cheap mode in every dtype, the rest
    in the cheap mode in binary32.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    """
    adapter, entry = plan.sources[subject.adapter].adapter, plan.entry(subject)
    places = subject.dtype == DTYPE, subject.mode == cheap(adapter)
    if plan.tier == "full":
        return any(places) if entry.tier == "quick" else all(places)
    slow = subject.mode in adapter.slow_modes
    asked = subject.mode in (cheap(adapter), next(iter(adapter.per_shape), "")) and not slow
    return plan.tier == "default" and leads(adapter, entry) and asked and subject.dtype == DTYPE


def paired(plan: Plan, subject: Subject) -> bool:
    """Whether a tier compares a subject with another: each pair is a program more, which some modes compile.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    """
    adapter = plan.sources[subject.adapter].adapter
    if subject.mode == cheap(adapter):
        return plan.tier == "full" or (plan.tier == "default" and subject.dtype == DTYPE)
    return plan.tier == "full" and subject.dtype == DTYPE and subject.mode not in adapter.slow_modes


def gradient(adapter: Adapter, entry: EntryPoint) -> str:
    """The derivative by the first argument that an entry point offers, or nothing.

    Parameters
    ----------
    adapter : Adapter
    entry : EntryPoint
    """
    loss = losses.load(entry.loss)
    text = adapter.derivatives.get("reverse", "")
    if not text or ("{hand}" in text and loss.ARGUMENTS[0] not in entry.hand):
        return ""
    return next(name for name, by in loss.QUANTITIES.items() if tuple(by) == loss.ARGUMENTS[:1])
