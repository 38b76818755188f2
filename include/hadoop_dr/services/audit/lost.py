"""The full inventories of both sides compared: what the diff cannot show (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.tree.attribute_comparison import Verdict, differences, differing_fields
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes
from hadoop_dr.domain.tree.inventory import Entry, paired_by_path
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.snapshot_tree import ReadLimits, Tree, without_work_area


class AuditRoot:
    """Compares the whole of a root with its copy, attribute by attribute.

    Args:
        origin: Site of the root.
        root: The directory.
        snapshot: The origin's.
        heartbeat: Called for every item.
    """

    def __init__(self, origin: NameNode, root: str, snapshot: str, heartbeat: Callable[[int], None]) -> None:
        self._origin, self._root, self._snapshot, self._heartbeat = origin, root, snapshot, heartbeat

    def listing(self) -> list[tuple[str, DirEntry]]:
        """Lists the origin's snapshot whole."""
        return list(walk(self._origin, f"{self._root}/.snapshot/{self._snapshot}"))

    def with_listing(self, wanted: Iterable[tuple[str, DirEntry]], listing: Mapping[str, DirEntry]) -> Verdict:
        """Compares full listings of the origin and of the candidate, by path relative to the root, held in memory."""
        verdict, left = Verdict(), dict(listing)
        for path, want in wanted:
            found = left.pop(path, None)
            self._one(path, want.facts, found.facts if found else None, verdict)
        for path, found in left.items():
            self._one(path, None, found.facts, verdict)
        return verdict

    def streamed(self, destination: NameNode, candidate: str) -> Verdict:
        """Compares with the candidate as both are listed: memory for what is under way, however large the root is."""
        verdict = Verdict()
        with ReadLimits().pool() as here, ReadLimits().pool() as there:
            wanted = self._entries(Tree(self._origin, self._root, self._snapshot), here)
            for want, found in paired_by_path(wanted, self._entries(Tree(destination, self._root, candidate), there)):
                entry = want or found
                if entry is not None and entry.path:
                    self._one(entry.path, want.facts if want else None, found.facts if found else None, verdict)
        return verdict

    @staticmethod
    def _entries(tree: Tree, pool: BoundedPool) -> Iterator[Entry]:
        return without_work_area(tree.walk(pool))

    def _one(self, path: str, want: FileAttributes | None, found: FileAttributes | None, verdict: Verdict) -> None:
        self._heartbeat(1)
        if want is None:
            verdict.mismatch.append(Finding(self._root, path, "is not on the origin"))
        elif found is None:
            verdict.mismatch.append(Finding(self._root, path, "missing"))
        elif want != found and (fields := self._fields(want, found)):
            verdict.mismatch.append(Finding(self._root, path, differences(fields, want, found)))
        else:
            verdict.match += 1

    @staticmethod
    def _fields(want: FileAttributes, found: FileAttributes) -> list[str]:
        # A child that comes after the moment raises its directory's time in the newest snapshot, too: to its own time,
        # which may lie before the moment when it was moved in (measured). So a later time on the origin says nothing.
        return differing_fields(want, found, untimed=want.is_dir and want.mtime_ms > found.mtime_ms)
