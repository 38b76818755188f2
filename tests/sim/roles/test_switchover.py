"""A planned change of roles on two sites in memory loses nothing that was acknowledged (S2.22 to S2.24, I5, I6)."""

from __future__ import annotations

import contextlib

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, OverQuota, Refused, Superseded
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.ledger.roles import Roles
from sim.failing_over import access, begun, changing, fail_over, put, switch_over, switchover
from sim.world import ROOT, World

NAMES, BYTES = 1_000, 1 << 20
MOST = 600
STEP = 3
"""Every third effect is hurt, so that it takes seconds; with 1 it is each one."""


def planned() -> World:
    """A world with a point, a directory with quotas of its user's, and changes since."""
    world, _ = begun()
    world.clusters["east"].live(ROOT).quota_names = NAMES
    world.clusters["east"].live(ROOT).quota_bytes = BYTES
    put(world, "east", "new ü=1", b"new")
    changing(world, Faults(), "west")[1].run()  # clients have access, as in every pair that was used
    return world


def state(world: World) -> PairState:
    return Roles("east-west", world.files(), world.clock).read().state


def quotas(world: World, site: str) -> tuple[int, int]:
    quota = MemoryNameNode(world.clusters[site]).quota(ROOT)
    return quota.namespace, quota.space_bytes


def assert_switched(world: World) -> None:
    now = state(world)
    assert (now.epoch, now.primary, now.changing, now.holder, now.fences) == (2, "west", False, "", {})
    assert access(world) == "west"
    assert quotas(world, "east") == (-1, -1)
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def assert_as_before(world: World) -> None:
    now = state(world)
    assert (now.epoch, now.primary, now.holder, now.fences) == (1, "east", "", {})
    assert access(world) == "east"
    assert quotas(world, "east") == (NAMES, BYTES)


def test_the_roles_are_exchanged_with_all_that_was_acknowledged_and_backups_go_on_the_other_way() -> None:
    world = planned()
    want = world.tree("east", ROOT)
    done = switch_over(world)
    assert (done["from"], done["to"], done["epoch"], done["access"]) == ("east", "west", 2, "west")
    assert done["fence"] == "fenced"
    assert done["rpo_seconds"] == {"billing": 0.0}
    assert (list(done["lost"]["billing"]["files"]), done["lost"]["billing"]["unknown"]) == ([], False)
    assert world.tree("west", ROOT) == want
    assert_switched(world)
    put(world, "west", "on west +", b"w")
    assert world.backup("back")["verified"] == "match"
    assert switch_over(world, to="east")["fence"] == "fenced"
    put(world, "east", "home #", b"e")
    assert world.backup("again")["verified"] == "match"
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_the_last_point_keeps_the_quotas_of_before_the_fence() -> None:
    world = planned()
    point = switch_over(world)["points"]["billing"]
    taken = world.context(moved=True).ledger.read().points[point].taken
    assert (taken.roots[ROOT].quota.namespace, taken.roots[ROOT].quota.space_bytes) == (NAMES, BYTES)


def test_nothing_happens_until_a_person_approves_and_a_look_changes_nothing() -> None:
    world = planned()
    shown = switchover(world).look()
    assert [one for one in shown["checks"] if one["state"] == "fail"] == []
    assert shown["fence"] == "fenced"
    with pytest.raises(Refused, match="has to be approved"):
        switchover(world).run("r", "test", "why", approve=False)
    assert_as_before(world)


@pytest.mark.parametrize(("how", "first"), [("die", 1), ("die behind it", 2), ("lose", 3)])
def test_wherever_it_is_interrupted_the_next_call_ends_it(how: str, first: int) -> None:
    start = planned()
    for at in range(first, MOST, STEP):
        world = start.clone()
        faults = Faults(at=at, die=how != "lose", lose=how == "lose", after=how != "die")
        try:
            switch_over(world, faults)
            ended = True
        except (Died, DrError):
            ended = False
        world.host.dead.add("failover")
        if not ended:
            with contextlib.suppress(Refused):  # it came to its end, and only the answer is missing
                switch_over(world)
        assert_switched(world)
        if ended and faults.count < at:
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_died_before_the_role_entry_a_call_for_the_primary_takes_it_back(after: bool) -> None:
    start = planned()
    for at in range(2 if after else 1, MOST, 2 * STEP):
        world = start.clone()
        with contextlib.suppress(Died):
            switch_over(world, Faults(at=at, die=True, after=after))
        world.host.dead.add("failover")
        if state(world).primary == "west":
            return
        with contextlib.suppress(Refused):  # it died before it was begun
            assert switch_over(world, to="east")["access"] == "east"
        assert_as_before(world)
        assert world.backup("goes on")["verified"] == "match"
    raise AssertionError("it never came to its role entry")


def test_a_failure_before_the_role_entry_takes_all_of_it_back() -> None:
    world = planned()
    put(world, "west", "for eign", b"FOREIGN")
    with pytest.raises(Refused, match="drift"):
        switch_over(world)
    assert_as_before(world)
    put(world, "east", "goes on %", b"production")


class Client:
    """An application that writes wherever it has access, and remembers what was acknowledged."""

    def __init__(self, world: World) -> None:
        self._world, self.acknowledged = world, dict[str, bytes]()

    def write(self) -> None:
        """One file, if it may."""
        host = self._world.host.name
        site = changing(self._world, Faults(), "west")[1].run(publish=False).decision.site
        self._world.host.name = host
        name = f"client {len(self.acknowledged)} ü+"
        if site is not None:
            with contextlib.suppress(OverQuota):
                put(self._world, site, name, b"acknowledged")
                self.acknowledged[name] = b"acknowledged"


def test_whatever_step_a_client_writes_at_nothing_that_was_acknowledged_is_lost() -> None:
    start = planned()
    for at in range(1, MOST, STEP):
        world = start.clone()
        client = Client(world)
        faults = Faults(at=at, first=client.write)
        switch_over(world, faults)
        for name, content in client.acknowledged.items():
            west = world.clusters["west"].find(f"{ROOT}/{name}")
            assert b"".join(piece.data for piece in west.pieces) == content, at
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_a_writer_that_does_not_ask_for_access_is_stopped_by_the_fence_or_is_in_the_last_point() -> None:
    start = planned()
    for at in range(1, MOST, 5):
        world, kept = start.clone(), list[str]()

        def write(world: World = world, kept: list[str] = kept) -> None:
            old_primary = state(world).fences or state(world).primary == "east"
            with contextlib.suppress(OverQuota):
                put(world, "east", "strange %", b"acknowledged")
                kept += ["strange %"] if old_primary else []

        faults = Faults(at=at, first=write)
        switch_over(world, faults)
        assert set(kept) <= set(world.tree("west", ROOT)), at
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_a_file_that_stays_open_is_closed_with_what_was_acknowledged_and_its_writer_is_stopped() -> None:
    world = planned()
    put(world, "east", "log ü%", b"first")
    node = world.clusters["east"].live(f"{ROOT}/log ü%")
    node.is_open = True
    shown = switchover(world).look()["checks"]
    assert f"{ROOT}/log ü%: open for writing" in [one["detail"] for one in shown]
    done = switch_over(world)
    assert done["fence"] == "fenced"
    assert not node.is_open
    assert_switched(world)


def test_a_service_that_cannot_go_refuses_it_and_nothing_has_changed() -> None:
    world = World()
    changing(world, Faults(), "west")[1].run()
    with pytest.raises(Refused, match="services: no service can go"):
        switch_over(world)
    assert state(world).holder == ""


def test_of_two_calls_at_once_the_later_one_goes_on_and_the_first_does_nothing_more() -> None:
    start = planned()
    for at in range(1, MOST, 9):
        world = start.clone()
        later = list[str]()

        def second(world: World = world, later: list[str] = later) -> None:
            later.append(switch_over(world)["access"])

        faults = Faults(at=at, first=second)
        with contextlib.suppress(DrError):
            switch_over(world, faults)
        if later:
            assert_switched(world)
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_a_failover_in_the_middle_of_it_counts_and_the_fence_it_left_is_lifted_later() -> None:
    world = planned()
    with contextlib.suppress(Died):
        switch_over(world, Faults(at=25, die=True))
    assert state(world).fences
    world.host.dead.add("failover")
    world.lose("east")
    assert fail_over(world)["access"] == "west"
    world.find("east")
    assert switch_over(world)["warnings"] == []
    assert state(world).fences == {}
    assert quotas(world, "east") == (-1, -1)
    with pytest.raises(Refused, match="west is primary already, in epoch 2"):
        switch_over(world)


def test_a_run_that_slept_through_it_can_do_nothing_any_more() -> None:
    world = planned()
    world.host.name = "sleeps"
    stages = world.stages("sleeps")
    stages.preflight()
    stages.moment()
    switch_over(world)
    with pytest.raises(Superseded):
        stages.plan()
    assert_switched(world)
