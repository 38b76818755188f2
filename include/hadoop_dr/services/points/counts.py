"""How many snapshots the sites of a service have, for people: one request to each site that answers."""

from __future__ import annotations

from collections.abc import Mapping

from hadoop_dr.domain.errors import DrError
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.pool import map_bounded


def snapshot_counts(context: BackupContext) -> dict[str, Mapping[str, int]]:
    """Returns the number of snapshots of every snapshottable directory, by site; without those that do not answer."""

    def one(side: SiteConnections) -> tuple[str, Mapping[str, int]] | None:
        try:
            return side.name, side.namenode.snapshot_counts()
        except DrError:
            return None

    answering = [side for name, side in context.sides.items() if name not in context.process.silent]
    return dict(found for found in map_bounded(one, answering) if found is not None)
