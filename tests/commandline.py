"""The command line as a user runs it, and which frameworks must be there."""

import os
import subprocess
import sys

REQUIRED = tuple(filter(None, os.environ.get("BCE_REQUIRE", "").split(",")))
"""Adapters that may not be missing; elsewhere tests of a missing framework are skipped, with the reason."""


def bce(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
