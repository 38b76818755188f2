"""What people are shown of names they did not choose: every character as itself, or as an escape that harms nothing.

A path of HDFS may hold line breaks, colours of a terminal, or bytes that are no text. One line stays one line, and no
name moves the cursor, changes the title of a window, or turns the direction of what follows it.
"""

from __future__ import annotations

import unicodedata

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")  # part of how some scripts are written


def printable(text: str) -> str:
    """Writes harmful characters as escapes, such as ``\\n`` and ``\\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if unicodedata.category(character) in _HARMFUL and character not in _JOINERS:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character


def columns_of(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
