"""Objects that were taken out of ``protect`` since the last point: they stay on the secondary (S2.1, I8)."""

from __future__ import annotations

from hadoop_dr.domain.catalog.selection import no_longer_owned
from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.foreign.left_by_points import KIND, exported_at, exported_rows, selected_at


def no_longer(context: BackupContext, before: Point, point: Point) -> list[str]:
    """Names the objects of an earlier point that a later one does not select."""
    if exported_at(before) is None or selected_at(before) == selected_at(point):
        return []
    try:
        keys = [row.key for row in exported_rows(context.documents(before))]
    except BaselineLost:  # its documents are gone: what the policy said then has to do
        gone = set(before.taken.protect.get(KIND, ())) - set(point.taken.protect.get(KIND, ()))
        return sorted(f"{KIND}: {pattern}" for pattern in gone)
    return no_longer_owned(keys, selected_at(before), selected_at(point))
