"""What would make runs quicker, or keep them from being refused later: told by ``check``, never a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from hadoop_dr.domain.check_results import Result, ok, warn
from hadoop_dr.domain.runs.moment import OPEN_FILE_MS, SERIAL_MS, each_snapshot_ms

T = TypeVar("T")

CLOSES_EARLY = "dfs.namenode.file.close.num-committed-allowed"
"""How many blocks of a file may be unreported by their DataNodes when it is closed."""

LARGE_NAMES = 20_000
"""A root of so many names holds up the NameNode for a tenth of a second and more when a snapshot goes."""

_TOLD_NAMES = 500_000
_ROOMY = 1.5
_STEP_MS = 50


def close_waits(site: str, settings: Mapping[str, str]) -> Result:
    """Looks whether each file that is written to a site is waited for half a second longer than need be.

    Args:
        settings: The settings of its NameNode.
    """
    allowed = settings.get(CLOSES_EARLY, "0")
    if allowed.isdecimal() and int(allowed) > 0:
        return ok("file closes", f"{site}: the NameNode lets a file be closed before its last block is reported")
    return warn(
        "file closes",
        f"{site}: {CLOSES_EARLY} is {allowed}, so closing a small file usually takes half a second",
        f"Set {CLOSES_EARLY}=1 in hdfs-site.xml of the NameNodes of {site} and restart them: "
        "small increments become faster.",
    )


def no_block_ids(site: str, problem: str, held_days: int) -> Result:
    """Says what follows when a NameNode does not tell the block ids of files.

    Args:
        held_days: How long retention holds what an audit looks back to.
    """
    return warn(
        "fsck",
        f"{site}: its NameNodes do not answer /fsck ({problem}), so no audit comes to its end: every point says 'not "
        f"audited', files that somebody refilled are not found, snapshots of the last audited point are kept for up to "
        f"{held_days} days longer than retention wants, and everything is compared again after that",
        f"Let the acting user call /fsck on the HTTP port of every NameNode of {site}: as a superuser of HDFS, and "
        "through every proxy in between.",
    )


@dataclass(frozen=True, slots=True)
class LastMoment:
    """What one moment of a service took.

    Attributes:
        roots: How many there were.
        skew_ms: What was measured.
    """

    roots: int
    skew_ms: float


def predicted_skew_ms(
    roots: int, trip_ms: float, in_flight: int, last: LastMoment | None = None, open_files: int = 0
) -> float:
    """Says how far apart the snapshots of so many roots will lie.

    They leave together, as many at once as may, and the NameNode takes one after the other; what it needs for each
    is known from the newest point, where that had enough roots to tell, and estimated else.

    Args:
        roots: How many there are now.
        trip_ms: A round trip to the NameNode, measured now.
        in_flight: Requests that leave together.
        last: The newest point.
        open_files: Files that are open on the whole cluster now.
    """
    if roots <= 1:
        return 0.0
    each_ms = each_snapshot_ms(open_files)
    if last is not None and last.roots > 1:
        each_ms = max(0.0, last.skew_ms - trip_ms) / last.roots
    trips = ceil(roots / in_flight)
    return max(trips * trip_ms, trip_ms + roots * each_ms)


def skew_result(
    site: str, roots: int, predicted_ms: float, max_skew_ms: float, open_files: int = 0
) -> list[Result]:
    """Says that the moment will be refused for its skew, before anybody waits for it."""
    if predicted_ms <= max_skew_ms:
        return []
    wanted = ceil(predicted_ms * _ROOMY / _STEP_MS) * _STEP_MS
    many = open_files * OPEN_FILE_MS > SERIAL_MS
    why = f" ({open_files} files are open on this cluster, and each snapshot looks at all of them)" if many else ""
    return [warn(
        "skew",
        f"{site}: the snapshots of {roots} roots will lie about {predicted_ms:.0f} ms apart, "
        f"the limit is {max_skew_ms:g} ms{why}",
        f"Set max_skew: {wanted}ms in the policy, or protect fewer parent directories instead.",
    )]


def is_large(names: int | None) -> bool:
    """Says whether the snapshots of a root go one at a time; one of which nobody knows how large it is counts as large.

    Removing a snapshot walks the whole root while the NameNode does nothing else.
    """
    return names is None or names >= LARGE_NAMES


def removed_together(snapshots: Iterable[tuple[T, int | None]]) -> list[list[T]]:
    """Shares out snapshots so that those of one share may be removed side by side.

    Requests that wait at a NameNode are carried out one after the other, and whoever else asks waits behind them: so
    those of a share have no more names together than one large root. Small ones come first, each large one is alone.

    Args:
        snapshots: Each with how many names its root has; None where nobody knows.
    """
    shares, large, names = list[list[T]](), list[list[T]](), LARGE_NAMES
    for one, count in snapshots:
        if count is None or is_large(count):
            large.append([one])
            continue
        if names + count > LARGE_NAMES or not shares:
            shares.append([])
            names = 0
        shares[-1].append(one)
        names += count
    return [*shares, *large]


def removal_holds(site: str, names: Mapping[str, int]) -> list[Result]:
    """Names the roots of which removing a snapshot holds up every user of a site's NameNode for seconds.

    Args:
        names: How many each root had at the newest point.
    """
    large = sorted(root for root, count in names.items() if count >= _TOLD_NAMES)
    if not large:
        return []
    more = f" and {len(large) - 3} more" if len(large) > 3 else ""
    return [warn(
        "prune",
        f"{site}: removing a snapshot of {', '.join(large[:3])}{more} holds up the NameNode for seconds, as it walks "
        "the whole root",
        "Protect smaller directories, or run the service less often: each new point removes an old one.",
    )]
