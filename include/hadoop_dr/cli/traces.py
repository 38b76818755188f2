"""Where the traceback of an error is kept that nobody foresaw: in a file of its own, for whoever has to repair it."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def keep_trace(error: BaseException, words: Sequence[str]) -> str:
    """Writes the file, mode 600, and says where it is; or why there is none."""
    why = "no directory can be written"
    for directory in _places():
        try:
            return f"the traceback in {_write(directory, error, words)}"
        except OSError as unwritable:
            why = unwritable.strerror or type(unwritable).__name__
    return f"its message; the traceback could not be kept ({why})"


def _places() -> Iterator[str]:
    """The user's directory for such files, else any for temporary ones."""
    state, home = os.environ.get("XDG_STATE_HOME"), os.environ.get("HOME")
    if state and os.path.isabs(state):
        yield str(Path(state) / "hadoop-dr")
    elif home and os.path.isabs(home):
        yield str(Path(home) / ".local/state/hadoop-dr")
    yield tempfile.gettempdir()


def _write(directory: str, error: BaseException, words: Sequence[str]) -> str:
    # No directory of ours where everybody may write: somebody else could have made it.
    if directory != tempfile.gettempdir():
        os.makedirs(directory, mode=0o700, exist_ok=True)
    now = datetime.now(UTC)
    handle, path = tempfile.mkstemp(".txt", f"hadoop-dr-{now:%Y%m%dT%H%M%SZ}-", directory)  # mode 600
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"hadoop-dr {version('hadoop-dr')}, Python {sys.version.split()[0]}, {now:%Y-%m-%dT%H:%M:%SZ}\n")
        file.write(f"called with {list(words)}\n\n")
        file.writelines(traceback.format_exception(error))
    return path
