"""Undo: what somebody changed on the secondary comes back to its newest sealed point, and is kept aside (I6, I10).

    announced ("undoing")     from here on the tree is known to be in the middle of an undo
    work areas taken over     whoever slept at a place finds no path any more
    snapshots "kept"          the tree as it was found, for a person; foreign changes are in them, too
    what goes beside directories, the tree, what comes back beside directories
    snapshots of the result   compared with the sealed ones; the next plan binds to their inodes
    recorded ("undone")       with it the given-up point is void

A death or a lost answer at any arrow leaves the announcement, and the next run begins again behind it: everything is
planned anew from what is found then, so it does not matter how far an earlier try came, nor in how many of the roots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain, count

from hadoop_dr.domain.errors import Mismatch, NotFound
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger.bodies.foreign import UndoBegun, UndoDone
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.plan.work_order import Token
from hadoop_dr.domain.points.recovery import same_as_kept
from hadoop_dr.domain.state.service_state import Claim, Point, Undo
from hadoop_dr.domain.tree.snapshot_diff import merge
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Undoing
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.tree_drift import drift_by_root, kept_name, lines_by_root, trees_differ
from hadoop_dr.services.points.baseline import record, recorded_snapshots, snapshot_problem, snapshots_of_root
from hadoop_dr.services.recovery.repair import UNDO_TURN, Repair
from hadoop_dr.services.take_snapshots import snapshot_named
from hadoop_dr.services.transfer.work_area import has_area, set_aside

_KEPT = 1000


class UndoChanges:
    """Announces, carries out and records undos.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat

    def give_up(self, claim: Claim, point: Point, to: Point, roots: tuple[str, ...], reason: str) -> bool:
        """Undoes what a point that cannot be finished changed; False when it changed nothing.

        Foreign changes below the same roots cannot be told from it: they are undone with it, and kept.

        Args:
            to: The newest sealed point.
            roots: Those of the point that can come back to it.
        """
        if not drift_by_root(self._context, self._bases(to, roots)) and not self._beside(claim, to, point).differs():
            return False
        self.finish(claim, self._announce(claim, self._undo(point.point, to, roots, reason)))
        return True

    def foreign(self, claim: Claim, to: Point, roots: Iterable[str], kept: str = "") -> None:
        """Undoes what somebody else changed in some roots since a sealed point.

        Args:
            kept: Name of snapshots that keep it already; empty when nothing does.
        """
        undo = self._undo("", to, tuple(roots), "somebody else changed the secondary")
        number = self._announce(claim, undo, kept)
        self.finish(claim, None if kept else number)

    def finish(self, claim: Claim, number: int | None = None) -> None:
        """Carries the announced undo out, from wherever an earlier try left it, and records it.

        A root whose sealed snapshot is gone by now cannot come back; the next plan compares all of it.

        Args:
            number: Of its announcement under this claim; None when an earlier try announced it.

        Raises:
            Mismatch: A live tree is not that of the sealed point in the end.
        """
        state = self._context.ledger.read()
        undo = state.undo
        if undo is None:
            return
        to, given_up = state.points[undo.to], state.points.get(undo.point)
        roots, held = come_back_to(self._context, to, undo.roots), to.snapshots_on(self._context.destination.name)
        kept, number = self._keep(claim, undo, roots, number)
        found = drift_by_root(self._context, self._bases(to, undo.roots))
        beside = self._beside(claim, to, given_up) if given_up else None
        if beside:
            beside.before_tree()
        for index, root in enumerate(roots):
            Repair(self._context, self._heartbeat).undo(claim, number, index, root, kept, held[root].name)
        if beside:
            beside.after_tree()
        lines = tuple(line for lines in lines_by_root(found).values() for line in lines)
        base, left = self._new_base(number, to, roots), tuple(sorted(set(undo.roots) - set(roots)))
        body = UndoDone(
            claim=claim.n,
            point=undo.point,
            to=to.point,
            site=undo.site,
            reason=undo.reason,
            kept=kept,
            found=lines[:_KEPT],
            base=base,
            left=left,
        )
        self._context.ledger.append_mine(claim, body)

    def _undo(self, point: str, to: Point, roots: tuple[str, ...], reason: str) -> Undo:
        return Undo(point, to.point, self._context.destination.name, roots, (), reason)

    def _announce(self, claim: Claim, undo: Undo, kept: str = "") -> int:
        """Returns the number that this undo's snapshots and documents have and no other's: a run may make two."""
        number = self._context.ledger.chain.head_n + 1
        body = UndoBegun(
            claim=claim.n,
            point=undo.point,
            to=undo.to,
            site=undo.site,
            roots=undo.roots,
            kept=kept or self._free_name(undo.roots, kept_name(self._context, claim.epoch, number)),
            reason=undo.reason,
        )
        self._context.ledger.append_mine(claim, body)
        return number

    def _free_name(self, roots: Iterable[str], name: str) -> str:
        """The name itself, or with a number where somebody took it in one of the roots."""
        destination = self._context.destination.namenode
        taken = {shot.name for root in roots for shot in snapshots_of_root(destination, root)}
        return next(free for free in chain([name], (f"{name}.{more}" for more in count(2))) if free not in taken)

    def _keep(self, claim: Claim, undo: Undo, roots: Sequence[str], number: int | None) -> tuple[str, int]:
        """Takes the work areas over, then keeps what is found, unless an earlier try keeps the very same.

        Returns:
            Name of the snapshots that show the live tree of now, and the number of whatever else is made.
        """
        destination, service = self._context.destination.namenode, self._context.policy.service
        for root in undo.roots:
            if root in roots:
                set_aside(destination, root, Token(service, claim.epoch, claim.n, UNDO_TURN))
            elif has_area(destination, root, service):
                set_aside(destination, root, Token(service, claim.epoch, claim.n))
        if number is None:
            if all(self._shown_by(undo.kept[-1], root) for root in undo.roots):
                return undo.kept[-1], claim.n
            number = self._announce(claim, undo)
        name = self._announced()
        for root in undo.roots:
            with suppress(NotFound):  # somebody removed the directory
                if root not in roots:  # its snapshots are gone, and whoever took them may have disallowed others
                    destination.allow_snapshot(root)
                destination.create_snapshot(root, name)
        return name, number

    def _announced(self) -> str:
        """The name that the newest announcement gives to what is kept."""
        undo = self._context.ledger.read().undo
        assert undo is not None
        return undo.kept[-1]

    def _shown_by(self, kept: str, root: str) -> bool:
        destination = self._context.destination.namenode
        if not any(snapshot.name == kept for snapshot in snapshots_of_root(destination, root)):
            return False
        return same_as_kept(merge(destination.diff(root, kept, "")))

    def _bases(self, to: Point, roots: Iterable[str]) -> dict[str, str]:
        """Snapshots to look from: those with the live tree's inodes, or, should one be gone, the sealed one."""
        destination, bases = self._context.destination.namenode, dict[str, str]()
        live, held = to.live_on(destination.site), to.snapshots_on(destination.site)
        for root in roots:
            for kept in (live[root], held[root]):
                if snapshot_problem(destination, kept) is None:
                    bases[root] = kept.name
                    break
        return bases

    def _beside(self, claim: Claim, to: Point, given_up: Point) -> Undoing:
        """Returns what comes back beside directories."""
        return components_of(self._context).undo(to, given_up, lambda: self._context.check_claim(claim))

    def _new_base(self, number: int, to: Point, roots: Sequence[str]) -> dict[str, SnapshotRecord]:
        """Snapshots of what the undo left: files it brought back have other inodes than in the sealed snapshots."""
        destination, base = self._context.destination.namenode, dict[str, SnapshotRecord]()
        for root in roots:
            taken = {shot.name for shot in snapshots_of_root(destination, root)}
            names = (snapshot_name(self._context.policy.service, to.epoch, to.point, free) for free in count(number))
            name = next(free for free in names if free not in taken)
            destination.create_snapshot(root, name)
            left = trees_differ(destination, root, to.snapshots_on(destination.site)[root].name, name)
            if left:
                raise Mismatch(
                    f"{destination.site}:{root}",
                    f"an undo left {len(left)} differences, the first: {left[0]}",
                    "Check the directory by hand, then run again.",
                )
            base[root] = record(snapshot_named(destination, root, name))
            destination.set_times(root, to.taken.roots[root].snapshot.created_ms)
        return base


def come_back_to(context: BackupContext, to: Point | None, roots: Iterable[str]) -> tuple[str, ...]:
    """Names the roots of which the destination still has a point's sealed snapshot, if nothing is known against it."""
    if to is None or to.damaged:
        return ()
    held, namenode = recorded_snapshots(to, context.destination.name) or {}, context.destination.namenode
    return tuple(root for root in sorted(roots) if root in held and snapshot_problem(namenode, held[root]) is None)
