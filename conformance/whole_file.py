"""A file that is written whole or not at all: a reader never sees half of it, and a failure leaves what was there."""

import os
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name beside it, and rename it.

    A link stays a link: what it names is written. A device or a pipe is written to as it is.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    content : str or bytes
        Text is written as UTF-8; what UTF-8 cannot hold, such as an odd byte of a path, as its escape.

    Raises
    ------
    OSError
        It cannot be written; nothing is left behind.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
