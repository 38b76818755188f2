"""What a person lets a backup undo on a former primary, and for how long (S0.8, I10)."""

from __future__ import annotations

import json
from dataclasses import replace

from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, DivergenceApproved, UndoBegun, UndoDone
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.ledger.kept_changes import DIVERGENCE
from hadoop_dr.domain.roles.reprotect import SHOWN, DivergedService
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import ServiceState
from support.entries import claimed, entries, entry, sealed, staged, taken

POINT, NEXT = "20261120T020000.000Z", "20261121T020000.000Z"
NAME = "dr-billing-kept-2-diverged"
SNAPSHOTS = {"/a b": NAME}
FOUND = ("/a b/ü was created", "/a b/x was deleted")
KEPT = ChangesKept(0, POINT, -1, "east", SNAPSHOTS, FOUND, 2, DIVERGENCE)
APPROVED = DivergenceApproved("east", POINT, SNAPSHOTS, "", 2, "ann ü", "it is back")


def approved() -> ServiceState:
    made = entries(claimed(POINT), taken(POINT), staged(POINT), sealed(POINT))
    return reduce_service([*made, entry(5, KEPT, epoch=2), entry(6, APPROVED, epoch=2)])


def test_an_approval_holds_for_its_site_and_epoch_until_the_next_point_is_sealed() -> None:
    state = approved()
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
    found = state.approved_on("east", 2)
    assert found is not None
    assert (found.snapshots, found.by, found.epoch) == (SNAPSHOTS, "ann ü", 2)
    assert [state.approved_on("west", 2), state.approved_on("east", 3)] == [None, None]
    later = entries(claimed(NEXT), taken(NEXT), staged(NEXT), start=7)
    state = reduce_service(later, state)
    assert state.approved_on("east", 2) == found
    assert reduce_service([entry(10, sealed(NEXT))], state).approved_on("east", 2) is None


def test_a_divergence_is_told_as_what_the_site_wrote_and_an_undo_of_it_keeps_nothing_twice() -> None:
    state = approved()
    begun = UndoBegun(7, "", POINT, "east", ("/a b",), NAME, "somebody else changed the secondary")
    done = UndoDone(7, "", POINT, "east", "changed", NAME, ("/a b/ü was created",), {})
    after = reduce_service([entry(7, begun), entry(8, done)], state)
    assert after.kept == state.kept
    [kept] = after.kept
    assert kept.text().startswith(f"east:/a b/.snapshot/{NAME}: 2 changes that east made as primary and that never cro")
    said = entry_text(entry(5, KEPT))
    assert said.startswith(f"what east wrote as primary after point {POINT} and never crossed is kept in /a b/.")
    assert entry_text(entry(6, APPROVED)) == (
        f"ann ü lets a backup bring east back to point {POINT} and undo 2 changes, because it is back"
    )
    other = reduce_service([entry(7, replace(begun, kept="another"))], state)
    assert len(other.kept) == 2


def test_what_diverged_is_counted_and_the_first_of_it_named() -> None:
    trees = {"/b": [f"/b/{n}" for n in range(SHOWN)], "/a b": ["/a b/ü"]}
    one = DivergedService("billing", POINT, trees, ["table t"])
    assert (one.count, one.lines[:2]) == (SHOWN + 2, ["/a b/ü", "/b/0"])
    assert one.document == {"files": one.lines[:SHOWN], "tables": ["table t"], "count": SHOWN + 2}
