"""What the ledger says of damaged points, kept within bounds, and what no run relies on because of it (fault 80).

An entry names only so many files. Where more are damaged, it names the root as well, and nothing in that root is relied
on: a file that is not named is not sound for that reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hadoop_dr.domain.ledger.bodies.values import RootPath, RootPoint
from hadoop_dr.domain.roots.decision import inside
from hadoop_dr.domain.state.service_state import Point, ServiceState

MOST_FILES = 1000
"""So many damaged files of a point the ledger names at most; so many are looked for in every other point."""
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Damage:
    """What is known to be damaged in a point.

    Attributes:
        files: By root and path; an empty path is the root itself, or its snapshot.
        unnamed: Roots in which more is damaged, or may be, each with the point that has copied it.
    """

    files: tuple[RootPath, ...] = ()
    unnamed: tuple[RootPoint, ...] = ()

    def says(self, other: Damage) -> bool:
        """Whether nothing of another one is missing here."""
        return set(other.files) <= set(self.files) and set(other.unnamed) <= set(self.unnamed)


def known_damage(point: Point) -> Damage:
    """Returns what the ledger says is damaged in a point."""
    return Damage(point.bad_files, point.unnamed)


def with_more(point: Point, found: Damage, copied_by: str, read: Collection[RootPath] = ()) -> Damage:
    """Adds what was found to what is known of a point already, within the bounds of an entry.

    Args:
        copied_by: The point that copied the files that were found. Nobody remembers that of earlier ones, so a root
            with more of them than are named is noted with an empty point, which no verification clears.
        read: What was read back just now: of that, only what was found counts.
    """
    earlier = [one for one in point.bad_files if one not in read]
    files, characters, unnamed = list[RootPath](), 0, dict.fromkeys((*found.unnamed, *point.unnamed))
    by = {**dict.fromkeys(earlier, ""), **dict.fromkeys(found.files, copied_by)}
    for one in dict.fromkeys((*found.files, *earlier)):
        characters += len(one[0]) + len(one[1])
        if len(files) < MOST_FILES and characters <= _MOST_CHARACTERS:
            files.append(one)
        else:
            unnamed[one[0], by[one]] = None
    return Damage(tuple(files), tuple(unnamed))


def points_on(state: ServiceState, site: str) -> list[Point]:
    """Returns the sealed points whose copy is on a site, oldest first."""
    return [point for point in state.sealed() if point.destination == site and site not in point.gone]


def damage_warnings(state: ServiceState, site: str) -> list[str]:
    """Says for people which points of a site are damaged."""
    return [f"point {point.point} is damaged: {point.damaged}" for point in points_on(state, site) if point.damaged]


class Distrusted:
    """The files of a root that no run may take over from what a site has without copying them, by path.

    Args:
        paths: Single files.
        below: Directories of which nothing is relied on; an empty one is the root.
    """

    def __init__(self, paths: Iterable[str] = (), below: Collection[str] = ()) -> None:
        self._paths, self._below = frozenset(paths), tuple(below)

    def __contains__(self, path: object) -> bool:
        """Whether a file is one of them."""
        return path in self._paths or any(not top or inside(str(path), top) for top in self._below)


def distrusted(state: ServiceState, site: str, root: str) -> Distrusted:
    """Returns those of a root; damage of other roots counts where it lies in this one, or this one in it."""
    marked = [point for point in points_on(state, site) if point.damaged]
    bad = {f"{at}/{path}" for point in marked for at, path in point.bad_files}
    tops = {at for point in marked for at, _ in point.unnamed if inside(at, root) or inside(root, at)}
    return Distrusted(
        (path[len(root) + 1 :] for path in bad if inside(path, root)), {top[len(root) + 1 :] for top in tops}
    )
