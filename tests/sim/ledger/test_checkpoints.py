"""Checkpoints of a chain are few and small, and whatever becomes of them readers see the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.errors import NotFound, Protocol, Unreachable
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.ledger import service
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.checkpoints import newest_checkpoint
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.report import entries_about, explanation
from sim.world import StepClock
from support.entries import claimed

PATH = "/.hadoop-dr/east-west/services/billing ü/ledger"
PLACE = f"{PATH}/checkpoints"
ROLES = PairState(1, "east", "west", 1)
EVERY = 20


class Watched(MemoryFiles):
    """Documents that tell what is read, and before which somebody may do something, or which do not remove."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster)
        self.read: list[str] = []
        self.before: Callable[[str], None] = lambda path: None
        self.stuck = False

    def get(self, path: str) -> bytes:
        self.read.append(path)
        self.before(path)
        return super().get(path)

    def remove(self, path: str) -> None:
        if self.stuck:
            raise Unreachable(path, "does not answer")
        super().remove(path)


class Sites:
    """A chain on two sites; every process is another ledger."""

    def __init__(self) -> None:
        self.west, self.east = Watched(MemoryCluster("west")), Watched(MemoryCluster("east"))
        self.writer, self.notes = self.ledger(), list[str]()

    def ledger(self) -> ServiceLedger:
        return ServiceLedger(Chain(PATH, self.west, self.east, StepClock(), EVERY), ROLES)

    def grow(self, entries: int) -> None:
        for _ in range(entries):
            n = self.writer.chain.head_n
            self.writer.append(claimed(f"20261120T{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}.000Z"), f"r{n}", n)
        self.notes += self.writer.take_notes()

    def checkpoints(self) -> list[list[int]]:
        return [[int(name[:12]) for name in files.names(PLACE)] for files in (self.west, self.east)]


def test_only_the_newest_two_checkpoints_stay_on_each_site_however_long_the_chain_grows() -> None:
    sites = Sites()
    for grown, stay in ((19, []), (21, [20, 40]), (25, [40, 60]), (200, [240, 260])):
        sites.grow(grown)
        assert sites.checkpoints() == [stay, stay]
    assert sites.notes == []
    assert sites.ledger().read() == sites.writer.read()


def test_checkpoints_that_are_left_over_go_with_the_next_one_also_those_of_another_version() -> None:
    sites = Sites()
    sites.west.stuck = True
    sites.grow(4 * EVERY)
    assert sites.checkpoints() == [[20, 40, 60, 80], [60, 80]]
    assert [note for note in sites.notes if note.startswith("checkpoints before ledger entry 80 are still on west: ")]
    sites.west.stuck = False
    for n in (3, 20):
        sites.west.put(f"{PLACE}/{n:012d}.json", b'{"v": 1}')
    sites.west.put(f"{PLACE}/somebody's %", b"not ours")
    sites.grow(EVERY)
    assert sites.west.names(PLACE) == [f"{80:012d}.json.gz", f"{100:012d}.json.gz", "somebody's %"]


def test_a_reader_whose_checkpoint_is_removed_while_it_reads_begins_at_a_newer_one() -> None:
    sites = Sites()
    sites.grow(2 * EVERY)
    grown: list[str] = []

    def overtake(path: str) -> None:
        if "checkpoints" in path and not grown:
            grown.append(path)
            sites.grow(2 * EVERY)  # the two that the reader saw are gone

    reader = sites.ledger()
    sites.west.before = overtake
    state = reader.read()
    assert grown == [f"{PLACE}/{40:012d}.json.gz"]
    assert sites.checkpoints()[0] == [60, 80]
    assert state == sites.writer.read()
    assert sites.west.read[-1] == f"{PLACE}/{80:012d}.json.gz", "no entry had to be read"


@pytest.mark.parametrize("removed", ["the newest", "all", "again and again"])
def test_a_reader_that_finds_no_checkpoint_any_more_begins_before_it_and_sees_the_same(removed: str) -> None:
    sites = Sites()
    sites.grow(2 * EVERY + 3)
    names = sites.west.names(PLACE)

    def take_away(path: str) -> None:
        if "checkpoints" not in path:
            return
        if removed == "again and again":
            raise NotFound(path, "is gone")
        for name in names[-1:] if removed == "the newest" else names:
            sites.west.remove(f"{PLACE}/{name}")

    sites.west.before = take_away
    state = sites.ledger().read()
    sites.west.before = lambda path: None
    assert state == sites.writer.read()


def test_the_state_is_only_written_out_when_a_checkpoint_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says all there is: for many roots that takes longer than the entry itself."""
    dumped, dump = [0], service.dump_state

    def counted(state: object) -> object:
        dumped[0] += 1
        return dump(state)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "dump_state", counted)
    Sites().grow(2 * EVERY + 5)
    assert dumped == [2]


def test_a_checkpoint_is_compressed_and_one_of_another_version_counts_for_nothing() -> None:
    sites = Sites()
    sites.grow(2 * EVERY)
    newest = f"{PLACE}/{40:012d}.json.gz"
    kept = json.loads(gzip.decompress(sites.west.get(newest)))
    sites.west.put(newest, gzip.compress(json.dumps({**kept, "v": 99, "state": "ü"}).encode()))
    found = newest_checkpoint(sites.west, PATH)
    assert found is not None
    assert found.n == 20
    assert sites.ledger().read() == sites.writer.read()


@pytest.mark.parametrize(
    "content", [b"", b"{}", gzip.compress(b"no json"), gzip.compress(b"{}"), gzip.compress(b"x")[:9]]
)
def test_what_is_no_checkpoint_is_named_with_what_helps(content: bytes) -> None:
    sites = Sites()
    sites.west.put(f"{PLACE}/{20:012d}.json.gz", content)
    with pytest.raises(Protocol, match="not a checkpoint") as told:
        sites.ledger().read()
    assert told.value.subject == f"{PLACE}/{20:012d}.json.gz"
    assert "the chain is then read from its first entry" in told.value.remedy


def test_a_point_newer_than_the_checkpoint_is_explained_without_the_entries_before_it() -> None:
    sites = Sites()
    sites.grow(3 * EVERY + 4)
    for point, whole in (("20261120T000103.000Z", False), ("20261120T000059.000Z", True)):
        sites.west.read.clear()
        told = explanation("billing ü", entries_about(sites.west, PATH, point)[1], point)["entries"]
        assert told[-1]["n"] == (60 if whole else 64)
        assert sum("/checkpoints/" not in path for path in sites.west.read) == (64 if whole else 4)
    with pytest.raises(NotFound):
        explanation("billing ü", entries_about(sites.west, PATH, "20261121T000000.000Z")[1], "20261121T000000.000Z")


def test_a_checkpoint_that_is_none_keeps_no_point_from_being_explained() -> None:
    sites = Sites()
    sites.grow(EVERY + 2)
    sites.west.put(f"{PLACE}/{EVERY:012d}.json.gz", b"rotten")
    assert [one.n for one in entries_about(sites.west, PATH, "20261120T000021.000Z")[1]] == list(range(1, EVERY + 3))
