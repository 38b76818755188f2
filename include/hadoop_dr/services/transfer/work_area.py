"""The work area of one root: made, taken over, verified, removed (I3).

Only areas of the same service are taken over or swept; one of another service ends the run by name. Whatever else lies
beside them is nobody's: it is left alone, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadoop_dr.domain.errors import (
    LATER_GOES_ON,
    AccessDenied,
    AlreadyExists,
    Failed,
    NotFound,
    OwnedElsewhere,
    Superseded,
)
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.plan.work_order import Area, Token
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes
from hadoop_dr.ports.mover import Did, MakeDirectory, Outcome
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.batches import Batches

_MODE = 0o700
_ROUNDS = 5
_PROBE = ".who-"  # no service bears such a name
_LEFT = "left-"


class WorkArea:
    """``<root>/.hadoop-dr/<service>-<epoch>-<claim>`` on the destination.

    Args:
        destination: The destination's name space.
        area: Root, service, claim, and which use of the area within the claim.

    Attributes:
        is_new: Nobody had one in this root when it was opened.
    """

    def __init__(self, destination: NameNode, area: Area) -> None:
        self._destination, self.area, self.is_new = destination, area, False
        self._base_inode: int | None = None

    def present(self) -> bool:
        """Whether the root has a work area of anybody."""
        return self._status(self.area.base) is not None

    def open(self, *, untouched: bool = False) -> Area:
        """Makes the area, or takes over what an earlier claim left, staged and parked items included.

        Several shares of one claim may open at once. What lies inside is made by operations that find no path once
        somebody took the area over (``inside``).

        Args:
            untouched: Nobody had one a moment ago, so no look is needed; who made one meanwhile is met by place.

        Raises:
            Superseded: A later claim has the root.
            OwnedElsewhere: Another service has a work area in the root.
            AccessDenied: Somebody else owns a directory of that name.
        """
        for number in range(_ROUNDS):
            try:
                if self._enter(None if untouched and not number else self._status(self.area.base)):
                    return self.area
            except NotFound:
                continue
        raise Failed(self.area.base, "work areas keep changing; another run is active here",
                     "Run again once the other run has ended")

    def check(self) -> None:
        """Asks whether the area is still ours.

        Raises:
            Superseded: It was taken over.
        """
        if self._status(self.area.top) is None:
            raise Superseded(self.area.top, "superseded: a later claim took the work area over", LATER_GOES_ON)

    def inside(self, batches: Batches, *directories: str) -> None:
        """Makes directories of the area that are missing.

        Raises:
            Superseded: It was taken over.
        """
        def read_back(outcome: Outcome) -> bool:
            self.check()
            return outcome.did is Did.EXISTS

        batches.run([MakeDirectory(number, path, _MODE) for number, path in enumerate(directories)], read_back)

    def remove(self) -> list[str]:
        """Removes the area and all that is left in it, then the directory of all areas when it is empty.

        Returns:
            Paths of what lies there and is nobody's work area.
        """
        self._destination.discard(self.area.top)
        try:
            self._destination.delete(self.area.base, inode=self._base_inode)
            return []
        except Failed as error:
            if error.retryable:
                raise
        left = [entry for entry in self._destination.list(self.area.base) if not self._was_probe(entry)]
        if not left:
            self._destination.delete(self.area.base)
        return [f"{self.area.base}/{entry.name}" for entry in left if Token.parse(entry.name) is None]

    def _was_probe(self, entry: DirEntry) -> bool:
        """Removes what an interrupted question of ours left, which is an empty directory; anything else is nobody's."""
        if not _is_probe(entry.name) or not entry.facts.is_dir:
            return False
        try:
            self._destination.delete(f"{self.area.base}/{entry.name}")
        except Failed:
            return False
        return True

    def _enter(self, base: DirEntry | None) -> bool:
        """Makes what is missing; False when somebody was quicker."""
        there = dict[str, DirEntry]()
        if base is None:
            self._destination.make_all(self.area.base, _MODE)
            base = self._destination.status(self.area.base)
        else:
            there = {entry.name: entry for entry in self._destination.list(self.area.base)}
            self._require_ours(base.facts, there)
        self._base_inode = base.inode
        self._close_to_others(base.facts)
        own = self.area.token
        tokens = self._own_tokens(there)
        if (latest := max(tokens, key=lambda token: token.rank, default=own)).rank > own.rank:
            raise _superseded(self.area, latest)
        older = sorted((token for token in tokens if token != own), key=lambda token: token.rank)
        self.is_new = own not in tokens and not older
        if self.is_new:
            self._destination.make_all(self.area.top, _MODE)
        elif own not in tokens:
            last = older.pop()
            try:
                self._destination.rename(Area(self.area.root, last).top, self.area.top, there[str(last)].inode)
            except (NotFound, AlreadyExists):
                return False
        self._sweep(older)
        return True

    def _sweep(self, tokens: list[Token]) -> None:
        """Removes what a worker left that slept while it opened its area."""
        for token in tokens:
            other = Area(self.area.root, token)
            if _holds_items(self._destination, other):
                raise Failed(other.park, "two work areas of one root hold parked items",
                             "Move the items of the older one back by hand, then remove it")
            self._destination.discard(other.top)

    def tokens(self) -> list[Token]:
        """Names of the work areas in the root, of whatever service.

        Raises:
            NotFound: There is none.
        """
        names = (entry.name for entry in self._destination.list(self.area.base))
        return [token for token in map(Token.parse, names) if token is not None]

    def _own_tokens(self, there: Iterable[str]) -> list[Token]:
        tokens = [token for token in map(Token.parse, there) if token is not None]
        for token in tokens:
            if token.service != self.area.token.service:
                raise OwnedElsewhere(
                    Area(self.area.root, token).top, f"is a work area of the service '{token.service}'",
                    f"Let a run of '{token.service}' finish its work there; if that service no longer exists, move "
                    "the content of its directory 'park' back by hand, then remove it")
        return tokens

    def _require_ours(self, facts: FileAttributes, there: Mapping[str, DirEntry]) -> None:
        """Refuses a directory of all areas that somebody else made.

        Raises:
            AccessDenied: It is no directory, or belongs to another user.
        """
        base = self.area.base
        if not facts.is_dir:
            raise AccessDenied(base, "is not a directory, but work areas are created there", "Move it out of the root")
        if facts.owner != self._me(there):
            raise AccessDenied(base, f"belongs to {facts.owner}, so what lies in it cannot be trusted",
                               "Remove it, or give it to the user this product acts as")

    def _close_to_others(self, facts: FileAttributes) -> None:
        """Closes the directory of all areas to everybody else, whatever default ACL the root has given it."""
        if facts.has_acl:
            self._destination.set_acl(self.area.base, ())
        if facts.has_acl or facts.mode != _MODE:
            self._destination.set_permission(self.area.base, _MODE)

    def _me(self, there: Mapping[str, DirEntry]) -> str:
        """The user we act as: the owner of whatever we make, of an area of this very claim for instance."""
        own = self.area.token
        for name, entry in there.items():
            token = Token.parse(name)
            if token and (token.service, token.epoch, token.claim) == (own.service, own.epoch, own.claim):
                return entry.facts.owner
        probe = f"{self.area.base}/{_PROBE}{self.area.token}"
        self._destination.make_all(probe, _MODE)
        owner = self._destination.status(probe).facts.owner
        self._destination.discard(probe)
        return owner

    def _status(self, path: str) -> DirEntry | None:
        try:
            return self._destination.status(path)
        except NotFound:
            return None


def is_ours(name: str) -> bool:
    """Whether something of this name beside the work areas is one of them, or a question of ours."""
    return Token.parse(name) is not None or _is_probe(name)


def _is_probe(name: str) -> bool:
    return name.startswith(_PROBE) and Token.parse(name.removeprefix(_PROBE)) is not None


def _superseded(own: Area, later: Token) -> Superseded:
    if (later.epoch, later.claim) == (own.token.epoch, own.token.claim):
        return Superseded(own.top, f"superseded: try {later} has the root", LATER_GOES_ON)
    return Superseded(Area(own.root, later).top, "superseded: a later claim has the root",
                      "If the ledger has no such claim, somebody created this directory: move it out of the root")


def place_has_begun(destination: NameNode, root: str, service: str) -> bool:
    """Whether a work area of a root bears the mark of a place, or holds items that are missing in the live tree."""
    tokens = _areas(destination, root, service)
    return any(token.turn or _holds_items(destination, Area(root, token)) for token in tokens)


def set_aside(destination: NameNode, root: str, token: Token) -> None:
    """Takes the area of a root over from whoever had it, and parts what lay in it from what is to come.

    Whoever slept finds no path any more. What was staged goes; what was parked keeps its inodes in a directory apart,
    because the plan that comes names its items by the numbers of another cluster, and two may be the same.
    """
    areas = _areas(destination, root, token.service)
    own = [one for one in areas if (one.epoch, one.claim) == (token.epoch, token.claim)]
    latest = max(own, key=lambda one: one.rank, default=token)
    if latest.rank > token.rank:
        # Of a place under this very claim, which failed: nobody else is at work under it.
        destination.rename(Area(root, latest).top, Area(root, token).top)
    area = WorkArea(destination, Area(root, token)).open()
    if not _is_empty(destination, area.park):
        aside = sum(entry.name.startswith(_LEFT) for entry in destination.list(area.top))
        destination.rename(area.park, f"{area.top}/{_LEFT}{aside}")
    for directory in (area.stage, area.made):
        destination.delete(directory, recursive=True)


def has_area(destination: NameNode, root: str, service: str) -> bool:
    """Whether a root has a work area of a service."""
    return bool(_areas(destination, root, service))


def not_of_service(destination: NameNode, root: str, service: str) -> list[str]:
    """Names of what lies among the work areas of a root and is no work area of this service."""
    try:
        names = [entry.name for entry in destination.list(f"{root}/{WORK_AREA}")]
    except NotFound:
        return []
    tokens = {name: Token.parse(name) for name in names if not _is_probe(name)}
    return sorted(name for name, token in tokens.items() if token is None or token.service != service)


def _areas(destination: NameNode, root: str, service: str) -> list[Token]:
    try:
        tokens = WorkArea(destination, Area(root, Token(service, 0, 0))).tokens()
    except NotFound:
        return []
    return [token for token in tokens if token.service == service]


def _holds_items(destination: NameNode, area: Area) -> bool:
    try:
        names = [entry.name for entry in destination.list(area.top)]
        if any(name.startswith(_LEFT) for name in names):
            return True
        return not _is_empty(destination, area.park)
    except NotFound:
        return False


def _is_empty(destination: NameNode, directory: str) -> bool:
    try:
        return next(iter(destination.list(directory)), None) is None
    except NotFound:
        return True
