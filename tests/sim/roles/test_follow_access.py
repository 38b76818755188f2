"""Which site an application uses while ZooKeepers come, go and come back old (S2.25)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hadoop_dr.adapters.memory.coordinator import MemoryCoordinator, MemoryEnsemble
from hadoop_dr.domain.errors import Refused, Unreachable
from hadoop_dr.domain.roles.arbitration import NO_RULING
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.coordinator import Document
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.follow_access import FollowAccess
from hadoop_dr.services.identity import AnnounceIdentity
from support.clock import StepClock

PAIR = "east-west"
SITES = ("east", "west")


class Counted(MemoryCoordinator):
    """Takes five seconds to find out that nobody answers."""

    def __init__(self, site: str, ensemble: MemoryEnsemble, clock: StepClock) -> None:
        super().__init__(site, ensemble)
        self.clock, self.asked = clock, 0

    def read(self, path: str) -> Document | None:
        self.asked += 1
        try:
            return super().read(path)
        except Unreachable:
            self.clock.now_s += 5
            raise


class Tokens:
    drawn = 0

    def token(self) -> str:
        self.drawn += 1
        return f"{self.drawn:016x}"


@dataclass
class World:
    """A pair of which east is the primary, and an application on it."""

    ensembles: dict[str, MemoryEnsemble] = field(default_factory=lambda: {site: MemoryEnsemble() for site in SITES})
    clock: StepClock = field(default_factory=StepClock)
    tokens: Tokens = field(default_factory=Tokens)
    ruling: PairState = NO_RULING

    def __post_init__(self) -> None:
        self.zookeepers = {site: Counted(site, self.ensembles[site], self.clock) for site in SITES}
        self.announce("east", Role.PRIMARY, 1)
        self.announce("west", Role.SECONDARY, 1)
        self.arbiter().run()

    def announce(self, site: str, role: Role, epoch: int) -> None:
        AnnounceIdentity(PAIR, self.zookeepers, self.clock, self.tokens).run(site, role, epoch, "by hand", "test")

    def arbiter(self) -> Arbitrate:
        return Arbitrate(PAIR, self.zookeepers, self.clock, self.tokens, "arbiter", lambda: self.ruling)

    def application(self, lease_s: float | None = None) -> FollowAccess:
        return FollowAccess(PAIR, ("east", "west"), self.arbiter(), self.clock, lease_s)

    def fail_over(self) -> None:
        self.ruling = PairState(epoch=2, primary="west")
        self.announce("west", Role.PRIMARY, 2)
        self.arbiter().run()

    def cut(self, *sites: str) -> None:
        for site in SITES:
            self.ensembles[site].reachable = site not in sites


@pytest.fixture
def world() -> World:
    return World()


def later(world: World, application: FollowAccess, seconds: float = 60, changing: bool = False) -> tuple[str, int]:
    world.clock.now_s += seconds
    return application.site(changing=changing)


def test_an_old_primary_that_returns_alone_takes_no_application_back(world: World) -> None:
    application = world.application()
    assert application.site() == ("east", 1)
    world.cut("east")
    world.fail_over()
    assert later(world, application) == ("west", 2)
    world.cut("west")  # and east comes back as it was: primary in epoch 1
    world.ruling = PairState(epoch=1, primary="east")
    assert later(world, application) == ("west", 2)
    world.cut()
    world.announce("east", Role.PRIMARY, 3)
    assert later(world, application) == ("east", 3)


def test_while_both_zookeepers_are_silent_the_last_answer_holds(world: World) -> None:
    application, stranger = world.application(), world.application()
    application.site()
    world.cut("east", "west")
    assert later(world, application, 3600, changing=True) == ("east", 1)
    with pytest.raises(Refused, match="no site may be used now"):
        stranger.site()


def test_an_application_that_had_access_stops_where_a_planned_change_closed_it_and_goes_on_behind_it(
    world: World,
) -> None:
    application = world.application()
    assert application.site() == ("east", 1)
    world.arbiter().close("east", "the rack moves %")
    with pytest.raises(Refused, match="no site may be used now"):
        later(world, application, 2)
    world.cut("east", "west")
    with pytest.raises(Refused, match="no site may be used now"):
        later(world, application)
    world.cut()
    world.arbiter().reopen("east", "it was taken back")
    assert later(world, application) == ("east", 1)
    world.arbiter().close("east", "again")
    world.announce("west", Role.PRIMARY, 2)
    assert later(world, application) == ("west", 2)


def test_a_lease_ends_changes_and_no_reading(world: World) -> None:
    application = world.application(lease_s=30)
    application.site(changing=True)
    world.cut("west")  # where another primary would be announced
    assert later(world, application, 20, changing=True) == ("east", 1)
    with pytest.raises(Refused, match="ZooKeeper of west has not answered for longer than the lease of 30 s"):
        later(world, application, 11, changing=True)
    assert application.site() == ("east", 1)
    world.cut("east")  # the one beside the site in use is not needed
    assert later(world, application, 20, changing=True) == ("east", 1)
    assert later(world, application, 3600, changing=True) == ("east", 1)


def test_a_silent_zookeeper_is_not_waited_for_again_at_once(world: World) -> None:
    application, east, west = world.application(), *world.zookeepers.values()
    world.cut("west")
    application.site()
    east.asked = west.asked = 0
    for _ in range(3):
        later(world, application, 1.5)
    assert (east.asked > 0, west.asked) == (True, 0)
    world.cut()
    application.ask_again(all_of_them=True)
    application.site()
    assert west.asked > 0


def test_an_answer_is_believed_for_a_second_unless_somebody_asks_again(world: World) -> None:
    application = world.application()
    application.site()
    world.fail_over()
    assert later(world, application, 0.5) == ("east", 1)
    application.ask_again()
    assert application.site() == ("west", 2)
    assert later(world, application, 1) == ("west", 2)
