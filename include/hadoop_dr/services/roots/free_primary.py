"""Frees the primary of a service's snapshots while the secondary, and with it the ledger that decides, is away.

The primary's own copy of the ledger says which snapshots are the service's. Nothing is written to it: the copy that
decides cannot be reached, and every run looks whether the snapshots that it builds on are there (fault 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.points.to_free import to_free
from hadoop_dr.domain.roles.identity import Role, decode_identity, identity_path
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.points.remove_snapshots import remove_snapshots
from hadoop_dr.services.pool import map_bounded


class FreePrimary:
    """Looks what can go on the primary, and removes it when a person approved.

    Args:
        service: Its name.
        pair: The pair's name.
        side: The primary, by its own copy of the pair's ledger.
        epoch: The epoch of that copy.
        state: What its copy of the service's ledger says.
    """

    def __init__(self, service: str, pair: str, side: SiteConnections, epoch: int, state: ServiceState) -> None:
        self._service, self._pair, self._side, self._epoch, self._state = service, pair, side, epoch, state
        self._site, self._namenode = side.name, side.namenode

    def run(self, *, newest: bool = False, approve: bool = False) -> dict[str, Any]:
        """Says what would go; with approval it goes, the oldest point first.

        Args:
            newest: Also the point that the next backup builds on.

        Returns:
            ``{"service", "site", "approved", "points": [{"point", "snapshots": {root: [names]}}], "stays": {point:
            why}, "missing"}``; ``missing`` are recorded snapshots that are not there, or others of their names.

        Raises:
            Refused: The primary's copy of the ledger knows nothing of the service, or its ZooKeeper does not call it
                the primary of that epoch: then the copy is an old one.
            Unreachable: That ZooKeeper does not answer.
        """
        self._refuse_other_role()
        if not self._state.points:
            raise Refused(
                self._service, f"the copy of its ledger on {self._site} has no point", "See: hadoop-dr status"
            )
        wanted = to_free(self._state, self._site, newest=newest)
        roots = sorted({one.root for refs in wanted.snapshots.values() for one in refs})
        there = self._there(roots)
        points, missing = list[dict[str, Any]](), 0
        for point, refs in wanted.snapshots.items():
            present = [one for one in refs if there[one.root].get(one.name) == one.id]
            missing += len(refs) - len(present)
            if present:
                points.append({"point": point, "snapshots": _by_root(present)})
                if approve:
                    remove_snapshots(self._namenode, self._state, [(one.root, one.name) for one in present])
        return {
            "service": self._service,
            "site": self._site,
            "approved": approve,
            "points": points,
            "stays": dict(wanted.stays),
            "missing": missing,
        }

    def _refuse_other_role(self) -> None:
        path = identity_path(self._pair)
        found = self._side.coordinator.read(path)
        remedy = f"See: hadoop-dr identity {self._pair}; nothing was removed."
        if found is None:
            raise Refused(self._site, f"its ZooKeeper announces no role at {path}", remedy)
        told = decode_identity(found.data, f"{self._site}:{path}")
        if (told.role, told.epoch) != (Role.PRIMARY, self._epoch):
            problem = f"its ZooKeeper announces {told.role} in epoch {told.epoch}, the ledger that was read says "
            raise Refused(self._site, f"{problem}{Role.PRIMARY} in epoch {self._epoch}", remedy)

    def _there(self, roots: list[str]) -> Mapping[str, Mapping[str, int]]:
        """Ids of the snapshots of each root by name; none of a directory that is no root any more."""
        snapshottable = set(self._namenode.snapshottable())
        found: dict[str, Mapping[str, int]] = {root: {} for root in roots}
        mine = [root for root in roots if root in snapshottable]
        for root, shots in zip(mine, map_bounded(self._namenode.snapshots, mine), strict=True):
            found[root] = {shot.name: shot.id for shot in shots}
        return found


def _by_root(refs: list[SnapshotRef]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in refs:
        found.setdefault(one.root, []).append(one.name)
    return found
