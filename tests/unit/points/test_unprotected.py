"""What goes when a service is unprotected, decided from its ledger alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.ledger.bodies.ends import ServiceUnprotected
from hadoop_dr.domain.points.unprotected import (
    live_alone_on,
    ours_and_others,
    points_that_go,
    stands_against,
    whose,
)
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState, Undo
from support.entries import entries, taken

P1, P2, P3 = (f"20261120T0{hour}0000.000Z" for hour in (1, 2, 3))


def point(name: str, state: PointState = PointState.SEALED, *gone: str) -> Point:
    return Point(name, 1, state, "r", 1, 1, taken=taken(name, ["/a b"]), gone=gone)


def test_only_snapshots_of_points_that_the_ledger_knows_are_ours() -> None:
    ours = [f"dr-bill-e1-{P1}", f"dr-bill-e1-{P1}-r7", f"dr-bill-e2-{P2}-before"]
    others = ["ü 1", f"dr-bill-e1-{P3}", f"dr-bill-2-e1-{P1}", "dr-bill-kept-1-2", f"dr-bill-e1-{P1}x"]
    assert ours_and_others("bill", {P1, P2}, [*others, *ours]) == (ours, others)


def test_points_that_still_have_snapshots_on_a_site_go_and_no_others() -> None:
    state = ServiceState({
        P1: point(P1, PointState.SEALED, "east"), P2: point(P2), P3: point(P3, PointState.VOID),
    })  # fmt: skip
    assert points_that_go(state, ["east"]) == [("east", P2)]
    assert points_that_go(state, ["east", "west"]) == [("east", P2), ("west", P1), ("west", P2)]
    assert points_that_go(state, ["north"]) == []


@pytest.mark.parametrize("state", [PointState.CLAIMED, PointState.TAKEN, PointState.SEALED, PointState.VOID])
def test_what_changed_no_live_tree_stands_against_nothing(state: PointState) -> None:
    assert stands_against(ServiceState({P1: point(P1, state)})) == ""


def test_what_may_lie_half_placed_or_half_undone_is_for_a_backup_to_end() -> None:
    staged = ServiceState({P1: point(P1, PointState.STAGED)})
    assert stands_against(staged) == f"point {P1} of run r may lie half placed on west"
    undoing = replace(staged, undo=Undo(P2, P1, "west", ("/a b",), ("kept",), "why"))
    assert stands_against(undoing) == f"an undo to point {P1} is not finished"


def test_the_entry_makes_its_points_gone_also_through_a_checkpoint() -> None:
    before = ServiceState({P1: point(P1), P2: point(P2)})
    body = ServiceUnprotected(7, ("east",), (("east", P1), ("east", "20250101T000000.000Z")), "ü")
    after = reduce_service(entries(body), before)
    assert {name: one.gone for name, one in after.points.items()} == {P1: ("east",), P2: ()}
    assert load_state(dump_state(after)) == after


def test_what_stays_for_a_person_is_not_called_somebody_elses() -> None:
    ours, theirs = "dr-billing-kept-1-10", "dr-billing-2-kept-1-10"
    assert whose("billing", [ours]).startswith("keep what an undo undid")
    assert whose("billing", [ours, theirs]) == whose("billing", ["s ü"]) == "are not this service's"


def test_points_live_on_a_new_primary_alone_until_one_of_its_own_is_kept_on_the_other_site() -> None:
    def back(*gone: str) -> ServiceState:
        taken_back = replace(point(P3, PointState.SEALED, *gone), taken=taken(P3, ["/a b"], "west", "east"))
        return ServiceState({P1: point(P1, PointState.SEALED, "west"), P2: point(P2), P3: taken_back})

    said = "points of it (1) live on west alone, which is the primary now"
    moved = ServiceState({P1: point(P1, PointState.SEALED, "west"), P2: point(P2)})
    assert live_alone_on(moved, "west") == said
    assert live_alone_on(moved, "east") == ""
    assert live_alone_on(ServiceState({P1: point(P1, PointState.SEALED, "west")}), "west") == ""
    assert live_alone_on(back("west"), "west") == ""
    assert live_alone_on(back("east"), "west") == said
