"""Small files of this machine, replaced so that a reader sees the old one or the new one, whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hadoop_dr.domain.errors import Failed


def replace_text(path: Path, text: str) -> bool:
    """Makes a file, or replaces it unless it says this already; others may read it.

    Returns:
        Whether it was written.

    Raises:
        Failed: It cannot be written.
    """
    data = text.encode()
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
            try:
                made.write(data)
                made.flush()
                os.fsync(made.fileno())
                os.fchmod(made.fileno(), 0o644)
                os.replace(made.name, path)
            except BaseException:
                os.unlink(made.name)
                raise
    except (OSError, ValueError) as error:
        raise Failed(str(path), f"cannot be written ({error})", "Check the directory and its permissions") from error
    return True
