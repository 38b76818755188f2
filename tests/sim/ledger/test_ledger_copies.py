"""The copy that follows is brought in step from wherever it is; one that went apart is kept whole (I5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.errors import Protocol, Refused, Superseded, Unknown, Unreachable
from hadoop_dr.domain.ledger import (
    GENESIS,
    PAIR_CHECKPOINT_EVERY,
    Fork,
    LedgerEntry,
    digest,
    encode,
    entry_path,
    pair_chain,
)
from hadoop_dr.domain.ledger.bodies.pair import RootsOwned
from hadoop_dr.domain.ledger.bodies.runs import PointVoided
from hadoop_dr.domain.state.pair_state import dump_pair_state, reduce_pair
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.chain_copy import numbers_from, read_shortened
from hadoop_dr.services.ledger.checkpoints import Checkpoint, keep_checkpoint
from hadoop_dr.services.ledger.roles import Roles
from sim.world import StepClock

ABOVE = "/.hadoop-dr/east-west/services/billing %2F ü"
PATH = f"{ABOVE}/ledger"
EVERY, LENGTH = 4, 10
"""Checkpoints are after the entries 4 and 8, so a reader of the whole chain begins at entry 9."""


class Site(MemoryFiles):
    """Documents that count what is asked of them; one of the requests may fail, before or after it is done."""

    def __init__(self, name: str) -> None:
        super().__init__(MemoryCluster(name))
        self.asked: list[tuple[str, str]] = []
        self.fails_at, self.done = -1, False
        self.before: Callable[[str, str], None] = lambda request, path: None

    def __getattribute__(self, name: str) -> Any:
        real = super().__getattribute__(name)
        if name not in ("append_new", "prepare", "put", "get", "names", "move", "remove"):
            return real

        def ask(path: str, *more: Any) -> Any:
            self.asked.append((name, path))
            self.before(name, path)
            if len(self.asked) == self.fails_at:
                if self.done:
                    real(path, *more)
                raise Unknown(path, "the answer was lost") if self.done else Unreachable(path, "does not answer")
            return real(path, *more)

        return ask

    def reads(self) -> list[str]:
        """The documents that were read."""
        return [path for request, path in self.asked if request == "get"]

    def contents(self, path: str = PATH) -> list[bytes]:
        """The entries of a chain, as bytes; nothing of it is counted."""
        names = MemoryFiles.names(self, f"{path}/0")
        return [MemoryFiles.get(self, f"{path}/0/{name}") for name in names]


def chain(west: Site, east: Site | None) -> Chain:
    return Chain(PATH, west, east, StepClock(), EVERY)


def add(to: Chain, run: str, entries: int = 1) -> None:
    """Appends behind what is there, with a checkpoint now and then."""
    to.entries()
    for _ in range(entries):
        body = PointVoided(1, "20261120T020000.000Z", "hostile name %2F ü")
        to.append(body, epoch=1, run=f"{run} {to.head_n + 1}", pair_n=1, seen_n=to.head_n)
        assert to.checkpoint(dict) == []


def two(follows: int) -> tuple[Site, Site]:
    """A deciding copy, and one that has so many of its entries."""
    west, east = Site("west"), Site("east")
    add(chain(west, None), "ours", LENGTH)
    for n, content in enumerate(west.contents()[:follows], 1):
        east.append_new(entry_path(PATH, n), content)
    west.asked.clear(), east.asked.clear()
    return west, east


@pytest.mark.parametrize("follows", range(LENGTH + 1))
def test_a_copy_that_ends_anywhere_is_carried_on_from_there_and_little_is_read_for_it(follows: int) -> None:
    west, east = two(follows)
    late = chain(west, east)
    late.entries()
    west.asked.clear()
    assert late.follow() is None
    assert east.contents() == west.contents()
    assert east.names(ABOVE) == ["ledger"]
    assert len(east.reads()) <= 2
    ours = 0 if follows > 8 else LENGTH - follows + (follows > 0)
    assert len(west.reads()) == ours, "what is known is not read again"
    assert late.fork() is None


@pytest.mark.parametrize("apart", range(1, LENGTH + 1))
def test_a_copy_that_went_apart_anywhere_is_told_and_kept_whole_beside_ours(apart: int) -> None:
    for length in range(apart, LENGTH + 3):
        west, east = two(apart - 1)
        add(chain(east, None), "strays", length - apart + 1)
        stray, checkpoints = east.contents(), east.names(f"{PATH}/checkpoints")
        late = chain(west, east)
        east.asked.clear()
        assert late.fork() == Fork(apart - 1, LENGTH, length)
        if apart > 8:
            assert east.reads() == [entry_path(PATH, n) for n in range(8, length + 1)], "no entry before our checkpoint"
        assert late.follow() is None
        assert east.contents() == west.contents(), length
        aside = f"{ABOVE}/ledger.fork-{length}-{digest(stray[-1])[:12]}"
        assert east.contents(aside) == stray, length
        assert east.names(f"{aside}/checkpoints") == checkpoints
        assert late.fork() is None


def test_a_copy_that_is_longer_is_left_so_until_ours_says_something_else() -> None:
    west, east = two(LENGTH)
    add(chain(east, None), "longer", 2)
    longer, late = east.contents(), chain(west, east)
    assert (late.fork(), late.follow(), east.contents()) == (None, None, longer)
    add(late, "ours")
    assert late.fork() == Fork(LENGTH, LENGTH + 1, LENGTH + 2)
    assert late.follow() is None
    assert east.contents() == west.contents()
    assert east.contents(f"{ABOVE}/ledger.fork-{LENGTH + 2}-{digest(longer[-1])[:12]}") == longer


@pytest.mark.parametrize("done", [False, True], ids=["not done", "answer lost"])
def test_a_follow_that_ends_at_any_request_says_why_and_the_next_one_goes_on(done: bool) -> None:
    """The other copy was brought in step, then somebody made it another one: moving that aside is part of the work."""
    at = 0
    while True:
        at += 1
        west, east = two(0)
        late = chain(west, east)
        assert late.entries() is not None
        assert late.follow() is None
        MemoryFiles.remove(east, f"{PATH}/0/{3:012d}.json")
        for n in range(4, LENGTH + 1):
            MemoryFiles.remove(east, entry_path(PATH, n))
        add(chain(east, None), "strays", LENGTH)
        stray = east.contents()
        add(late, "ours", 1)
        east.asked.clear()
        east.fails_at, east.done = at, done
        said = late.follow()
        if len(east.asked) < at:
            break
        assert said is not None
        assert "the answer was lost" in said or "does not answer" in said
        east.fails_at = -1
        assert late.follow() is None
        assert east.contents() == west.contents()
        [aside] = [name for name in east.names(ABOVE) if name != "ledger"]
        assert east.contents(f"{ABOVE}/{aside}") == stray
    assert at > 10


def test_a_copy_that_was_brought_in_step_before_is_asked_only_to_take_what_is_new() -> None:
    west, east = two(0)
    late = chain(west, east)
    late.entries()
    add(late, "before", 2)  # the second of them makes a checkpoint, so the two that follow make none
    assert late.follow() is None
    add(late, "ours", 2)
    west.asked.clear(), east.asked.clear()
    assert late.follow() is None
    paths = [entry_path(PATH, LENGTH + n) for n in (3, 4)]
    assert sorted(east.asked[:2]) == [("prepare", path) for path in paths]
    assert east.asked[2:] == [("append_new", path) for path in paths]
    assert west.asked == []
    assert late.follow() is None
    assert len(east.asked) == 4


def test_two_that_bring_a_copy_in_step_at_once_do_not_take_each_other_for_a_fork() -> None:
    west, east = two(6)

    def other(request: str, path: str) -> None:
        if request == "append_new":
            MemoryFiles.append_new(east, path, west.contents()[int(path[-17:-5]) - 1])

    east.before = other
    late = chain(west, east)
    late.entries()
    assert late.follow() is None
    assert east.contents() == west.contents()


def test_an_entry_of_somebody_else_that_comes_meanwhile_is_named_and_set_aside_the_next_time() -> None:
    west, east = two(6)

    def other(request: str, path: str) -> None:
        if request == "append_new" and path == entry_path(PATH, 9):
            MemoryFiles.append_new(east, path, b"theirs")

    east.before = other
    late = chain(west, east)
    late.entries()
    assert late.follow() == "entry 9 on east was written by somebody else meanwhile"


def test_a_site_that_is_not_reachable_is_said_and_keeps_no_checkpoint_from_the_other() -> None:
    west = Site("west")
    alone = chain(west, None)
    add(alone, "ours", EVERY)
    assert alone.follow() == "the other site is not reachable"
    assert alone.fork() is None
    assert west.names(f"{PATH}/checkpoints") == [f"{EVERY:012d}.json.gz"]


def test_an_entry_of_a_newer_version_names_the_file_and_is_no_broken_chain() -> None:
    west, _ = two(0)
    where = entry_path(PATH, 9)
    west.put(where, west.get(where).replace(b'"v":1', b'"v":2'))
    with pytest.raises(Refused, match="ledger format 2") as refused:
        chain(west, None).entries()
    assert refused.value.subject == where


@pytest.mark.parametrize("n", [9, 10])
def test_a_broken_chain_names_the_site_the_file_and_what_shows_more(n: int) -> None:
    west, _ = two(0)
    where = entry_path(PATH, n)
    west.put(where, west.get(where).replace(b'"prev":"', b'"prev":"0'))
    with pytest.raises(Protocol, match="broken chain on west: it does not follow") as broken:
        chain(west, None).entries()
    assert broken.value.subject == where
    assert "hadoop-dr ledger check" in broken.value.remedy


def test_a_copy_that_lost_what_its_checkpoint_says_is_broken_and_not_begun_anew() -> None:
    west, east = two(LENGTH)
    alone = chain(west, None)
    alone.entries()
    add(chain(east, None), "theirs")
    west.put(entry_path(PATH, LENGTH + 1), east.get(entry_path(PATH, LENGTH + 1)).replace(b'"n":11', b'"n":12'))
    with pytest.raises(Protocol, match="its number says 12"):
        alone.entries()


def test_who_is_superseded_is_told_in_which_ledger_and_by_which_entry_and_what_to_do() -> None:
    west, _ = two(0)
    first, second, third = chain(west, None), chain(west, None), chain(west, None)
    for one in (first, second, third):
        one.entries()
    add(first, "first")
    third.entries()
    for late, seen_n in ((second, LENGTH), (third, LENGTH)):  # one meets the entry's place taken, the other has read it
        with pytest.raises(Superseded) as superseded:
            late.append(PointVoided(1, "", ""), epoch=1, run="late", pair_n=1, seen_n=seen_n)
        assert superseded.value.subject == PATH
        assert superseded.value.problem == f"entry {LENGTH + 1} was written by another run"
        assert superseded.value.remedy


def test_an_append_behind_what_is_known_reads_nothing() -> None:
    west, _ = two(0)
    one = chain(west, None)
    one.entries()
    west.asked.clear()
    one.append(PointVoided(1, "", ""), epoch=1, run="r", pair_n=1, seen_n=LENGTH)
    assert west.asked == [("append_new", entry_path(PATH, LENGTH + 1))]


def test_an_append_that_was_decided_on_what_another_read_reads_that_first() -> None:
    west, _ = two(0)
    one = chain(west, None)
    one.entries()
    add(chain(west, None), "other")
    assert one.append(PointVoided(1, "", ""), epoch=1, run="r", pair_n=1, seen_n=LENGTH + 1).n == LENGTH + 2


def test_what_cannot_be_read_back_names_the_entry_and_what_to_do() -> None:
    west, _ = two(0)
    one = chain(west, None)
    one.entries()
    where = entry_path(PATH, LENGTH + 1)
    west.put(where, b"perhaps ours")
    west.asked.clear()
    west.fails_at = 2
    with pytest.raises(Unknown) as unknown:
        one.append(PointVoided(1, "", ""), epoch=1, run="r", pair_n=1, seen_n=LENGTH)
    assert unknown.value.subject == where
    assert "may or may not be ours: does not answer" in unknown.value.problem
    assert unknown.value.remedy


def listing(*numbers: int) -> Callable[[str], list[str]]:
    """A copy with these entries, which fails where nobody needs to look."""
    last = max(numbers, default=0) // 1000

    def names(directory: str) -> list[str]:
        thousand = int(directory.rpartition("/")[2])
        assert thousand <= last + (max(numbers, default=0) % 1000 == 999)
        return [f"{n:012d}.json" for n in reversed(numbers) if n // 1000 == thousand] + ["notes.txt"]

    return names


@pytest.mark.parametrize("last", [1, 2, 998, 999, 1000, 1001, 1999, 2000, 2005])
@pytest.mark.parametrize("start", [1, 2, 999, 1000])
def test_entries_are_listed_over_the_thousands_and_no_directory_more_than_there_is(start: int, last: int) -> None:
    if start // 1000 <= (last + 1) // 1000:
        there = listing(*range(1, last + 1))
        assert numbers_from(Site("west"), PATH, start, there) == list(range(start, last + 1))


@pytest.mark.parametrize(
    ("there", "missing"), [((2,), 1), ((1, 3), 2), ((1, 2, 4, 5, 7), 3), ((*range(1, 1000), 1001), 1000)]
)
def test_the_first_entry_that_is_missing_is_named(there: tuple[int, ...], missing: int) -> None:
    with pytest.raises(Protocol, match="ledger entry is missing on west") as gap:
        numbers_from(Site("west"), PATH, 1, listing(*there))
    assert gap.value.subject == entry_path(PATH, missing)
    assert "hadoop-dr ledger check" in gap.value.remedy


@cache
def long_chain() -> tuple[bytes, ...]:
    """Entries of a chain whose newest checkpoint is to be after the 2,000th."""
    contents = list[bytes]()
    for n in range(1, 2003):
        prev = digest(contents[-1]) if contents else GENESIS
        contents.append(encode(LedgerEntry(n, 1, "r", "", PointVoided(1, "", ""), prev, 1)))
    return tuple(contents)


@pytest.mark.parametrize("follows", [2000, 1500, 999, 0])
def test_a_copy_that_ends_thousands_before_our_checkpoint_is_found_and_carried_on_from_its_end(follows: int) -> None:
    west, east, contents = Site("west"), Site("east"), long_chain()
    for n, content in enumerate(contents, 1):
        for site in (west, east)[: 1 + (n <= follows)]:
            MemoryFiles.put(site, entry_path(PATH, n), content)
    assert keep_checkpoint([west], PATH, Checkpoint(2000, digest(contents[1999]), {})) == []
    late = chain(west, east)
    late.entries()
    assert late.follow() is None
    appended = [path for request, path in east.asked if request == "append_new"]
    assert appended == [entry_path(PATH, n) for n in range(follows + 1, 2003)]
    listed = [path.rpartition("/")[2] for request, path in east.asked if request == "names"]
    looks = ["2", *(str(thousand) for thousand in range(2, follows // 1000 - 1, -1))]
    assert listed == [*looks, *([] if follows else "0")], "downwards, and no further than its end"


def test_a_chain_that_just_has_a_checkpoint_is_read_from_there() -> None:
    west = Site("west")
    add(chain(west, None), "ours", EVERY)
    west.asked.clear()
    assert read_shortened(west, PATH, EVERY).head_n == EVERY
    assert west.reads() == [f"{PATH}/checkpoints/{EVERY:012d}.json.gz"]


PAIR_LENGTH = PAIR_CHECKPOINT_EVERY + 2


class PairCopies:
    """Two copies of a pair's ledger of which the longer is not the one that decides, and begins behind a checkpoint."""

    path = pair_chain("east-west")

    def __init__(self, deciding_has: int) -> None:
        self.west, self.east = Site("west"), Site("east")
        Roles("east-west", {"west": self.west, "east": self.east}, StepClock()).initialise("east", "west", "t", "first")
        MemoryFiles.remove(self.west, self.path)
        longer = Chain(self.path, self.east, None, StepClock(), PAIR_CHECKPOINT_EVERY)
        longer.entries()
        for n in range(2, PAIR_LENGTH + 1):
            longer.append(RootsOwned("svc", (f"/r {n} ü",)), epoch=1, run="r", pair_n=0, seen_n=n - 1)
            longer.checkpoint(lambda: dump_pair_state(reduce_pair(longer.last_read())))
        for n, content in enumerate(self.east.contents(self.path)[:deciding_has], 1):
            self.west.append_new(entry_path(self.path, n), content)

    def read(self) -> Any:
        return Roles("east-west", {"west": self.west, "east": self.east}, StepClock()).read()


@pytest.mark.parametrize("has", [0, 1, 2, 18, 19, 20, 21])
def test_a_deciding_copy_of_the_roles_that_is_only_behind_is_no_fork(has: int) -> None:
    read = PairCopies(has).read()
    assert read.behind == ("west",)
    assert read.state.owners == {f"/r {n} ü": "svc" for n in range(2, PAIR_LENGTH + 1)}


@pytest.mark.parametrize("apart", [2, 18, 19, 20, 21, 22])
def test_copies_of_the_roles_that_went_apart_are_told_though_the_longer_one_begins_behind_it(apart: int) -> None:
    pair = PairCopies(apart - 1)
    stray = Chain(pair.path, pair.west, None, StepClock())
    n = len(stray.entries())
    stray.append(RootsOwned("decides", ("/decides",)), epoch=1, run="r", pair_n=0, seen_n=n)
    assert pair.read().state.owners == {**{f"/r {n} ü": "svc" for n in range(2, apart)}, "/decides": "decides"}


@pytest.mark.parametrize("has", [18, 19, 20, 21])
def test_copies_of_the_roles_are_compared_by_what_was_read_and_one_entry_before_the_checkpoint(has: int) -> None:
    pair = PairCopies(has)
    pair.east.asked.clear()
    assert pair.read().behind == ("west",)
    read = sorted(path for path in pair.east.reads() if "checkpoints" not in path)
    compared = [has] if has < PAIR_CHECKPOINT_EVERY else []
    newest = [PAIR_LENGTH]  # before it is known that the copies differ
    assert read == sorted(entry_path(pair.path, n) for n in [*compared, PAIR_LENGTH - 1, PAIR_LENGTH, *newest])
