"""A change of roles of a world, and what a test asks of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hadoop_dr.adapters.memory.hdfs.faults import Faults, FaultyMover, faulty_coordinator
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.domain.roles.failover import ServiceOutlook
from hadoop_dr.domain.roles.identity import Role, access_path, decode_access
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.component import Promoted
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.change_roles import ChangeRoles
from hadoop_dr.services.roles.failover import Failover
from hadoop_dr.services.roles.fence import Fence
from hadoop_dr.services.roles.move_service import MoveService
from hadoop_dr.services.roles.switchover import Switchover
from sim.world import ROOT, World, fill


class Other:
    """A second service, ``crm ü``, that always goes."""

    point = "20261120T212450.342Z"

    def look(self) -> ServiceOutlook:
        """It has a point."""
        return ServiceOutlook("crm ü", self.point, 1)

    def end_runs(self, reason: str) -> None:
        """It has none."""

    def behind(self) -> str:
        """Never."""
        return ""

    def make_live(self, reason: str) -> tuple[str | None, Promoted]:
        """At once."""
        return self.point, Promoted()


class Services:
    """The service of a world, and perhaps another one."""

    def __init__(self, world: World, faults: Faults | None = None, other: Other | None = None) -> None:
        self._world, self._faults, self._other = world, faults, other

    def names(self) -> list[str]:
        """Those of both."""
        return ["billing", "crm ü"] if self._other else ["billing"]

    @contextlib.contextmanager
    def open(self, service: str, *, moved: bool) -> Iterator[Any]:
        """In the direction of before."""
        if service == "crm ü":
            yield self._other
            return
        context = self._world.context(self._faults, moved=moved)
        finish = BackupStages(context, "failover", one_process=True).finish_left

        def back_up(reason: str) -> None:
            run = f"last {self._world.tokens.token()}"
            BackupStages(context, run, one_process=True).run_all(reason=reason, takeover=True)

        yield MoveService(context, "failover", finish, back_up)


def failover(world: World, faults: Faults | None = None, to: str = "west", other: Other | None = None) -> Failover:
    """A failover in a process of its own."""
    change, _ = changing(world, faults or Faults(), to, other)
    return Failover(change, list, lambda: not world.lost)


def switchover(world: World, faults: Faults | None = None, to: str = "west") -> Switchover:
    """A switchover in a process of its own."""
    faults = faults or Faults()
    change, arbitrate = changing(world, faults, to)
    fences = {
        name: Fence(
            name, side.namenode, FaultyMover(MemoryMover(world.clusters[name], world.clusters[name]), faults),
            world.clock, world.tokens,
        )
        for name, side in world.sides(faults).items()
    }  # fmt: skip
    return Switchover(change, arbitrate, fences, list)


def switch_over(
    world: World, faults: Faults | None = None, to: str = "west", *, force: bool = False
) -> dict[str, Any]:
    """One that a person approved; each call is a run of its own."""
    asked = switchover(world, faults, to)
    run = f"switchover {world.tokens.token()}"
    return asked.run(run, "test", "the rack moves %", approve=True, force=force)


def changing(
    world: World, faults: Faults, to: str, other: Other | None = None
) -> tuple[ChangeRoles, Arbitrate]:
    """What every change of roles has, and who arbitrates."""
    world.host.name = "failover"
    sides = world.sides(faults)
    coordinators = {name: faulty_coordinator(side.coordinator, faults) for name, side in sides.items()}
    roles = Roles("east-west", {name: side.files for name, side in sides.items()}, world.clock)
    announce = AnnounceIdentity("east-west", coordinators, world.clock, world.tokens)
    arbitrate = Arbitrate(
        "east-west", coordinators, world.clock, world.tokens, "test", lambda: roles.read().state
    )
    change = ChangeRoles(
        "east-west", to, roles, Services(world, faults, other), announce, arbitrate, world.clock
    )
    return change, arbitrate


def fail_over(
    world: World, faults: Faults | None = None, to: str = "west", other: Other | None = None
) -> dict[str, Any]:
    """One that a person approved, although the old primary may still answer."""
    asked = failover(world, faults, to, other)
    return asked.run("failover", "test", "Dublin burns %", approve=True, force=True)


def announce(world: World) -> None:
    """What a person does when the old primary is back: it becomes the secondary."""
    roles = Roles("east-west", world.files(), world.clock)
    read = roles.read()
    assert not read.behind or roles.follow(read) is None
    announced = AnnounceIdentity("east-west", world.coordinators(), world.clock, world.tokens)
    for site in world.clusters:
        role = Role.PRIMARY if site == read.state.primary else Role.SECONDARY
        announced.run(site, role, read.state.epoch, "test", "back")


def begun() -> tuple[World, dict[str, Any]]:
    """A world whose service has one point; its name and tree."""
    world = World()
    fill(world)
    point = world.backup("first")
    return world, {"point": point["point"], "tree": world.tree("west", ROOT)}


def access(world: World) -> str | None:
    """Where west's ZooKeeper sends clients."""
    found = world.coordinators()["west"].read(access_path("east-west"))
    return decode_access(found.data, "west").site if found else None


def put(world: World, site: str, name: str, content: bytes) -> None:
    """Writes a file below the root."""
    cluster = world.clusters[site]
    cluster.extend(cluster.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=True), content)
