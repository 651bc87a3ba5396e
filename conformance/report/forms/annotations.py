"""GitHub annotations: at most ten lines, the findings of one reason as one."""

from __future__ import annotations

from collections import Counter

from conformance.expectations import NOTHING_RAN
from conformance.report.figures import count, figure
from conformance.report.forms import Given

MOST = 10
"""GitHub shows no more of a step."""

NUMBERS = str.maketrans("0123456789", "##########")


def made(given: Given) -> str:
    """The commands: errors for what is unexpected or stale, warnings for what has a cause; the last counts the rest.

    Parameters
    ----------
    given : Given
    """
    cells, numbers = given.run.by_id(), {identity: n for n, identity in enumerate(given.run.findings, 1)}
    groups: dict[tuple[str, ...], list[str]] = {}
    for identity in given.run.findings:
        cell = cells[identity]
        cause = given.assessment.expected.get(identity)
        reason = given.assessment.unexpected.get(identity, "")
        key: tuple[str, ...] = ("warning", cause or "")
        if not cause:  # reasons that differ in a figure are one
            key = ("error", cell.adapter, cell.finding or "", reason.translate(NUMBERS))
        groups.setdefault(key, []).append(identity)
    lines = []
    for key, members in sorted(groups.items(), key=lambda pair: pair[0][0] != "error"):
        first = cells[members[0]]
        if key[0] == "warning":
            causes = given.known.named(key[1])
            why = " ".join(f"{cause.why} {cause.link}" for cause in causes)
            title, words = f"{count(len(members), 'finding')} of {key[1]}", why
        else:
            reason = given.assessment.unexpected.get(members[0], "")
            title = f"{count(len(members), 'unexpected finding')} in {first.adapter}: {first.finding}"
            words = reason
        worst = f"The worst: {first.id}, {figure(first)} (explain {numbers[members[0]]})"
        lines.append(_command(key[0], title, f"{words}\n{worst}"))
    if given.assessment.stale:
        causes_of = Counter(given.assessment.stale.values())
        words = ", ".join(f"{number} of {cause}" for cause, number in causes_of.most_common(5))
        gone = count(len(given.assessment.stale), "recorded finding")
        lines.insert(0, _command("error", f"{gone} gone", f"{words}: check why, then run bce-conformance accept"))
    if given.assessment.exit_status == NOTHING_RAN:
        lines.insert(0, _command("error", "Nothing ran", "No framework that is installed delivers what was asked."))
    for record in given.run.broken:
        lines.insert(0, _command("error", f"{record['name']} is {record['status']}", str(record["reason"])))
    if len(lines) > MOST:
        rest = len(lines) - (MOST - 1)
        more = _command("notice", f"{rest} more groups of findings", "See the report of the run.")
        lines = [*lines[: MOST - 1], more]
    return "".join(line + "\n" for line in lines)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
