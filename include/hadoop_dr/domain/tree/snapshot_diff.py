"""What a snapshot diff listing says, made unambiguous: entries of many pages become changes of inodes (S2.9).

A listing is unordered, may repeat itself across pages, and speaks in the names of the older snapshot: whatever lies
below a renamed directory is reported under its former path, also what was made there after the rename. A rename is a
delete entry with a target, and its inode may show up once more as created. Entries are therefore identified by inode
id, never by path, and all paths are translated here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hadoop_dr.domain.paths import Moves, in_work_area, parent
from hadoop_dr.domain.tree.file_attributes import DiffPage


@dataclass(frozen=True, slots=True)
class Change:
    """One inode that a diff names.

    Attributes:
        inode: Its id.
        old: Path in the older tree; None when it is new.
        new: Path in the newer tree; None when it is gone.
    """

    inode: int
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything a diff says of one root.

    Attributes:
        created: Tops of new subtrees; what lies below them is not listed.
        deleted: Tops of subtrees that are gone.
        renamed: Items that are elsewhere, by themselves; ``old`` and ``new`` may be equal.
        modified: Items that stay (perhaps below a renamed directory) or are renamed, and have other content, attributes
            or children.
    """

    created: tuple[Change, ...] = ()
    deleted: tuple[Change, ...] = ()
    renamed: tuple[Change, ...] = ()
    modified: tuple[Change, ...] = ()

    def directories(self) -> tuple[set[str], set[str]]:
        """Paths of the directories in which something changed, in the older tree and in the newer one."""
        every = (*self.created, *self.deleted, *self.renamed, *self.modified)
        then = {parent(change.old) for change in every if change.old is not None}
        now = {parent(change.new) for change in every if change.new is not None}
        forward, backward = self.forward(), self.backward()
        return (then | {path for one in now if (path := backward.of(one)) is not None},
                now | {path for one in then if (path := forward.of(one)) is not None})

    def forward(self) -> Moves:
        """Translates paths of the older tree into the newer one."""
        return Moves(_moved(((c.old, c.new) for c in self.renamed), (c.old for c in self.deleted)))

    def backward(self) -> Moves:
        """Translates paths of the newer tree into the older one."""
        return Moves(_moved(((c.new, c.old) for c in self.renamed), (c.new for c in self.created)))


def _moved(pairs: Iterable[tuple[str | None, str | None]], gone: Iterable[str | None]) -> dict[str, str | None]:
    moved: dict[str, str | None] = {path: None for path in gone if path is not None}
    moved.update((here, there) for here, there in pairs if here is not None)
    return moved


def merge(pages: Iterable[DiffPage]) -> Changes:
    """Makes one set of changes of the pages of a diff listing, in the order of the pages.

    Repeated entries count once. An item both deleted and created, under whatever names, is a rename. Entries that only
    repeat what a deleted or created ancestor says are left out, so are modifications of items that are gone.
    """
    named = _Named()
    for page in pages:
        named.take(page)
    named.settle_renames()
    moves = named.moves()
    made: dict[int, str] = {}
    for inode, source in named.created:
        there = moves.below(source) if inode not in named.renamed else None
        if there is not None:
            made.setdefault(inode, there)
    back = Moves(_moved(((new, old) for old, new in named.renamed.values()), made.values()))
    return Changes(
        created=tuple(Change(i, None, new) for i, new in made.items() if back.below(new) is not None),
        deleted=tuple(Change(i, old, None) for i, old in named.deleted.items() if moves.below(old) is not None),
        renamed=tuple(Change(i, old, new) for i, (old, new) in named.renamed.items()),
        modified=tuple(_modified(named, made.keys() | named.deleted.keys(), moves)),
    )


class _Named:
    """The entries of all pages, each once, under their inode ids."""

    def __init__(self) -> None:
        self.modified: dict[tuple[int, str], None] = {}
        self.created: dict[tuple[int, str], None] = {}
        self.deleted: dict[int, str] = {}
        self.renamed: dict[int, tuple[str, str]] = {}

    def take(self, page: DiffPage) -> None:
        self.modified.update(((entry.inode, entry.source), None) for entry in page.modified)
        self.created.update(((entry.inode, entry.source), None) for entry in page.created)
        for entry in page.deleted:
            if entry.target is None:
                self.deleted.setdefault(entry.inode, entry.source)
            else:
                self.renamed.setdefault(entry.inode, (entry.source, entry.target))

    def settle_renames(self) -> None:
        """Takes an inode that is both deleted and created for what it is: an item that moved."""
        for inode in self.renamed:
            self.deleted.pop(inode, None)
        moves = self.moves()
        for inode, source in self.created:
            there = moves.below(source) if inode in self.deleted else None
            if there is not None:
                self.renamed[inode] = (self.deleted.pop(inode), there)

    def moves(self) -> Moves:
        return Moves(_moved(self.renamed.values(), self.deleted.values()))


def _modified(named: _Named, others: set[int], moves: Moves) -> Iterator[Change]:
    """Gives each modified inode its two paths; those that came or went, or lie below what went, are no news."""
    for inode in sorted(named.renamed.keys() & {inode for inode, _ in named.modified}):
        yield Change(inode, *named.renamed[inode])
    for inode, source in named.modified:
        new = moves.below(source) if source else ""
        if new is not None and inode not in named.renamed and inode not in others:
            yield Change(inode, source, new)


def with_moves(changes: Changes, moves: Iterable[Change]) -> Changes:
    """Adds moves of single files that a diff tells as a deletion and a creation: out of a directory that went."""
    return replace(changes, renamed=(*changes.renamed, *moves))


def invert(changes: Changes) -> Changes:
    """Returns the changes that lead from the newer tree back to the older one: for undo and for the repair of drift."""
    return Changes(
        created=_swap(changes.deleted),
        deleted=_swap(changes.created),
        renamed=_swap(changes.renamed),
        modified=_swap(changes.modified),
    )


def _swap(entries: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(Change(entry.inode, entry.new, entry.old) for entry in entries)


def visible(changes: Changes) -> Changes:
    """Leaves the work area out of the newer tree.

    What moved into the work area is gone, what was made there never was. What lies in the work area of the *older* tree
    and returns keeps its path there: so the undo of an interrupted placement takes parked items back, without copying.
    """
    moves = changes.forward()
    parked = [c for c in changes.renamed if c.new is not None and in_work_area(c.new)]
    deleted = [c for c in changes.deleted if c.old is not None and not in_work_area(moves.below(c.old) or "")]
    deleted.extend(Change(c.inode, c.old, None) for c in parked if c.old is not None and not in_work_area(c.old))
    return Changes(
        created=tuple(c for c in changes.created if not in_work_area(c.new or "")),
        deleted=tuple(deleted),
        renamed=tuple(c for c in changes.renamed if not in_work_area(c.new or "")),
        modified=tuple(c for c in changes.modified if not in_work_area(c.new or "")),
    )
