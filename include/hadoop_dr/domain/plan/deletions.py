"""What a run would delete of the secondary, and whether it may without a person's word (I8).

One decision for a first run, a full run, an increment and for whoever only looks. Each kind of object has its own
figure, measured against what is live of that kind on the secondary, never against what only snapshots hold.

Files are counted net for each directory: one that is written anew under another name in its directory, as INSERT
OVERWRITE does, is no deletion, and one that moved is neither gone nor new. Objects of a catalog that are dropped and
made again under their name are none either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.config.quantities import DeletionLimit, counted
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.paths import Moves, parent
from hadoop_dr.domain.tree.items import Item


class DeletionKind(StrEnum):
    """Kinds of objects whose deletions are counted, each by itself. Statistics and constraints are not among them."""

    FILES = "files"
    DATABASES = "databases"
    TABLES = "tables"
    VIEWS = "views"
    PARTITIONS = "partitions"
    FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one kind: how many would go, of how many that are live on the secondary before the run.

    Attributes:
        kind: One of ``DeletionKind``, or a plural that another kind of data sets counts by.
    """

    kind: str
    deleted: int = 0
    live: int = 0

    def allowed(self, limit: DeletionLimit) -> int:
        """How many may go without asking; only files have a floor."""
        return limit.files(self.live) if self.kind == DeletionKind.FILES else limit.objects(self.live)


@dataclass(frozen=True, slots=True)
class Deletions:
    """All that one run would delete.

    Attributes:
        figures: One for each kind, in the order of the kinds.
        emptied: Roots and databases that lose everything, one clause each; they ask at any limit.
    """

    figures: tuple[Figure, ...] = ()
    emptied: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """Files that would go."""
        return sum(figure.deleted for figure in self.figures if figure.kind == DeletionKind.FILES)

    def over(self, limit: DeletionLimit) -> tuple[str, ...]:
        """Why a person has to be asked, one clause for each reason; empty when nobody has to be."""
        above = (figure for figure in self.figures if figure.deleted > figure.allowed(limit))
        return (*(_clause(figure, limit) for figure in above), *self.emptied)

    def document(self, limit: DeletionLimit) -> dict[str, dict[str, int]]:
        """Writes the figures as the command line shows them, by kind."""
        return {
            str(figure.kind): {"deleted": figure.deleted, "live": figure.live, "allowed": figure.allowed(limit)}
            for figure in self.figures
        }


def together(parts: Iterable[Deletions]) -> Deletions:
    """Puts the figures of all kinds of data sets together; every kind of ``DeletionKind`` has one, if of zero.

    What two of them count under one name is added up, so that neither hides the other.
    """
    figures, emptied = {str(kind): Figure(str(kind)) for kind in DeletionKind}, list[str]()
    for part in parts:
        for one in part.figures:
            old = figures.get(one.kind, Figure(one.kind))
            figures[one.kind] = Figure(one.kind, old.deleted + one.deleted, old.live + one.live)
        emptied += part.emptied
    return Deletions(tuple(figures.values()), tuple(emptied))


def refuse_unapproved(
    service: str, deletions: Deletions, limit: DeletionLimit, *, approved: bool
) -> tuple[str, ...]:
    """Stops a run that would delete more than it may.

    Returns:
        What was above the limit and is approved.

    Raises:
        Refused: Something is above the limit, and nobody approved it.
    """
    reasons = deletions.over(limit)
    if reasons and not approved:
        raise Refused(
            service,
            f"too many deletions: {'; '.join(reasons)}",
            f"Look at the primary first. If they are intended: hadoop-dr backup {service} --approve-deletions, "
            "or tick 'Approve deletions' in the form of the run in Airflow",
        )
    return reasons


def _clause(figure: Figure, limit: DeletionLimit) -> str:
    what, allowed = f"{figure.deleted} of {figure.live} {figure.kind}", figure.allowed(limit)
    if figure.kind == DeletionKind.FILES:
        floor = f", or the smaller of {limit.at_least} and half of them" if limit.at_least else ""
        return f"{what} would be deleted, the limit is {allowed} ({limit}{floor})"
    return f"{what} would be dropped, the limit is {allowed} ({limit})"


# -- files


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
