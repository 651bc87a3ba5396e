"""What entry points promise of shapes, dtypes and errors; one file a framework, each sentence quoted with its source.

A promise speaks of trials by name (``conformance.behaviour.arrangements``). Where several do, each question (does the
documentation accept, exclude or reject this call; which shape, which dtype comes back) is answered by the first in
the file that speaks of it. What no promise speaks of, the documentation is silent on.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from conformance.adapter import EntryPoint

ACCEPTS = "accepts"
"""The documentation says that such a call works."""

EXCLUDES = "excludes"
"""It asks for something else, and does not say what happens instead: an error is right, a result is a fact."""

RAISES = "raises"
"""It says that such a call raises."""

RETURNS = "returns"
"""It says nothing on whether the call works, but what shape or dtype a result has."""

EVERY = (
    "shape.*",
    "unequal.*",
    "layout.*",
    "dtypes.*",
    "labels.*",
    "prediction.*",
    "domain.*",
    "weight.*",
    "pos_weight.*",
    "argument.*",
)
"""All trials that ask for the loss, none that asks for its gradient."""


@dataclass(frozen=True)
class Form:
    """How an entry point is called, where its measured expression does not show it.

    Attributes
    ----------
    entry_point : str
        Its import path.
    code : str
        An expression over ``prediction`` and ``label``. ``{key}`` becomes a value of the config, ``{more}`` the
        static arguments that a trial adds.
    targets : str
        What labels are: ``binary``, ``signs`` (-1 or 1), ``indices`` (of classes) or ``distributions`` (rows).
    config : tuple of (key, value)
        Of the configs it is for.
    index : str
        The dtype of indices that nobody would call odd.
    """

    entry_point: str
    code: str
    targets: str
    config: tuple[tuple[str, Any], ...] = ()
    index: str = "int32"

    def fits(self, entry: EntryPoint) -> bool:
        """Whether it is the form of an entry point."""
        return entry.path == self.entry_point and all(entry.config.get(k) == v for k, v in self.config)


@dataclass(frozen=True)
class Promise:
    """One sentence of a documentation.

    Attributes
    ----------
    entry_point : str
        Whose, a glob over import paths.
    trials : tuple of str
        Of which trials it speaks, globs over their names.
    says : str
        ``accepts``, ``excludes``, ``raises`` or ``returns``.
    source, quote : str
        The page, and its words.
    errors : tuple of str
        With ``raises``, the exceptions that are named; empty where any will do.
    shape : str
        Of the result: ``prediction``, ``labels`` or ``rows`` (the prediction's, without its last axis).
    dtype : str
        Of the result: one of ours, or ``prediction``.
    targets : str
        What labels are, where it speaks of one sort only.
    config : tuple of (key, value)
        Of the configs it speaks of, where it does not of all.
    """

    entry_point: str
    trials: tuple[str, ...]
    says: str
    source: str
    quote: str
    errors: tuple[str, ...] = ()
    shape: str = ""
    dtype: str = ""
    targets: str = ""
    config: tuple[tuple[str, Any], ...] = ()

    def covers(self, entry: EntryPoint, targets: str, trial: str) -> bool:
        """Whether it speaks of a trial of an entry point."""
        meant = fnmatchcase(entry.path, self.entry_point) and self.targets in ("", targets)
        told = all(entry.config.get(key) == value for key, value in self.config)
        return meant and told and any(fnmatchcase(trial, glob) for glob in self.trials)


@dataclass(frozen=True)
class Documented:
    """What is documented of one trial, all promises together.

    Attributes
    ----------
    says : str
        ``accepts``, ``excludes``, ``raises``, or empty where the documentation is silent.
    errors : tuple of str
    shape, dtype : str
        Empty where the documentation is silent.
    promises : tuple of Promise
        Those that answered.
    """

    says: str = ""
    errors: tuple[str, ...] = ()
    shape: str = ""
    dtype: str = ""
    promises: tuple[Promise, ...] = ()

    @property
    def quotes(self) -> str:
        """The words of those promises, each with its source, or nothing."""
        return " ".join(f"“{p.quote}” ({p.source})" for p in self.promises)


def names() -> list[str]:
    """The files' names."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


@cache
def _modules() -> tuple[Any, ...]:
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names())


def forms() -> tuple[Form, ...]:
    """All forms, in the order of their files."""
    return tuple(form for module in _modules() for form in getattr(module, "FORMS", ()))


@cache
def promises() -> tuple[Promise, ...]:
    """All promises, in the order of their files."""
    return tuple(promise for module in _modules() for promise in module.PROMISES)


def documented(entry: EntryPoint, targets: str, trial: str) -> Documented:
    """What is documented of a trial of an entry point.

    Parameters
    ----------
    entry : EntryPoint
    targets : str
        What labels are.
    trial : str
        The trial's name.
    """
    speaking = [p for p in promises() if p.covers(entry, targets, trial)]
    says = next((p for p in speaking if p.says != RETURNS), None)
    shape = next((p for p in speaking if p.shape), None)
    dtype = next((p for p in speaking if p.dtype), None)
    return Documented(
        says.says if says else "",
        says.errors if says else (),
        shape.shape if shape else "",
        dtype.dtype if dtype else "",
        tuple(dict.fromkeys(p for p in (says, shape, dtype) if p)),
    )
