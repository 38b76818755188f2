"""Which bytes of a file that lives on are proven to be the same, so that they need not cross again.

The bytes behind a block id never change; only the last block of a file may grow, and a cut inside a block writes that
block anew under another id, as long as a snapshot holds the old one. So leading blocks that have the same id and were
full in the older snapshot are the same bytes. Lengths and times prove nothing: a file cut and written on to its former
length looks unchanged in a snapshot diff.

A NameNode shows the last block of a file in a snapshot as long as that block is *now*, so the file's own length in the
snapshot says how much of it counts.
"""

from __future__ import annotations

from itertools import takewhile

from hadoop_dr.domain.tree.file_attributes import Block, Blocks, FileAttributes
from hadoop_dr.domain.tree.items import Content


def leading_bytes(old: Blocks, new: Blocks, block_size: int) -> int:
    """Counts the bytes of the leading blocks that are the same in both and were full in the older one.

    Args:
        old: Blocks in the older snapshot, cut to the file's length there.
        new: Blocks in the newer snapshot, likewise.
        block_size: Bytes of a full block.
    """
    same = takewhile(
        lambda pair: pair[0] == pair[1] and pair[0].length == block_size, zip(old.blocks, new.blocks, strict=False)
    )
    return sum(block.length for block, _ in same)


def within(blocks: Blocks, length: int) -> Blocks:
    """Cuts the blocks of a file to its length in a snapshot; a NameNode shows the last one as it has grown since."""
    cut: list[Block] = []
    for block in blocks.blocks:
        cut.append(Block(block.id, min(block.length, length)))
        length -= cut[-1].length
    return Blocks(tuple(cut), blocks.under_construction)


def looks_unchanged(was: FileAttributes, now: FileAttributes) -> bool:
    """Whether the listing gives no reason to doubt that a file has the bytes it had.

    Not a proof: a diff that names the file as modified although nothing in its listing differs speaks against it.
    """
    return was.length == now.length and was.mtime_ms == now.mtime_ms


def content_of(was: FileAttributes, now: FileAttributes, old: Blocks | None, new: Blocks | None) -> tuple[Content, int]:
    """Decides what has to be copied of an item that exists in both snapshots.

    Args:
        was: Attributes in the older snapshot.
        now: Attributes in the newer snapshot.
        old: Blocks in the older snapshot; None when they were not asked for, which is right only for a directory or
            for a file that looks unchanged and of which nothing says otherwise.
        new: Blocks in the newer snapshot, or None.

    Returns:
        What happens to its bytes, and with ``Content.TAIL`` the block boundary behind those that stay.
    """
    if now.is_dir:
        return Content.SAME, 0
    if old is None or new is None:
        return (Content.SAME if looks_unchanged(was, now) else Content.WHOLE), 0
    if old.under_construction or new.under_construction:
        return Content.WHOLE, 0
    old, new = within(old, was.length), within(new, now.length)
    if old.blocks == new.blocks:
        return Content.SAME, 0
    if _cannot_be_joined(was, now):
        return Content.WHOLE, 0
    keep = leading_bytes(old, new, now.block_size)
    return (Content.TAIL, keep) if keep else (Content.WHOLE, 0)


def _cannot_be_joined(was: FileAttributes, now: FileAttributes) -> bool:
    """Whether HDFS cannot cut and join such a file, or its blocks would not line up."""
    special = was.encrypted or now.encrypted or was.erasure_coding or now.erasure_coding
    return bool(special) or was.block_size != now.block_size
