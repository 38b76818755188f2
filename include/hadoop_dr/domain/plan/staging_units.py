"""What stage prepares: new subtrees, rewritten files and tails, cut into pieces of bounded size (S3.2)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.paths import depth, parent
from hadoop_dr.domain.tree.file_attributes import FileKind
from hadoop_dr.domain.tree.items import Content, Item

_NONE = -1


@dataclass(frozen=True, slots=True)
class Unit:
    """What stage prepares for one item that is moved in, or for one tail.

    Attributes:
        inode: Inode id of its top on the origin; also its name in the work area.
        files: Files to copy.
        bytes: Bytes to copy.
        members: Inode ids on the origin of everything in it, parents before children; the top first.
    """

    inode: int
    files: int
    bytes: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Staging:
    """The units of a plan, and how they and the directories above them come to their places.

    Attributes:
        units: What has to be staged.
        arriving: Inode id on the origin and new path of each unit that is brought in as it is; no tails.
        made: Inode id on the origin and new path of each directory that is made in place, its subtree being too large.
    """

    units: tuple[Unit, ...]
    arriving: tuple[tuple[int, str], ...]
    made: tuple[tuple[int, str], ...]


def split(items: Sequence[Item], *, unit_files: int, unit_bytes: int, directory_limit: int) -> Staging:
    """Cuts what has to be staged into units.

    A tail without bytes (the file was cut at a block boundary) has nothing to stage, hence no unit.

    Raises:
        Refused: A new directory would hold more names than the destination allows.
    """
    fresh = [item for item in items if item.old is None and item.new]
    fresh.sort(key=_new)
    fresh.sort(key=lambda item: depth(_new(item)))
    position = {item.new: at for at, item in enumerate(fresh) if item.is_dir}
    above = array("q", (position.get(parent(_new(item)), _NONE) for item in fresh))
    _refuse_full_directories(fresh, above, _moved_in(items, position), directory_limit)
    names, size = _totals(fresh, above)

    unit_of = array("q", [_NONE]) * len(fresh)
    members: list[list[Item]] = []
    made: list[tuple[int, str]] = []
    for at, item in enumerate(fresh):
        if above[at] != _NONE and unit_of[above[at]] != _NONE:
            unit_of[at] = unit_of[above[at]]
            members[unit_of[at]].append(item)
        elif item.is_dir and (names[at] > unit_files or size[at] > unit_bytes):
            made.append((item.inode, _new(item)))
        else:
            unit_of[at] = len(members)
            members.append([item])
    single = [item for item in items if item.old is not None and item.new and item.content is not Content.SAME]
    single.sort(key=_new)
    arriving = [(whole[0].inode, _new(whole[0])) for whole in members]
    arriving += [(item.inode, _new(item)) for item in single if item.content is Content.WHOLE]
    units = [_unit(whole) for whole in members]
    units += [_unit([item]) for item in single if item.content is Content.WHOLE or bytes_to_stage(item)]
    return Staging(tuple(units), tuple(arriving), tuple(made))


def bytes_to_stage(item: Item) -> int:
    """Counts the bytes of an item that have to be copied."""
    if item.now is None or item.content is Content.SAME or item.is_dir:
        return 0
    return item.now.length - (item.keep_bytes if item.content is Content.TAIL else 0)


def _new(item: Item) -> str:
    return item.new or ""


def _unit(items: Sequence[Item]) -> Unit:
    return Unit(
        inode=items[0].inode,
        files=sum(item.now is not None and item.now.kind is FileKind.FILE for item in items),
        bytes=sum(map(bytes_to_stage, items)),
        members=tuple(item.inode for item in items),
    )


def _totals(fresh: Sequence[Item], above: array[int]) -> tuple[array[int], array[int]]:
    """Adds up names and bytes of each new item and all below it; ``fresh`` has parents before children."""
    names = array("q", [1]) * len(fresh)
    size = array("q", map(bytes_to_stage, fresh))
    for at in range(len(fresh) - 1, -1, -1):
        if above[at] != _NONE:
            names[above[at]] += names[at]
            size[above[at]] += size[at]
    return names, size


def _moved_in(items: Iterable[Item], position: dict[str | None, int]) -> Iterable[int]:
    return (position.get(parent(item.new), _NONE) for item in items if item.old is not None and item.new)


def _refuse_full_directories(fresh: Sequence[Item], above: array[int], moved_in: Iterable[int], limit: int) -> None:
    children = array("q", [0]) * len(fresh)
    for parents in (above, moved_in):
        for at in parents:
            if at != _NONE:
                children[at] += 1
    for at, count in enumerate(children):
        if count > limit:
            raise Refused(
                _new(fresh[at]), f"has {count} entries, a directory of the destination may hold {limit}",
                "Raise dfs.namenode.fs-limits.max-directory-items on the destination",
            )
