"""What is said of an error in one line, be it of ours or one that nobody foresaw."""

from __future__ import annotations

_LONGEST = 300


def ended_by(error: BaseException) -> str:
    """Says in one line which error, not of ours, ended something."""
    try:
        text = str(error)
    except Exception:
        text = "an error that cannot be written"
    said = " ".join(text.split())
    return f"ended by {type(error).__name__}" + (f": {said[:_LONGEST]}" if said else "")
