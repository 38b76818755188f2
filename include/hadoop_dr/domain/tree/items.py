"""The touched items of one root: what a plan is made of and what is stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, FileAttributes


class Content(Enum):
    """What happens to an item's bytes."""

    SAME = "same"  # a directory, or a file whose bytes are proven unchanged
    WHOLE = "whole"  # every byte is staged as a new file (or directory) and replaces whatever was there
    TAIL = "tail"  # the leading full blocks are proven the same; only the rest is staged


@dataclass(frozen=True, slots=True)
class Item:
    """One inode of the origin that the run touches.

    Attributes:
        inode: Inode id on the origin. It names the item inside the plan; on the destination it means nothing.
        old: Path relative to the root in the older snapshot ("" is the root itself); None for a new item.
        new: Path relative to the root in the newer snapshot; None for an item that goes.
        was: Attributes in the older snapshot; None for a new item.
        now: Attributes in the newer snapshot; None for an item that goes.
        was_extras: ACL and extended attributes in the older snapshot.
        now_extras: ACL and extended attributes in the newer snapshot.
        content: What happens to its bytes.
        keep_bytes: With ``Content.TAIL``: the block boundary behind the bytes that stay.

    Directories that only see children come and go are items too: their modification time has to be put back.
    """

    inode: int
    old: str | None
    new: str | None
    was: FileAttributes | None
    now: FileAttributes | None
    was_extras: AclAndXattrs = NO_ACL_OR_XATTRS
    now_extras: AclAndXattrs = NO_ACL_OR_XATTRS
    content: Content = Content.SAME
    keep_bytes: int = 0

    @property
    def is_dir(self) -> bool:
        """Whether the item is a directory; an inode never changes its kind."""
        facts = self.now or self.was
        return facts is not None and facts.is_dir
