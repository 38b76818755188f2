"""``ports.files.Files`` over WebHDFS: small documents, each published whole by one rename.

A DataNode of WebHDFS answers only when all bytes have come, the file is closed and, with SYNC_BLOCK, on its disk. So a
document is complete before it has its name, and a reader never meets an open one. Whose rename won is told afterwards
by the name it had until then, which nobody else knows, and by the content. That is two requests: see ``KnownWays``.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress

from hadoop_dr.adapters.webhdfs.client import Deadlines, OneNameNode, SessionFactory
from hadoop_dr.adapters.webhdfs.datanodes import KnownWays, Redirected
from hadoop_dr.adapters.webhdfs.errors import Lost, NotSent, ReadBack
from hadoop_dr.adapters.webhdfs.namenode import WebHdfsNameNode
from hadoop_dr.adapters.webhdfs.uploads import Moved
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import AlreadyExists, DrError, NotFound
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.files import ASIDE
from hadoop_dr.ports.requests import Note, nobody

_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600


class WebHdfsFiles:
    """Documents of one site. Safe for many threads; make it in the process that uses it.

    Attributes:
        ways: The DataNodes it goes to straight away; None where credentials are asked for.
    """

    def __init__(self, address: HdfsAddress, clock: Clock, tokens: TokenSource, deadlines: Deadlines | None = None,
                 session: SessionFactory | None = None, note: Note = nobody,
                 moved: Moved = lambda pieces: None) -> None:
        """Opens nothing yet; the arguments are those of ``WebHdfsNameNode``, and who is told of bytes that leave."""
        self.site = address.site
        self._deadlines = deadlines or Deadlines()
        self._tokens, self._moved = tokens, moved
        self._tree = WebHdfsNameNode(address, clock, tokens, self._deadlines, session, note)
        self.ways = None if session else KnownWays(clock)
        self._prepared: dict[tuple[str, bytes], str] = {}

    def append_new(self, path: str, content: bytes) -> bool:
        """Publishes a durable file at a path where none exists."""
        aside = self._prepared.pop((path, content), None) or self._write_aside(path, content)
        try:
            self._publish(aside, path, content, "NONE")
        except AlreadyExists:
            self._tree.discard(aside)
            return False
        return True

    def prepare(self, path: str, content: bytes) -> None:
        """Writes the bytes under a name of their own; the rename is what is left."""
        self._prepared[path, content] = self._write_aside(path, content)

    def put(self, path: str, content: bytes) -> None:
        """Publishes a whole file, replacing an older one."""
        self._publish(self._write_aside(path, content), path, content, "OVERWRITE")

    def get(self, path: str) -> bytes:
        """Reads a whole file; that there is none is for the NameNode to say."""
        through = Redirected(path, "GET", self._deadlines.read_s, ways=self.ways)
        with suppress(NotFound, Lost):
            if (read := through.straight(self._tree.route.serving)) is not None:
                return read.content
        return self._tree.route.repeat(
            lambda node: through.follow(node, lambda: node.open_at(path))).content

    def names(self, directory: str) -> list[str]:
        """Names of the entries of a directory, sorted; empty when it does not exist."""
        try:
            found = [entry.name for entry in self._tree.list(directory)]
        except NotFound:
            return []
        return sorted(name for name in found if name and not name.startswith(ASIDE))

    def move(self, source: str, target: str) -> None:
        """Renames a file or directory; parents of the target are made."""
        self._tree.status(source)
        self._make_parents(target)
        self._tree.rename(source, target)

    def remove(self, path: str) -> None:
        """Removes a file or a whole directory; absence is fine."""
        self._tree.delete(path, recursive=True)

    def close(self) -> None:
        """Closes the connections."""
        self._tree.close()

    def _write_aside(self, path: str, content: bytes) -> str:
        """Returns the name it has for now."""
        try:
            return self._tree.route.repeat(lambda node: self._try_aside(node, path, content))
        except NotFound:
            self._make_parents(path)
            return self._tree.route.repeat(lambda node: self._try_aside(node, path, content))

    def _try_aside(self, node: OneNameNode, path: str, content: bytes) -> str:
        """Writes under a name of its own: a request that got lost and comes late finds nothing of ours to spoil."""
        aside = f"{posixpath.dirname(path)}/{ASIDE}{self._tokens.token()}"
        through = Redirected(aside, "PUT", self._deadlines.read_s, content, self.ways, self._moved)
        try:
            if through.straight(node) is None:
                through.follow(node, lambda: node._create(
                    aside, createflag="CREATE,SYNC_BLOCK", createparent="false", permission=f"{_FILE_MODE:o}"))
        except (NotSent, Lost):
            with suppress(DrError):
                self._tree.discard(aside)
            raise
        return aside

    def _publish(self, aside: str, path: str, content: bytes, how: str) -> None:
        self._tree.route.once(lambda node: node._rename(aside, destination=path, renameoptions=how),
                              lambda: self._published(aside, path, content), path)

    def _published(self, aside: str, path: str, content: bytes) -> ReadBack:
        """Done when the name that only we know is gone, and what we wrote is there."""
        with suppress(NotFound):
            self._tree.status(aside)
            return ReadBack.NOT_DONE
        try:
            return ReadBack.DONE if self.get(path) == content else ReadBack.CANNOT_TELL
        except NotFound:
            return ReadBack.CANNOT_TELL

    def _make_parents(self, path: str) -> None:
        directory = posixpath.dirname(path)
        self._tree.route.repeat(lambda node: node._mkdirs(directory, permission=f"{_DIRECTORY_MODE:o}"))
