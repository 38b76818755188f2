"""A root that is new to the service and whose directory on the secondary has content already (S2.10, I8, I10)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.report import all_entries, explanation, points_document
from hadoop_dr.services.roots.existing_copy import look_at_copy
from sim.world import POLICY, TABLES, TableWorld, World, plan_and_stage, protecting
from support.catalogs import table
from support.thinned import thinned

ROOT = "/data/a b+%"
OTHER = "/data/c ü#"
A_TENTH = POLICY.replace("100%", "10%")
RESTORE = A_TENTH + "drift: restore\n"
FOREIGN = ("d ü/for eign+1", "for#eign", "theirs %/deep =/x")


def put(world: World, site: str, path: str, content: bytes, mtime_ms: int = 0) -> None:
    cluster = world.clusters[site]
    cluster.make_directory(path.rpartition("/")[0], 0o755, parents=True)
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), content)
    if mtime_ms:
        MemoryNameNode(cluster).set_times(path, mtime_ms)


def copied(policy: str = A_TENTH, root: str = ROOT) -> World:
    """Sixty files that both sites have, as a copy that was created before left them."""
    world = World(policy)
    fill(world, root)
    return world


def fill(world: World, root: str = ROOT) -> None:
    for site in ("east", "west"):
        for n in range(60):
            put(world, site, f"{root}/d ü/e%20 {n}", b"same %d" % n, 1_700_000_000_000)


def three_foreign(world: World, root: str = ROOT) -> World:
    for name in FOREIGN:
        put(world, "west", f"{root}/{name}", name.encode())
    return world


def check(world: World) -> list[Result]:
    return [one for one in RunChecks(world.context()).look() if one.name in ("drift", "kept")]


def everything(world: World) -> Any:
    """All that both sites have, times and snapshots included."""
    sides = [MemoryNameNode(cluster) for cluster in world.clusters.values()]
    return [
        ({node.path(): (node.id, node.facts(), node.content) for node in side.cluster.root.walk() if not node.is_dir},
         {root: [shot.name for shot in side.snapshots(root)] for root in side.snapshottable()})
        for side in sides
    ]  # fmt: skip


def kept_in(world: World, root: str = ROOT) -> list[str]:
    return [one.name for one in MemoryNameNode(world.clusters["west"]).snapshots(root) if "-kept-" in one.name]


def content(world: World, path: str, root: str = ROOT) -> bytes:
    """What the one kept snapshot of a root has."""
    [name] = kept_in(world, root)
    return world.clusters["west"].find(f"{root}/.snapshot/{name}/{path}").content


def told(world: World) -> list[str]:
    chain = world.context().ledger.chain
    entries = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == "kept"]


def named(text: str, *names: str) -> bool:
    return all(name in text for name in names)


# -- refuse
def test_what_only_the_secondary_has_under_a_new_root_refuses_the_run_by_name_before_anything_is_written() -> None:
    world = three_foreign(copied())
    before = everything(world)
    with pytest.raises(Refused) as refused:
        world.backup("r1")
    names = [f"{ROOT}/{name}" for name in (FOREIGN[0], FOREIGN[1], "theirs %")]
    assert named(str(refused.value), *names, "(3 files)")
    assert "drift: restore" in refused.value.remedy
    assert everything(world) == before
    [looked] = check(world)
    assert (looked.mark, named(looked.detail, *names, "(3 files)")) == (Mark.FAIL, True)
    assert "remove it" in looked.remedy
    plan = Preview(world.context()).run()
    assert plan["deletions_by_kind"]["files"] == {"deleted": 3, "live": 63, "allowed": 31}
    assert [named(line, *names, "(3 files)") for line in plan["refused"]] == [True]
    with pytest.raises(Refused):
        world.backup("r2", approve_deletions=True)
    for name in (FOREIGN[0], FOREIGN[1], "theirs %"):
        MemoryNameNode(world.clusters["west"]).delete(f"{ROOT}/{name}", recursive=True)
    document = world.backup("r3")
    assert (document["files_copied"], kept_in(world), check(world)[0].mark) == (0, [], Mark.OK)


@pytest.mark.parametrize("how", ["policy grew", "full", "a table's location"])
def test_every_way_to_a_new_root_is_refused_alike(how: str) -> None:
    world: World
    if how == "full":
        world, root = copied(A_TENTH + "mode: full\n"), ROOT
    elif how == "policy grew":
        world, root = copied(), OTHER
        world.backup("r0")
        world.policy = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"', policy=A_TENTH)
        fill(world, OTHER)
    else:
        world, root = TableWorld(TABLES.replace("hive: bill", "hive: bill.t")), "/s ü"
        fill(world, root)
        world.metastores["east"].create([table("bill", "t", location="hdfs://east/s ü")])
    three_foreign(world, root)
    before = everything(world)
    assert any(FOREIGN[1] in line for line in Preview(world.context()).run()["refused"])
    with pytest.raises(Refused, match="is new to this service"):
        world.backup("r1")
    assert everything(world) == before


def test_a_file_that_was_written_on_the_secondary_later_is_foreign_and_an_older_version_is_not() -> None:
    world = copied()
    put(world, "west", f"{ROOT}/d ü/e%20 1", b"an older version", 1_600_000_000_000)
    put(world, "west", f"{ROOT}/d ü/e%20 2", b"written there since", 1_800_000_000_000)
    before = everything(world)
    looked = check(world)
    assert [one.mark for one in looked] == [Mark.FAIL, Mark.WARN]
    assert named(looked[0].detail, "e%20 2 was written there later")
    assert "e%20 1" not in looked[0].detail
    assert "older versions of 1 file" in looked[1].detail
    plan = Preview(world.context()).run()
    assert named(plan["refused"][0], "e%20 2 was written there later")
    assert any("older versions of 1 file" in note for note in plan["notes"])
    with pytest.raises(Refused, match="written there later than on the primary"):
        world.backup("r1")
    assert everything(world) == before


def test_older_versions_in_a_copy_are_replaced_and_kept_under_either_rule() -> None:
    for policy in (A_TENTH, RESTORE):
        world = copied(policy)
        put(world, "west", f"{ROOT}/d ü/e%20 1", b"an older version", 1_600_000_000_000)
        document = world.backup("r1")
        assert (document["files_copied"], document["state"]) == (1, "sealed")
        assert world.tree("west", ROOT) == world.tree("east", ROOT)
        assert content(world, "d ü/e%20 1") == b"an older version"
        assert any(named(line, "kept before", "e%20 1 (an older version)") for line in document["warnings"])


def test_other_bytes_of_equal_length_written_later_are_refused_by_the_run_which_changes_nothing_there() -> None:
    """Names and lengths do not show it; the run compares bytes."""
    world = copied()
    put(world, "west", f"{ROOT}/d ü/e%20 7", b"SAME 7", 1_800_000_000_000)
    assert check(world) == []
    tree = world.tree("west", ROOT)
    with pytest.raises(Refused, match="written there later than on the primary"):
        world.backup("r1")
    assert (world.tree("west", ROOT), kept_in(world)) == (tree, [])
    put(world, "west", f"{ROOT}/d ü/e%20 7", b"same 7", 1_700_000_000_000)
    assert world.backup("r2")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_what_somebody_makes_between_the_look_and_the_plan_is_refused_or_kept_as_well() -> None:
    for policy, mode in ((A_TENTH, "incremental"), (RESTORE, "incremental"), (A_TENTH, "full"), (RESTORE, "full")):
        world = copied(policy)
        if mode == "full":
            world.backup("r0")
        world.host.name = "r1"
        stages = world.stages("r1")
        stages.preflight(mode=mode)
        stages.moment()
        put(world, "west", f"{ROOT}/d ü/for eign", b"theirs")
        if policy is A_TENTH:
            with pytest.raises(Refused, match="for eign"):
                stages.plan()
            assert world.clusters["west"].find(f"{ROOT}/d ü/for eign").content == b"theirs"
            continue
        for shard in range(stages.plan()["shards"]):
            stages.stage(shard)
        stages.place()
        stages.verify()
        stages.seal()
        assert world.tree("west", ROOT) == world.tree("east", ROOT)
        assert content(world, "d ü/for eign") == b"theirs"


@pytest.mark.parametrize("taken", ["", ".2"])
def test_what_is_foreign_is_kept_although_somebody_took_the_name_of_the_snapshot_beforehand(taken: str) -> None:
    world = three_foreign(copied(RESTORE))
    world.host.name = "r1"
    stages = world.stages("r1")
    stages.preflight()
    point = stages.moment()["point"]
    for end in {"", taken}:
        MemoryNameNode(world.clusters["west"]).create_snapshot(ROOT, f"dr-billing-kept-{point}.before{end}")
    put(world, "west", f"{ROOT}/d ü/late", b"theirs")
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    stages.seal()
    [kept] = points_document("billing", world.context().ledger.read(), ("east", "west"))["kept"]
    top = f"{ROOT}/.snapshot/{kept['snapshots'][ROOT]}"
    assert world.clusters["west"].find(f"{top}/d ü/late").content == b"theirs"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


# -- restore
def test_under_restore_foreign_content_of_a_new_root_is_kept_and_named_and_no_prune_removes_it() -> None:
    world = three_foreign(copied(RESTORE))
    put(world, "west", f"{ROOT}/d ü/e%20 2", b"written there since", 1_800_000_000_000)
    [looked] = check(world)
    assert (looked.mark, named(looked.detail, FOREIGN[1], "keeps it aside")) == (Mark.WARN, True)
    plan = Preview(world.context()).run()
    assert (plan["deletions"], plan["refused"], any(FOREIGN[1] in note for note in plan["notes"])) == (3, [], True)
    document = world.backup("r1")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert document["files_copied"] == 1
    for name in FOREIGN:
        assert content(world, name) == name.encode()
    assert content(world, "d ü/e%20 2") == b"written there since"
    [name] = kept_in(world)
    for n in range(8):
        put(world, "east", f"{ROOT}/new {n}", b"x")
        world.host.dead.add(f"n{n - 1}")
        world.backup(f"n{n}")
        Prune(world.context()).run("by hand")
    assert kept_in(world) == [name]
    [kept] = points_document("billing", world.context().ledger.read(), ("east", "west"))["kept"]
    assert (kept["snapshots"], kept["count"]) == ({ROOT: name}, 4)
    assert named(" ".join(kept["found"]), FOREIGN[0], FOREIGN[1], "theirs %", "e%20 2")
    assert any(named(one.detail, name, "deleted or replaced") for one in check(world))
    assert named(*told(world), name, FOREIGN[1], "deletes or replaces")
    assert any(named(line, name, "kept before") for line in document["warnings"])
    MemoryNameNode(world.clusters["west"]).delete_snapshot(ROOT, name)
    Prune(world.context()).run("by hand")
    assert [one.name for one in check(world)] == ["drift"]


def test_under_restore_what_would_go_of_a_copy_still_counts_against_the_limit() -> None:
    world = copied(RESTORE)
    for n in range(70):
        put(world, "west", f"{ROOT}/theirs/{n}", b"theirs")
    assert Preview(world.context()).run()["needs_approval"] == [
        "70 of 130 files would be deleted, the limit is 65 (10%, or the smaller of 100 and half of them)"]  # fmt: skip
    for run in ("r1", "r2"):
        with pytest.raises(Refused, match="70 of 130 files"):
            world.backup(run)
        world.host.dead.add(run)
    assert kept_in(world) == [], "a run that was refused keeps nothing, however often it comes"
    world.backup("r3", approve_deletions=True)
    assert content(world, "theirs/69") == b"theirs"


def test_a_death_or_a_lost_answer_around_a_first_run_loses_nothing_foreign() -> None:
    whole = Faults()
    three_foreign(copied(RESTORE)).backup("r1", faults=whole)
    base = three_foreign(copied(RESTORE))
    for at in thinned(range(1, whole.count + 1), 5):
        for faults in (Faults(at, die=True, after=True), Faults(at, lose=True, after=at % 2 == 0)):
            world = base.clone()
            try:
                world.backup("r1", faults=faults)
            except (Died, DrError):
                world.host.dead.add("r1")
                world.backup("r2", takeover=True)
            assert world.tree("west", ROOT) == world.tree("east", ROOT)
            for name in FOREIGN:
                assert content(world, name) == name.encode(), (at, faults)


# -- what is ours
def test_what_a_first_run_of_ours_left_half_placed_is_not_taken_for_somebody_elses() -> None:
    """Its point was given up: what it brought and the primary deleted since looks like foreign, and is kept."""
    world = World(A_TENTH)
    for n in range(6):
        put(world, "east", f"{ROOT}/d ü/{n}", b"ours %d" % n)
    stages = world.stages("r1")
    stages.preflight()
    stages.moment()
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)
    stages.place()
    stages.give_back("it ends here")
    [snapshot] = MemoryNameNode(world.clusters["east"]).snapshots(ROOT)
    MemoryNameNode(world.clusters["east"]).delete_snapshot(ROOT, snapshot.name)
    for files in world.files().values():
        point = world.context().ledger.read().unfinished()[0]
        files.remove(f"{world.context().directory(point.point)}/manifest.json")
    world.clusters["east"].delete(f"{ROOT}/d ü/3", recursive=False)
    world.host.dead.add("p1")
    document = world.backup("r2", takeover=True)
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert content(world, "d ü/3") == b"ours 3"
    assert any("cannot be recognised" in line for line in document["warnings"])


def test_a_root_that_comes_back_to_the_policy_loses_nothing_that_was_put_there_meanwhile() -> None:
    world = World(protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"'))
    fill(world)
    fill(world, OTHER)
    world.backup("both")
    world.policy = protecting(f"hdfs: {ROOT}")
    world.backup("one")
    put(world, "west", f"{OTHER}/theirs +", b"theirs")
    world.policy = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"')
    world.backup("both again")
    assert world.tree("west", OTHER) == world.tree("east", OTHER)
    assert content(world, "theirs +", OTHER) == b"theirs"
    assert kept_in(world) == []


# -- cost
class Counting:
    """A name space that counts what it is asked."""

    def __init__(self, inner: MemoryNameNode) -> None:
        self._inner, self.calls = inner, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._inner, name)


def test_the_look_asks_for_each_directory_once_and_for_no_file() -> None:
    world = three_foreign(copied())
    east, west = (Counting(MemoryNameNode(world.clusters[site])) for site in ("east", "west"))
    found: Any = look_at_copy(east, west, ROOT)  # type: ignore[arg-type]
    assert (found.count, found.files) == (3, 3)
    assert (set(east.calls), len(east.calls)) == ({"list"}, 2)  # the root and `d ü`
    assert (set(west.calls), len(west.calls)) == ({"list"}, 4)  # and what is only there


def test_a_new_root_without_anything_on_the_secondary_costs_one_request() -> None:
    world = World()
    put(world, "east", f"{ROOT}/d/x", b"x")
    east, west = (Counting(MemoryNameNode(world.clusters[site])) for site in ("east", "west"))
    look_at_copy(east, west, ROOT)  # type: ignore[arg-type]
    assert (east.calls, west.calls) == ([], ["list"])


def test_what_comes_into_foreign_content_that_goes_while_bytes_move_is_kept_in_a_snapshot_of_its_own() -> None:
    """The one that was taken when the run was planned does not have it."""
    world = three_foreign(copied(RESTORE))
    stages = world.stages("r1")
    stages.preflight()
    stages.moment()
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)
    put(world, "west", f"{ROOT}/theirs %/late", b"late")
    stages.place()
    stages.verify()
    stages.seal()
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    first, second = kept_in(world)
    west = world.clusters["west"]
    assert west.find(f"{ROOT}/.snapshot/{first}/{FOREIGN[2]}").content == FOREIGN[2].encode()
    assert west.find(f"{ROOT}/.snapshot/{second}/theirs %/late").content == b"late"
    assert [kept.snapshots for kept in world.context().ledger.read().kept] == [{ROOT: first}, {ROOT: second}]
