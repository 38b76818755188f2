"""An audit that was hindered is not recorded as done, and the next run audits (I9): on the memory twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.errors import AccessDenied, DrError, Unreachable
from hadoop_dr.domain.ledger.bodies.sealed import Sampled
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.ports.mover import Did, Outcome
from sim.refilled import LARGE, TOUCHED, refill
from sim.world import POLICY, ROOT, World, fill, plan_and_stage

Hinder = Callable[[pytest.MonkeyPatch], None]


def sealed_world(policy: str) -> World:
    world = World(policy)
    fill(world)
    world.backup("r1")
    world.host.dead.add("r1")
    return world


def newest(world: World) -> Point:
    point = world.context().ledger.read().newest_sealed()
    assert point is not None
    return point


def hindered_run(world: World, monkeypatch: pytest.MonkeyPatch, hinder: Hinder, *stages: str) -> dict[str, Any]:
    """A run in some of whose stages something hinders the audit."""
    world.host.name = "hindered"
    run = world.stages("hindered")
    document: dict[str, Any] = {}
    for stage in ("preflight", "moment", "plan", "place", "verify", "seal"):
        with monkeypatch.context() as patch:
            if stage in stages:
                hinder(patch)
            document = plan_and_stage(run) if stage == "plan" else getattr(run, stage)()  # type: ignore[func-returns-value]
    world.host.dead.add("hindered")
    return document


def failing(method: str, site: str, error: DrError, below: str = "") -> Hinder:
    """A site that does not answer one kind of request, or not below some path."""

    def hinder(patch: pytest.MonkeyPatch) -> None:
        real = getattr(MemoryNameNode, method)

        def answer(self: MemoryNameNode, path: str, *args: Any, **named: Any) -> Any:
            if self.site == site and path.endswith(below):
                raise error
            return real(self, path, *args, **named)

        patch.setattr(MemoryNameNode, method, answer)

    return hinder


def silent(patch: pytest.MonkeyPatch) -> None:
    for method in ("list", "block_ids"):
        failing(method, "east", Unreachable("east", "does not answer"))(patch)


HINDRANCES: dict[str, Hinder] = {
    "unreadable directory": failing("list", "east", AccessDenied(ROOT, "not for you"), "/ü dir"),
    "lost answer": failing("list", "east", Unreachable("east", "the answer was lost"), "/g=1"),
    "silent source": silent,
    "no block ids": failing("block_ids", "east", AccessDenied(ROOT, "superuser privilege is required")),
}


def not_audited(world: World, document: dict[str, Any]) -> None:
    assert newest(world).sealed.summary.audited is False
    assert [line for line in document["warnings"] if line.startswith("not audited, the next run does it: ")]


def audited_by_the_next_run(world: World) -> None:
    """At once, also where a day has not passed; and the one after it has nothing to catch up with."""
    document = world.backup("next")
    assert newest(world).sealed.summary.audited is True
    assert newest(world).sealed.verified.word == "match"
    assert [line for line in document["warnings"] if "not audited" in line] == []
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def touch_the_copy(world: World) -> None:
    """Sets the time of a file on the secondary alone: only full listings show it."""
    MemoryNameNode(world.clusters["west"]).set_times(TOUCHED, 1_400_000_000_000)


@pytest.mark.parametrize(
    ("why", "hide"),
    [
        ("unreadable directory", touch_the_copy),
        ("lost answer", touch_the_copy),
        ("silent source", touch_the_copy),
        ("silent source", refill),
        ("no block ids", refill),
    ],
)
def test_what_was_hidden_before_a_hindered_daily_audit_is_found_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch, why: str, hide: Callable[[World], None]
) -> None:
    world = sealed_world(LARGE)
    hide(world)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    not_audited(world, hindered_run(world, monkeypatch, HINDRANCES[why], "verify"))
    assert world.tree("west", ROOT) != world.tree("east", ROOT)
    audited_by_the_next_run(world)


@pytest.mark.parametrize("why", ["unreadable directory", "lost answer", "silent source"])
def test_a_small_service_whose_audit_was_hindered_is_audited_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    world = sealed_world(POLICY)
    touch_the_copy(world)  # else the plan has seen all that there is to compare
    not_audited(world, hindered_run(world, monkeypatch, HINDRANCES[why], "verify"))
    audited_by_the_next_run(world)


def test_a_small_service_is_audited_although_its_source_falls_silent_after_the_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = sealed_world(POLICY)
    world.backup("r2")
    hindered_run(world, monkeypatch, HINDRANCES["silent source"], "verify")
    assert newest(world).sealed.summary.audited is True


def test_a_refill_that_the_plan_of_a_small_service_could_not_look_for_is_found_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next plan compares blocks since that point alone, which would never show it."""
    world = sealed_world(POLICY)
    refill(world)
    not_audited(world, hindered_run(world, monkeypatch, HINDRANCES["no block ids"], "plan"))
    assert world.tree("west", ROOT) != world.tree("east", ROOT)
    audited_by_the_next_run(world)


def test_while_no_point_was_audited_the_first_one_is_looked_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(POLICY)
    fill(world)
    hindered_run(world, monkeypatch, HINDRANCES["silent source"], "verify")
    refill(world)
    not_audited(world, hindered_run(world, monkeypatch, HINDRANCES["no block ids"], "plan"))
    audited_by_the_next_run(world)


def test_an_audit_that_cannot_look_back_compares_everything() -> None:
    """Somebody deleted the snapshot that the last audit left; else every following one would be hindered, too."""
    world = sealed_world(LARGE)
    world.backup("r2")
    refill(world)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    east = MemoryNameNode(world.clusters["east"])
    east.delete_snapshot(ROOT, east.snapshots(ROOT)[0].name)
    document = world.backup("r3")
    assert any("is gone, and an audit looks back to it" in line for line in document["warnings"])
    assert newest(world).sealed.summary.audited is True
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_refill_whose_checksum_says_nothing_is_found_by_reading_both_copies() -> None:
    world = sealed_world(LARGE)
    names, east = MemoryNameNode(world.clusters["east"]), world.clusters["east"]
    was = names.status(TOUCHED).facts
    names.truncate(TOUCHED, 1024)
    part = east.make_file(f"{ROOT}/ü dir/part", replication=1, block_size=512, overwrite=False)
    east.extend(part, b"!" * (was.length - 1024))
    names.concat(TOUCHED, [f"{ROOT}/ü dir/part"])
    names.set_times(TOUCHED, was.mtime_ms)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    world.backup("r2")
    assert newest(world).sealed.summary.audited is True
    assert east.find(TOUCHED).content == world.clusters["west"].find(TOUCHED).content


def without_an_answer(patch: pytest.MonkeyPatch, snapshot: str) -> None:
    """Reads of a snapshot of the secondary get no answer."""
    real = MemoryMover.digest

    def digest(self: MemoryMover, reads: Any) -> Any:
        for read in reads:
            if f"/.snapshot/{snapshot}/" in read.path:
                yield Outcome(read.key, Did.UNKNOWN, "no answer")
            else:
                yield from real(self, [read])

    patch.setattr(MemoryMover, "digest", digest)


def test_a_sample_that_could_not_be_read_is_no_sample_taken_and_the_next_run_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = sealed_world(POLICY)
    first = newest(world)
    with monkeypatch.context() as patch:
        without_an_answer(patch, first.sealed.snapshots[ROOT].name)
        world.backup("r2")
    assert newest(world).sealed.summary.sampled == Sampled(first.point, taken=False)
    assert newest(world).sealed.verified.word == "cannot tell"
    world.backup("r3")
    assert newest(world).sealed.summary.sampled == Sampled(first.point, taken=True)
    assert world.context().ledger.read().points[first.point].damaged == ""


def test_a_point_that_can_never_be_sampled_keeps_nobody_from_the_others() -> None:
    world = sealed_world(POLICY)
    first = newest(world)
    context = world.context()
    for side in context.sides.values():
        side.files.remove(context.directory(first.point))
    for number in range(2, 8):
        world.backup(f"r{number}")
    points = world.context().ledger.read().sealed()
    sampled = [point.sealed.summary.sampled for point in points[1:]]
    assert [kept.taken for kept in sampled[:3] if kept] == [False, False, True]
    assert {kept.taken for kept in sampled if kept and kept.point == first.point} == {False}
    assert {point.point for point in points[1:3]} <= {kept.point for kept in sampled if kept and kept.taken}
