"""The forms that a run is reported in, one file each; the file's name is the form's.

Its docstring's first line says what it is. A form file states:

``FILE``
    Optional: the name of the file that it is written to, in the run's folder, where none is named. Without it the form
    is text for standard output.
``made(given)``
    The text.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from conformance.auditing import Working
    from conformance.expectations import Assessment, Expectations
    from conformance.formats import Bits
    from conformance.report.page.told import Before
    from conformance.run import Run
    from conformance.subject import Source
    from conformance.sweep.outcome import Outcome


@dataclass(frozen=True)
class Given:
    """What there is to report.

    Attributes
    ----------
    run : Run
    assessment : Assessment
        The run, held against what is known.
    known : Expectations
    folder : Path
        Where the run lies.
    found : sequence of Source
        The adapters.
    working : callable
        Shows progress.
    observed : mapping of str to ndarray of unsigned integers
        The observations beside the run, or none.
    before : Before or None
        What it is compared with.
    sweeps : mapping of str to sequence of Outcome
        By test, what sweeps left beside the run.
    """

    run: Run
    assessment: Assessment
    known: Expectations
    folder: Path
    found: Sequence[Source]
    working: Working
    observed: Mapping[str, Bits] = field(default_factory=dict)
    before: Before | None = None
    sweeps: Mapping[str, Sequence[Outcome]] = field(default_factory=dict)


class Form(Protocol):
    """What a form's file provides."""

    def made(self, given: Given) -> str: ...


def names() -> list[str]:
    """The names of all forms."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def summaries() -> dict[str, str]:
    """What each form is, by its name; none is imported, since the help of every command would wait for it."""
    texts = {name: Path(__path__[0], f"{name}.py").read_text(encoding="utf-8") for name in names()}
    docs = {name: ast.get_docstring(ast.parse(text)) or "" for name, text in texts.items()}
    return {name: doc.splitlines()[0] for name, doc in docs.items()}


def load(name: str) -> Form:
    """A form by its name."""
    module: Any = importlib.import_module(f"{__name__}.{name}")
    form: Form = module
    return form
