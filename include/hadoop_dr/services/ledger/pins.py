"""Pins: somebody holds a point, so that nothing removes it before that is taken back.

A pin is an entry of the service's ledger, appended behind what was read: so it either comes before a point is pruned,
which is then decided anew, or finds it gone.
"""

from __future__ import annotations

from hadoop_dr.domain.errors import NotFound, Refused
from hadoop_dr.domain.ledger.bodies.ends import PointPinned, PointUnpinned
from hadoop_dr.domain.points.pins import is_pinnable
from hadoop_dr.domain.state.service_state import Pin, ServiceState
from hadoop_dr.services.ledger.service import ServiceLedger


class Pins:
    """Holds points of one service and lets them go.

    Args:
        ledger: The service's ledger.
    """

    def __init__(self, ledger: ServiceLedger) -> None:
        self._ledger = ledger

    def pin(self, point: str, by: str, reason: str, run: str) -> Pin:
        """Holds a point; two who hold the same one have a pin each.

        Raises:
            Refused: No such point lies where points are copied to; nothing was written.
            Unknown: The answer was lost and could not be read back.
        """

        def decide(state: ServiceState) -> PointPinned:
            if not is_pinnable(state, point):
                raise Refused(f"point {point}", "is not an existing sealed point", "See: hadoop-dr points")
            return PointPinned(point, by, reason)

        entry = self._ledger.append_decided(run, decide)
        assert entry is not None
        return Pin(entry.n, point, by, reason)

    def unpin(self, pin: Pin, by: str, reason: str, run: str) -> None:
        """Lets a point go, as far as this pin held it; others that hold it stay. Safe to repeat.

        Raises:
            NotFound: The pin was never there; nothing was written.
            Unknown: The answer was lost and could not be read back.
        """

        def decide(state: ServiceState) -> PointUnpinned | None:
            if pin.n > self._ledger.chain.head_n:
                raise NotFound(f"pin {pin.n} of point {pin.point}", "is in no ledger", "See: hadoop-dr explain")
            return PointUnpinned(pin.n, pin.point, by, reason) if pin in state.pins else None

        self._ledger.append_decided(run, decide)
