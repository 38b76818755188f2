"""A failover on two sites in memory: the old primary is lost, in the middle of whatever ran (S2.22, I2, I5, I6)."""

from __future__ import annotations

import contextlib

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError, Refused, Superseded
from hadoop_dr.domain.ledger import pair_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.roles import Roles
from sim.failing_over import access, announce, begun, fail_over, failover, put
from sim.world import ROOT, TABLES, TableWorld, World, plan_and_stage


def dies_before_place(world: World) -> str:
    """A run of a changed primary that has staged all its shards; gives its point."""
    put(world, "east", "new ü=1", b"new")
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    return point


def test_the_other_site_is_primary_with_the_newest_point_and_clients_use_it() -> None:
    world, first = begun()
    world.lose("east")
    done = fail_over(world)
    assert (done["from"], done["to"], done["epoch"], done["fence"]) == ("east", "west", 2, "forced")
    assert done["points"] == {"billing": first["point"]}
    assert done["access"] == access(world) == "west"
    assert world.tree("west", ROOT) == first["tree"]
    state = Roles("east-west", world.files(), world.clock).read().state
    assert (state.primary, state.deciding, state.changing) == ("west", "west", False)
    assert done["lost"]["billing"] == {"files": (), "tables": (), "unknown": True}


def test_nothing_happens_until_a_person_approves_and_a_look_changes_nothing() -> None:
    world, _ = begun()
    world.lose("east")
    head = world.context().ledger.chain.entries()[-1].n
    shown = failover(world).look()
    assert [one for one in shown["checks"] if one["state"] == "fail"] == []
    with pytest.raises(Refused, match="has to be approved"):
        failover(world).run("failover", "test", "why", approve=False)
    assert Roles("east-west", world.files(), world.clock).read().state.epoch == 1
    assert world.context().ledger.chain.entries()[-1].n == head
    assert access(world) is None


def test_a_staged_point_is_finished_first_because_that_site_has_all_of_it() -> None:
    world, _ = begun()
    point = dies_before_place(world)
    for at in range(1, 100):  # until it dies behind the entry that says that it is staged
        with contextlib.suppress(Died):
            world.stages("dies", faults=Faults(at=at, die=True)).place()
        if world.context().ledger.read().points[point].state is PointState.STAGED:
            break
    want = world.tree("east", ROOT)
    world.lose("east")
    assert failover(world).look()["in_flight"] == {"billing": {"point": point, "ending": "roll forward"}}
    assert fail_over(world)["points"] == {"billing": point}
    assert world.tree("west", ROOT) == want


def test_a_point_that_is_not_all_there_is_given_up_and_the_tree_is_that_of_the_point_before() -> None:
    world, first = begun()
    point = dies_before_place(world)
    world.lose("east")
    assert fail_over(world)["points"] == {"billing": first["point"]}
    assert world.context(moved=True).ledger.read().points[point].state is PointState.VOID
    assert world.tree("west", ROOT) == first["tree"]


def test_a_run_that_slept_through_it_can_do_nothing_any_more() -> None:
    world, first = begun()
    put(world, "east", "new ü=1", b"new")
    world.host.name = "sleeps"
    stages = world.stages("sleeps")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    fail_over(world)
    for late in (stages.place, stages.verify, stages.seal):
        with pytest.raises(Superseded):
            late()
    with pytest.raises(Refused, match="epoch"):
        stages.preflight(takeover=True)
    assert world.tree("west", ROOT) == first["tree"]


def test_what_the_old_primary_still_tells_of_later_changes_is_named_as_lost() -> None:
    world, _ = begun()
    put(world, "east", "late +ü", b"late")
    lost = failover(world).look()["lost"]["billing"]
    assert list(lost["files"]) == [f"{ROOT}/late +ü"]
    assert lost["unknown"] is False


@pytest.mark.parametrize("how", ["die", "die behind it", "lose"])
def test_wherever_it_is_interrupted_the_next_call_ends_it(how: str) -> None:
    start, first = begun()
    dies_before_place(start)
    start.host.dead.add("dies")
    start.lose("east")
    for at in range(1, 400):
        world = start.clone()
        faults = Faults(at=at, die=how != "lose", lose=how == "lose", after=how != "die")
        try:
            fail_over(world, faults)
            ended = True
        except (Died, DrError):
            ended = False
        world.host.dead.add("failover")
        if not ended:
            with contextlib.suppress(Refused):  # it came to its end, and only the answer is missing
                fail_over(world)
        assert access(world) == "west"
        assert world.tree("west", ROOT) == first["tree"]
        state = Roles("east-west", world.files(), world.clock).read().state
        assert (state.epoch, state.primary, state.changing) == (2, "west", False)
        if ended and faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_it_is_refused_once_it_is_done_and_without_any_point() -> None:
    world, _ = begun()
    world.lose("east")
    fail_over(world)
    with pytest.raises(Refused, match="west is primary already, in epoch 2"):
        fail_over(world)
    empty = World()
    empty.lose("east")
    with pytest.raises(Refused, match="no service can go: billing: no point of it was ever sealed on west"):
        fail_over(empty)


def test_a_service_of_tables_goes_with_its_catalog() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.backup("first")
    world.lose("east")
    fail_over(world)
    assert world.metastores["west"].table_names("bill") == ["t 1"]


@pytest.mark.parametrize("lost", [True, False])
def test_there_and_back_and_there_again_and_every_backup_between_seals(lost: bool) -> None:
    world, _ = begun()
    for turn, (old, new) in enumerate([("east", "west"), ("west", "east")] * 2):
        if lost:
            world.lose(old)
        done = fail_over(world, to=new)
        assert (done["closed"], done["access"]) == ({}, new)
        world.find(old)
        announce(world)
        put(world, new, f"of turn {turn} ü", b"%d" % turn)
        for run in range(2):
            assert world.backup(f"{turn}.{run}")["verified"] == "match"
        assert world.tree("east", ROOT) == world.tree("west", ROOT)
        read = Roles("east-west", world.files(), world.clock).read()
        assert read.behind == ()
        assert world.context().ledger.chain.entries()


def test_no_backup_goes_to_the_old_primary_until_a_person_lets_it_in() -> None:
    world, _ = begun()
    put(world, "east", "never crossed", b"of the old primary")
    world.policy += "drift: restore\n"
    fail_over(world)
    with pytest.raises(Refused, match="epoch: east: ZooKeeper says invalid in epoch 2"):
        world.backup("too early")
    assert world.clusters["east"].find(f"{ROOT}/never crossed").content == b"of the old primary"
    announce(world)
    world.backup("let in")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_a_failover_by_mistake_is_refused_while_the_primary_answers_and_can_be_taken_back() -> None:
    world, _ = begun()
    with pytest.raises(Refused, match="old primary: east still answers"):
        failover(world).run("failover", "test", "why", approve=True)
    fail_over(world)
    put(world, "east", "goes on %", b"production")
    fail_over(world, to="east")
    announce(world)
    assert access(world) == "east"
    assert world.backup("next")["verified"] == "match"
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_the_second_disaster_is_survived_too_though_the_site_that_decided_is_lost() -> None:
    world, _ = begun()
    world.lose("east")
    fail_over(world)
    world.find("east")
    announce(world)
    put(world, "west", "of west #", b"1")
    point = world.backup("back")["point"]
    world.lose("west")
    done = fail_over(world, to="east")
    assert done["points"] == {"billing": point}
    assert world.clusters["east"].find(f"{ROOT}/of west #")


def test_a_site_that_lacks_the_newest_roles_is_not_made_primary_by_what_it_believes() -> None:
    world, _ = begun()
    world.lose("east")
    fail_over(world)
    world.find("east")
    announced = AnnounceIdentity("east-west", world.coordinators(), world.clock, world.tokens)
    announced.run("east", Role.SECONDARY, 2, "test", "announced, and its ledger never followed")
    world.lose("west")
    with pytest.raises(Refused, match="ledger: east announces epoch 2, and its copy"):
        fail_over(world, to="east")


def test_a_death_before_the_new_decider_has_the_entry_that_makes_it_decide_is_carried_on() -> None:
    world, _ = begun()
    roles = Roles("east-west", world.files(), world.clock)
    read = roles.read()
    west = Chain(pair_chain("east-west"), world.files()["west"], None, world.clock)
    west.entries()
    west.append(RolesSet("west", "east", "test", "died here"), epoch=2, run="r", pair_n=0, seen_n=read.state.n)
    assert fail_over(world)["closed"] == {}
    state = Roles("east-west", world.files(), world.clock).read()
    assert (state.state.primary, state.state.changing, state.behind) == ("west", False, ())
