"""What stage and place are asked to do for one root, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.plan.root_plan import Plan
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.items import Item

_TOKEN = re.compile(r"([a-z][a-z0-9-]*)-(\d+)-(\d+)(?:\.(\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Everything about one root of one run.

    Attributes:
        index: Number of the root inside the point.
        root: Absolute path of the root on the destination.
        origin_root: Absolute path of the root on the origin; another one where a tree is brought in aside.
        snapshot: Snapshot of the origin that is copied.
        base: Snapshot of the destination whose tree has the items' old paths; None when that is the live tree.
        items: The touched items by origin inode id.
        plan: Their order.
        root_now: Attributes of the root itself in ``snapshot``.
        service, epoch, claim: What the work area is named after; a later claim of the service takes the work area over.
        turn: Which use of the area within the claim this is; a later one takes it over from an earlier one. Stage works
            under ``turn`` itself, try n of place under ``turn + n``, so neither a sleeping stage nor an earlier try of
            place can touch what place does.
        untouched: Nobody had a work area in the root when this run began, as the process saw that makes the first one.
    """

    index: int
    root: str
    origin_root: str
    snapshot: str
    base: str | None
    items: Mapping[int, Item]
    plan: Plan
    root_now: FileAttributes
    service: str
    epoch: int
    claim: int
    turn: int = 0
    untouched: bool = False

    def origin_path(self, path: str) -> str:
        """Where the origin's bytes of a relative path are read."""
        return f"{self.origin_root}/.snapshot/{self.snapshot}/{path}".rstrip("/")

    def base_path(self, path: str) -> str:
        """Where the destination's own state before the run is read."""
        top = self.root if self.base is None else f"{self.root}/.snapshot/{self.base}"
        return f"{top}/{path}".rstrip("/")

    def live_path(self, path: str) -> str:
        """Where a relative path lies in the destination's live tree."""
        return f"{self.root}/{path}".rstrip("/")

    def area(self, turn: int) -> Area:
        """The work area under which one use within the claim works."""
        return Area(self.root, Token(self.service, self.epoch, self.claim, turn))


@dataclass(frozen=True, slots=True)
class Token:
    """Name of a work area. It fences: a later claim renames it, and a sleeping worker finds no path any more.

    It bears the service, because claims of two services are not to be compared: nobody takes another one's area over.
    """

    service: str
    epoch: int
    claim: int
    turn: int = 0

    def __str__(self) -> str:
        return f"{self.service}-{self.epoch}-{self.claim}" + (f".{self.turn}" if self.turn else "")

    @property
    def rank(self) -> tuple[int, int, int]:
        """Order of takeover among the areas of one service."""
        return self.epoch, self.claim, self.turn

    @classmethod
    def parse(cls, name: str) -> Token | None:
        """Reads a name; None when it is not a token."""
        match = _TOKEN.fullmatch(name)
        token = cls(match[1], int(match[2]), int(match[3]), int(match[4] or 0)) if match else None
        return token if str(token) == name else None  # "x-1-01" is nobody's: no path of ours is written like that


@dataclass(frozen=True, slots=True)
class Area:
    """Paths of a work area."""

    root: str
    token: Token

    @property
    def base(self) -> str:
        """The one directory of ours inside the root."""
        return f"{self.root}/{WORK_AREA}"

    @property
    def top(self) -> str:
        """The work area of this token."""
        return f"{self.base}/{self.token}"

    @property
    def stage(self) -> str:
        """Where bytes are prepared, one directory for each share."""
        return f"{self.top}/stage"

    @property
    def park(self) -> str:
        """Where existing items wait."""
        return f"{self.top}/park"

    @property
    def made(self) -> str:
        """Where empty directories are made before they are brought in."""
        return f"{self.top}/made"

    def parked(self, inode: int) -> str:
        """Where an item waits, by its origin inode id."""
        return f"{self.park}/{inode}"


@dataclass(frozen=True, slots=True)
class Share:
    """The units of one root that one shard stages.

    Attributes:
        number: From 0 within the root.
        units: Inode ids of their tops.
    """

    number: int
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StagedFile:
    """Proof of staged bytes: of a whole file, or of a tail from ``offset`` on."""

    sha256: str
    length: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class StagedShare:
    """What stage answers.

    Attributes:
        number: The share's number.
        directory: Its directory below the work area's ``stage``.
        units: Origin inode id of each unit's top -> inode id of what was staged, on the destination.
        whole: Units planned as tails that were staged as whole files: the destination's blocks allow no tail.
        files: Proof of every staged file by origin inode id.
        files_copied, bytes_copied: What this try moved; what an earlier try had done is not counted again.
    """

    number: int
    directory: str
    units: Mapping[int, int]
    whole: frozenset[int]
    files: Mapping[int, StagedFile]
    files_copied: int = 0
    bytes_copied: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """How many steps of each phase place had to see done, and what lies beside work areas and is nobody's."""

    parked: int = 0
    tails: int = 0
    moved_in: int = 0
    attributes: int = 0
    deleted: int = 0
    strays: tuple[str, ...] = ()
