"""What a run is refused for: one line that names the object and the remedy, the right code, nothing changed (I8).

"Nothing" is every item, snapshot and ledger entry of the home's services on both sites. A NameNode with a wrong clock,
one that only stands by and a metastore without notification log are daemons of the tests' own, beside the lab.
"""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hadoop_dr.domain.roles.identity import Identity, Role, encode, identity_path
from hadoop_dr.ports.namenode import NameNode
from support.cli import SITES, CliHome, Ran, Running, cli_home
from support.own_daemons import metastore_without_listener, namenode_with_clock, standby
from support.strangers import stranger

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]
KEPT = "kept"
POLICY = """service: {service}
pair: {pair}
protect:
  - hdfs: {path}
"""


@pytest.fixture(scope="module")
def world(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliHome]:
    """A pair with one sealed service, whose every item, snapshot and ledger entry has to stay as it is."""
    with cli_home(tmp_path_factory) as home:
        root = home.service(KEPT)
        home.namenodes["east"].set_permission(root, 0o700)
        home.writers["east"].write(f"{root}/a b", b"one")
        home.writers["east"].write(f"{root}/ü/e%20", b"two")
        home.backup(KEPT)
        home.writers["east"].write(f"{root}/later", b"three")
        yield home


def refused(home: CliHome, service: str, code: int, *said: str, environment: dict[str, str] | None = None
            ) -> str:  # fmt: skip
    """A backup that must be refused with this code, naming all that, and must leave everything as it was."""
    before = home.everything()
    ran = home.run("backup", service, "--json", environment=environment, exit_code=None)
    assert ran.exit_code == code, ran
    line = ran.error()
    told = ran.document("error")["error"]
    assert [text for text in said if text not in line] == [], line
    assert told["remedy"] or ". " in told["problem"], f"no remedy: {told}"
    assert home.everything() == before
    return line


@contextmanager
def a_file(path: Path, text: str) -> Iterator[None]:
    """A file of the home with other content for a while."""
    was = path.read_text("utf-8") if path.exists() else None
    path.write_text(text, "utf-8")
    try:
        yield
    finally:
        if was is None:
            path.unlink()
        else:
            path.write_text(was, "utf-8")


def a_policy(home: CliHome, text: str, service: str = "wrong") -> Any:
    """A policy file for a while."""
    return a_file(home.path / f"include/policies/{service}.yaml", text)


@contextmanager
def a_pair(home: CliHome, site: str, **addresses: Any) -> Iterator[None]:
    """The pair file with other addresses of one site."""
    path = home.path / f"include/pairs/{home.pair}.yaml"
    pair = json.loads(path.read_text("utf-8"))
    pair["sites"][site] |= addresses
    with a_file(path, json.dumps(pair)):
        yield


def addresses_of(home: CliHome, site: str, host: str = "127.0.0.1") -> dict[str, Any]:
    """Addresses of a site as its pair file has them, by another name of this machine if wanted."""
    text = json.dumps(json.loads((home.path / f"include/pairs/{home.pair}.yaml").read_text())["sites"][site])
    found: dict[str, Any] = json.loads(text.replace("127.0.0.1", host))
    return found


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, kept from others."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def wait_for_datanodes(namenode: NameNode) -> None:
    """They report to a NameNode some seconds after its start."""
    limit = time.monotonic() + 60
    while not namenode.service().live_datanodes:
        assert time.monotonic() < limit, "no DataNode is counted"
        time.sleep(0.2)


def busy_and_refused(home: CliHome) -> tuple[Running, Ran, int]:
    """A run that waits for its moment and another one of its service; on a slow machine the moment comes too soon."""
    for ahead_s in (12, 40, 120):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + ahead_s))
        first = home.begin("backup", "busy", "--run", f"first-{ahead_s}", "--moment", moment)
        first.reaches("moment")
        second = home.run("backup", "busy", "--json", "--run", f"second-{ahead_s}", exit_code=None)
        if not first.has_reached("plan"):
            return first, second, ahead_s
        first.ended()
    raise AssertionError("every moment came before the other run was refused")


# Found in the files, before any connection: code 2.


@pytest.mark.parametrize(
    ("addition", "path", "said"),
    [
        ("perod: 5m\n", "/t/x", ["wrong.yaml:5", "perod", "period"]),
        ("service: wrong\n", "/t/x", ["wrong.yaml:5", "service"]),
        ("", "/t/../x", ["wrong.yaml:4", ".."]),
        ("", "/", ["wrong.yaml:4"]),
        ("", "/t/x/.snapshot/y", ["wrong.yaml:4", ".snapshot"]),
    ],
    ids=["unknown key", "duplicate key", "dot dot", "everything", "a snapshot"],
)
def test_a_wrong_policy_is_named_by_file_and_line(world: CliHome, addition: str, path: str, said: list[str]) -> None:
    with a_policy(world, POLICY.format(service="wrong", pair=world.pair, path=path) + addition):
        refused(world, "wrong", 2, *said)


def test_overlapping_services_are_both_out_and_each_is_told_of_the_other(world: CliHome) -> None:
    inside = POLICY.format(service="wrong", pair=world.pair, path=f'"{world.root(KEPT)}/ü"')
    with a_policy(world, inside):
        for service in ("wrong", KEPT):
            refused(world, service, 2, "overlaps", f"{service}.yaml:", "wrong", KEPT)


def test_one_cluster_spelled_the_same_twice_is_seen_in_the_file(world: CliHome) -> None:
    east = addresses_of(world, "east")
    with a_pair(world, "west", **east):
        refused(world, KEPT, 2, f"{world.pair}.yaml")


# Found on the sites: code 1.


def test_one_cluster_under_two_names_is_seen_by_its_identity(world: CliHome) -> None:
    with a_pair(world, "west", **{**addresses_of(world, "east", "localhost"),
                                  "zookeeper": world.sites["west"]["zookeeper"]}):  # fmt: skip
        refused(world, KEPT, 1, "are the same HDFS cluster", f"{world.pair}.yaml")


@pytest.mark.parametrize("site", ["east", "west"])
def test_a_namenode_that_does_not_answer_is_named(world: CliHome, site: str) -> None:
    with closed_port() as port, a_pair(world, site, hdfs={
        "namenodes": [f"127.0.0.1:{port}"], "webhdfs": [f"http://127.0.0.1:{port}"]}):  # fmt: skip
        refused(world, KEPT, 1, site, str(port))


def test_a_metastore_that_does_not_answer_is_named(world: CliHome) -> None:
    policy = {"service": "tables", "pair": world.pair, "protect": [{"hive": "nothing_here_ever"}]}
    with closed_port() as port, a_policy(world, json.dumps(policy), "tables"), a_pair(
        world, "east", metastores={"hive": [f"thrift://127.0.0.1:{port}"]}):  # fmt: skip
        refused(world, "tables", 1, "east", str(port))


@pytest.mark.parametrize("what", ["metastore", "zookeeper"])
def test_something_else_at_the_address_of_a_daemon_is_named_with_it(world: CliHome, what: str) -> None:
    tables = {"service": "tables", "pair": world.pair, "protect": [{"hive": "nothing_here_ever"}]}
    with stranger("a page") as port, a_policy(world, json.dumps(tables), "tables"):
        there: dict[str, Any] = {"metastores": {"hive": [f"thrift://127.0.0.1:{port}"]}}
        with a_pair(world, "east", **(there if what == "metastore" else {"zookeeper": f"127.0.0.1:{port}"})):
            refused(world, "tables" if what == "metastore" else KEPT, 1, "east", str(port))


def test_a_user_without_rights_is_refused(world: CliHome) -> None:
    refused(world, KEPT, 1, "nobody", environment={"HADOOP_USER_NAME": "nobody"})


def test_a_root_inside_a_snapshottable_directory_is_named_with_it(world: CliHome) -> None:
    outer = f"{world.folder}/nest"
    world.namenodes["east"].make_directory(f"{outer}/in ner", 0o755)
    world.namenodes["east"].allow_snapshot(outer)
    with a_policy(world, POLICY.format(service="wrong", pair=world.pair, path=f'"{outer}/in ner"')):
        refused(world, "wrong", 1, f"{outer}/in ner", f"-disallowSnapshot {outer}")


def test_a_secondary_without_space_is_refused_before_anything_is_copied(world: CliHome) -> None:
    parent = f"{world.folder}/full"
    world.writers["east"].write(f"{parent}/da ta/big", bytes(3000))
    world.namenodes["west"].make_directory(parent, 0o755)
    world.namenodes["west"].set_quota(parent, -1, 2048)
    with a_policy(world, POLICY.format(service="wrong", pair=world.pair, path=f'"{parent}/da ta"')):
        refused(world, "wrong", 1, f"west:{parent}", "quota", "-setSpaceQuota")


def test_a_secondary_that_somebody_changed_is_refused_with_the_path(world: CliHome) -> None:
    root, west = world.root(KEPT), world.namenodes["west"]
    foreign = f"{root}/for eign"
    world.writers["west"].write(foreign, b"theirs")
    west.set_permission(root, 0o711)
    refused(world, KEPT, 1, "drift: west", "for eign was created", f"{root} was changed: mode 711 instead of 700",
            "drift: restore")  # fmt: skip
    west.set_permission(root, 0o700)
    mode, trash = west.status(f"{root}/a b").facts.mode, f"{world.folder}/trash %ü"
    west.set_permission(f"{root}/a b", 0o600)
    west.rename(f"{root}/a b", trash)
    west.rename(trash, f"{root}/a b")  # the same file again, as it was: nobody's change
    west.set_permission(f"{root}/a b", mode)
    checked = world.run("check", KEPT, "--json", exit_code=1).document("check")["results"]
    [(name, said)] = [(r["name"], r["detail"]) for r in checked if r["state"] == "fail"]
    assert (name, said) == ("drift", f"west was changed by somebody else: {foreign} was created")
    world.namenodes["west"].delete(foreign)


def test_a_run_that_is_refused_after_its_moment_leaves_the_root_as_closed_as_it_was(world: CliHome) -> None:
    """More would be deleted than may be; what lies in the root was private and stays so (I8)."""
    root, east, west = world.root(KEPT), world.namenodes["east"], world.namenodes["west"]
    kept = (world.path / f"include/policies/{KEPT}.yaml").read_text("utf-8")
    for name in ("a b", "later"):
        east.rename(f"{root}/{name}", f"{world.folder}/{name}")
    east.rename(f"{root}/ü", f"{world.folder}/ü")
    with a_policy(world, kept.replace("100%", "1%"), KEPT):
        assert "would be deleted" in world.run("backup", KEPT, exit_code=1).error()
    for name in ("a b", "later", "ü"):
        east.rename(f"{world.folder}/{name}", f"{root}/{name}")
    assert (west.status(root).facts.mode, east.status(root).facts.mode) == (0o700, 0o700)
    world.backup(KEPT)  # what the refused run left is ended, so that the next refused one has nothing to write
    world.writers["east"].write(f"{root}/later still", b"four")


def test_a_controller_whose_clock_is_off_is_refused_with_the_offset(world: CliHome, tmp_path: Path) -> None:
    world.policy("late", protect=[{"hdfs": world.root("late")}], max_clock_offset="5s")
    world.namenodes["east"].make_directory(world.root("late"), 0o755)
    shifted = "import time\n_ns = time.time_ns\ntime.time_ns = lambda: _ns() - 60_000_000_000\n"
    (tmp_path / "sitecustomize.py").write_text(shifted)
    line = refused(world, "late", 1, "clock", "limit 5000 ms", environment={"PYTHONPATH": str(tmp_path)})
    assert "+60" in line or "+59" in line


def test_an_identity_of_another_epoch_is_refused_until_it_is_put_back(world: CliHome) -> None:
    path = identity_path(world.pair)
    with world.zookeeper("west") as hand:
        good = hand.get(path)[0]
        other = Identity("west", Role.SECONDARY, 9, "2026-11-20T02:00:00.000Z", "somebody", "by hand")
        hand.set(path, encode(other))
        try:
            refused(world, KEPT, 1, "west", "epoch 9", "the ledger says", "hadoop-dr identity")
        finally:
            hand.set(path, good)


def test_a_busy_service_names_the_run_that_has_it_and_that_run_goes_on(world: CliHome) -> None:
    root = world.service("busy", takeover_after="20s")
    world.writers["east"].write(f"{root}/a b", b"one")
    first, second, ahead_s = busy_and_refused(world)
    assert [text for text in (f"busy: first-{ahead_s}", "--wait") if text not in second.error()] == []
    assert first.ended().exit_code == 0
    told = json.loads(world.run("explain", "busy", "--json").stdout)["entries"]
    assert {entry["run"] for entry in told if entry["run"].endswith(f"-{ahead_s}")} == {f"first-{ahead_s}"}


def test_a_run_that_stands_still_is_superseded_and_ends_when_it_wakes(world: CliHome) -> None:
    root = world.service("still", takeover_after="1s")
    world.writers["east"].write(f"{root}/a b", b"one")
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 86_400))
    first = world.begin("backup", "still", "--run", "sleeper", "--moment", tomorrow)
    first.reaches("moment")
    first.process.send_signal(signal.SIGSTOP)
    try:
        point = world.backup("still")["point"]
    finally:
        first.process.send_signal(signal.SIGCONT)
    woken = first.ended()
    assert woken.exit_code == 1
    assert "superseded" in woken.error() or "does not own" in woken.error()
    assert world.sealed("still") == [point]


# What a running site is not: found on daemons that the test starts; code 1.


def test_a_metastore_without_a_notification_log_is_refused(world: CliHome, tmp_path: Path) -> None:
    policy = {"service": "tables", "pair": world.pair, "protect": [{"hive": "default"}]}
    with metastore_without_listener(tmp_path, world.sites["east"]) as deaf, a_policy(
        world, json.dumps(policy), "tables"), a_pair(world, "east", metastores={"hive": [deaf]}):  # fmt: skip
        refused(world, "tables", 1, "metastore: east", "no notification log", "DbNotificationListener")


def test_a_site_of_which_only_a_standby_is_named_is_refused(world: CliHome, tmp_path: Path) -> None:
    """Each look says it once, not after the minutes that a failover may take: nothing can fail over to it."""
    with standby(tmp_path) as alone:
        before = world.everything()
        for site in SITES:
            with a_pair(world, site, hdfs=alone):
                called = [world.begin(command, KEPT) for command in ("check", "plan", "backup")]
                for ran in [one.ended() for one in called]:
                    said = ran.stdout + ran.stderr
                    assert ran.exit_code == 1, said
                    assert [word for word in (f"{site}: ", "standby") if word not in said] == [], said
                    assert said.count("hdfs haadmin -getAllServiceState") == 1, said
        assert world.everything() == before


def test_a_namenode_whose_clock_is_off_is_refused_with_site_and_offset(
    lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with namenode_with_clock(tmp_path_factory.mktemp("clock"), "+7s") as late, cli_home(
        tmp_path_factory, {**lab, "west": {**lab["west"], "nameservice": None, **late}}) as home:  # fmt: skip
        wait_for_datanodes(home.namenodes["west"])
        home.namenodes["west"].make_directory(home.service("kept", max_clock_offset="5s"), 0o755)
        line = refused(home, "kept", 1, "clock: west is +", "limit 5000 ms", "NTP", "max_clock_offset")
        assert 6000 < int(line.partition("west is +")[2].partition(" ms")[0]) < 8000
        checked = home.run("check", "kept", "--json", exit_code=1).document("check")["results"]
        assert [(r["name"], r["detail"][:5]) for r in checked if r["state"] == "fail"] == [("clock", "west ")]
        home.service("kept", max_clock_offset="10s")
        assert home.backup("kept")["state"] == "sealed"


def test_looking_changes_nothing_on_either_site(world: CliHome) -> None:
    """Nor any time; also of a service that has no point yet, whose directory nothing makes snapshottable."""
    never = world.service("never")
    world.writers["east"].write(f"{never}/a b", b"one")
    before = world.everything()
    for command in ("check", "coverage", "points", "verify", "explain", "plan"):
        world.run(command, KEPT)
        assert world.everything() == before, command
    planned = world.run("plan", "never", "--json").document("plan")
    assert (planned["baseline"], planned["bytes"], planned["deletions"]) == (None, 3, 0)
    assert world.everything() == before
    assert never not in world.namenodes["east"].snapshottable()
