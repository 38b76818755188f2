"""The arbitrating service on memory ensembles: interrupted, overtaken and crashed at every step (I5, I11, I13)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hadoop_dr.adapters.memory.coordinator import MemoryCoordinator, MemoryEnsemble
from hadoop_dr.domain.errors import Refused, Superseded, Unreachable
from hadoop_dr.domain.roles.arbitration import AccessChange
from hadoop_dr.domain.roles.identity import Role, access_path, decode_access, identity_path
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.coordinator import Document
from hadoop_dr.services.arbitrate import Arbitrate, Publication
from hadoop_dr.services.identity import AnnounceIdentity

PAIR = "east-west"


class Crash(Exception):
    """The process dies here."""


@dataclass
class Still:
    """A clock that stands and a chance that counts."""

    drawn: int = 0

    def wall_ms(self) -> int:
        return 1_795_140_000_000

    def monotonic_s(self) -> float:
        return 0.0

    def sleep_until(self, monotonic_s: float) -> None:
        raise AssertionError("nothing here waits")

    def token(self) -> str:
        self.drawn += 1
        return f"{self.drawn:016x}"


@dataclass
class Interrupted:
    """A connection that lets something else happen before one of its steps."""

    inner: MemoryCoordinator
    steps: list[str]
    before: Callable[[int], None]

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.before(len(self.steps))

    def read(self, path: str) -> Document | None:
        self._step("read")
        return self.inner.read(path)

    def create(self, path: str, data: bytes) -> Document:
        self._step("create")
        return self.inner.create(path, data)

    def write(self, path: str, data: bytes, version: int) -> Document:
        self._step("write")
        return self.inner.write(path, data, version)

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        self.inner.watch(path, wake)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Pair:
    """Two ensembles and whoever works on them."""

    east: MemoryEnsemble = field(default_factory=MemoryEnsemble)
    west: MemoryEnsemble = field(default_factory=MemoryEnsemble)
    still: Still = field(default_factory=Still)

    def connections(self) -> dict[str, MemoryCoordinator]:
        return {"east": MemoryCoordinator("east", self.east), "west": MemoryCoordinator("west", self.west)}

    def announce(self, site: str, role: Role, epoch: int) -> None:
        AnnounceIdentity(PAIR, self.connections(), self.still, self.still).run(site, role, epoch, "by hand", "test")

    def arbiter(self, ruling: Callable[[], PairState] = PairState) -> Arbitrate:
        return Arbitrate(PAIR, self.connections(), self.still, self.still, "arbiter", ruling)

    def interrupted(self, steps: list[str], before: Callable[[int], None]) -> Arbitrate:
        wrapped = {site: Interrupted(inner, steps, before) for site, inner in self.connections().items()}
        return Arbitrate(PAIR, wrapped, self.still, self.still, "interrupted arbiter")

    def access(self) -> dict[str, tuple[str | None, int, str]]:
        found = {}
        for site, ensemble in (("east", self.east), ("west", self.west)):
            if (document := ensemble.nodes.get(access_path(PAIR))) is not None:
                held = decode_access(document.data, site)
                found[site] = (held.site, held.epoch, held.alarm)
        return found


@pytest.fixture
def pair() -> Pair:
    made = Pair()
    made.announce("east", Role.PRIMARY, 1)
    made.announce("west", Role.SECONDARY, 1)
    return made


def fail_over(pair: Pair) -> None:
    pair.announce("west", Role.PRIMARY, 2)
    pair.announce("east", Role.SECONDARY, 2)


EAST_1, WEST_2 = ("east", 1, ""), ("west", 2, "")


def test_the_first_access_goes_to_the_primary_on_both_sites(pair: Pair) -> None:
    done = pair.arbiter().run()
    assert done.decision.outcome is AccessChange.START
    assert pair.access() == {"east": EAST_1, "west": EAST_1}
    assert not pair.arbiter().run(publish=False).due


def test_a_look_writes_nothing_and_says_that_something_is_due(pair: Pair) -> None:
    assert pair.arbiter().run(publish=False).due
    assert pair.access() == {}


@pytest.mark.parametrize("crash_at", range(1, 7))
def test_whatever_step_an_arbiter_dies_at_the_next_one_ends_in_the_same_access(pair: Pair, crash_at: int) -> None:
    pair.arbiter().run()
    fail_over(pair)
    steps: list[str] = []

    def die(step: int) -> None:
        if step == crash_at:
            raise Crash

    with pytest.raises(Crash):
        pair.interrupted(steps, die).run()
    assert set(pair.access().values()) <= {EAST_1, WEST_2}
    pair.arbiter().run()
    assert pair.access() == {"east": WEST_2, "west": WEST_2}


@pytest.mark.parametrize("at", range(1, 7))
def test_whatever_step_a_failover_falls_into_access_never_goes_back(pair: Pair, at: int) -> None:
    pair.arbiter().run()
    pair.announce("west", Role.SECONDARY, 2)
    pair.announce("east", Role.PRIMARY, 2)
    steps: list[str] = []

    def meanwhile(step: int) -> None:
        if step == at:
            pair.announce("west", Role.PRIMARY, 3)
            pair.announce("east", Role.SECONDARY, 3)
            pair.arbiter().run()
            assert pair.access() == {"east": ("west", 3, ""), "west": ("west", 3, "")}

    with contextlib.suppress(Superseded):
        pair.interrupted(steps, meanwhile).run()
    assert pair.access() == {"east": ("west", 3, ""), "west": ("west", 3, "")}


@pytest.mark.parametrize("at", range(1, 7))
def test_two_arbiters_that_one_change_has_woken_write_each_copy_once(pair: Pair, at: int) -> None:
    pair.arbiter().run()
    fail_over(pair)

    def written() -> list[int]:
        return [ensemble.nodes[access_path(PAIR)].version for ensemble in (pair.east, pair.west)]

    def meanwhile(step: int) -> None:
        if step == at:
            pair.arbiter().run()

    before, steps = written(), list[str]()
    with contextlib.suppress(Superseded):
        pair.interrupted(steps, meanwhile).run()
    assert len(steps) >= at
    assert pair.access() == {"east": WEST_2, "west": WEST_2}
    assert written() == [version + 1 for version in before]


def test_both_primary_keeps_access_and_raises_an_alarm_that_goes_when_it_is_settled(pair: Pair) -> None:
    pair.arbiter().run()
    for site in ("east", "west"):
        pair.announce(site, Role.PRIMARY, 2)
    done = pair.arbiter().run()
    assert done.decision.outcome is AccessChange.ALARM
    assert {held[:2] for held in pair.access().values()} == {("east", 1)}
    assert all("both primary" in held[2] for held in pair.access().values())
    assert not pair.arbiter().run(publish=False).due
    pair.announce("west", Role.SECONDARY, 3)
    pair.announce("east", Role.PRIMARY, 3)
    pair.arbiter().run()
    assert set(pair.access().values()) == {("east", 3, "")}


def test_a_silent_zookeeper_is_not_an_invalid_site(pair: Pair) -> None:
    pair.arbiter().run()
    pair.east.reachable = False
    pair.announce("west", Role.PRIMARY, 2)
    done = pair.arbiter().run()
    assert done.decision.outcome is AccessChange.KEEP
    assert "unknown" in done.decision.reason
    assert done.copies == {"east": Publication.SILENT, "west": Publication.UNCHANGED}


def test_while_both_are_silent_nothing_moves_and_what_was_decided_meanwhile_counts_afterwards(pair: Pair) -> None:
    """Whoever decides is not where the network is gone; so both sites are silent to this arbiter at once (fault 66)."""
    pair.arbiter().run()
    pair.east.reachable = pair.west.reachable = False
    done = pair.arbiter(lambda: PairState(2, "west", "west", 9)).run()
    assert set(done.copies.values()) == {Publication.SILENT}
    pair.east.reachable = pair.west.reachable = True
    assert pair.access() == {"east": EAST_1, "west": EAST_1}
    assert pair.arbiter().run().decision.outcome is AccessChange.KEEP
    fail_over(pair)
    pair.arbiter().run()
    assert pair.access() == {"east": WEST_2, "west": WEST_2}


def test_the_ledger_speaks_for_a_silent_zookeeper_and_its_copy_follows_when_it_is_back(pair: Pair) -> None:
    pair.arbiter().run()
    pair.east.reachable = False
    pair.announce("west", Role.PRIMARY, 2)
    done = pair.arbiter(lambda: PairState(2, "west", "west", 9)).run()
    assert done.copies == {"west": Publication.WRITTEN, "east": Publication.SILENT}
    pair.east.reachable = True
    assert pair.access() == {"east": EAST_1, "west": WEST_2}
    pair.arbiter().run()
    assert pair.access() == {"east": WEST_2, "west": WEST_2}


def test_a_document_of_a_later_format_stops_arbitration_and_is_not_overwritten(pair: Pair) -> None:
    pair.arbiter().run()
    fail_over(pair)
    strange = Document(b'{"v": 2, "site": "east"}', 3, 99)
    pair.east.nodes[access_path(PAIR)] = strange
    done = pair.arbiter().run()
    assert done.decision.outcome is AccessChange.KEEP
    assert "format version" in done.decision.reason
    assert pair.east.nodes[access_path(PAIR)] == strange


def test_a_lost_answer_of_the_deciding_copy_is_read_back(pair: Pair) -> None:
    pair.arbiter().run()
    fail_over(pair)
    pair.west.lose_answers = 1
    assert pair.arbiter().run().copies == {"west": Publication.WRITTEN, "east": Publication.WRITTEN}
    assert pair.west.nodes[access_path(PAIR)].version == 1


def test_a_deciding_copy_that_goes_silent_is_an_error_and_the_other_is_left_alone(pair: Pair) -> None:
    pair.arbiter().run()
    fail_over(pair)

    def cut(step: int) -> None:
        pair.west.reachable = step < 5

    with pytest.raises(Unreachable):
        pair.interrupted([], cut).run()
    assert pair.access() == {"east": EAST_1, "west": EAST_1}


def test_announcing_twice_is_once_and_going_back_is_refused(pair: Pair) -> None:
    pair.announce("east", Role.PRIMARY, 1)
    assert pair.east.nodes[identity_path(PAIR)].version == 0
    with pytest.raises(Refused, match="higher epoch"):
        pair.announce("east", Role.SECONDARY, 1)
    pair.announce("east", Role.SECONDARY, 2)
    with pytest.raises(Refused, match="epoch 1"):
        pair.announce("east", Role.PRIMARY, 1)
