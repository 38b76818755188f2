"""What the secondary already has in a root that is new to the service, and what becomes of it (S2.10, I8, I10).

Such a directory is somebody's copy of the same data, or somebody's own data. It is adopted for the files that are there
already, so older versions of them may be replaced. What the primary does not have, and what was written on the
secondary after the primary wrote it, is a foreign change like any other. All that goes is kept in a snapshot first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.items import Content, Item

_SHOWN = 5
_REMEMBERED = 200


class There(Enum):
    """How an item of the secondary differs from what the primary has under its name."""

    ONLY = "only there"
    NEWER = "written there later, with other content"
    OLDER = "an older version"


def is_new(state: ServiceState, site: str, root: str) -> bool:
    """Whether nothing of this service ever came to lie in a directory of a site, as far as its ledger remembers.

    A point that was staged may have been placed in part, also if it is void by now. And while roots change, the points
    of the old ones are gone, but their work is there.
    """
    if state.change is not None and root in state.change.new:
        return False
    return not any(_may_have_placed(point, site) and root in point.roots for point in state.points.values())


def _may_have_placed(point: Point, site: str) -> bool:
    if site not in (point.origin, point.destination):
        return False
    return site not in point.gone if point.state is PointState.SEALED else point.was_staged


def may_have_diverged(state: ServiceState, epoch: int) -> bool:
    """Whether the destination of now was primary since the newest sealed point: it may hold what never crossed.

    Args:
        epoch: That of the roles of now.
    """
    newest = state.newest_sealed()
    return epoch > (newest.epoch if newest else 1)


@dataclass
class ExistingCopy:
    """What one site has in one root that the primary has not, or not so; only the first of it by name.

    Attributes:
        root: The directory.
        counts: How many there are of each kind; of what is only there its tops.
        files: Files that are only there, all that lie below such a top included.
        named: The first of each kind by relative path.
    """

    root: str
    counts: dict[There, int] = field(default_factory=lambda: dict.fromkeys(There, 0))
    files: int = 0
    named: dict[There, list[str]] = field(default_factory=lambda: {there: [] for there in There})

    def add(self, there: There, path: str, files: int = 0) -> None:
        """Counts one item.

        Args:
            files: How many files it is, if it is only there.
        """
        self.counts[there] += 1
        self.files += files
        if len(self.named[there]) < _REMEMBERED:
            self.named[there].append(path)

    @property
    def foreign(self) -> int:
        """How much of it is a foreign change."""
        return self.counts[There.ONLY] + self.counts[There.NEWER]

    @property
    def count(self) -> int:
        """How much goes or is replaced."""
        return sum(self.counts.values())

    def lines(self) -> Iterator[str]:
        """Names it, foreign things first; no more of each kind than are remembered."""
        for there, paths in self.named.items():
            yield from (f"{self.root}/{path} ({there.value})" for path in paths)

    def text(self, site: str) -> str:
        """Says in one clause what is foreign of it."""
        clauses = []
        if self.counts[There.ONLY]:
            clauses.append(f"the primary does not have {self._some(There.ONLY)} ({counted(self.files, 'file')})")
        if self.counts[There.NEWER]:
            clauses.append(f"{self._some(There.NEWER)} was written there later than on the primary, with other content")
        return f"{site}:{self.root} is new to this service, and {'; '.join(clauses)}"

    def _some(self, there: There) -> str:
        more = self.counts[there] - _SHOWN
        return ", ".join(f"{self.root}/{path}" for path in self.named[there][:_SHOWN]) + (
            f" and {more} more" if more > 0 else ""
        )


def compare_file(origin: FileAttributes, destination: FileAttributes, *, unequal: bool) -> There:
    """Says what a file of the secondary is that another one of its name will replace.

    Args:
        unequal: Their bytes are known to differ; else only something does that cannot be changed on a file, such as its
            block size, and it is taken for a copy.
    """
    return There.NEWER if unequal and destination.mtime_ms >= origin.mtime_ms else There.OLDER


def copy_in_plan(root: str, items: Iterable[Item], below: Collection[str]) -> ExistingCopy:
    """Reads from the plan of a whole root what it takes away and replaces.

    Args:
        below: Paths of files that go with a directory among the items and are no items of their own.
    """
    found = ExistingCopy(root, files=len(below))
    for item in items:
        if item.old and item.new is None:
            found.add(There.ONLY, item.old, files=int(not item.is_dir))
        elif item.old and not item.is_dir and item.content is Content.WHOLE and item.was and item.now:
            found.add(compare_file(item.now, item.was, unequal=_unequal(item.now, item.was)), item.old)
    return found


def _unequal(now: FileAttributes, was: FileAttributes) -> bool:
    """Whether a file that is to be replaced has other bytes: of equal length only if the bytes could be compared."""
    both = [(one.block_size, one.erasure_coding, one.encrypted) for one in (now, was)]
    return both[0] == both[1] or now.length != was.length


REMEDY = (
    "Look at it; remove it there, or set drift: restore in the policy to have all of it kept aside in a snapshot "
    "before it is deleted."
)
"""The remedy for things at the destination that are not the origin's."""


def copy_results(site: str, copies: Iterable[ExistingCopy], *, refuse: bool) -> list[Result]:
    """Says what is foreign in directories that are new to the service, and what is replaced there.

    Args:
        refuse: The policy leaves foreign changes to a person.
    """
    results: list[Result] = []
    for found in copies:
        if found.foreign:
            goes = "" if refuse else "; the next backup keeps it aside, then deletes it"
            results.append((fail if refuse else warn)("drift", found.text(site) + goes, REMEDY))
        if older := found.counts[There.OLDER]:
            files = counted(older, "file")
            said = f"{site}:{found.root} is new to this service and has older versions of {files}, to be replaced"
            results.append(warn("drift", said, "The next backup keeps them aside in a snapshot first."))
    return results


def divergence_results(site: str, copies: Iterable[ExistingCopy]) -> list[Result]:
    """Refuses all that would go or be replaced on a former primary where no snapshot tells what it wrote as such."""
    results: list[Result] = []
    for found in copies:
        if found.count:
            lines = list(islice(found.lines(), _SHOWN))
            more = f" and {found.count - len(lines)} more" if found.count > len(lines) else ""
            said = (
                f"{site} was primary since the newest point, and no snapshot of {site}:{found.root} tells what it "
                f"wrote then: a backup would delete or replace {', '.join(lines)}{more}"
            )
            results.append(fail("drift", said, REMEDY))
    return results
