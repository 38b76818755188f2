"""A point is whole, verified and visible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.ledger.bodies.values import Part, SnapshotRecord
from hadoop_dr.domain.tree.intended import Lowered
from hadoop_dr.domain.tree.inventory import Held


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification found.

    Attributes:
        word: The verdict in one word.
        match: How many objects are equal in everything that was looked at.
        cannot_tell: The first of those that could not be compared, with the reason.
    """

    word: str
    match: int
    cannot_tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retained:
    """The rules of retention that a point was sealed under, by the role its site had then."""

    primary: str
    secondary: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """An older point of which a run read files back; ``taken`` is False when it could not."""

    point: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """What the run that sealed a point did, and what it found.

    Attributes:
        entries: Changed entries.
        deletions: Files that went.
        live: How much each root holds.
        audited: The whole was compared, beyond what is known to have changed.
        sampled: The older point that was looked at; None when there was none.
        figures: Objects of each kind of data sets by what was done to them, under the titles that people know them by.
        intended: How many objects the destination has with less than was intended; the point's document names them all.
        lowered: The first of them.
        seconds: What each stage took.
        requests: Requests to each site, by stage.
        warnings: What a person should know.
        whole: Roots that were compared whole although the point has a baseline.
    """

    entries: int
    files_copied: int
    bytes_copied: int
    deletions: int
    live: Mapping[str, Held]
    audited: bool
    sampled: Sampled | None = None
    figures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    intended: int = 0
    lowered: tuple[Lowered, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    requests: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointSealed:
    """The one entry that makes a point visible.

    Attributes:
        baseline: The point it was built on; None for a full run.
        snapshots: Its snapshots on the destination, by root.
        datasets: What each kind of data sets keeps of that site, by kind, in the form that the kind itself gives it:
            of a catalog the id of the newest event of its log.
        documents: SHA-256 by name of the verdict, and of the documents that verify added.
        blocks: A digest of the block ids on the destination, by root, of those whose files all fit into memory.
    """

    claim: int
    point: str
    baseline: str | None
    verified: Verified
    snapshots: Mapping[str, SnapshotRecord]
    retention: Retained
    summary: Summary
    datasets: Mapping[str, Part] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


NOT_SEALED = PointSealed(0, "", None, Verified("", 0), {}, Retained("", ""), Summary(0, 0, 0, 0, {}, audited=False))
"""Of a point that is not visible."""
