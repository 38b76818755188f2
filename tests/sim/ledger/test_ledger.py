"""The ledger keeps one chain on two sites, whoever races, dies or forks (I5, I13)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.errors import LATER_GOES_ON, Protocol, Superseded, Unknown, Unreachable
from hadoop_dr.domain.ledger import (
    GENESIS,
    LedgerEntry,
    ServiceBody,
    entry_path,
)
from hadoop_dr.domain.ledger.bodies.ends import PointPinned, PointsPruned
from hadoop_dr.domain.ledger.bodies.foreign import UndoBegun
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, PointVoided, ServiceClaimed
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Claim, ServiceState
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.chain_copy import read_copy
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.service import ServiceLedger
from sim.world import StepClock
from support.entries import claimed, entries, sealed, staged, taken

PATH = "/.hadoop-dr/east-west/services/billing/ledger"
ROLES = PairState(1, "east", "west", 1)


def two_sites() -> tuple[MemoryFiles, MemoryFiles]:
    return MemoryFiles(MemoryCluster("west")), MemoryFiles(MemoryCluster("east"))


def chain(deciding: MemoryFiles, follower: MemoryFiles | None, clock: StepClock | None = None) -> Chain:
    return Chain(PATH, deciding, follower, clock or StepClock(), checkpoint_every=20)


def claim_body(point: str = "20261120T020000.000Z") -> ServiceClaimed:
    return claimed(point, moment_ms=1_795_140_000_000)


def void_body(point: str = "20261120T020000.000Z") -> PointVoided:
    return PointVoided(1, point, "hostile name %2F ü")


def test_two_writers_on_one_head_leave_one_winner() -> None:
    west, east = two_sites()
    first, second = chain(west, east), chain(west, east)
    first.entries(), second.entries()
    first.append(claim_body(), epoch=1, run="one", pair_n=1, seen_n=0)
    with pytest.raises(Superseded):
        second.append(claim_body(), epoch=1, run="two", pair_n=1, seen_n=0)
    assert [entry.run for entry in second.entries()] == ["one"]


def test_a_decision_on_an_old_head_is_refused_even_when_the_chain_was_read_since() -> None:
    west, east = two_sites()
    one = chain(west, east)
    one.append(claim_body(), epoch=1, run="one", pair_n=1, seen_n=0)
    with pytest.raises(Superseded):
        one.append(void_body(), epoch=1, run="one", pair_n=1, seen_n=0)


def test_a_changed_byte_anywhere_breaks_the_chain() -> None:
    west, east = two_sites()
    one = chain(west, east)
    one.append(claim_body(), epoch=1, run="one", pair_n=1, seen_n=0)
    one.append(void_body(), epoch=1, run="one", pair_n=1, seen_n=1)
    first = entry_path(PATH, 1)
    west.put(first, west.get(first).replace(b'"one"', b'"two"'))
    with pytest.raises(Protocol, match="does not follow"):
        chain(west, east).entries()
    assert check_chain(PATH, {"west": west, "east": east})["ok"] is False


def test_a_missing_entry_is_named() -> None:
    west, east = two_sites()
    one = chain(west, east)
    for n in range(3):
        one.append(claim_body(), epoch=1, run=f"r{n}", pair_n=1, seen_n=n)
    west.remove(entry_path(PATH, 2))
    with pytest.raises(Protocol, match=r"000000000002\.json: ledger entry is missing on west"):
        chain(west, east).entries()


def test_the_other_copy_follows_byte_by_byte() -> None:
    west, east = two_sites()
    one = chain(west, east)
    for n in range(5):
        one.append(claim_body(), epoch=1, run=f"r{n}", pair_n=1, seen_n=n)
    assert one.follow() is None
    assert read_copy(east, PATH, 1, GENESIS).contents == read_copy(west, PATH, 1, GENESIS).contents


def test_a_fork_is_kept_whole_beside_the_deciding_copy() -> None:
    west, east = two_sites()
    shared = chain(west, east)
    shared.append(claim_body(), epoch=1, run="shared", pair_n=1, seen_n=0)
    shared.follow()
    chain(west, None).append(void_body(), epoch=1, run="decides", pair_n=1, seen_n=1)
    chain(east, None).append(void_body(), epoch=1, run="strays", pair_n=1, seen_n=1)
    mine = chain(west, east)
    fork = mine.fork()
    assert fork is not None
    assert fork.common == 1
    assert check_chain(PATH, {"west": west, "east": east})["problems"]
    mine.follow()
    assert [entry.run for entry in chain(east, None).entries()] == ["shared", "decides"]
    aside = [name for name in east.names(PATH.rpartition("/")[0]) if name.startswith("ledger.fork-2-")]
    kept = read_copy(east, f"{PATH.rpartition('/')[0]}/{aside[0]}", 1, GENESIS)
    assert [json.loads(content)["run"] for content in kept.contents] == ["shared", "strays"]


def test_a_reader_may_start_at_a_checkpoint_and_sees_the_same_state() -> None:
    west, east = two_sites()
    ledger = ServiceLedger(chain(west, east), ROLES)
    for n in range(43):
        ledger.append(claim_body(f"20261120T02000{n % 10}.{n:03d}Z"), f"r{n}", n)
    assert west.names(f"{PATH}/checkpoints") == ["000000000020.json.gz", "000000000040.json.gz"]
    late = ServiceLedger(chain(west, east), ROLES)
    assert late.read() == ledger.read()
    assert late.chain.head_n == 43
    late.append(void_body(ledger.read().claim.point), "last", 43)  # type: ignore[union-attr]
    assert ledger.read() == late.read()


def test_an_epoch_that_is_over_appends_nothing() -> None:
    west, east = two_sites()
    ServiceLedger(chain(west, east), PairState(2, "west", "west", 2)).append(claim_body(), "new", 0)
    said = f"{PATH}: epoch 1 is over, the ledger is at 2. The roles have changed; start again."
    with pytest.raises(Superseded, match=f"^{re.escape(said)}$"):
        ServiceLedger(chain(west, east), ROLES).append(claim_body(), "old", 1)


class Reads(MemoryFiles):
    """Documents that count how often somebody looks for entries."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster)
        self.looks = 0

    def names(self, path: str) -> list[str]:
        self.looks += 1
        return super().names(path)


def claimed_ledger() -> tuple[Reads, MemoryFiles, Claim]:
    """A ledger in which a claim is in force that another process made."""
    cluster = MemoryCluster("west")
    west, east = Reads(cluster), MemoryFiles(MemoryCluster("east"))
    ledger = ServiceLedger(chain(west, east), ROLES)
    ledger.append(claim_body(), "mine", 0)
    claim = ledger.last_read().claim
    assert claim is not None
    return west, east, claim


def test_a_process_may_say_something_under_its_claim_before_it_has_read_anything() -> None:
    west, east, claim = claimed_ledger()
    assert ServiceLedger(chain(west, east), ROLES).append_mine(claim, void_body()).n == claim.n + 1


def say(
    ledger: ServiceLedger, claim: Claim | None, decide: Callable[[ServiceState], ServiceBody]
) -> LedgerEntry | None:
    """Under a claim, or on behalf of nobody's run; what is decided is called with each state it would follow."""
    if claim is not None:
        return ledger.append_mine(claim, void_body(), lambda state: (decide(state), None)[1])
    return ledger.append_decided("mine", decide)


@pytest.mark.parametrize("under_claim", [True, False])
def test_who_says_something_is_not_stopped_by_entries_about_something_else_nor_tries_for_ever(
    under_claim: bool,
) -> None:
    """Somebody appends each time that the next entry was decided and not yet written."""
    west, east, claim = claimed_ledger()
    mine, other = (ServiceLedger(chain(west, east), ROLES) for _ in range(2))
    left, heads = 3, list[int]()

    def decide(state: ServiceState) -> PointPinned:
        heads.append(mine.chain.head_n)
        assert len(state.pins) == len(heads) - 1
        if len(heads) <= left:
            other.append_decided("another", lambda _: PointPinned(claim.point, "ü", "audit"))
        return PointPinned(claim.point, "ü", "audit")

    entry = say(mine, claim if under_claim else None, decide)
    assert entry is not None
    assert (entry.n, heads) == (claim.n + 4, [claim.n, claim.n + 1, claim.n + 2, claim.n + 3])


@pytest.mark.parametrize("under_claim", [True, False])
def test_who_is_never_first_gives_up_after_some_tries(under_claim: bool) -> None:
    west, east, claim = claimed_ledger()
    mine, other = (ServiceLedger(chain(west, east), ROLES) for _ in range(2))
    tries = 0

    def decide(state: ServiceState) -> PointPinned:
        nonlocal tries
        tries += 1
        assert tries < 20
        other.append_decided("another", lambda _: PointPinned(claim.point, "ü", "audit"))
        return PointPinned(claim.point, "ü", "audit")

    with pytest.raises(Superseded, match="was written by another run"):
        say(mine, claim if under_claim else None, decide)
    assert tries == 16


def test_what_is_decided_on_roles_that_are_over_is_not_tried_again() -> None:
    west, east, claim = claimed_ledger()
    mine, newer = (ServiceLedger(chain(west, east), roles) for roles in (ROLES, PairState(2, "west", "west", 2)))
    tries = 0

    def decide(state: ServiceState) -> PointPinned:
        nonlocal tries
        tries += 1
        newer.append(claim_body("20261120T030000.000Z"), "new", newer.read().claim.n)  # type: ignore[union-attr]
        return PointPinned(claim.point, "ü", "audit")

    with pytest.raises(Superseded):
        mine.append_decided("mine", decide)
    assert tries == 1


def test_nothing_is_said_where_the_newest_state_leaves_nothing_to_say() -> None:
    west, east, claim = claimed_ledger()
    ledger = ServiceLedger(chain(west, east), ROLES)
    assert ledger.append_decided("mine", lambda state: None) is None
    assert ledger.chain.head_n == claim.n


def test_each_entry_counts_once_however_often_the_ledger_is_read() -> None:
    """Snapshots that an undo kept are listed by each of its announcements."""
    west, east, claim = claimed_ledger()
    ledger = ServiceLedger(chain(west, east), ROLES)
    for kept in ("kept 1", "kept 2"):
        ledger.append_mine(claim, UndoBegun(claim.n, claim.point, "", "west", ("/ü",), kept, "lost"))
    for _ in range(2):
        undo = ledger.read().undo
        assert undo is not None
        assert undo.kept == ("kept 1", "kept 2")


def test_what_is_decided_on_what_was_just_read_or_appended_costs_no_other_look() -> None:
    west, east, claim = claimed_ledger()
    ledger = ServiceLedger(chain(west, east), ROLES)
    ledger.read()
    looks = west.looks
    assert ledger.last_read().claim == ledger.read_lately().claim == ledger.require_lately(claim).claim == claim
    ledger.append_mine(claim, void_body())
    ledger.append(claim_body("20261120T030000.000Z"), "next", claim.n + 1)
    assert ledger.read_lately().claim == ledger.last_read().claim
    assert west.looks == looks


def test_a_stage_that_begins_more_than_a_second_later_looks_again() -> None:
    west, east, claim = claimed_ledger()
    clock = StepClock()
    ledger = ServiceLedger(chain(west, east, clock), ROLES)
    ledger.read()
    ServiceLedger(chain(west, east), ROLES).append(claim_body("20261120T030000.000Z"), "later", claim.n)
    assert ledger.read_lately().claim == claim
    clock.sleep_until(clock.monotonic_s() + 1.0)  # what guarantees.md says
    with pytest.raises(Superseded):
        ledger.require_lately(claim)


@pytest.mark.parametrize(
    ("body", "by"),
    [(claim_body("20261120T030000.000Z"), "by later (claim 2)"), (ClaimReleased(1, ""), "or ended")],
    ids=["superseded", "ended"],
)
def test_a_try_whose_claim_is_over_is_told_who_goes_on_and_says_nothing_more(body: ServiceBody, by: str) -> None:
    west, east, claim = claimed_ledger()
    mine, other = (ServiceLedger(chain(west, east), ROLES) for _ in range(2))
    mine.read()
    other.append(body, "later", claim.n)
    said = f"{PATH}: claim 1 of run mine was superseded {by}. {LATER_GOES_ON}"
    with pytest.raises(Superseded, match=f"^{re.escape(said)}$"):
        mine.append_mine(claim, void_body())
    with pytest.raises(Superseded, match=f"^{re.escape(said)}$"):
        mine.require(claim)
    assert other.chain.entries()[1:] == other.chain.entries()[-1:]


def test_only_a_seal_makes_a_point_visible() -> None:
    west, east = two_sites()
    ledger, point = ServiceLedger(chain(west, east), ROLES), claim_body().point
    for n, body in enumerate((claim_body(), taken(point), staged(point), sealed(point))):
        assert ledger.read().sealed() == []
        ledger.append(body, "run", n)
    state = ledger.read()
    assert [p.point for p in state.sealed()] == [point]
    assert state.claim is None


class Counted(MemoryFiles):
    """Documents that count how many were read."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster)
        self.reads = 0

    def get(self, path: str) -> bytes:
        self.reads += 1
        return super().get(path)


def test_bringing_the_other_copy_in_step_reads_its_newest_entry_and_no_other() -> None:
    west, east = MemoryFiles(MemoryCluster("west")), Counted(MemoryCluster("east"))
    ledger = ServiceLedger(chain(west, east), ROLES)
    for n in range(15):
        ledger.append(claim_body(f"20261120T020000.{n:03d}Z"), f"r{n}", n)
    assert ledger.chain.follow() is None
    late = ServiceLedger(chain(west, east), ROLES)
    late.append(void_body(), "last", late.read().claim.n)  # type: ignore[union-attr]
    east.reads = 0
    assert late.chain.follow() is None
    assert east.reads == 1
    assert read_copy(east, PATH, 1, GENESIS) == read_copy(west, PATH, 1, GENESIS)


@pytest.mark.parametrize("behind", [1, 2, 19, 20, 39])
def test_a_copy_that_ends_before_our_checkpoint_is_behind_and_no_fork(behind: int) -> None:
    """What prune appends only the deciding copy has, until the next run; the checkpoint may lie in between."""
    west, east = MemoryFiles(MemoryCluster("west")), Counted(MemoryCluster("east"))
    ledger = ServiceLedger(chain(west, east), ROLES)
    for n in range(40):
        ledger.append(claim_body(f"20261120T020000.{n:03d}Z"), f"r{n}", n)
        if n + 1 == 40 - behind:
            assert ledger.chain.follow() is None
    late = ServiceLedger(chain(west, east), ROLES)
    late.append(void_body(late.read().claim.point), "last", 40)  # type: ignore[union-attr]
    assert late.chain.fork() is None
    east.reads = 0
    assert late.chain.follow() is None
    assert east.reads <= 2, "it follows from where it ends, whatever the length of the chain"
    assert read_copy(east, PATH, 1, GENESIS) == read_copy(west, PATH, 1, GENESIS)
    assert east.names(PATH.rpartition("/")[0]) == ["ledger"]


def test_a_copy_that_went_apart_before_our_checkpoint_is_still_a_fork() -> None:
    west, east = two_sites()
    ledger = ServiceLedger(chain(west, east), ROLES)
    for n in range(21):
        ledger.append(claim_body(f"20261120T020000.{n:03d}Z"), f"r{n}", n)
        if n == 9:
            assert ledger.chain.follow() is None
            chain(east, None).append(void_body(), epoch=1, run="strays", pair_n=1, seen_n=10)
    late = chain(west, east)
    late.entries()
    assert late.follow() is None
    assert read_copy(east, PATH, 1, GENESIS) == read_copy(west, PATH, 1, GENESIS)
    aside = [name for name in east.names(PATH.rpartition("/")[0]) if name != "ledger"]
    assert [name.startswith("ledger.fork-11-") for name in aside] == [True]
    assert [name[:15] for name in east.names(PATH.rpartition("/")[0])] == ["ledger", "ledger.fork-11-"]


def test_a_checkpoint_is_as_long_as_what_exists_and_not_as_what_ever_was() -> None:
    names = [f"20261120T02{n // 60:02d}{n % 60:02d}.000Z" for n in range(300)]
    gone = [*((site, name) for name in names[:250] for site in ("east", "west")), ("east", names[250])]
    state = reduce_service(entries(*(claim_body(name) for name in names), PointsPruned(tuple(gone))))
    kept = load_state(json.loads(json.dumps(dump_state(state))))
    assert list(kept.points) == names[150:]
    assert kept.points[names[250]] == state.points[names[250]]
    assert kept.claim == state.claim


class Unsure(MemoryFiles):
    """Documents whose next publication loses its answer, or after which nothing answers any more."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster)
        self.loses, self.done, self.others, self.silent = False, True, b"", False

    def append_new(self, path: str, content: bytes) -> bool:
        if self.others:
            super().append_new(path, self.others)
        done = self.done and super().append_new(path, content)
        if self.loses:
            raise Unknown(path, "the answer was lost")
        return done

    def get(self, path: str) -> bytes:
        if self.silent:
            raise Unreachable(path, "does not answer")
        return super().get(path)


def append(west: MemoryFiles) -> ServiceLedger:
    ledger = ServiceLedger(chain(west, None), ROLES)
    ledger.append(claim_body(), "mine", 0)
    return ledger


def test_a_lost_answer_of_an_entry_that_stands_is_read_back_as_a_success() -> None:
    west = Unsure(MemoryCluster("west"))
    west.loses = True
    assert append(west).last_read().claim.run == "mine"  # type: ignore[union-attr]


@pytest.mark.parametrize("loses", [False, True], ids=["answered", "answer lost"])
def test_an_entry_of_somebody_else_in_the_same_place_supersedes(loses: bool) -> None:
    west = Unsure(MemoryCluster("west"))
    west.loses, west.others = loses, b"somebody else's"
    with pytest.raises(Superseded, match="entry 1 was written by another run"):
        append(west)


def test_an_entry_that_is_not_there_yet_after_a_lost_answer_is_unknown_and_never_a_success() -> None:
    west = Unsure(MemoryCluster("west"))
    west.loses, west.done = True, False
    with pytest.raises(Unknown, match="the answer was lost"):
        append(west)


@pytest.mark.parametrize(
    ("loses", "why"), [(False, "may or may not be ours: does not answer"), (True, "the answer was lost")],
    ids=["answered", "answer lost"],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_back_is_unknown_and_not_merely_a_site_that_is_silent(
    loses: bool, why: str
) -> None:
    west = Unsure(MemoryCluster("west"))
    west.loses, west.others, west.silent = loses, b"perhaps ours", True
    with pytest.raises(Unknown, match=why):
        append(west)


def test_what_was_appended_is_known_without_asking_anybody() -> None:
    west = Unsure(MemoryCluster("west"))
    ledger = append(west)
    west.silent = True
    assert ledger.last_read().claim is not None
    assert ledger.read().claim == ledger.last_read().claim  # nothing new is there to be read


@pytest.mark.parametrize("site", ["west", "east"])
def test_a_checkpoint_that_a_site_does_not_keep_is_a_note_of_an_append_that_succeeded(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, east = two_sites()
    ledger = ServiceLedger(chain(west, east), ROLES)
    for n in range(19):
        ledger.append(claim_body(f"20261120T02000{n % 10}.{n:03d}Z"), f"r{n}", n)
    kept = {"west": west, "east": east}

    def lost(path: str, content: bytes) -> None:
        raise Unknown(path, "the answer was lost")

    monkeypatch.setattr(kept[site], "put", lost)
    assert ledger.append(claim_body(), "last", 19).n == 20
    ledger.append(claim_body(), "one more", 20)
    [note] = ledger.take_notes()
    assert note.startswith(f"the checkpoint of ledger entry 20 is not on {site}: ")
    assert ledger.take_notes() == []
    other = next(files for name, files in kept.items() if name != site)
    assert other.names(f"{PATH}/checkpoints") == ["000000000020.json.gz"]
    assert ServiceLedger(chain(west, east), ROLES).read() == ledger.read()
