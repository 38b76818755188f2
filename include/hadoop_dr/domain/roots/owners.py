"""One root, one owner: what a service may make a root, beside the roots and the declarations of others.

HDFS refuses a snapshottable directory inside another, and two services that change one tree undo each other's work. So
a root may not be equal to, inside or above anything that another service owns, or has declared and not backed up yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.check_results import Result, fail, warn

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Clash:
    """A directory that one service wants for a root, and what another service has there.

    Attributes:
        root: The wanted directory.
        service: The other service.
        path: Its root, or a directory of its policy.
        declared: Its policy declares the path; else it owns the path by the pair's ledger.
        known: A policy names that service.
    """

    root: str
    service: str
    path: str
    declared: bool
    known: bool = True

    def __str__(self) -> str:
        """Returns what is wrong, in one line."""
        what = "a directory of" if self.declared else "a root of"
        if self.root == self.path:
            return f"{self.root} is {what} the service '{self.service}' too"
        how = "lies in" if self.root.startswith(self.path + "/") else "holds"
        return f"{self.root} {how} {self.path}, {what} the service '{self.service}'"

    @property
    def remedy(self) -> str:
        """Returns what puts it right."""
        if not self.known:
            return (
                f"No policy here names '{self.service}' any more; if no other controller has one: "
                f"hadoop-dr unprotect {self.service} --pair PAIR --both --reason TEXT"
            )
        free = "" if self.declared else f", then hadoop-dr unprotect {self.service} --both --reason TEXT"
        return f"Protect it in one of the two services: take it out of this policy, or out of '{self.service}'{free}"


class Claimed:
    """Directories with whoever has them; what meets a path is found in as many steps as the path is deep."""

    def __init__(self, owners: Mapping[str, str]) -> None:
        """Takes services by directory."""
        self._owners = owners
        self._below: dict[str, str] = {}
        for path in sorted(owners):
            for above in _above(path):
                self._below.setdefault(above, path)

    def meets(self, path: str) -> str | None:
        """Returns a directory that is equal to a path, above it or below it; None when there is none."""
        for at in (path, *_above(path)):
            if at in self._owners:
                return at
        return self._below.get(path)


def clashes(
    service: str, roots: Iterable[str], owners: Mapping[str, str], declared: Mapping[str, Sequence[str]]
) -> list[Clash]:
    """Finds what a service may not make its roots; what it owns already stays its own whatever others declare.

    Args:
        service: Who wants the roots.
        roots: The directories.
        owners: Owning service by root, as the pair's ledger says.
        declared: Directories of other policies by service, as far as this controller's files tell.
    """
    wanted = [root for root in roots if owners.get(root) != service]
    if not wanted:
        return []
    owned = Claimed({root: owner for root, owner in owners.items() if owner != service})
    theirs = _others(service, declared)
    written = Claimed(theirs)
    found: list[Clash] = []
    for root in wanted:
        if (path := owned.meets(root)) is not None:
            found.append(Clash(root, owners[path], path, declared=False, known=owners[path] in declared))
        elif (path := written.meets(root)) is not None:
            found.append(Clash(root, theirs[path], path, declared=True))
    return found


def owner_results(found: Sequence[Clash]) -> list[Result]:
    """Names the directories that a run is refused for, one result for each."""
    return [fail("owners", str(clash), clash.remedy) for clash in found]


def contested(
    service: str, roots: Iterable[str], owners: Mapping[str, str], declared: Mapping[str, Sequence[str]]
) -> list[Result]:
    """Warns of roots the service owns that the policy of another one declares: that one's backups are refused."""
    theirs = _others(service, declared)
    written = Claimed(theirs)
    found = [
        Clash(root, theirs[path], path, declared=True)
        for root in roots
        if owners.get(root) == service and (path := written.meets(root)) is not None
    ]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    shown = "; ".join(map(str, found[:_SHOWN]))
    return (
        [warn("owners", f"{shown}{more}; it stays this one's until it is given up", found[0].remedy)] if found else []
    )


def _others(service: str, declared: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {path: other for other, paths in declared.items() if other != service for path in paths}


def _above(path: str) -> Iterator[str]:
    """The directories above a path, the nearest first; the last is ``/``."""
    while len(path) > 1:
        path = path.rpartition("/")[0] or "/"
        yield path
