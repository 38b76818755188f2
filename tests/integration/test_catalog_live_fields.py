"""A field that no version knows yet travels from one real metastore to the other, byte for byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive.methods import NOT_SENT
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.changes.object_difference import HowDifferent
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import (
    I64,
    LIST,
    MAP,
    STRING,
    STRUCT,
    Items,
    Pairs,
    Tree,
    encode,
    read_struct,
    text,
    without,
)
from hadoop_dr.services.datasets.hive import CatalogApply, CatalogExport
from support.catalogs import database, drop_everything, table
from support.live_catalogs import STATE, live, live_hdfs

pytestmark = pytest.mark.lab

NOVEL = (STRUCT, {7: (MAP, Pairs(STRING, LIST, [(b"a b", Items(I64, [1, -2]))])), -3: (STRING, b"\xff\x00raw")})
INVENTED = 777
IN_DESCRIPTOR = 778


class Recorder:
    """A proxy in front of a metastore that takes messages apart, may change answers, and keeps every request."""

    def __init__(self, target: str, change: Callable[[str, Tree], Tree] = lambda _, answer: answer) -> None:
        parts = urlsplit(target)
        self._target, self._change = (parts.hostname or "", parts.port or 0), change
        self.requests: list[tuple[str, bytes]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"thrift://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            while True:
                try:
                    head, name, body = self._message(near)
                except EOFError:
                    return
                self.requests.append((name, encode(body)))
                far.sendall(head + encode(body))
                head, name, answer = self._message(far)
                near.sendall(head + encode(self._change(name, answer)))

    @staticmethod
    def _message(source: socket.socket) -> tuple[bytes, str, Tree]:
        def take(size: int) -> bytes:
            found = b""
            while len(found) < size:
                piece = source.recv(size - len(found))
                if not piece:
                    raise EOFError
                found += piece
            return found

        head = take(8)
        name = take(int.from_bytes(head[4:8]))
        return head + name + take(4), name.decode(), read_struct(take)


def invent(name: str, answer: Tree) -> Tree:
    """Adds an unknown field to every table of an answer, and one to its storage descriptor."""
    if name != "get_table_objects_by_name_req" or 0 not in answer:
        return answer
    tables = [{**tree, INVENTED: NOVEL, 7: (STRUCT, {**tree[7][1], IN_DESCRIPTOR: text("novel hdfs text")})}
              for tree in answer[0][1][1][1].values]
    return {0: (STRUCT, {1: (LIST, Items(STRUCT, tables))})}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_an_unknown_field_is_exported_and_imported_byte_for_byte(stack: ExitStack) -> None:
    sites = json.loads(STATE.read_text())["sites"]
    source, target = Recorder(sites["east"]["metastore"], invent), Recorder(sites["west"]["metastore"])
    name = f"nov_{uuid4().hex[:8]}"
    for proxy in (source, target):
        stack.callback(proxy.close)
    plain, east, west = live("east"), live("east", source.uri), live("west", target.uri)
    for store in (plain, live("west")):
        stack.callback(store.close)
        stack.callback(drop_everything, store, [name])
    stack.callback(east.close)
    stack.callback(west.close)
    base = f"{live_hdfs('east')}/t/catalog/{name}"
    plain.create([database(name, f"{base}/db"), table(name, "t", location=f"{base}/t ü", **{"a b": "e%20"})])

    export = CatalogExport(east)
    rows = export.at(export.begin(selection_of([name])), east.current_event()).rows
    exported = rows[CatalogKey(Kind.TABLE, name, "t")].tree
    assert exported[INVENTED] == NOVEL
    wanted = rewrite_rows(rows.values(), Rewrite((live_hdfs("east"),), live_hdfs("west")))
    applied = CatalogApply(west, SystemClock()).build(wanted, selection_of([name]))

    (sent,) = [body for method, body in target.requests if method == "create_table_req"]
    (given,) = [row for row in wanted if row.key.kind is Kind.TABLE]
    object_sent = encode(without(given.tree, *NOT_SENT["Table"]))
    assert object_sent in sent
    assert encode({INVENTED: NOVEL})[:-1] in sent
    assert b"novel hdfs text" in sent
    [lacking] = applied.cannot_tell
    assert (str(lacking.key), lacking.how) == (f"table {name}.t", HowDifferent.NOT_KEPT)
    assert [(one.field, one.found) for one in lacking.fields] == [(f"{INVENTED}", None), (f"sd.{IN_DESCRIPTOR}", None)]
