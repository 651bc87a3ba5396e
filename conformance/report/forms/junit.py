"""JUnit XML: a test case for each subject and quantity."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from conformance.cell import Cell
from conformance.report.findings import failing_regions
from conformance.report.forms import Given

FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def made(given: Given) -> str:
    """The test cases: what holds an unexpected finding fails, what delivered nothing is skipped.

    Parameters
    ----------
    given : Given
    """
    measurements: dict[str, dict[str, list[Cell]]] = {}
    for cell in given.run.cells:
        measurements.setdefault(cell.adapter, {}).setdefault(cell.measurement, []).append(cell)
    unexpected, stale = given.assessment.unexpected, given.assessment.stale
    root = ET.Element("testsuites", name="bce-conformance")
    for adapter, tests in measurements.items():
        suite = ET.SubElement(root, "testsuite", name=_text(adapter))
        failed = skipped = 0
        versions = given.run.versions(adapter)
        properties = ET.SubElement(suite, "properties")
        for name, version in versions.items():
            ET.SubElement(properties, "property", name=_text(name), value=_text(version))
        for test, cells in tests.items():
            place = f"{adapter}.{cells[0].entry_point}"
            case = ET.SubElement(suite, "testcase", classname=_text(place), name=_text(test))
            found = [cell for cell in cells if cell.id in unexpected]
            if found:
                failed += 1
                _fail(case, found, unexpected)
            elif _undelivered(cells):
                skipped += 1
                ET.SubElement(case, "skipped", message=_text(cells[0].message or "unsupported"))
        suite.attrib |= {"tests": str(len(tests)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    for record in given.run.adapters:
        if record["status"] != "ok":
            broken = record in given.run.broken
            suite = ET.SubElement(root, "testsuite", name=_text(record["name"]), tests="1", failures="0")
            suite.attrib |= {"errors": str(int(broken)), "skipped": str(int(not broken))}
            case = ET.SubElement(suite, "testcase", classname=_text(record["name"]), name="import")
            what = "error" if broken else "skipped"
            ET.SubElement(case, what, message=_text(f"{record['status']}: {record['reason']}"))
    if stale:
        suite = ET.SubElement(root, "testsuite", name="expectations", errors="0", skipped="0")
        suite.attrib |= {"tests": str(len(stale)), "failures": str(len(stale))}
        for identity, cause in stale.items():
            case = ET.SubElement(suite, "testcase", classname="expectations", name=_text(identity))
            ET.SubElement(case, "failure", message=_text(f"the recorded finding is gone ({cause}): run accept"))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _fail(case: ET.Element, found: Sequence[Cell], unexpected: dict[str, str]) -> None:
    first = found[0]
    message = f"{len(found)} of its cells hold an unexpected finding, {first.finding} the first: {unexpected[first.id]}"
    failure = ET.SubElement(case, "failure", message=_text(message), type=_text(first.finding or ""))
    failure.text = _text(failing_regions(found, unexpected))


def _undelivered(cells: Sequence[Cell]) -> bool:
    return all(cell.verdicts.keys() == {"unsupported"} for cell in cells)


def _text(text: object) -> str:
    """Text that XML can hold."""
    return FORBIDDEN.sub("\ufffd", str(text))
