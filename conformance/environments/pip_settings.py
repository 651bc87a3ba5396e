"""What pip is configured with, for uv, which reads nothing of pip's: indexes, links, certificates.

``bootstrap.py`` has the same few lines. It makes the environment of this project with the standard library alone and
stands outside the package, so neither can import the other; a test holds the two together.
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress

PIP_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
    "constraint": ("UV_CONSTRAINT", " "),
}
"""pip's option, and uv's variable with what separates its values."""

OFF = ("", "0", "f", "false", "n", "no", "off")
"""What pip takes for no."""


def configuration(pythons: Iterable[str], variables: Mapping[str, str] = os.environ) -> str:
    """What ``pip config list`` prints for the first interpreter that has pip; the PIP_ variables where none has."""
    for python in pythons:
        asked = [python, "-m", "pip", "config", "list"]
        with suppress(OSError):
            done = subprocess.run(asked, capture_output=True, text=True, check=False, env=dict(variables))
            if done.returncode == 0:
                return done.stdout
    options = {name: name.removeprefix("PIP_").lower().replace("_", "-") for name in variables if name[:4] == "PIP_"}
    return "".join(f":env:.{option}={variables[name]!r}\n" for name, option in options.items())


def for_uv(listed: str) -> dict[str, str]:
    """Translate the lines of ``pip config list``, such as ``global.find-links='wheels'``, into uv's variables."""
    # pip takes the best version of all indexes; uv would stop at the first index that has the name.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for option, words in _said(listed).items():
        if option in PIP_TO_UV:
            name, separator = PIP_TO_UV[option]
            settings[name] = separator.join(map(os.path.expanduser, words))
    return settings


def options_for_uv(listed: str) -> tuple[str, ...]:
    """The same of what uv has an option for, and no variable."""
    words = _said(listed).get("no-index", ["no"])
    return () if "".join(words).lower() in OFF else ("--no-index",)


def _said(listed: str) -> dict[str, list[str]]:
    """The words of each option."""
    found = {}
    for section in ("global.", "install.", ":env:."):   # the later overrides the earlier, as in pip
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section):
                found[key.removeprefix(section)] = str(ast.literal_eval(value)).split()
    return found
