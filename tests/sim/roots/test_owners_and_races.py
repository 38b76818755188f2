"""Who owns a root is decided on the newest entry, whoever was first and wherever the reading began (I5, I8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import OwnedElsewhere, Superseded
from hadoop_dr.domain.ledger import PAIR_CHECKPOINT_EVERY, LedgerEntry, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet
from hadoop_dr.services.ledger import owners as owners_module
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.owners import RootOwners
from hadoop_dr.services.ledger.roles import Roles
from sim.world import StepClock

PATH = pair_chain("east-west")


def nothing() -> None:
    """The claim stands."""


class Site(MemoryFiles):
    """Documents that count requests, and let somebody else come first."""

    def __init__(self, name: str) -> None:
        super().__init__(MemoryCluster(name))
        self.asked = 0
        self.before: Callable[[], None] = nothing

    def names(self, directory: str) -> list[str]:
        self.asked += 1
        return super().names(directory)

    def get(self, path: str) -> bytes:
        self.asked += 1
        return super().get(path)

    def append_new(self, path: str, content: bytes) -> bool:
        self.before()
        return super().append_new(path, content)


class Pair:
    """Both copies of the pair's ledger, with the first roles in them; the one of the west decides."""

    def __init__(self) -> None:
        self.west, self.east = Site("west"), Site("east")
        self.files, self.clock = {"east": self.east, "west": self.west}, StepClock()
        Roles("east-west", self.files, self.clock).initialise("east", "west", "test", "first")

    def owners(self, service: str, declared: Mapping[str, Sequence[str]] | None = None) -> RootOwners:
        """What a process that begins now knows."""
        state = Roles("east-west", self.files, self.clock).read().state
        return RootOwners("east-west", service, self.west, self.east, self.clock, state, declared or {})

    def entries(self, site: Site | None = None) -> list[LedgerEntry]:
        return Chain(PATH, site or self.west, None, self.clock).entries()

    def owned(self) -> dict[str, str]:
        return dict(Roles("east-west", self.files, self.clock).read().state.owners)


def test_an_entry_about_roots_tells_epoch_run_and_service_and_stands_on_both_sites() -> None:
    pair = Pair()
    owners = pair.owners("svc ü")
    owners.own(["/b %2F", "/a ü"], "run ü", nothing)
    entry = pair.entries()[-1]
    assert (entry.n, entry.kind, entry.epoch, entry.run, entry.pair_n) == (2, "roots_owned", 1, "run ü", 0)
    assert (entry.body.service, entry.body.roots) == ("svc ü", ("/a ü", "/b %2F"))  # type: ignore[union-attr]
    assert pair.entries(pair.east) == pair.entries()
    assert (owners.known_n, owners.mine) == (2, ["/a ü", "/b %2F"])


def test_what_a_service_owns_already_costs_neither_a_question_nor_an_entry() -> None:
    pair = Pair()
    pair.owners("svc").own(["/a ü"], "r", nothing)
    again = pair.owners("svc")
    asked = pair.west.asked
    again.own(["/a ü"], "r", nothing)
    assert (pair.west.asked, len(pair.entries())) == (asked, 2)
    again.own(["/a ü", "/b"], "r", nothing)
    assert pair.entries()[-1].body.roots == ("/b",)  # type: ignore[union-attr]


@pytest.mark.parametrize("grown", range(PAIR_CHECKPOINT_EVERY - 3, PAIR_CHECKPOINT_EVERY + 3))
def test_who_began_before_or_behind_a_checkpoint_knows_every_owner_once_it_looks_again(grown: int) -> None:
    pair = Pair()
    early, grows = pair.owners("early"), pair.owners("svc")
    for number in range(grown):
        grows.own([f"/t {number} ü"], "r", nothing)
    late = pair.owners("late")
    for one in (early, late):
        for root in ("/t 0 ü", f"/t {grown - 1} ü"):
            with pytest.raises(OwnedElsewhere, match="a root of the service 'svc' too"):
                one.own([root], "r", nothing)
        assert one.known_n == grown + 1
    late.own([f"/{grown}"], "r", nothing)
    assert pair.owned() == {f"/t {number} ü": "svc" for number in range(grown)} | {f"/{grown}": "late"}
    written = [PAIR_CHECKPOINT_EVERY] if grown + 2 >= PAIR_CHECKPOINT_EVERY else []
    for site in (pair.west, pair.east):
        assert [int(name[:12]) for name in site.names(f"{PATH}/checkpoints")] == written


def test_who_was_not_first_decides_anew_and_never_takes_what_the_first_one_has() -> None:
    pair = Pair()
    first, second, third = (pair.owners(name) for name in ("first", "second", "third"))

    def comes_first(root: str) -> None:
        pair.west.before = nothing
        first.own([root], "r", nothing)

    pair.west.before = lambda: comes_first("/a ü")
    second.own(["/b"], "r", nothing)
    assert [entry.body.roots for entry in pair.entries()[1:]] == [("/a ü",), ("/b",)]  # type: ignore[union-attr]
    pair.west.before = lambda: comes_first("/c")
    with pytest.raises(OwnedElsewhere, match="/c is a root of the service 'first' too"):
        third.own(["/c"], "r", nothing)
    assert pair.owned() == {"/a ü": "first", "/b": "second", "/c": "first"}


def test_who_is_never_first_gives_up_after_a_bounded_number_of_tries_and_asks_for_its_claim_before_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owners_module, "_RACES", 3)
    pair, claims = Pair(), list[int]()
    owners = pair.owners("svc")
    pair.west.before = lambda: others(pair, len(claims))
    with pytest.raises(Superseded) as given_up:
        owners.own(["/a ü"], "r", lambda: claims.append(1))
    assert len(claims) == 3
    assert str(given_up.value) == f"{PATH}: 3 other services were first. Run it again."
    assert "/a ü" not in pair.owned()


def others(pair: Pair, number: int) -> None:
    """Somebody else owns a root of its own first."""
    before, pair.west.before = pair.west.before, nothing
    pair.owners("other").own([f"/other {number}"], "r", nothing)
    pair.west.before = before


def test_a_process_whose_epoch_is_over_owns_nothing_and_is_told_both_epochs() -> None:
    pair = Pair()
    owners, chain = pair.owners("svc"), Chain(PATH, pair.west, pair.east, pair.clock)
    chain.entries()
    chain.append(RolesSet("west", "east", "ann", "drill"), epoch=2, run="r", pair_n=0, seen_n=1)
    with pytest.raises(Superseded) as over:
        owners.own(["/a ü"], "r", nothing)
    assert str(over.value) == f"{PATH}: epoch 1 is over, the ledger is at 2. The roles have changed; start again."
    assert pair.owned() == {}


@pytest.mark.parametrize(("count", "more"), [(1, ""), (3, ""), (4, "; and 1 more"), (5, "; and 2 more")])
def test_three_directories_that_others_have_are_named_and_the_rest_is_counted(count: int, more: str) -> None:
    pair, roots = Pair(), [f"/r{number} ü" for number in range(5)]
    pair.owners("other").own(roots, "r", nothing)
    with pytest.raises(OwnedElsewhere) as refused:
        pair.owners("svc", {"other": []}).own(roots[:count], "r", nothing)
    said = "; ".join(f"{root} is a root of the service 'other' too" for root in roots[: min(count, 3)])
    assert (refused.value.subject, refused.value.problem) == ("svc", said + more)
    assert "out of this policy, or out of 'other'" in refused.value.remedy


def test_a_look_asks_only_when_it_is_told_to_and_names_what_is_refused_and_what_is_contested() -> None:
    pair = Pair()
    declared = {"svc": ["/mine"], "third": ["/mine/below ü"]}
    pair.owners("svc").own(["/mine"], "r", nothing)
    owners = pair.owners("svc", declared)
    pair.owners("other").own(["/theirs ü"], "r", nothing)
    asked = pair.west.asked
    [contested] = owners.look(["/mine", "/theirs ü"], again=False)
    assert (contested.mark, pair.west.asked) == (Mark.WARN, asked)
    assert "/mine holds /mine/below ü, a directory of the service 'third'" in contested.detail
    refused, again = owners.look(["/mine", "/theirs ü"], again=True)
    assert (refused.mark, again) == (Mark.FAIL, contested)
    assert "/theirs ü is a root of the service 'other' too" in refused.detail


def test_beside_a_service_lies_what_others_own_and_what_they_declare() -> None:
    pair = Pair()
    pair.owners("svc").own(["/mine"], "r", nothing)
    for root in ("/b ü", "/c"):
        pair.owners("other").own([root], "r", nothing)
    pair.owners("third").own(["/d"], "r", nothing)
    owners = pair.owners("svc", {"svc": ["/mine", "/more"], "other": ["/a"]})
    assert owners.beside() == {"other": ["/a", "/b ü", "/c"], "third": ["/d"]}
    assert owners.beside() == owners.beside(), "looking changes nothing"


def test_named_roots_are_given_up_and_no_others_and_nothing_is_written_where_none_is_owned() -> None:
    pair = Pair()
    pair.owners("other").own(["/theirs ü"], "r", nothing)
    owners, claims = pair.owners("svc"), list[int]()
    owners.own(["/a ü", "/b", "/c"], "r", nothing)
    assert owners.release(["/c", "/a ü", "/theirs ü", "/nobody's"], "gives", lambda: claims.append(1)) == ["/a ü", "/c"]
    assert (pair.entries()[-1].kind, pair.entries()[-1].run, claims) == ("roots_released", "gives", [1])
    written = len(pair.entries())
    assert owners.release([], "gives", nothing) == owners.release(["/theirs ü"], "gives", nothing) == []
    assert len(pair.entries()) == written
    assert pair.owned() == {"/theirs ü": "other", "/b": "svc"}
    assert owners.release(None, "gives", nothing) == ["/b"]
