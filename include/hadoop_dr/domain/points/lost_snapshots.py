"""Which sealed points lost a snapshot that the ledger says they have, from one listing of a site (I7, fault 80).

A point lives on the site it was copied to: there a lost snapshot is damage, as nobody can go back to the point any
more. On its origin only increments and audits build on it; they look for themselves, and compare everything without it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.file_attributes import Snapshot

_SHOWN = 3


def problem_of(recorded: SnapshotRef, found: Iterable[Snapshot]) -> str | None:
    """Says why a recorded snapshot cannot be relied on; None when it is the very one that was recorded.

    Args:
        found: The snapshots that its root has now.
    """
    for one in found:
        if one.name == recorded.name:
            if (one.id, one.created_ms) != (recorded.id, recorded.created_ms):
                return f"{recorded} is another snapshot than the recorded one"
            return f"{recorded} is marked for deletion" if one.deleted else None
    return f"{recorded} is gone"


@dataclass(frozen=True, slots=True)
class LostSnapshots:
    """Points that lost snapshots on one site.

    Attributes:
        copies: Of points that were copied to it, by point: each is damaged.
        origins: Points that were taken on it, oldest first.
    """

    copies: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    origins: tuple[str, ...] = ()

    def origin_warnings(self, site: str) -> list[str]:
        """Says for people what lost snapshots of the origin mean."""
        if not self.origins:
            return []
        more = f" and {len(self.origins) - _SHOWN} more" if len(self.origins) > _SHOWN else ""
        return [
            f"{site} lost snapshots of point {', '.join(self.origins[:_SHOWN])}{more}: the copies are not affected, "
            "but a run that would build on such a snapshot compares everything; find out who removes snapshots"
        ]


def roots_to_judge(state: ServiceState, policy: Policy) -> set[str]:
    """Returns the roots in which a lost snapshot counts: those that are protected now.

    Of a directory that left the policy a person may remove the snapshots by hand; older points then lose it, as is
    documented, and keep everything else.
    """
    newest = state.newest_sealed()
    roots = set(newest.roots) if newest else set()
    if newest is not None and policy.protected() == newest.taken.protect:
        return roots
    return roots.intersection(policy.directories)


def lost_snapshots(
    site: str,
    before: ServiceState,
    found: Mapping[str, Sequence[Snapshot]],
    after: ServiceState,
    judged: Container[str],
) -> LostSnapshots:
    """Compares what a site lists with what the ledger records.

    Args:
        before: What was known before the listing: a point that was sealed since may not be in it.
        found: The snapshots of every directory that the service may have some in; one that is left out has none.
        after: The ledger, read after the listing: whoever removes a snapshot of ours says so there first.
        judged: Roots that count.
    """
    copies, origins = dict[str, list[Finding]](), list[str]()
    named = {root: {one.name: one for one in shots} for root, shots in found.items()}
    for point in after.sealed():
        if not _was_sealed(before.points.get(point.point)) or site in point.gone:
            continue
        if lost := list(_lost_of(point, site, named, judged)):
            if site == point.destination:
                copies[point.point] = lost
            else:
                origins.append(point.point)
    return LostSnapshots(copies, tuple(origins))


def _was_sealed(point: Point | None) -> bool:
    return point is not None and point.state is PointState.SEALED


def _lost_of(
    point: Point, site: str, named: Mapping[str, Mapping[str, Snapshot]], judged: Container[str]
) -> Iterator[Finding]:
    for root, kept in point.records_on(site).items():
        if root not in judged:
            continue
        there = named.get(root, {}).get(kept.name)
        if there is None or (there.id, there.created_ms, there.deleted) != (kept.id, kept.created_ms, False):
            recorded = SnapshotRef(site, root, kept.name, kept.id, kept.created_ms)
            yield Finding(root, "", problem_of(recorded, [there] if there else []) or "")
