"""Small documents on a memory cluster."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.domain.errors import AlreadyExists, NotFound
from hadoop_dr.ports.files import ASIDE

_BLOCK_BYTES = 1 << 20


class MemoryFiles:
    """Implements ``ports.files.Files`` over a ``MemoryCluster``."""

    def __init__(self, cluster: MemoryCluster) -> None:
        """Keeps documents on one cluster."""
        self.cluster = cluster
        self.site = cluster.site

    def append_new(self, path: str, content: bytes) -> bool:
        """Publishes a file where none exists."""
        with self.cluster.lock:
            try:
                self._write(path, content, overwrite=False)
            except AlreadyExists:
                return False
            return True

    def prepare(self, path: str, content: bytes) -> None:
        """Brings nothing ahead: there is no way to go."""

    def put(self, path: str, content: bytes) -> None:
        """Publishes a file over an older one."""
        with self.cluster.lock:
            self._write(path, content, overwrite=True)

    def get(self, path: str) -> bytes:
        """Reads a whole file."""
        node = self.cluster.find(path)
        if node.is_dir:
            raise NotFound(path, "is a directory")
        return node.content

    def names(self, directory: str) -> list[str]:
        """Names in a directory, sorted."""
        try:
            return sorted(name for name in self.cluster.find(directory).children if not name.startswith(ASIDE))
        except NotFound:
            return []

    def leave_unfinished(self, path: str, content: bytes) -> None:
        """Leaves a document without a name, as a process does that dies while it writes one."""
        directory, _, name = path.rpartition("/")
        with self.cluster.lock:
            self._write(f"{directory}/{ASIDE}{name}", content, overwrite=True)

    def move(self, source: str, target: str) -> None:
        """Renames a file or directory."""
        with self.cluster.lock:
            self.cluster.find(source)
            self._parents(target)
            self.cluster.rename(source, target)

    def remove(self, path: str) -> None:
        """Removes a file or directory."""
        with self.cluster.lock:
            self.cluster.delete(path, recursive=True)

    def _parents(self, path: str) -> None:
        made = ""
        for name in path.strip("/").split("/")[:-1]:
            made += f"/{name}"
            try:
                self.cluster.find(made)
            except NotFound:
                self.cluster.make_directory(made, 0o700, parents=False)

    def _write(self, path: str, content: bytes, *, overwrite: bool) -> None:
        self._parents(path)
        node = self.cluster.make_file(path, replication=1, block_size=_BLOCK_BYTES, overwrite=overwrite)
        self.cluster.extend(node, content)
