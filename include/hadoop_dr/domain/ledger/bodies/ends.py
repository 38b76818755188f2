"""What becomes of points later: pruned, unprotected, damaged, pinned; roots that make way for other roots."""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.ledger.bodies.values import RootPath, RootPoint, SitePoint


@dataclass(frozen=True, slots=True)
class PointsPruned:
    """Copies of points are gone from here on, whatever becomes of their snapshots."""

    points: tuple[SitePoint, ...]


@dataclass(frozen=True, slots=True)
class ServiceUnprotected:
    """A person had the service's snapshots taken away on these sites."""

    claim: int
    sites: tuple[str, ...]
    points: tuple[SitePoint, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PointDamaged:
    """No copy of a point is to be relied on; an empty reason takes that back.

    Attributes:
        files: What of it is damaged; no more than the first.
        unnamed: Roots in which more of it is damaged, or may be, each with the point that has copied it.
    """

    point: str
    reason: str
    files: tuple[RootPath, ...] = ()
    unnamed: tuple[RootPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class RootsChanged:
    """Roots make way for others on a site, as a person approved.

    Attributes:
        points: Copies of points that go with them.
    """

    claim: int
    site: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    points: tuple[SitePoint, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PointPinned:
    """Somebody holds a point: it is not pruned until that is taken back."""

    point: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class PointUnpinned:
    """One pin is taken back; others of the same point stay.

    Attributes:
        pin: Number of the entry that pinned.
    """

    pin: int
    point: str
    by: str
    reason: str
