"""A secondary whose metastore changes the catalog by itself is refused by name."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog.protect.housekeeping import HOUSEKEEPING_SETTINGS, check_housekeeping
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.check_results import Mark, ok
from support.catalogs import table

TASK = "org.apache.hadoop.hive.metastore.PartitionManagementTask"
DISCOVERED = [table("bill", f"t{n}", **{"discover.partitions": "true"}) for n in range(7)]
EXPIRED = [table("bill", "e", **{"partition.retention.period": "7d"})]
HOUSE, REMOTE, ALWAYS, INITIATOR = HOUSEKEEPING_SETTINGS


@pytest.mark.parametrize("settings", [{HOUSE: "true", REMOTE: f"x,{TASK}"}, {ALWAYS: TASK}])
@pytest.mark.parametrize("rows", [DISCOVERED, EXPIRED])
def test_a_metastore_that_manages_partitions_itself_is_refused(settings: dict[str, str], rows: list[Row]) -> None:
    (result,) = check_housekeeping("west", settings, rows)
    assert (result.name, result.mark) == ("metastore upkeep", Mark.FAIL)
    assert "table bill." in result.detail
    assert result.detail.endswith("and 2 more") is (rows is DISCOVERED)
    assert result.remedy.startswith("Take PartitionManagementTask out of metastore.task.threads.remote")
    (five,) = check_housekeeping("west", settings, DISCOVERED[:5])
    assert five.detail.endswith(": " + ", ".join(f"table bill.t{n}" for n in range(5)))


@pytest.mark.parametrize("settings", [{}, {HOUSE: "false", REMOTE: TASK}, {HOUSE: "true", REMOTE: "other"}])
def test_one_that_does_not_is_fine(settings: dict[str, str]) -> None:
    fine = ok("metastore upkeep", "the metastore of west changes nothing by itself")
    assert check_housekeeping("west", settings, DISCOVERED) == [fine]
    assert [result.mark for result in check_housekeeping("west", {ALWAYS: TASK}, [table("bill", "t")])] == [Mark.OK]


def test_compactions_of_its_own_are_refused() -> None:
    (result,) = check_housekeeping("west", {INITIATOR: "TRUE"}, [])
    assert (result.name, result.mark, "compactions" in result.detail) == ("metastore upkeep", Mark.FAIL, True)
    assert result.remedy.startswith("Set metastore.compactor.initiator.on to false there")
