"""The sensors at the head of the arbitration and of the monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from hadoop_dr_airflow.operators import in_words
from hadoop_dr_airflow.triggers import IdentityTrigger, MonitorTrigger

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


class HealthSensor(BaseSensorOperator):
    """Waits, deferred, until an alarm or the monitor's hold is due.

    Args:
        pair: The pair.
    """

    ui_color = "#f2d7d7"

    def __init__(self, *, pair: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair = pair

    def execute(self, context: Context) -> None:
        """Hands the waiting over to the triggerer."""
        self.defer(trigger=MonitorTrigger(self.pair), method_name="woken")

    def woken(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Hands on what was seen to fail, which the next task need not time again."""
        self.log.info(in_words(self.task_id, event))
        return event
