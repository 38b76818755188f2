"""Which roots have to make way for others, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ledger import Body
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged, PointPinned, PointsPruned, RootsChanged
from hadoop_dr.domain.roots.change import (
    Proposal,
    approval_request,
    as_text,
    check_change_request,
    moved_on,
    nesting,
    not_our_work,
    not_ours,
    objections,
    points_to_go,
    propose,
    replaced_roots,
    under_way,
)
from hadoop_dr.domain.roots.decision import Layout, decide_roots
from hadoop_dr.domain.state.packed_state import without_what_is_over
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import RootChange, ServiceState
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.inventory import Held
from support.entries import claimed, entries, entry, sealed, taken

A, B, C, LAKE = "/data/ü %", "/data/ü %/b", "/data/ü %/b/c+", "/lake"
OLD, NEW, LATER = (f"2026112{n}T020000.000Z" for n in range(3))


@pytest.mark.parametrize(
    ("held", "new", "gone"),
    [
        ((B, LAKE), (A, LAKE), (B,)),  # widened
        ((A, LAKE), (B, LAKE), (A,)),  # narrowed
        ((B, C + "x", LAKE), (A,), (B, C + "x")),
        ((A,), (B, C + "x"), (A,)),
        ((A, LAKE), (A,), ()),  # taken out: it stands beside what stays
        (("/data/ü",), (A,), ()),  # a name that begins alike
        ((), (A,), ()),
        ((C,), ("/data",), (C,)),
    ],
)
def test_what_lies_in_a_new_root_or_holds_one_has_to_make_way(
    held: tuple[str, ...], new: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    assert replaced_roots(held, new) == gone


@pytest.mark.parametrize("declared", [(A,), (B,), (C, LAKE), (A, LAKE)])
@pytest.mark.parametrize("held", [{A}, {B, LAKE}, {C, B + "x"}, {LAKE}, set()])
def test_once_the_replaced_roots_hold_nothing_up_the_decision_is_that_of_a_change(
    declared: tuple[str, ...], held: set[str]
) -> None:
    """A later run of a change that is under way decides without the order, and comes to the same roots."""
    layout = Layout(declared=declared)
    wanted = decide_roots(layout).roots
    assert decide_roots(layout, held - set(replaced_roots(held, wanted))).roots == wanted


def test_whose_snapshots_stand_in_the_way_decides_what_helps() -> None:
    ours, theirs = nesting("east", A, [B, C], {B, C, LAKE}), nesting("east", A, [B], {LAKE})
    assert "--change-roots" in ours.remedy
    assert f"Declare {B}, {C} again" in ours.remedy
    assert theirs.remedy == f"Protect {B} instead, or run: hdfs dfsadmin -disallowSnapshot '{B}'"
    several = nesting("east", A, [B, C, LAKE], {C})
    assert {one.name for one in (ours, theirs, several)} == {"roots"}
    assert f"points of this service hold those of {B}, {C} and" in ours.detail
    assert f"{B} has them already" in theirs.detail
    assert f"{B}, {LAKE} have them already" in several.detail
    assert several.remedy.endswith(f"hdfs dfsadmin -disallowSnapshot '{B}', and so on")


def state(**points: Any) -> ServiceState:
    """Sealed points, by id, with their roots; ``summary`` may be given with them."""
    told_of: list[Body] = []
    for name, (roots, summary) in points.items():
        point = {"o": OLD, "n": NEW}[name]
        told_of += [claimed(point), taken(point, roots), sealed(point, dict.fromkeys(roots, "s"), **summary)]
    return reduce_service(entries(*told_of))


def and_then(before: ServiceState, *told_of: Body) -> ServiceState:
    return reduce_service((entry(50, body, "ordered") for body in told_of), before)


def change(site: str, *points: str, old: tuple[str, ...] = (B,)) -> RootsChanged:
    return RootsChanged(1, site, old, (A,), tuple((site, point) for point in points), "ü why")


def test_a_proposal_names_what_gives_way_to_what_and_which_points_go_where() -> None:
    live = {B: Held(7, 9), LAKE: Held(3, 3)}
    summary = {"live": live, "seconds": {"place": 1.25, "verify": 2.0}}
    found = propose(state(o=((LAKE,), {}), n=((B, LAKE), summary)), (A, LAKE), "east", "west")
    assert found == Proposal((B,), (A,), {"east": [NEW], "west": [NEW]}, OLD, 7, 3.2)
    assert propose(state(n=((B, LAKE), {})), (B,), "east", "west") is None
    bare = propose(state(n=((B,), {})), (A,), "east", "west")
    assert bare is not None
    assert (bare.left, bare.files, bare.seconds) == ("", None, None)
    pruned = and_then(state(n=((B,), summary)), PointsPruned((("west", NEW),)))
    assert propose(pruned, (A,), "east", "west") == Proposal((B,), (A,), {"east": [NEW], "west": []})


def test_what_is_approved_already_is_not_proposed_again_and_points_that_went_go_no_more() -> None:
    before = state(o=((B,), {}), n=((B, C + "x"), {}))
    after = and_then(before, change("east", OLD, NEW))
    assert propose(after, (A,), "east", "west") == Proposal(
        (C + "x",), (A,), {"east": [], "west": [NEW]}, OLD, None, None
    )
    assert points_to_go(after, (B,), "west") == [OLD, NEW]
    assert propose(and_then(before, change("east", OLD, NEW, old=(B, C + "x"))), (A,), "east", "west") is None


def test_a_change_is_under_way_until_a_point_is_sealed_and_survives_being_written_down() -> None:
    begun = and_then(state(n=((B,), {})), change("east", NEW))
    assert begun.change == RootChange((B,), (A,), "ordered", "ü why")
    assert begun.points[NEW].gone == ("east",)
    assert begun.points[NEW].yielded == (B,)
    assert (begun.held_roots(), begun.sticky_roots()) == ({B}, set())
    assert load_state(json.loads(json.dumps(dump_state(begun)))) == begun
    [said] = under_way(begun)
    assert (said.name, said.remedy) == ("roots", "The next backup continues it; to cancel it, restore 'protect' first.")
    assert "in progress since run ordered (ü why)" in said.detail
    gone = and_then(begun, change("west", NEW))
    assert gone.sealed_on_destination() == []
    assert gone.newest_sound() is None
    assert gone.points[NEW].gone == ("east", "west")
    ended = and_then(gone, claimed(LATER), taken(LATER, (A,)), sealed(LATER, {A: "s"}))
    assert (ended.change, ended.sticky_roots(), under_way(ended)) == (None, {A}, [])
    again = load_state(json.loads(json.dumps(dump_state(ended))))
    assert again.points.pop(NEW) == without_what_is_over(ended.points[NEW])  # type: ignore[attr-defined]
    assert again == replace(ended, points={LATER: ended.points[LATER]})
    assert and_then(begun, change("east", "20000101T000000.000Z")).points.keys() == begun.points.keys()


def test_pins_and_damage_stand_against_a_change_and_the_newest_point_alone_does_not() -> None:
    before = state(o=((B,), {}), n=((B,), {}))
    proposal = propose(before, (A,), "east", "west")
    assert proposal is not None
    assert before.pinned() == frozenset()
    assert objections(proposal, before, "east", "west") == []
    held = and_then(before, PointPinned(OLD, "ann ü", "the audit"), PointPinned(OLD, "drill", "a rehearsal"))
    [pinned] = objections(proposal, held, "east", "west")
    assert f"points that are pinned: {OLD}" in pinned.detail
    assert (pinned.name, pinned.remedy) == ("roots", "Release them first, or keep the roots as they are.")
    damaged = and_then(before, PointDamaged(OLD, "rot"))
    assert objections(proposal, damaged, "east", "west") == []
    [newest] = objections(proposal, and_then(damaged, PointDamaged(NEW, "rot")), "east", "west")
    assert f"the newest point, {NEW}, is damaged" in newest.detail
    assert (newest.name, newest.remedy.startswith("Put 'protect' back and run a backup first")) == ("roots", True)
    assert objections(Proposal((B,), (A,), {"east": [], "west": []}), ServiceState(), "east", "west") == []


def test_points_that_live_on_the_primary_stand_against_a_change_until_one_is_sealed_on_the_other_site() -> None:
    before = state(o=((B,), {}), n=((B,), {}))
    proposal = propose(before, (A,), "west", "east")
    assert proposal is not None
    [lives] = objections(proposal, before, "west", "east")
    said = f"the newest point, {NEW}, lives on west, which is the primary now, and no point was sealed on east since"
    assert said in lives.detail
    assert lives.remedy == "Put 'protect' back and run a backup first; then change the roots."


def test_only_snapshots_that_the_ledger_accounts_for_may_be_removed() -> None:
    ours = [f"dr-billing-e1-{OLD}", f"dr-billing-e1-{OLD}-before", f"dr-billing-e2-{NEW}-r3"]
    assert not_ours("billing", "west", A, ours) == []
    [kept] = not_ours("billing", "west", A, [*ours, "dr-billing-kept-1-7"])
    assert "keep what an undo undid: dr-billing-kept-1-7" in kept.detail
    names = [*ours, "dr-billing-kept-1-7", "s 1", f"dr-other-e1-{OLD}", "c", "d", "e", "f"]
    [both] = not_ours("billing", "west", A, names)
    assert f"west:{A} has snapshots that are not this service's: dr-billing-kept-1-7, s 1" in both.detail
    assert (kept.name, "... f, 7 in all" in both.detail) == ("roots", True)
    [five] = not_ours("billing", "west", A, "abcde")
    assert "service's: a, b, c, d, e; with" in five.detail
    assert both.remedy.endswith(f"hdfs dfs -deleteSnapshot '{A}' dr-billing-kept-1-7")


def test_what_a_person_approves_is_told_whole() -> None:
    proposal = Proposal((B, C), (A,), {"east": [], "west": [OLD]}, OLD, 12, 3.5)
    facts, remedy = approval_request("billing", proposal, "east", "west")
    assert facts == (
        f"a change of roots from {B}, {C} to {A} needs approval. east loses no point before the moment. west loses "
        f"1 point ({OLD}) once everything is staged, and not before: from then until the new point is sealed "
        f"(placing and verifying, the last time 3.5 s) the newest point is {OLD}. Content of the old roots on west "
        "(12 files) is compared with east and not copied; content that only west has there refuses the run"
    )
    assert "hadoop-dr backup billing --change-roots --approve --reason TEXT" in remedy
    bare, _ = approval_request("billing", replace(proposal, left="", files=None, seconds=None), "east", "west")
    assert "(placing and verifying) there is no point at all. Content of the old roots on west is compared" in bare


@pytest.mark.parametrize(
    ("reason", "change_roots", "approve", "said"),
    [
        (None, True, True, "--change-roots: needs a reason, which the ledger keeps. Add --reason TEXT"),
        (" ", True, False, "--change-roots: needs a reason, which the ledger keeps. Add --reason TEXT"),
        ("why", False, True, "--approve: approves a change of roots, and none is ordered. Add --change-roots"),
    ],
)
def test_an_order_without_a_reason_and_an_approval_of_nothing_are_refused(
    reason: str | None, change_roots: bool, approve: bool, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        check_change_request(reason, change_roots=change_roots, approve=approve)
    check_change_request("why", change_roots=True, approve=approve)
    check_change_request(None, change_roots=False, approve=False)


def test_whatever_moved_on_in_a_tree_is_named() -> None:
    facts = FileAttributes(FileKind.FILE, 3, "a", "b", 0o644, 2, 1024, 5)
    planned = {"same": (1, as_text(facts)), "other": (2, as_text(facts)), "gone ü": (3, as_text(facts))}
    found = {**planned, "other": (2, as_text(replace(facts, mtime_ms=6))), "new": (9, as_text(facts))}
    del found["gone ü"]
    assert sorted(moved_on(planned, found)) == ["gone ü was deleted", "new was created", "other was changed"]
    assert list(moved_on(planned, {**planned, "same": (7, as_text(facts))})) == ["same was changed"]
    assert list(moved_on({"f+": (1, "", "7,8")}, {"f+": (1, "", "7,9")})) == ["f+ was changed"]
    assert list(moved_on({"f+": (1, "")}, {"f+": (1, "", "7,9")})) == [], "an earlier version kept no block ids"
    assert as_text(facts) == "FileKind.FILE|3|a|b|420|2|1024|5|0|False|None|False", "a document keeps it"
    for name in FileAttributes.__slots__:
        assert as_text(replace(facts, **{name: "another"})) != as_text(facts), name


def test_each_thing_among_work_areas_that_is_not_ours_is_named_with_its_path() -> None:
    assert not_our_work("west", A, []) == []
    found = not_our_work("west", A, ["other-1-7", "READ ME"])
    assert [one.detail.partition(" belongs to")[0] for one in found] == [
        f"west:{A}/.hadoop-dr/other-1-7",
        f"west:{A}/.hadoop-dr/READ ME",
    ]
    assert {(one.name, one.mark) for one in found} == {("roots", "fail")}
    assert found[0].remedy.startswith("Find out what it is, and move it away")
