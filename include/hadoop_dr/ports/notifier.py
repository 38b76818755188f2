"""Who is told of an alarm."""

from __future__ import annotations

from typing import Protocol

from hadoop_dr.domain.ledger.bodies.pair import AlarmSaid


class Notifier(Protocol):
    """One way to reach people. What it needs to know of secrets it knows itself; nothing here shows them."""

    name: str

    def tell(self, pair: str, alarm: AlarmSaid) -> None:
        """Tells of an alarm that began, or is over; within a preset time. It may be told twice.

        Raises:
            DrError: It may not have arrived; without any secret in its words.
        """
