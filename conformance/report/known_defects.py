"""The list of known defects on the terminal: a line each, aligned; then how many are in which state."""

from collections.abc import Sequence

from rich.text import Text

from conformance.known_defects.checks import STATES, Checked, counts

STYLES = {"present": "red", "changed": "yellow", "fixed": "green"}


def table(found: Sequence[Checked]) -> list[Text]:
    """The list as styled lines.

    Parameters
    ----------
    found : sequence of Checked
        In the order in which they are to stand.
    """
    names = [" ".join(filter(None, (checked.framework, checked.version))) for checked in found]
    links = [checked.check.defect.links[0] for checked in found]
    wide = [max(map(len, column), default=0) for column in (STATES, names, links)]
    lines = [
        Text.assemble(
            (checked.state.ljust(wide[0]), STYLES.get(checked.state, "")),
            f"  {name:<{wide[1]}}  {link:<{wide[2]}}  ",
            checked.said,
        )
        for checked, name, link in zip(found, names, links, strict=True)
    ]
    total = ", ".join(f"{count} {state}" for state, count in counts(found).items() if count)
    reports = len({checked.check.defect.report for checked in found})
    meant = [f"{state} is: {words}" for state, words in STATES.items() if counts(found)[state]]
    return [*lines, Text(), Text("; ".join(meant)), Text(f"{reports} reports, {len(found)} checks: {total}", "bold")]
