"""How many files a plan deletes, counted net for each directory (I8).

A file that is written anew under another name in its directory, as INSERT OVERWRITE does, is no deletion, and one that
moved is neither gone nor new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.paths import Moves, parent
from hadoop_dr.domain.plan.deletions import DeletionKind, Deletions, Figure
from hadoop_dr.domain.tree.items import Item


@dataclass(frozen=True, slots=True)
class FileCount:
    """Files of one root.

    Attributes:
        root: Its path.
        live: On the secondary before the run.
        left: After it.
        gone: That cease to exist, those that others replace included; what moved, also to another root, is not gone.
        deleted: Those, less the new ones of the same directory.
    """

    root: str
    live: int
    left: int
    gone: int
    deleted: int


def count_files(
    root: str,
    live: int,
    items: Iterable[Item],
    below: Iterable[str] = (),
    elsewhere: Collection[int] = (),
    *,
    ours: bool = True,
) -> FileCount:
    """Counts what the items of a root do to its files.

    Args:
        root: Path of the root.
        live: Files it has before.
        items: Its touched items; with every directory that moves or goes and every one that gains or loses a child.
        below: Old paths of files that go with a directory among the items and are no items of their own.
        elsewhere: Inode ids of files that move between this root and another one; see ``moved_between``.
        ours: The service has a point of this root. Without one all that goes is somebody else's, and new files beside
            it make up for nothing.
    """
    touched = list(items)
    moves = Moves({item.old: item.new for item in touched if item.is_dir and item.old is not None})
    gone: Counter[str] = Counter(_place(moves, path) for path in below)
    came: Counter[str] = Counter()
    moved = 0
    for item in touched:
        if item.is_dir or (item.old is None) is (item.new is None):
            continue
        if item.inode in elsewhere:
            moved += 1 if item.old is None else -1
        elif item.new is None:
            gone[_place(moves, item.old or "")] += 1
        else:
            came[parent(item.new)] += 1
    left = live - gone.total() + came.total() + moved
    return FileCount(root, live, left, gone.total(), (gone - came if ours else gone).total())


def _place(moves: Moves, path: str) -> str:
    """Path that the directory of a file that goes has afterwards, or would have if it were still there."""
    at = directory = parent(path)
    while (there := moves.of(at)) is None:
        at = parent(at)
    return there + directory[len(at):]


def moved_between(roots: Sequence[Sequence[Item]]) -> frozenset[int]:
    """Finds the files that left one root of a service for another one, by their inode ids on the origin."""
    if len(roots) < 2:
        return frozenset()
    every = [item for items in roots for item in items if not item.is_dir]
    return frozenset(
        {item.inode for item in every if item.new is None} & {item.inode for item in every if item.old is None}
    )


def of_files(counts: Sequence[FileCount]) -> Deletions:
    """Adds up the roots of a service. A root from which files only moved to another one has lost nothing."""
    figure = Figure(
        DeletionKind.FILES, sum(count.deleted for count in counts), sum(count.live for count in counts)
    )
    emptied = (
        f"{count.root} would lose all of its {counted(count.live, 'file')}"
        for count in counts
        if count.gone and count.left <= 0
    )
    return Deletions((figure,), tuple(emptied))
