"""A policy that is changed while a run is under way: the run keeps the one it began with (fault 74)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.bootstrap import backup_stages
from support.catalogs import database, drop_everything, table
from support.cli import CliHome
from support.live_catalogs import live, live_hdfs

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


def run_stages(home: CliHome, service: str, run: str, *names: str) -> Any:
    """Stages in a process of their own each, as Airflow's tasks open them."""
    result: Any = None
    for name in names:
        with backup_stages(service, run, home=home.path) as stages:
            if name == "stage":
                for shard in range(result["shards"]):
                    stages.stage(shard)
            else:
                result = getattr(stages, name)()
    return result


@pytest.fixture
def tables(home: CliHome) -> Iterator[str]:
    """A database with two tables, each in a directory of its own; it goes on both sites at the end."""
    name, base = f"changing_{uuid4().hex[:8]}", f"{live_hdfs('east')}{home.folder}/tables ü"
    stores = live("east"), live("west")
    stores[0].create([database(name, f"{base}/db")])
    for one in ("first", "second"):
        stores[0].create([table(name, one, location=f"{base}/{one} %")])
        home.writers["east"].write(f"{home.folder}/tables ü/{one} %/part 0", one.encode())
    yield name
    for store in stores:
        drop_everything(store, [name])
        store.close()


def tables_on_west(name: str) -> list[str]:
    west = live("west")
    try:
        return west.table_names(name)
    finally:
        west.close()


def test_a_run_keeps_the_policy_it_began_with_and_the_next_one_takes_the_new(home: CliHome, tables: str) -> None:
    """Other directories and other tables: what is added comes, what is taken out stays and is named."""
    service, more = "changing", {"limits": {"deletions": "100%"}, "max_clock_offset": "1h", "max_skew": "5s"}
    old, new = f"{home.folder}/old ü%20", f"{home.folder}/new #+"
    for root in (old, new):
        home.writers["east"].write(f"{root}/a b", root.encode() * 100)
    protect = [{"hdfs": old}, {"hive": f"{tables}.f*"}]
    home.policy(service, protect=protect, retention={"primary": "3", "secondary": "4"}, **more)
    run_stages(home, service, "first", "preflight", "moment")
    protect = [{"hdfs": new}, {"hive": f"{tables}.*"}]
    home.policy(service, protect=protect, retention={"primary": "1", "secondary": "1"}, **more)
    first = run_stages(home, service, "first", "plan", "stage", "place", "verify", "seal")
    assert set(first["snapshots"]["west"]) == {old, f"{home.folder}/tables ü/first %"}
    assert home.writers["west"].read(f"{old}/a b") == old.encode() * 100
    assert tables_on_west(tables) == ["first"]

    second = run_stages(home, service, "second", "preflight", "moment", "plan", "stage", "place", "verify", "seal")
    stays, left = (w for w in second["warnings"] if "any more" in w)
    assert f"nothing protected lies in {old} any more, but points hold its snapshots, so HDFS does not" in stays
    assert left == f"not protected any more: hdfs: {old}; what west has of it stays as it is"
    warnings = run_stages(home, service, "second", "prune")["warnings"]
    assert [w for w in warnings if not (old in w and "its content is kept" in w)] == []
    sealed = home.run("points", service, "--json").document("points")["points"]
    assert [point["sites"]["west"] for point in sealed] == [True, True], "the new rule removed the older point"
    assert home.writers["west"].read(f"{new}/a b") == new.encode() * 100
    assert home.writers["west"].read(f"{old}/a b") == old.encode() * 100
    assert tables_on_west(tables) == ["first", "second"]
    assert home.writers["west"].read(f"{home.folder}/tables ü/second %/part 0") == b"second"

    home.policy(service, protect=[{"hdfs": new}, {"hive": f"{tables}.s*"}], **more)
    third = home.backup(service)
    assert [w for w in third["warnings"] if w.startswith("not protected any more")] == [
        f"not protected any more: table {tables}.first; what west has of it stays as it is"
    ]
    assert tables_on_west(tables) == ["first", "second"]
    assert home.writers["west"].read(f"{home.folder}/tables ü/first %/part 0") == b"first"


def test_a_policy_that_is_gone_stops_its_run_with_one_error_and_the_run_ends_when_it_is_back(home: CliHome) -> None:
    """Also in another file: a service is known by its name."""
    service = "leaving"
    root = home.service(service)
    home.writers["east"].write(f"{root}/f+", b"x" * 3000)
    run_stages(home, service, "only", "preflight", "moment")
    file = home.path / f"include/policies/{service}.yaml"
    text = file.read_text("utf-8")
    file.unlink()
    refused = home.run("backup", service, exit_code=2)
    assert service in refused.error()
    file.with_name("moved ü%20.yml").write_text(text, "utf-8")
    point = run_stages(home, service, "only", "plan", "stage", "place", "verify", "seal")["point"]
    home.holds(service, point)
