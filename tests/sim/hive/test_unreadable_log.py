"""A metastore that does not let its log of events be read is told before anything is claimed, in words (fault 41)."""

from __future__ import annotations

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import Failed
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.world import TABLES, TableWorld


class Closed(MemoryMetastore):
    """A metastore that says its newest event and shows none."""

    def events(self, after: int, limit: int = 1000) -> list[Event]:
        raise Failed("metastore of site east", "get_next_notification: Internal error", "Make the user a proxy user")


def test_check_says_that_the_log_cannot_be_read_and_what_helps() -> None:
    world = TableWorld(TABLES)
    world.create("t1")
    closed = Closed("east")
    closed.__dict__.update(world.metastores["east"].__dict__)
    world.metastores["east"] = closed
    found = [one for one in RunChecks(world.context()).look() if one.name == "metastore"]
    [told] = [one for one in found if one.mark is Mark.FAIL]
    assert "get_next_notification: Internal error" in told.detail
    assert told.remedy == "Make the user a proxy user"
