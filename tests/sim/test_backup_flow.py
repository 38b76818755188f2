"""Whole runs on the memory twin: what a run promises, whatever happens between its stages."""

from __future__ import annotations

from typing import Any

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.report import all_entries, explanation
from sim.world import POLICY, ROOT, World, fill
from support.held import held_open


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
    assert [p.state for p in world.context().ledger.read().points.values()] == [PointState.SEALED] * 2


def told(world: World, kind: str) -> str:
    """What ``explain`` says of the newest entry of a kind."""
    chain = world.context().ledger.chain
    entries: list[dict[str, Any]] = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return str([entry["text"] for entry in entries if entry["kind"] == kind][-1])


def test_files_that_were_being_written_at_the_moment_are_told_with_their_length() -> None:
    world = World()
    fill(world)
    with held_open(MemoryNameNode(world.clusters["east"]), f"{ROOT}/ü dir/log %", b"x" * 40):
        document = world.backup("r1")
    frozen = f"{ROOT}/ü dir/log % at 40 bytes"
    assert [w for w in document["warnings"] if w.startswith("1 file was being written") and frozen in w]
    assert f"1 file was being written: {frozen}" in told(world, "taken")
    assert not [w for w in world.backup("r2")["warnings"] if "written" in w]
    assert "written" not in told(world, "taken")


def test_what_is_not_in_the_moment_is_not_told_as_being_written(monkeypatch: Any) -> None:
    """A file made after the moment, and one that took the place of another, are not the point's."""
    world = World()
    fill(world)
    east = MemoryNameNode(world.clusters["east"])
    real = MemoryNameNode.open_files

    def later(self: MemoryNameNode, path: str) -> Any:
        for name in ("late", "h#"):
            made = world.clusters["east"].make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=True)
            made.is_open = True
        return real(self, path)

    monkeypatch.setattr(MemoryNameNode, "open_files", later)
    with held_open(east, f"{ROOT}/log", b"x"):
        document = world.backup("r1")
    assert [w.partition(",")[0] for w in document["warnings"] if "written" in w] == [
        "1 file was being written at the moment"
    ]


def test_open_files_that_cannot_be_looked_for_are_said_and_stop_no_run(monkeypatch: Any) -> None:
    def silent(self: MemoryNameNode, path: str) -> Any:
        raise Unreachable("east", "no answer")

    world = World()
    fill(world)
    with held_open(MemoryNameNode(world.clusters["east"]), f"{ROOT}/log", b"x"):
        with monkeypatch.context() as patched:
            patched.setattr(MemoryNameNode, "open_files", silent)
            document = world.backup("r1")
        assert any("open files are not known" in warning and "no answer" in warning for warning in document["warnings"])
        world.policy = POLICY + "audit_entries: 1\n"
        document = world.backup("r2")
        assert any("open files are only searched up to 1" in warning for warning in document["warnings"])
