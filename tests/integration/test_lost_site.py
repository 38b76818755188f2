"""The whole primary is lost: a person fails the pair over, and the same client goes on writing (S2.22 to S2.25)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from urllib.parse import quote

import fsspec
import pyarrow
import pyarrow.dataset
import pytest

from hadoop_dr.client import DrClient, Endpoints
from hadoop_lab import Lab, LabOptions
from hadoop_lab.supervisor import processes
from support.backup import assert_equal_trees
from support.cli import CliHome, cli_home
from support.command import COMMAND
from support.home import ROOT, in_home, sites_of
from support.java_client import hdfs_dfs

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
FILES = ("hdfs-site.xml", "core-site.xml", "hive-site.xml")
EAST = LabOptions(sites=("east",), datanodes=1, metastore=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a primary of this module's own."""
    return tmp_path_factory.mktemp("east ü")


@pytest.fixture(scope="module")
def lab(root: Path) -> Iterator[Lab]:
    """That primary, which may be killed."""
    lab = Lab(root)
    try:
        lab.up(EAST)
        yield lab
    finally:
        marker = lab.state().lab
        lab.down(wipe=True)
        assert processes.marked(marker) == []


@pytest.fixture
def home(lab: Lab, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliHome]:
    """A pair of that primary and the shared lab's secondary."""
    with cli_home(tmp_path_factory, {"east": sites_of(root)["east"], "west": sites_of(ROOT)["west"]}) as home:
        yield home


class Agent:
    """Keeps the configuration of Java clients while the pair fails over."""

    def __init__(self, home: CliHome, conf: Path) -> None:
        words = ("client", "agent", home.pair, "--directory", str(conf))
        call = ("env", "--default-signal=INT", COMMAND, *words)
        self._process = subprocess.Popen(call, env=in_home(home), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self._stdout = self._process.stdout

    def said(self) -> str:
        """Its next line; the limit of the test is that of the wait."""
        return self._stdout.readline().rstrip("\n")

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._stdout.close()


def kill_all(lab: Lab) -> None:
    for name in lab.state().records():
        lab.kill(name)


def test_a_client_goes_on_writing_on_the_other_site_after_the_failover(lab: Lab, home: CliHome) -> None:
    root = home.service("orders")
    with DrClient(home.pair, home.path) as client:
        files = client.filesystem()
        assert client.endpoints().site == "east"
        conf = home.path / "conf ü"
        agent = Agent(home, conf)
        told = Queue[Endpoints]()
        client.on_switch(told.put)
        with files.open(f"{root}/before a=1 ü%", "wb") as out:
            out.write(b"before")
        assert agent.said() == f"{home.pair}: east is in use, epoch 1; {conf}: {', '.join(FILES)}"
        assert hdfs_dfs(conf, "-cat", f"hdfs://{home.pair}{root}/before a=1 ü%") == b"before"
        table = pyarrow.table({"day": ["a ü", "b+%"], "n": [1, 2]})
        hive = pyarrow.dataset.partitioning(pyarrow.schema([("day", pyarrow.string())]), flavor="hive")
        pyarrow.dataset.write_dataset(table, f"{root}/t #", filesystem=files, format="parquet", partitioning=hive)
        point = home.backup("orders")["point"]
        with files.open(f"{root}/never crossed", "wb") as out:
            out.write(b"lost")
        kill_all(lab)
        watched = home.run("monitor", home.pair, "--once", "--json", exit_code=1).document("monitor")
        assert {site: found["failed"] for site, found in watched["sites"].items()} == {"east": True, "west": False}
        assert [(one["what"], one["subject"]) for one in watched["alarms"]] == [("site failed", "east")]
        told = home.run("status", home.pair, "--json", exit_code=1).document("status")
        assert [one["site"] for one in told["held"]] == ["east"]
        home.run("backup", "orders", exit_code=1)

        shown = home.run("failover", home.pair, "--to", "west", "--reason", "east burns", "--dry-run", "--json")
        document = shown.document("failover_look")
        assert document["points"] == {"orders": point}
        refused = home.run("failover", home.pair, "--to", "west", "--reason", "east burns", exit_code=1)
        assert "has to be approved" in refused.error()
        assert client.endpoints().site == "east"

        done = home.run("failover", home.pair, "--to", "west", "--reason", "east burns", "--approve", "--json")
        report = done.document("failover")
        assert (report["from"], report["to"], report["epoch"], report["access"]) == ("east", "west", 2, "west")
        assert report["points"] == {"orders": point}
        assert report["lost"]["orders"] == {"files": [], "tables": [], "unknown": True}

        assert told.get(timeout=60).site == "west"
        assert files.cat_file(f"{root}/before a=1 ü%") == b"before"
        assert agent.said() == f"{home.pair}: west is in use, epoch 2; {conf}: {', '.join(FILES)}"
        agent.end()
        assert hdfs_dfs(conf, "-cat", f"{root}/before a=1 ü%") == b"before"
        named = fsspec.filesystem("hadoopdr", pair=home.pair, home=str(home.path))
        address = named.unstrip_protocol(f"{root}/t #")
        found = pyarrow.dataset.dataset(address.partition(home.pair)[2], filesystem=named, partitioning=hive)
        assert found.to_table().sort_by("n").select(["day", "n"]) == table
        named.close()
        if client.endpoints().hiveserver2:
            with client.hive() as connection, connection.cursor() as cursor:
                cursor.execute("select 'ü%'")
                assert cursor.fetchall() == [("ü%",)]
        with files.open(f"{root}/after +#", "wb") as out:
            out.write(b"after")
        assert home.read("west", quote(f"{root}/after +#")) == b"after"

        lab.up(EAST)  # the old primary comes back as it was: nobody goes back to it, and nothing of it is lost
        client.ask_again()
        assert client.endpoints().site == "west"
        before = home.tree("east", root)
        home.run("resume", home.pair, "--reason", "east is back")  # the monitor held it back when east was lost
        assert "epoch: east: ZooKeeper says primary in epoch 1" in home.run("backup", "orders", exit_code=1).error()
        again = ("reprotect", home.pair, "--reason", "east is back")
        shown = home.run(*again, "--json").document("reprotect")
        [kept] = shown["kept"]["orders"].values()
        assert shown["diverged"]["orders"] == {"files": [f"{root}/never crossed was created"], "tables": [], "count": 1}
        assert_equal_trees(home.tree("east", root), before)
        home.run(*again, "--approve")
        sealed = home.backup("orders")  # what never crossed is undone and kept, and east follows west
        assert (sealed["verified"], sealed["baseline"], sealed["bytes_copied"]) == ("match", point, len(b"after"))
        assert_equal_trees(home.tree("east", root), home.tree("west", root))
        assert home.read("east", quote(f"{root}/.snapshot/{kept}/never crossed")) == b"lost"
        gone = home.run(*again, "--release", "--json").document("reprotect")["released"]
        assert gone == {"orders": [f"{root}/.snapshot/{kept}"]}
        back = ("failover", home.pair, "--to", "east", "--reason", "home again", "--approve", "--json")
        assert "west still answers" in home.run(*back, exit_code=1).stderr
        assert home.run(*back, "--force").document("failover")["access"] == "east"
        client.ask_again()
        assert files.cat_file(f"{root}/after +#") == b"after"
        home.run(*again, "--approve")
        assert home.backup("orders")["verified"] == "match"
