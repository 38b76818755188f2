"""``--change-roots``: other roots than those of the points, after approval, and never without a way on (I2, I6, I8)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import BadInput, DrError, Refused
from hadoop_dr.domain.service_state import PointState
from hadoop_dr.services.backup.begin import Begin
from hadoop_dr.services.backup.close import Close
from hadoop_dr.services.backup.root_change import RootsInTheWay
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.report import all_entries, explanation
from sim.test_protect_directories import SITES, hdfs, holds, write
from sim.world import World, plan_and_stage
from support.thinned import thinned

PARENT, CHILD, SIBLING, LAKE = "/data/ü %", "/data/ü %/b+ c", "/data/ü %/d#", "/lake"
ORDER: dict[str, Any] = {"change_roots": True, "approve": True, "reason": "one root for all"}
NARROW, WIDE = (CHILD, SIBLING), (PARENT,)


def lived_in(*declared: str) -> World:
    """Two points of these directories and of a lake beside them; the primary has moved on since."""
    world = World(hdfs(*declared, LAKE))
    for root in (PARENT, CHILD, SIBLING, LAKE):
        for name in ("f 1", "x=1/ü", "x=1/g%"):
            write(world, f"{root}/{name}", f"{root}{name}".encode() * 100)
    world.backup("first")
    write(world, f"{CHILD}/second", b"2" * 50)
    world.backup("second")
    for root in (CHILD, LAKE):
        write(world, f"{root}/third", b"3" * 30)
    east = world.clusters["east"]
    east.delete(f"{SIBLING}/f 1", recursive=False)
    east.rename(f"{LAKE}/x=1", f"{LAKE}/moved")
    return world


def namenode(world: World, site: str) -> MemoryNameNode:
    return MemoryNameNode(world.clusters[site])


def shots(world: World, site: str) -> dict[str, list[str]]:
    name = namenode(world, site)
    return {root: [shot.name for shot in name.snapshots(root)] for root in name.snapshottable()}


def state_of(world: World) -> Any:
    return world.ground().ledger.read()


def told(world: World, kind: str) -> list[str]:
    chain = world.ground().ledger.chain
    entries = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == kind]


def staged(world: World) -> BackupStages:
    """A change of roots whose bytes are all there, and nothing else of it yet."""
    world.host.name = "stages"
    stages = world.stages("stages")
    stages.preflight(**ORDER)
    stages.moment()
    plan_and_stage(stages)
    return stages


WAYS = pytest.mark.parametrize(("before", "after"), [(NARROW, WIDE), (WIDE, NARROW)], ids=["widened", "narrowed"])


@WAYS
def test_roots_change_on_order_and_what_is_there_is_compared_and_not_copied(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    if after == WIDE:
        # What lies beside the old roots is new to the service: it is copied.
        beside = sum(node.length for node in world.clusters["east"].find(PARENT).walk() if not node.is_dir)
        beside -= sum(n.length for root in NARROW for n in world.clusters["east"].find(root).walk() if not n.is_dir)
    else:
        beside = 0
    world.policy = hdfs(*after, LAKE)
    document = world.backup("change", **ORDER)
    holds(world, document, *after, LAKE)
    assert document["bytes_copied"] == beside + 60
    state = state_of(world)
    assert (state.change, state.sticky_roots()) == (None, {*after, LAKE})
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_nothing_is_done_before_the_cost_was_told_and_approved(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    held, n = [shots(world, site) for site in SITES], len(world.ground().ledger.chain.entries())
    with pytest.raises(Refused) as refused:
        world.backup("asks", change_roots=True, reason="why")
    points = ", ".join(state_of(world).points)
    for said in (
        f"from {', '.join(sorted(before))} to {', '.join(sorted(after))} has to be approved",
        f"On east 2 points go ({points}) before the moment",
        f"On west 2 points go ({points}) once everything is staged, and not before",
        "until the new point is sealed",
        "there is no point at all",
        "is compared with east and not copied",
    ):
        assert said in refused.value.problem
    assert "--change-roots --approve --reason TEXT" in refused.value.mend
    assert [shots(world, site) for site in SITES] == held
    assert len(world.ground().ledger.chain.entries()) == n


def test_an_order_without_a_reason_and_an_approval_of_nothing_are_bad_input() -> None:
    world = lived_in(*NARROW)
    for order in ({"change_roots": True, "approve": True}, {"approve": True, "reason": "why"}):
        with pytest.raises(BadInput):
            world.backup("wrong", **order)


@pytest.mark.parametrize("approve", [False, True])
def test_an_order_that_changes_nothing_is_refused_and_does_nothing(approve: bool) -> None:
    world = lived_in(*NARROW)
    entries = world.ground().ledger.chain.entries()
    with pytest.raises(Refused, match="no root would change"):
        world.backup("ordered", change_roots=True, approve=approve, reason="why")
    assert world.ground().ledger.chain.entries() == entries


@WAYS
def test_roots_that_stay_go_on_as_increments_and_the_ledger_tells_the_story(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    newest = state_of(world).newest_sealed()
    world.policy = hdfs(*after, LAKE)
    document = world.backup("change", **ORDER)
    assert document["baseline"] == newest.point
    here, there = told(world, "root_change")
    assert f"make way for {', '.join(sorted(after))} on east" in here
    assert "on west" in there
    assert all("because one root for all" in text and newest.point in text for text in (here, there))
    for point in list(state_of(world).points.values())[:2]:
        assert set(point.gone) == set(SITES)


@WAYS
def test_the_older_points_stand_on_the_secondary_until_everything_is_staged(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    held = shots(world, "west")
    world.policy = hdfs(*after, LAKE)
    stages = staged(world)
    assert {root: held[root] for root in before} == {root: shots(world, "west")[root] for root in before}
    assert [point.target in point.gone for point in state_of(world).sealed()] == [False, False]
    assert state_of(world).newest_sound() is not None
    stages.place()
    assert not set(before) & set(shots(world, "west"))
    assert state_of(world).newest_sound() is None
    stages.verify()
    holds(world, stages.seal(), *after, LAKE)


def test_snapshots_and_documents_of_the_points_that_went_are_cleared_away() -> None:
    world = lived_in(*NARROW)
    world.policy = hdfs(*WIDE, LAKE)
    document = world.backup("change", **ORDER)
    Close(world.ground()).prune("now")
    for site in SITES:
        assert shots(world, site) == {root: [document["snapshots"][site][root]] for root in (*WIDE, LAKE)}
        assert world.files()[site].names("/.hadoop-dr/east-west/services/billing/points") == [document["point"]]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("name", "why"), [("theirs", "not this service's"), ("dr-billing-kept-1-2", "an undo undid")])
def test_snapshots_that_are_not_ours_to_remove_refuse_before_anything_is_done(site: str, name: str, why: str) -> None:
    world = lived_in(*NARROW)
    namenode(world, site).create_snapshot(SIBLING, name)
    world.policy = hdfs(*WIDE, LAKE)
    held = [shots(world, one) for one in SITES]
    with pytest.raises(Refused, match=rf"{site}:/data/ü %/d# has snapshots that .*{why}: {name}"):
        world.backup("change", **ORDER)
    assert [shots(world, one) for one in SITES] == held
    assert told(world, "root_change") == []
    namenode(world, site).delete_snapshot(SIBLING, name)
    holds(world, world.backup("again", **ORDER), *WIDE, LAKE)


def test_a_snapshot_that_somebody_takes_while_bytes_move_stops_the_switch_before_a_point_goes() -> None:
    world = lived_in(*NARROW)
    world.policy = hdfs(*WIDE, LAKE)
    stages = staged(world)
    namenode(world, "west").create_snapshot(SIBLING, "theirs")
    held = shots(world, "west")
    with pytest.raises(Refused, match=r"west:/data/ü %/d# has snapshots that .*: theirs"):
        stages.place()
    assert shots(world, "west") == held
    assert [text for text in told(world, "root_change") if "on west" in text] == []
    namenode(world, "west").delete_snapshot(SIBLING, "theirs")
    world.host.dead.add("stages")
    holds(world, world.backup("next"), *WIDE, LAKE)


def test_a_directory_makes_way_only_without_foreign_snapshots_and_once_no_point_holds_it() -> None:
    world = lived_in(*NARROW)
    way, west = RootsInTheWay(world.ground()), world.ground().target
    way.make_way(west, [PARENT])
    assert set(shots(world, "west")) == {*NARROW, LAKE}
    note(world, "pruned", {"points": [["west", point] for point in state_of(world).points]})
    namenode(world, "west").create_snapshot(SIBLING, "theirs")
    with pytest.raises(Refused, match="theirs"):
        RootsInTheWay(world.ground()).make_way(west, [PARENT])
    assert "theirs" in shots(world, "west")[SIBLING]


def damage(world: World, point: str, *files: list[str]) -> None:
    note(world, "damaged", {"point": point, "reason": "rot", "files": list(files)})


def note(world: World, kind: str, body: dict[str, Any]) -> None:
    """An entry of the ledger that nobody of ours wrote."""
    ledger = world.ground().ledger
    ledger.read()
    ledger.append(kind, body, "t", ledger.chain.head_n)


def test_what_was_found_damaged_under_an_old_root_is_copied_again_under_the_new_one() -> None:
    """Its checksum may not tell: a disk can rot what the NameNode counts as whole."""
    world = lived_in(*WIDE)
    first = next(iter(state_of(world).points))
    damage(world, first, [PARENT, "b+ c/x=1/ü"], [PARENT, "d#/x=1/g%"])
    world.policy = hdfs(CHILD, LAKE)
    document = world.backup("change", **ORDER)
    holds(world, document, CHILD, LAKE)
    assert document["files_copied"] == 3
    assert document["bytes_copied"] == 60 + len(f"{CHILD}x=1/ü".encode()) * 100


def test_a_damaged_newest_point_refuses() -> None:
    world = lived_in(*NARROW)
    damage(world, state_of(world).newest_sealed().point)
    world.policy = hdfs(*WIDE, LAKE)
    with pytest.raises(Refused, match=r"the newest point, .* is damaged"):
        world.backup("change", **ORDER)


def test_what_only_the_secondary_has_beside_the_old_roots_refuses_before_anything_is_done() -> None:
    world = lived_in(*NARROW)
    write(world, f"{PARENT}/own %/x", b"never ours", "west")
    world.policy = hdfs(*WIDE, LAKE)
    with pytest.raises(Refused, match=r"only west has /data/ü %/own %.*, which no point ever held"):
        world.backup("change", **ORDER)
    assert told(world, "root_change") == []
    assert world.clusters["west"].find(f"{PARENT}/own %/x").content == b"never ours"


@WAYS
@pytest.mark.parametrize("rule", ["", "drift: restore\n"])
def test_foreign_changes_in_the_old_roots_refuse_whatever_the_drift_rule(
    rule: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    write(world, f"{CHILD}/by hand", b"x", "west")
    world.policy = hdfs(*after, LAKE, more=rule)
    with pytest.raises(Refused, match="by hand was made"):
        world.backup("change", **ORDER)
    assert told(world, "root_change") == []


@WAYS
def test_a_foreign_change_while_bytes_move_stops_the_switch_with_every_point_of_the_secondary_in_place(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    held = shots(world, "west")
    world.policy = hdfs(*after, LAKE)
    stages = staged(world)
    write(world, f"{SIBLING}/by hand", b"x", "west")
    with pytest.raises(DrError, match=r"somebody changed it while its roots were to be changed: .*by hand was made"):
        stages.place()
    assert shots(world, "west") == held
    world.host.dead.add("stages")
    with pytest.raises(DrError, match="by hand was made"):
        world.backup("next")
    world.clusters["west"].delete(f"{SIBLING}/by hand", recursive=False)
    holds(world, world.backup("then"), *after, LAKE)


@WAYS
def test_a_foreign_change_in_the_middle_of_the_switch_is_placed_over_by_nobody(
    before: tuple[str, ...], after: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last comparison, before the new roots have a snapshot: the points are gone, and a way on is left."""
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    stages = staged(world)
    real = MemoryNameNode.disallow_snapshot

    def late(self: MemoryNameNode, path: str) -> None:
        write(world, f"{CHILD}/by hand", b"x", "west")
        real(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "disallow_snapshot", late)
        with pytest.raises(DrError, match="by hand was made"):
            stages.place()
    assert world.clusters["west"].find(f"{CHILD}/by hand").content == b"x"
    world.clusters["west"].delete(f"{CHILD}/by hand", recursive=False)
    world.host.dead.add("stages")
    holds(world, world.backup("next"), *after, LAKE)


def beside(world: World, site: str, content: bytes, mtime_ms: int) -> None:
    """A file beside the old roots, which both sites have."""
    cluster = world.clusters[site]
    cluster.extend(cluster.make_file(f"{PARENT}/copied +", replication=1, block_size=1024, overwrite=True), content)
    namenode(world, site).set_times(f"{PARENT}/copied +", mtime_ms)


def test_older_versions_beside_the_old_roots_are_replaced_and_kept_and_named() -> None:
    world = lived_in(*NARROW)
    beside(world, "east", b"of now", 1_700_000_000_000)
    beside(world, "west", b"an older version", 1_600_000_000_000)
    world.policy = hdfs(*WIDE, LAKE)
    document = world.backup("change", **ORDER)
    holds(world, document, *WIDE, LAKE)
    [kept] = state_of(world).kept
    name = kept.snapshots[PARENT]
    assert (kept.count, kept.point) == (1, document["point"])
    assert world.clusters["west"].find(f"{PARENT}/.snapshot/{name}/copied +").content == b"an older version"
    assert any(name in line for line in document["warnings"])


def test_what_was_written_there_later_beside_the_old_roots_refuses_and_every_point_stays() -> None:
    world = lived_in(*NARROW)
    beside(world, "east", b"of now", 1_700_000_000_000)
    beside(world, "west", b"written there since", 1_800_000_000_000)
    world.policy, before = hdfs(*WIDE, LAKE), shots(world, "west")
    with pytest.raises(Refused, match="written there later than on the primary"):
        world.backup("change", **ORDER)
    assert shots(world, "west") == before
    assert world.clusters["west"].find(f"{PARENT}/copied +").content == b"written there since"


def test_what_somebody_puts_beside_the_old_roots_after_the_order_is_not_removed() -> None:
    world = lived_in(*NARROW)
    world.policy = hdfs(*WIDE, LAKE)
    world.host.name = "stages"
    stages = world.stages("stages")
    stages.preflight(**ORDER)
    stages.moment()
    write(world, f"{PARENT}/own %/x", b"never ours", "west")
    with pytest.raises(Refused, match=r"only this site has own %.*, which no point ever held"):
        stages.plan()


def test_what_an_earlier_run_left_of_its_work_in_an_old_root_is_no_part_of_the_new_one() -> None:
    world = lived_in(*NARROW)
    write(world, f"{CHILD}/.hadoop-dr/billing-1-7/stage/0-7.1/x", b"left", "west")
    world.policy = hdfs(*WIDE, LAKE)
    stages = world.stages("looks")
    stages.preflight(**ORDER)
    stages.moment()
    assert stages.plan()["deletions"] == 1, "the one file that went, and no file of ours"
    world.host.dead.add("p1")
    holds(world, world.backup("change"), *WIDE, LAKE)


@WAYS
def test_a_prune_in_the_middle_of_a_change_takes_nothing_that_it_builds_on(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    world.host.name = "stages"
    stages = world.stages("stages")
    stages.preflight(**ORDER)
    Close(world.ground()).prune("meanwhile")
    stages.moment()
    plan_and_stage(stages)
    Close(world.ground()).prune("meanwhile")
    stages.place()
    Close(world.ground()).prune("meanwhile")
    stages.verify()
    document = stages.seal()
    holds(world, document, *after, LAKE)
    assert document["baseline"] is not None


@WAYS
@pytest.mark.parametrize("at", thinned(range(1, 40, 2), 5))
def test_a_worker_that_sleeps_in_the_switch_and_wakes_after_another_has_sealed_does_no_harm(
    before: tuple[str, ...], after: tuple[str, ...], at: int
) -> None:
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    staged(world)
    sealed: list[dict[str, Any]] = []
    world.host.name = "sleeps"
    asleep = world.stages("stages", 2, Faults(at=at, first=lambda: sealed.append(world.backup("hasty", takeover=True))))
    with suppress(DrError):
        asleep.place()
    if not sealed:
        pytest.fail("the effect was not reached")
    holds(world, sealed[0], *after, LAKE)
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_who_puts_protect_back_before_the_switch_has_the_old_roots_again(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    world.host.name = "stages"
    stages = world.stages("stages")
    stages.preflight(**ORDER)
    world.host.dead.add("stages")
    assert "is under way since run stages (one root for all)" in str(
        [r.detail for r in Begin(world.ground(), lambda claim, point: None).look() if r.name == "roots"]
    )
    world.policy = hdfs(*before, LAKE)
    document = world.backup("back")
    holds(world, document, *before, LAKE)
    state = state_of(world)
    assert state.change is None
    assert [point.target in point.gone for point in state.sealed()] == [False, False, False]


@pytest.mark.parametrize("how", ["snapshot deleted", "out of the policy"])
@pytest.mark.parametrize("rule", ["", "drift: restore\n"], ids=["refuse", "restore"])
def test_an_old_root_of_which_nobody_can_tell_what_is_foreign_refuses_before_anything_is_done(
    how: str, rule: str
) -> None:
    world = lived_in(*NARROW)
    if how == "snapshot deleted":
        namenode = MemoryNameNode(world.clusters["west"])
        namenode.delete_snapshot(CHILD, namenode.snapshots(CHILD)[-1].name)
    else:
        world.policy = hdfs(SIBLING, LAKE)
        world.backup("out")
    write(world, f"{CHILD}/x=1/the irs", b"FOREIGN", "west")
    before = {site: shots(world, site) for site in SITES}
    world.policy = hdfs(*WIDE, LAKE) + rule
    with pytest.raises(Refused, match="nobody can tell what of it is somebody else's"):
        world.backup("change", **ORDER)
    assert {site: shots(world, site) for site in SITES} == before
    assert world.clusters["west"].find(f"{CHILD}/x=1/the irs").content == b"FOREIGN"
    world.policy = hdfs(*NARROW, LAKE) + rule
    world.backup("as it was")
    kept = [one for one in shots(world, "west")[CHILD] if "-kept-" in one]
    assert world.clusters["west"].find(f"{CHILD}/.snapshot/{kept[0]}/x=1/the irs").content == b"FOREIGN"


@pytest.mark.parametrize(("before", "after"), [(NARROW, WIDE), (WIDE, NARROW)], ids=["widened", "narrowed"])
@pytest.mark.parametrize("name", ["READ ME/x", "other-1-7/park/16400", "billing-1-07/x"])
def test_what_lies_among_work_areas_of_an_old_root_and_is_not_ours_is_never_removed(
    before: tuple[str, ...], after: tuple[str, ...], name: str
) -> None:
    world = lived_in(*before)
    theirs = f"{CHILD if before == NARROW else PARENT}/.hadoop-dr/{name}"
    write(world, theirs, b"FOREIGN", "west")
    world.policy = hdfs(*after, LAKE)
    with pytest.raises(Refused, match="is nobody's or another service's"):
        world.backup("change", **ORDER)
    assert world.clusters["west"].find(theirs).content == b"FOREIGN"


HOW = ("dies before", "dies after", "loses")


def small(before: tuple[str, ...], after: tuple[str, ...]) -> World:
    """One point of little data, and other roots wanted since: few effects, and every one of them counts."""
    world = World(hdfs(*before))
    for root in (PARENT, CHILD):
        write(world, f"{root}/f 1", root.encode() * 100)
    world.backup("first")
    world.clusters["east"].delete(f"{CHILD}/f 1", recursive=False)
    write(world, f"{CHILD}/x=1/ü", b"new")
    world.policy = hdfs(*after)
    return world


def effects(world: World) -> int:
    faults = Faults()
    world.clone().backup("counted", faults, **ORDER)
    return faults.count


CHANGES = {"widened": small((CHILD,), (PARENT,)), "narrowed": small((PARENT,), (CHILD,))}
CASES = [("widened", at, how) for at in range(1, effects(CHANGES["widened"]) + 1) for how in (HOW[at % 2], "loses")]
CASES += [("narrowed", at, HOW[at % 3]) for at in range(1, effects(CHANGES["narrowed"]) + 1)]


@pytest.mark.parametrize(("way", "at", "how"), thinned(CASES, 5))
def test_whatever_interrupts_a_change_of_roots_the_next_run_goes_on_with_it_and_there_was_always_a_way(
    way: str, at: int, how: str
) -> None:
    world = CHANGES[way].clone()
    root = PARENT if way == "widened" else CHILD
    document = interrupted(world, at, how)
    holds(world, document, root)
    for directory in (PARENT, CHILD):
        assert ".hadoop-dr" not in world.clusters["west"].find(directory).children
    Close(world.ground()).prune("then")
    for site in SITES:
        assert set(shots(world, site)) == {root}


def interrupted(world: World, at: int, how: str) -> dict[str, Any]:
    """A change of roots that dies or loses an answer at an effect, and what the next run seals."""
    dies = how.startswith("dies")
    with suppress(Died, DrError):
        faults = Faults(at=at, die=dies, lose=not dies, after=how != "dies before")
        world.backup("interrupted", faults, **ORDER)
    world.host.dead.add("interrupted")
    state = state_of(world)
    first = next(iter(state.points.values()))
    if not first.gone:
        # Nothing was announced yet: the order has to be given again, and every point stands.
        return world.backup("next", **ORDER)
    staged = any(point.state is PointState.STAGED for point in state.unfinished())
    sealed = any(point.state is PointState.SEALED for point in list(state.points.values())[1:])
    assert sealed or staged or "west" not in first.gone, "both gone, and nothing to finish"
    document = world.backup("next")
    assert {p.state for p in state_of(world).points.values()} <= {PointState.SEALED, PointState.VOID}
    return document
