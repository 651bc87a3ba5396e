"""An SVG badge of how many findings there are, which needs nothing from outside."""

from __future__ import annotations

from jinja2 import Environment

from conformance.expectations import NOTHING_RAN
from conformance.report.forms import Given

LABEL = "bce-conformance"

COLOURS = {"unexpected": "#a32a12", "expected": "#735c0f", "clean": "#1b6e55", "nothing": "#57606a"}
"""White text is readable on each."""

TEMPLATE = """<svg xmlns="http://www.w3.org/2000/svg" width="{{ left + right }}" height="20" role="img" \
aria-label="{{ label }}: {{ words }}">
<title>{{ label }}: {{ words }}</title>
<clipPath id="r"><rect width="{{ left + right }}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="{{ left }}" height="20" fill="#30363d"/>\
<rect x="{{ left }}" width="{{ right }}" height="20" fill="{{ colour }}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">\
<text x="{{ left / 2 }}" y="14" textLength="{{ left - 12 }}">{{ label }}</text>\
<text x="{{ left + right / 2 }}" y="14" textLength="{{ right - 12 }}">{{ words }}</text></g>
</svg>
"""


def made(given: Given) -> str:
    """The badge of a run.

    Parameters
    ----------
    given : Given
    """
    words, state = standing(given)
    left, right = _width(LABEL), _width(words)
    template = Environment(autoescape=True, keep_trailing_newline=True).from_string(TEMPLATE)
    return template.render(label=LABEL, words=words, left=left, right=right, colour=COLOURS[state])


def standing(given: Given) -> tuple[str, str]:
    """What the badge says, and how it stands."""
    expected, unexpected = len(given.assessment.expected), len(given.assessment.unexpected)
    if given.assessment.exit_status == NOTHING_RAN:
        return "nothing ran", "nothing"
    if given.run.broken:
        return f"{given.run.broken[0]['name']} {given.run.broken[0]['status']}", "unexpected"
    if unexpected:
        return f"{unexpected:,} unexpected", "unexpected"
    if given.assessment.stale:
        return f"{len(given.assessment.stale):,} stale", "unexpected"
    return (f"{expected:,} expected", "expected") if expected else ("no findings", "clean")


def _width(text: str) -> int:
    """The room for a text of 11 pixels in a wide face."""
    return 12 + round(6.7 * len(text))
