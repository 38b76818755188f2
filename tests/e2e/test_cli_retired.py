"""Tables that come and go, each a root of its own, on the running lab (I1, I8)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.domain.errors import Failed
from support.catalogs import database, drop_everything, table
from support.cli import SITES, CliHome
from support.live_catalogs import live, live_hdfs

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture
def owner(shared: CliHome, metastore: HiveMetastore) -> Iterator[str]:
    """A database of the test's own; what is left of it goes on both sites."""
    name = f"retired_{uuid4().hex[:8]}"
    yield name
    west = live("west")
    for one in (metastore, west):
        drop_everything(one, [name])
    west.close()


@pytest.fixture
def metastore() -> Iterator[HiveMetastore]:
    """That of the primary."""
    found = live("east")
    yield found
    found.close()


def test_a_dropped_table_leaves_no_snapshot_once_its_last_point_is_gone_and_its_directory_is_free(
    shared: CliHome, metastore: HiveMetastore, owner: str
) -> None:
    service, place = "tables", f"{shared.folder}/tables ü"
    base = f"{live_hdfs('east')}{place}"
    shared.policy(
        service, protect=[{"hive": owner}], limits={"deletions": "100%"}, max_clock_offset="1h",
        retention={"primary": "2", "secondary": "2"},
    )  # fmt: skip
    metastore.create([database(owner, f"{base}/db")])
    metastore.create([table(owner, name, location=f"{base}/{name}") for name in ("stays", "goes")])
    for name in ("stays", "goes"):
        shared.writers["east"].write(f"{place}/{name}/part 0", name.encode())
    first = shared.backup(service)
    assert set(first["snapshots"]["west"]) == {f"{place}/stays", f"{place}/goes", f"{place}/db"}
    metastore.drop([table(owner, "goes", location=f"{base}/goes")])
    second = shared.backup(service)
    assert set(second["snapshots"]["west"]) == {f"{place}/stays", f"{place}/db"}
    for site in SITES:
        assert len(shared.namenodes[site].snapshots(f"{place}/goes")) == 1
        with pytest.raises(Failed):
            shared.namenodes[site].delete(f"{place}/goes", recursive=True)

    third = shared.backup(service)
    freed = [warning for warning in third["warnings"] if f"{place}/goes is no longer a root" in warning]
    assert [warning.partition(":")[0] for warning in freed] == list(SITES)
    for site in SITES:
        snapshottable = shared.namenodes[site].snapshottable()
        assert f"{place}/stays" in snapshottable
        assert f"{place}/goes" not in snapshottable
        assert shared.writers[site].read(f"{place}/goes/part 0") == b"goes"
        assert shared.namenodes[site].delete(f"{place}/goes", recursive=True)


def test_a_table_that_is_new_since_the_last_point_is_a_root_of_the_next_one(
    shared: CliHome, metastore: HiveMetastore, owner: str
) -> None:
    service, place = "grows", f"{shared.folder}/grows ü"
    base = f"{live_hdfs('east')}{place}"
    shared.policy(service, protect=[{"hive": owner}], limits={"deletions": "100%"}, max_clock_offset="1h")
    metastore.create([database(owner, f"{base}/db"), table(owner, "first", location=f"{base}/first")])
    shared.backup(service)
    metastore.create([table(owner, "second", location=f"{base}/second")])
    shared.writers["east"].write(f"{place}/second/part 0", b"two")
    assert set(shared.backup(service)["snapshots"]["west"]) == {f"{place}/first", f"{place}/second", f"{place}/db"}
    assert shared.writers["west"].read(f"{place}/second/part 0") == b"two"
    refuses_a_foreign_table(shared, service, owner)


def refuses_a_foreign_table(shared: CliHome, service: str, owner: str) -> None:
    """Somebody makes a table on the secondary: it is named, not dropped, and nothing is sealed over it (I10)."""
    west, sealed = live("west"), shared.sealed(service)
    west.create([table(owner, "by_hand", location=f"{live_hdfs('west')}{shared.folder}/by hand ü")])
    looked, ran = shared.begin("check", service), shared.begin("backup", service)
    for call in (looked.ended(), ran.ended()):
        assert call.exit_code == 1, call
        assert f"table {owner}.by_hand was created" in call.stdout + call.stderr
    assert ("by_hand" in west.table_names(owner), shared.sealed(service)) == (True, sealed)
    west.drop(west.tables(owner, ["by_hand"]))
    west.close()
    shared.backup(service)
