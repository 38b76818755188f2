"""``--change-roots``: what is somebody else's refuses it or is kept; nothing of theirs is removed (I3, I10)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ledger.bodies.ends import PointsPruned
from hadoop_dr.services.roots.change import RootsInTheWay
from sim.directories import SITES, hdfs, holds, write
from sim.refilled import refill
from sim.root_changes import (
    CHILD,
    LAKE,
    NARROW,
    ORDER,
    PARENT,
    SIBLING,
    WAYS,
    WIDE,
    lived_in,
    namenode,
    note,
    ordered,
    shots,
    staged,
    state_of,
    told,
)
from sim.world import World


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
    stages = staged(world, *WIDE)
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
    way, west = RootsInTheWay(world.context()), world.context().destination
    way.make_way(west, [PARENT])
    assert set(shots(world, "west")) == {*NARROW, LAKE}
    note(world, PointsPruned(tuple(("west", point) for point in state_of(world).points)))
    namenode(world, "west").create_snapshot(SIBLING, "theirs")
    with pytest.raises(Refused, match="theirs"):
        RootsInTheWay(world.context()).make_way(west, [PARENT])
    assert "theirs" in shots(world, "west")[SIBLING]


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
    with pytest.raises(Refused, match="by hand was created"):
        world.backup("change", **ORDER)
    assert told(world, "root_change") == []


@WAYS
def test_a_foreign_change_while_bytes_move_stops_the_switch_with_every_point_of_the_secondary_in_place(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    held = shots(world, "west")
    stages = staged(world, *after)
    write(world, f"{SIBLING}/by hand", b"x", "west")
    with pytest.raises(DrError, match=r"somebody changed it during the change of its roots: .*by hand was created"):
        stages.place()
    assert shots(world, "west") == held
    world.host.dead.add("stages")
    with pytest.raises(DrError, match="by hand was created"):
        world.backup("next")
    world.clusters["west"].delete(f"{SIBLING}/by hand", recursive=False)
    holds(world, world.backup("then"), *after, LAKE)


@WAYS
def test_a_copy_that_somebody_refills_while_bytes_move_stops_the_switch_and_is_found_by_the_next_run(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """Nothing shows it but its blocks: not its inode, its length or its time."""
    world = lived_in(*before)
    stages = staged(world, *after)
    theirs = refill(world, "west", f"{CHILD}/f 1", keep=10)
    with pytest.raises(DrError, match=r"somebody changed it during the change of its roots: .*f 1 was changed"):
        stages.place()
    assert bytes(world.clusters["west"].find(f"{CHILD}/f 1").content) == theirs
    world.host.dead.add("stages")
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_a_foreign_change_in_the_middle_of_the_switch_is_placed_over_by_nobody(
    before: tuple[str, ...], after: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last comparison, before the new roots have a snapshot: the points are gone, and a way on is left."""
    world = lived_in(*before)
    stages = staged(world, *after)
    real = MemoryNameNode.disallow_snapshot

    def late(self: MemoryNameNode, path: str) -> None:
        write(world, f"{CHILD}/by hand", b"x", "west")
        real(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "disallow_snapshot", late)
        with pytest.raises(DrError, match="by hand was created"):
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
    stages = ordered(world, *WIDE)
    stages.moment()
    write(world, f"{PARENT}/own %/x", b"never ours", "west")
    with pytest.raises(Refused, match=r"only this site has own %.*, which no point ever held"):
        stages.plan()


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
    with pytest.raises(Refused, match="foreign content in it cannot be recognised"):
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
    with pytest.raises(Refused, match="belongs to nobody or to another service"):
        world.backup("change", **ORDER)
    assert world.clusters["west"].find(theirs).content == b"FOREIGN"


@WAYS
def test_what_somebody_does_in_an_old_root_between_order_and_plan_is_refused_by_name(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    stages = ordered(world, *after)
    stages.moment()
    write(world, f"{CHILD}/x=1/by hand", b"FOREIGN", "west")
    with pytest.raises(Refused, match=r"x=1/by hand was created.*nothing is undone while roots change"):
        stages.plan()
    world.host.dead.add("stages")
    assert world.clusters["west"].find(f"{CHILD}/x=1/by hand").content == b"FOREIGN"
    world.clusters["west"].delete(f"{CHILD}/x=1/by hand", recursive=False)
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_an_old_root_whose_snapshot_somebody_deletes_while_a_change_is_under_way_refuses_until_it_is_declared_again(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    ordered(world, *after)
    world.host.dead.add("stages")
    west = namenode(world, "west")
    west.delete_snapshot(before[0], west.snapshots(before[0])[-1].name)
    write(world, f"{CHILD}/x=1/by hand", b"FOREIGN", "west")
    with pytest.raises(Refused, match="foreign content in it cannot be recognised"):
        world.backup("next")
    world.policy = hdfs(*before, LAKE)
    holds(world, world.backup("as it was"), *before, LAKE)
    kept = [shot for shot in shots(world, "west")[before[0]] if "-kept-" in shot]
    below = f"{CHILD}/x=1/by hand".removeprefix(before[0])
    assert world.clusters["west"].find(f"{before[0]}/.snapshot/{kept[0]}{below}").content == b"FOREIGN"
