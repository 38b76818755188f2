"""Where a point's snapshots lie, by which each is found again: site, root, name, id and when it was made."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.ledger.bodies.taken import TakenRoot
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.state.service_state import Point, PointState
from support.entries import sealed, taken

NAME, ROOT = "20261120T020000.000Z", "/a b+%ü"
TAKEN, SEALED, UNDONE = (SnapshotRecord(f"s {n}", n, 1000 + n) for n in (1, 2, 3))
POINT = Point(
    NAME, 1, PointState.SEALED, "run", 1, 1, replace(taken(NAME), roots={ROOT: TakenRoot(TAKEN, 0.0, 0.0)}),
    sealed=replace(sealed(NAME), snapshots={ROOT: SEALED}),
)  # fmt: skip


def test_a_snapshot_is_told_by_its_site_root_name_id_and_time_alone_and_among_all_of_its_point() -> None:
    made = {"east": SnapshotRef("east", ROOT, "s 1", 1, 1001), "west": SnapshotRef("west", ROOT, "s 2", 2, 1002)}
    for site, ref in made.items():
        assert POINT.snapshot_on(site, ROOT) == POINT.live_snapshot_on(site, ROOT) == ref
        assert POINT.snapshots_on(site) == POINT.live_on(site) == {ROOT: ref}


def test_what_an_undo_left_is_told_as_whole_as_what_was_sealed() -> None:
    undone = replace(POINT, base={"west": {ROOT: UNDONE}})
    ref = SnapshotRef("west", ROOT, "s 3", 3, 1003)
    assert undone.live_snapshot_on("west", ROOT) == ref
    assert undone.live_on("west") == {ROOT: ref}
    assert undone.snapshots_on("west") == POINT.snapshots_on("west")
