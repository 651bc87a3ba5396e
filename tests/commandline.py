"""The command line as a user runs it, and which frameworks must be there."""

import os
import subprocess
import sys
from collections.abc import Mapping

REQUIRED = tuple(filter(None, os.environ.get("BCE_REQUIRE", "").split(",")))
"""Adapters that may not be missing; elsewhere tests of a missing framework are skipped, with the reason."""


def bce(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with these environment variables besides."""
    command, variables = [sys.executable, "-m", "conformance", *arguments], {**os.environ, **(env or {})}
    return subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, env=variables
    )
