"""The point an increment builds on: proven on both sites by snapshot id and creation time, never by name (I7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.facts import Snapshot
from hadoop_dr.domain.service_state import Point, ServiceState
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.ground import Ground


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the next increment may build on.

    Attributes:
        point: The newest sealed point whose snapshots exist on both sites; None when a run has to be full.
        lost: Why newer sealed points cannot serve, one sentence each.
    """

    point: Point | None
    lost: tuple[str, ...] = ()

    def snapshot(self, root: str) -> str | None:
        """Name of the baseline's snapshot of a root; None when that root was not part of it."""
        if self.point is None:
            return None
        taken = self.point.taken["roots"].get(root)
        return str(taken["snapshot"]) if taken else None

    def target_snapshot(self, root: str) -> str | None:
        """Name of the target's snapshot that a plan on this baseline binds to; after a repair or undo another one."""
        if self.point is None:
            return None
        base = self.point.bases.get(root)
        return str(base["snapshot"]) if base else None

    def live_files(self, root: str) -> int | None:
        """Files that its point holds of a root, on both sites; None when the point does not say."""
        live = self.point.sealed["summary"].get("live", {}) if self.point else {}
        return int(live[root]) if root in live else None


def find_baseline(ground: Ground, state: ServiceState, wanted: Collection[str] | None = None) -> Baseline:
    """Looks from the newest sealed point backwards for one that is whole on both sites.

    Behind a damaged point none is looked for: the live tree holds what is damaged, so everything has to be compared.

    Args:
        wanted: It has to be whole in these roots; one that was taken out of the policy may be gone. None for all.
    """
    lost: list[str] = []
    for point in reversed(state.sealed()):
        problem = _problem(ground, point, wanted)
        if problem is None:
            return Baseline(point, tuple(lost))
        lost.append(f"point {point.point}: {problem}")
        if point.damaged:
            break
    return Baseline(None, tuple(lost))


def _problem(ground: Ground, point: Point, wanted: Collection[str] | None) -> str | None:
    if point.damaged:
        return f"marked damaged ({point.damaged})"
    for side in (ground.source, ground.target):
        recorded = recorded_snapshots(point, side.name)
        if recorded is None:
            return f"has no snapshots on {side.name}"
        bases = point.base if side is ground.target else {}
        for root, snapshot in (*recorded.items(), *bases.items()):
            if wanted is not None and root not in wanted:
                continue
            if problem := snapshot_problem(side.namenode, root, snapshot):
                return problem
    return None


def recorded_snapshots(point: Point, site: str) -> Mapping[str, Mapping[str, Any]] | None:
    """Snapshots of a sealed point on a site as the ledger recorded them, by root; None when it has none there."""
    if site in point.gone:
        return None
    if site == point.source:
        return point.taken.get("roots")
    if site == point.target:
        return point.sealed.get("snapshots")
    return None


def snapshot_problem(namenode: NameNode, root: str, recorded: Mapping[str, Any]) -> str | None:
    """Says why a recorded snapshot cannot be relied on; None when it is the very one that was recorded."""
    for found in snapshots_of_root(namenode, root):
        if found.name == recorded["snapshot"]:
            if (found.id, found.created_ms) != (recorded["id"], recorded["created_ms"]):
                return f"{namenode.site}:{root}/.snapshot/{found.name} is another snapshot than the recorded one"
            return f"{namenode.site}:{root}/.snapshot/{found.name} is marked for deletion" if found.deleted else None
    return f"{namenode.site}:{root}/.snapshot/{recorded['snapshot']} is gone"


def snapshots_of_root(namenode: NameNode, root: str) -> Sequence[Snapshot]:
    """Gives a root's snapshots; none when somebody removed the directory itself."""
    try:
        return namenode.snapshots(root)
    except NotFound:
        return []


def record(snapshot: Snapshot) -> dict[str, Any]:
    """Writes a snapshot the way the ledger keeps it."""
    return {"snapshot": snapshot.name, "id": snapshot.id, "created_ms": snapshot.created_ms}
