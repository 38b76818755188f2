"""What somebody else did on the destination: kept for a person, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """Objects of one kind of data sets as they were found, in a document that lies on both sites.

    Attributes:
        kind: Which kind wrote it, and can say whether all is still so.
        path: Where it lies.
        position: Where that kind stood on the site then: what a moment of it is marked by, such as an event id.
    """

    kind: str
    path: str
    position: int


@dataclass(frozen=True, slots=True)
class ChangesKept:
    """Foreign changes were found and are kept until a person removes what keeps them (I10).

    Attributes:
        number: Which candidate of the point showed it; -1 when it lay there before the point was placed.
        site: Where the snapshots lie, and whose objects the document holds.
        snapshots: Their names, by root.
        found: The first of what was found, for people.
        count: How much was found.
        rule: What the policy said: refuse or restore; or that it lay there before.
        replaced: Something of it was replaced or deleted, which no copy puts back: see ``domain.foreign.drift``.
        document: What keeps objects that lie in no directory; None where there were none.
    """

    claim: int
    point: str
    number: int
    site: str
    snapshots: Mapping[str, str]
    found: tuple[str, ...]
    count: int
    rule: str
    replaced: bool = False
    document: KeptDocument | None = None


@dataclass(frozen=True, slots=True)
class DivergenceApproved:
    """A person has seen what a former primary wrote that never crossed, and lets a backup undo it (S0.8).

    Attributes:
        site: The former primary.
        to: The sealed point that both sites have: what its live tree comes back to.
        snapshots: What keeps the divergence, by root.
        objects: Digest of what of it lies in no directory, as it was shown; empty when nothing does.
        count: How much it is.
        by: Who approved it.
        reason: Why.
    """

    site: str
    to: str
    snapshots: Mapping[str, str]
    objects: str
    count: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeptRemoved:
    """A person removed what an earlier entry kept.

    Attributes:
        kept: Number of that entry.
    """

    kept: int


@dataclass(frozen=True, slots=True)
class UndoBegun:
    """The live tree is being brought back to a sealed point; announced before anything changes.

    Attributes:
        point: The unfinished point whose changes are undone; empty when they are somebody else's.
        to: The sealed point.
        site: Whose live tree; with the roles exchanged that is not the one the point went to.
        kept: Name of the snapshots that hold what was found.
    """

    claim: int
    point: str
    to: str
    site: str
    roots: tuple[str, ...]
    kept: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoDone:
    """The live tree is back at a sealed point.

    Attributes:
        found: What was undone, for people; no more than the first.
        site: Whose live tree.
        base: Snapshots of it whose inodes are those of the live tree now, by root.
        left: Roots that could not be brought back.
    """

    claim: int
    point: str
    to: str
    site: str
    reason: str
    kept: str
    found: tuple[str, ...]
    base: Mapping[str, SnapshotRecord]
    left: tuple[str, ...] = ()
