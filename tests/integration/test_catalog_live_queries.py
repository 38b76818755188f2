"""Smoke queries through a real HiveServer2: canonical answers, deadlines, errors with query and site."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive import plain_transport, sasl_transport
from hadoop_dr.adapters.hiveserver2 import Authentication, HiveServer2Queries
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.domain.errors import BadInput, Failed, Unreachable
from hadoop_lab.supervisor.wire import Wire
from support.catalogs import database, drop_everything, partition, table
from support.live_catalogs import STATE, live, live_hdfs

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


def address() -> str:
    """The lab's HiveServer2 of the east; HADOOP_LAB_HIVESERVER2 names another one."""
    found = os.environ.get("HADOOP_LAB_HIVESERVER2") or json.loads(STATE.read_text())["sites"]["east"]["hiveserver2"]
    if not found:
        pytest.skip("the lab runs without HiveServer2: lab up --hiveserver2")
    return str(found)


def queries(
    where: str, *, read_s: float = 60, deadline_s: float = 120, user: str = "hdfs"
) -> HiveServer2Queries:
    return HiveServer2Queries("east", where, SystemClock(), plain=plain_transport, sasl=sasl_transport, user=user,
                              authentication=Authentication[os.environ.get("HADOOP_LAB_HIVESERVER2_AUTH", "NONE")],
                              connect_s=5, read_s=read_s, deadline_s=deadline_s)


@pytest.fixture
def sql() -> Iterator[HiveServer2Queries]:
    session = queries(address())
    yield session
    session.close()


def test_an_answer_has_columns_texts_and_a_digest(sql: HiveServer2Queries) -> None:
    answer = sql.run("select 2 as b, cast(null as string) as n, cast('1.50' as decimal(5,2)) as d, 'ü' as u, true as t")
    assert answer.columns == ("b", "n", "d", "u", "t")
    assert answer.rows == (("2", None, "1.50", "ü", "true"),)
    assert len(answer.sha256) == 64
    assert sql.run("select 3 as b").sha256 != answer.sha256


def test_the_server_knows_the_user_who_asks() -> None:
    session = queries(address(), user="dr-robot")
    assert session.run("select logged_in_user()").rows == (("dr-robot",),)
    session.close()


def test_a_replicated_table_can_be_queried(sql: HiveServer2Queries) -> None:
    name, store = f"smoke_{uuid4().hex[:8]}", live("east")
    base = f"{live_hdfs('east')}/t/catalog/{name}"
    try:
        store.create([database(name, f"{base}/db"), table(name, "t", keys=("p",), location=f"{base}/t ü")])
        store.create([partition(name, "t", ("p",), (value,)) for value in ("a b", "e%20", "g=1")])
        answer = sql.run(f"show partitions {name}.t")
        assert answer.rows == (("p=a b",), ("p=e%2520",), ("p=g%3D1",))
        assert sql.run(f"select * from {name}.t").rows == ()
    finally:
        drop_everything(store, [name])
        store.close()


def test_a_query_that_fails_names_itself_and_the_site(sql: HiveServer2Queries) -> None:
    with pytest.raises(Failed, match=r"query 'select \* from nobody\.has_this' on site east"):
        sql.run("select * from nobody.has_this")
    assert sql.run("select 1").rows == (("1",),)


def test_a_query_that_outlives_its_deadline_is_cancelled() -> None:
    session = queries(address(), deadline_s=0.0)
    with pytest.raises(Failed, match="took longer than 0 s and was cancelled"):
        session.run("select count(*) from (select 1 as a) x join (select 1 as b) y")
    session.close()


def test_a_frozen_server_costs_the_limit_and_no_more() -> None:
    wire = Wire(address())
    session = queries(wire.address, read_s=10.0)  # the first query of a new server takes seconds
    assert session.run("select 1").rows == (("1",),)
    wire.hold()
    with pytest.raises(Unreachable, match="query 'select 1' on site east: no answer"):
        session.run("select 1")
    wire.release()
    wire.close()
    session.close()


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no session"):
        queries("127.0.0.1:1").run("select 1")
    with pytest.raises(BadInput):
        queries("127.0.0.1:x")
