"""Files that somebody was writing at the moment: their snapshot ends where the NameNode knew them to end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.ledger.bodies.taken import OpenFile, OpenFiles
from hadoop_dr.domain.tree.inventory import looked_through
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AUDIT, asked_for
from hadoop_dr.services.pool import map_bounded

SHOWN = 100
"""So many open files are named in the point's entry; their number is always there."""
_THREADS = 8


class FindOpenFiles:
    """Looks for open files right after the snapshots were taken.

    A file that was closed in between is not found, and one that was opened for append in between is; both spans are the
    time of one request. The NameNode's count of open files is no reason not to look: it can be ten seconds old. A
    failure to look is no reason to give the point up.

    Args:
        origin: The site the moment was taken on.
        most: Of so many names together the smallest roots are looked through.
    """

    def __init__(self, origin: NameNode, most: int) -> None:
        self._origin, self._most = origin, most

    def run(self, roots: Sequence[str], snapshot: str, names: Mapping[str, int]) -> OpenFiles:
        """Looks through all roots.

        Args:
            names: How many names each has, as far as that is known.

        Returns:
            What the ledger keeps; the first hundred files by name.
        """
        found: list[OpenFile] = []
        known = {root: names[root] for root in roots if root in names}
        large = set(known) - looked_through(known, self._most)
        unknown, roots = self._too_large(large), [root for root in roots if root not in large]
        with asked_for(AUDIT):
            answers = list(map_bounded(lambda root: self._read(root, snapshot, names.get(root)), roots, width=_THREADS))
        for root, answer in zip(roots, answers, strict=True):
            if isinstance(answer, str):
                unknown.append(f"{root}: {answer}")
            else:
                found += answer
        first = sorted(found, key=lambda one: one.path)[:SHOWN]
        return OpenFiles(len(found), tuple(first), tuple(unknown))

    def _too_large(self, roots: Collection[str]) -> list[str]:
        """One sentence for all roots that are not looked through: there may be thousands."""
        if not roots:
            return []
        more = f" and {len(roots) - 1} more" if len(roots) > 1 else ""
        return [f"{min(roots)}{more}: open files are only searched up to {self._most} names of a service"]

    def _read(self, root: str, snapshot: str, names: int | None) -> list[OpenFile] | str:
        try:
            names = self._names(root) if names is None else names
            if names > self._most:
                return f"has {names} names, open files are only searched up to {self._most} names of a service"
            taken = ((path, self._taken(root, path, snapshot)) for path in self._origin.open_files(root))
            return [OpenFile(path, length) for path, length in taken if length is not None]
        except DrError as error:
            return str(error)

    def _names(self, root: str) -> int:
        """Of a root that no point has yet; it has no more than the whole cluster, and of a large one all is counted."""
        every = self._origin.room().names
        return every if every <= self._most else self._origin.quota(root).used_names

    def _taken(self, root: str, path: str, snapshot: str) -> int | None:
        """Length of the file in the snapshot; None when it is not the one that lies there."""
        try:
            there = self._origin.status(f"{root}/.snapshot/{snapshot}{path[len(root) :]}")
            return there.facts.length if there.inode == self._origin.status(path).inode else None
        except NotFound:
            return None


def open_file_warnings(writing: OpenFiles) -> list[str]:
    """Writes for people what a taken point says of open files."""
    warnings = [f"open files are not known: {reason}" for reason in writing.unknown]
    if writing.count:
        shown = ", ".join(f"{one.path} at {one.length} bytes" for one in writing.files[:3])
        more = f" and {writing.count - 3} more" if writing.count > 3 else ""
        were = "was" if writing.count == 1 else "were"
        files = f"{counted(writing.count, 'file')} {were} being written at the moment"
        warnings.insert(0, f"{files}, the point has {shown}{more}")
    return warnings
