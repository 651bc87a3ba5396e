"""A file that is written whole or not at all: a reader never sees half of it, and a failure leaves what was there."""

import os
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name beside it, and rename it.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    OSError
        It cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
