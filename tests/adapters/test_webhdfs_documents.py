"""Documents over WebHDFS: each is published once and whole, whatever gets lost on the two hops to it (I11)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles
from hadoop_dr.adapters.webhdfs.datanodes import KnownWays
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import AlreadyExists, Failed, NotFound, Unknown, Unreachable
from support.clock import StepClock
from support.own_webhdfs import Meets, OwnWebHdfs, answers, late, lost_after, lost_before, refused

FOLDER = "/.hadoop-dr/a b e%20+g=1#ü"
PATH = f"{FOLDER}/u\u0308 1"  # a decomposed letter
ADDRESS = HdfsAddress("west", (), OwnWebHdfs.namenodes)
WRITE, WRITTEN = ("nn1", "CREATE"), ("dn1", "CREATE")
LOST: list[Meets] = [refused, lost_before, lost_after, late, answers(500, b"a servlet dies")]
REASONS = ["no connection to http://dn", *["no answer from http://dn"] * 2, "no answer from http://dn.* within 21 s",
           "500 without a reason"]  # fmt: skip
WHY = list(zip(LOST, REASONS, strict=True))
NO_NAME = answers(400, {"RemoteException": {"exception": "InvalidPathException", "message": "no ü"}})
STANDBY = answers(403, {"RemoteException": {"exception": "StandbyException", "message": "no"}})


class Tokens:
    """They count."""

    def __init__(self) -> None:
        self._number = count(1)

    def token(self) -> str:
        return f"{next(self._number)}"


class Site:
    """A site, and documents of it; ``straight`` remembers where it was sent."""

    def __init__(self, straight: bool = False, budget_s: float = 30.0) -> None:
        self.web, self.clock, self.moved, self.noted = OwnWebHdfs(), StepClock(), list[int](), list[str]()
        self.clock.now_s = 1000.0
        namenodes = OwnWebHdfs.namenodes if budget_s else OwnWebHdfs.namenodes[:1]
        self.files = WebHdfsFiles(
            HdfsAddress("west", (), namenodes), self.clock, Tokens(),  # type: ignore[arg-type]
            Deadlines(connect_s=4, read_s=21, checksum_s=900, budget_s=budget_s), lambda: self.web,
            lambda op, count=1, trips=1: self.noted.append(op), self.moved.append)
        self.files.put(f"{FOLDER}/0", b"0")
        if straight:
            self.files.ways = KnownWays(self.clock)
            self.files.put(f"{FOLDER}/0", b"0")
            assert self.files.get(f"{FOLDER}/0") == b"0"
        for seen in (self.web.asked, self.web.timeouts, self.moved, self.noted):
            seen.clear()

    def meets(self, where: tuple[str, str], *what: Meets) -> None:
        self.web.meets[where] = list(what)

    def left(self) -> list[str]:
        """Unfinished documents."""
        return [name for name in self.web.cluster.find(FOLDER).children if name.startswith(".aside-")]


@pytest.fixture(params=[False, True], ids=["by the NameNode", "straight"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(request.param)


def test_a_document_is_written_for_us_alone_and_comes_back_byte_by_byte(site: Site) -> None:
    for content in (b"", b"\x00\xff", "ü\n".encode() * 1000):
        site.files.put(PATH, content)
        assert site.files.get(PATH) == content
    cluster = site.web.cluster
    assert (cluster.find(PATH).mode, cluster.find(FOLDER).mode, cluster.find("/.hadoop-dr").mode) == (
        0o600, 0o700, 0o700)
    assert site.files.names(FOLDER) == ["0", "u\u0308 1"]
    assert site.files.site == "west"


def test_a_directory_is_made_when_the_first_document_needs_it_and_no_sooner(site: Site) -> None:
    site.files.append_new(f"{FOLDER}/new ü/sub/1", b"1")
    assert site.files.get(f"{FOLDER}/new ü/sub/1") == b"1"
    assert len(site.web.ask("MKDIRS")) == 1
    site.files.append_new(f"{FOLDER}/new ü/sub/2", b"2")
    assert len(site.web.ask("MKDIRS")) == 1


def test_whoever_comes_second_leaves_nothing_behind(site: Site) -> None:
    assert site.files.append_new(PATH, b"first") is True
    assert site.files.append_new(PATH, b"first") is False
    assert (site.files.get(PATH), site.left()) == (b"first", [])


def test_bytes_that_were_brought_ahead_are_sent_once(site: Site) -> None:
    site.files.prepare(PATH, b"ahead")
    assert (site.files.names(FOLDER), len(site.left())) == (["0"], 1)
    assert site.files.append_new(PATH, b"ahead") is True
    assert site.files.get(PATH) == b"ahead"
    assert len([one for one in site.web.ask("CREATE") if one[0] == "dn1"]) == 1
    assert site.files.append_new(PATH, b"ahead") is False, "they count once"


@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("publish", [WebHdfsFiles.append_new, WebHdfsFiles.put])
def test_a_document_whose_writing_got_lost_is_written_again_under_another_name(
        site: Site, what: Meets, publish: Callable[..., object]) -> None:
    site.meets(WRITTEN, what)
    assert publish(site.files, PATH, b"mine") is not False
    assert (site.files.get(PATH), site.left()) == (b"mine", [])


@pytest.mark.parametrize(("what", "why"), WHY)
def test_a_document_that_cannot_be_written_leaves_nothing_and_it_is_told_why(what: Meets, why: str) -> None:
    site = Site()
    site.meets(WRITTEN, *[what] * 99)
    site.meets(("dn2", "CREATE"), *[what] * 99)
    with pytest.raises(Unreachable, match=why):
        site.files.put(PATH, b"mine")
    assert (site.files.names(FOLDER), site.left()) == (["0"], [])


def test_what_a_datanode_refuses_is_told_in_its_words_with_the_path() -> None:
    site = Site()
    site.files.put(PATH, b"mine")
    site.meets(("dn1", "OPEN"), NO_NAME)
    with pytest.raises(Failed, match="InvalidPathException: no ü") as told:
        site.files.get(PATH)
    assert told.value.subject == PATH


def test_a_lost_document_that_cannot_be_cleared_away_is_written_all_the_same() -> None:
    site = Site()
    site.meets(WRITTEN, lost_after)
    site.meets(("nn1", "DELETE"), answers(403, {"RemoteException": {"exception": "X", "message": "no"}}))
    assert site.files.append_new(PATH, b"mine") is True
    assert len(site.left()) == 1, "nobody's"


@pytest.mark.parametrize(("what", "published"), [
    (refused, True), (lost_before, True), (lost_after, True), (late, True), (STANDBY, True)])
def test_a_publication_whose_answer_got_lost_is_made_once_and_told_as_made(
        site: Site, what: Meets, published: bool) -> None:
    site.meets(("nn1", "RENAME"), what)
    assert site.files.append_new(PATH, b"mine") is published
    assert (site.files.get(PATH), site.left()) == (b"mine", [])
    site.meets(("nn2", "RENAME"), what)
    site.files.put(PATH, b"newer")
    assert (site.files.get(PATH), site.left()) == (b"newer", [])


def test_a_publication_that_got_lost_while_somebody_else_published_is_theirs() -> None:
    site = Site()

    def somebody_else(_: Callable[[], Any]) -> Any:
        site.web.cluster.extend(site.web.cluster.make_file(PATH, replication=1, block_size=9, overwrite=False), b"b")
        return lost_before(_)

    site.meets(("nn1", "RENAME"), somebody_else)
    assert site.files.append_new(PATH, b"mine") is False
    assert (site.files.get(PATH), site.left()) == (b"b", [])


@pytest.mark.parametrize("then", ["gone", "other content"])
def test_a_publication_of_which_nothing_can_be_told_is_unknown(then: str) -> None:
    """The name that only we know is gone, and what lies there is not what we wrote."""
    site = Site()

    def replaced(carry_out: Callable[[], Any]) -> Any:
        carry_out()
        site.web.node.delete(PATH)
        if then != "gone":
            made = site.web.cluster.make_file(PATH, replication=1, block_size=9, overwrite=False)
            site.web.cluster.extend(made, b"b")
        return lost_before(carry_out)

    site.meets(("nn1", "RENAME"), replaced)
    with pytest.raises(Unknown) as told:
        site.files.append_new(PATH, b"mine")
    assert told.value.subject == PATH


@pytest.mark.parametrize("what", LOST)
def test_a_document_whose_reading_got_lost_is_read_again(site: Site, what: Meets) -> None:
    site.files.put(PATH, b"mine")
    site.meets(("dn1", "OPEN"), what)
    assert site.files.get(PATH) == b"mine"


@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("op", ["CREATE", "OPEN"])
def test_when_a_datanode_fails_the_namenode_is_asked_for_one_again(op: str, what: Meets) -> None:
    site = Site()
    site.files.put(PATH, b"mine")
    site.web.asked.clear()

    def dies(carry_out: Callable[[], Any]) -> Any:
        site.web.datanodes = ("dn2:9864", "dn1:9864")
        return what(carry_out)

    site.meets(("dn1", op), dies, *[refused] * 9)
    if op == "CREATE":
        site.files.put(PATH, b"mine")
    assert site.files.get(PATH) == b"mine"
    assert [host for host, _ in site.web.ask(op)][:4] == ["nn1", "dn1", "nn2", "dn2"]


def test_a_datanode_that_hangs_says_nothing_of_the_namenode_that_sent_there(site: Site) -> None:
    """That one would be left alone for half a minute: a read after it begins at the one that served."""
    site.files.put(PATH, b"mine")
    site.meets(("dn1", "OPEN"), late)
    site.files.get(PATH)
    assert site.files._tree.route._hung == {}


def test_a_document_that_is_not_there_is_not_found_and_a_directory_without_documents_is_empty(site: Site) -> None:
    with pytest.raises(NotFound) as told:
        site.files.get(PATH)
    assert told.value.subject == PATH
    assert site.files.names(f"{FOLDER}/none") == []


def test_names_are_sorted_and_unfinished_ones_are_nobodys(site: Site) -> None:
    for name in ("b", "a b", "c", "ü"):
        site.files.put(f"{FOLDER}/{name}", b"")
    site.files.prepare(PATH, b"")
    assert site.files.names(FOLDER) == ["0", "a b", "b", "c", "ü"]
    assert site.files.names(f"{FOLDER}/a b") == [], "a file lists itself, without a name"


def test_what_moves_takes_no_place_and_what_is_removed_may_be_gone(site: Site) -> None:
    site.files.put(PATH, b"mine")
    with pytest.raises(AlreadyExists):
        site.files.move(PATH, f"{FOLDER}/0")
    with pytest.raises(NotFound):
        site.files.move(f"{FOLDER}/none", f"{FOLDER}/not made/x")
    assert "not made" not in site.web.cluster.find(FOLDER).children
    site.files.move(PATH, f"{FOLDER}/made ü/x")
    assert site.files.get(f"{FOLDER}/made ü/x") == b"mine"
    assert site.web.cluster.find(f"{FOLDER}/made ü").mode == 0o700
    for _ in range(2):
        site.files.remove(f"{FOLDER}/made ü")
    assert site.files.names(FOLDER) == ["0"]


# -- the straight way


def test_documents_go_straight_to_where_the_last_of_their_kind_was_sent() -> None:
    site = Site(straight=True)
    site.files.put(PATH, b"mine")
    assert site.files.get(PATH) == b"mine"
    assert site.web.asked == [("dn1", "CREATE"), ("nn1", "RENAME"), ("dn1", "OPEN")]
    assert len(site.noted) == 3, "each is counted"


@pytest.mark.parametrize(("seconds", "straight"), [(60, True), (61, False)])
def test_after_a_minute_the_namenode_is_asked_for_the_way_again(seconds: int, straight: bool) -> None:
    """However often the way was gone meanwhile: the NameNode sends to where most room is."""
    site = Site(straight=True)
    site.clock.now_s += 30
    assert site.files.get(f"{FOLDER}/0") == b"0"
    site.clock.now_s += seconds - 30
    site.web.asked.clear()
    assert site.files.get(f"{FOLDER}/0") == b"0"
    assert site.web.asked == [("nn1", "OPEN"), ("dn1", "OPEN")][straight:]


def test_the_first_second_of_a_clock_knows_no_way() -> None:
    ways = KnownWays(StepClock())
    ways.forget("GET")  # as another thread did just before
    assert ways.to("GET", PATH) is None


@pytest.mark.parametrize("what", [
    *LOST, answers(302, b""), answers(404, b"a page"),
    answers(403, {"RemoteException": {"exception": "IOException", "message": "odd"}})])
@pytest.mark.parametrize("op", ["CREATE", "OPEN"])
def test_a_way_that_led_nowhere_is_not_gone_again(op: str, what: Meets) -> None:
    site = Site(straight=True)
    site.files.put(PATH, b"older")
    site.web.datanodes = ("dn2:9864",)
    site.meets(("dn1", op), what)
    site.web.asked.clear()
    for _ in range(2):
        if op == "CREATE":
            site.files.put(PATH, b"mine")
        else:
            assert site.files.get(PATH) == b"older"
    assert [host for host, _ in site.web.ask(op) if host.startswith("dn")] == ["dn1", "dn2", "dn2"]
    assert site.left() == []
    assert site.files._tree.route._hung == {}


def test_a_datanode_that_is_not_there_is_met_once_also_where_the_namenode_has_to_be_asked_again() -> None:
    site = Site(straight=True)
    site.web.datanodes = ("dn2:9864",)
    site.meets(WRITTEN, *[refused] * 9)
    site.meets(WRITE, STANDBY)
    site.files.put(PATH, b"mine")
    assert [host for host, _ in site.web.ask("CREATE")] == ["dn1", "nn1", "nn2", "dn2"]


@pytest.mark.parametrize(("what", "why"), [
    *WHY[1:], (answers(302, b""), "302 is not an answer of a DataNode"),
    (NO_NAME, r"/\.aside-.*: InvalidPathException: no ü")])
def test_why_the_straight_way_failed_is_told_where_there_is_no_time_for_another(what: Meets, why: str) -> None:
    site = Site(straight=True, budget_s=0.0)
    site.meets(WRITTEN, what)
    site.web.meets["nn1", "CREATE"] = site.web.meets["nn2", "CREATE"] = [STANDBY] * 9
    with pytest.raises(Unreachable, match=why):
        site.files.put(PATH, b"mine")


def test_that_nothing_lies_there_is_for_the_namenode_to_say() -> None:
    """A DataNode that was left behind by a failover may not know of the newest document."""
    site = Site(straight=True)
    site.files.put(PATH, b"mine")
    site.meets(("dn1", "OPEN"), answers(404, {"RemoteException": {"exception": "FileNotFoundException",
                                                                 "message": "none"}}))
    assert site.files.get(PATH) == b"mine"


def test_a_missing_directory_is_made_also_where_the_datanode_says_so() -> None:
    site = Site(straight=True)
    site.files.put(f"{FOLDER}/new ü/1", b"1")
    assert [host for host, _ in site.web.ask("CREATE")] == ["dn1", "nn1", "dn1"]


def test_only_connections_without_credentials_know_ways() -> None:
    """A way bears the delegation token of whoever asked for it."""
    assert Site().files.ways is None
    plain = WebHdfsFiles(ADDRESS, StepClock(), Tokens())  # type: ignore[arg-type]
    assert plain.ways is not None
    plain.ways.note("GET", "http://dn1:9864/webhdfs/v1/x?op=OPEN")
    assert plain.ways.to("GET", "/a b") == "http://dn1:9864/webhdfs/v1/a%20b?op=OPEN"
    plain.close()


def test_each_hop_is_waited_for_as_long_as_the_deadlines_say_and_bytes_that_leave_are_told() -> None:
    site = Site(straight=True)
    site.files.put(PATH, bytes(5000))
    assert site.web.timeouts == [(4, 21)] * 2
    assert site.moved == [1] * 5
    assert site.files._tree.checksum(PATH).algorithm == "MD5 ü"
    assert site.web.timeouts[2:] == [(4, 21), (4, 900)], "a DataNode reads all of the file for it"


def test_connections_are_given_back() -> None:
    site = Site()
    site.files.close()
    assert site.web.closed == 1
