"""What a loss function is, as text that fits a terminal and pastes into an issue. ASCII alone."""

from __future__ import annotations

import math
import textwrap

from conformance.identify.identification import WEAK, Identification, Probe, Property

WIDTH = 100
NAME, SURE = 20, 10
SKIPPED = ("arrangement",)
"""What only a program wants to know, where it is the plain one."""


def identification(answer: Identification, probes: bool = True) -> str:
    """The verdict, the properties with what decided them, agreements and warnings.

    Parameters
    ----------
    answer : Identification
    probes : bool
        Whether to show the probes that decided.
    """
    lines = wrapped(answer.verdict)
    how = f"by {answer.calls} calls with arrays of {answer.framework}"
    lines += ["", *wrapped(f"Of {answer.target}, {how}: {answer.confidence}.")]
    for warning in answer.warnings:
        lines += ["", *wrapped(f"WARNING: {warning}", "", "  ")]
    if answer.properties:
        lines += ["", f"{'property':{NAME}} {'sure':{SURE}} answer, and the probe that decided"]
        for entry in answer.properties:
            if entry.name not in SKIPPED or entry.value != "vectors":
                lines += _property(entry, probes)
    if answer.loss:
        lines += ["", *_certified(answer)]
    if answer.compared:
        lines += ["", *_agreements(answer)]
    return "\n".join(lines) + "\n"


def wrapped(words: str, first: str = "", others: str = "") -> list[str]:
    """Lines of at most so many characters; a path is never cut.

    Parameters
    ----------
    words : str
    first, others : str
        What the first line begins with, and what the others do.
    """
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _property(entry: Property, probes: bool) -> list[str]:
    indent = " " * (NAME + SURE + 2)
    first = f"{entry.name:{NAME}} {entry.confidence:{SURE}} "
    lines = wrapped(first + entry.words, "", indent)
    if probes and entry.probe is not None:
        lines += wrapped(shown(entry.probe), indent + "  ", indent + "  ")
    return lines


def shown(probe: Probe, close: bool = True) -> str:
    """A probe in words: where, what came back, what each hypothesis would give.

    Parameters
    ----------
    probe : Probe
    close : bool
        Whether what is alike to seven digits is as due.
    """
    at = ", ".join(f"{role} {_number(value)}" for role, value in probe.inputs.items())
    said = f"{at}: got {_number(probe.got) if close else probe.got}"
    if not math.isnan(probe.expected):
        alike = not isinstance(probe.got, str) and _number(probe.got) == _number(probe.expected)
        said += (", as due" if close else f", due {probe.expected!r}") if alike else f", due {_number(probe.expected)}"
    return said + (f"; {_number(probe.otherwise)} {probe.instead}" if probe.instead else "")


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.7g}"


def _certified(answer: Identification) -> list[str]:
    name = f"{answer.loss}, contract {answer.contract}"
    if answer.certified is None:
        return wrapped(f"In this project's words: {name}.")
    found = answer.certified
    words = f"In this project's words: {name}. Held against its certified values at {found.probes} inputs: "
    if found.close == found.probes:
        words += f"within {_ulp(found.max_ulp)} ULP everywhere."
    else:
        assert found.worst is not None
        words += f"within {WEAK:g} ULP at {found.close}; worst at {shown(found.worst, close=False)}."
    return wrapped(words)


def _ulp(value: float) -> str:
    return f"{value:.2g}" if value < WEAK else f"{value:.3g}"


def _agreements(answer: Identification) -> list[str]:
    asked = ", ".join(answer.compared)
    if not answer.agreements:
        return wrapped(f"No entry point of {asked} returns the same.")
    lines = [f"Compared with the entry points of {asked}:"]
    for found in answer.agreements[:6]:
        if found.identical:
            how = "the same bits"
        elif found.max_ulp == 0:
            how = "the same but for the sign of a zero"
        else:
            how = f"the same bits at {found.same} of {found.probes}, within {found.max_ulp:.3g} ULP"
        lines += wrapped(f"{found.entry_point}, {found.dtype}: {how}", "  ", "    ")
    return lines

