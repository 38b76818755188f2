"""Stage: every byte a root needs, into the hidden work area of the destination, verified and resumable (S3.2, S3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from hadoop_dr.domain.errors import LATER_GOES_ON, NotFound, Refused, Superseded
from hadoop_dr.domain.paths import depth, leaf, parent
from hadoop_dr.domain.plan.staging_units import Unit
from hadoop_dr.domain.plan.work_order import Area, Share, StagedShare, WorkOrder
from hadoop_dr.domain.tree.file_attributes import FileKind
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.mover import Copy, Did, MakeDirectory, Mover, Outcome, Rename
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.transfer import attributes, tails
from hadoop_dr.services.transfer.batches import Batches, levels
from hadoop_dr.services.transfer.binding import bind
from hadoop_dr.services.transfer.copying import Copying
from hadoop_dr.services.transfer.records import Records, still_there
from hadoop_dr.services.transfer.work_area import WorkArea

_SHARD = re.compile(r"(\d+)-(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class _Part:
    """One member of a unit and its path in the work area."""

    item: Item
    path: str
    offset: int = 0


class Stage:
    """Copies one share of a root's units.

    Args:
        origin: Name space of the site the bytes come from.
        destination: Name space of the site they go to.
        mover: Moves bytes from origin to destination.
        check_claim: Raises Superseded when a later try owns the work.
        heartbeat: Told how many files or operations were achieved.
        records: Where verified files are kept; whoever made it flushes it at the end.
    """

    def __init__(
        self, origin: NameNode, destination: NameNode, mover: Mover, check_claim: Callable[[], None],
        heartbeat: Callable[[int], None], records: Records,
    ) -> None:
        self._origin, self._destination, self._mover = origin, destination, mover
        self._check_claim, self._heartbeat, self._records = check_claim, heartbeat, records
        self._batches = Batches(mover, check_claim, heartbeat)

    def run(self, order: WorkOrder, share: Share, try_no: int) -> StagedShare:
        """Stages a share; a later try goes on where an earlier one died.

        Args:
            try_no: From 1; of two tries of one claim the higher takes the share over.

        Raises:
            BaselineLost: An origin snapshot or the destination's baseline cannot be read any more.
            AccessDenied: An origin file may not be read.
            Superseded: A later try has the share or the root.
            OwnedElsewhere: Another service has a work area in the root.
        """
        self._check_claim()
        work = WorkArea(self._destination, order.area(order.turn))
        area = work.open(untouched=order.untouched)
        work.inside(self._batches, area.stage)
        directory = self._take(area, share, (order.claim, try_no), is_new=work.is_new)
        check = partial(self._check, directory)
        units = {unit.inode: unit for unit in order.plan.units}
        chosen = [units[inode] for inode in share.units]
        whole = self._not_as_tail(order, chosen)
        parts = list(_parts(order, chosen, directory, whole))
        self._make_directories(parts, check)

        copies = {part.item.inode: _copy(order, part) for part in parts if not part.item.is_dir}
        records = self._records.of(order.index)
        proofs = still_there(self._destination, records.read(), copies)
        todo = [copy for inode, copy in copies.items() if inode not in proofs]
        proofs.update(Copying(self._origin, self._mover, records, check).run(todo))
        self._dress(parts, check)
        return StagedShare(
            number=share.number,
            directory=leaf(directory),
            units=self._staged_inodes(directory, chosen),
            whole=whole,
            files=proofs,
            files_copied=len(todo),
            bytes_copied=sum(copy.length for copy in todo),
        )

    def _take(self, area: Area, share: Share, own: tuple[int, int], *, is_new: bool) -> str:
        """Makes the share's directory, or renames an earlier try's; its name is this try's fencing token."""
        path = f"{area.stage}/{share.number}-{own[0]}.{own[1]}"
        tries = [] if is_new else self._tries(area, share)
        if tries and tries[-1] > own:
            raise _has_the_share(path, tries[-1])
        if own in tries:
            return path

        def read_back(_: Outcome) -> bool:
            now = self._tries(area, share)
            if now and now[-1] > own:
                raise _has_the_share(path, now[-1])
            return own in now

        if tries:
            earlier = f"{area.stage}/{share.number}-{tries[-1][0]}.{tries[-1][1]}"
            self._batches.run([Rename(0, earlier, path)], read_back)
        else:
            self._batches.run([MakeDirectory(0, path, 0o700)], read_back)
        return path

    def _tries(self, area: Area, share: Share) -> list[tuple[int, int]]:
        try:
            matches = [_SHARD.fullmatch(entry.name) for entry in self._destination.list(area.stage)]
        except NotFound as error:
            raise Superseded(area.stage, "superseded: a later claim took the work area over", LATER_GOES_ON) from error
        return sorted((int(match[2]), int(match[3])) for match in matches if match and int(match[1]) == share.number)

    def _check(self, directory: str) -> None:
        try:
            self._destination.status(directory)
        except NotFound as error:
            raise _took_over(directory) from error

    def _not_as_tail(self, order: WorkOrder, units: Iterable[Unit]) -> frozenset[int]:
        """Finds the tails that the destination's blocks do not allow, before a byte of them is copied."""
        items = [item for unit in units if (item := order.items[unit.inode]).content is Content.TAIL]
        if not items:
            return frozenset()
        bound = bind(self._destination, order, {item.inode for item in items})
        applies = map_bounded(lambda item: tails.applies(self._destination, order, item, bound[item.inode]), items)
        return frozenset(item.inode for item, fits in zip(items, applies, strict=True) if not fits)

    def _make_directories(self, parts: list[_Part], check: Callable[[], None]) -> None:
        made = sorted((part for part in parts if part.item.is_dir), key=lambda part: depth(part.path))
        for level in levels(made, lambda part: depth(part.path)):
            self._batches.run([MakeDirectory(part.item.inode, part.path, 0o700) for part in level], _settle(check))
        # Before the files, because a block is stored where the policy of the moment wants it.
        self._set_policies(made, {part.item.new: part.item for part in made})

    def _set_policies(self, parts: Iterable[_Part], above: Mapping[str | None, Item]) -> None:
        """Sets the policies that are certainly not inherited; place sets those of a unit's top."""
        own = [
            attributes.AttributeTarget(part.item, part.path) for part in parts
            if (holder := above.get(parent(part.item.new or ""))) is not None and holder.now and part.item.now
            and holder.now.storage_policy != part.item.now.storage_policy
        ]
        attributes.set_policies(self._destination, own, lambda: None)

    def _dress(self, parts: list[_Part], check: Callable[[], None]) -> None:
        """Sets what a copy does not carry; everything is made by now, so no default ACL is inherited by mistake."""
        self._set_policies((part for part in parts if not part.item.is_dir),
                           {part.item.new: part.item for part in parts if part.item.is_dir})
        whole = [attributes.AttributeTarget(part.item, part.path) for part in parts if part.offset == 0]
        attributes.set_extras(self._destination, whole, lambda: None)
        directories = [attribute_target for attribute_target in whole if attribute_target.item.is_dir]
        self._batches.run(attributes.operations(directories, made=True), _settle(check))

    def _staged_inodes(self, directory: str, units: list[Unit]) -> dict[int, int]:
        try:
            found = {entry.name: entry.inode for entry in self._destination.list(directory)}
        except NotFound as error:
            raise _took_over(directory) from error
        missing = [unit.inode for unit in units if str(unit.inode) not in found]
        if missing:
            problem = "superseded: what was staged is not there any more"
            raise Superseded(f"{directory}/{missing[0]}", problem, LATER_GOES_ON)
        return {unit.inode: found[str(unit.inode)] for unit in units}


def _settle(check: Callable[[], None]) -> Callable[[Outcome], bool]:
    """Inside our own directories what exists is ours, and everything else may be sent again while they are ours."""
    def read_back(outcome: Outcome) -> bool:
        if outcome.did is Did.NO_SOURCE:
            check()
        return outcome.did is Did.EXISTS

    return read_back


def _parts(order: WorkOrder, units: Iterable[Unit], directory: str, whole: frozenset[int]) -> Iterator[_Part]:
    for unit in units:
        top = order.items[unit.inode]
        for inode in unit.members:
            item = order.items[inode]
            assert item.now is not None
            assert item.new is not None
            assert top.new is not None
            if item.now.kind is FileKind.SYMLINK:
                raise Refused(order.live_path(item.new), "is a symbolic link, which cannot be copied",
                              "Let the policy skip it")
            offset = item.keep_bytes if item.content is Content.TAIL and inode not in whole else 0
            yield _Part(item, f"{directory}/{unit.inode}{item.new[len(top.new):]}", offset)


def _copy(order: WorkOrder, part: _Part) -> Copy:
    now = part.item.now
    assert now is not None
    assert part.item.new is not None
    return Copy(
        key=part.item.inode,
        origin=order.origin_path(part.item.new),
        destination=part.path,
        offset=part.offset,
        length=now.length - part.offset,
        replication=max(1, now.replication),
        block_size=now.block_size,
        owner=now.owner,
        group=now.group,
        mode=now.mode,
        mtime_ms=now.mtime_ms,
    )


def _took_over(directory: str) -> Superseded:
    return Superseded(directory, "superseded: a later try took the work over", LATER_GOES_ON)


def _has_the_share(path: str, later: tuple[int, int]) -> Superseded:
    claim, number = later
    return Superseded(path, f"superseded: try {number} of claim {claim} has the share", LATER_GOES_ON)
