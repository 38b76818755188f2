"""The primary is lost, or the roles are exchanged as planned: the same client goes on writing (S2.22 to S2.25)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from time import monotonic
from urllib.parse import quote

import fsspec
import pyarrow
import pyarrow.dataset
import pytest

from hadoop_dr.client import DrClient, Endpoints
from hadoop_dr.domain.errors import DrError
from hadoop_lab import Lab, LabOptions
from hadoop_lab.supervisor import processes
from support.backup import assert_equal_trees
from support.cli import CliHome, cli_home
from support.command import COMMAND
from support.held import held_open, wait_until
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
        status = home.run("status", home.pair, "--json", exit_code=1).document("status")
        assert [one["site"] for one in status["held"]] == ["east"]
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


class Writing(Thread):
    """An application that writes file after file through the client library until it is told to end."""

    def __init__(self, home: CliHome, root: str) -> None:
        super().__init__()
        self._home, self._root, self._ends = home, root, Event()
        self.acknowledged = dict[str, float]()

    def run(self) -> None:
        """Whatever fails is not acknowledged, and written again under another name."""
        with DrClient(self._home.pair, self._home.path) as client:
            files = client.filesystem()
            for number in count():
                if self._ends.is_set():
                    return
                path = f"{self._root}/client a=1 {number} ü%"
                with suppress(DrError, OSError, RuntimeError, ValueError):
                    with files.open(path, "wb") as out:
                        out.write(path.encode())
                    self.acknowledged[path] = monotonic()

    def has_written_on(self, more: int) -> None:
        """Waits until so many more files are acknowledged."""
        wanted = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= wanted)

    def end(self) -> None:
        """The last file is done."""
        self._ends.set()
        self.join()

    def gap_s(self) -> float:
        """The longest time without an acknowledged file."""
        times = list(self.acknowledged.values())
        return max(later - earlier for earlier, later in pairwise(times))


def test_a_planned_change_and_the_way_home_lose_nothing_that_a_client_was_told_to_be_written(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """With quotas of a user, and a file that its writer never closes."""
    with cli_home(tmp_path_factory) as home:
        root = home.service("orders")
        east = home.namenodes["east"]
        home.backup("orders")
        east.set_quota(root, 5_000, 1 << 40)
        writer = Writing(home, root)
        writer.start()
        try:
            writer.has_written_on(3)
            with held_open(east, f"{root}/log +#", b"y" * 3000) as log:
                log.abandon()
                wait_until(lambda: list(east.open_files(root)) != [])
                there = home.run(*order(home, "west")).document("failover")
            writer.has_written_on(3)
            back = home.run(*order(home, "east")).document("failover")
            writer.has_written_on(3)
        finally:
            writer.end()
        print(f"gap {writer.gap_s():.1f} s; there {there['rto_seconds']}; back {back['rto_seconds']}")
        assert (there["fence"], there["access"], there["closed"]) == ("fenced", "west", {})
        assert (there["rpo_seconds"], there["lost"]["orders"]["files"]) == ({"orders": 0.0}, [])
        assert [line for line in there["warnings"] if root in line and "is stored with the point, not set" in line]
        assert (back["fence"], back["access"], back["epoch"]) == ("fenced", "east", 3)
        for path in writer.acknowledged:
            assert home.read("east", quote(path)) == path.encode()
        assert list(home.namenodes["east"].open_files(root)) == []
        for site in ("east", "west"):
            assert home.namenodes[site].quota(root).namespace == -1
        assert home.backup("orders")["verified"] == "match"
        assert_equal_trees(home.tree("east", root), home.tree("west", root))


def order(home: CliHome, site: str) -> tuple[str, ...]:
    return ("switchover", home.pair, "--to", site, "--reason", "the rack moves %", "--approve", "--json")
