"""The metastore client over real sockets: time limits, other addresses, typed errors, no second sending (I11)."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from thrift.transport.TTransport import TTransportException

from hadoop_dr.adapters.hive import Client, HiveMetastore
from hadoop_dr.adapters.hive.methods import ADD_CONSTRAINT, EXCEPTIONS
from hadoop_dr.domain.catalog.thrift_struct import (
    I32,
    LIST,
    STRING,
    Items,
    Tree,
    encode,
    i32,
    record,
    text,
    texts,
)
from hadoop_dr.domain.errors import (
    AccessDenied,
    AlreadyExists,
    BadInput,
    DrError,
    Failed,
    NotFound,
    NotReady,
    Protocol,
    Unknown,
    Unreachable,
)
from support.own_metastore import EXCEPTION, Answer, Handler, Server, reply


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], Server]]:
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
    servers: list[Server] = []

    def start(handler: Handler) -> Server:
        servers.append(Server(handler))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answering(value: Tree) -> Handler:
    return lambda name, sequence, _: reply(name, sequence, value)


def client(*uris: str, read_s: float = 5.0) -> Client:
    return Client("east", uris, connect_s=2, read_s=read_s)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"thrift://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("method", ["get_next_notification", "get_current_notificationEventId"])
def test_a_metastore_that_refuses_its_log_is_told_with_the_settings_that_open_it(
    serve: Callable[[Handler], Server], method: str
) -> None:
    def refuses(name: str, sequence: bytes, _: Tree) -> Answer:
        return reply(name, sequence, {1: text(f"Internal error processing {name}"), 2: i32(6)}, EXCEPTION)

    one = client(serve(refuses).uri)
    with pytest.raises(Failed, match=f"Internal error processing {method}") as told:
        one.read(method)
    one.close()
    assert "hive.metastore.event.db.notification.api.auth=false" in told.value.remedy
    assert "hadoop.proxyuser.USER.hosts" in told.value.remedy


def test_a_refused_connection_is_unreachable_for_reads_and_changes() -> None:
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
    nobody = client(free_address(), free_address())
    for call in (nobody.read, nobody.change):
        with pytest.raises(Unreachable, match="of site east: no connection"):
            call("getVersion", {})
    with pytest.raises(Unreachable, match="no metastore address"):
        client().read("getVersion")
    with pytest.raises(Unreachable, match="no metastore address"):
        client().change("getVersion", {})
    with pytest.raises(Unreachable, match=r"metastore \?:0 of site east: no metastore .* Check the pair's file"):
        client().read_light("getVersion")
    with pytest.raises(Unreachable, match=r"metastore 127.0.0.1:\d+ of site east: .* Check that the metastore runs"):
        nobody.read("getVersion")


def test_the_next_address_serves_when_one_does_not(serve: Callable[[Handler], Server]) -> None:
    server = serve(answering({0: text("4.0.1")}))
    both = client(free_address(), server.uri)
    assert both.read("getVersion") == b"4.0.1"
    assert both.change("getVersion", {}) == b"4.0.1"
    both.close()


def test_a_lost_answer_to_a_question_is_asked_for_again(serve: Callable[[Handler], Server]) -> None:
    answers: list[Answer] = ["close"]
    server = serve(lambda name, sequence, _: answers.pop() if answers else reply(name, sequence, {0: text("4.0.1")}))
    one = client(server.uri)
    assert one.read("getVersion") == b"4.0.1"
    assert server.requests == 2
    one.close()


@pytest.mark.parametrize("addresses", [1, 2, 3])
@pytest.mark.parametrize("ask", [
    lambda one: one.read("get_database_req"), lambda one: one.read_each("get_database_req", [{}]),
], ids=["read", "read each"])
def test_a_question_is_asked_once_of_each_address_and_once_more(
        serve: Callable[[Handler], Server], ask: Callable[[Client], object], addresses: int) -> None:
    servers = [serve(lambda *_: "close") for _ in range(addresses)]
    one = client(*(server.uri for server in servers))
    with pytest.raises(Unreachable, match="of site east: get_database_req: ") as told:
        ask(one)
    assert servers[0].uri.removeprefix("thrift://") in told.value.subject
    assert [server.requests for server in servers] == [2, 1, 1][:addresses]
    one.close()


@pytest.mark.parametrize("lost", ["close", None, b"garbage!" * 10])
def test_a_change_whose_answer_is_lost_is_unknown_and_sent_once(serve: Callable[[Handler], Server],
                                                                lost: Answer) -> None:
    server = serve(lambda *_: lost)
    one = client(server.uri, read_s=0.3)
    with pytest.raises(Unknown, match="create_function was sent and its answer lost") as told:
        one.change("create_function", {})
    assert server.requests == 1
    assert told.value.subject == f"metastore {server.uri.removeprefix('thrift://')} of site east"
    assert told.value.remedy == "Read the object back before anything else"
    one.close()


ODD: dict[str, Callable[[str, bytes], bytes]] = {
    "a name that is no text": lambda name, sequence: reply(name, sequence, {}).replace(name[:3].encode(), b"\xff\xfe "),
    "an error that is no struct": lambda name, sequence: reply(name, sequence, {1: text("no")}),
    "an error of no number": lambda name, sequence: reply(name, sequence, {-9: record({1: text("no")})}),
    "an error whose words are a list": lambda name, sequence: reply(name, sequence, {1: record({1: texts(["no"])})}),
    "a refusal whose kind is text": lambda name, sequence: reply(name, sequence, {2: text("six")}, EXCEPTION),
    "the form of old": lambda name, sequence: (
        len(name).to_bytes(4) + name.encode() + b"\2" + sequence + encode({0: text("x")})),
    "a question": lambda name, sequence: reply(name, sequence, {0: text("x")}, 1),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_of_another_shape_to_a_change_leaves_it_unknown_and_the_connection_is_not_used_again(
        serve: Callable[[Handler], Server], odd: str) -> None:
    answers = [ODD[odd]]
    server = serve(lambda name, sequence, _: answers.pop()(name, sequence) if answers else reply(
        name, sequence, {0: text("4.0.1")}))
    one = client(server.uri)
    with pytest.raises(Unknown, match=r"create_function was sent and its answer lost: (an answer that|No protocol)"):
        one.change("create_function", {})
    assert one.read("getVersion") == b"4.0.1"
    assert (server.requests, len(server._ends)) == (2, 2)
    one.close()


def test_a_frozen_metastore_costs_the_limit_and_no_more(serve: Callable[[Handler], Server]) -> None:
    server = serve(lambda *_: None)
    one = client(server.uri, read_s=0.3)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="getVersion"):
        one.read("getVersion")
    assert time.monotonic() - started < 3
    one.close()


def test_a_metastore_that_hangs_from_the_start_costs_one_short_limit_for_every_question_together(
        serve: Callable[[Handler], Server]) -> None:
    """A hung metastore made a look of a few seconds last minutes: the long limit, and the same for each question."""
    servers = [serve(lambda *_: None) for _ in range(2)]
    one = Client("east", [server.uri for server in servers], connect_s=2, read_s=60, first_s=0.3)
    store, started = HiveMetastore("east", "hive", one), time.monotonic()
    for ask in (store.current_event, store.current_event, store.databases, store.every_database):
        with pytest.raises(Unreachable, match="get_current_notificationEventId: timed out"):
            ask()
    assert time.monotonic() - started < 30
    assert [server.requests for server in servers] == [1, 1]
    store.close()


@pytest.mark.parametrize(("why", "times"), [
    (TimeoutError("timed out"), 1), (ConnectionRefusedError(111, "refused"), 3)])
def test_a_way_to_a_metastore_that_swallows_everything_is_tried_once_and_one_that_refuses_each_time(
        why: OSError, times: int) -> None:
    tried = list[str]()

    def opener(host: str, *_: object) -> None:
        tried.append(host)
        raise TTransportException(TTransportException.NOT_OPEN, "could not connect", inner=why)

    store = HiveMetastore("east", "hive", Client("east", ["thrift://hms.east"], opener=opener))
    for _ in range(3):
        with pytest.raises(Unreachable, match="no connection"):
            store.current_event()
    assert tried == ["hms.east"] * times


def test_a_metastore_that_answered_once_is_waited_for_as_long_as_its_work_takes(
        serve: Callable[[Handler], Server]) -> None:
    begun, asked = threading.Event(), list[str]()

    def slow(name: str, sequence: bytes, _: Tree) -> bytes:
        asked.append(name)
        if len(asked) > 1:
            begun.wait(1.0)  # nobody sets it: longer than the first limit, far shorter than the other
        if name == "get_all_databases":
            return reply(name, sequence, {0: texts(["a"])})
        return reply(name, sequence, {0: record({1: i32(7)})})

    server = serve(slow)
    store = HiveMetastore("east", "hive", Client("east", [server.uri], connect_s=2, read_s=60, first_s=0.3))
    store.current_event()
    assert store.databases() == ["a"]
    store.close()
    store.current_event()  # on another connection
    assert asked == ["get_current_notificationEventId", "get_all_databases", "get_current_notificationEventId"]
    store.close()


def test_after_a_first_question_that_was_refused_too_a_change_is_waited_for_as_long_as_its_work_takes(
        serve: Callable[[Handler], Server]) -> None:
    """A refusal is an answer. Given up after the first limit, a slow change would be unknown and end the run."""
    begun = threading.Event()

    def slow(name: str, sequence: bytes, _: Tree) -> bytes:
        if name == "get_current_notificationEventId":
            return reply(name, sequence, {1: text("Internal error"), 2: i32(6)}, EXCEPTION)
        begun.wait(1.0)  # nobody sets it: longer than the first limit, far shorter than the other
        return reply(name, sequence, {})

    server = serve(slow)
    one = Client("east", [server.uri], connect_s=2, read_s=60, first_s=0.3)
    with pytest.raises(Failed, match="Internal error"):
        one.read_light("get_current_notificationEventId")
    assert one.change("drop_function", {}) is None
    assert server.requests == 2
    one.close()


def test_a_metastore_that_refused_a_first_question_is_asked_again(serve: Callable[[Handler], Server]) -> None:
    answers: list[Answer] = ["close"]
    server = serve(lambda name, sequence, _: answers.pop() if answers else reply(
        name, sequence, {0: record({1: i32(7)})}))
    store = HiveMetastore("east", "hive", client(server.uri))
    with pytest.raises(Unreachable):
        store.current_event()
    store.current_event()
    store.close()


def test_a_connection_the_server_closed_meanwhile_is_not_used_for_a_change(serve: Callable[[Handler], Server]) -> None:
    server = serve(lambda name, sequence, _: reply(name, sequence, {0: text("1")}))
    one = client(server.uri)
    one.read("getVersion")
    for end in list(server._ends):
        end.shutdown(socket.SHUT_RDWR)
    until = time.monotonic() + 5
    while one._transport.isOpen() and time.monotonic() < until:
        pass
    assert one.change("create_function", {}) == b"1"
    one.close()


@pytest.mark.parametrize(("method", "field", "message", "error"), [
    ("create_database", 1, "there", AlreadyExists), ("get_database_req", 1, "none", NotFound),
    ("of_another_version", 9, "no", Failed),
    ("create_database", 3, "java.lang.X", Failed), ("create_database", 9, "of a later version", Failed),
    ("create_database", 3, "AccessControlException: Permission denied: user=x", AccessDenied),
    ("create_database", 3, "org.apache.hadoop.ipc.StandbyException", NotReady), ("create_database", 3, "", Failed)])
def test_exceptions_become_errors_with_the_servers_words(serve: Callable[[Handler], Server], method: str, field: int,
                                                         message: str, error: type[DrError]) -> None:
    server = serve(answering({field: record({1: text(message)} if message else {})}))
    one = client(server.uri)
    with pytest.raises(error, match=message or "MetaException") as caught:
        one.change(method, {})
    assert type(caught.value) is error
    assert caught.value.subject == f"metastore {server.uri.removeprefix('thrift://')} of site east"
    name = EXCEPTIONS[method][field - 1] if field <= 3 else "exception 9"
    assert caught.value.problem == f"{method}: {name}" + (f": {message}" if message else "")
    assert caught.value.remedy
    one.close()


def test_a_method_the_server_does_not_have_and_its_own_errors(serve: Callable[[Handler], Server]) -> None:
    kinds = [1, 6]

    def refuse(name: str, sequence: bytes, _: Tree) -> bytes:
        return reply(name, sequence, {1: text(f"Invalid method name: '{name}'"), 2: i32(kinds.pop(0))}, EXCEPTION)

    server = serve(refuse)
    one = client(server.uri)
    where = f"metastore {server.uri.removeprefix('thrift://')} of site east"
    with pytest.raises(Protocol) as unknown:
        one.read("get_table")
    assert str(unknown.value) == (
        f"{where}: does not know get_table: Invalid method name: 'get_table'. Use a metastore of Hive 4")
    with pytest.raises(Failed) as failed:
        one.read("get_table")
    assert str(failed.value) == f"{where}: get_table: Invalid method name: 'get_table'. See the metastore's own log"
    one.close()


def test_every_request_is_counted_with_its_method_and_those_under_way_together_at_once(
        serve: Callable[[Handler], Server]) -> None:
    counted = list[tuple[str, int]]()
    server = serve(answering({0: text("x")}))
    one = Client("east", [server.uri], note=lambda what, count=1, trips=1: counted.append((what, count)))
    one.read("getVersion")
    one.read_each("get_database_req", [{}] * 130)
    one.change("create_function", {})
    assert counted == [("getVersion", 1), ("get_database_req", 100), ("get_database_req", 30), ("create_function", 1)]
    assert server.requests == 132
    one.close()


def test_why_an_answer_was_lost_is_told_in_the_words_of_the_socket(serve: Callable[[Handler], Server]) -> None:
    one = client(serve(lambda *_: "close").uri)
    with pytest.raises(Unreachable, match="getVersion: TSocket read 0 bytes"):
        one.read("getVersion")
    one.close()
    with pytest.raises(Unreachable, match="no connection: connection refused"):
        client(free_address()).read("getVersion")


def test_an_answer_to_another_question_is_not_taken(serve: Callable[[Handler], Server]) -> None:
    one = client(serve(lambda name, _, __: reply(name, b"\0\0\0\x63", {0: text("x")})).uri)
    with pytest.raises(Unreachable, match="asked was"):
        one.read("getVersion")
    with pytest.raises(Unknown):
        one.change("getVersion", {})
    one.close()


def test_an_address_is_checked_before_anything_is_contacted() -> None:
    for bad in ("http://x:1", "thrift://"):
        with pytest.raises(BadInput) as told:
            Client("east", [bad])
        assert str(told.value) == f"{bad}: is not the address of a metastore. Write thrift://host:9083"
    Client("east", ["hms1.west", "thrift://hms2.west"])


def test_an_error_without_a_word_is_told_by_its_kind() -> None:
    def opener(*_: object) -> None:
        raise ConnectionAbortedError

    with pytest.raises(Unreachable, match="no connection: ConnectionAbortedError"):
        Client("east", ["hms1.west"], opener=opener).read("getVersion")


@pytest.mark.parametrize(("uri", "wanted"), [
    ("hms1.west", ("hms1.west", 9083)), ("thrift://hms2.west", ("hms2.west", 9083)), ("hms3.west:7", ("hms3.west", 7))])
def test_an_address_without_a_port_has_the_usual_one(uri: str, wanted: tuple[str, int]) -> None:
    asked = list[tuple[str, int]]()

    def opener(host: str, port: int, *_: float) -> None:
        asked.append((host, port))
        raise ConnectionRefusedError(111, "refused")

    with pytest.raises(Unreachable):
        Client("east", [uri], opener=opener).read("getVersion")
    assert asked == [wanted]


def test_a_batch_the_metastore_fails_on_is_tried_in_halves(serve: Callable[[Handler], Server]) -> None:
    sizes: list[int] = []

    def limited(name: str, sequence: bytes, body: Tree) -> bytes:
        names = body[1][1][3][1].values
        sizes.append(len(names))
        if len(names) > 300:
            return reply(name, sequence, {1: record({1: text("too many partitions")})})
        return reply(name, sequence, {0: record({1: (LIST, Items(12, [
            {1: (LIST, Items(STRING, [value[2:]]))} for value in names]))})})

    store = HiveMetastore("east", "hive", client(serve(limited).uri))
    found = store.partitions("bill", "t", [f"p={n}" for n in range(1000)])
    assert [row.key.name for row in found] == [f"p={n}" for n in range(1000)]
    assert sizes == [1000, 500, 250, 250, 500, 250, 250]
    store.close()


def test_all_databases_are_asked_for_before_the_first_answer_is_waited_for(
        serve: Callable[[Handler], Server]) -> None:
    """A round trip costs 100 ms and more to another continent, and a metastore has a thousand databases."""
    every, held = [f"d{n:03}" for n in range(230)], list[bytes]()

    def batched(name: str, sequence: bytes, body: Tree) -> Answer:
        if name == "get_all_databases":
            return reply(name, sequence, {0: texts(every)})
        asked = body[1][1][1][1]
        held.append(reply(name, sequence, {1: record({1: text("gone")})} if asked == b"d007" else
                          {0: record({1: text(asked.decode()), 3: text(f"hdfs://east/wh/{asked.decode()}.db")})}))
        if len(held) < 100 and asked != b"d229":
            return None
        answers = b"".join(held)
        held.clear()
        return answers

    store = HiveMetastore("east", "hive", client(serve(batched).uri))
    assert [row.key.database for row in store.every_database()] == [name for name in every if name != "d007"]
    store.close()


def test_a_lost_answer_among_many_is_asked_for_again_and_a_refusal_is_raised(
        serve: Callable[[Handler], Server]) -> None:
    answers: list[Answer] = ["close"]

    def some(name: str, sequence: bytes, _: Tree) -> Answer:
        if name == "get_all_databases":
            return reply(name, sequence, {0: texts(["a", "b"])})
        return answers.pop() if answers else reply(name, sequence, {0: record({1: text("x")})})

    store = HiveMetastore("east", "hive", client(serve(some).uri))
    assert len(store.every_database()) == 2
    store.close()
    refusing = HiveMetastore("east", "hive", client(serve(lambda name, sequence, _: reply(
        name, sequence, {0: texts(["a"])} if name == "get_all_databases" else {2: record({1: text("no")})})).uri))
    with pytest.raises(Failed, match="get_database_req: MetaException: no"):
        refusing.every_database()
    refusing.close()


def test_settings_the_metastore_will_not_tell_are_absent(serve: Callable[[Handler], Server]) -> None:
    def some(name: str, sequence: bytes, body: Tree) -> bytes:
        key = body[1][1]
        if key == b"secret":
            return reply(name, sequence, {1: record({1: text("For security reasons")})})
        return reply(name, sequence, {0: body[2] if key == b"absent" else text("yes")})

    store = HiveMetastore("east", "hive", client(serve(some).uri))
    assert store.settings("secret", "absent", "known") == {"known": "yes"}
    store.close()


def test_every_method_that_adds_a_constraint_is_in_the_table() -> None:
    assert set(ADD_CONSTRAINT.values()) <= set(EXCEPTIONS)
    assert I32 == 8
