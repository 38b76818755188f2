"""Whether a NameNode takes as many more snapshots as a service needs; it counts those of everybody.

HDFS bounds them for each directory and for the whole file system, and numbers them from one on without ever taking a
number back. At a bound nobody on that cluster can take a snapshot any more, so it is told long before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hadoop_dr.domain.check_results import Result, fail, ok, warn
from hadoop_dr.domain.config.quantities import DAY_MS, duration_in_words

FILE_SYSTEM = "dfs.namenode.snapshot.filesystem.limit"
"""How many snapshots all directories together may have."""
DIRECTORY = "dfs.namenode.snapshot.max.limit"
"""How many snapshots one directory may have."""
DEFAULT = 65_536
"""What HDFS takes for either where nothing is set."""
LAST_ID = (1 << 28) - 1
"""The last number that a NameNode gives a snapshot (3.4 and 3.5); it has no other ones after it."""
NONE_NEAR = 2_000
"""With so few nobody asks for the settings: both bounds are 65,536 unless somebody lowered them."""

_NEARLY = 0.8
_SOON_DAYS = 730
_NAME = "snapshots"


@dataclass(frozen=True, slots=True)
class SnapshotLimits:
    """What a NameNode allows.

    Attributes:
        every: Snapshots of all directories.
        each: Snapshots of one directory.
    """

    every: int = DEFAULT
    each: int = DEFAULT


def limits_of(settings: Mapping[str, str]) -> SnapshotLimits:
    """Reads them out of the settings of a NameNode; one that does not say so has the default."""
    every, each = (settings.get(name, "") for name in (FILE_SYSTEM, DIRECTORY))
    return SnapshotLimits(int(every) if every.isdecimal() else DEFAULT, int(each) if each.isdecimal() else DEFAULT)


def room_for(site: str, there: int, roots: int, limits: SnapshotLimits) -> list[Result]:
    """Says what a run would meet that takes one snapshot of each root.

    Args:
        there: How many the cluster has now, whoever took them.
    """
    count = f"{site} has {there} snapshots of its {limits.every} ({FILE_SYSTEM}), whoever took them"
    if there + roots > limits.every:
        return [fail(_NAME, f"{count}, and a point needs {roots} more", _MEND)]
    if there + roots > _NEARLY * limits.every:
        return [warn(_NAME, f"{count}; at the limit nobody can take one there", _MEND)]
    return []


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a rule of retention comes to on a site, with the point that is being made.

    Attributes:
        points: How many points the rule asks for at most.
        snapshots: How many snapshots of each root HDFS then has at most.
        period_ms: How far apart the points are; None where nobody knows.
    """

    points: int
    snapshots: int
    period_ms: int | None = None


def kept_room(site: str, foretold: Foretold, roots: int, limits: SnapshotLimits) -> list[Result]:
    """Says that what retention keeps will not fit, before the first of it is there; and what it keeps unasked.

    Args:
        roots: How many roots each point has.
    """
    each = foretold.snapshots
    every, found = each * roots, list[Result]()
    unasked = f"up to {foretold.points} points, but HDFS lets only the oldest snapshot of a directory go, so it "
    keeps = f"{site}: retention {'asks for ' + unasked if each > foretold.points else ''}keeps up to {each}"
    longest = _longest(foretold, int(_NEARLY * min(limits.each, limits.every // max(roots, 1))))
    if every > _NEARLY * limits.every:
        found.append(warn(
            _NAME,
            f"{keeps} points of {roots} roots, which are {every} snapshots; all services and users of that cluster "
            f"together may have {limits.every} ({FILE_SYSTEM})",
            f"{longest}{_MEND}",
        ))
    if each > _NEARLY * limits.each:
        found.append(warn(
            _NAME,
            f"{keeps} points, and a directory may have {limits.each} snapshots ({DIRECTORY})",
            f"{longest}Keep fewer points (retention), or raise it.",
        ))
    if not found and each > foretold.points:
        found.append(ok(_NAME, f"{keeps} snapshots of each root until they are older than the longest span"))
    return found


def _longest(foretold: Foretold, most: int) -> str:
    """Names the span that still fits, where a longer one is what keeps so many."""
    if foretold.period_ms is None or foretold.snapshots <= foretold.points or most < 2:
        return ""
    return f"No span of retention longer than {duration_in_words((most - 2) * foretold.period_ms)}. "


@dataclass(frozen=True, slots=True)
class Numbered:
    """The highest number that a snapshot of one moment had.

    Attributes:
        number: That the NameNode gave.
        at_ms: The moment.
    """

    number: int
    at_ms: int


def numbers_left(site: str, first: Numbered, last: Numbered) -> Iterator[Result]:
    """Says how long the numbers of a NameNode last, at the rate between two points, where that is not for years.

    Args:
        first, last: The oldest and the newest point that are known.
    """
    left, span_ms = LAST_ID - last.number, last.at_ms - first.at_ms
    a_day = (last.number - first.number) * DAY_MS / span_ms if span_ms > 0 else 0.0
    days = left / a_day if a_day > 0 else float("inf")
    if days < _SOON_DAYS or last.number > _NEARLY * LAST_ID:
        lasts = f": at {a_day:.0f} a day they last {days:.0f} days" if days != float("inf") else ""
        yield warn(
            _NAME,
            f"{site} has used {last.number} of {LAST_ID} numbers for snapshots, and never uses one twice{lasts}; "
            "after the last one nobody can take a snapshot there",
            "Run less often, or protect fewer parent directories instead: each root uses a number in each run.",
        )


_MEND = (
    f"Keep fewer points (retention), protect fewer parent directories instead, or raise {FILE_SYSTEM} in hdfs-site.xml "
    "of its NameNodes and restart them."
)
