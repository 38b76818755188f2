"""What was taken out of ``protect`` since the last point: it stays on the secondary, and is named once (S2.1, I8)."""

from __future__ import annotations

from hadoop_dr.domain.catalog.rows import unpack_rows
from hadoop_dr.domain.catalog.selection import no_longer_owned
from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.root_layout import nearest
from hadoop_dr.domain.service_state import Point
from hadoop_dr.domain.stored import tables as forms
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.baseline import CATALOG, KIND, exported_at, selected_at
from hadoop_dr.services.points.documents import Documents

_SHOWN = 20


def taken_out(context: BackupContext, point: Point) -> list[str]:
    """Names what the point before this one had and this one does not: once, as the next one has this one before it."""
    before = context.ledger.read().sealed_before(point.point)
    if before is None or before.taken.protect == point.taken.protect:
        return []
    names = [*_directories(before, point), *_objects(context, before, point)]
    if not names:
        return []
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return [f"not protected any more: {shown}; what {point.target} has of it stays as it is"]


def _directories(before: Point, point: Point) -> list[str]:
    """Declared directories that lie in no root any more; one that is declared with its parent now has not gone."""
    roots = point.taken.roots
    return [f"hdfs: {path}" for path in before.taken.protect["hdfs"] if nearest(path, roots) is None]


def _objects(context: BackupContext, before: Point, point: Point) -> list[str]:
    if exported_at(before) is None or selected_at(before) == selected_at(point):
        return []
    try:
        slots = [row.key for row in unpack_rows(Documents(context, before).read(CATALOG, forms.CATALOG))]
    except BaselineLost:  # its documents are gone: what the policy said then has to do
        gone = set(before.taken.protect[KIND]) - set(point.taken.protect[KIND])
        return sorted(f"hive: {pattern}" for pattern in gone)
    return no_longer_owned(slots, selected_at(before), selected_at(point))
