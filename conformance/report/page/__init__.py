"""A run as one page for a browser: the matrix, plots of every test, the findings with their scripts, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from conformance import __version__
from conformance.places import RESULTS
from conformance.report.figures import count, time_of
from conformance.report.page.packing import as_text
from conformance.report.page.payload import Told, payload
from conformance.report.scoreboard import DTYPES
from conformance.run import Run

FILE = "report.html"
"""The name of the page in a results folder."""

LARGEST = 1_500_000
"""No page is larger, in bytes."""

PARTS = Path(__file__).with_name("parts")

PROGRAM = (
    *("elements", "data", "numbers"),
    *("standing", "matrix", "matrix_keys"),
    *("points", "plot", "overlay", "cases", "panel"),
    *("issue", "finding", "findings", "comparison", "main"),
)
"""The files of the page's program, in their order."""


@dataclass(frozen=True)
class Other:
    """The run that another is compared with.

    Attributes
    ----------
    name : str
        What the reader calls it.
    words : str
        What it measured.
    changed : str
        What changed, in a sentence of counts.
    remarks : tuple of str
        What a reader has to know before the results.
    """

    name: str
    words: str
    changed: str
    remarks: tuple[str, ...] = ()


def page(told: Told, folder: str = RESULTS, other: Other | None = None) -> str:
    """The page.

    Parameters
    ----------
    told : Told
        The run, and what is known of it.
    folder : str
        Where the run lies, as the reader's commands name it.
    other : Other, optional
        What it is compared with.
    """
    run = told.run
    return _environment().get_template("page.html.j2").render(
        version=__version__,
        title=f"bce-conformance: {', '.join(record['name'] for record in run.adapters) or 'a run'}",
        outcome=outcome(told),
        totals=_totals(told),
        releases=[_release(record) for record in run.adapters if record["status"] == "ok"],
        machine=machine(run),
        settings=", ".join(f"{name}={value}" for name, value in (run.environment.get("variables") or {}).items()),
        tier=run.tier,
        date=time_of(run.date),
        command=run.invocation or "bce-conformance audit",
        folder=folder,
        left_out=run.left_out,
        dtypes=DTYPES,
        other=other.name if other else "",
        other_words=other.words if other else "",
        changed=other.changed if other else "",
        remarks=other.remarks if other else (),
        style=Markup(_part("page.css")),
        program=Markup("\n".join(_part(f"{name}.js") for name in PROGRAM)),
        data=as_text(payload(told)),
    )


def outcome(told: Told) -> str:
    """What came of a run, in a sentence."""
    run, assessment = told.run, told.assessment
    subjects = count(len({cell.subject for cell in run.cells if cell.ran}), "subject")
    broken = "".join(f"{record['name']} is {record['status']}. " for record in run.broken)
    if not any(cell.ran for cell in run.cells):
        return f"{broken}Nothing ran: no framework that is installed delivers what was asked."
    if not run.findings:
        return f"{broken}No finding: {subjects} returned what mathematics or their documentation says."
    open_ones = len(run.findings) if assessment is None else len(assessment.unexpected)
    said = f"{broken}{count(len(run.findings), 'finding')} in {subjects}"
    if open_ones:
        return f"{said}, {open_ones:,} without a recorded cause."
    return f"{said}: each has a recorded cause."


def machine(run: Run) -> str:
    """The machine that a run was measured on."""
    known: Mapping[str, Any] = run.environment
    parts = [known.get("cpu"), f"({run.platform})" if known.get("platform") else None]
    head = " ".join(str(part) for part in parts if part)
    rest = [str(known[name]) for name in ("os",) if known.get(name)]
    threads = [count(int(known["threads"]), "thread")] if known.get("threads") else []
    return ", ".join([head or "a machine that the run does not name", *rest, *threads])


def _totals(told: Told) -> list[tuple[str, str]]:
    run = told.run
    numbers = {
        "subjects": len({cell.subject for cell in run.cells}),
        "cells": len(run.cells),
        "cases": sum(cell.cases for cell in run.cells),
        "findings": len(run.findings),
    }
    if told.assessment is not None:
        numbers |= {"without a cause": len(told.assessment.unexpected)}
        if told.assessment.stale:
            numbers |= {"expected, and gone": len(told.assessment.stale)}
    return [(name, f"{number:,}") for name, number in numbers.items()]


def _release(record: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return f"{record['name']}: {versions}" if versions else str(record["name"])


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(PARTS), autoescape=True, trim_blocks=True, keep_trailing_newline=True)
