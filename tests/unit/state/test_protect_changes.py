"""What a ledger and a selection tell when ``protect`` changed since the last point."""

from __future__ import annotations

import json

import pytest

from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.catalog.selection import no_longer_owned, selection_of
from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ledger import Body
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed, PointVoided
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY, FrozenPolicy
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Point, ServiceState
from support.entries import claimed, entries, sealed, taken

FIRST, SECOND, THIRD = (f"2026112{n}T020000.000Z" for n in range(3))
OLD = FrozenPolicy("protect ü: old", "a b.yaml", "incremental", "pull")
NEW = FrozenPolicy("protect ü: new", "c.yaml", "full", "push", "why ü", 7)


def only(state: ServiceState, point: str = FIRST) -> Point:
    return state.points[point]


def test_a_point_keeps_the_policy_it_was_taken_under_whoever_claims_it_again() -> None:
    assert only(reduce_service(entries(claimed(FIRST, OLD), claimed(FIRST, NEW)))).frozen == NEW
    assert only(reduce_service(entries(claimed(FIRST, OLD), taken(FIRST), claimed(FIRST, NEW)))).frozen == OLD
    assert only(reduce_service(entries(claimed(FIRST, OLD), taken(FIRST), claimed(SECOND, NEW)))).frozen == OLD


def test_a_moment_that_is_armed_again_is_of_the_same_policy() -> None:
    state = reduce_service(
        entries(claimed(FIRST, OLD), MomentRearmed(1, SECOND, 6, FIRST))
    )
    assert (only(state).frozen, only(state, SECOND).frozen) == (NO_POLICY, OLD)


def test_a_checkpoint_keeps_the_policy_of_what_is_under_way_and_of_nothing_else() -> None:
    void = PointVoided(3, SECOND, "why")
    begun = (claimed(FIRST, OLD), taken(FIRST), sealed(FIRST), claimed(SECOND, OLD), void, claimed(THIRD, NEW))
    state = reduce_service(entries(*begun))
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
    assert [point.frozen for point in state.points.values()] == [NO_POLICY, NO_POLICY, NEW]


def test_the_point_before_another_is_the_newest_visible_one_of_an_earlier_moment() -> None:
    def whole(point: str) -> list[Body]:
        return [claimed(point, OLD), taken(point), sealed(point)]

    state = reduce_service(entries(*whole(FIRST), *whole(SECOND), claimed(THIRD, NEW)))
    assert state.sealed_before(THIRD) == only(state, SECOND)
    assert state.sealed_before(SECOND) == only(state, FIRST)
    assert state.sealed_before(FIRST) is None


def test_what_a_later_selection_leaves_out_is_told_by_databases_tables_and_functions() -> None:
    keys = [
        CatalogKey(Kind.DATABASE, "bill"),
        CatalogKey(Kind.TABLE, "bill", "t1"),
        CatalogKey(Kind.TABLE, "bill", "t2"),
        CatalogKey(Kind.PARTITION, "bill", "t2", "p=ü %"),
        CatalogKey(Kind.FUNCTION, "bill", "", "f"),
    ]
    whole, narrow = selection_of(["bill"]), selection_of(["bill.t1"])
    assert no_longer_owned(keys, whole, narrow) == ["database bill", "function bill f", "table bill.t2"]
    assert no_longer_owned(keys, narrow, selection_of(["crm"])) == ["table bill.t1"]
    assert no_longer_owned(keys, narrow, whole) == []


def test_the_order_of_entries_is_no_other_selection() -> None:
    assert selection_of(["crm", "bill.t*", "bill"]) == selection_of(["bill", "crm", "bill.t*", "bill"])


def test_a_claim_that_leaves_out_a_text_that_is_the_same_is_read_back_whole() -> None:
    later = FrozenPolicy(OLD.text, "moved.yaml", "full", "push", "why ü")
    short = later.after(OLD)
    assert (short.text, short.file, short.reason) == ("", "moved.yaml", "why ü")
    assert short.whole(OLD) == later
    assert short.whole(NEW) is None  # a text that is not the one it speaks of is never taken for it
    assert NEW.after(OLD) == NEW == NEW.whole(OLD)
    assert NO_POLICY.after(NO_POLICY) == NO_POLICY
    odd = FrozenPolicy("\udcff", "a", "full", "pull")
    assert odd.after(odd).whole(odd) == odd
    with pytest.raises(Protocol, match=r"ledger entry 2: .* leaves out the text of its policy"):
        reduce_service(entries(claimed(FIRST, NEW), claimed(SECOND, short)))
    with pytest.raises(Protocol, match=r"ledger entry 1: .* leaves out the text of its policy"):
        reduce_service(entries(claimed(FIRST, short)))
    state = reduce_service(entries(claimed(FIRST, OLD), claimed(SECOND, short), claimed(THIRD, short)))
    assert state.policy == only(state, THIRD).frozen == later
    assert state.claim is not None
    assert state.claim.frozen == later
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
