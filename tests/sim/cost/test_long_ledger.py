"""A ledger of years: what tells of it asks for what it needs, side by side, and holds only so much at once."""

from __future__ import annotations

import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

from hadoop_dr.domain.errors import NotFound, Protocol, Unreachable
from hadoop_dr.domain.ledger import GENESIS, LedgerEntry, digest, encode, entry_path
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.stream import IN_FLIGHT, contents, entries, newest_number
from hadoop_dr.services.report import LATEST, entries_about, explanation

PATH = "/.hadoop-dr/east-west/services/billing ü%/ledger"
YEAR = 2_345


class Documents:
    """Ledger entries, what is asked for them, and how many questions are under way at once."""

    def __init__(self, site: str, count: int, text: str = "") -> None:
        self.site, self.files, self.asked = site, dict[str, bytes](), Counter[str]()
        self.under_way, self.most, self.wait = 0, 0, lambda: None
        self._lock, prev = threading.Lock(), GENESIS
        for n in range(1, count + 1):
            entry = LedgerEntry(n, 1, "run ü", "2026-11-21T02:00:00.123Z", ClaimReleased(n, f"{n} {text}"), prev, 1)
            self.files[entry_path(PATH, n)] = content = encode(entry)
            prev = digest(content)

    def get(self, path: str) -> bytes:
        with self._lock:
            self.asked["get"] += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        self.wait()
        with self._lock:
            self.under_way -= 1
        if path not in self.files:
            raise NotFound(path, "does not exist")
        return bytes(bytearray(self.files[path]))  # of the reader's own, as what comes over a wire

    def names(self, directory: str) -> list[str]:
        self.asked["names"] += 1
        below = {path.removeprefix(f"{directory}/") for path in self.files if path.startswith(f"{directory}/")}
        return sorted({name.partition("/")[0] for name in below} | ({"checkpoints"} if directory == PATH else set()))


def of_a_year(site: str, count: int = YEAR) -> Documents:
    return Documents(site, count)


def test_what_happened_lately_is_told_without_the_years_before_and_they_are_counted() -> None:
    west = of_a_year("west")
    older, newest = entries_about(west, PATH, None)  # type: ignore[arg-type]
    document = explanation("billing", newest, None, older)
    assert (document["older"], [one["n"] for one in document["entries"]]) == (
        YEAR - LATEST, list(range(YEAR - LATEST + 1, YEAR + 1)))  # fmt: skip
    assert west.asked["get"] == LATEST
    assert west.asked["names"] <= 4
    older, newest = entries_about(west, PATH, None, every=True)  # type: ignore[arg-type]
    assert (older, sum(1 for _ in newest)) == (0, YEAR)
    short = of_a_year("west", 3)
    older, newest = entries_about(short, PATH, None)  # type: ignore[arg-type]
    assert (older, [one.n for one in newest]) == (0, [1, 2, 3])
    assert list(entries_about(of_a_year("west", 0), PATH, None)[1]) == []  # type: ignore[arg-type]


def test_the_newest_entry_is_found_without_reading_any() -> None:
    west = of_a_year("west")
    assert newest_number(west, PATH) == YEAR  # type: ignore[arg-type]
    assert (west.asked["get"], west.asked["names"]) == (0, 2)
    assert newest_number(of_a_year("west", 0), PATH) == 0  # type: ignore[arg-type]
    assert newest_number(of_a_year("west", 1000), PATH) == 1000  # type: ignore[arg-type]


def test_every_chain_is_proven_with_one_request_for_each_entry_and_many_of_them_at_once() -> None:
    copies = {site: of_a_year(site) for site in ("east", "west")}
    for one in copies.values():  # nobody is answered before as many ask as may
        gate = threading.Barrier(IN_FLIGHT)
        first = threading.Semaphore(IN_FLIGHT)
        one.wait = lambda gate=gate, first=first: gate.wait(60) if first.acquire(blocking=False) else None  # type: ignore[misc]
    told = check_chain(PATH, copies)  # type: ignore[arg-type]
    assert told == {"chain": PATH, "ok": True, "entries": {"east": YEAR, "west": YEAR}, "problems": []}
    for one in copies.values():
        assert one.asked["get"] == YEAR
        assert one.asked["names"] == 1 + 3  # the thousands, and each of them
        assert one.most == IN_FLIGHT


def test_proving_a_chain_of_years_holds_only_what_is_under_way() -> None:
    copies = {site: Documents(site, 2000, "ü" * 10_000) for site in ("east", "west")}
    whole = sum(map(len, copies["west"].files.values()))
    tracemalloc.start()
    try:
        assert check_chain(PATH, copies)["ok"]  # type: ignore[arg-type]
        assert sum(1 for _ in entries(copies["west"], PATH)) == 2000  # type: ignore[arg-type]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < whole / 4


def without(n: int) -> Callable[[Documents], None]:
    return lambda copy: copy.files.__delitem__(entry_path(PATH, n))


def without_a_thousand(copy: Documents) -> None:
    for n in range(1000, 2000):
        del copy.files[entry_path(PATH, n)]


@pytest.mark.parametrize(
    ("harm", "n"), [(without(1), 1), (without(999), 999), (without(1000), 1000), (without_a_thousand, 1000)]
)
def test_an_entry_that_is_missing_is_named_wherever_it_stood(harm: Callable[[Documents], None], n: int) -> None:
    copies = {site: of_a_year(site) for site in ("east", "west")}
    harm(copies["west"])
    told = check_chain(PATH, copies)  # type: ignore[arg-type]
    [problem] = told["problems"]
    assert problem.startswith(f"west: {entry_path(PATH, n)}: ledger entry is missing on west")
    assert problem.endswith("hadoop-dr ledger check.")
    assert told["entries"] == {"east": YEAR}
    with pytest.raises(Protocol):
        list(contents(copies["west"], PATH))  # type: ignore[arg-type]


def test_an_entry_that_is_none_is_named_also_where_the_reading_began_later() -> None:
    west = of_a_year("west", 9)
    west.files[entry_path(PATH, 7)] = b"{}"
    with pytest.raises(Protocol, match="not a ledger entry") as told:
        list(entries(west, PATH, 5))  # type: ignore[arg-type]
    assert told.value.subject == entry_path(PATH, 7)


def test_a_copy_that_was_changed_or_went_apart_is_named_with_its_entry() -> None:
    copies = {site: of_a_year(site, 1200) for site in ("east", "west")}
    east = copies["east"].files
    east[entry_path(PATH, 1100)] = east[entry_path(PATH, 1100)].replace(b"1100 ", b"1101 ")
    told = check_chain(PATH, copies)  # type: ignore[arg-type]
    assert told["problems"] == [
        "east: entry 1101: it does not follow the entry before it (prev differs)",
        "the copies went apart after entry 1099 (east and west have 1200 and 1200 entries)",
    ]
    shorter = {"east": of_a_year("east", 1190), "west": of_a_year("west", 1200)}
    assert check_chain(PATH, shorter)["ok"]  # type: ignore[arg-type]


def test_copies_without_a_common_entry_and_copies_without_any_are_told_apart() -> None:
    other = {"east": of_a_year("east", 2), "west": Documents("west", 2, "another")}
    assert check_chain(PATH, other)["problems"] == [  # type: ignore[arg-type]
        "the copies went apart after entry 0 (east and west have 2 and 2 entries)"
    ]
    for has in ({"east": 0, "west": 0}, {"east": 0, "west": 3}):
        told = check_chain(PATH, {site: of_a_year(site, count) for site, count in has.items()})  # type: ignore[misc]
        assert told == {"chain": PATH, "ok": True, "entries": has, "problems": []}


def test_a_silent_site_and_one_whose_copy_is_broken_are_both_named_in_the_order_of_the_sites() -> None:
    gone = Unreachable("east", "does not answer", "Start it")
    for order in (("east", "west"), ("west", "east")):
        west = of_a_year("west", 9)
        west.files[entry_path(PATH, 3)] = b"{}"
        copies = {site: west if site == "west" else of_a_year("east", 9) for site in order}
        told = check_chain(PATH, copies, {"east": gone}, "east")  # type: ignore[arg-type]
        assert [problem.partition(":")[0] for problem in told["problems"]] == list(order)
        assert (told["ok"], told["entries"]) == (False, {"west": 9})


def test_of_all_that_is_wrong_with_a_copy_the_first_entry_is_named() -> None:
    west = of_a_year("west", 200)
    for n in (3, 7):
        west.files[entry_path(PATH, n)] = west.files[entry_path(PATH, n)].replace(b'"n":', b'"n":1')
    said = ["west: entry 3: its number says 13"]
    assert check_chain(PATH, {"west": west})["problems"] == said  # type: ignore[dict-item]
    del west.files[entry_path(PATH, 150)]
    told = check_chain(PATH, {"west": west})  # type: ignore[dict-item]
    assert (told["entries"], told["problems"]) == ({}, said)


def test_an_entry_of_a_newer_version_is_named_by_its_path_and_is_no_broken_chain() -> None:
    west = of_a_year("west", 9)
    where = entry_path(PATH, 7)
    west.files[where] = west.files[where].replace(b'"v":1', b'"v":2')
    problem, *more = check_chain(PATH, {"west": west})["problems"]  # type: ignore[dict-item]
    assert problem.startswith(f"west: {where}: ")
    assert ("ledger format 2" in problem, more) == (True, [])


@pytest.mark.parametrize("deciding", ["east", "west"])
def test_a_deciding_copy_lost_entries_only_where_the_other_one_has_more_and_nobody_goes_on_in_it(deciding: str) -> None:
    other = "east" if deciding == "west" else "west"

    def told(mine: int, theirs: int, comes: int = 0) -> list[str]:
        copies = {site: of_a_year(site, mine if site == deciding else theirs) for site in ("east", "west")}

        def goes_on() -> None:  # while the other copy is read to its end
            whole = of_a_year(deciding, mine + comes).files
            copies[deciding].files.update(whole)

        copies[other].wait = goes_on
        names = copies[deciding].names
        listed: dict[str, list[str]] = {}
        copies[deciding].names = lambda path: listed.setdefault(path, names(path))  # type: ignore[method-assign]
        for path in (PATH, f"{PATH}/0"):
            copies[deciding].names(path)
        problems: list[str] = check_chain(PATH, copies, deciding=deciding)["problems"]  # type: ignore[arg-type]
        return problems

    assert told(5, 5) == told(7, 5) == told(5, 6, comes=1) == told(5, 7, comes=2) == []
    for mine, theirs in ((5, 6), (5, 9), (0, 2)):
        lost = f"lost what follows entry {mine}: {other} has {theirs} entries"
        assert told(mine, theirs) == [f"{deciding}, whose copy decides, {lost}"]
