"""Paths relative to a root: no leading slash, and the root itself is ""."""

from __future__ import annotations

from collections.abc import Mapping

WORK_AREA = ".hadoop-dr"
"""The one name in a root that is ours; no inventory, diff or plan speaks of what lies in it."""


def parent(path: str) -> str:
    """Returns the path of the directory that holds an item; of the root, the root."""
    return path.rpartition("/")[0]


def leaf(path: str) -> str:
    """Returns the last component of a path."""
    return path.rpartition("/")[2]


def join(directory: str, name: str) -> str:
    """Puts a name below a directory."""
    return f"{directory}/{name}" if directory else name


def depth(path: str) -> int:
    """Counts the components of a path; the root has none."""
    return path.count("/") + 1 if path else 0


def in_work_area(path: str) -> bool:
    """Whether a path is the work area or lies inside it."""
    return path.startswith(WORK_AREA) and (len(path) == len(WORK_AREA) or path[len(WORK_AREA)] == "/")


class Moves:
    """Translates paths of one tree into another that differs by moves of whole subtrees.

    The nearest moved ancestor decides. A lookup climbs from the path to the root, so its cost is the depth of the path,
    however many moves there are.

    Args:
        moved: Path in the first tree -> path in the second; None for a subtree that does not exist in the second.
    """

    def __init__(self, moved: Mapping[str, str | None]) -> None:
        self._moved = moved
        self._last: tuple[str, str | None] | None = None

    def of(self, path: str) -> str | None:
        """Returns the path in the second tree, or None when the nearest moved ancestor (or the item) is not there."""
        at = path
        while at not in self._moved:
            if not at:
                return path
            at = parent(at)
        there = self._moved[at]
        return None if there is None else there + path[len(at):]

    def below(self, path: str) -> str | None:
        """Like ``of``, but only the ancestors count: where an item of this name in this directory is now."""
        directory, _, name = path.rpartition("/")
        if self._last is None or self._last[0] != directory:
            self._last = (directory, self.of(directory))
        there = self._last[1]
        return None if there is None else join(there, name)
