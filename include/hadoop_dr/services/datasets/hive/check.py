"""What of the two metastores stands against a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hadoop_dr.domain.catalog.protect.housekeeping import HOUSEKEEPING_SETTINGS, check_housekeeping
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.check_results import Result, fail, ok
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.foreign.left_by_points import NO_METASTORE, name_it

_LISTENERS = ("hive.metastore.transactional.event.listeners", "metastore.transactional.event.listeners")


def check_metastores(context: BackupContext) -> Iterator[Result]:
    """Whether both answer, and whether the origin's tells what changes."""
    for side in (context.origin, context.destination):
        if side.metastore is None:
            yield fail("metastore", f"{side.name} {NO_METASTORE}", name_it(context, side))
            continue
        if side is context.origin:
            problem = notification_problem(side.metastore)
        else:
            problem, _ = None, side.metastore.current_event()
        if problem:
            yield fail(
                "metastore",
                f"{side.name}: {problem}",
                "Set metastore.transactional.event.listeners="
                "org.apache.hive.hcatalog.listener.DbNotificationListener "
                "and restart the metastore.",
            )
        else:
            yield ok("metastore", f"{side.name} answers")


def check_destination_housekeeping(context: BackupContext, catalog: Callable[[], Iterable[Row]]) -> Iterator[Result]:
    """Whether the destination's metastore would change the catalog by itself.

    Args:
        catalog: Gives the protected objects of the origin's catalog.
    """
    if (metastore := context.destination.metastore) is not None:
        yield from check_housekeeping(context.destination.name, metastore.settings(*HOUSEKEEPING_SETTINGS), catalog())


def notification_problem(metastore: Metastore) -> str | None:
    """Says why the events of a metastore cannot be relied on; None when its notification log is on.

    An id above zero proves it; a fresh metastore has none, and then its settings have to name the listener. The log
    itself is asked as well: whoever may not read it is told so here, not at the moment.

    Raises:
        Failed: It refuses to show its log.
    """
    newest = metastore.current_event()
    metastore.events(newest, 1)
    if newest > 0:
        return None
    settings = metastore.settings(*_LISTENERS)
    if any("DbNotificationListener" in value for value in settings.values()):
        return None
    return "the metastore keeps no notification log, so a change of the catalog at the moment could not be seen"
