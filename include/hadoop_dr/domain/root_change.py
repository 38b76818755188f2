"""Roots that have to make way for others: HDFS lets no directory with snapshots lie in another (DESIGN.md section 6).

A root that points hold snapshots of stays one. Who wants others instead says so, and is told first what it costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from hadoop_dr.domain.checks import Result, fail

_NAME = "roots"


def replaced_roots(held: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """Directories with snapshots that cannot stand beside the new roots, because one lies in the other; sorted.

    Args:
        held: Directories that have snapshots of points.
        new: The roots that are wanted; none lies in another.
    """
    roots = frozenset(new)
    over = {path for root in roots for path in _above(root)}
    return tuple(sorted(one for one in held if one in over or not roots.isdisjoint(_above(one))))


def nesting(site: str, root: str, other: str, held: Collection[str]) -> Result:
    """Says that a root cannot have snapshots, and what helps.

    Args:
        root: The wanted root.
        other: The directory above or below it that has snapshots already.
        held: Directories that have snapshots of the service's own points.
    """
    if other not in held:
        return fail(
            _NAME,
            f"{site}:{root} cannot have snapshots, {other} has them already and HDFS refuses nesting",
            f"Protect {other} instead, or run: hdfs dfsadmin -disallowSnapshot {other}",
        )
    return fail(
        _NAME,
        f"{site}:{root} cannot have snapshots, points of this service hold those of {other} and HDFS refuses nesting",
        f"Declare {other} again; or back up with --change-roots and a --reason: after approval that makes {root} the "
        "root and gives up the older points; what the secondary has there is compared and not copied",
    )


def _above(path: str) -> Iterator[str]:
    """The directories above a path, nearest first, without the root of the file system, which is no root of ours."""
    while path := path.rpartition("/")[0]:
        yield path
