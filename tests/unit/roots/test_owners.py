"""What a service may make a root beside the roots and declarations of others: equal, inside, above (I8)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.check_results import Mark, warn
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import RolesSet, RootsOwned, RootsReleased
from hadoop_dr.domain.roots.owners import Claimed, Clash, clashes, contested, owner_results
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair
from support.entries import entry as any_entry

OWNED = {"/wh/x ü": "other", "/wh/x ü+": "other", "/a/b/c%20": "third", "/mine/t": "me"}
DECLARED = {"me": ("/data/me",), "other": ("/data/o", "/wh"), "new": ("/data/n/deep",)}


def entry(n: int, kind: type[RootsOwned | RootsReleased], service: str, *roots: str) -> LedgerEntry:
    return any_entry(n, kind(service, roots))


@pytest.mark.parametrize(
    ("path", "met"),
    [
        ("/wh/x ü", "/wh/x ü"),
        ("/wh/x ü/t", "/wh/x ü"),
        ("/wh/x ü/t/u/v", "/wh/x ü"),
        ("/wh", "/wh/x ü"),
        ("/", "/a/b/c%20"),
        ("/a/b", "/a/b/c%20"),
        ("/wh/x", None),
        ("/wh/x ", None),
        ("/a/b/c", None),
        ("/a/b/c%2", None),
    ],
)
def test_what_is_equal_above_or_below_meets_and_a_longer_name_does_not(path: str, met: str | None) -> None:
    assert Claimed(OWNED).meets(path) == met


def test_a_directory_that_another_service_owns_or_declares_is_named_with_that_service() -> None:
    found = clashes("me", ["/wh/x ü/t", "/data/n", "/free", "/data/o", "/data/me"], OWNED, DECLARED)
    assert found[0] == Clash("/wh/x ü/t", "other", "/wh/x ü", declared=False)
    assert list(map(str, found)) == [
        "/wh/x ü/t lies in /wh/x ü, a root of the service 'other'",
        "/data/n holds /data/n/deep, a directory of the service 'new'",
        "/data/o is a directory of the service 'other' too",
    ]
    assert all("'other'" in clash.remedy or "'new'" in clash.remedy for clash in found)


def test_a_service_of_which_no_policy_is_left_is_named_as_such() -> None:
    [clash] = clashes("me", ["/a/b"], OWNED, DECLARED)
    assert (clash.service, clash.known) == ("third", False)
    assert "No policy here names 'third' any more" in clash.remedy


def test_what_a_service_owns_stays_its_own_whatever_another_policy_declares() -> None:
    declared = {**DECLARED, "late": ("/mine",)}
    assert clashes("me", ["/mine/t"], OWNED, declared) == []
    [warning] = contested("me", ["/mine/t", "/data/o"], OWNED, declared)
    clash = Clash("/mine/t", "late", "/mine", declared=True)
    assert warning == warn("owners", f"{clash}; it stays this one's until it is given up", clash.remedy)
    assert contested("me", ["/mine/t", "/data/me"], {**OWNED, "/data/me": "me"}, DECLARED) == []


def test_of_many_contested_roots_the_first_are_named_and_the_others_counted() -> None:
    for number, more in ((3, ""), (9, " and 6 more")):
        owners = {f"/mine/{n}": "me" for n in range(number)}
        [warning] = contested("me", owners, owners, {"late": ("/mine",)})
        shown = "; ".join(f"/mine/{n} lies in /mine, a directory of the service 'late'" for n in range(3))
        assert warning.detail.startswith(f"{shown}{more}; it stays")


def test_a_clash_is_a_failed_check_with_the_way_out() -> None:
    [result] = owner_results([Clash("/x", "other", "/x", declared=False)])
    assert (result.name, result.mark, result.detail) == ("owners", Mark.FAIL, "/x is a root of the service 'other' too")
    assert "unprotect" in result.remedy


def test_thousands_of_roots_beside_thousands_of_others_are_looked_at_in_no_time() -> None:
    owners = {f"/wh/{n % 50}/t{n}": "other" for n in range(20_000)}
    assert clashes("me", [f"/mine/{n % 50}/t{n}" for n in range(20_000)], owners, {}) == []


def test_the_first_to_own_a_root_has_it_until_it_gives_it_up() -> None:
    state = reduce_pair([
        entry(1, RootsOwned, "one", "/a b", "/c"),
        entry(2, RootsOwned, "two", "/a b", "/d"),
        entry(3, RootsReleased, "two", "/a b", "/nobody's"),
    ])  # fmt: skip
    assert state.owners == {"/a b": "one", "/c": "one", "/d": "two"}
    assert state.owned_by("one") == ["/a b", "/c"]
    later = reduce_pair([entry(4, RootsReleased, "one", "/a b"), entry(5, RootsOwned, "two", "/a b")], state)
    assert later.owners == {"/c": "one", "/d": "two", "/a b": "two"}
    assert later.n == 5


def test_a_change_of_roles_leaves_the_owners_alone() -> None:
    roles = any_entry(2, RolesSet("west", "west", "", ""), epoch=2)
    state = reduce_pair([entry(1, RootsOwned, "one", "/a"), roles])
    assert state == PairState(2, "west", "west", 2, {"/a": "one"})


def test_a_checkpoint_gives_back_roles_and_owners() -> None:
    state = PairState(3, "east", "west", 40, {"/a b": "one", "/ü%": "two", "/c": "one"})
    assert load_pair_state(dump_pair_state(state)) == state
