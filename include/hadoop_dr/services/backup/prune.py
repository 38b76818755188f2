"""Prune: points that no rule keeps go, first from the ledger, then from the sites (I7, I8).

    decided on the ledger's newest entry      somebody appended since: decided anew
    "pruned" appended                         from here on the point is listed as gone, whatever happens
    snapshots, then documents removed         a death leaves them to the next prune, which sweeps what the ledger lacks

In this order, because a point that is listed must have its snapshots. Nothing that is removed is ever needed again: no
entry takes "pruned" back, and the id of a point is never used twice.

How old a point is follows from the newest point's moment, which its run compared with the sites' clocks. Time that has
passed since counts only where both NameNodes' clocks confirm this controller's: a wrong clock removes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.config.retention import KeptByRule, rule, to_prune
from hadoop_dr.domain.errors import DrError, Superseded
from hadoop_dr.domain.ids import point_of_snapshot
from hadoop_dr.domain.ledger.bodies.ends import PointsPruned
from hadoop_dr.domain.points.audit_hold import held_for_audits
from hadoop_dr.domain.points.lost_snapshots import lost_snapshots, roots_to_judge
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.services.backup.check.site_checks import check_clock, thinning_is_safe
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.foreign.kept import note_removed
from hadoop_dr.services.foreign.left_overs import sweep_left_overs
from hadoop_dr.services.points.baseline import newest_common, recorded_snapshots
from hadoop_dr.services.points.damage import mark_lost
from hadoop_dr.services.points.remove_snapshots import remove_snapshots
from hadoop_dr.services.pool import map_bounded

_RACES = 64


class Prune:
    """Removes what no rule keeps, on both sites.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context
        self._given_up: dict[str, list[str]] = {}
        self._wall_ms = context.tools.clock.wall_ms()  # read before the clocks are compared: a jump in between shows
        self._clocks: list[str] | None = None

    def run(self, run: str) -> dict[str, Any]:
        """Removes points, oldest first, one at a time, on each site by the rule it was sealed under.

        Returns:
            ``{"removed": {site: [points]}, "kept": {site: n}, "warnings": [...]}``.

        Raises:
            Refused: The ledger that decides lost entries, so it does not tell what is needed.
        """
        removed: dict[str, list[str]] = {}
        kept: dict[str, int] = {}
        warnings: list[str] = []
        self._context.ledger.chain.refuse_shortened()
        for side in self._context.sides.values():
            removed[side.name] = []
            try:
                for point in self._doomed(side, run):
                    removed[side.name].append(point)
                    self._remove_snapshots(side, point)
                kept[side.name] = len(_here(self._context.ledger.last_read(), side.name))
            except DrError as error:
                warnings.append(f"{side.name} was not pruned: {error}")
            warnings += [
                *self._given_up.pop(side.name, ()),
                *self._sweep_snapshots(side, run),
                *self._retire_roots(side),
                *note_removed(self._context, side, run),
            ]
        warnings += [
            f"ages of points were counted up to the newest one's moment, so some may stay longer: clock: {off}"
            for off in self._clocks or ()
        ]
        for side in self._context.sides.values():
            warnings += [*self._sweep_documents(side), *sweep_left_overs(self._context, side)]
        return {"removed": removed, "kept": kept, "warnings": warnings}

    def _doomed(self, side: SiteConnections, run: str) -> Iterator[str]:
        """Takes points out of the ledger, one at a time; what was decided holds only until somebody else appends."""
        ledger, races = self._context.ledger, 0
        state = ledger.read()
        seen_n, doomed = ledger.chain.head_n, self._decide(side, state, run)
        while doomed:
            try:
                seen_n = ledger.append(PointsPruned(((side.name, doomed[0]),)), run, seen_n).n
                yield doomed.pop(0)
            except Superseded:
                state, races = ledger.read(), races + 1
                if races == _RACES or state.highest_epoch > ledger.roles.epoch:
                    raise
                seen_n, doomed = ledger.chain.head_n, self._decide(side, state, run)

    def _decide(self, side: SiteConnections, state: ServiceState, run: str) -> list[str]:
        here, newest = _here(state, side.name), state.newest_sealed()
        # The rule of the role the site had then: a change of roles must not shorten the life of older points.
        points = [
            KeptByRule(
                p.point,
                p.moment_ms,
                rule(p.sealed.retention.primary if side.name == p.origin else p.sealed.retention.secondary),
                bool(p.damaged),
            )
            for p in here
        ]
        common = newest_common(self._context, state)
        held, thin = [common.point] if common else [p.point for p in here], thinning_is_safe(side)

        def doomed(now_ms: int) -> tuple[list[str], list[str]]:
            audits = held_for_audits(state, side.name, now_ms)
            baseline = [*held, *audits.points]
            chosen = to_prune(points, now_ms, pinned=state.pinned(), baseline=baseline, thin_middle=thin)
            return chosen, audits.warnings(side.name)

        chosen, given_up = doomed(min(self._wall_ms, newest.moment_ms if newest else 0))
        if newest is not None and newest.run != run:  # of a point sealed a moment ago that is the time
            now = doomed(self._wall_ms)
            if now != (chosen, given_up) and not self._clocks_off():
                chosen, given_up = now
        self._given_up.setdefault(side.name, given_up)
        return chosen

    def _clocks_off(self) -> list[str]:
        """Which clocks contradict this controller's, or do not answer; asked once, and both sites: one may share it."""
        if self._clocks is None:
            sides = self._context.sides.values()
            found = [result for side in sides for result in check_clock(self._context, side)]
            self._clocks = [f"{one.detail}. {one.remedy}" for one in found if one.mark is Mark.FAIL]
        return self._clocks

    def _remove_snapshots(self, side: SiteConnections, name: str) -> None:
        point = self._context.ledger.last_read().points[name]
        held, live = point.snapshots_on(side.name), point.live_on(side.name)
        self._remove(side, {(kept.root, kept.name): None for kept in (*held.values(), *live.values())})

    def _remove(self, side: SiteConnections, snapshots: Iterable[tuple[str, str]]) -> None:
        remove_snapshots(side.namenode, self._context.ledger.last_read(), snapshots)

    def _sweep_snapshots(self, side: SiteConnections, run: str) -> list[str]:
        """Removes snapshots of ours that no point needs: of gone and void points, repaired candidates.

        The same listing shows which sealed points lost a snapshot: those are damaged.

        Only names that this service's ledger accounts for are touched, and only in directories that are or were its
        roots: a cluster may have thousands of others. The ledger is read after the snapshots were listed: whoever makes
        one that is needed says so in the ledger first.
        """
        context, before = self._context, self._context.ledger.last_read()
        ours = before.roots().union(context.policy.directories)
        try:
            roots = sorted(ours.intersection(side.namenode.snapshottable()))
            found = list(zip(roots, map_bounded(side.namenode.snapshots, roots), strict=True))
            state = context.ledger.read()
            judged = roots_to_judge(state, context.policy)
            lost = lost_snapshots(side.name, before, dict(found), state, judged)
            mark_lost(context, run, lost.copies)
            orphans = [
                (root, shot.name)
                for root, shots in found
                for shot in shots
                if _is_orphan(context, state, side.name, root, shot)
            ]
            self._remove(side, orphans)
        except DrError as error:
            return [f"left-over snapshots on {side.name} were not removed: {error}"]
        damaged = [
            f"point {point} is damaged: {bad[0]}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else "")
            for point, bad in lost.copies.items()
        ]
        return [*damaged, *lost.origin_warnings(side.name)]

    def _sweep_documents(self, side: SiteConnections) -> list[str]:
        """Removes documents of points that are gone from both sites: nothing can be read or proven with them."""
        context, points = self._context, self._context.ledger.last_read().points
        try:
            for name in side.files.names(context.directory("").rstrip("/")):
                if name in points and set(points[name].gone) == set(context.sides):
                    side.files.remove(context.directory(name))
        except DrError as error:
            return [f"documents of points that are gone were not removed on {side.name}: {error}"]
        return []

    def _retire_roots(self, side: SiteConnections) -> list[str]:
        """Makes directories that no point names any more ordinary ones again; what lies in them stays.

        Not while a run works, which may be about to make one of them a root again; and never where a snapshot is left
        that is not ours, or that keeps for a person what an undo undid (I10).
        """
        state, notes = self._context.ledger.read(), list[str]()
        if state.claim is not None or state.unfinished():
            return []
        retired = set(state.retired_roots(side.name, self._context.owners.mine)) - set(self._context.policy.directories)
        try:
            for root in sorted(retired.intersection(side.namenode.snapshottable())):
                if not side.namenode.snapshots(root):
                    side.namenode.disallow_snapshot(root)
                    notes.append(f"{side.name}:{root} is no longer a root and can be deleted; its content is kept")
        except DrError as error:
            notes.append(f"directories that are no longer roots are still snapshottable on {side.name}: {error}")
        return notes


def _here(state: ServiceState, site: str) -> list[Point]:
    return [point for point in state.sealed() if recorded_snapshots(point, site) is not None]


def _is_orphan(context: BackupContext, state: ServiceState, site: str, root: str, snapshot: Snapshot) -> bool:
    name = point_of_snapshot(context.policy.service, snapshot.name)
    point = state.points.get(name) if name else None
    if point is None or point.state not in (PointState.VOID, PointState.SEALED):
        return False
    if site in point.gone:
        return not (point.yielded and state.change)  # what it has of other roots may still be built on
    if state.undo is not None and state.undo.to == point.point:
        return False  # what the undo leaves is recorded when it is done
    recorded = point.snapshot_on(site, root)
    used = {kept.name for kept in (recorded, point.live_snapshot_on(site, root)) if kept}
    return point.state is PointState.VOID or (recorded is not None and snapshot.name not in used)
