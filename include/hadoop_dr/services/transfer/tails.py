"""Tails: leading full blocks stay, only the bytes behind them are new."""

from __future__ import annotations

from itertools import accumulate

from hadoop_dr.domain.errors import RUN_AGAIN, Failed, Mismatch, NotFound
from hadoop_dr.domain.plan.unchanged_bytes import within
from hadoop_dr.domain.plan.work_order import Area, WorkOrder
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.mover import Copy, Digest, Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.binding import Bound, item_at


def applies(destination: NameNode, order: WorkOrder, item: Item, bound: Bound) -> bool:
    """Whether the destination's own file can be cut at ``keep_bytes`` and get the tail joined on."""
    assert item.now is not None
    assert item.old is not None
    facts = bound.facts
    if facts.encrypted or facts.erasure_coding or item.now.erasure_coding or facts.block_size != item.now.block_size:
        return False
    lengths = (block.length for block in within(destination.blocks(order.base_path(item.old)), facts.length).blocks)
    return item.keep_bytes in accumulate(lengths)


class Tails:
    """Cuts parked files and joins their staged tails, inside the work area and nowhere else.

    Law: never truncate an inode outside the root that captured it; that destroys older snapshots.

    Args:
        local: Moves bytes within the destination.
    """

    def __init__(self, destination: NameNode, local: Mover, order: WorkOrder, area: Area) -> None:
        self._destination, self._local, self._order, self._area = destination, local, order, area

    def join(self, item: Item, bound: Bound, staged: str | None) -> None:
        """Gives a parked file its new end; done already is fine, also when the file was moved in since.

        Args:
            staged: Where stage put the tail; None when the file only becomes shorter.

        Raises:
            Mismatch: The file is neither in its old nor in its new state.
        """
        assert item.now is not None
        path = self._area.parked(item.inode)
        file = item_at(self._destination, path)
        if file is None or file.inode != bound.inode:
            raise Mismatch(path, "is not the file that was parked there", RUN_AGAIN)
        tail = f"{path}.tail"
        pending = staged is not None and any(item_at(self._destination, one) is not None for one in (staged, tail))
        if not pending:
            if staged is None and file.facts.length > item.keep_bytes:
                self._destination.truncate(path, item.keep_bytes)
            file = item_at(self._destination, path)
            if file is None or file.facts.length != item.now.length:
                has = file.facts.length if file else 0
                raise Mismatch(path, f"should have {item.now.length} bytes and has {has}", RUN_AGAIN)
            return
        if file.facts.length < item.keep_bytes:
            raise Mismatch(path, f"has {file.facts.length} bytes, of which {item.keep_bytes} were to stay", RUN_AGAIN)
        if file.facts.length > item.keep_bytes:
            self._destination.truncate(path, item.keep_bytes)
        assert staged is not None
        if item_at(self._destination, tail) is None:
            self._destination.rename(staged, tail)
        self._concat(path, tail, item)

    def _concat(self, path: str, tail: str, item: Item) -> None:
        try:
            self._destination.concat(path, [tail])
        except NotFound:
            raise
        except Failed as error:
            if error.retryable:
                raise
            # Somebody took a snapshot while the tail lay in the work area: a file that a snapshot holds cannot be
            # joined to another. Its bytes in a new file can. The tail goes last: while it is there, this is not done.
            fresh = self._copy_afresh(path, tail, item)
            self._destination.concat(path, [fresh])
            self._destination.delete(tail)

    def _copy_afresh(self, path: str, tail: str, item: Item) -> str:
        assert item.now is not None
        now, fresh = item.now, f"{path}.fresh"
        length = now.length - item.keep_bytes
        copy = Copy(
            key=item.inode,
            origin=tail,
            destination=fresh,
            offset=0,
            length=length,
            replication=max(1, now.replication),
            block_size=now.block_size,
            owner=now.owner,
            group=now.group,
            mode=now.mode,
            mtime_ms=now.mtime_ms,
        )
        for result in self._local.copy([copy]):
            if not isinstance(result, Digest):
                raise Failed(tail, f"could not be copied inside the destination: {result.detail}",
                             "Correct what the destination reports, then run again")
        return fresh
