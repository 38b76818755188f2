"""A healthy run is never taken over, however slow it is; one that stands still is, however busy it looked (I3).

Time is virtual here, and goes by with every answer. Another run watches by the defaults of a policy, and says when it
would have taken over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.runs.heartbeat import decode_heartbeat
from hadoop_dr.services.ledger import heartbeat
from sim.slow_life import grow, lived_in, write
from sim.slow_world import POLICY, SERVICE, SlowWorld

LONG_S = 7.0
"""Four answers in a row that nobody shows are one too many; five, at the moment itself, where nothing is written."""


def first_run() -> SlowWorld:
    world = SlowWorld(POLICY)
    grow(world, 0)
    return world


def adoption() -> SlowWorld:
    world = first_run()
    for at in range(6):
        write(world, "west", f"/wh/d0 ü/e%20 {at}", f"/wh/d0 ü/e%20 {at}".encode())
        write(world, "west", f"/wh/h#/f{at}+0", b"x" * (500 if at else 3000))
    return world


def full_run() -> SlowWorld:
    return lived_in(POLICY + "mode: full\n")


def undo_of_foreign_changes() -> SlowWorld:
    world = lived_in(POLICY + "drift: restore\n")
    for at in range(6):
        write(world, "west", f"/wh/theirs {at}")
    world.clusters["west"].rename("/wh/h#", "/wh/stolen")
    return world


def repair_of_what_rotted() -> SlowWorld:
    world = lived_in()
    west = world.clusters["west"]
    real, spoiled = west.extend, list[str]()

    def bad_disk(node: Any, data: bytes) -> None:
        if data == b"x" * 3000 and not spoiled:
            spoiled.append(node.name)
            data = bytes(255 - byte for byte in data)
        real(node, data)

    west.extend = bad_disk  # type: ignore[method-assign]
    return world


def point_that_another_run_left() -> SlowWorld:
    world = lived_in()
    world.host.name = "left"
    stages = world.stages("left")
    for stage in (stages.preflight, stages.moment, stages.plan):
        stage()
    world.host.dead.add("left")
    return world


def room_made_by_pruning() -> SlowWorld:
    world = lived_in(POLICY.replace('"2"', '"9"').replace('"5"', '"1h:1m"'))
    for number in range(2, 4):
        world.clock.sleep_until(world.clock.monotonic_s() + 61)
        write(world, "east", "/wh/h#/f0+0", b"y" * 9000)
        world.backup(f"run {number}")
    world.clock.sleep_until(world.clock.monotonic_s() + 3700)
    write(world, "east", "/wh/h#/f0+0", b"z" * 9000)
    target = world.context().destination.namenode
    target.set_quota("/wh", -1, target.quota("/wh").used_bytes + 20_000)
    return world


def whole_comparison_of_a_large_root() -> SlowWorld:
    return lived_in(POLICY + "audit_entries: 1\n")


KINDS = (first_run, lived_in, adoption, full_run, undo_of_foreign_changes, repair_of_what_rotted,
         point_that_another_run_left, room_made_by_pruning, whole_comparison_of_a_large_root)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_run_of_any_kind_whose_every_answer_takes_seconds_is_never_taken_over(
    kind: Callable[[], SlowWorld],
) -> None:
    world = kind()
    world.answer_s = LONG_S
    assert world.backup("ours")["state"] == "sealed"
    assert world.watcher.longest_s > 0
    assert world.watcher.would == []


def test_one_large_file_that_takes_minutes_is_copied_without_being_taken_over() -> None:
    """5 GB at 17 MB/s: five minutes in which nothing but the bytes of one file move."""
    world = SlowWorld(POLICY)
    write(world, "east", "/wh/one large file %")
    world.answer_s, world.file_s = 0.1, 300
    assert world.backup("ours")["files_copied"] == 1
    assert world.watcher.would == []


def test_a_file_of_which_nothing_moves_any_more_is_taken_over_after_the_preset_time() -> None:
    world = SlowWorld(POLICY)
    write(world, "east", "/wh/one large file %")
    world.answer_s, world.file_s, world.hangs_after_s = 0.1, 300, 100
    world.backup("ours")
    assert world.watcher.would[0] == "second 130 of " + world.watcher.would[0].partition(" of ")[2]


def test_an_answer_that_does_not_come_shows_nothing_and_is_taken_over_after_the_preset_time() -> None:
    world = lived_in()
    stages = world.stages("ours")
    stages.preflight()
    world.answer_s = 45.0
    stages.moment()
    assert world.watcher.would
    assert world.watcher.longest_s >= 40.0


def test_an_adoption_that_takes_as_long_as_that_of_fifty_thousand_files_is_not_taken_over() -> None:
    """A NameNode answers some 190 checksums a second; those of both sides take nine minutes: 50 here, at 5 s each."""
    world = SlowWorld(POLICY)
    for site in ("east", "west"):
        for at in range(50):
            write(world, site, f"/wh/ü/f%{at}", b"equal")
    world.answer_s = 5.0
    assert world.backup("ours")["files_copied"] == 0
    assert world.watcher.would == []


def test_a_service_keeps_the_heartbeat_of_its_newest_claim_and_no_others() -> None:
    """A directory holds 32 attributes."""
    world = lived_in()
    for number in range(40):
        world.stages(f"run {number}").preflight(takeover=True)
    names = [name for name, _ in world.context().destination.namenode.extras(SERVICE, acl=False).xattrs]
    assert len(names) == 1


def test_a_run_whose_heartbeat_cannot_be_shown_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in()
    west = MemoryNameNode
    real = west.set_xattr

    def refuses(self: MemoryNameNode, path: str, name: str, value: bytes) -> None:
        if path == SERVICE:
            raise Failed(path, "the attribute is too large %")
        real(self, path, name, value)

    monkeypatch.setattr(west, "set_xattr", refuses)
    document = world.backup("ours")
    assert document["state"] == "sealed"
    assert [warning for warning in document["warnings"] if warning.startswith("progress could not be shown")]


def test_what_is_worked_on_without_asking_anybody_says_so_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of many items is ordered, packed and read back for longer than a standstill."""
    monkeypatch.setattr(heartbeat, "_ITEMS_S", 0.1)
    world, said = lived_in(), set[str]()
    real = MemoryNameNode.set_xattr

    def listen(self: MemoryNameNode, path: str, name: str, value: bytes) -> None:
        shown = decode_heartbeat(value) if path == SERVICE else None
        if shown is not None and shown.awaits:
            said.add(shown.awaits)
        real(self, path, name, value)

    monkeypatch.setattr(MemoryNameNode, "set_xattr", listen)
    world.backup("ours")
    wanted = {"the order of a plan", "items.parquet", "the order of /wh", "catalog.parquet"}
    assert said >= wanted
