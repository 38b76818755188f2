"""What every coordinator promises: the memory twin and a real ZooKeeper run the same tests (faults 49, 51, 52, 53)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from kazoo.client import KazooClient

from hadoop_dr.adapters.memory.coordinator import MemoryCoordinator, MemoryEnsemble
from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.domain.errors import AlreadyExists, NotFound, Superseded, Unknown, Unreachable
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_lab.supervisor.wire import Wire

STATE = Path(__file__).resolve().parents[2] / ".lab" / "state.json"


@dataclass
class Bench:
    """A coordinator and the ways to disturb it.

    Attributes:
        connect: Makes one more connection to the same ensemble.
        cut: Breaks the way to it.
        remedy: Mends the way.
        lose_answer: The next effect happens, and its answer is lost.
        expire: The server ends a connection's session, with the watches it had.
        path: A node nobody else uses.
    """

    connect: Callable[[], Coordinator]
    cut: Callable[[], None]
    mend: Callable[[], None]
    lose_answer: Callable[[], None]
    expire: Callable[[Coordinator], None]
    path: str


def twin(path: str) -> Iterator[Bench]:
    ensemble = MemoryEnsemble()

    def lose() -> None:
        ensemble.lose_answers += 1

    def reach(reachable: bool) -> None:
        ensemble.reachable = reachable

    yield Bench(
        lambda: MemoryCoordinator("east", ensemble), lambda: reach(False), lambda: reach(True), lose,
        lambda _: None, path)  # a twin has no sessions


def real(path: str) -> Iterator[Bench]:
    target = json.loads(STATE.read_text())["sites"]["east"]["zookeeper"]
    wire = Wire(target)
    made: list[Coordinator] = []

    def connect() -> Coordinator:
        made.append(ZooKeeperCoordinator(wire.address, "east", ZooKeeperSettings(timeout_s=1.5, session_s=4.0)))
        return made[-1]

    yield Bench(connect, wire.cut, wire.mend, wire.swallow_answer, lambda one: end_session(one, target), path)
    for coordinator in made:
        coordinator.close()
    wire.close()
    broom = KazooClient(target)
    broom.start(10)
    broom.delete("/".join(path.split("/")[:3]), recursive=True)
    broom.stop()
    broom.close()


def end_session(coordinator: Coordinator, target: str) -> None:
    """Ends a session from outside, as its own expiry does: whoever comes with its id and password may close it."""
    assert isinstance(coordinator, ZooKeeperCoordinator)
    client = coordinator._connection._client
    assert client is not None
    session = client.client_id
    thief = KazooClient(target, client_id=session)
    thief.start(10)
    thief.stop()
    thief.close()
    eventually(lambda: client.client_id not in (session, None))


@pytest.fixture(params=["twin", pytest.param("real", marks=pytest.mark.lab)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    path = f"/hadoop-dr-tests/{uuid4().hex}/a b/e%20/f+/g=1/h#/ü"
    yield from (twin if request.param == "twin" else real)(path)


def eventually(condition: Callable[[], bool], within_s: float = 15.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)


def test_a_node_that_is_not_there_is_none_not_an_error(bench: Bench) -> None:
    assert bench.connect().read(bench.path) is None


def test_what_one_connection_creates_another_reads_at_once(bench: Bench) -> None:
    made = bench.connect().create(bench.path, "ü".encode())
    assert made.version == 0
    assert bench.connect().read(bench.path) == made


def test_a_node_is_created_once(bench: Bench) -> None:
    coordinator = bench.connect()
    coordinator.create(bench.path, b"one")
    with pytest.raises(AlreadyExists, match="a b"):
        coordinator.create(bench.path, b"one")


def test_a_write_compares_version_zero_like_any_other(bench: Bench) -> None:
    coordinator = bench.connect()
    first = coordinator.create(bench.path, b"one")
    second = coordinator.write(bench.path, b"two", 0)
    assert (second.version, second.data) == (1, b"two")
    assert second.changed_by > first.changed_by
    with pytest.raises(Superseded, match="another writer"):
        coordinator.write(bench.path, b"three", 0)
    assert coordinator.read(bench.path) == second


def test_writing_to_no_node_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound, match="a b"):
        bench.connect().write(bench.path, b"one", 0)


def test_of_many_writers_at_one_version_one_wins(bench: Bench) -> None:
    coordinator = bench.connect()
    coordinator.create(bench.path, b"start")
    won: list[bytes] = []
    begin = threading.Barrier(8)

    def contend(name: bytes) -> None:
        mine = bench.connect()
        mine.read(bench.path)
        begin.wait(10)
        try:
            mine.write(bench.path, name, 0)
        except Superseded:
            return
        won.append(name)

    contenders = [threading.Thread(target=contend, args=(f"writer {number}".encode(),)) for number in range(8)]
    for contender in contenders:
        contender.start()
    for contender in contenders:
        contender.join(30)
    held = coordinator.read(bench.path)
    assert held is not None
    assert (won, held.version) == ([held.data], 1)


def test_a_lost_answer_to_a_write_is_read_back(bench: Bench) -> None:
    coordinator = bench.connect()
    coordinator.create(bench.path, b"one")
    bench.lose_answer()
    assert coordinator.write(bench.path, b"two, token 00ff", 0).version == 1
    held = coordinator.read(bench.path)
    assert held is not None
    assert (held.data, held.version) == (b"two, token 00ff", 1)


def test_a_lost_answer_to_a_create_is_read_back(bench: Bench) -> None:
    coordinator = bench.connect()
    coordinator.create(f"{bench.path}/beside", b"")
    bench.lose_answer()
    assert coordinator.create(f"{bench.path}/new", b"one, token 00ff").version == 0
    assert bench.connect().read(f"{bench.path}/new") is not None


def test_without_a_connection_nothing_happens_then_or_later(bench: Bench) -> None:
    coordinator = bench.connect()
    made = coordinator.create(bench.path, b"one")
    bench.cut()
    # The first call may still find the dead connection and learn only by its loss that it is gone.
    with pytest.raises((Unreachable, Unknown)):
        coordinator.write(bench.path, b"two", 0)
    for attempt in (lambda: coordinator.write(bench.path, b"two", 0), lambda: coordinator.read(bench.path),
                    lambda: coordinator.create(f"{bench.path}/new", b""),
                    lambda: coordinator.watch(bench.path, lambda: None)):
        with pytest.raises(Unreachable, match="ZooKeeper"):
            attempt()
    bench.mend()
    assert coordinator.read(bench.path) == made
    assert coordinator.write(bench.path, b"two", 0).version == 1


def test_a_watch_wakes_after_every_change_also_after_the_connection_broke(bench: Bench) -> None:
    coordinator, other, woken = bench.connect(), bench.connect(), threading.Semaphore(0)
    coordinator.watch(bench.path, woken.release)

    def wakes(change: Callable[[], object]) -> None:
        while woken.acquire(blocking=False):
            pass
        change()
        assert woken.acquire(timeout=10)

    wakes(lambda: other.create(bench.path, b"0"))
    for version in range(3):
        wakes(lambda now=version: other.write(bench.path, b"again", now))
    bench.cut()
    bench.mend()
    eventually(lambda: reads(coordinator, bench.path))
    eventually(lambda: reads(other, bench.path))
    wakes(lambda: other.write(bench.path, b"after", 3))


def reads(coordinator: Coordinator, path: str) -> bool:
    try:
        return coordinator.read(path) is not None
    except Unreachable:
        return False


def test_closing_twice_is_closing_once(bench: Bench) -> None:
    coordinator = bench.connect()
    coordinator.read(bench.path)
    coordinator.close()
    coordinator.close()
    with pytest.raises(Unreachable, match="is closed"):
        coordinator.read(bench.path)


def test_after_the_end_nothing_is_opened_again_by_whoever_is_still_on_its_way(bench: Bench) -> None:
    """Such as the thread of a task or trigger that was cancelled in the middle of a request."""
    bench.connect()
    before = set(threading.enumerate())
    coordinator = bench.connect()
    coordinator.read(bench.path)
    coordinator.watch(bench.path, lambda: None)
    coordinator.close()
    for late in (
        lambda: coordinator.read(bench.path),
        lambda: coordinator.create(bench.path, b"late"),
        lambda: coordinator.write(bench.path, b"late", 0),
        lambda: coordinator.watch(bench.path, lambda: None),
    ):
        with pytest.raises(Unreachable, match="is closed"):
            late()
    eventually(lambda: not set(threading.enumerate()) - before)


def test_a_session_that_expired_costs_one_answer_and_its_watches_stand_again(bench: Bench) -> None:
    """Nothing hangs on a session: no lock and no node goes with it (fault 50)."""
    coordinator, other, woken = bench.connect(), bench.connect(), threading.Semaphore(0)
    made = coordinator.create(bench.path, b"one")
    coordinator.watch(bench.path, woken.release)
    bench.expire(coordinator)
    eventually(lambda: reads(coordinator, bench.path))
    assert other.read(bench.path) == made
    assert coordinator.write(bench.path, b"two", 0).version == 1
    while woken.acquire(blocking=False):
        pass
    eventually(lambda: reads(coordinator, bench.path))
    other.write(bench.path, b"three", 1)
    assert woken.acquire(timeout=10)
