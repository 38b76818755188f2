"""What a service protects: its data sets, and which of them would be protected twice (S2.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from hadoop_dr.domain.config.document import Wrong

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HIVE = re.compile(r"[a-z0-9_*]+(\.[a-z0-9_*]+)?")
_TOO_WIDE = frozenset({"/", "/user", "/tmp", "/.reserved", "/system"})
_OURS = frozenset({".snapshot", ".hadoop-dr", ".reserved"})
LONGEST_NAME_BYTES = 255
"""HDFS's own limit for one name in a path (``dfs.namenode.fs-limits.max-component-length``)."""


@dataclass(frozen=True, slots=True)
class DataSetKind:
    """A kind of data sets as a policy names it.

    Attributes:
        value: Its word.
        check: Checks a name and gives it in its one writing; raises Wrong.
        overlap: Whether two names can hold the same thing.
        overlapping: Finds names that overlap among many; see ``overlaps``.
    """

    value: str
    check: Callable[[str], str] = field(compare=False)
    overlap: Callable[[str, str], bool] = field(compare=False)
    overlapping: Callable[[Sequence[DataSet]], Iterator[tuple[DataSet, DataSet]]] = field(compare=False)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One line of ``protect``.

    Attributes:
        kind: What it is.
        name: A directory (absolute, no trailing slash), or a pattern of tables (``db``, ``db.table``, ``db.t*``).
        place: File and line that declare it; not part of its identity.
    """

    kind: DataSetKind
    name: str
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.name}"


def directory(text: str) -> str:
    """Checks a directory of a policy and writes it without a trailing slash. Every other byte stays as it is.

    Raises:
        Wrong: It is not a directory that may be protected.
    """
    if _URI.match(text):
        raise Wrong(f"'{text}' is an address, not a path", "Name the path alone; the pair says on which sites it lies")
    if not text.startswith("/"):
        raise Wrong(f"'{text}' is not absolute", f"Write the whole path, such as /{text}")
    path = text[:-1] if text.endswith("/") and len(text) > 1 else text
    if path in _TOO_WIDE:
        raise Wrong(f"'{path}' holds more than one service", "Name the directories of this service")
    for name in path[1:].split("/"):
        _check_component(name, path)
    return path


def unfit_location(path: str, *, root: bool = False) -> str | None:
    """Says what is wrong with a location that a catalog names, such as ``has a component '..'``; None when nothing is.

    It may look like a pattern, which a directory of a policy may not.

    Args:
        root: It would have to be a root.
    """
    if path == "/" or (root and path in _TOO_WIDE):
        return "holds more than one service"
    return next((wrong[0] for name in path[1:].split("/") if (wrong := _uncarried(name)) is not None), None)


def _check_component(name: str, path: str) -> None:
    if found := re.search(r"[*?\[\]{}]", name):
        raise Wrong(
            f"'{path}' contains '{found[0]}', and a directory cannot be a pattern",
            "Name each directory on its own line"
        )
    if wrong := _uncarried(name):
        raise Wrong(f"{path!r} {wrong[0]}", wrong[1])


def _uncarried(name: str) -> tuple[str, str] | None:
    """Returns what is wrong with a component of a path, and how to put it right."""
    if name in {"", ".", ".."}:
        return f"has a component '{name}'", "Write the path as HDFS lists it"
    if name in _OURS:
        return f"lies in '{name}', which is not user data", "Name the directory above it"
    if ":" in name or any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name):
        return "has a character that HDFS or a line of a log cannot carry", "Rename the directory"
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME_BYTES:
        return f"has a component of more than {LONGEST_NAME_BYTES} bytes", "Shorten it"
    return None


def hive_pattern(text: str) -> str:
    """Checks a pattern of tables and writes it in lower case, as the metastore does.

    Raises:
        Wrong: It is none.
    """
    pattern = text.lower()
    if not _HIVE.fullmatch(pattern):
        raise Wrong(
            f"'{text}' is not a pattern of tables",
            "Write a database or database.table, such as billing, billing.invoices or billing.inv*",
        )
    if not re.search(r"[a-z0-9]", pattern.partition(".")[0]):
        raise Wrong(f"'{text}' matches every database", "Name the databases of this service")
    return pattern


def hive_matches(pattern: str, database: str, table: str) -> bool:
    """Whether a checked pattern takes in a table; names are compared without regard to case."""
    of_database, _, of_table = pattern.partition(".")
    return _like(of_database, database.lower()) and _like(of_table or "*", table.lower())


def _like(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name) is not None


def overlap(first: DataSet, second: DataSet) -> bool:
    """Whether two data sets can hold the same thing."""
    return first.kind == second.kind and first.kind.overlap(first.name, second.name)


def _nested(first: str, second: str) -> bool:
    """Whether one directory is the other one, or lies in it."""
    one, other = first + "/", second + "/"
    return one.startswith(other) or other.startswith(one)


def _take_in_one_table(first: str, second: str) -> bool:
    (one_database, one_table), (other_database, other_table) = (
        (*name.split("."), "*")[:2] for name in (first, second)
    )
    return _share_a_name(one_database, other_database) and _share_a_name(one_table, other_table)


def _share_a_name(one: str, other: str) -> bool:
    """Whether some name matches both patterns: reachable pairs of positions, as two automata walked together."""
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        i, j = pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        if i == len(one) and j == len(other):
            return True
        first, second = one[i : i + 1], other[j : j + 1]
        if first == "*":
            open_pairs += [(i + 1, j)] + ([(i, j + 1)] if second else [])
        if second == "*":
            open_pairs += [(i, j + 1)] + ([(i + 1, j)] if first else [])
        if first and first == second:
            open_pairs.append((i + 1, j + 1))
    return False


def overlaps(data_sets: Sequence[DataSet]) -> Iterator[tuple[DataSet, DataSet]]:
    """Finds data sets that overlap; for each that does, at least one other that it overlaps with is named."""
    for kind in dict.fromkeys(one.kind.value for one in data_sets):
        mine = [one for one in data_sets if one.kind.value == kind]
        yield from mine[0].kind.overlapping(mine)


def any_that_overlap(data_sets: Sequence[DataSet]) -> Iterator[tuple[DataSet, DataSet]]:
    """Compares each with each: for a kind of which a policy names few."""
    yield from ((one, other) for one, other in combinations(data_sets, 2) if overlap(one, other))


def _nested_directories(data_sets: Sequence[DataSet]) -> Iterator[tuple[DataSet, DataSet]]:
    """Compares in sorted order, so that thousands of policies stay cheap."""
    above: list[DataSet] = []
    for one in sorted(data_sets, key=lambda one: one.name + "/"):
        while above and not overlap(above[-1], one):
            above.pop()
        if above:
            yield above[-1], one
        above.append(one)


def _crossing_patterns(data_sets: Sequence[DataSet]) -> Iterator[tuple[DataSet, DataSet]]:
    """Compares patterns by database, for the same reason."""
    by_database: dict[str, list[DataSet]] = {}
    for one in data_sets:
        by_database.setdefault(one.name.partition(".")[0], []).append(one)
    for database, mine in by_database.items():
        if "*" in database:
            crossing = ((one, other) for one in mine for other in data_sets if one is not other)
            yield from ((one, other) for one, other in crossing if overlap(one, other))
        else:
            yield from any_that_overlap(mine)


HDFS = DataSetKind("hdfs", directory, _nested, _nested_directories)
"""Directories, named by their path."""
HIVE = DataSetKind("hive", hive_pattern, _take_in_one_table, _crossing_patterns)
"""Databases and tables of the Hive metastore, named singly or by pattern."""
SUPPORTED_KINDS = (HDFS, HIVE)
"""The kinds that this version protects, in the order in which a stage asks them: directories first, because tables find
out what lies in a declared one. ``bootstrap/data_set_kinds.py`` has the component of each."""
LATER = ("sparksql", "kafka", "users")
"""Words of kinds that it does not protect yet: refused by name rather than silently left out."""
