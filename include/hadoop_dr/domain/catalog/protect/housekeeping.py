"""Whether a metastore would change the catalog by itself: discovery, retention, compaction.

On the secondary such changes are drift that nobody made; on the primary they are part of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Kind, Row
from hadoop_dr.domain.catalog.thrift_struct import get_map
from hadoop_dr.domain.check_results import Result, fail, ok

HOUSEKEEPING_SETTINGS = ("metastore.housekeeping.threads.on", "metastore.task.threads.remote",
                   "metastore.task.threads.always", "metastore.compactor.initiator.on")
"""What to ask a metastore for."""

_NAME = "metastore upkeep"
_TASK = "PartitionManagementTask"
_SHOWN = 5


def check_housekeeping(site: str, settings: Mapping[str, str], rows: Iterable[Row]) -> list[Result]:
    """Looks at the destination's settings and the tables it has or will have.

    Args:
        site: The destination.
        settings: Its answers to ``HOUSEKEEPING_SETTINGS``.
        rows: The catalog that it has or is to have.
    """
    results = []
    tables = [str(row.key) for row in rows if row.key.kind is Kind.TABLE and _managed_partitions(row)]
    if tables and _runs_partition_task(settings):
        more = f" and {len(tables) - _SHOWN} more" if len(tables) > _SHOWN else ""
        results.append(fail(
            _NAME,
            f"the metastore of {site} discovers or expires partitions by itself: {', '.join(tables[:_SHOWN])}{more}",
            f"Take {_TASK} out of metastore.task.threads.remote there while the site is the secondary"))
    if _on(settings, "metastore.compactor.initiator.on"):
        results.append(fail(
            _NAME, f"the metastore of {site} starts compactions by itself",
            "Set metastore.compactor.initiator.on to false there while the site is the secondary"))
    return results or [ok(_NAME, f"the metastore of {site} changes nothing by itself")]


def _managed_partitions(row: Row) -> bool:
    parameters = get_map(row.tree, f.TABLE_PARAMETERS)
    return parameters.get("discover.partitions", "").lower() == "true" or "partition.retention.period" in parameters


def _runs_partition_task(settings: Mapping[str, str]) -> bool:
    where = ["metastore.task.threads.always"]
    if _on(settings, "metastore.housekeeping.threads.on"):
        where.append("metastore.task.threads.remote")
    return any(_TASK in settings.get(name, "") for name in where)


def _on(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "").lower() == "true"
