"""What a service's recovery points would hold, and what not, as named results (DESIGN.md section 4.1).

``check`` looks at the sites' state before a run; this looks at the data: kinds of files that cannot be carried over as
they are, declarations that nothing answers to, and tables that a point leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.checks import Result, fail, ok, warn
from hadoop_dr.domain.datasets import DataSet, DataSetKind, hive_matches
from hadoop_dr.domain.facts import Facts, Kind
from hadoop_dr.domain.roots import root_of

SHOWN = 3


@dataclass(slots=True)
class _Tally:
    """Paths of one kind: how many, and the first few."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(path)

    def __str__(self) -> str:
        more = f" and {self.count - len(self.first)} more" if self.count > len(self.first) else ""
        return ", ".join(self.first) + more


@dataclass(frozen=True, slots=True)
class _Odd:
    """A kind of file that needs a word."""

    name: str
    matches: Callable[[Facts], bool]
    result: Callable[[str, str, str], Result]
    problem: str
    mend: str


_ODD = (
    _Odd(
        "symlinks",
        lambda facts: facts.kind is Kind.SYMLINK,
        fail,
        "symbolic links cannot be carried over",
        "Replace each by the file it points to",
    ),
    _Odd(
        "encryption",
        lambda facts: facts.encrypted,
        fail,
        "files of an encryption zone would lie in the clear on the other site",
        "Make the same directory an encryption zone there, or protect it apart from this service",
    ),
    _Odd(
        "erasure coding",
        lambda facts: facts.erasure_coding is not None,
        warn,
        "erasure coded files are replicated on the other site unless it has the same policy there",
        "Set the same erasure coding policy on the directory of the other site",
    ),
)


def cover_files(root: str, items: Iterable[tuple[str, Facts]]) -> list[Result]:
    """Looks through the inventory of one root, streamed.

    Args:
        root: The directory.
        items: Path relative to the root, and attributes.
    """
    tallies = {odd.name: _Tally() for odd in _ODD}
    count = 0
    for path, facts in items:
        count += 1
        for odd in _ODD:
            if odd.matches(facts):
                tallies[odd.name].add(path or ".")
    found = [
        odd.result(odd.name, f"{root}: {odd.problem}: {tallies[odd.name]}", odd.mend)
        for odd in _ODD
        if tallies[odd.name].count
    ]
    return found or [ok("files", f"{root}: {count} entries, all of kinds that are carried over")]


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A table of the primary's catalog.

    Attributes:
        locations: Paths of its data and its partitions, without scheme and authority.
        left_out: Why its kind cannot be protected, or empty.
        skipped: The policy says to go on without it.
    """

    database: str
    name: str
    locations: Sequence[str] = ()
    left_out: str = ""
    skipped: bool = False

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


def cover_tables(protect: Iterable[DataSet], tables: Sequence[TableSeen], roots: Sequence[str]) -> list[Result]:
    """Compares declarations with the catalog.

    Args:
        protect: What the policy declares.
        tables: Every table that a declaration takes in.
        roots: The directories whose snapshots are taken.
    """
    results: list[Result] = []
    for declared in protect:
        if declared.kind is DataSetKind.HIVE:
            matching = [table for table in tables if hive_matches(declared.name, table.database, table.name)]
            if not matching:
                results.append(
                    warn("tables", f"'{declared}' takes in no table now", "Correct it, or create the tables")
                )
    for table in tables:
        results += _cover_table(table, roots)
    return results


def _cover_table(table: TableSeen, roots: Sequence[str]) -> list[Result]:
    if table.left_out:
        result = warn if table.skipped else fail
        return [
            result(
                "tables",
                f"{table} is not protected: {table.left_out}",
                "Exclude it from 'protect', or change the kind of table",
            )
        ]
    outside = [path for path in table.locations if root_of(path, roots) is None]
    if outside:
        more = f" and {len(outside) - SHOWN} more" if len(outside) > SHOWN else ""
        return [
            fail(
                "locations",
                f"{table} has data outside the protected directories: {', '.join(outside[:SHOWN])}{more}",
                "Add the directory to 'protect', or move the data",
            )
        ]
    return [ok("tables", f"{table} is protected")]


def cover_directories(declared: Sequence[str], existing: Iterable[str]) -> list[Result]:
    """Names declared directories that do not exist: nothing of them is in a point."""
    there = frozenset(existing)
    return [
        ok("directories", f"{path} is protected")
        if path in there
        else fail("directories", f"{path} does not exist on the primary", "Create it, or take it out of the policy")
        for path in declared
    ]
