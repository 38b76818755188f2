"""The command line as a user calls it, on the running lab: homes, runs, and both sites judged from outside."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from kazoo.client import KazooClient

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ledger.bodies.taken import PointTaken
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileKind
from hadoop_dr.ports.mover import Digest, MoverLimits, Read
from hadoop_dr.services.report import all_entries
from schemas import validate
from support.backup import assert_equal_trees
from support.command import Forks, Start, started
from support.home import LabHome, in_home
from support.live import LiveWriter
from support.trees import join_root, walk

STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune")
SITES = ("east", "west")
READERS = 6
_FORKS = Forks()
_LOADED: set[str] = set()
"""Commands that a shell has started once, so that the forks hide nothing that is missing at the start of one."""
Tree = dict[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Ran:
    """How one call of the command ended."""

    exit_code: int
    stdout: str
    stderr: str

    def document(self, shape: str) -> Mapping[str, Any]:
        """The one document on stdout, which must have the shape of the command."""
        return validate(shape, self.stdout)

    def error(self) -> str:
        """The one line on stderr that says what is wrong."""
        [line] = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        assert self.stderr.rstrip("\n").endswith(line), f"something follows the error: {self.stderr}"
        return line.removeprefix("error: ")


class Running:
    """A call that is under way, whose stages can be waited for."""

    def __init__(self, start: Start, arguments: tuple[str, ...], environ: Mapping[str, str], folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = start(arguments, environ, out, err)

    def reaches(self, stage: str, within_s: float = 120) -> None:
        """Waits for a stage."""
        limit = time.monotonic() + within_s
        while not self.has_reached(stage):
            ended = self.process.poll() is not None and not self.has_reached(stage)
            assert not ended, f"it ended before {stage}: {self._err.read_text('utf-8')}"
            assert time.monotonic() < limit, f"{stage} is not reached: {self._err.read_text('utf-8')}"
            time.sleep(0.005)

    def has_reached(self, stage: str) -> bool:
        """Whether the stage has begun."""
        return f"{stage} ...\n" in self._err.read_text("utf-8")

    def goes_on(self, seconds: float) -> bool:
        """Lets it run for a while; whether it still runs then."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is None

    def kill(self) -> None:
        """Ends it at once (kill -9); dead already is fine."""
        self.process.kill()
        self.process.wait()

    def ended(self, within_s: float = 180) -> Ran:
        """Waits for its own end."""
        code = self.process.wait(within_s)
        return Ran(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))


class CliHome(LabHome):
    """A home on the lab with directories below ``/t/cli``, and the eyes of a stranger on both sites."""

    patience_s = 240.0
    """For one call of the command."""
    shares_imports = True
    """Only the first call of each command loads it; measurements load it each time."""

    def __init__(self, path: Path, sites: Mapping[str, Any] | None = None) -> None:
        super().__init__(path, sites)
        (path / ".lab").symlink_to(Path(__file__).resolve().parents[2] / ".lab")
        self.folder = f"/t/cli/{self.mark}"
        self.addresses = {
            site: HdfsAddress(site, tuple(found["namenodes"]), tuple(found["webhdfs"]), found["nameservice"])
            for site, found in self.sites.items()
        }
        self.namenodes = {site: WebHdfsNameNode(self.addresses[site], SystemClock(), SystemTokens()) for site in SITES}
        self.writers = {site: self.writer(site) for site in SITES}
        self._readers = {site: NativeMover(at, at, MoverLimits(in_flight=16)) for site, at in self.addresses.items()}
        self._pool = ThreadPoolExecutor(READERS)
        self._calls = count(1)

    def writer(self, site: str) -> LiveWriter:
        """One more writer on a site."""
        return LiveWriter(*self.sites[site]["webhdfs"])

    def root(self, service: str) -> str:
        """The protected directory of a service."""
        return f"{self.folder}/{service} ü%20+"

    def service(self, name: str, **keys: Any) -> str:
        """Makes a service with an empty directory on the primary; gives the directory."""
        self.policy(name, **{"limits": {"deletions": "100%"}, "max_clock_offset": "1h", **keys})
        self.namenodes["east"].make_directory(self.root(name), 0o755)
        return self.root(name)

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None, exit_code: int | None = 0) -> Ran:
        """Calls the command and waits; ``exit_code`` is what the caller expects, None for anything."""
        running = self._call(arguments, environment or {})
        try:
            ran = running.ended(self.patience_s)
        finally:
            running.kill()
        assert exit_code in (None, ran.exit_code), f"{arguments} ended with {ran.exit_code}: {ran.stdout}{ran.stderr}"
        return ran

    def begin(self, *arguments: str) -> Running:
        """Calls the command without waiting."""
        return self._call(arguments, {})

    def _call(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Running:
        shares = self.shares_imports and not environment and arguments[0] in _LOADED
        _LOADED.add(arguments[0])
        number = next(self._calls)
        environ = {**in_home(self), **environment}
        return Running(_FORKS.start if shares else started, arguments, environ, self.path / f"call-{number}")

    def backup(self, service: str, *more: str) -> Mapping[str, Any]:
        """A backup that has to end sealed."""
        return self.run("backup", service, "--json", *more).document("backup")

    def sealed(self, service: str) -> list[str]:
        """The points that were sealed, oldest first, also those that were pruned since."""
        points = self.run("points", service, "--json").document("points")["points"]
        return [point["point"] for point in points if point["state"] in ("sealed", "pruned")]

    # ------------------------------------------------------------------ judging

    def tree(self, site: str, top: str) -> Tree:
        """Everything a reader can tell of a tree, byte by byte and attribute by attribute.

        Not the time of the root itself: HDFS sets it anew with each snapshot, live and in the snapshot.
        """
        namenode = self.namenodes[site]
        found = list(walk(namenode, top))
        files = [(n, path, facts) for n, (path, _, facts) in enumerate(found) if facts.kind is FileKind.FILE]
        reads = [Read(n, join_root(top, path), 0, facts.length) for n, path, facts in files if facts.length]
        digests = {n: hashlib.sha256(b"").hexdigest() for n, _, facts in files if not facts.length}
        extras = self._pool.map(lambda item: self._extras(namenode, join_root(top, item[0]), item[2].has_acl), found)
        for answer in self._readers[site].digest(reads):
            assert isinstance(answer, Digest), f"{site}:{top} cannot be read: {answer}"
            digests[answer.key] = answer.sha256
        return {
            path: (facts if path else replace(facts, mtime_ms=0), extra, digests.get(n, ""))
            for n, ((path, _, facts), extra) in enumerate(zip(found, extras, strict=True))
        }

    @staticmethod
    def _extras(namenode: WebHdfsNameNode, path: str, has_acl: bool) -> AclAndXattrs:
        return namenode.extras(path, acl=has_acl)

    def point(self, site: str, service: str, point: str) -> Tree:
        """The tree of a sealed point, by the newest snapshot that bears its name: a repair makes another one."""
        root = self.root(service)
        shots = sorted(self.namenodes[site].snapshots(root), key=lambda shot: shot.id)
        name = [shot.name for shot in shots if point in shot.name][-1]
        return self.tree(site, f"{root}/.snapshot/{name}")

    def holds(self, service: str, point: str, wanted: Tree | None = None, *, live: bool = True) -> Tree:
        """Makes sure a point is on the secondary what it was on the primary, live too; gives the tree.

        Args:
            wanted: The primary's tree at the moment; read from its snapshot when None. A snapshot is not to be trusted
                for the times of directories in which something was created since: HDFS changes them there too.
        """
        wanted = self.point("east", service, point) if wanted is None else wanted
        found = self.point("west", service, point)
        assert_equal_trees(found, wanted)
        if live:
            assert_equal_trees(self.tree("west", self.root(service)), wanted)
            names = [entry.name for entry in self.namenodes["west"].list(self.root(service))]
            assert ".hadoop-dr" not in names
        return found

    def snapshots(self, service: str) -> dict[str, list[tuple[str, int]]]:
        """Names and ids of every snapshot of a service's directory, by site."""
        return {
            site: [(shot.name, shot.id) for shot in self.namenodes[site].snapshots(self.root(service))]
            for site in SITES
        }

    def everything(self) -> dict[str, Any]:
        """All that lies below this home's folder and in its pair's ledger, on both sites; for "nothing has changed"."""
        found: dict[str, Any] = {}
        for site in SITES:
            namenode = self.namenodes[site]
            roots = [root for root in namenode.snapshottable() if f"{root}/".startswith(f"{self.folder}/")]
            found[site] = {
                "items": [(path, inode, facts) for path, inode, facts in walk(namenode, self.folder)],
                "snapshots": {root: [(shot.name, shot.id) for shot in namenode.snapshots(root)] for root in roots},
                "ledgers": sorted(path for path, _, facts in walk(namenode, f"/.hadoop-dr/{self.pair}") if "/" in path),
            }
        return found

    # ------------------------------------------------------------------ ZooKeeper, end

    @contextmanager
    def zookeeper(self, site: str) -> Iterator[KazooClient]:
        """A hand on a site's ZooKeeper."""
        hand = KazooClient(self.sites[site]["zookeeper"])
        hand.start(10)
        try:
            yield hand
        finally:
            hand.stop()
            hand.close()

    def close(self) -> None:
        """Removes what the test left on both sites and gives connections back."""
        taken = self._roots_of_points()
        for site in SITES:
            namenode = self.namenodes[site]
            for root in namenode.snapshottable():
                if root in taken or root.startswith(f"{self.folder}/"):
                    for shot in namenode.snapshots(root):
                        namenode.delete_snapshot(root, shot.name)
                    namenode.disallow_snapshot(root)
            for root in (self.folder, *taken):
                namenode.delete(root, recursive=True)
            namenode.delete(f"/.hadoop-dr/{self.pair}", recursive=True)
            with self.zookeeper(site) as hand:
                hand.delete(f"/hadoop-dr/{self.pair}", recursive=True)
            namenode.close()
            self.writers[site].close()
            self._readers[site].close()
        self._pool.shutdown()

    def _roots_of_points(self) -> set[str]:
        """Roots by the ledgers of this home's services: a database's may lie outside its folder."""
        taken: set[str] = set()
        for site in SITES:
            files = WebHdfsFiles(self.addresses[site], SystemClock(), SystemTokens())
            top = f"/.hadoop-dr/{self.pair}/services"
            for service in files.names(top):
                with suppress(DrError):  # a chain that a test broke
                    for entry in all_entries(files, f"{top}/{service}/ledger"):
                        taken |= set(entry.body.roots) if isinstance(entry.body, PointTaken) else set()
            files.close()
        return taken

    def truncate(self, path: str, length: int) -> None:
        """Cuts a file on the primary anywhere, also inside a block, and waits for its recovery."""
        address = self.writers["east"]._address(path)
        requests.post(
            address, params={"op": "TRUNCATE", "newlength": str(length), "user.name": "hdfs"}, timeout=30
        ).raise_for_status()
        limit = time.monotonic() + 60
        while self.namenodes["east"].blocks(path).under_construction:
            assert time.monotonic() < limit, f"{path} is not recovered"
            time.sleep(0.05)


def initialised(path: Path, sites: Mapping[str, Any] | None = None) -> CliHome:
    """A home whose pair has its first roles."""
    home = CliHome(path, sites)
    home.run("identity", home.pair, "--initialise")
    return home


@contextmanager
def cli_home(factory: pytest.TempPathFactory, sites: Mapping[str, Any] | None = None) -> Iterator[CliHome]:
    """A home for as long as the block lasts; its sites are those of the running lab unless others are given."""
    home = initialised(factory.mktemp("cli"), sites)
    try:
        yield home
    finally:
        home.close()
