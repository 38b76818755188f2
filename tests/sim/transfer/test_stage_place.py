"""Stage and place on the twin: the tree arrives whole, whatever changed (S2.9, I6, I9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults, FaultyMover
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.domain.errors import AccessDenied, BaselineLost, Failed, Mismatch, OwnedElsewhere, Superseded
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.plan.work_order import StagedShare, Token, WorkOrder
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.services.transfer.changes.adopt import Adopt, Adoption, Trees
from hadoop_dr.services.transfer.place_root import Place
from hadoop_dr.services.transfer.records import Records
from hadoop_dr.services.transfer.stage_share import Stage
from support.backup import Pair, Site, items_between, nothing
from support.trees import Mischief, comparable, read_tree, walk
from support.twin import ROOT, TwinPair, lived_in


@pytest.mark.parametrize("seed", range(40))
def test_any_sequence_of_changes_arrives_attribute_by_attribute(seed: int) -> None:
    pair = TwinPair()
    pair.prepare()
    mischief = Mischief(pair.source.namenode, pair.source.writer, pair.root, seed)
    for number in range(5):
        mischief.run(20)
        pair.backup(f"p {number}")


@pytest.fixture
def pair() -> TwinPair:
    made = TwinPair()
    made.prepare()
    return made


def put(site: Site, path: str, data: bytes) -> None:
    site.namenode.make_directory(f"{ROOT}/{path}".rpartition("/")[0], 0o755)
    site.writer.write(f"{ROOT}/{path}", data)


# -- storage policies
def test_policies_come_along_and_inherited_ones_stay_inherited(pair: TwinPair) -> None:
    name = pair.source.namenode
    put(pair.source, "a b/cold/e%20/f+", b"x")
    put(pair.source, "a b/hot", b"y")
    name.set_storage_policy(f"{ROOT}/a b", 7)
    name.set_storage_policy(f"{ROOT}/a b/cold/e%20", 2)
    pair.backup("p 0")
    name.set_storage_policy(f"{ROOT}/a b", 5)
    pair.backup("p 1")
    assert pair.target.namenode.status(f"{ROOT}/a b/hot").facts.storage_policy == 5
    assert pair.target.namenode.status(f"{ROOT}/a b/cold/e%20/f+").facts.storage_policy == 2
    name.rename(f"{ROOT}/a b/cold", f"{ROOT}/g=1")
    pair.backup("p 2")


# -- tails
def grown(pair: TwinPair) -> tuple[WorkOrder, list[StagedShare]]:
    """A file backed up, then grown, and its tail staged."""
    put(pair.source, "log ü", b"0123456789")
    pair.backup("p 0")
    pair.source.writer.append(f"{ROOT}/log ü", b"abcdefgh")
    order = pair.order("p 1")
    return order, pair.stage(order)


def test_a_grown_file_sends_only_what_is_behind_its_full_blocks(pair: TwinPair) -> None:
    order, staged = grown(pair)
    assert [shard.bytes_copied for shard in staged] == [10]
    pair.place(order, staged)
    pair.check("p 1")


def test_a_tail_held_by_somebodys_snapshot_is_joined_from_a_fresh_copy(pair: TwinPair) -> None:
    order, staged = grown(pair)
    pair.target.namenode.create_snapshot(ROOT, "by somebody")
    pair.place(order, staged)
    pair.check("p 1")


def test_a_death_while_a_held_tail_is_joined_is_rolled_forward() -> None:
    def held() -> tuple[TwinPair, WorkOrder, list[StagedShare]]:
        pair = TwinPair()
        pair.prepare()
        order, staged = grown(pair)
        pair.target.namenode.create_snapshot(ROOT, "by somebody")
        return pair, order, staged

    pair, order, staged = held()
    counted = Faults()
    pair.worker(counted).place(order, staged)
    for at in range(1, counted.count + 1):
        for after in (False, True):
            pair, order, staged = held()
            with pytest.raises(Died):
                pair.worker(Faults(at, die=True, after=after)).place(order, staged)
            pair.place(order, staged, 2)
            pair.check("p 1")


def test_a_target_with_other_blocks_gets_the_whole_file_instead_of_a_tail(pair: TwinPair) -> None:
    put(pair.source, "log", b"0123456789abcdefgh")
    pair.backup("p 0")
    node = pair.west.find(f"{ROOT}/log")
    pieces = [type(node.pieces[0])(900 + at, node.content[at:at + 3]) for at in range(0, 18, 3)]
    node.pieces = tuple(pieces)
    pair.kept["p 0"] = comparable(read_tree(pair.target.namenode, pair.target.writer, pair.past("p 0")))
    shot = pair.west.find(pair.past("p 0") + "/log")
    shot.pieces = node.pieces
    pair.source.writer.append(f"{ROOT}/log", b"tail")
    order = pair.order("p 1")
    staged = pair.stage(order)
    assert staged[0].whole
    pair.place(order, staged)
    pair.check("p 1")


def test_parked_files_are_cut_only_inside_the_root_that_captured_them(pair: TwinPair) -> None:
    """The twin ruins a snapshot when a captured file is cut outside its root; so every older point still reads back."""
    put(pair.source, "log", b"0123456789abcdefgh")
    pair.backup("p 0")
    outside = "/outside"
    pair.target.namenode.rename(f"{ROOT}/log", outside)
    pair.target.namenode.truncate(outside, 8)
    with pytest.raises(BaselineLost):
        pair.check_older()


# -- what is refused, and by which name
def test_an_item_missing_from_the_targets_baseline_is_named(pair: TwinPair) -> None:
    put(pair.source, "a b/e%20", b"x")
    pair.backup("p 0")
    pair.source.namenode.rename(f"{ROOT}/a b/e%20", f"{ROOT}/f+")
    del pair.west.find(pair.past("p 0") + "/a b").children["e%20"]
    order = pair.order("p 1")
    staged = pair.stage(order)
    with pytest.raises(BaselineLost, match="/a b/e%20"):
        pair.place(order, staged)


def test_an_item_of_another_kind_in_the_baseline_is_named(pair: TwinPair) -> None:
    put(pair.source, "a b", b"x")
    pair.backup("p 0")
    order = pair.order("p 1")
    file = next(item for item in items_between(pair.source, ROOT, None, "p 1") if item.new == "a b")
    wrong = replace(file, old="a b", was=replace(file.now, kind=pair.west.root.kind))
    with pytest.raises(BaselineLost, match="is of kind f"):
        Place(pair.target.namenode, pair.local, nothing, nothing).run(
            replace(order, items={wrong.inode: wrong}, plan=make_plan([wrong], unit_files=1, unit_bytes=1,
                                                                      directory_limit=9)), [], 1)


def test_something_foreign_at_a_destination_is_not_overwritten(pair: TwinPair) -> None:
    put(pair.source, "a b", b"ours")
    order = pair.order("p 0")
    staged = pair.stage(order)
    put(pair.target, "a b", b"theirs")
    with pytest.raises(Mismatch, match="a b: something that is not ours"):
        pair.place(order, staged)
    assert pair.target.writer.read(f"{ROOT}/a b") == b"theirs"


def test_a_file_that_somebody_put_in_the_place_of_ours_is_not_dropped(pair: TwinPair) -> None:
    put(pair.source, "a b", b"ours")
    pair.backup("p 0")
    pair.source.namenode.delete(f"{ROOT}/a b")
    order = pair.order("p 1")
    pair.target.namenode.delete(f"{ROOT}/a b")
    put(pair.target, "a b", b"theirs")
    inode = order.plan.delete[0]
    for try_no in (1, 2):
        with pytest.raises(Mismatch, match=r"a b: was replaced|another item is parked"):
            pair.place(order, pair.stage(order) if try_no == 1 else [], try_no)
    assert pair.target.writer.read(f"{ROOT}/.hadoop-dr/svc-1-1-2.2/park/{inode}") == b"theirs"


def test_a_lost_source_snapshot_names_the_file(pair: TwinPair) -> None:
    put(pair.source, "a b", b"ours")
    order = pair.order("p 0")
    pair.source.namenode.delete_snapshot(ROOT, "p 0")
    with pytest.raises(BaselineLost, match=r"p 0/a b: the origin's snapshot does not hold it"):
        pair.stage(order)


def test_a_ruined_source_snapshot_voids_the_point(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    order = pair.order("p 0")
    pair.east.find(pair.past("p 0") + "/a b").broken = True
    with pytest.raises(BaselineLost, match="cannot be read"):
        pair.stage(order)


def test_a_file_that_may_not_be_read_is_named_with_its_reason(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    order = pair.order("p 0")

    class Closed(MemoryMover):
        def _copy(self, wanted):  # type: ignore[no-untyped-def]
            raise AccessDenied(wanted.origin, "permission denied")

    class Guarded:
        def __getattr__(self, name: str) -> object:
            return getattr(pair.source.namenode, name)

        def checksum(self, path: str) -> object:
            raise AccessDenied(path, "needs READ")

    records = Records(pair.target.files, pair.tables, "/docs/staged/0", nothing)
    closed = Closed(pair.east, pair.west)
    stage = Stage(Guarded(), pair.target.namenode, closed, nothing, nothing, records)  # type: ignore[arg-type]
    with pytest.raises(AccessDenied, match="a b: needs READ"):
        stage.run(order, pair.shares(order)[0], 1)


def test_place_refuses_when_a_shard_was_never_staged(pair: TwinPair) -> None:
    put(pair.source, "a b", b"ours")
    order = pair.order("p 0")
    with pytest.raises(Failed, match="was never staged"):
        pair.place(order, [])


# -- resuming
def test_a_second_try_copies_only_what_was_not_verified(pair: TwinPair) -> None:
    for number in range(6):
        put(pair.source, f"d {number}/f+", bytes([number]) * 20)
    order = pair.order("p 0")
    first = Pair(pair.source, pair.target, FaultyMover(pair.across, Faults()), pair.local, pair.tables, pair.root,
                 pair.documents)
    first.stage(order)
    again = pair.stage(order, 2)
    assert [shard.files_copied for shard in again] == [0, 0]
    assert sum(len(shard.files) for shard in again) == 6
    pair.place(order, again)
    pair.check("p 0")


def test_a_recorded_file_that_was_being_rewritten_is_copied_again(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    order = pair.order("p 0")
    pair.stage(order)
    staged = pair.target.files.names(f"{ROOT}/.hadoop-dr/svc-1-1-1/stage")[0]
    inode = pair.target.files.names(f"{ROOT}/.hadoop-dr/svc-1-1-1/stage/{staged}")[0]
    pair.target.writer.write(f"{ROOT}/.hadoop-dr/svc-1-1-1/stage/{staged}/{inode}", b"01234-half")
    again = pair.stage(order, 2)
    assert again[0].files_copied == 1
    pair.place(order, again)
    pair.check("p 0")


def test_an_earlier_try_finds_its_shard_taken(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    order = pair.order("p 0")
    pair.stage(order, 2)
    with pytest.raises(Superseded):
        pair.stage(order, 1)


def test_an_older_claim_finds_its_root_taken(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    order = pair.order("p 0")
    pair.stage(replace(order, claim=order.claim + 1))
    with pytest.raises(Superseded):
        pair.stage(order)


# -- the work area
def test_the_work_area_is_closed_to_others_whatever_the_root_would_have_it_inherit(pair: TwinPair) -> None:
    access = ("group::rwx", "mask::rwx", "other::rwx", "user::rwx", "user:eve:rwx")
    for site in (pair.source, pair.target):
        site.namenode.set_acl(ROOT, (*access, *(f"default:{entry}" for entry in access)))
    put(pair.source, "a b/secret", b"0123456789")
    order = pair.order("p 0")
    pair.stage(order)
    base = f"{ROOT}/.hadoop-dr"
    for path, _, facts in walk(pair.target.namenode, base):
        if facts.is_dir and "/stage/" not in f"/{path}":
            assert (facts.mode, facts.has_acl) == (0o700, False), path


def test_a_work_area_of_somebody_else_is_not_trusted(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    pair.target.namenode.make_directory(f"{ROOT}/.hadoop-dr", 0o777)
    pair.target.namenode.set_owner(f"{ROOT}/.hadoop-dr", "eve", "staff")
    with pytest.raises(AccessDenied, match="belongs to eve"):
        pair.stage(pair.order("p 0"))


def test_a_work_area_of_another_service_is_left_alone_and_named(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    theirs = f"{ROOT}/.hadoop-dr/svc-1-1-9.1"  # of the service svc-1: its first epoch, its ninth claim
    put(pair.target, ".hadoop-dr/svc-1-1-9.1/park/7", b"theirs")
    order = replace(pair.order("p 0"), service="svc", epoch=2)
    with pytest.raises(OwnedElsewhere, match=r"svc-1-1-9\.1: is a work area of the service 'svc-1'.*Let a run of"):
        pair.stage(order)
    with pytest.raises(OwnedElsewhere, match=r"svc-1-1-9\.1: is a work area of the service 'svc-1'"):
        pair.place(order, [StagedShare(0, "", {unit.inode: 1 for unit in order.plan.units}, frozenset(), {})])
    assert pair.target.writer.read(f"{theirs}/park/7") == b"theirs"
    assert pair.target.files.names(f"{ROOT}/.hadoop-dr") == ["svc-1-1-9.1"]


def test_what_lies_beside_work_areas_and_is_nobodys_is_left_alone_and_told(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    strays = ["1-7", "notes ü", "svc-1", "svc-1-1-x", "svc-1-1-1.2.3", "SVC-1-1", "svc-1-01", "svc-00-1", "svc-1-1-1.0"]
    strays += [".who-theirs", ".who-svc-1-1-9"]
    for name in strays:
        put(pair.target, f".hadoop-dr/{name}/x", b"theirs")
    put(pair.target, ".hadoop-dr/file", b"theirs")
    pair.target.namenode.make_directory(f"{ROOT}/.hadoop-dr/.who-svc-1-1-8", 0o700)
    order = pair.order("p 0")
    placed = pair.place(order, pair.stage(order))
    assert placed.strays == tuple(f"{ROOT}/.hadoop-dr/{name}" for name in sorted([*strays, "file"]))
    assert pair.target.files.names(f"{ROOT}/.hadoop-dr") == sorted([*strays, "file"])
    assert pair.target.writer.read(f"{ROOT}/a b") == b"0123456789"


def test_a_file_where_work_areas_have_to_lie_is_named(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    put(pair.target, ".hadoop-dr", b"theirs")
    with pytest.raises(AccessDenied, match=r"\.hadoop-dr: is not a directory.*Move it out of the root"):
        pair.stage(pair.order("p 0"))


def test_a_work_area_that_bears_a_claim_nobody_made_is_named_with_what_helps(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    put(pair.target, ".hadoop-dr/svc-1-9-9/park/7", b"copied")
    with pytest.raises(Superseded, match=r"svc-1-9-9: superseded: a later claim has the root\. If the ledger"):
        pair.stage(pair.order("p 0"))


@pytest.mark.parametrize(
    "token", [Token("a", 1, 2), Token("a-1", 1, 2), Token("a-1-2", 3, 4, 5), Token("billing-2", 10, 99, 1000)], ids=str
)
def test_a_work_areas_name_tells_its_service_however_that_is_called(token: Token) -> None:
    assert Token.parse(str(token)) == token


def test_an_unchanged_root_is_not_touched(pair: TwinPair) -> None:
    put(pair.source, "a b", b"0123456789")
    pair.backup("p 0")
    before = pair.target.namenode.status(ROOT).facts.mtime_ms
    order = pair.order("p 1")
    counted = Faults()
    pair.worker(counted).place(order, [])
    assert counted.count == 0
    assert pair.target.namenode.status(ROOT).facts.mtime_ms == before


# -- undo
@pytest.mark.parametrize("seed", range(20))
def test_an_interrupted_place_is_undone_by_the_same_steps_from_the_sites_own_snapshot(seed: int) -> None:
    pair = lived_in(seed)
    order = pair.order("p 1")
    staged = pair.stage(order)
    counted = Faults()
    pair.worker(counted).place(order, staged)
    total = counted.count

    pair = lived_in(seed)
    order = pair.order("p 1")
    staged = pair.stage(order)
    with pytest.raises(Died):
        pair.worker(Faults(1 + seed * total // 20, die=True)).place(order, staged)
    west = pair.target
    west.namenode.create_snapshot(ROOT, "as it stands")
    pair.claim += 1
    back = pair.plan(west, "as it stands", "p 0", "as it stands")
    undo = Pair(west, west, pair.local, pair.local, pair.tables, ROOT, "/undo", claim=pair.claim)
    undo.place(back, undo.stage(back))
    got = comparable(read_tree(west.namenode, west.writer, ROOT))
    assert got == comparable(read_tree(west.namenode, west.writer, pair.past("p 0")))


# -- adoption
def adopt(pair: TwinPair, name: str) -> tuple[Adoption, WorkOrder]:
    pair.source.namenode.create_snapshot(ROOT, name)
    pair.target.namenode.create_snapshot(ROOT, "as found")
    trees = Trees(pair.past(name), pair.past("as found"))
    found = walk(pair.target.namenode, trees.destination)
    existing = {path: DirEntry("", inode, facts) for path, inode, facts in found if path}
    items = items_between(pair.source, ROOT, None, name)
    adopter = Adopt(pair.source.namenode, pair.target.namenode, MemoryMover(pair.west, pair.east), pair.local, nothing)
    adoption = adopter.run(trees, items, existing)
    plan = make_plan(adoption.items, unit_files=3, unit_bytes=99, directory_limit=999)
    order = WorkOrder(0, ROOT, ROOT, name, "as found", {i.inode: i for i in adoption.items}, plan,
                      pair.source.namenode.status(pair.past(name)).facts, "svc-1", 1, 1)
    return adoption, order


def test_an_identical_copy_is_adopted_and_only_the_rest_is_copied(pair: TwinPair) -> None:
    for site in (pair.source, pair.target):
        put(site, "a b/same", b"0123456789")
        put(site, "a b/e%20/empty", b"")
    put(pair.source, "a b/other", b"0123456789")
    put(pair.target, "a b/other", b"9876543210")
    put(pair.source, "kind", b"file here")
    put(pair.target, "kind/is a directory/there", b"1")
    put(pair.target, "only here/f+", b"2")
    put(pair.source, "new/g=1", b"3")
    adoption, order = adopt(pair, "p 0")
    assert (adoption.reused_files, adoption.reused_bytes) == (2, 10)
    assert (adoption.existing, adoption.below) == (5, ("kind/is a directory/there", "only here/f+"))
    assert adoption.names == 5 + 2  # two directories and three files that stay, and the tops of what goes
    staged = pair.stage(order)
    assert sum(shard.files_copied for shard in staged) == 3
    pair.place(order, staged)
    pair.check("p 0")


def test_files_of_other_block_boundaries_are_compared_by_their_bytes(pair: TwinPair) -> None:
    for site in (pair.source, pair.target):
        put(site, "a b", b"0123456789")
    node = pair.east.find(f"{ROOT}/a b")
    node.pieces = (replace(node.pieces[0], data=b"012"), replace(node.pieces[1], data=b"3456789"))
    adoption, _ = adopt(pair, "p 0")
    assert next(item.content for item in adoption.items if item.new == "a b") is Content.SAME


@pytest.mark.parametrize("seed", range(20))
def test_any_tree_on_the_target_becomes_the_sources(seed: int) -> None:
    pair = TwinPair()
    pair.prepare()
    for site, number in ((pair.source, seed), (pair.target, seed + 1000)):
        Mischief(site.namenode, site.writer, ROOT, seed).run(60)
        Mischief(site.namenode, site.writer, ROOT, number).run(8)
    adoption, order = adopt(pair, "p 0")
    assert adoption.reused_files
    first = pair.stage(order)
    with pytest.raises(Died):
        pair.worker(Faults(10 + seed % 12, die=True)).place(order, first)
    pair.place(order, first, 2)
    pair.check("p 0")
