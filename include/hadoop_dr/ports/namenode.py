"""The control plane of one site's HDFS: few requests, each with a deadline, each with a known outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, Blocks, Checksum, DiffPage, DirEntry, Quota, Snapshot

CLOCK_PROBE = ".clock-"
"""Begins the name of a directory that a clock was read from; it lives for the seconds that takes."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the serving NameNode says of itself.

    Attributes:
        cluster_id: Identity of the HDFS cluster; two sites with one id are the same cluster.
        safe_mode: Text of the safe mode, or empty.
        live_datanodes: DataNodes that report now.
        remaining_bytes: Raw capacity left, before replication.
        capacity_bytes: All raw capacity.
        snapshots: Snapshots of all directories, whoever took them.
        open_files: Files under construction in the whole name space.
        names: Files and directories in the whole name space.
    """

    cluster_id: str
    safe_mode: str
    live_datanodes: int
    remaining_bytes: int
    capacity_bytes: int
    snapshots: int
    open_files: int
    names: int


@dataclass(frozen=True, slots=True)
class Room:
    """What the serving NameNode has left, and holds.

    Attributes:
        remaining_bytes: Raw capacity left, before replication.
        names: Files and directories in the whole name space.
    """

    remaining_bytes: int
    names: int


@dataclass(frozen=True, slots=True)
class DataNode:
    """A DataNode as a NameNode knows it.

    Attributes:
        name: Its host and port.
        silent_s: Seconds since its last heartbeat; infinite where the NameNode counts it as dead.
    """

    name: str
    silent_s: float


class NameNode(Protocol):
    """One site's name space. Paths are absolute, byte-exact, never percent-encoded by the caller.

    Any call may raise Unreachable (nothing happened), NotReady (standby everywhere, safe mode), AccessDenied, NotFound,
    Protocol. A call that changes something and whose answer is lost is read back by the adapter; when that cannot
    settle it, Unknown is raised and nothing is sent again.
    """

    site: str

    # -- reading: may be repeated by the adapter on another NameNode
    def service(self) -> Service:
        """Says who serves and how it is."""

    def datanodes(self) -> Sequence[DataNode]:
        """Every DataNode; one that is gone because it was taken out of service is left out.

        A NameNode that stands by or is in safe mode says so, too.
        """

    def version(self) -> str:
        """Returns the version text of the software."""

    def room(self) -> Room:
        """Says how much there is, in one request."""

    def settings(self, *names: str) -> Mapping[str, str]:
        """Returns the NameNode's effective configuration for these keys; a key it does not know is absent."""

    def status(self, path: str) -> DirEntry:
        """Attributes of one path; ``name`` is empty.

        Raises:
            NotFound: Nothing lies there.
        """

    def list(self, path: str) -> Iterator[DirEntry]:
        """Children of a directory in the NameNode's order, streamed; of a file: the file itself with an empty name.

        Raises:
            NotFound: Nothing lies there.
        """

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        """ACL and extended attributes of one path; what is not asked for stays empty."""

    def blocks(self, path: str) -> Blocks:
        """Block ids and lengths of a file, also of one in a snapshot."""

    def block_ids(self, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Block ids of every file below a directory, also in a snapshot, by path relative to it, streamed in its order.

        Files without blocks are left out, and may be those whose names have a line break. It may cost the NameNode a
        fraction of a second for tens of thousands of files.

        Raises:
            AccessDenied: Only a superuser may ask. NotReady: The answer is not whole; perhaps only at its end.
        """

    def checksum(self, path: str) -> Checksum:
        """HDFS checksum of a file, computed by its DataNodes."""

    def quota(self, path: str) -> Quota:
        """Quotas and usage of a directory."""

    def open_files(self, path: str) -> Sequence[str]:
        """Absolute paths of the files below a directory that a writer has open now, sorted.

        The NameNode looks at every file there, so this is for directories of bounded size.

        Raises:
            NotFound: Nothing lies there.
        """

    def snapshots(self, path: str) -> Sequence[Snapshot]:
        """Snapshots of a root, oldest first; empty when it is not snapshottable."""

    def snapshottable(self) -> Sequence[str]:
        """Every snapshottable directory the user may see."""

    def snapshot_counts(self) -> Mapping[str, int]:
        """How many snapshots every snapshottable directory has that the user may see, in one request.

        Those that are marked for deletion count, as they do for the limits of HDFS.
        """

    def root_times(self) -> Mapping[str, int]:
        """The modification time of every snapshottable directory the user may see, in one request.

        Making a snapshot sets it to that of the snapshot, removing one to that moment, renaming one not (measured).
        """

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        """Pages of the snapshot diff listing of a root, older to newer snapshot; no newer name is the tree of now.

        Raises:
            NotFound: The root or one of the snapshots does not exist.
        """

    def clock_offset_ms(self, directory: str, within_ms: float = 0.0) -> float:
        """This NameNode's clock minus ours, in milliseconds, from the times of something made in ``directory``.

        Best of five samples, halved round trip taken off (S2.16). A directory that is missing is made, mode 700, with
        those above it.

        Args:
            within_ms: A sample of which half the round trip is no more ends it: the offset is known as exactly by then.
        """

    def may_administer(self) -> bool:
        """Whether the acting user is a superuser here: asked by an access check that only a superuser passes."""

    # -- changing: outcome done, not done (raises Failed) or Unknown
    def make_directory(self, path: str, mode: int) -> None:
        """Makes a directory with exactly this mode, and missing parents with 755.

        One that exists is fine and keeps every attribute it has: what is private is never opened by making sure of it.

        Raises:
            AlreadyExists: Something else lies there.
        """

    def make_all(self, path: str, mode: int) -> None:
        """Makes a directory and all that is missing above it with one mode, in one request and without a look before.

        What exists keeps its attributes; what is new takes over a default ACL from above, which may change its mode.

        Raises:
            AlreadyExists: Something else lies there.
        """

    def rename(self, source: str, target: str, inode: int | None = None) -> None:
        """Moves one item; never into an existing directory, never over an existing file.

        Args:
            inode: The item's, where the caller has just seen it; else it is asked for.

        Raises:
            NotFound: No source. AlreadyExists: Something lies at the target.
        """

    def delete(self, path: str, *, recursive: bool = False, inode: int | None = None) -> bool:
        """Removes a path; False when nothing lay there.

        Args:
            inode: The item's, where the caller has just seen it; else it is asked for.

        Raises:
            Failed: It is a directory that is not empty, and ``recursive`` was not asked for.
        """

    def discard(self, path: str) -> None:
        """Removes a path and all below it without a look before, in one request that may be sent again.

        For names that are never given twice: what lies there later is what was meant.
        """

    def allow_snapshot(self, path: str) -> None:
        """Makes a directory snapshottable; already being so is fine."""

    def disallow_snapshot(self, path: str) -> None:
        """Makes a directory an ordinary one again, that can be deleted and moved; being one already is fine.

        Raises:
            Failed: It has snapshots. NotFound: Nothing lies there.
        """

    def create_snapshot(self, path: str, name: str) -> None:
        """Takes a snapshot.

        Raises:
            AlreadyExists: The root has a snapshot of that name which this call did not make.
        """

    def delete_snapshot(self, path: str, name: str) -> bool:
        """Removes a snapshot; False when there was none of that name."""

    def set_permission(self, path: str, mode: int) -> None:
        """Sets the permission bits, sticky bit included."""

    def set_owner(self, path: str, owner: str, group: str) -> None:
        """Sets owner and group."""

    def set_times(self, path: str, mtime_ms: int) -> None:
        """Sets the modification time of a file or directory."""

    def set_replication(self, path: str, replication: int) -> None:
        """Sets the number of copies of a file."""

    def set_acl(self, path: str, acl: tuple[str, ...]) -> None:
        """Replaces the whole ACL by a full list as in ``AclAndXattrs.acl``; an empty one removes it."""

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Creates or replaces one extended attribute."""

    def remove_xattr(self, path: str, name: str) -> None:
        """Removes one extended attribute; absence is fine."""

    def set_storage_policy(self, path: str, policy: int) -> None:
        """Sets the storage policy by id; 0 unsets it."""

    def set_quota(self, path: str, namespace: int, space_bytes: int) -> None:
        """Sets both quotas; -1 lifts one."""

    def truncate(self, path: str, length: int) -> None:
        """Cuts a file to a length that is a block boundary (no recovery follows)."""

    def concat(self, path: str, sources: Sequence[str]) -> None:
        """Joins files of the same directory behind ``path``; they cease to exist."""
