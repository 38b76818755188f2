"""Durations, rates, limits and moments as people write them in a policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from hadoop_dr.domain.config.document import Wrong

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
DAY_MS = 86_400_000
"""Milliseconds of a day."""
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS}
_LONGEST_MS = 3660 * _MS["d"]

_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)/s")
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
}

_YEARS = range(1900, 2200)
"""What a calendar, and the moments that follow from this one, can be counted in anywhere."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:[0-5]\d)?", re.ASCII)


def duration_ms(text: str) -> int:
    """Reads a duration above zero: ``250ms``, ``30s``, ``15m``, ``24h``, ``7d``.

    Raises:
        Wrong: It is none.
    """
    match = _DURATION.fullmatch(text)
    length = Fraction(match[1]) * _MS[match[2]] if match else Fraction(0)
    if length <= 0 or length > _LONGEST_MS or length.denominator != 1:
        raise Wrong(f"'{text}' is not a duration", "Write a number above zero and its unit: 250ms, 30s, 15m, 24h or 7d")
    return int(length)


def duration_text(length_ms: int) -> str:
    """Writes a duration with the largest unit that divides it."""
    unit = next(unit for unit in ("d", "h", "m", "s", "ms") if length_ms % _MS[unit] == 0)
    return f"{length_ms // _MS[unit]}{unit}"


def counted(number: int, thing: str) -> str:
    """Writes a number of things for people: ``1 snapshot``, ``2 snapshots``, ``3 entries``."""
    if number == 1:
        return f"{number} {thing}"
    return f"{number} {thing[:-1]}ies" if thing.endswith("y") else f"{number} {thing}s"


def duration_in_words(length_ms: int) -> str:
    """Writes a measured duration for people: ``2 ms``, ``1.5 s``, ``3 min 5 s``, ``2 h 10 min``, ``3 d 4 h``."""
    if length_ms < 1000:
        return f"{length_ms} ms"
    seconds = length_ms // 1000
    if seconds < 60:
        return f"{length_ms / 1000:.1f} s"
    sizes = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    at = next(n for n, (_, size) in enumerate(sizes) if seconds >= size)
    (large, size), (small, part) = sizes[at], sizes[at + 1]
    return f"{seconds // size} {large}" + (f" {rest} {small}" if (rest := seconds % size // part) else "")


def rate_bytes_s(text: str) -> int:
    """Reads a bandwidth, ``200MB/s`` or ``64MiB/s``; ``none`` is 0, no ceiling.

    Raises:
        Wrong: It is none.
    """
    if text == "none":
        return 0
    match = _RATE.fullmatch(text)
    rate = int(Fraction(match[1]) * _BYTES[match[2]]) if match else 0
    if rate <= 0:
        raise Wrong(f"'{text}' is not a bandwidth", "Write a number above zero and its unit, such as 200MB/s, or none")
    return rate


def count(text: str) -> int:
    """Reads a whole number, 0 or more.

    Raises:
        Wrong: It is none.
    """
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise Wrong(f"'{text}' is not a whole number", "Write digits only")
    return int(text)


def moment_ms(text: str) -> int:
    """Reads an ISO 8601 moment with its zone as milliseconds since the epoch.

    Raises:
        Wrong: It is none, or has no zone.
    """
    match = _MOMENT.fullmatch(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        match = None
    if match is None:
        raise Wrong(f"'{text}' is not a moment", "Write it like 2026-11-20T02:00:00Z")
    if not match["zone"]:
        raise Wrong(f"'{text}' has no time zone", f"Add Z for UTC, or an offset: {text}Z")
    if at.year not in _YEARS:
        raise Wrong(f"'{text}' is in the year {at.year}", f"Write a year from {_YEARS[0]} to {_YEARS[-1]}")
    return int(at.replace(microsecond=0).timestamp()) * 1000 + at.microsecond // 1000


@dataclass(frozen=True, slots=True)
class DeletionLimit:
    """How much one run may delete of the secondary without asking a person (I8).

    Attributes:
        share: Part of what is live there, from 0 to 1.
        at_least: So many files may go however few there are, as long as that is at most half of them. Objects of a
            catalog have no such floor.
    """

    share: Fraction = Fraction(1, 10)
    at_least: int = 100

    def files(self, live: int) -> int:
        """How many of so many files may go."""
        return max(self.objects(live), min(self.at_least, live // 2))

    def objects(self, live: int) -> int:
        """How many of so many objects of one kind may go."""
        return int(self.share * live)

    def __str__(self) -> str:
        return f"{float(self.share * 100):g}%"


def share_of_deletions(text: str) -> Fraction:
    """Reads a share, ``10%``.

    Raises:
        Wrong: It is none.
    """
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?%", text) and (share := Fraction(text[:-1]) / 100) <= 1:
        return share
    raise Wrong(
        f"'{text}' is not a share of what is live",
        "Write a share such as 10% (at most 100%), or {share: 10%, at_least: 100}",
    )
