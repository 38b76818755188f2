"""Whole runs on the memory twin: what a run promises, whatever happens between its stages."""

from __future__ import annotations

from hadoop_dr.domain.service_state import PointState
from sim.world import World

ROOT = "/data/a b+%"


def fill(world: World) -> None:
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/ü dir/g=1", 0o750, parents=True)
    for name, data in {"a b": b"one", "ü dir/e%20": b"two" * 1000, "ü dir/g=1/f+": b"", "h#": b"x" * 5000}.items():
        node = east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=False)
        east.extend(node, data)


def test_a_first_run_copies_everything_and_seals() -> None:
    world = World()
    fill(world)
    document = world.backup("r1")
    assert document["state"] == "sealed"
    assert document["baseline"] is None
    assert document["files_copied"] == 4
    assert world.clusters["west"].find(f"{ROOT}/ü dir/e%20").content == b"two" * 1000


def test_an_increment_copies_only_what_changed() -> None:
    world = World()
    fill(world)
    first = world.backup("r1")
    east = world.clusters["east"]
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    east.extend(east.find(f"{ROOT}/h#"), b"tail")
    second = world.backup("r2")
    assert second["baseline"] == first["point"]
    assert second["files_copied"] == 1
    assert second["bytes_copied"] < 2000
    assert world.clusters["west"].find(f"{ROOT}/h#").content == b"x" * 5000 + b"tail"
    assert world.clusters["west"].find(f"{ROOT}/moved/g=1/f+").content == b""


def test_an_unchanged_service_still_seals_a_point() -> None:
    world = World()
    fill(world)
    world.backup("r1")
    second = world.backup("r2")
    assert second["files_copied"] == 0
    assert second["entries"] == 0
    assert [p.state for p in world.ground().ledger.read().points.values()] == [PointState.SEALED] * 2
