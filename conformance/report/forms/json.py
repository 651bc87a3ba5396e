"""The run as JSON with what is expected of it: each finding with its cause, and what is stale."""

from __future__ import annotations

from json import JSONEncoder, loads
from typing import Any

from conformance.expectations import assessed_findings
from conformance.report.forms import Given
from conformance.run import to_text

SCHEMA = "bce-conformance/report/1"
"""Names the format."""


def made(given: Given) -> str:
    """The run with its assessment.

    ``findings`` has an ``id``, a ``verdict``, the ``ulp`` figure, the ``cause`` (null: unexpected), ``expected``, and
    the ``reason`` of what is unexpected.

    Parameters
    ----------
    given : Given
    """
    assessment = given.assessment
    findings: list[dict[str, Any]] = [
        {**one, "expected": one["id"] in assessment.expected, "reason": assessment.unexpected.get(one["id"])}
        for one in assessed_findings(given.run, assessment)
    ]
    named = {name for one in findings if one["cause"] for name in one["cause"].split("+")}
    causes = {name: given.known.causes[name] for name in sorted(named) if name in given.known.causes}
    whole = loads(to_text(given.run)) | {
        "schema": SCHEMA,
        "run_schema": given.run.schema,
        "findings": findings,
        "causes": {name: {"why": cause.why, "link": cause.link} for name, cause in causes.items()},
        "stale": assessment.stale,
        "exit_status": assessment.exit_status,
    }
    return JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(whole) + "\n"
