"""What a service's recovery points would hold, and what not, as named results.

``check`` looks at the sites' state before a run; this looks at the data: kinds of files that cannot be carried over as
they are, declarations that nothing answers to, and tables that a point leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.catalog.protect.uncovered import NotCovered
from hadoop_dr.domain.catalog.rows import CatalogKey
from hadoop_dr.domain.catalog.rows import Kind as ObjectKind
from hadoop_dr.domain.check_results import Result, fail, ok, warn
from hadoop_dr.domain.config.datasets import HIVE, DataSet, hive_matches
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.tree.encryption import CARRY_IT_YOURSELF
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind

SHOWN = 3
"""So many paths are named for each thing that is not covered."""


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
    matches: Callable[[FileAttributes], bool]
    result: Callable[[str, str, str], Result]
    problem: str
    remedy: str


_ODD = (
    _Odd(
        "symlinks",
        lambda facts: facts.kind is FileKind.SYMLINK,
        fail,
        "symbolic links cannot be carried over",
        "Replace each by the file it points to",
    ),
    _Odd(
        "encryption",
        lambda facts: facts.encrypted,
        fail,
        "files of an encryption zone would not be encrypted on the other site",
        CARRY_IT_YOURSELF,
    ),
    _Odd(
        "erasure coding",
        lambda facts: facts.erasure_coding is not None,
        warn,
        "erasure coded files are replicated on the other site unless it has the same policy there",
        "Set the same erasure coding policy on the directory of the other site",
    ),
)


def cover_files(root: str, items: Iterable[tuple[str, FileAttributes]]) -> list[Result]:
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
        odd.result(odd.name, f"{root}: {odd.problem}: {tallies[odd.name]}", odd.remedy)
        for odd in _ODD
        if tallies[odd.name].count
    ]
    return found or [ok("files", f"{root}: {counted(count, 'entry')}, all of supported kinds")]


def cover_tables(
    protect: Iterable[DataSet], tables: Sequence[CatalogKey], findings: Iterable[NotCovered]
) -> list[Result]:
    """Compares declarations with the catalog.

    Args:
        protect: What the policy declares.
        tables: Every table that a declaration takes in.
        findings: What of them, and of all that hangs on them, a point would not hold.
    """
    results = [warn("tables", text, _CORRECT) for text in takes_in_nothing(protect, tables)]
    by_table: dict[tuple[str, str], list[NotCovered]] = {}
    for finding in findings:
        by_table.setdefault((finding.key.database, finding.key.table), []).append(finding)
    for table in tables:
        found = by_table.pop((table.database, table.table), None) or by_table.get((table.database, ""), [])
        results += _cover_table(table, found)
    return results


def takes_in_nothing(protect: Iterable[DataSet], tables: Sequence[CatalogKey]) -> list[str]:
    """Says which declarations no table or view answers to, as to a mistyped name."""
    return [
        f"'{declared}' matches no table now"
        for declared in protect
        if declared.kind == HIVE
        and not any(hive_matches(declared.name, table.database, table.table) for table in tables)
    ]


def selection_results(
    protect: Sequence[DataSet], tables: Sequence[CatalogKey], *, empty: bool, held: bool
) -> list[Result]:
    """Returns what a check says of declarations that nothing answers to.

    Args:
        protect: What the policy declares.
        tables: Every table that a declaration takes in.
        empty: The catalog has no object at all that the policy selects.
        held: A point held some; that they are gone is for the limit of deletions to judge, or was approved.
    """
    texts = takes_in_nothing(protect, tables)
    if empty and not held and texts and len(texts) == len(protect):
        return [fail("tables", f"nothing is protected: {'; '.join(texts)}", _CORRECT)]
    return [warn("tables", text, _CORRECT) for text in texts]


_CORRECT = "Correct it, or create the tables"


def _cover_table(table: CatalogKey, found: Sequence[NotCovered]) -> list[Result]:
    name = f"{table.database}.{table.table}"
    if not found:
        return [ok("tables", f"{name} is protected")]
    make = warn if all(finding.skipped for finding in found) else fail
    whole = next((finding for finding in found if finding.key.kind in (ObjectKind.TABLE, ObjectKind.DATABASE)), None)
    if whole is not None:
        return [make("tables", f"{name} is not protected: {whole.why.value}: {whole.reason}", _ELSEWHERE)]
    tally = _Tally()
    for finding in found:
        tally.add(f"{finding.key.kind.value} {finding.key.name} ({finding.reason})")
    return [make("tables", f"{name} is protected without {tally}", _ELSEWHERE)]


_ELSEWHERE = "Move the data, change its kind, or declare its directory; else exclude it from 'protect'"


def cover_directories(declared: Sequence[str], existing: Iterable[str]) -> list[Result]:
    """Names declared directories that do not exist: nothing of them is in a point."""
    there = frozenset(existing)
    return [
        ok("directories", f"{path} is protected")
        if path in there
        else fail("directories", f"{path} does not exist on the primary", "Create it, or remove it from the policy")
        for path in declared
    ]
