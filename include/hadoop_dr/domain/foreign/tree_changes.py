"""What somebody else did to the secondary's tree while a plan changed it (I10).

    the plan, seen from its base   says where everything should lie now, and what it brought
    the destination's own difference    between base and candidate says where everything does lie
    what one does not explain      is somebody else's

Both speak of the base's paths, and each of those is one inode; what is new is known by the inode that was staged.
Nobody's change is told by a time of a directory: every child that comes or goes moves it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hadoop_dr.domain.paths import Moves, depth
from hadoop_dr.domain.plan.root_plan import MoveInFrom, Plan
from hadoop_dr.domain.tree.attribute_comparison import say_difference
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes
from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.snapshot_diff import Changes

_OF_A_FILE = ("kind", "length", "owner", "group", "mode", "mtime_ms", "has_acl")
_OF_A_DIRECTORY = ("kind", "owner", "group", "mode", "has_acl")


class Act(Enum):
    """What somebody did."""

    MADE = "was created"
    REPLACED = "was replaced"
    DELETED = "was deleted"
    MOVED = "was moved"
    CHANGED = "was changed"


@dataclass(frozen=True, slots=True)
class Foreign:
    """One change that is not ours.

    Attributes:
        path: Where it shows, relative to the root; of what is gone or was moved, where it should lie.
        act: What was done.
        detail: Where it was moved to, or in what it differs.
    """

    path: str
    act: Act
    detail: str = ""

    def text(self, root: str) -> str:
        """Writes it for a person."""
        path = f"{root}/{self.path}".rstrip("/")
        if self.act is Act.MOVED:
            return f"{path} {self.act.value} to {self.detail}"
        return f"{path} {self.act.value}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Brought:
    """What is new where it lies: what it should be, and its inode on the destination, 0 where that is not known."""

    now: FileAttributes
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """The tree that a plan leads to, as far as it differs from its base.

    Attributes:
        items: Existing items by their path in the base.
        moves: From paths of the base to where they should lie; None for what goes.
        moved: The same for those items alone that a plan names.
        brought: What is new, by where it should lie.
        complete: All of the plan was carried out; else what has not happened is not missed.
    """

    items: Mapping[str, Item]
    moved: Mapping[str, str | None]
    brought: Mapping[str, Brought]
    complete: bool = True

    @property
    def moves(self) -> Moves:
        """Translates paths of the base."""
        return Moves(self.moved)


def fled(items: Iterable[Item], whole: Collection[int], changes: Changes) -> list[str]:
    """Paths, in the base, of what a plan moved out of directories that are gone: it shows as new where it was moved to.

    So does all that lies below it, of which the plan may say nothing.
    """
    forward, renamed = changes.forward(), {change.old for change in changes.renamed}
    stays = (item.old for item in items if item.old and item.new is not None and not _is_brought(item, whole))
    return [old for old in stays if old not in renamed and forward.below(old) is None]


def _is_brought(item: Item, whole: Collection[int]) -> bool:
    return item.new is not None and (item.old is None or item.content is Content.WHOLE or item.inode in whole)


def is_change(item: Item) -> bool:
    """Whether a plan changes an item at all; one that lies there as it should says nothing of what is expected."""
    return item.old != item.new or not keeps_all(item)


def keeps_all(item: Item) -> bool:
    """Whether a plan leaves content and attributes of an item alone: whoever changes them is somebody else."""
    return item.content is Content.SAME and item.was == item.now and item.was_extras == item.now_extras


def expected_of(
    items: Iterable[Item],
    plan: Plan,
    staged: Mapping[int, int],
    whole: Collection[int],
    bound: Mapping[str, Entry],
    *,
    complete: bool = True,
) -> Expected:
    """Says what a plan leads to.

    Args:
        staged: Inode ids on the origin of what was staged by itself -> those on the destination.
        whole: Items planned as tails that were staged as whole files.
        bound: What ``fled`` names and all below it, as it lies in the base.
    """
    by_old, moved, brought = dict[str, Item](), dict[str, str | None](), dict[str, Brought]()
    for item in items:
        new = _is_brought(item, whole)
        if item.old is not None:
            by_old[item.old] = item
        if item.old:
            moved[item.old] = None if new else item.new
        if new and item.new is not None and item.now is not None:
            brought[item.new] = Brought(item.now)
    for move in plan.move_in:
        if move.path in brought and move.comes_from is not MoveInFrom.MAKE:
            brought[move.path] = Brought(brought[move.path].now, staged.get(move.inode, 0))
    brought |= _come_along(Moves(dict(moved)), by_old, bound)
    return Expected(by_old, {**moved, **dict.fromkeys(bound.keys() & moved.keys())}, brought, complete)


def _come_along(moves: Moves, items: Mapping[str, Item], bound: Mapping[str, Entry]) -> dict[str, Brought]:
    found: dict[str, Brought] = {}
    for old, entry in bound.items():
        item, new = items.get(old), moves.of(old)
        if new is not None:
            found[new] = Brought(item.now if item is not None and item.now is not None else entry.facts, entry.inode)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """An item named as modified, whose attributes have to be looked at: a directory is so by its children alone, too.

    Attributes:
        old: Path in the base.
        new: Path in the candidate.
        item: What the plan says of it; None when nothing, and then it should be as it was.
    """

    old: str
    new: str
    item: Item | None


@dataclass(frozen=True, slots=True)
class _Tracked:
    """An inode that is told apart: where it should lie and where it does; None for nowhere."""

    should: str | None
    lies: str | None
    old: str | None


@dataclass
class Comparison:
    """The difference and the plan, laid beside each other.

    Attributes:
        found: What is somebody else's.
        tops: What the plan brought, where it lies: to be listed with all that lies below, and given to ``listed``.
        asked: To be looked at, and given to ``altered``.
    """

    changes: Changes
    expected: Expected
    found: list[Foreign] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._elsewhere: dict[str, str | None] = {}
        self._now = Moves(self._elsewhere)
        self._renamed = {change.inode for change in self.changes.renamed}
        self._seen: set[str] = set()
        self._tracked()
        self._there = {here: path for path in self.expected.brought if (here := self._now.of(path)) is not None}
        self._created()
        self.asked = list(self._doubts())

    # -- inodes that are known from before, or from having been staged
    def _tracked(self) -> None:
        """Says of each whether it is where it should be, from the top down: what was moved takes all below along."""
        for tracked in sorted((*self._of_the_base(), *self._arrived()), key=_from_the_top):
            if tracked.should is None:
                self._not_gone(tracked)
            elif self._now.of(tracked.should) != tracked.lies:
                self._astray(tracked.should, tracked)

    def _of_the_base(self) -> Iterator[_Tracked]:
        forward, moves = self.changes.forward(), self.expected.moves
        named = {change.old for change in (*self.changes.renamed, *self.changes.deleted) if change.old is not None}
        for old in named.union(self.expected.moved):
            yield _Tracked(moves.of(old), forward.of(old), old)

    def _arrived(self) -> Iterator[_Tracked]:
        paths = {brought.inode: path for path, brought in self.expected.brought.items() if brought.inode}
        for change in self.changes.created:
            if change.inode in paths:
                yield _Tracked(paths[change.inode], change.new, None)

    def _not_gone(self, tracked: _Tracked) -> None:
        """What should be gone and was taken away before it went."""
        renamed = {change.old for change in self.changes.renamed}
        if tracked.lies is not None and tracked.old in renamed:
            self.found.append(Foreign(tracked.old or "", Act.MOVED, tracked.lies))

    def _astray(self, should: str, tracked: _Tracked) -> None:
        if not self.expected.complete and tracked.old in self.expected.moved:
            return
        self._elsewhere[should] = tracked.lies
        if tracked.lies is not None:
            self.found.append(Foreign(should, Act.MOVED, tracked.lies))
        else:
            self.found.append(Foreign(should, Act.DELETED))

    # -- what is new
    def _created(self) -> None:
        arrived = {brought.inode for brought in self.expected.brought.values() if brought.inode}
        for change in self.changes.created:
            here = change.new or ""
            path = self._there.get(here)
            if change.inode in arrived or (path is not None and not self.expected.brought[path].inode):
                self.tops.append(here)
            else:
                self._stranger(here, path)

    def _stranger(self, here: str, path: str | None) -> None:
        self.found.append(Foreign(here, Act.MADE if path is None else Act.REPLACED))
        if path is not None:
            self._elsewhere[path] = None

    def enter(self, entry: Entry) -> bool:
        """Whether what lies in a directory below a top may be the plan's, so that it has to be listed."""
        path = self._there.get(entry.path)
        return path is not None and entry.inode not in self._renamed and self._is(path, entry)

    def _is(self, path: str, entry: Entry) -> bool:
        return self.expected.brought[path].inode in (0, entry.inode)

    def listed(self, entries: Iterable[Entry]) -> None:
        """Takes in what lies at the tops and below: all that the plan brought, and nothing else, should be there."""
        for entry in entries:
            if entry.inode in self._renamed:
                continue
            path = self._there.get(entry.path)
            if path is None or not self._is(path, entry):
                self._stranger(entry.path, path)
                continue
            self._seen.add(path)
            self._as_brought(path, entry)
        if self.expected.complete:
            self._missed()

    def _as_brought(self, path: str, entry: Entry) -> None:
        """A directory gets its own attributes late; a file was complete when it came."""
        now = self.expected.brought[path].now
        if now.is_dir and not self.expected.complete:
            return
        if fields := _differing(now, entry.facts):
            self.found.append(Foreign(entry.path, Act.CHANGED, _in_what(fields, now, entry.facts)))

    def _missed(self) -> None:
        for path in sorted(self.expected.brought.keys() - self._seen):
            if self._now.of(path) is not None:
                self._elsewhere[path] = None
                self.found.append(Foreign(path, Act.DELETED))

    # -- attributes
    def _doubts(self) -> Iterator[Asked]:
        for change in self.changes.modified:
            if change.old is None or change.new is None:
                continue
            item = self.expected.items.get(change.old)
            if item is None or (item.now is not None and self.expected.complete):
                yield Asked(change.old, change.new, item)

    def altered(
        self, asked: Asked, then: tuple[FileAttributes, AclAndXattrs], now: tuple[FileAttributes, AclAndXattrs]
    ) -> None:
        """Takes in what an item is now.

        Args:
            then: What it should be: as the plan says, or as it was in the base.
            now: What it is; of a file whose attributes the plan changes, without ACL and extended attributes.
        """
        if asked.item is None and not now[0].is_dir:
            self.found.append(Foreign(asked.new, Act.CHANGED))
        elif fields := _differing(then[0], now[0]):
            self.found.append(Foreign(asked.new, Act.CHANGED, _in_what(fields, then[0], now[0])))
        elif then[1] != now[1]:
            self.found.append(Foreign(asked.new, Act.CHANGED, "its ACL or extended attributes differ"))


def together(found: Iterable[Foreign]) -> list[Foreign]:
    """Says in one what happened at one path: what is gone from where something else was made was replaced."""
    every = list(found)
    gone = {one.path for one in every if one.act is Act.DELETED}
    replaced = {one.path for one in every if one.act is Act.MADE and one.path in gone}
    return [
        Foreign(one.path, Act.REPLACED) if one.path in replaced else one
        for one in every
        if one.path not in replaced or one.act is not Act.DELETED
    ]


def should_be(asked: Asked) -> tuple[FileAttributes, AclAndXattrs] | None:
    """Returns what a plan says of an item; None when it says nothing."""
    if asked.item is None or asked.item.now is None:
        return None
    return asked.item.now, asked.item.now_extras


def _from_the_top(tracked: _Tracked) -> tuple[int, str]:
    path = tracked.should if tracked.should is not None else tracked.old or ""
    return depth(path), path


def _differing(then: FileAttributes, now: FileAttributes) -> Sequence[str]:
    names = _OF_A_DIRECTORY if then.is_dir else _OF_A_FILE
    return [name for name in names if getattr(then, name) != getattr(now, name)]


def _in_what(fields: Sequence[str], then: FileAttributes, now: FileAttributes) -> str:
    return say_difference("", fields, then, now).removeprefix(": ")
