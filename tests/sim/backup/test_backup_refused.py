"""Reasons not to begin: each is found before anything changed, with the object and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.coordinator import MemoryEnsemble
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.memory.hdfs.nodes import Node
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.context import ProcessFacts
from hadoop_dr.services.identity import AnnounceIdentity
from sim.world import POLICY, ROOT, World, fill

Patch = pytest.MonkeyPatch


def answers(patch: Patch, site: str, verb: str, changed: Callable[[Any], Any]) -> None:
    """Lets one site's NameNode answer a question otherwise."""
    real = getattr(MemoryNameNode, verb)

    def asked(self: MemoryNameNode, *args: Any, **kwargs: Any) -> Any:
        answer = real(self, *args, **kwargs)
        return changed(answer) if self.site == site else answer

    patch.setattr(MemoryNameNode, verb, asked)


def announces(world: World, site: str, role: Role, epoch: int) -> None:
    AnnounceIdentity("east-west", world.coordinators(), world.clock, world.tokens).run(site, role, epoch, "x", "x")


def forgets(world: World, site: str) -> None:
    world.ensembles[site] = MemoryEnsemble()


def becomes_a_file(world: World) -> None:
    east = world.clusters["east"]
    east.delete(ROOT, recursive=True)
    east.extend(east.make_file(ROOT, replication=1, block_size=1024, overwrite=False), b"x")


REASONS: dict[str, tuple[Callable[[World, Patch], Any], str]] = {
    "safe mode of the primary": (
        lambda w, p: answers(p, "east", "service", lambda s: replace(s, safe_mode="Safe mode is ON")),
        r"east is in safe mode: Safe mode is ON.*Wait for it",
    ),
    "safe mode of the secondary": (
        lambda w, p: answers(p, "west", "service", lambda s: replace(s, safe_mode="Safe mode is ON")),
        r"west is in safe mode",
    ),
    "no DataNode": (
        lambda w, p: answers(p, "west", "service", lambda s: replace(s, live_datanodes=0)),
        r"west has no live DataNode.*Start its DataNodes",
    ),
    "no rights": (
        lambda w, p: answers(p, "east", "may_administer", lambda _: False),
        r"east: the acting user is not a superuser.*superusergroup",
    ),
    "one cluster twice": (
        lambda w, p: answers(p, "west", "service", lambda s: replace(s, cluster_id="CID-east")),
        r"east and west are the same HDFS cluster \(CID-east\).*Correct the addresses",
    ),
    "an identity of another epoch": (
        lambda w, p: announces(w, "west", Role.SECONDARY, 2),
        r"west: ZooKeeper says secondary in epoch 2, the ledger says secondary in epoch 1",
    ),
    "two primaries": (
        lambda w, p: announces(w, "west", Role.PRIMARY, 2),
        r"west: ZooKeeper says primary in epoch 2",
    ),
    "no identity": (lambda w, p: forgets(w, "east"), r"east: ZooKeeper announces no identity.*--announce"),
    "a clock that is off": (
        lambda w, p: answers(p, "west", "clock_offset_ms", lambda _: -90_000_000.0),
        r"west is -90000000 ms from this controller \(limit 86400000 ms\).*NTP",
    ),
    "a snapshottable directory above": (
        lambda w, p: MemoryNameNode(w.clusters["east"]).allow_snapshot("/data"),
        r"east:/data/a b\+% cannot have snapshots, /data has them already.*Protect /data instead",
    ),
    "a snapshottable directory below": (
        lambda w, p: MemoryNameNode(w.clusters["east"]).allow_snapshot(f"{ROOT}/ü dir"),
        r"east:/data/a b\+% cannot have snapshots, .*ü dir has them already",
    ),
    "no such directory": (
        lambda w, p: w.clusters["east"].delete(ROOT, recursive=True),
        r"east:/data/a b\+% does not exist.*remove it from the policy",
    ),
    "a file": (lambda w, p: becomes_a_file(w), r"east:/data/a b\+% is not a directory"),
    "open files that grow on": (
        lambda w, p: answers(p, "east", "settings", lambda _: {}),
        r"east: dfs.namenode.snapshot.capture.openfiles is not true.*hdfs-site.xml",
    ),
}


def everything(world: World) -> Any:
    """What must not have changed. The clocks are asked with a file of the product's own that is gone again."""
    namenodes = {site: MemoryNameNode(cluster) for site, cluster in world.clusters.items()}
    snapshots = {site: [(root, shot.name) for root in namenode.snapshottable() for shot in namenode.snapshots(root)]
                 for site, namenode in namenodes.items()}  # fmt: skip
    return {site: world.tree(site, "/data") for site in namenodes}, snapshots, world.context().ledger.read()


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_not_to_begin_is_named_with_the_mend_and_nothing_has_changed(
    reason: str, monkeypatch: Patch
) -> None:
    world = World(POLICY)
    fill(world)
    world.clusters["west"].make_directory("/data", 0o755, parents=True)
    spoil, words = REASONS[reason]
    spoil(world, monkeypatch)
    before = everything(world)
    with pytest.raises(Refused, match=f"(?s){words}"):
        world.backup("r1")
    assert everything(world) == before


@pytest.mark.parametrize(("transfer", "stands_at"), [("pull", "east"), ("push", "west")])
def test_the_controller_at_the_other_site_refuses_and_says_who_acts(transfer: str, stands_at: str) -> None:
    world = World(f"{POLICY}transfer: {transfer}\n")
    fill(world)
    world.clusters["west"].make_directory("/data", 0o755, parents=True)
    before = everything(world)
    with pytest.raises(Refused, match=f"this controller stands at {stands_at}; transfer {transfer} is carried out by"):
        BackupStages(replace(world.context(), process=ProcessFacts(stands_at)), "r1").preflight()
    assert everything(world) == before


def test_when_the_reason_is_mended_the_same_run_begins_and_seals(monkeypatch: Patch) -> None:
    world = World()
    fill(world)
    with monkeypatch.context() as spoilt:
        REASONS["safe mode of the secondary"][0](world, spoilt)
        with pytest.raises(Refused):
            world.backup("r1")
    assert world.backup("r1")["state"] == "sealed"


@pytest.mark.parametrize("sealed_before", [False, True], ids=["first", "increment"])
def test_a_file_in_an_encryption_zone_stops_the_run_before_a_byte_of_it_moves(
    monkeypatch: pytest.MonkeyPatch, sealed_before: bool
) -> None:
    """Its copy would lie in the clear; out of the zone again, or out of the policy, the next run seals (fault 37)."""
    world, secret = World(), "ü dir/in a zone"
    fill(world)
    if sealed_before:
        world.backup("before")
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/{secret}", replication=1, block_size=1024, overwrite=False), b"secret")

    def in_a_zone(entries: Any) -> list[Any]:
        return [replace(one, facts=replace(one.facts, encrypted=one.name == "in a zone")) for one in entries]

    copies, real = list[Any](), MemoryMover.copy

    def copy(self: MemoryMover, wanted: Any) -> Any:
        copies.extend(asked := list(wanted))
        return real(self, asked)

    with monkeypatch.context() as patch:
        answers(patch, "east", "list", in_a_zone)
        patch.setattr(MemoryMover, "copy", copy)
        with pytest.raises(Refused, match=f"{secret}.*lies in an encryption zone.*remove it from the policy"):
            world.backup("refused")
    west = world.clusters["west"]
    assert copies == []
    assert b"secret" not in [node.content for node in files_of(west.root)]
    assert len(world.context().ledger.read().sealed()) == sealed_before
    world.backup("after")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def files_of(node: Node) -> Iterator[Node]:
    """Every file of a cluster's live tree, hidden work areas included."""
    for child in node.children.values():
        yield child
        yield from files_of(child)
