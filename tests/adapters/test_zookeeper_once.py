"""A change of a node is made at most once, and a lost answer is read back before anything is said (faults 51, 52)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from kazoo.exceptions import BadVersionError, NodeExistsError, NoNodeError

from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.adapters.zookeeper.connection import AnswerLost
from hadoop_dr.domain.errors import (
    AccessDenied,
    AlreadyExists,
    DrError,
    NotFound,
    Superseded,
    Unknown,
    Unreachable,
)
from hadoop_dr.ports.coordinator import Document

PATH = "/hadoop-dr/a b/e%20/ü+"
OURS, THEIRS = "ours ü, token 00ff".encode(), b"theirs, token 11ee"
GONE = Unreachable("east", "ZooKeeper does not answer")
DENIED = AccessDenied("east", "ZooKeeper refuses access")


@dataclass
class Server:
    """One node, and a connection to it that loses answers.

    Attributes:
        script: What each change meets, in turn: ``answers``, ``lost`` before it happened, ``happens`` with its answer
            lost, ``late``: lost, and carried out just before the next change arrives; or an error.
        reads: What each reading meets: ``lost`` or an error; what is not in the script answers.
        held: The node, if there is one.
        meanwhile: Somebody else acts, before the first reading.
    """

    script: list[str | Exception]
    reads: list[str | Exception]
    held: Document | None = None
    meanwhile: Callable[[Server], None] = lambda server: None

    def __post_init__(self) -> None:
        self.asked, self.change, self.late = list[str](), 10, list[Callable[[], object]]()

    # -- the connection
    def ask(self, subject: str, request: Callable[[Any], Any]) -> Any:
        assert subject == PATH
        return request(self)()

    # -- the client
    def sync_async(self, path: str) -> Callable[[], Any]:
        return lambda: self.asked.append(f"sync {path}")

    def get_async(self, path: str) -> Callable[[], Any]:
        def get() -> Any:
            self.asked.append(f"get {path}")
            self.meanwhile(self)
            self.meanwhile = lambda server: None
            met = self.reads.pop(0) if self.reads else "answers"
            if isinstance(met, Exception):
                raise met
            if met == "lost":
                raise AnswerLost
            if self.held is None:
                raise NoNodeError
            return self.held.data, self.stat()
        return get

    def create_async(
        self, path: str, data: bytes, *, acl: Any, makepath: bool, include_data: bool
    ) -> Callable[[], Any]:
        assert (path, acl, makepath, include_data) == (PATH, ZooKeeperSettings().acl(), True, True)

        def create() -> Any:
            if self.held is not None:
                raise NodeExistsError
            return path, self.set(data, 0)
        return lambda: self.sent("create", create)

    def set_async(self, path: str, data: bytes, *, version: int) -> Callable[[], Any]:
        assert path == PATH

        def write() -> Any:
            if self.held is None:
                raise NoNodeError
            if self.held.version != version:
                raise BadVersionError
            return self.set(data, version + 1)
        return lambda: self.sent("set", write)

    def sent(self, what: str, carry_out: Callable[[], Any]) -> Any:
        self.asked.append(what)
        while self.late:
            self.late.pop()()
        met = self.script.pop(0)
        if isinstance(met, Exception):
            raise met
        if met == "happens":
            carry_out()
        if met == "late":
            self.late.append(carry_out)
        if met != "answers":
            raise AnswerLost
        return carry_out()

    def set(self, data: bytes, version: int) -> Any:
        self.change += 1
        self.held = Document(data, version, self.change)
        return self.stat()

    def stat(self) -> Any:
        assert self.held is not None
        return SimpleNamespace(version=self.held.version, mzxid=self.held.changed_by)


def coordinator(server: Server) -> ZooKeeperCoordinator:
    one = ZooKeeperCoordinator("zk1:2181", "east")
    one._connection = server  # type: ignore[assignment]
    return one


def server_of(*script: str | Exception, reads: list[str | Exception] | None = None, version: int | None = None,
              meanwhile: Callable[[Server], None] = lambda server: None) -> Server:
    held = None if version is None else Document(b"before", version, 3)
    return Server(list(script), reads or [], held, meanwhile)


def create(server: Server) -> Document:
    return coordinator(server).create(PATH, OURS)


def write(server: Server, version: int = 0) -> Document:
    return coordinator(server).write(PATH, OURS, version)


@dataclass
class Change:
    """Creating or writing, and what a node is before and after it."""

    make: Callable[[Server], Document]
    word: str
    before: int | None
    after: int


BOTH = pytest.mark.parametrize("change", [
    Change(create, "create", None, 0), Change(write, "set", 0, 1), Change(lambda s: write(s, 7), "set", 7, 8),
], ids=["create", "write at 0", "write at 7"])  # fmt: skip
REMEDIES = {
    "Read it again and decide again", "Create it first", "Read it when that ZooKeeper answers again",
    "Start that ZooKeeper, or repair the network to it",
}  # fmt: skip


def assert_names_the_node(error: DrError) -> None:
    assert error.subject == f"east: {PATH}"
    assert error.remedy in REMEDIES


READ = [f"sync {PATH}", f"get {PATH}"]


@BOTH
def test_a_change_that_is_answered_is_sent_once_and_not_read_back(change: Change) -> None:
    server = server_of("answers", version=change.before)
    assert change.make(server) == Document(OURS, change.after, 11) == server.held
    assert server.asked == [change.word]


@BOTH
def test_a_change_that_happened_and_whose_answer_was_lost_is_not_sent_again(change: Change) -> None:
    server = server_of("happens", version=change.before)
    assert change.make(server) == Document(OURS, change.after, 11)
    assert server.asked == [change.word, *READ]


@BOTH
def test_a_change_that_did_not_happen_is_sent_once_more(change: Change) -> None:
    server = server_of("lost", "answers", version=change.before)
    assert change.make(server) == Document(OURS, change.after, 11)
    assert server.asked == [change.word, *READ, change.word]


@BOTH
@pytest.mark.parametrize("second", ["lost", "late", GONE, DENIED])
def test_after_a_second_loss_it_is_unknown_and_not_sent_a_third_time(change: Change, second: str | Exception) -> None:
    server = server_of("lost", second, version=change.before)
    with pytest.raises(Unknown, match="the answer to a change was lost") as told:
        change.make(server)
    assert_names_the_node(told.value)
    assert server.asked == [change.word, *READ, change.word, *READ]


@BOTH
def test_a_second_request_whose_answer_was_lost_is_read_back_too(change: Change) -> None:
    server = server_of("lost", "happens", version=change.before)
    assert change.make(server) == Document(OURS, change.after, 11)


@BOTH
@pytest.mark.parametrize("second", ["answers", GONE, DENIED])
def test_a_first_request_that_arrives_while_the_second_is_under_way_is_ours(
    change: Change, second: str | Exception
) -> None:
    """The second is refused for the first one's effect, or nobody takes it: read back, the change is ours, once."""
    server = server_of("late", second, version=change.before)
    assert change.make(server) == Document(OURS, change.after, 11)
    assert server.change == 11


@BOTH
@pytest.mark.parametrize("unreadable", [GONE, DENIED])
def test_what_cannot_be_read_back_is_unknown_and_not_sent_again(change: Change, unreadable: DrError) -> None:
    server = server_of("happens", reads=[unreadable], version=change.before)
    with pytest.raises(Unknown, match="the answer to a change was lost") as told:
        change.make(server)
    assert_names_the_node(told.value)
    assert server.asked == [change.word, *READ]


def test_a_node_that_somebody_else_made_meanwhile_is_told_and_kept() -> None:
    server = server_of("lost", meanwhile=lambda one: one.set(THEIRS, 0))
    with pytest.raises(AlreadyExists, match="already exists") as told:
        create(server)
    assert_names_the_node(told.value)
    assert server.held == Document(THEIRS, 0, 11)


@pytest.mark.parametrize("data", [OURS, THEIRS])
def test_a_node_that_was_made_and_written_over_meanwhile_may_have_been_ours(data: bytes) -> None:
    server = server_of("lost", meanwhile=lambda one: one.set(data, 1))
    with pytest.raises(Unknown, match="another writer changed it while the answer") as told:
        create(server)
    assert_names_the_node(told.value)


def test_another_writer_who_was_first_is_told_and_kept() -> None:
    server = server_of("lost", version=4, meanwhile=lambda one: one.set(THEIRS, 5))
    with pytest.raises(Superseded, match="another writer made version 5 first") as told:
        write(server, 4)
    assert_names_the_node(told.value)
    assert server.held == Document(THEIRS, 5, 11)


@pytest.mark.parametrize(("version", "data"), [(6, OURS), (6, THEIRS), (2, OURS)])
def test_a_node_that_is_further_may_have_had_ours_between(version: int, data: bytes) -> None:
    server = server_of("lost", version=4, meanwhile=lambda one: one.set(data, version))
    with pytest.raises(Unknown, match="another writer changed it while the answer") as told:
        write(server, 4)
    assert_names_the_node(told.value)


def test_a_node_that_is_gone_when_a_write_is_read_back_is_not_found() -> None:
    def removed(server: Server) -> None:
        server.held = None

    with pytest.raises(NotFound, match="the node is gone") as told:
        write(server_of("lost", version=4, meanwhile=removed), 4)
    assert_names_the_node(told.value)


@pytest.mark.parametrize(("make", "version", "error", "says"), [
    (create, 3, AlreadyExists, "already exists"),
    (write, 3, Superseded, "another writer changed it"),
    (write, None, NotFound, "the node does not exist"),
])
def test_a_refusal_of_the_only_request_stands(
    make: Callable[[Server], Document], version: int | None, error: type[DrError], says: str
) -> None:
    server = server_of("answers", version=version)
    with pytest.raises(error, match=says) as told:
        make(server)
    assert_names_the_node(told.value)
    assert not [asked for asked in server.asked if asked.startswith("get")]


@BOTH
@pytest.mark.parametrize("gone", [GONE, DENIED])
def test_a_change_that_was_never_sent_is_not_done(change: Change, gone: DrError) -> None:
    server = server_of(gone, version=change.before)
    with pytest.raises(type(gone)):
        change.make(server)
    assert server.asked == [change.word]


def test_a_node_is_read_behind_a_sync_and_once_more_when_the_answer_was_lost() -> None:
    server = server_of(reads=["lost"], version=5)
    assert coordinator(server).read(PATH) == Document(b"before", 5, 3)
    assert server.asked == [*READ, *READ]


def test_a_node_whose_answer_is_lost_twice_cannot_be_read() -> None:
    server = server_of(reads=["lost", "lost"], version=5)
    with pytest.raises(Unreachable, match="the connection broke while reading") as told:
        coordinator(server).read(PATH)
    assert_names_the_node(told.value)
    assert server.asked == [*READ, *READ]


def test_no_node_is_none() -> None:
    assert coordinator(server_of()).read(PATH) is None
