"""Which points may be held, and what stands in the way of removing held ones."""

from __future__ import annotations

from collections.abc import Iterable

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger.bodies.values import SitePoint
from hadoop_dr.domain.state.service_state import ServiceState

_SHOWN = 3


def is_pinnable(state: ServiceState, point: str) -> bool:
    """Whether a point is visible and still lies where it was copied to; its origin may have pruned it already."""
    return any(one.point == point for one in state.sealed_on_destination())


def refuse_pinned(state: ServiceState, subject: str, going: Iterable[SitePoint]) -> None:
    """Ends whatever would remove copies of points that somebody holds.

    Raises:
        Refused: One of them is pinned; who holds it and why is told.
    """
    gone = {point for _, point in going}
    held = [pin for pin in state.pins if pin.point in gone]
    if held:
        pins = "; ".join(f"{pin.point} by {pin.by}: {pin.reason}" for pin in held[:_SHOWN])
        more = f"; and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        raise Refused(subject, f"would remove points that are pinned: {pins}{more}", "Release them first.")
