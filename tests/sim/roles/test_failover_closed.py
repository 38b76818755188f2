"""A service that could not go with a failover: it says so, and the next call goes on with it (I5, I6, S2.22)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Failed, Refused
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.datasets.component import Promoted
from hadoop_dr.services.ledger.roles import Roles
from sim.failing_over import Other, announce, begun, fail_over, failover, put
from sim.world import ROOT, World, plan_and_stage


def half_placed() -> tuple[World, dict[str, Any], str]:
    """A run died behind its place, before its seal: what the staged point is, and the tree that it makes."""
    world, first = begun()
    put(world, "east", "new ü=1", b"new")
    world.clusters["east"].delete(f"{ROOT}/h#", recursive=True)
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    point = stages.moment()["point"]
    plan_and_stage(stages)
    stages.place()
    world.host.dead.add("dies")
    return world, {**first, "staged": world.tree("east", ROOT)}, point


def with_a_foreign_file() -> tuple[World, dict[str, Any], str]:
    world, first, point = half_placed()
    put(world, "west", "for eign", b"FOREIGN")
    return world, first, point


def take_it_away(world: World) -> None:
    MemoryNameNode(world.clusters["west"]).delete(f"{ROOT}/for eign", recursive=True)


def test_a_lost_answer_closes_no_service_because_what_was_left_is_ended_again() -> None:
    start, first, point = half_placed()
    start.lose("east")
    for at in range(1, 200):
        world = start.clone()
        faults = Faults(at=at, lose=True)
        with contextlib.suppress(DrError):  # the pair's own step lost an answer
            done = fail_over(world, faults, other=Other())
            assert done["closed"] == {}, at
            assert done["points"]["billing"] == point
            assert world.tree("west", ROOT) == first["staged"]
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_a_service_that_stayed_closed_goes_with_the_next_call_once_a_person_has_decided() -> None:
    world, first, point = with_a_foreign_file()
    world.lose("east")
    done = fail_over(world, other=Other())
    assert done["points"] == {"crm ü": Other.point}
    assert list(done["closed"]) == ["billing"]
    assert "for eign was created" in done["closed"]["billing"]
    with pytest.raises(Failed, match="no service could be made live: billing: drift: "):  # nobody has decided yet
        fail_over(world, other=Other())
    said = "west is primary already, in epoch 2, and not all of it is done; closed: billing"
    assert said in [one["detail"] for one in failover(world, other=Other()).look()["checks"]]
    take_it_away(world)
    again = fail_over(world, other=Other())
    assert (again["points"], again["closed"], again["epoch"]) == ({"billing": point}, {}, 2)
    assert world.tree("west", ROOT) == first["staged"]
    with pytest.raises(Refused, match="west is primary already, in epoch 2"):
        fail_over(world, other=Other())
    world.find("east")
    announce(world)
    put(world, "west", "on west +", b"w")
    assert world.backup("back")["verified"] == "match"
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_the_next_call_leaves_alone_what_went_and_works_already() -> None:
    world, _, _ = with_a_foreign_file()
    other = Other()
    fail_over(world, other=other)
    lived: list[str] = []
    other.make_live = lambda reason: (lived.append(reason), Promoted())  # type: ignore[method-assign,assignment]
    with pytest.raises(Failed):
        fail_over(world, other=other)
    assert lived == []


def test_a_service_that_stays_closed_is_named_also_by_the_call_that_goes_on_after_an_interruption() -> None:
    start, _, point = with_a_foreign_file()
    for at in range(1, 300, 2):
        world = start.clone()
        faults = Faults(at=at, die=True)
        try:
            fail_over(world, faults, other=Other())
        except Died:
            world.host.dead.add("failover")
            with contextlib.suppress(Failed):  # it only lacked the last answer, and nothing more can go
                fail_over(world, other=Other())
        assert Roles("east-west", world.files(), world.clock).read().state.closed == ("billing",), at
        assert world.context(moved=True).ledger.read().points[point].state is PointState.STAGED
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


class Lasting(Other):
    """A service whose runs take long to end; meanwhile something else happens."""

    def __init__(self, world: World, meanwhile: Callable[[], None]) -> None:
        self._world, self._meanwhile = world, meanwhile

    def end_runs(self, reason: str) -> None:
        """Waits until the runs of the first service are ended."""
        for _ in range(100_000):
            claim = self._world.context().ledger.read().claim
            if claim is not None and claim.run == "failover":
                self._meanwhile()
                return


@pytest.mark.parametrize("far", ["taken", "half placed"])
def test_a_run_that_slips_in_before_the_role_entry_is_ended_behind_it(far: str) -> None:
    """Nobody shows a heartbeat for a service whose runs are ended, while those of another one still are."""
    world, first = begun()
    put(world, "east", "new ü=1", b"new")
    put(world, "east", "zzz", b"zzz" * 50)
    world.clusters["east"].delete(f"{ROOT}/h#", recursive=True)
    world.clusters["east"].rename(f"{ROOT}/a b", f"{ROOT}/moved %")
    begun_late: list[str] = []

    def slips_in() -> None:
        world.clock.sleep_until(world.clock.monotonic_s() + 3600)
        world.host.name = "scheduled"
        stages = world.stages("scheduled")
        stages.preflight(takeover=True)
        begun_late.append(stages.moment()["point"])
        plan_and_stage(stages)
        trees = (sorted(first["tree"]), sorted(world.tree("east", ROOT)))
        for at in range(1, 60) if far == "half placed" else ():
            with contextlib.suppress(Died):
                world.stages("scheduled", faults=Faults(at=at, die=True)).place()
            if sorted(world.tree("west", ROOT)) not in trees:
                break

    done = fail_over(world, other=Lasting(world, slips_in))
    want = {"taken": (first["point"], first["tree"]), "half placed": (begun_late[0], world.tree("east", ROOT))}[far]
    assert (done["points"]["billing"], done["closed"]) == (want[0], {})
    assert world.tree("west", ROOT) == want[1]
    assert Roles("east-west", world.files(), world.clock).read().state.closed == ()
    announce(world)
    world.policy += "drift: restore\n"  # what never crossed is still on east
    assert world.backup("after")["verified"] == "match"


def test_what_waits_on_the_other_site_is_left_alone_when_the_roles_go_back() -> None:
    """Its tree is that of the site that is the secondary again; the next backup ends it there."""
    world, first, point = with_a_foreign_file()
    fail_over(world, other=Other())
    done = fail_over(world, to="east", other=Other())
    assert (done["points"]["billing"], done["closed"]) == (first["point"], {})
    assert world.tree("east", ROOT) == first["staged"]
    assert world.context().ledger.read().points[point].state is PointState.STAGED
    announce(world)
    take_it_away(world)
    assert world.backup("ends it")["verified"] == "match"
    assert world.tree("west", ROOT) == first["staged"]
