"""I8 on whole runs: deletions are measured against what is live, kind by kind; a plan says what the run will say."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.errors import Failed, NotFound, NotReady, Refused
from hadoop_dr.domain.formats.manifest import DeletedKind, StoredPlan
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.domain.tree.inventory import Audit, Held
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.points.baseline import Baseline, held_before
from hadoop_dr.services.report import all_entries, explanation
from hadoop_dr.services.stored.stored_plan import stored_plan
from sim.world import POLICY, TABLES, TableWorld, World, plan_and_stage, protecting
from support.catalogs import database, function, partition, table, view

ROOT = "/data/a b+%"
A_TENTH = POLICY.replace("100%", "10%")
NO_FLOOR = POLICY.replace("100%", "{share: 10%, at_least: 0}")
SHARE_OF_TABLES = TABLES.replace("100%", "10%")


def put(world: World, name: str, *, site: str = "east", root: str = ROOT, content: bytes = b"") -> None:
    cluster = world.clusters[site]
    cluster.make_directory(f"{root}/{name}".rpartition("/")[0], 0o755, parents=True)
    node = cluster.make_file(f"{root}/{name}", replication=1, block_size=1024, overwrite=True)
    cluster.extend(node, content or name.encode())


def gone(world: World, names: Iterable[str], root: str = ROOT) -> None:
    for name in names:
        world.clusters["east"].delete(f"{root}/{name}", recursive=True)


def with_files(names: Iterable[str], policy: str = A_TENTH) -> World:
    """A world with one sealed point of these files."""
    world = World(policy)
    for name in names:
        put(world, name)
    world.backup("first")
    return world


def files_on(world: World, site: str, top: str = ROOT) -> int:
    return sum(not node.is_dir for node in world.clusters[site].find(top).walk())


def held(world: World, site: str) -> dict[str, int]:
    names = sum(1 for _ in world.clusters[site].find(ROOT).walk()) - 1
    return {"files": files_on(world, site), "names": names}


def plan(world: World) -> dict[str, Any]:
    return Preview(world.context()).run()


def stored(world: World) -> StoredPlan:
    """The plan of the newest sealed point."""
    context = world.context()
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    return stored_plan(context.documents(newest))


def live(world: World) -> Any:
    """Every file and object of the secondary that is not the product's own."""
    files = {node.path(): node.content for node in world.clusters["west"].root.walk() if not node.is_dir}
    objects = dict(world.metastores["west"].objects) if isinstance(world, TableWorld) else {}
    return {path: content for path, content in files.items() if not path.startswith("/.hadoop-dr/")}, objects


def refused_as_planned(world: World, run: str = "refused") -> str:
    """A run is refused for just the reasons that a plan gives, and nothing is changed on the secondary."""
    told = plan(world)
    before = live(world)
    with pytest.raises(Refused) as refused:
        world.backup(run)
    assert told["needs_approval"]
    for reason in told["needs_approval"]:
        assert reason in str(refused.value)
    assert live(world) == before
    return str(refused.value)


def approved_as_planned(world: World) -> dict[str, Any]:
    told = plan(world)
    document = world.backup("approved", approve_deletions=True, reason="meant")
    kept = stored(world).deletions
    assert {kind: asdict(one) for kind, one in kept.by_kind.items()} == told["deletions_by_kind"]
    assert list(kept.approved) == list(told["needs_approval"])
    assert {f"approved: {reason}" for reason in told["needs_approval"]} <= set(document["warnings"])
    return document


# -- what is live, not what snapshots hold
def test_names_that_only_snapshots_hold_dilute_no_limit() -> None:
    """Twelve rounds of replacing ten files, all of them kept by snapshots, and then most of the ten go."""
    world = with_files((f"g0-{i}" for i in range(10)), A_TENTH.replace('secondary: "5"', 'secondary: "50"'))
    for g in range(1, 13):
        gone(world, (f"g{g - 1}-{i}" for i in range(10)))
        for i in range(10):
            put(world, f"g{g}-{i}")
        world.backup(f"round {g}")
    assert MemoryNameNode(world.clusters["west"]).quota(ROOT).used_names > 100
    gone(world, (f"g12-{i}" for i in range(6)))
    assert "6 of 10 files would be deleted, the limit is 5 (10%" in refused_as_planned(world)
    approved_as_planned(world)
    assert files_on(world, "west") == 4


@pytest.mark.parametrize("audit_entries", [0, 200_000], ids=["counted on", "listed"])
def test_every_point_keeps_how_many_files_are_live(audit_entries: int) -> None:
    """Counted on from the plan's own figures where a root is too large to be listed in every run."""
    world = World(f"{POLICY}audit_entries: {audit_entries}\n")
    tokens, there = random.Random(7), set[str]()
    for step in range(8):
        for _ in range(6):
            name = f"d{tokens.randrange(3)} ü/f{tokens.randrange(9)}"
            put(world, name, content=b"x" * tokens.randrange(1, 40))
            there.add(name)
        for name in tokens.sample(sorted(there), 3):
            gone(world, [name])
            there.remove(name)
        if step % 3 == 2:
            world.clusters["east"].rename(f"{ROOT}/d0 ü", f"{ROOT}/was d0 {step}")
            there = {name for name in there if not name.startswith("d0")}
        world.backup(f"r{step}", approve_deletions=True)
        assert stored(world).live == {ROOT: Held(**held(world, "east"))}
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    assert newest.sealed.summary.live == {ROOT: Held(**held(world, "west"))}


def test_a_point_that_keeps_no_figure_is_counted_by_listing_its_snapshot() -> None:
    world = with_files(["a", "d ü/b", "d ü/c"])
    context = world.context()
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    sealed = replace(newest.sealed, summary=replace(newest.sealed.summary, live={}))
    older = Point(newest.point, 0, PointState.SEALED, "r", 1, 1, newest.taken, sealed=sealed)
    put(world, "later", site="west")
    for point in (older, newest):
        baseline = Baseline(point, direction=context.direction)
        assert held_before(context.destination.namenode, ROOT, baseline) == Held(files=3, names=4)


def test_names_that_only_snapshots_hold_make_no_service_too_large_to_be_audited_in_every_run() -> None:
    world = with_files((f"g0-{i}" for i in range(10)), f"{POLICY}audit_entries: 20\n")
    for g in range(1, 5):
        gone(world, (f"g{g - 1}-{i}" for i in range(10)))
        for i in range(10):
            put(world, f"g{g}-{i}")
        world.backup(f"round {g}")
    assert MemoryNameNode(world.clusters["east"]).quota(ROOT).used_names > 20
    assert [entry.audit for entry in stored(world).roots] == [Audit.WHOLE]


# -- files, net for each directory
def test_one_tables_only_file_overwritten_among_eight_needs_nobody() -> None:
    world = with_files((f"t{n} ü/000000_0" for n in range(8)), NO_FLOOR)
    gone(world, ["t3 ü/000000_0"])
    put(world, "t3 ü/000000_1")
    assert plan(world)["deletions"] == 0
    assert world.backup("second")["state"] == "sealed"


def test_a_move_within_the_service_needs_nobody_also_from_one_root_to_another() -> None:
    world = World(protecting("hdfs: /data/landing ü", "hdfs: /data/archive", policy=NO_FLOOR))
    for n in range(4):
        put(world, f"day/{n}", root="/data/landing ü")
    put(world, "old", root="/data/archive")
    world.backup("first")
    east = world.clusters["east"]
    east.rename("/data/landing ü/day", "/data/archive/day")
    assert plan(world)["needs_approval"] == []
    world.backup("second")
    assert (files_on(world, "west", "/data/archive"), files_on(world, "west", "/data/landing ü")) == (5, 0)
    gone(world, ["day"], "/data/archive")
    assert "4 of 5 files" in refused_as_planned(world)


@pytest.mark.parametrize("how", ["emptied", "one directory left"])
def test_a_root_that_loses_everything_asks_at_any_limit(how: str) -> None:
    world = with_files(["a", "d ü/b"], POLICY)
    gone(world, ["a", "d ü"])
    if how != "emptied":
        world.clusters["east"].make_directory(f"{ROOT}/d ü", 0o755, parents=True)
    assert f"{ROOT} would lose all of its 2 files" in refused_as_planned(world)
    assert world.clusters["west"].find(f"{ROOT}/a").content == b"a"
    approved_as_planned(world)
    assert files_on(world, "west") == 0


def unmounted(world: World, *, empty: bool) -> None:
    """The directory is gone with its snapshots; where it was mounted, an empty one may show."""
    east = MemoryNameNode(world.clusters["east"])
    for shot in east.snapshots(ROOT):
        east.delete_snapshot(ROOT, shot.name)
    east.disallow_snapshot(ROOT)
    east.delete(ROOT, recursive=True)
    if empty:
        east.make_directory(ROOT, 0o755)


@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_a_source_that_is_not_mounted_deletes_nothing_at_any_limit_and_no_approval_helps(mode: str) -> None:
    world = with_files(["a", "d ü/b"], f"{POLICY}mode: {mode}\n")
    unmounted(world, empty=False)
    before = live(world)
    for run, approved in (("asks", False), ("approved", True)):
        with pytest.raises(Refused, match="does not exist"):
            world.backup(run, approve_deletions=approved)
    assert live(world) == before


@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_an_empty_directory_where_the_source_was_mounted_asks_at_any_limit(mode: str) -> None:
    world = with_files(["a", "d ü/b"], f"{POLICY}mode: {mode}\n")
    unmounted(world, empty=True)
    assert f"{ROOT} would lose all of its 2 files" in refused_as_planned(world)


@pytest.mark.parametrize(("site", "mode"), [("east", "incremental"), ("east", "full"), ("west", "full")])
def test_a_listing_that_fails_deletes_nothing_whatever_was_approved(
    monkeypatch: pytest.MonkeyPatch, site: str, mode: str
) -> None:
    world = with_files(["a", "d ü/b", "d ü/c"], f"{POLICY}mode: {mode}\n")
    gone(world, ["a"])
    before, real = live(world), MemoryNameNode.list

    def failing(self: MemoryNameNode, path: str) -> Any:
        for n, listed in enumerate(real(self, path)):
            if n and self.site == site and path.startswith(f"{ROOT}/"):
                raise Failed(path, "answered 500 in the middle of its listing")
            yield listed

    monkeypatch.setattr(MemoryNameNode, "list", failing)
    with pytest.raises(Failed):
        world.backup("fails", approve_deletions=True)
    assert live(world) == before
    monkeypatch.setattr(MemoryNameNode, "list", real)
    world.host.dead.add("fails")
    world.backup("next", approve_deletions=True)
    assert live(world)[0].keys() == before[0].keys() - {f"{ROOT}/a"}


def test_one_of_two_roots_emptied_asks_though_the_share_of_all_is_small() -> None:
    world = World(protecting("hdfs: /data/large", "hdfs: /data/small", policy=A_TENTH))
    for n in range(60):
        put(world, f"{n}", root="/data/large")
    put(world, "only", root="/data/small")
    world.backup("first")
    gone(world, ["only"], "/data/small")
    assert plan(world)["needs_approval"] == ["/data/small would lose all of its 1 file"]
    refused_as_planned(world)


@pytest.mark.parametrize("mode", ["first", "full"])
def test_what_a_first_or_full_run_would_delete_of_a_copy_is_counted_and_planned_alike(mode: str) -> None:
    names = [*(f"f{n}" for n in range(4)), *(f"d ü/e%20/{n}" for n in range(4))]
    world = with_files(names, A_TENTH if mode == "first" else A_TENTH + "mode: full\n")
    if mode == "first":  # with `drift: refuse` it is refused before anything is counted
        world.policy = A_TENTH + "drift: restore\n"
        world.clusters["west"].delete("/.hadoop-dr/east-west/services", recursive=True)
        world.clusters["east"].delete("/.hadoop-dr/east-west/services", recursive=True)
    gone(world, ["f3", "d ü"])
    put(world, "f1", content=b"changed, and longer")
    told = plan(world)
    assert told["baseline"] is None
    assert told["deletions_by_kind"]["files"] == {"deleted": 5, "live": 8, "allowed": 4}
    assert told["notes"][0] == (f"{ROOT}: what the secondary has already is compared by names and lengths here; "
                                "a run compares the bytes")
    assert len(told["notes"]) == (3 if mode == "first" else 1)
    assert (told["bytes"], told["steps"]["delete"]) == (len(b"changed, and longer"), 3)
    assert "5 of 8 files" in refused_as_planned(world)
    assert approved_as_planned(world)["files_copied"] == 1
    assert files_on(world, "west") == 3


# -- catalogs
def with_tables(*names: str, policy: str = SHARE_OF_TABLES) -> TableWorld:
    world = TableWorld(policy)
    for name in names:
        world.create(name)
    return world


def drop(world: TableWorld, *names: str) -> None:
    east = world.metastores["east"]
    for name in names:
        east.drop(east.tables("bill", [name]))


def test_two_of_three_tables_dropped_ask_and_a_table_has_no_floor() -> None:
    world = with_tables("t1", "t2", "t3")
    world.backup("first")
    drop(world, "t1", "t2")
    assert "2 of 3 tables would be dropped, the limit is 0 (10%)" in refused_as_planned(world)
    assert world.metastores["west"].table_names("bill") == ["t1", "t2", "t3"]
    approved_as_planned(world)
    assert world.metastores["west"].table_names("bill") == ["t3"]


def test_each_kind_of_the_catalog_has_its_own_figure() -> None:
    world = with_tables("t1", "t2")
    east = world.metastores["east"]
    at = "hdfs://east/wh/t1 ü"
    east.create([table("bill", "p", keys=("p",), location=at)])
    east.create([partition("bill", "p", ("p",), (value,), location=at) for value in ("a b", "e%20", "ü")])
    east.create([view("bill", "v", "select 1")])
    east.create([function("bill", "fn", "hdfs://east/a.jar")])
    world.backup("first")
    east.drop(east.partitions("bill", "p", ["p=a b"]))
    drop(world, "v")
    east.drop(east.functions())
    said = refused_as_planned(world)
    for figure in ("1 of 3 partitions", "1 of 1 views", "1 of 1 functions"):
        assert f"{figure} would be dropped, the limit is 0 (10%)" in said
    assert "tables" not in said
    approved_as_planned(world)
    assert world.metastores["west"].partition_names("bill", "p") == ["p=e%2520", "p=ü"]


def test_a_table_made_again_or_renamed_is_no_deletion() -> None:
    world = with_tables("t1", "t2", "t3")
    world.backup("first")
    east = world.metastores["east"]
    drop(world, "t1")
    east.create([table("bill", "t1", location="hdfs://east/wh/t1 ü", note="another")])
    [renamed] = east.tables("bill", ["t2"])
    east.alter([type(renamed)(renamed.key, renamed.identity, renamed.hash, table(
        "bill", "t2 ü", location="hdfs://east/wh/t2 ü").raw)])  # fmt: skip
    told = plan(world)
    assert (told["needs_approval"], told["catalog"]["drop"]) == ([], 2)
    world.backup("second")
    assert world.metastores["west"].table_names("bill") == ["t1", "t2 ü", "t3"]


def test_a_metastore_that_answers_with_an_empty_list_drops_nothing_at_any_limit() -> None:
    world = with_tables("t1", "t2", policy=protecting("hive: bill", f"hdfs: {ROOT}"))
    put(world, "file")
    world.backup("first")
    world.metastores["east"] = MemoryMetastore("east")
    assert "database bill would be dropped with 2 tables" in refused_as_planned(world)
    assert world.metastores["west"].table_names("bill") == ["t1", "t2"]


def test_a_database_that_was_dropped_goes_once_approved_and_is_made_again_later() -> None:
    """Also when no directory is left to take a snapshot of: the point is then a position in the catalog."""
    world = with_tables("t1", "t2", policy=TABLES)
    world.backup("first")
    east = world.metastores["east"]
    drop(world, "t1", "t2")
    east.drop([east.database("bill")])
    assert "database bill would be dropped with 2 tables" in refused_as_planned(world)
    document = approved_as_planned(world)
    assert document["snapshots"] == {"east": {}, "west": {}}
    assert world.metastores["west"].databases() == []
    assert world.clusters["west"].find("/wh/t1 ü/part 0").content == b"t1"
    assert world.backup("nothing new")["proof"] == "atomic"
    east.create([database("bill", "hdfs://east/wh/db"), table("bill", "t1", location="hdfs://east/wh/t1 ü")])
    world.backup("again")
    assert world.metastores["west"].table_names("bill") == ["t1"]


def test_a_table_made_on_the_secondary_since_the_plan_is_not_dropped_by_it() -> None:
    world = with_tables("t1", "t2", policy=TABLES)
    world.backup("first")
    drop(world, "t1")
    stages = world.stages("second")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    west = world.metastores["west"]
    west.create([table("bill", "foreign", location="hdfs://west/elsewhere")])
    with pytest.raises(Refused, match=r"table bill\.foreign"):
        stages.place()
    assert west.table_names("bill") == ["foreign", "t1", "t2"]
    west.drop(west.tables("bill", ["foreign"]))
    stages.place()
    stages.verify()
    stages.seal()
    assert west.table_names("bill") == ["t2"]


# -- approval
def test_an_approval_is_for_one_run_and_stands_in_the_ledger() -> None:
    world = with_files(["a", "b", "c"], NO_FLOOR)
    gone(world, ["a"])
    world.backup("approved", approve_deletions=True, reason="meant")
    chain = world.context().ledger.chain
    told = [entry["text"] for entry in explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]]
    assert [text for text in told if "deletions approved" in text and "because meant" in text]
    gone(world, ["b"])
    assert "1 of 2 files" in refused_as_planned(world)


def test_what_a_run_was_refused_is_not_approved_by_the_next_one() -> None:
    """A person approves what goes now; what had gone by mistake, and is back, does not go after all."""
    world = with_files([f"d ü/{n}" for n in range(8)], NO_FLOOR)
    gone(world, ["d ü"])
    refused_as_planned(world)
    for n in range(7):
        put(world, f"d ü/{n}")
    world.backup("approved", approve_deletions=True)
    states = [point.state for point in world.context().ledger.read().points.values()]
    assert states == [PointState.SEALED, PointState.VOID, PointState.SEALED]
    assert stored(world).deletions.by_kind["files"] == DeletedKind(1, 8, 0)


def test_what_was_approved_stays_approved_for_whoever_finishes_that_run() -> None:
    world = with_files(["a", "b", "c"], NO_FLOOR)
    gone(world, ["a"])
    stages = world.stages("dies")
    stages.preflight(approve_deletions=True)
    stages.moment()
    world.host.dead.add("p1")
    world.host.dead.add(world.host.name)
    world.host.name = "next"
    world.backup("next")
    states = [point.state for point in world.context().ledger.read().points.values()]
    assert states == [PointState.SEALED, PointState.SEALED, PointState.SEALED]


# -- looking
def history(world: World) -> None:
    """A point, and changes of every kind since."""
    for n in range(6):
        put(world, f"d ü/{n}")
    world.backup("first")
    gone(world, ["d ü/0"])
    put(world, "new/e%20")
    world.clusters["east"].rename(f"{ROOT}/d ü/1", f"{ROOT}/moved")


def nothing_yet(world: World) -> None:
    put(world, "d ü/only there", site="west")
    put(world, "d ü/0")


@pytest.mark.parametrize("before", [history, nothing_yet], ids=["increment", "first"])
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_a_plan_changes_nothing_anywhere_and_takes_no_snapshot(before: Callable[[World], None], mode: str) -> None:
    world = World(f"{POLICY}mode: {mode}\n")
    before(world)
    faults = Faults()

    def everything() -> Any:
        sides = {site: MemoryNameNode(cluster) for site, cluster in world.clusters.items()}
        return [
            ({node.path(): (node.id, node.facts()) for node in side.cluster.root.walk()}, side.snapshottable(),
             [shot for root in side.snapshottable() for shot in side.snapshots(root)])
            for side in sides.values()
        ]  # fmt: skip

    was = everything()
    told = Preview(world.context(faults)).run()
    assert faults.count == 0
    assert everything() == was
    assert sum(told["steps"].values()) > 0


@pytest.mark.parametrize("times", [2, 100])
def test_a_plan_reads_a_tree_again_that_changes_while_it_is_read(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    world = with_files([f"d ü/{n}" for n in range(6)], POLICY)
    put(world, "new ü/x")
    real, left = MemoryNameNode.list, [times]

    def changing(self: MemoryNameNode, path: str) -> Any:
        if path == f"{ROOT}/new ü" and left[0]:
            left[0] -= 1
            raise NotFound(path, "does not exist")
        return real(self, path)

    monkeypatch.setattr(MemoryNameNode, "list", changing)
    if times == 2:
        assert plan(world)["steps"]["bring"] == 1
    else:
        with pytest.raises(NotReady, match="changes while it is read"):
            plan(world)
