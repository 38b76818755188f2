"""What sealed points left in the destination's catalog: what a foreign change is told from.

A point's export is what both of its sites had: the origin at the moment, the destination once it was sealed. So it
tells of a site in whichever direction it went.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hadoop_dr.domain.catalog.address_rewrite import Rewrite, aliases, rewrite_rows
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.changes.foreign_objects import LeftByPoint
from hadoop_dr.domain.catalog.protect.point_parts import SEALED_CATALOG, TAKEN_CATALOG, SealedCatalog, TakenCatalog
from hadoop_dr.domain.catalog.rows import Row, unpack_rows
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.config.datasets import HIVE
from hadoop_dr.domain.errors import BaselineLost, Refused
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.stored.documents import Documents

KIND = HIVE.value
"""Under this name a point keeps what is its own of this kind."""
CATALOG = "catalog.parquet"
"""Document with the objects of a point."""
LEFT_OUT = "left-out.parquet"
"""What a point leaves out, so that the next export need not read the whole catalog again."""
DATABASES = "databases.parquet"
"""Where all databases lay, also of others, so that the next export need not ask for each; the destination has it."""


def selected_at(point: Point) -> Selection:
    """Returns what of the catalog a taken point selects, whatever the policy says now."""
    return selection_of(point.taken.protect.get(KIND, ()))


def exported_at(point: Point) -> TakenCatalog | None:
    """Returns what the ledger keeps of a taken point's export; None where the policy protected no tables then."""
    kept = point.taken.datasets.get(KIND)
    return None if kept is None else TAKEN_CATALOG.load(kept)


def exported_rows(documents: Documents) -> list[Row]:
    """Reads what a point exported, in the origin's addresses; nothing where it exported nothing.

    Raises:
        BaselineLost: The document is missing or is another one.
    """
    exported = exported_at(documents.point)
    if exported is None:
        return []
    return unpack_rows(documents.read_ahead(CATALOG, forms.CATALOG, exported.sha256, exported.objects))


def metastore_of(context: BackupContext, side: SiteConnections) -> Metastore:
    """The metastore of a site, which has to have one.

    Raises:
        Refused: It has none.
    """
    if side.metastore is None:
        raise Refused(side.name, NO_METASTORE, name_it(context, side))
    return side.metastore


NO_METASTORE = "has no metastore, and the policy protects Hive tables"
"""What is wrong with a site where tables are protected and no metastore is named."""


def name_it(context: BackupContext, side: SiteConnections) -> str:
    """How a site gets its metastore."""
    return f"Name it under sites.{side.name}.metastores in {context.pair.file or 'the pair file'}."


def addresses_of(side: SiteConnections) -> tuple[str, ...]:
    """Every way a site's file system may be written."""
    return tuple(dict.fromkeys(alias for address in side.addresses for alias in aliases(address)))


def rewritten(context: BackupContext, rows: Iterable[Row]) -> list[Row]:
    """Returns rows of the origin as the destination has to have them."""
    rewrite = Rewrite(addresses_of(context.origin), context.destination.authority)
    return rewrite_rows(context.claims.heartbeat.along(rows), rewrite)


def rows_on(context: BackupContext, point: Point, site: SiteConnections, rows: Iterable[Row]) -> list[Row]:
    """Returns rows of a point's export as one of its sites has them."""
    along = context.claims.heartbeat.along(rows)
    if site.name == point.origin:
        return list(along)
    return rewrite_rows(along, Rewrite(addresses_of(context.sides[point.origin]), site.authority))


def left_at(
    state: ServiceState, context: BackupContext, selection: Selection
) -> tuple[Point, SealedCatalog] | None:
    """The newest point, and what it keeps of the destination's catalog; None when that tells nothing of a selection.

    A point of the other direction verified the other site's catalog: then all has to be read.
    """
    points = _that_tell_of(context.destination.name, state, "")
    if not points or points[0].state is not PointState.SEALED or points[0].destination != context.destination.name:
        return None
    if selected_at(points[0]) != selection:
        return None
    return points[0], SEALED_CATALOG.load(points[0].sealed.datasets.get(KIND, {}))


def left_by_points(
    state: ServiceState, context: BackupContext, selection: Selection, before: str = ""
) -> list[LeftByPoint]:
    """Reads what points left, newest first, until one tells of everything that is selected.

    A point that was given up without being undone may have left anything of it.

    Args:
        before: Only older points than this one; empty for all.
    """
    found: list[LeftByPoint] = []
    for point in _that_tell_of(context.destination.name, state, before):
        rows = _rows(context, point) if point.state is PointState.SEALED else None
        there = None if rows is None else catalog_of(rows_on(context, point, context.destination, rows))
        found.append(LeftByPoint(selected_at(point), there))
        if rows is not None and selected_at(point) == selection:
            break
    return found


def _that_tell_of(site: str, state: ServiceState, before: str) -> Sequence[Point]:
    """Points that tell what a site's catalog was, or that may have changed it and were given up, newest first."""
    found: list[Point] = []
    for point in sorted(state.points.values(), key=lambda one: one.point, reverse=True):
        given_up = (
            point.state is PointState.VOID and point.was_staged and not point.undone and point.destination == site
        )
        if (not before or point.point < before) and (point.state is PointState.SEALED or given_up):
            if site not in (point.origin, point.destination):
                break
            if exported_at(point) is not None:
                found.append(point)
    return found


def _rows(context: BackupContext, point: Point) -> list[Row] | None:
    try:
        return exported_rows(context.documents(point))
    except BaselineLost:
        return None
