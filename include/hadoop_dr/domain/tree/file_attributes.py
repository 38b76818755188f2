"""What is known of one file or directory: the unit of inventories, plans and verification (I9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FileKind(Enum):
    """What an item is."""

    FILE = "f"
    DIRECTORY = "d"
    SYMLINK = "l"


@dataclass(frozen=True, slots=True)
class FileAttributes:
    """The attributes of an item that a directory listing carries.

    Attributes:
        kind: File, directory or symbolic link.
        length: Size in bytes; 0 for a directory.
        mode: Permission bits including the sticky bit, e.g. 0o1777. With an ACL the group bits are its mask.
        replication: Copies wanted; 0 for a directory.
        block_size: Bytes in a full block; 0 for a directory.
        mtime_ms: Modification time, milliseconds since the epoch.
        storage_policy: Effective storage policy id; 0 when none is set anywhere above.
        has_acl: The item has extended ACL entries (read them with ``NameNode.acl``).
        erasure_coding: Name of the erasure coding policy, or None.
        encrypted: The item lies in an encryption zone.
    """

    kind: FileKind
    length: int
    owner: str
    group: str
    mode: int
    replication: int
    block_size: int
    mtime_ms: int
    storage_policy: int = 0
    has_acl: bool = False
    erasure_coding: str | None = None
    encrypted: bool = False

    @property
    def is_dir(self) -> bool:
        """Whether the item is a directory."""
        return self.kind is FileKind.DIRECTORY


@dataclass(frozen=True, slots=True)
class DirEntry:
    """One entry of a directory listing: name below the directory, inode id of that cluster, attributes."""

    name: str
    inode: int
    facts: FileAttributes


@dataclass(frozen=True, slots=True)
class AclAndXattrs:
    """Attributes that need a request of their own.

    Attributes:
        acl: The full access control list in the form of ``setfacl`` (``user:alice:r-x``, ``default:other::---``),
            sorted; includes the entries for owner, group, mask and others; empty when there is none.
        xattrs: Extended attributes of the ``user`` and ``trusted`` name spaces, sorted by name.
    """

    acl: tuple[str, ...] = ()
    xattrs: tuple[tuple[str, bytes], ...] = ()


NO_ACL_OR_XATTRS = AclAndXattrs()
"""What most files have."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a file: ``id`` never names other bytes, except that the last block of a file may grow."""

    id: int
    length: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a file in order, and whether a writer still has it open."""

    blocks: tuple[Block, ...]
    under_construction: bool = False


@dataclass(frozen=True, slots=True)
class Checksum:
    """HDFS checksum of a file; comparable only between files with equal lists of block lengths."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a snapshottable directory.

    Attributes:
        name: Its name.
        id: The NameNode's own number for it, never reused.
        created_ms: Creation time by the NameNode's clock.
        deleted: Marked for ordered deletion, to be collected later.
    """

    name: str
    id: int
    created_ms: int
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """Quotas of a directory and what is used; -1 means no quota.

    A NameNode tells the quota of now also when it is asked about a directory in a snapshot (measured).

    Attributes:
        namespace: Names that may lie in it, itself included.
        space_bytes: Raw bytes that may lie in it, all replicas counted.
        used_names, used_bytes: What does, what only its snapshots hold included.
        by_type: Raw bytes allowed by storage type, sorted; only types that have a quota.
    """

    namespace: int
    space_bytes: int
    used_names: int
    used_bytes: int
    by_type: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DiffEntry:
    """One entry of a snapshot diff listing, paths relative to the root, without a leading slash.

    Attributes:
        inode: The entry's inode id on the cluster that was asked.
        parent: Inode id of its parent directory.
        source: Path in the older snapshot's terms ("" is the root itself).
        target: For a rename: the full path in the newer snapshot; else None.
    """

    inode: int
    parent: int
    source: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class DiffPage:
    """One page of a snapshot diff listing."""

    modified: tuple[DiffEntry, ...] = ()
    created: tuple[DiffEntry, ...] = ()
    deleted: tuple[DiffEntry, ...] = ()
