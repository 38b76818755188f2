"""The moment of a point: its snapshots, how close together they are, what it holds and what not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.ledger.bodies.values import Part, SnapshotRecord
from hadoop_dr.domain.runs.moment import Proof
from hadoop_dr.domain.tree.quotas import NONE_SET, QuotaSet


@dataclass(frozen=True, slots=True)
class TakenRoot:
    """One root at the moment.

    Attributes:
        snapshot: Its snapshot on the origin.
        asked_ms, answered_ms: When the snapshot was asked for and answered, from the first request of all roots on.
        quota: Behind a fence the quotas of the root that the fence replaced; those of other roots are a document.
    """

    snapshot: SnapshotRecord
    asked_ms: float
    answered_ms: float
    quota: QuotaSet = NONE_SET


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that could not be protected.

    Attributes:
        object: Its name.
        why: The class of reasons.
        reason: The reason in words.
    """

    object: str
    why: str
    reason: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """What a point leaves out: how many objects, and the first of them."""

    count: int = 0
    objects: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that somebody was writing, and its length in the snapshot."""

    path: str
    length: int


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """Files that were being written at the moment: how many, the first of them, and where that is not known, why."""

    count: int = 0
    files: tuple[OpenFile, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointTaken:
    """All roots have their snapshot of the moment, and what it proves is known.

    Attributes:
        late_by_ms: How far the moment is behind the wanted one.
        skew_ms: From the first request to the last answer.
        origin, destination: The sites it is copied from and to.
        roots: By path.
        protect: What the policy named then, by kind of data sets, in the order that the kind gives it.
        declared: Directories and table locations that the policy names, by which people look for snapshots.
        datasets: What each kind of data sets keeps of the moment, by kind, in the form that the kind itself gives it.
        roots_told: What a person should know of roots, tables and their directories.
        narrow: Quotas of the origin that will be too narrow soon; where they are read later, a plan's notes say it.
        exclusions: Paths relative to the roots that the point leaves out. No policy can say that yet.
    """

    claim: int
    point: str
    moment_ms: int
    late_by_ms: int
    skew_ms: float
    proof: Proof
    origin: str
    destination: str
    roots: Mapping[str, TakenRoot]
    protect: Mapping[str, tuple[str, ...]]
    declared: tuple[str, ...]
    datasets: Mapping[str, Part] = field(default_factory=dict)
    incomplete: Incomplete = Incomplete()
    open_files: OpenFiles = OpenFiles()
    roots_told: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()

    @property
    def snapshots(self) -> Mapping[str, SnapshotRecord]:
        """Its snapshots on the origin, by root."""
        return {root: taken.snapshot for root, taken in self.roots.items()}


NOT_TAKEN = PointTaken(
    claim=0,
    point="",
    moment_ms=0,
    late_by_ms=0,
    skew_ms=0.0,
    proof=Proof.UNPROVEN,
    origin="",
    destination="",
    roots={},
    protect={},
    declared=(),
)
"""Of a point whose moment has not come: no site, no root."""
