"""One root, one owner: two services never have snapshots of one directory, whoever came first and whoever died (I8)."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import DrError, OwnedElsewhere, Refused, Superseded
from hadoop_dr.domain.ledger import LedgerEntry, entry_path, pair_chain
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.datasets.hive.component import HiveTables
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.report import all_entries, explanation
from hadoop_dr.services.roots.ownership import own_roots
from sim.world import POLICY, ROOT, TABLES, TableWorld, World, fill, protecting
from support.catalogs import table

PAIR = pair_chain("east-west")
OTHER = POLICY.replace("service: billing", "service: other")
INSIDE, ABOVE = f"{ROOT}/ü dir", ROOT.rpartition("/")[0]


def filled() -> World:
    world = World()
    fill(world)
    return world


def beside(world: World, policy: str) -> World:
    """Another service on the same clusters, of a controller that does not have the first one's policy."""
    other = copy.copy(world)
    other.policy = policy
    return other


def owners(world: World) -> dict[str, str]:
    return dict(Roles("east-west", world.files(), world.clock).read().state.owners)


def snapshottable(world: World) -> set[str]:
    return {root for site in world.clusters for root in MemoryNameNode(world.clusters[site]).snapshottable()}


def pair_entries(world: World) -> list[str]:
    return [entry.kind for entry in all_entries(world.files()["west"], PAIR)]


def looked(world: World, mark: Mark) -> set[str]:
    """Names of the checks that come out so."""
    return {result.name for result in RunChecks(world.context()).look() if result.mark is mark}


def test_a_run_owns_all_its_new_roots_by_one_entry_and_an_unchanged_one_writes_none() -> None:
    world = TableWorld(TABLES)
    for number in range(12):
        world.create(f"t{number}")
    world.backup("first")
    assert pair_entries(world) == ["roles", "clusters", "roots_owned"]
    assert owners(world) == {f"/wh/t{number} ü": "billing" for number in range(12)}
    world.backup("second")
    world.create("t+")
    world.backup("third")
    assert pair_entries(world) == ["roles", "clusters", "roots_owned", "roots_owned"]
    assert owners(world)["/wh/t+ ü"] == "billing"
    assert check_chain(PAIR, world.files())["entries"] == {"east": 4, "west": 4}


def test_a_run_without_a_new_root_asks_the_pairs_ledger_for_nothing_once_it_has_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, asked = filled(), list[str]()
    world.backup("first")
    stages, real = world.stages("second"), Chain.entries

    def entries(self: Chain) -> list[LedgerEntry]:
        asked.append(self.path)
        return real(self)

    monkeypatch.setattr(Chain, "entries", entries)
    stages.run_all()
    assert asked
    assert PAIR not in asked


def test_a_table_made_while_the_moment_was_armed_is_owned_before_its_directory_gets_snapshots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = TableWorld(TABLES)
    world.create("t1")
    world.backup("first")
    real = HiveTables.mark

    def late(self: HiveTables) -> None:
        if "t+" not in world.metastores["east"].table_names("bill"):
            world.create("t+")
        assert snapshottable(world) == set(owners(world))
        real(self)

    monkeypatch.setattr(HiveTables, "mark", late)
    world.backup("second")
    assert owners(world) == {"/wh/t1 ü": "billing", "/wh/t+ ü": "billing"}


@pytest.mark.parametrize("theirs", [ROOT, INSIDE, ABOVE])
def test_a_root_that_another_service_owns_is_refused_by_name_before_anything_changes(theirs: str) -> None:
    world = filled()
    world.backup("first")
    other = beside(world, protecting(f"hdfs: {theirs}", policy=OTHER))
    before = snapshottable(world), owners(world)
    with pytest.raises(Refused) as refused:
        other.backup("other's")
    said = str(refused.value)
    assert "other" in said
    assert f"{theirs} " in said
    assert f"{ROOT}, a root of the service 'billing'" in said or "a root of the service 'billing' too" in said
    assert "unprotect" in refused.value.remedy
    assert (snapshottable(world), owners(world)) == before
    assert not other.context().ledger.chain.entries()
    assert "owners" in looked(other, Mark.FAIL)
    world.backup("goes on")


def test_what_another_policy_declares_and_never_backed_up_is_refused_by_name() -> None:
    world = TableWorld(protecting(f"hdfs: {ABOVE}"), others=(protecting(f"hdfs: {INSIDE}", policy=OTHER),))
    world.clusters["east"].make_directory(INSIDE, 0o755, parents=True)
    with pytest.raises(Refused, match=re.escape(f"{ABOVE} holds {INSIDE}, a directory of the service 'other'")):
        world.backup("first")
    assert owners(world) == {}


def test_what_a_service_owns_stays_its_own_when_another_policy_declares_it_and_that_one_is_refused() -> None:
    world = filled()
    world.backup("first")
    other = beside(world, protecting(f"hdfs: {ABOVE}", policy=OTHER))
    world.others = (other.policy,)
    assert "owners" in looked(world, Mark.WARN)
    assert world.backup("second")["state"] == "sealed"
    with pytest.raises(Refused, match="a root of the service 'billing'"):
        other.backup("theirs")


def effects_of_a_preflight() -> int:
    world, faults = filled(), Faults()
    world.stages("counted", faults=faults).preflight()
    return faults.count


COUNT = effects_of_a_preflight()


@pytest.mark.parametrize("theirs", [ROOT, INSIDE, ABOVE])
@pytest.mark.parametrize("at", range(1, COUNT + 1))
def test_of_two_controllers_that_want_one_root_at_any_step_exactly_one_has_it_and_the_other_is_refused_by_name(
    at: int, theirs: str
) -> None:
    world = filled()
    other = beside(world, protecting(f"hdfs: {theirs}", policy=OTHER))
    ended: dict[str, DrError | None] = {}

    def runs(name: str, one: World, faults: Faults | None = None) -> None:
        try:
            one.stages(name, faults=faults).preflight()
            ended[name] = None
        except Refused as error:
            ended[name] = error

    runs("billing", world, Faults(at=at, first=lambda: runs("other", other)))
    [winner] = [name for name, error in ended.items() if error is None]
    [(loser, error)] = [(name, error) for name, error in ended.items() if error is not None]
    assert f"the service '{winner}'" in str(error)
    assert loser in str(error)
    assert set(owners(world).values()) == {winner}
    assert snapshottable(world) == set(owners(world))


def test_of_eight_processes_that_race_for_one_root_one_wins() -> None:
    world = filled()
    names = [f"svc{number}" for number in range(8)]
    grounds = [beside(world, POLICY.replace("service: billing", f"service: {name}")).context() for name in names]

    def owns(number: int) -> bool:
        try:
            grounds[number].owners.own([ROOT], names[number], lambda: None)
        except OwnedElsewhere:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(owns, range(8)))
    assert won.count(True) == 1
    assert owners(world) == {ROOT: names[won.index(True)]}
    assert pair_entries(world).count("roots_owned") == 1


def effects_of_a_first_run() -> int:
    world, faults = filled(), Faults()
    stages = world.stages("counted", faults=faults)
    stages.preflight()
    stages.moment()
    return faults.count


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, effects_of_a_first_run() + 1))
def test_a_death_at_any_step_to_the_moment_leaves_no_snapshottable_directory_without_an_owner(
    at: int, after: bool
) -> None:
    world = filled()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    world.host.dead.add("dies")
    assert snapshottable(world) <= set(owners(world))
    other = beside(world, OTHER)
    if owners(world):
        with pytest.raises(Refused, match="service 'billing'"):
            other.backup("other's")
    assert world.backup("next")["state"] == "sealed"
    assert owners(world) == {ROOT: "billing"}


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("at", range(1, COUNT + 1))
def test_a_lost_answer_on_the_way_to_a_root_is_read_back_or_stops_the_run_and_the_next_one_seals(
    at: int, after: bool
) -> None:
    world, ended = filled(), ""
    try:
        ended = world.backup("loses", Faults(at=at, lose=True, after=after))["state"]
    except DrError as error:
        ended = type(error).__name__
    assert ended in ("sealed", "Unknown", "Refused")
    assert snapshottable(world) <= set(owners(world))
    assert world.backup("next")["state"] == "sealed"
    assert owners(world) == {ROOT: "billing"}


def test_an_entry_whose_answer_was_lost_but_which_is_there_lets_the_run_go_on() -> None:
    world, faults = filled(), Faults()
    context = world.context(faults)
    faults.at, faults.lose, faults.after = faults.count + 1, True, True
    context.owners.own([ROOT], "r", lambda: None)
    assert owners(world) == {ROOT: "billing"}
    assert pair_entries(world).count("roots_owned") == 1


def test_a_service_from_before_there_were_owners_owns_its_roots_from_its_next_run_on() -> None:
    world = filled()
    world.backup("first")
    for files in world.files().values():
        files.remove(entry_path(PAIR, 3))
    assert owners(world) == {}
    assert world.backup("second")["state"] == "sealed"
    assert owners(world) == {ROOT: "billing"}


def test_a_run_that_lost_its_claim_owns_nothing() -> None:
    world = filled()
    world.host.name = "sleeps"
    sleeps = world.stages("sleeps")
    sleeps.preflight()
    context = world.context()
    context.owners.release(None, "somebody", lambda: None)
    world.host.dead.add("sleeps")
    claim = context.claims.owned("sleeps")[1]
    beside(world, POLICY).stages("takes over").preflight(takeover=True)
    context.owners.release(None, "somebody", lambda: None)
    with pytest.raises(Superseded):
        own_roots(context, claim, lambda: [ROOT])
    assert owners(world) == {}


# ---------------------------------------------------------------- giving up


def dropped() -> TableWorld:
    """A service of two tables of which one was dropped; its last point goes with the next run but one."""
    world = TableWorld(TABLES.replace('"5"', '"2"'))
    world.create("t1")
    world.create("t2")
    world.backup("both")
    world.metastores["east"].drop([table("bill", "t2", location="hdfs://east/wh/t2 ü")])
    world.backup("one")
    return world


def test_a_root_is_given_up_once_neither_site_has_it_snapshottable_and_another_service_may_have_it() -> None:
    world = dropped()
    assert "/wh/t2 ü" in owners(world)
    other = beside(world, protecting("hdfs: /wh/t2 ü", policy=OTHER))
    with pytest.raises(Refused, match="a root of the service 'billing' too"):
        other.backup("too early")
    world.backup("prunes the last point of it")
    assert "/wh/t2 ü" not in snapshottable(world)
    assert "/wh/t2 ü" in owners(world)
    world.backup("gives it up")
    assert owners(world) == {"/wh/t1 ü": "billing"}
    assert pair_entries(world)[-1] == "roots_released"
    assert other.backup("now")["state"] == "sealed"
    assert owners(world) == {"/wh/t1 ü": "billing", "/wh/t2 ü": "other"}


def test_a_root_that_somebody_still_has_snapshots_of_is_not_given_up() -> None:
    world = dropped()
    MemoryNameNode(world.clusters["west"]).create_snapshot("/wh/t2 ü", "theirs")
    for run in ("prunes", "again", "and again"):
        world.backup(run)
    assert owners(world)["/wh/t2 ü"] == "billing"
    MemoryNameNode(world.clusters["west"]).delete_snapshot("/wh/t2 ü", "theirs")
    world.backup("makes it free")
    world.backup("gives it up")
    assert owners(world) == {"/wh/t1 ü": "billing"}


def test_a_root_of_a_run_that_died_before_its_moment_is_made_free_and_given_up_when_it_is_not_wanted_any_more() -> None:
    world = TableWorld(TABLES)
    world.create("t1")
    world.backup("first")
    world.create("t2")
    world.host.name = "dies"
    world.stages("dies").preflight()
    world.host.dead.add("dies")
    assert "/wh/t2 ü" in snapshottable(world)
    world.metastores["east"].drop([table("bill", "t2", location="hdfs://east/wh/t2 ü")])
    world.backup("second")
    assert "/wh/t2 ü" not in snapshottable(world)
    world.backup("third")
    assert owners(world) == {"/wh/t1 ü": "billing"}


def test_releasing_gives_all_roots_of_a_service_up_and_nobody_elses() -> None:
    world = filled()
    world.backup("first")
    other = beside(world, protecting("hdfs: /data/c ü", policy=OTHER))
    world.clusters["east"].make_directory("/data/c ü", 0o755, parents=True)
    other.backup("theirs")
    context = world.context()
    assert context.owners.release(None, "unprotect", lambda: None) == [ROOT]
    assert owners(world) == {"/data/c ü": "other"}
    assert context.owners.release(None, "unprotect", lambda: None) == []
    told = explanation("pair", all_entries(world.files()["west"], PAIR), None)["entries"]
    assert [entry["text"] for entry in told[1:]] == [
        "east is HDFS cluster CID-east, west is HDFS cluster CID-west",
        f"service billing owns {ROOT}",
        "service other owns /data/c ü",
        f"service billing gives up {ROOT}",
    ]


def test_a_prune_by_hand_makes_no_root_free_that_a_point_needs() -> None:
    world = filled()
    world.backup("first")
    Prune(world.context()).run("by hand")
    assert snapshottable(world) == {ROOT}


# ---------------------------------------------------------------- work areas


def test_what_a_service_left_in_a_root_that_another_one_owns_now_is_named_and_left_alone() -> None:
    world = filled()
    faults = Faults()
    stages = world.stages("counted", faults=faults)
    for stage in (stages.preflight, stages.moment, stages.plan):
        stage()
    before = faults.count
    world = filled()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=before + 12, die=True))
    west = MemoryNameNode(world.clusters["west"])
    [left] = [entry.name for entry in west.list(f"{ROOT}/.hadoop-dr")]
    given_up(world)
    other = beside(world, OTHER)
    with pytest.raises(Refused, match=re.escape(f"{left}: is a work area of the service 'billing'")):
        other.backup("theirs")
    assert [entry.name for entry in west.list(f"{ROOT}/.hadoop-dr")] == [left]
    west.delete(f"{ROOT}/.hadoop-dr", recursive=True)
    assert other.backup("next")["state"] == "sealed"


def given_up(world: World) -> None:
    """What a person does to free the directory of a service: its snapshots and its ownership go."""
    for site in world.clusters:
        namenode = MemoryNameNode(world.clusters[site])
        for shot in namenode.snapshots(ROOT):
            namenode.delete_snapshot(ROOT, shot.name)
        namenode.disallow_snapshot(ROOT)
    world.context().owners.release(None, "unprotect", lambda: None)


def test_something_of_ours_beside_work_areas_is_told_by_the_run_and_by_coverage() -> None:
    world = filled()
    world.backup("first")
    east, west = (world.clusters[site] for site in ("east", "west"))
    west.make_directory(f"{ROOT}/.hadoop-dr/notes ü", 0o755, parents=True)
    east.make_directory(f"{ROOT}/so that there is something to place", 0o755, parents=True)
    document = world.backup("second")
    assert any(f"west:{ROOT}/.hadoop-dr/notes ü is not one of our work areas" in text for text in document["warnings"])
    assert [entry.name for entry in MemoryNameNode(west).list(f"{ROOT}/.hadoop-dr")] == ["notes ü"]
    east.make_directory(f"{ROOT}/.hadoop-dr/notes ü", 0o755, parents=True)
    [told] = [result for result in Coverage(world.context()).run() if result.name == "reserved"]
    assert f"east:{ROOT}/.hadoop-dr is in no point" in told.detail
