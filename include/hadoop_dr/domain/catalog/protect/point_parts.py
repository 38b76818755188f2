"""What the entries of a point keep of its catalog, where each kind of data sets has a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.config.quantities import DAY_MS


@dataclass(frozen=True, slots=True)
class NamedObjects:
    """Objects of which one thing is to be told: how many, and the first of them."""

    count: int = 0
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenCatalog:
    """The catalog of the moment, in the entry that says that a point was taken.

    Attributes:
        e0, e1: Newest event of the metastore before the first snapshot and after the last.
        objects: How many the point holds.
        aside: How many were exported and are left out of the point.
        absent: Those that are registered without a directory, on the origin too.
        sha256, aside_sha256: Digests of the export, and of what is left out.
        digest: What the event ``e0`` said, to know it again.
        whole_ms: When all of the origin's catalog was read last, for this point or an earlier one; 0 in points of a
            version that did not note it.
        untold: Those that had changed without an event, as reading all of it showed.
        databases_sha256: Digest of where all databases lay; empty where that was not kept.
    """

    e0: int
    e1: int
    objects: int
    aside: int = 0
    absent: NamedObjects = NamedObjects()
    sha256: str = ""
    aside_sha256: str = ""
    digest: str = ""
    whole_ms: int = 0
    untold: NamedObjects = NamedObjects()
    databases_sha256: str = ""

    @property
    def position(self) -> Position | None:
        """Where the log of the origin's metastore stood; None where that is not known well enough to follow it."""
        return Position(self.e0, self.digest) if self.whole_ms else None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What a query of the policy answered on the secondary: how many rows, and their digest."""

    query: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedCatalog:
    """The catalog of the destination when it was verified, in the entry that makes a point visible.

    Attributes:
        position: Where the notification log of the destination's metastore stood; None where nothing was verified.
        smoke: What the policy's queries answered.
        whole_ms: Moment of the newest point up to this one for which all of that catalog was read.
    """

    position: Position | None = None
    smoke: tuple[QueryAnswer, ...] = ()
    whole_ms: int = 0


READ_WHOLE_MS = DAY_MS
"""So long a log is believed that nobody touched a catalog: one that is off tells nothing."""


def read_lately(whole_ms: int, moment_ms: int) -> bool:
    """Whether a catalog was read whole so shortly before a moment that its log is believed since.

    A reading in the future is none: then a clock went back.
    """
    return 0 <= moment_ms - whole_ms < READ_WHOLE_MS


def believed(kept: SealedCatalog, cannot_tell: Sequence[str], at_ms: int | None) -> bool:
    """Whether a log may say that a catalog is as a point left it, so that it need not be read.

    Args:
        cannot_tell: What could not be compared for that point: then its catalog may be another than was wanted.
        at_ms: The moment for which everything is read now and then; None where nothing is verified.
    """
    if kept.position is None or not kept.position.digest or cannot_tell:
        return False
    return at_ms is None or at_ms - kept.whole_ms < READ_WHOLE_MS


TAKEN_CATALOG = codec_of(TakenCatalog)
"""How the catalog's part of an entry ``taken`` is stored."""
SEALED_CATALOG = codec_of(SealedCatalog)
"""How the catalog's part of an entry ``sealed`` is stored."""
