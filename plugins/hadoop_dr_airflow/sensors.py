"""The sensor at the head of the arbitration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from hadoop_dr_airflow.operators import in_words
from hadoop_dr_airflow.triggers import IdentityTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context


class IdentitySensor(BaseSensorOperator):
    """Waits, deferred, until what the two ZooKeepers say asks for a new access.

    Args:
        pair: The pair.
        look_every_s: The longest time between two readings.
    """

    ui_color = "#f2e3d7"

    def __init__(self, *, pair: str, look_every_s: float = 30.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair, self.look_every_s = pair, look_every_s

    def execute(self, context: Context) -> None:
        """Hands the waiting over to the triggerer."""
        self.defer(trigger=IdentityTrigger(self.pair, self.look_every_s), method_name="woken")

    def woken(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Says what woke the sensor; the next task reads afresh and takes nothing from here."""
        self.log.info(in_words(self.task_id, event))
        return event
