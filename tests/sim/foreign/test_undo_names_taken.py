"""Names of an undo's snapshots that a root's owner took on the secondary beforehand: the undo takes others (I10)."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.ids import snapshot_name
from sim.drifted import foreign_file
from sim.world import POLICY, ROOT, World, fill


def test_an_undo_takes_other_names_where_somebody_took_its_own() -> None:
    world = World(POLICY + "drift: restore\n")
    fill(world)
    first = world.backup("first")["point"]
    ledger, west = world.context().ledger, MemoryNameNode(world.clusters["west"])
    ledger.read()
    for number in range(ledger.chain.head_n, ledger.chain.head_n + 20):
        west.create_snapshot(ROOT, f"dr-billing-kept-1-{number}")
        west.create_snapshot(ROOT, snapshot_name("billing", 1, first, number))
    theirs = {shot.id for shot in west.snapshots(ROOT)}
    foreign_file(world, f"{ROOT}/for eign", b"FOREIGN")
    assert world.backup("next")["verified"] == "match"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    [kept] = [shot.name for shot in west.snapshots(ROOT) if "-kept-" in shot.name and shot.id not in theirs]
    assert "for eign" in [entry.name for entry in west.list(f"{ROOT}/.snapshot/{kept}")]
    [recorded] = world.context().ledger.read().kept
    assert set(recorded.snapshots.values()) == {kept}
    assert world.backup("after")["verified"] == "match"
