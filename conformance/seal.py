"""The checksums over the golden files: read only what is intact, write all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version

from conformance.places import golden_folder

MANIFEST = "MANIFEST.json"
REMEDY = "restore golden/ from the release, or run: bce-conformance golden write"


class GoldenError(Exception):
    """A golden file that cannot be trusted; the message is one sentence that says what to do."""

    exit_status = 3


def sealed(name: str) -> str:
    """The text of a golden file, if it is what the manifest says.

    Parameters
    ----------
    name : str
        In the folder of the goldens.

    Raises
    ------
    GoldenError
        When the file is missing or differs from its checksum.
    """
    try:
        raw = (golden_folder() / name).read_bytes()
        expected = json.loads((golden_folder() / MANIFEST).read_text())["sha256"][name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GoldenError(f"{name}: cannot be read with its checksum ({error}); {REMEDY}") from error
    if hashlib.sha256(raw).hexdigest() != expected:
        raise GoldenError(f"{name}: differs from its checksum in {MANIFEST}; {REMEDY}")
    return raw.decode("ascii")


def write(texts: Mapping[str, str]) -> None:
    """Replace golden files and their manifest, each whole or not at all.

    Parameters
    ----------
    texts : mapping of str to str
        File name → text.
    """
    for name, text in {**texts, MANIFEST: manifest(texts)}.items():
        temporary = golden_folder() / (name + ".tmp")
        temporary.write_text(text, encoding="ascii", newline="\n")
        os.replace(temporary, golden_folder() / name)


def manifest(texts: Mapping[str, str]) -> str:
    """The manifest: checksums, and the versions of the tools that made the files."""
    tools = {name: version(name) for name in ("mpmath", "python-flint")} | {"python": platform.python_version()}
    sums = {name: hashlib.sha256(text.encode("ascii")).hexdigest() for name, text in texts.items()}
    return json.dumps({"format": "bce-conformance/golden/1", "tools": tools, "sha256": sums}, indent=1) + "\n"
