"""The pair's ledger is read by every process: it stays cheap however often roots come and go."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.errors import Refused, Unreachable
from hadoop_dr.domain.ledger import PAIR_CHECKPOINT_EVERY, entry_path, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet, RootsOwned
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.owners import RootOwners
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.roles import Roles, RolesRead
from sim.world import StepClock

PATH = pair_chain("east-west")


class Counted:
    """Documents of a site that count what is asked of them, and may not answer."""

    def __init__(self, inner: MemoryFiles) -> None:
        self._inner, self.asked, self.silent = inner, 0, False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if not callable(real):
            return real

        def ask(*args: Any) -> Any:
            self.asked += 1
            if self.silent:
                raise Unreachable(self._inner.site, "does not answer", "Start it")
            return real(*args)

        return ask


class Pair:
    """Both copies, and services that own roots and give them up."""

    def __init__(self) -> None:
        self.files = {site: Counted(MemoryFiles(MemoryCluster(site))) for site in ("east", "west")}
        self.clock = StepClock()
        self.roles().initialise("east", "west", "test", "first")

    def roles(self) -> Roles:
        return Roles("east-west", self.files, self.clock)  # type: ignore[arg-type]

    def read(self) -> RolesRead:
        return self.roles().read()

    def owners(self, service: str) -> RootOwners:
        east, west = self.files["east"], self.files["west"]
        state = self.read().state
        return RootOwners("east-west", service, west, east, self.clock, state, {})  # type: ignore[arg-type]

    def grow(self, entries: int) -> None:
        """Lets a service own so many more roots, one after the other."""
        begun, owners = self.read().state.n, self.owners("svc")
        for number in range(entries):
            owners.own([f"/wh/t {begun + number} ü"], "r", lambda: None)

    def reads(self) -> int:
        before = sum(files.asked for files in self.files.values())
        self.read()
        return sum(files.asked for files in self.files.values()) - before


def test_reading_costs_the_same_after_a_thousand_entries_as_after_twenty() -> None:
    pair = Pair()
    assert pair.reads() == 4  # a listing and the first entry, on two sites
    pair.grow(2 * PAIR_CHECKPOINT_EVERY)
    few = pair.reads()
    pair.grow(1000)
    assert pair.read().state.n == 2 * PAIR_CHECKPOINT_EVERY + 1001
    assert len(pair.read().state.owners) == 2 * PAIR_CHECKPOINT_EVERY + 1000
    assert pair.reads() <= few + 2 * PAIR_CHECKPOINT_EVERY
    assert check_chain(PATH, pair.files)["ok"]  # type: ignore[arg-type]


def test_what_is_read_from_a_checkpoint_is_what_all_entries_say() -> None:
    pair = Pair()
    pair.grow(3 * PAIR_CHECKPOINT_EVERY)
    shortened = pair.read()
    for files in pair.files.values():
        files.remove(f"{PATH}/checkpoints")
    assert pair.read() == shortened


def test_a_copy_that_lies_behind_checkpoints_and_all_is_seen_as_the_beginning_of_the_other() -> None:
    pair = Pair()
    pair.grow(5)
    pair.files["east"].silent = True
    alone = pair.owners("alone")
    for number in range(3 * PAIR_CHECKPOINT_EVERY):
        alone.own([f"/alone/{number}"], "r", lambda: None)
    pair.files["east"].silent = False
    read = pair.read()
    assert read.behind == ("east",)
    assert len(read.state.owners) == 5 + 3 * PAIR_CHECKPOINT_EVERY
    pair.owners("late").own(["/late"], "r", lambda: None)
    assert pair.read().behind == ()
    assert check_chain(PATH, pair.files)["ok"]  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead", ["east", "west"])
@pytest.mark.parametrize("grown", [3, *(PAIR_CHECKPOINT_EVERY + more for more in (-2, -1, 0, 1))])
def test_whichever_copy_lies_behind_is_named_and_the_longer_one_is_read(ahead: str, grown: int) -> None:
    pair = Pair()
    pair.grow(grown)
    chain = Chain(PATH, pair.files[ahead], None, pair.clock)  # type: ignore[arg-type]
    chain.entries()
    chain.append(RootsOwned("svc", ("/late ü",)), epoch=1, run="r", pair_n=0, seen_n=chain.head_n)
    read = pair.read()
    assert read.behind == tuple({"east", "west"} - {ahead})
    assert len(read.state.owners) == grown + 1


def test_a_silent_site_does_not_keep_a_root_from_its_owner() -> None:
    pair = Pair()
    pair.files["east"].silent = True
    pair.grow(PAIR_CHECKPOINT_EVERY)
    assert len(pair.read().state.owners) == PAIR_CHECKPOINT_EVERY


def test_a_pair_of_which_neither_site_answers_is_unreachable_and_not_withoutroles() -> None:
    pair = Pair()
    for files in pair.files.values():
        files.silent = True
    with pytest.raises(Unreachable, match=r"^east: does not answer\. Start it$"):
        pair.read()


def test_copies_that_went_apart_are_seen_behind_checkpoints_too_and_the_deciding_one_counts() -> None:
    pair = Pair()
    pair.grow(PAIR_CHECKPOINT_EVERY + 2)
    for site, service in (("east", "stray"), ("west", "svc")):
        chain = Chain(PATH, pair.files[site], None, pair.clock)  # type: ignore[arg-type]
        n = len(chain.entries()) and chain.head_n
        chain.append(RootsOwned(service, ("/stray",)), epoch=1, run="r", pair_n=0, seen_n=n)
    assert pair.read().state.owners["/stray"] == "svc"


def test_an_entry_that_was_changed_is_no_ledger_and_the_other_copy_counts() -> None:
    pair = Pair()
    pair.grow(3)
    where = entry_path(PATH, 2)
    pair.files["east"].put(where, pair.files["east"].get(where).replace(b'"svc"', b'"them"'))
    read = pair.read()
    assert str(read.silent["east"]).startswith(f"{entry_path(PATH, 3)}: broken chain on east")
    assert read.state.owners["/wh/t 1 ü"] == "svc"


def test_of_the_other_copy_the_newest_entry_is_read_unless_it_is_another_one() -> None:
    pair = Pair()
    pair.grow(9)
    listed = {site: files.asked for site, files in pair.files.items()}
    pair.read()
    assert {site: files.asked - listed[site] for site, files in pair.files.items()} == {"east": 1 + 10, "west": 1 + 1}
    newest = entry_path(PATH, 10)
    pair.files["west"].put(newest, pair.files["west"].get(newest).replace(b'"svc"', b'"them"'))
    assert pair.read().state.owners["/wh/t 9 ü"] == "them"      # the copy that decides


def test_two_copies_of_which_neither_decides_are_refused() -> None:
    pair = Pair()
    for site in ("east", "west"):
        chain = Chain(PATH, pair.files[site], None, pair.clock)  # type: ignore[arg-type]
        other = "west" if site == "east" else "east"
        chain.append(RolesSet(site, other, "x", "x"), epoch=2, run="r", pair_n=0, seen_n=len(chain.entries()))
    said = f"^{PATH}: both sites .* neither copy decides. Compare them with hadoop-dr ledger check; a person"
    with pytest.raises(Refused, match=said):
        pair.read()


def test_the_first_roles_are_the_first_entry_on_both_sites_and_are_written_once() -> None:
    pair = Pair()
    again = pair.roles().initialise("west", "east", "another", "again")
    assert (again, again.primary, again.epoch) == (pair.read().state, "east", 1)
    for files in pair.files.values():
        [entry] = Chain(PATH, files, None, pair.clock).entries()  # type: ignore[arg-type]
        assert (entry.n, entry.run, entry.pair_n, entry.epoch) == (1, "initialise", 0, 1)


def test_of_two_who_give_a_pair_its_first_roles_at_once_the_second_is_told_those_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = Pair()
    late, read = pair.roles(), pair.read
    answers = [RolesRead(PairState(), {}, ())]  # it looked when there was nothing yet
    monkeypatch.setattr(late, "read", lambda: answers.pop() if answers else read())
    assert late.initialise("west", "east", "another", "at once") == read().state
    assert (read().state.primary, read().state.n) == ("east", 1)
