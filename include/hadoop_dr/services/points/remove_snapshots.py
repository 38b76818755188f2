"""Removes snapshots: those of small roots side by side, those of large ones one at a time.

DELETESNAPSHOT holds the NameNode's lock in proportion to the names of the root, so that others get a turn in between,
and what is under way at once is never more than one large root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.preflight.advice import removed_together
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded


def remove_snapshots(
    namenode: NameNode,
    state: ServiceState,
    snapshots: Iterable[tuple[str, str]],
    before_each: Callable[[], None] = lambda: None,
) -> None:
    """Removes what is still there.

    Args:
        state: The service, whose newest point says how large a root is.
        snapshots: Roots and names.
        before_each: Called before each is removed; raises to stop.
    """

    def remove(snapshot: tuple[str, str]) -> None:
        before_each()
        with suppress(NotFound):  # somebody removed the whole directory
            namenode.delete_snapshot(*snapshot)

    newest = state.newest_sealed()
    known = newest.sealed.summary.live if newest else {}
    sized = ((one, known[one[0]].names if one[0] in known else None) for one in snapshots)
    for share in removed_together(sized):
        for _ in map_bounded(remove, share):
            pass
