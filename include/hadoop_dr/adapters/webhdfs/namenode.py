"""``ports.namenode.NameNode`` over WebHDFS: the changing half, and how each change is read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import requests

from hadoop_dr.adapters.webhdfs import readback, shapes
from hadoop_dr.adapters.webhdfs.client import Deadlines, OneNameNode, SessionFactory
from hadoop_dr.adapters.webhdfs.errors import ReadBack
from hadoop_dr.adapters.webhdfs.listed_snapshots import ListedSnapshots
from hadoop_dr.adapters.webhdfs.offset import offset_ms
from hadoop_dr.adapters.webhdfs.reading import WebHdfsReader
from hadoop_dr.adapters.webhdfs.shapes import has_default
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import AccessDenied, AlreadyExists, Failed, NotFound
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.namenode import CLOCK_PROBE
from hadoop_dr.ports.requests import Note, nobody

_NO_SUCH_SNAPSHOT = ("the snapshot does not exist", "not a snapshottable directory")


class WebHdfsNameNode(WebHdfsReader):
    """One site's name space. Safe for many threads; make it in the process that uses it."""

    def __init__(self, address: HdfsAddress, clock: Clock, tokens: TokenSource, deadlines: Deadlines | None = None,
                 session: SessionFactory | None = None, note: Note = nobody) -> None:
        """Opens nothing yet.

        Args:
            address: Where the site answers.
            clock: Measures pauses and budgets.
            tokens: Names scratch directories.
            deadlines: How long to wait.
            session: Carries other credentials than ``user.name``.
            note: Told of each request.
        """
        super().__init__(address, clock, deadlines or Deadlines(), session, note)
        self._tokens = tokens
        self._listed = ListedSnapshots(clock)

    def _again(self, send: Callable[[OneNameNode], requests.Response]) -> None:
        """A change with the same end however often it is made."""
        self.route.repeat(send)

    def _once(self, path: str, send: Callable[[OneNameNode], requests.Response],
              read_back: Callable[[], ReadBack]) -> requests.Response | None:
        return self.route.once(send, read_back, path)

    # -- items
    def make_directory(self, path: str, mode: int) -> None:
        """Makes a directory and missing parents (755); one that exists keeps every attribute it has.

        MKDIRS gives missing parents the mode of the last one, so they are made first. It sets the mode exactly unless a
        default ACL above takes bits away, and leaves a directory that somebody made meanwhile as it is.
        """
        if self._is_directory(path):
            return
        inherits = self._make_parent(path.rpartition("/")[0])
        self._again(lambda node: node._mkdirs(path, permission=f"{mode:o}"))
        if inherits:
            self.set_permission(path, mode)

    def _is_directory(self, path: str) -> bool:
        try:
            if self.status(path).facts.is_dir:
                return True
        except NotFound:
            return False
        raise AlreadyExists(path, "is not a directory", "Move it away, or name another directory")

    def _make_parent(self, path: str) -> bool:
        """Whether what is made in this directory inherits a default ACL, perhaps."""
        try:
            return self.status(path or "/").facts.has_acl
        except NotFound:
            self.touch_directory(path)
            return True

    def touch_directory(self, path: str, mode: int | None = None) -> None:
        """Makes a directory and missing parents with a mode, or with that the NameNode gives it: one request."""
        permission = {} if mode is None else {"permission": f"{mode:o}"}
        self._again(lambda node: node._mkdirs(path, **permission))

    def make_all(self, path: str, mode: int) -> None:
        """Makes a directory and missing parents with a mode: one request."""
        self.touch_directory(path, mode)

    def discard(self, path: str) -> None:
        """Removes a name that is never given twice, without a look at it first: one request."""
        self._again(lambda node: node._delete(path, recursive="true"))

    def rename(self, source: str, target: str, inode: int | None = None) -> None:
        """Moves one item, never into or over another one.

        Args:
            inode: The item's, where the caller has just seen it.
        """
        inode = self.status(source).inode if inode is None else inode
        self._once(
            source,
            lambda node: node._rename(source, destination=target, renameoptions="NONE"),
            lambda: readback.rename(self, source, target, inode))

    def may_administer(self) -> bool:
        """Whether we are superuser: only its owner, the superuser, may write in the top directory."""
        try:
            self.route.repeat(lambda node: node._check_access("/", fsaction="-w-"))
        except AccessDenied:
            return False
        return True

    def replace(self, source: str, target: str, inode: int | None = None) -> None:
        """Moves one file over another one, if there is one; a reader sees the old or the new.

        Args:
            inode: The file's, where the caller has just seen it.
        """
        inode = self.status(source).inode if inode is None else inode
        self._once(
            source,
            lambda node: node._rename(source, destination=target, renameoptions="OVERWRITE"),
            lambda: readback.rename(self, source, target, inode))

    def delete(self, path: str, *, recursive: bool = False, inode: int | None = None) -> bool:
        """Removes a path; False when nothing lay there."""
        try:
            inode = self.status(path).inode if inode is None else inode
        except NotFound:
            return False
        answer = self._once(path, lambda node: node._delete(path, recursive=str(recursive).lower()),
                            lambda: readback.delete(self, path, inode))
        return answer is None or bool(answer.json()["boolean"])

    def truncate(self, path: str, length: int) -> None:
        """Cuts a file at a block boundary; anything else is refused before it is sent."""
        before = self.blocks(path)
        ends = {0, *shapes.block_ends(before)}
        if before.under_construction or length not in ends:
            raise Failed(path, f"cannot be cut at {length}: not a block boundary of a closed file",
                         "Copy the whole file instead")
        self._once(path, lambda node: node._truncate(path, newlength=str(length)),
                   lambda: readback.truncate(self, path, length))

    def concat(self, path: str, sources: Sequence[str]) -> None:
        """Joins files of the same directory behind ``path``; they cease to exist."""
        if any("," in source for source in sources):
            raise Failed(path, "a path with a comma cannot be sent in CONCAT", "Copy the whole file instead")
        before = self.status(path).facts.length
        total = before + sum(self.status(source).facts.length for source in sources)
        self._once(path, lambda node: node._concat(path, sources=",".join(sources)),
                   lambda: readback.concat(self, path, sources, before, total))

    # -- snapshots
    def snapshots(self, path: str) -> Sequence[Snapshot]:
        """Snapshots of a root, oldest first; empty when it is not snapshottable."""
        found = super().snapshots(path)
        self._listed.note(path, found)
        return found

    def allow_snapshot(self, path: str) -> None:
        """Makes a directory snapshottable; already being so is fine."""
        self._again(lambda node: node._allow_snapshot(path))

    def disallow_snapshot(self, path: str) -> None:
        """Makes a directory an ordinary one again; refused while it has snapshots."""
        self._again(lambda node: node._disallow_snapshot(path))

    def create_snapshot(self, path: str, name: str) -> None:
        """Takes a snapshot. List the root's snapshots shortly before, and this call is a single request."""
        newest = self._listed.newest(path)
        if newest is None:
            newest = max((one.id for one in self.snapshots(path)), default=-1)
        self._once(path, lambda node: node._create_snapshot(path, snapshotname=name),
                   lambda: readback.create_snapshot(self, path, name, newest))

    def delete_snapshot(self, path: str, name: str) -> bool:
        """Removes a snapshot; False when there was none of that name, as the NameNode itself says."""
        try:
            self._once(path, lambda node: node._delete_snapshot(path, snapshotname=name),
                       lambda: readback.delete_snapshot(self, path, name))
        except NotFound as missing:
            if any(text in missing.problem for text in _NO_SUCH_SNAPSHOT):
                return False
            raise
        return True

    # -- attributes: the same end however often they are sent
    def set_permission(self, path: str, mode: int) -> None:
        """Sets the permission bits, sticky bit included."""
        self._again(lambda node: node._set_permission(path, permission=f"{mode:o}"))

    def set_owner(self, path: str, owner: str, group: str) -> None:
        """Sets owner and group."""
        self._again(lambda node: node._set_owner(path, owner=owner, group=group))

    def set_times(self, path: str, mtime_ms: int) -> None:
        """Sets the modification time of a file or directory."""
        self._again(lambda node: node._set_times(path, modificationtime=str(mtime_ms)))

    def set_replication(self, path: str, replication: int) -> None:
        """Sets the number of copies of a file."""
        self._again(lambda node: node._set_replication(path, replication=str(replication)))

    def set_acl(self, path: str, acl: tuple[str, ...]) -> None:
        """Replaces the whole ACL; HDFS itself would keep default entries that the new list does not mention."""
        if not acl:
            self._again(lambda node: node._remove_acl(path))
            return
        self._again(lambda node: node._set_acl(path, aclspec=",".join(acl)))
        if not has_default(acl):
            self._again(lambda node: node._remove_default_acl(path))

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Creates or replaces one extended attribute."""
        params: dict[str, Any] = {"xattr.name": name, "xattr.value": shapes.xattr_value(value),
                                  "flag": "CREATE,REPLACE"}
        self._again(lambda node: node._set_x_attr(path, **params))

    def remove_xattr(self, path: str, name: str) -> None:
        """Removes one extended attribute; absence is fine."""
        try:
            self._again(lambda node: node._remove_x_attr(path, **{"xattr.name": name}))
        except Failed as absent:
            if "No matching attributes" not in absent.problem:
                raise

    def set_storage_policy(self, path: str, policy: int) -> None:
        """Sets the storage policy by id; 0 unsets it."""
        if not policy:
            self._again(lambda node: node._unset_storage_policy(path))
            return
        names = self._read("/", lambda node: node._get_all_storage_policy("/"), shapes.policies)
        if policy not in names:
            raise Failed(path, f"this site has no storage policy with the id {policy}",
                         f"It has {', '.join(f'{one} ({number})' for number, one in sorted(names.items()))}")
        self._again(lambda node: node._set_storage_policy(path, storagepolicy=names[policy]))

    def set_quota(self, path: str, namespace: int, space_bytes: int) -> None:
        """Sets both quotas; -1 lifts one."""
        self._again(lambda node: node._set_quota(path, namespacequota=str(namespace),
                                                 storagespacequota=str(space_bytes)))

    # -- time
    def clock_offset_ms(self, directory: str, within_ms: float = 0.0) -> float:
        """This NameNode's clock minus ours, by times of directories made below ``directory``, five at most."""
        scratch = f"{directory.rstrip('/')}/{CLOCK_PROBE}{self._tokens.token()}"
        return offset_ms(self, self._clock, scratch, within_ms)
