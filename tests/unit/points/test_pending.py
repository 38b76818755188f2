"""What was begun in one direction is not ended in the other."""

from __future__ import annotations

from hadoop_dr.domain.ledger.bodies.foreign import UndoBegun
from hadoop_dr.domain.points.pending import pending_the_other_way
from hadoop_dr.domain.state.service_fold import reduce_service
from support.entries import claimed, entries, sealed, staged, taken

OLD, NEW = "20261120T020000.000Z", "20261121T020000.000Z"


def test_an_unfinished_point_is_ended_in_its_own_direction_alone() -> None:
    state = reduce_service(entries(claimed(NEW), taken(NEW, ("/a b%",)), staged(NEW)))
    assert pending_the_other_way(state, "west") == []
    [found] = pending_the_other_way(state, "east")
    assert f"point {NEW} of run" in found.detail
    assert "goes from east to west" in found.detail
    assert (found.name, bool(found.remedy)) == ("direction", True)


def test_what_has_no_moment_yet_goes_no_way() -> None:
    assert pending_the_other_way(reduce_service(entries(claimed(NEW))), "east") == []


def test_an_undo_is_ended_on_its_own_site_alone() -> None:
    undoing = UndoBegun(4, "", OLD, "west", ("/a b%",), "dr-b-kept-1-4", "x")
    state = reduce_service(entries(claimed(OLD), taken(OLD, ("/a b%",)), staged(OLD), sealed(OLD), undoing))
    assert pending_the_other_way(state, "west") == []
    [found] = pending_the_other_way(state, "east")
    assert found.detail == f"an undo on west, back to point {OLD}, is not finished"
    assert (found.name, bool(found.remedy)) == ("direction", True)
