"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from liesym.errors import DataError


def write_whole(path: str | Path, content: str | bytes, *, folder: bool = False) -> Path:
    """Write a file so that it is there whole or not at all, also when the process is killed.

    Arguments:
        folder: make the folder where it is missing.

    Returns:
        The path.

    Raises:
        DataError: the folder is missing (and cannot be made), or the file cannot be written.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    temporary = ""
    try:
        if folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise DataError(
            f"{target} cannot be written: {error.strerror or error}; choose a folder that can be written"
        ) from error
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
