"""Seal, void and prune: the three ends of a point (DESIGN.md sections 4.7 and 4.8, I2, I7, I8)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.facts import Snapshot
from hadoop_dr.domain.ids import point_of_snapshot, snapshot_name
from hadoop_dr.domain.retention import Kept, rule, to_prune
from hadoop_dr.domain.service_state import Claim, Point, PointState, ServiceState
from hadoop_dr.services.backup.baseline import find_baseline, recorded_snapshots
from hadoop_dr.services.backup.ground import Ground, Side
from hadoop_dr.services.backup.preflight import thinning_is_safe

_LOOK_MS = 3_600_000


class Close:
    """Ends points.

    Args:
        ground: The service.
        beat: Called when something was achieved.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def seal(
        self,
        claim: Claim,
        point: Point,
        verified: Mapping[str, Any],
        snapshots: Mapping[str, Any],
        summary: Mapping[str, Any],
    ) -> None:
        """Makes the point visible by one compare-and-append; the other copy of the ledger follows.

        Raises:
            Superseded: The claim is not in force any more; nothing was sealed.
        """
        policy = self._ground.policy
        body = {
            "point": point.point,
            "baseline": summary.get("baseline"),
            "verified": dict(verified),
            "snapshots": dict(snapshots),
            "summary": dict(summary),
            "retention": {"primary": str(policy.retention.primary), "secondary": str(policy.retention.secondary)},
        }
        self._ground.ledger.append_mine(claim, "sealed", body)

    def void(self, claim: Claim, point: str, reason: str) -> None:
        """Gives a point up: the ledger says so, then its snapshots and documents go.

        In this order, because a point without snapshots must never look alive.
        """
        self._ground.ledger.append_mine(claim, "void", {"point": point, "reason": reason})
        self.sweep(self._ground.ledger.known())

    def sweep(self, state: ServiceState) -> list[str]:
        """Removes snapshots and documents of void points; only names the ledger made are touched.

        Returns:
            What could not be removed, one sentence each; the next run tries again.
        """
        left: list[str] = []
        for point in state.points.values():
            if point.state is PointState.VOID and set(point.gone) != set(self._ground.sides):
                left += self._sweep_point(point)
        return left

    def _sweep_point(self, point: Point) -> list[str]:
        left: list[str] = []
        service = self._ground.policy.service
        for side in self._ground.sides.values():
            try:
                for root in side.namenode.snapshottable():
                    for snapshot in side.namenode.snapshots(root):
                        if point_of_snapshot(service, snapshot.name) == point.point:
                            side.namenode.delete_snapshot(root, snapshot.name)
                side.files.remove(self._ground.directory(point.point))
                self._note_gone(side, point.point)
            except DrError as error:
                left.append(f"void point {point.point} is not cleared away on {side.name}: {error}")
        return left

    def _note_gone(self, side: Side, point: str) -> None:
        ledger = self._ground.ledger
        ledger.append("pruned", {"points": [[side.name, point]]}, "sweep", ledger.chain.head_n)

    def prune(self, run: str) -> dict[str, Any]:
        """Removes points that no rule keeps, oldest first, one at a time, on each site by the rule it was sealed under.

        Returns:
            ``{"removed": {site: [points]}, "kept": {site: n}, "warnings": [...]}``.
        """
        ground = self._ground
        removed: dict[str, list[str]] = {}
        kept: dict[str, int] = {}
        warnings: list[str] = []
        for side in ground.sides.values():
            try:
                removed[side.name], kept[side.name] = self._prune_site(side, run)
            except DrError as error:
                warnings.append(f"{side.name} was not pruned: {error}")
            warnings += [*self._sweep_orphans(side), *self._retire_roots(side)]
        return {"removed": removed, "kept": kept, "warnings": warnings}

    def _sweep_orphans(self, side: Side) -> list[str]:
        """Removes snapshots of ours that no point needs: of void points, of candidates that were repaired, of looks.

        Only names that this service's ledger accounts for, and looks older than an hour, are touched, and only in
        directories that are or were its roots: a cluster may have thousands of others.
        """
        ground, state = self._ground, self._ground.ledger.read()
        ours = state.roots().union(ground.policy.directories)
        try:
            for root in sorted(ours.intersection(side.namenode.snapshottable())):
                for snapshot in side.namenode.snapshots(root):
                    if _is_orphan(ground, state, side.name, root, snapshot):
                        side.namenode.delete_snapshot(root, snapshot.name)
        except DrError as error:
            return [f"left-over snapshots on {side.name} were not removed: {error}"]
        return []

    def _retire_roots(self, side: Side) -> list[str]:
        """Makes directories that no point names any more ordinary ones again; what lies in them stays.

        Not while a run works, which may be about to make one of them a root again; and never where a snapshot is left
        that is not ours, or that keeps for a person what an undo undid (I10).
        """
        state, told = self._ground.ledger.read(), list[str]()
        if state.claim is not None or state.unfinished():
            return []
        retired = set(state.retired_roots(side.name, self._ground.owners.mine)) - set(self._ground.policy.directories)
        try:
            for root in sorted(retired.intersection(side.namenode.snapshottable())):
                if not side.namenode.snapshots(root):
                    side.namenode.disallow_snapshot(root)
                    told.append(f"{side.name}:{root} is no root any more and can be deleted; what lies in it stays")
        except DrError as error:
            told.append(f"directories that are no roots any more are still snapshottable on {side.name}: {error}")
        return told

    def _prune_site(self, side: Side, run: str) -> tuple[list[str], int]:
        ground, state = self._ground, self._ground.ledger.read()
        here = [p for p in state.sealed() if recorded_snapshots(p, side.name) is not None]
        # The rule of the role the site had then: a change of roles must not shorten the life of older points.
        points = [
            Kept(
                p.point,
                p.moment_ms,
                rule(p.sealed["retention"]["primary" if side.name == p.source else "secondary"]),
                bool(p.damaged),
            )
            for p in here
        ]
        baseline = find_baseline(ground, state).point
        held = [baseline.point] if baseline else [p.point for p in here]
        # What the next audit of a large root looks back to: what happened since is in no listing.
        held += [audited.point] if (audited := state.newest_audited(side.name)) else []
        doomed = to_prune(points, ground.clock.wall_ms(), baseline=held, thin_middle=thinning_is_safe(side))
        for point in doomed:
            self._remove(side, state.points[point])
            ground.ledger.append("pruned", {"points": [[side.name, point]]}, run, ground.ledger.chain.head_n)
            others = [name for name in ground.sides if name != side.name]
            if all(recorded_snapshots(ground.ledger.read().points[point], other) is None for other in others):
                for files in (ground.source.files, ground.target.files):
                    files.remove(ground.directory(point))
        return doomed, len(here) - len(doomed)

    def _remove(self, side: Side, point: Point) -> None:
        bases = point.base if side.name == point.target else {}
        for root, kept in (*(recorded_snapshots(point, side.name) or {}).items(), *bases.items()):
            with suppress(NotFound):  # somebody removed the whole directory
                side.namenode.delete_snapshot(root, kept["snapshot"])


def _is_orphan(ground: Ground, state: ServiceState, site: str, root: str, snapshot: Snapshot) -> bool:
    if snapshot.name.startswith(f"dr-{ground.policy.service}-look-"):
        return ground.clock.wall_ms() - snapshot.created_ms > _LOOK_MS
    name = point_of_snapshot(ground.policy.service, snapshot.name)
    point = state.points.get(name) if name else None
    if point is None or point.state not in (PointState.VOID, PointState.SEALED):
        return False
    if site in point.gone:
        return True
    if state.undo is not None and state.undo.to == point.point:
        return False  # what the undo leaves is recorded when it is done
    recorded = (recorded_snapshots(point, site) or {}).get(root)
    used = {kept["snapshot"] for kept in (recorded, point.base.get(root)) if kept}
    return point.state is PointState.VOID or (recorded is not None and snapshot.name not in used)


def candidate_name(ground: Ground, point: Point) -> str:
    """Name of a point's snapshots; the same on both sites."""
    return snapshot_name(ground.policy.service, point.epoch, point.point)
