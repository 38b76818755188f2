"""The secondary gets other roots: planned on its live tree, switched once everything is staged (I8, I10).

A new root around or inside old ones cannot have a snapshot while points hold theirs. So its plan compares the live
tree, and keeps what it saw as a document of the point. From there:

    staged                         the secondary could finish alone
    live tree as it was planned on, or nothing is removed and the run ends
    "root_change" of the secondary the points of the old roots go, by the ledger
    old roots make way, oldest snapshot first; the new ones get the right, and a snapshot: what place binds to
    that snapshot as it was planned on, or nothing is placed and the next run compares all of it again

A death at any arrow is followed by the same steps from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

from hadoop_dr.domain.check_results import refuse_on_failure
from hadoop_dr.domain.errors import AlreadyExists, Mismatch, NotFound, Refused
from hadoop_dr.domain.formats.tables import LISTING
from hadoop_dr.domain.paths import WORK_AREA, join
from hadoop_dr.domain.points.damage import distrusted
from hadoop_dr.domain.roots.change import as_text, moved_on, not_our_work
from hadoop_dr.domain.roots.decision import inside
from hadoop_dr.domain.roots.existing_copy import ExistingCopy, copy_in_plan
from hadoop_dr.domain.roots.layout import nearest
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.keep_before import keep_aside
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.points.baseline import snapshots_of_root
from hadoop_dr.services.roots.change import RootsInTheWay
from hadoop_dr.services.roots.parents import make_roots
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan
from hadoop_dr.services.transfer.changes.adopt import Adopt, Adoption, Trees
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from hadoop_dr.services.transfer.work_area import not_of_service

_SHOWN = 3


def listing_of(index: int) -> str:
    """Names the document with the live tree that a root was planned on."""
    return f"live-{index}.parquet"


def adopt_live(
    context: BackupContext, index: int, root: str, newer: str, documents: Documents, heartbeat: Callable[[int], None]
) -> Adoption:
    """Compares an origin's snapshot with the destination's live tree, and keeps what was seen of it.

    Raises:
        Refused: The secondary has something there that no point ever held.
    """
    state, destination = context.ledger.read(), context.destination.namenode
    old = [one for one in (state.change.old if state.change else ()) if inside(one, root) or inside(root, one)]
    for one in old:
        _clear_own_work(context, one)
    items = ReadChanges(context.origin.namenode, data=True).items(root, None, newer, audit=False)
    existing = _live(destination, root)
    seen = _described(context, root, root, (existing or {}).items())  # its bytes are compared after that
    documents.write(listing_of(index), LISTING, [(path, *one) for path, one in seen.items()])
    if existing is None:
        return Adoption(tuple(items), 0, 0, 0, 0)
    adopt = Adopt(context.origin.namenode, destination, context.movers.of_origin, context.movers.within, heartbeat)
    bad = distrusted(state, context.destination.name, root)
    adoption = adopt.run(Trees(f"{root}/.snapshot/{newer}", root), items, existing, bad)
    goes = [item.old for item in adoption.items if item.new is None and item.old is not None]
    foreign = [path for path in (*goes, *adoption.below) if nearest(join(root, path), old) is None]
    if foreign:
        raise Refused(
            f"{context.destination.name}:{root}",
            f"only this site has {_some(foreign)}, which no point ever held and a change of roots would remove",
            "Move it away, or copy it to the primary, then back up again.",
        )
    beside = _beside(root, adoption.items, old)
    if beside.foreign:
        raise Refused(
            f"{context.destination.name}:{root}",
            f"{beside.text(context.destination.name)}, which a change of roots would replace",
            "Move it away, or copy it to the primary, then back up again.",
        )
    return adoption


def _clear_own_work(context: BackupContext, old: str) -> None:
    """What an earlier run of ours left of its own work in an old root is nothing to be compared.

    Raises:
        Refused: Something that is not ours lies beside it.
    """
    destination, service = context.destination.namenode, context.policy.service
    refuse_on_failure(service, not_our_work(context.destination.name, old, not_of_service(destination, old, service)))
    destination.delete(f"{old}/{WORK_AREA}", recursive=True)


class SwitchRoots:
    """Carries the switch out on the secondary, for the roots of a staged point that could have no snapshot before.

    Args:
        context: The service.
        heartbeat: Told how many items were looked at.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat, self._roots_in_the_way = context, heartbeat, RootsInTheWay(context)

    def run(self, claim: Claim, documents: Documents, roots: Sequence[RootPlan]) -> None:
        """Switches what is not switched yet; done already, it only makes sure of it.

        Raises:
            Mismatch: The secondary is not as it was planned on.
            Refused: Somebody else has a snapshot in an old root.
        """
        waiting = [root for root in roots if root.waits]
        destination = self._context.destination.namenode
        bare = [root for root in waiting if not self._has_base(root)]
        if self._roots_in_the_way.waiting(root.root for root in bare):
            for root in bare:
                self._compare(documents, root, root.root)
            self._context.ledger.require(claim)
            self._roots_in_the_way.give_up_on_destination(claim)
        self._roots_in_the_way.make_way(self._context.destination, [root.root for root in bare])
        make_roots(self._context, [root.root for root in bare])
        for root in bare:
            with suppress(AlreadyExists):
                destination.create_snapshot(root.root, str(root.base))
        for root in waiting:
            self._compare(documents, root, f"{root.root}/.snapshot/{root.base}")
        self._keep_replaced(claim, waiting)

    def _keep_replaced(self, claim: Claim, waiting: Sequence[RootPlan]) -> None:
        """Keeps what a copy beside the old roots has in older versions: no point ever held those."""
        change = self._context.ledger.last_read().change
        found = {root.root: _beside(root.root, root.items, change.old if change else ()) for root in waiting}
        lines_of = {root: list(one.lines()) for root, one in found.items() if one.count}
        keep_aside(self._context, claim, claim.point, lines_of, {root: found[root].count for root in lines_of})

    def _has_base(self, root: RootPlan) -> bool:
        return any(shot.name == root.base for shot in snapshots_of_root(self._context.destination.namenode, root.root))

    def _compare(self, documents: Documents, root: RootPlan, top: str) -> None:
        rows = documents.read(listing_of(root.index), LISTING)
        planned = {cast(str, path): tuple(seen) for path, *seen in rows}
        there = (_live(self._context.destination.namenode, top) or {}).items()
        found = list(moved_on(planned, _described(self._context, root.root, top, self._counted(there))))
        if found:
            raise Mismatch(
                f"{self._context.destination.name}:{root.root}",
                f"somebody changed it during the change of its roots: {_some(found)}",
                "Nothing is lost; revert the change or move it away, then back up again.",
            )

    def _counted(self, found: Iterable[tuple[str, DirEntry]]) -> Iterator[tuple[str, DirEntry]]:
        for one in found:
            self._heartbeat(1)
            yield one


def _beside(root: str, items: Iterable[Item], old: Sequence[str]) -> ExistingCopy:
    """Returns what a plan takes away or replaces in a root outside the old ones."""
    return copy_in_plan(root, (one for one in items if one.old and nearest(join(root, one.old), old) is None), ())


def _described(
    context: BackupContext, root: str, top: str, found: Iterable[tuple[str, DirEntry]]
) -> dict[str, tuple[object, ...]]:
    """Inode id, attributes and block ids by path; not the time of an old root: taking its snapshots away sets it."""
    change, listed = context.ledger.read().change, dict(found)
    old = frozenset(change.old if change else ())
    blocks = dict(context.destination.namenode.block_ids(top)) if listed else {}
    return {
        path: (
            one.inode,
            as_text(replace(one.facts, mtime_ms=0) if join(root, path) in old else one.facts),
            ",".join(map(str, blocks.get(path, ()))),
        )
        for path, one in listed.items()
    }


def _live(destination: NameNode, top: str) -> dict[str, DirEntry] | None:
    """Returns what lies in a directory, without the work area; None when it does not exist."""
    try:
        return dict(walk(destination, top))
    except NotFound as missing:
        if missing.subject == top:
            return None
        raise Mismatch(missing.subject, "disappeared while it was read", "Run the backup again.") from missing


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
