"""A person holds back new points of a pair for a time, or lets them go on."""

from __future__ import annotations

from typing import Any

from hadoop_dr.domain.errors import BadInput, Refused
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import PERSON, SynchronisingHeld
from hadoop_dr.domain.roles.holds import hold_document, lifted_by_person
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.services.ledger.roles import Roles


class HoldSynchronising:
    """Sets and lifts holds in the pair's ledger.

    Args:
        pair: Name of the pair.
        roles: Its ledger.
    """

    def __init__(self, pair: str, roles: Roles, clock: Clock) -> None:
        self._pair, self._roles, self._clock = pair, roles, clock

    def hold(self, until_ms: int, run: str, by: str, reason: str) -> dict[str, Any]:
        """Holds back new points until a time of the wall clock; an earlier hold of a person is replaced.

        Returns:
            The holds in force: ``{"pair", "held": [...]}``.

        Raises:
            BadInput: That time has passed.
            Refused: The pair has no roles yet.
        """
        if until_ms <= (now_ms := self._clock.wall_ms()):
            raise BadInput("--until", f"{iso(until_ms)} has passed, it is {iso(now_ms)}", "Name a later time.")
        wanted = SynchronisingHeld(PERSON, by, reason, until_ms)

        def decide(state: PairState) -> SynchronisingHeld | None:
            self._require_roles(state)
            return None if state.holds.get(PERSON) == wanted else wanted

        return self._document(self._roles.decide(decide, run))

    def resume(self, run: str, by: str, reason: str) -> dict[str, Any]:
        """Lifts every hold, the monitor's too, which does not come back for the same failure.

        Returns:
            The same document.

        Raises:
            Refused: The pair has no roles yet.
        """

        def decide(state: PairState) -> Any:
            self._require_roles(state)
            return lifted_by_person(state, by, reason)

        return self._document(self._roles.decide(decide, run))

    def _require_roles(self, state: PairState) -> None:
        if state.epoch == 0:
            remedy = f"Set the first ones: hadoop-dr identity {self._pair} --initialise"
            raise Refused(self._pair, "the pair has no roles yet", remedy)

    def _document(self, state: PairState) -> dict[str, Any]:
        return {"pair": self._pair, "held": [hold_document(hold) for hold in state.held(self._clock.wall_ms())]}
