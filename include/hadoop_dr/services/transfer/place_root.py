"""Place: the short, metadata-only change of a live tree, rolled forward from wherever it stopped (I2, I6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hadoop_dr.domain.errors import RUN_AGAIN, BaselineLost, Failed, Mismatch, NotFound
from hadoop_dr.domain.paths import depth, parent
from hadoop_dr.domain.plan.root_plan import MoveIn, MoveInFrom
from hadoop_dr.domain.plan.work_order import Area, Placed, StagedShare, WorkOrder
from hadoop_dr.domain.tree.bound_inodes import Inodes
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.mover import Did, MakeDirectory, Mover, Outcome, Remove, Rename, SetAttributes
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.transfer import attributes
from hadoop_dr.services.transfer.batches import Batches, levels
from hadoop_dr.services.transfer.binding import Bound, bind, item_at
from hadoop_dr.services.transfer.tails import Tails
from hadoop_dr.services.transfer.work_area import WorkArea

_RESERVED = "/.reserved/.inodes"
_ASK_EVERY = 100


class Place:
    """Brings a root from its baseline to its new state.

    Args:
        destination: Name space of the site that changes.
        local: Moves bytes and runs operations within that site.
        check_claim: Raises Superseded when a later try owns the work; asked before each batch.
        heartbeat: Told how many steps were achieved.
    """

    def __init__(
        self, destination: NameNode, local: Mover, check_claim: Callable[[], None], heartbeat: Callable[[int], None]
    ) -> None:
        self._destination, self._local, self._check_claim, self._heartbeat = destination, local, check_claim, heartbeat

    def run(
        self, order: WorkOrder, staged: Sequence[StagedShare], try_no: int, inodes: Inodes | None = None
    ) -> Placed:
        """Runs all phases from the start; a later try of an interrupted one ends in the same state.

        Args:
            staged: What stage answered for every share of the root.
            try_no: From 1; a later try takes the work area from an earlier one.
            inodes: What lies in the snapshot that the plan builds on, as far as it is known.

        Raises:
            BaselineLost: An item the plan builds on is gone from the destination.
            Mismatch: Something that is not ours lies where an item belongs.
            Superseded: A later try owns the work.
            OwnedElsewhere: Another service has a work area in the root.
            Unknown: An answer was lost again and again.
        """
        work = WorkArea(self._destination, order.area(order.turn + try_no))
        if _is_empty(order) and not work.present():
            return Placed()
        self._check_claim()
        bound = bind(self._destination, order, inodes=inodes)
        area = work.open()
        placing = _Placing(self._destination, self._local, order, area, work, bound, staged,
                           Batches(self._local, self._check_claim, self._heartbeat), self._before_each())
        try:
            return placing.run()
        except NotFound:
            work.check()  # whoever took the area over has its paths now, and that is what has to be said
            raise

    def _before_each(self) -> Callable[[], None]:
        """Asks for the claim every so many single steps; the work area's name guards the rest."""
        count = 0

        def before_each() -> None:
            nonlocal count
            if count % _ASK_EVERY == 0:
                self._check_claim()
            count += 1
            self._heartbeat(1)

        return before_each


def _is_empty(order: WorkOrder) -> bool:
    plan = order.plan
    return not (plan.park or plan.move_in or plan.attributes or plan.units)


class _Placing:
    """One run of place over one root: the phases in their order."""

    def __init__(
        self, destination: NameNode, local: Mover, order: WorkOrder, area: Area, work: WorkArea,
        bound: Mapping[int, Bound], staged: Sequence[StagedShare], batches: Batches, before_each: Callable[[], None],
    ) -> None:
        self._destination, self._local, self._order, self._area, self._work = destination, local, order, area, work
        self._bound, self._batches, self._before_each = bound, batches, before_each
        self._staged_at = {
            inode: f"{area.stage}/{share.directory}/{inode}" for share in staged for inode in share.units
        }
        self._staged_inode = {inode: top for share in staged for inode, top in share.units.items()}
        self._whole = frozenset(inode for share in staged for inode in share.whole)
        self._delete = frozenset(order.plan.delete) | self._whole
        missing = [unit.inode for unit in order.plan.units if unit.inode not in self._staged_at]
        if missing:
            raise Failed(order.root, f"unit {missing[0]} was never staged", "Stage every share before place")

    def run(self) -> Placed:
        plan = self._order.plan
        makes = any(move.comes_from is MoveInFrom.MAKE for move in plan.move_in)
        self._work.inside(self._batches, self._area.park, *([self._area.made] if makes else []))
        self._pin_mtime()
        self._park()
        self._join_tails()
        self._move_in()
        late = [self._attribute_target(inode) for inode in plan.attributes]
        self._set_attributes(late)
        self._batches.run([Remove(inode, self._area.parked(inode)) for inode in sorted(self._delete)], self._is_deleted)
        strays = self._close()
        return Placed(len(plan.park), len(plan.tails), len(plan.move_in), len(late), len(self._delete), strays)

    # -- pin times
    def _pin_mtime(self) -> None:
        """Sets a time on each directory that will gain a child, so that its older snapshots keep the one they have.

        A mere addition changes a directory's time in the newest snapshot as well (measured), unless the directory was
        changed in itself since. Its final time serves: a worker that oversleeps here sets what is to be set anyway.
        """
        pinned = [inode for inode in self._order.plan.pin_mtime if inode in self._bound]
        self._batches.run(
            [SetAttributes(inode, f"{_RESERVED}/{self._bound[inode].inode}", mtime_ms=now.mtime_ms)
             for inode in pinned if (now := self._item(inode).now) is not None], self._is_set)

    # -- park
    def _park(self) -> None:
        for level in levels(self._order.plan.park, lambda inode: depth(self._item(inode).old or "")):
            renames = [
                Rename(inode, f"{_RESERVED}/{self._bound[inode].inode}", self._area.parked(inode)) for inode in level
            ]
            self._batches.run(renames, self._is_parked)
        self._check_parked()

    def _check_parked(self) -> None:
        """Refuses to go on with what is not ours.

        The id of a file that somebody removed, and that a snapshot still holds, leads to whatever lies at its former
        path now (measured). It is kept where it is: nothing is deleted unless its inode is the one that was bound.
        """
        for entry in self._destination.list(self._area.park):
            bound = self._bound.get(int(entry.name)) if entry.name.lstrip("-").isdecimal() else None
            if bound is not None and bound.inode != entry.inode:
                path = self._order.live_path(self._item(int(entry.name)).old or "")
                raise Mismatch(path, "was replaced on the destination by somebody since the last point",
                               f"What was found there is kept in {self._area.park}/{entry.name}; move it away first")

    def _is_parked(self, outcome: Outcome) -> bool:
        inode, wanted = outcome.key, self._bound[outcome.key].inode
        there = item_at(self._destination, self._area.parked(inode))
        if there is not None and there.inode == wanted:
            return True
        self._work.check()
        if there is not None:
            raise Mismatch(self._area.parked(inode), "another item is parked there", RUN_AGAIN)
        if self._is_alive(wanted):
            return False
        if inode in self._delete:
            return True
        raise BaselineLost(self._order.live_path(self._item(inode).old or ""), "is gone from the destination",
                           "Somebody removed it after the last point; the next run copies it again in full mode")

    def _is_alive(self, inode: int) -> bool:
        """Whether an inode is in the live tree. One that only snapshots hold has no path: an error, not an absence."""
        try:
            return self._destination.status(f"{_RESERVED}/{inode}").inode == inode
        except NotFound:
            return False
        except Failed as error:
            if type(error) is Failed:
                return False
            raise

    # -- tails
    def _join_tails(self) -> None:
        tails = Tails(self._destination, self._local, self._order, self._area)
        joins = (inode for inode in self._order.plan.tails if inode not in self._whole)
        for _ in map_bounded(
            lambda inode: tails.join(self._item(inode), self._bound[inode], self._staged_at.get(inode)),
            joins, self._before_each,
        ):
            pass

    # -- move in
    def _move_in(self) -> None:
        moves = {move.inode: move for move in self._order.plan.move_in}
        new = [move for move in moves.values() if move.comes_from is MoveInFrom.MAKE]
        made = [MakeDirectory(move.inode, self._made(move), 0o700) for move in new]
        self._batches.run(made, self._is_made)
        for level in levels(self._order.plan.move_in, lambda move: depth(move.path)):
            renames = [Rename(a.inode, self._origin(a), self._order.live_path(a.path)) for a in level]
            self._batches.run(renames, lambda outcome: self._is_moved_in(moves[outcome.key], outcome))

    def _origin(self, move: MoveIn) -> str:
        if move.comes_from is MoveInFrom.MAKE:
            return self._made(move)
        if move.comes_from is MoveInFrom.PARK and move.inode not in self._whole:
            return self._area.parked(move.inode)
        return self._staged_at[move.inode]

    def _made(self, move: MoveIn) -> str:
        return f"{self._area.made}/{move.inode}"

    def _is_made(self, outcome: Outcome) -> bool:
        self._work.check()
        return outcome.did is Did.EXISTS

    def _is_moved_in(self, move: MoveIn, outcome: Outcome) -> bool:
        path = self._order.live_path(move.path)
        there = item_at(self._destination, path)
        if there is not None and self._is_wanted(move, there):
            return True
        self._work.check()
        if there is not None:
            raise Mismatch(path, "something that is not ours lies there",
                           "Somebody wrote to the destination during the run; move it away and run again")
        if item_at(self._destination, self._origin(move)) is None:
            raise Mismatch(self._origin(move), f"is gone and is not at {path} either", RUN_AGAIN)
        return False

    def _is_wanted(self, move: MoveIn, there: DirEntry) -> bool:
        if move.comes_from is MoveInFrom.MAKE:
            # All that lay there before was parked, so a directory is the one an earlier try brought.
            return there.facts.is_dir
        if move.comes_from is MoveInFrom.PARK and move.inode not in self._whole:
            return there.inode == self._bound[move.inode].inode
        return there.inode == self._staged_inode[move.inode]

    # -- attributes
    def _attribute_target(self, inode: int) -> attributes.AttributeTarget:
        item = self._item(inode)
        return attributes.AttributeTarget(item, self._order.live_path(item.new or ""), item.was_extras)

    def _set_attributes(self, late: Sequence[attributes.AttributeTarget]) -> None:
        """Sets on all others what staged items have already; directories' times hold, as nothing moves any more."""
        moved_in = [self._attribute_target(move.inode) for move in self._order.plan.move_in]
        parents_first = sorted([*late, *moved_in], key=lambda attribute_target: depth(attribute_target.item.new or ""))
        attributes.set_policies(self._destination, parents_first, self._before_each)
        attributes.set_extras(self._destination, late, self._before_each)
        for level in levels(late, lambda attribute_target: depth(attribute_target.item.new or "")):
            times = level[0].item.new != ""
            self._batches.run(attributes.operations(level, times=times), self._is_set)
        self._batches.run(self._borrowed_times(), self._is_set)

    def _borrowed_times(self) -> list[SetAttributes]:
        """Times of directories in which only a file's bytes were replaced.

        On the origin the file was written where it lay, so its directory did not change and the plan does not name it;
        here the file was away for a moment. What the directory's time was there before is what it shall be.
        """
        handled = {self._item(inode).new for inode in self._order.plan.attributes} | {""}
        borrowed = {
            parent(item.new): parent(item.old) for inode in self._order.plan.park
            if (item := self._item(inode)).new and item.old and parent(item.new) not in handled
        }
        return [
            SetAttributes(key, self._order.live_path(new),
                          mtime_ms=self._destination.status(self._order.base_path(old)).facts.mtime_ms)
            for key, (new, old) in enumerate(sorted(borrowed.items()))
        ]

    def _is_set(self, outcome: Outcome) -> bool:
        if outcome.did is Did.NO_SOURCE:
            self._work.check()
        return False

    # -- delete and close
    def _is_deleted(self, outcome: Outcome) -> bool:
        if outcome.did is Did.NO_SOURCE:
            self._work.check()
        return item_at(self._destination, self._area.parked(outcome.key)) is None

    def _close(self) -> tuple[str, ...]:
        """Removes the work area, never with an item in it that belongs in the tree; the root's own time comes last.

        Returns:
            Paths of what lies beside work areas and is nobody's.
        """
        ours = {bound.inode: inode for inode, bound in self._bound.items() if inode not in self._delete}
        for entry in self._destination.list(self._area.park):
            if entry.inode in ours:
                raise Mismatch(f"{self._area.park}/{entry.name}", "is still parked, though its place is in the tree",
                               RUN_AGAIN)
        strays = self._work.remove()
        last = SetAttributes(0, self._order.root, mtime_ms=self._order.root_now.mtime_ms)
        self._batches.run([last], lambda outcome: False)
        return tuple(strays)

    def _item(self, inode: int) -> Item:
        return self._order.items[inode]
