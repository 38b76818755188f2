"""Services above ``audit_entries`` are compared whole once a day, smaller ones in every run (I9, S2.9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.errors import AccessDenied
from hadoop_dr.domain.ledger.bodies.sealed import Verified
from hadoop_dr.services.audit.lost import AuditRoot
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.inventory import walk
from sim.asked import many
from sim.refilled import LARGE, TOUCHED, refill
from sim.world import POLICY, ROOT, World, fill


def mtime(world: World, site: str) -> int:
    return MemoryNameNode(world.clusters[site]).status(TOUCHED).facts.mtime_ms


def touched_since_the_first_point(policy: str) -> World:
    """A world with one point, in which the time of a file was set: no diff names that."""
    world = World(policy=policy)
    fill(world)
    world.backup("r1")
    MemoryNameNode(world.clusters["east"]).set_times(TOUCHED, 1_500_000_000_000)
    return world


def test_a_small_service_is_compared_whole_in_every_run() -> None:
    world = touched_since_the_first_point(POLICY)
    world.backup("r2")
    assert mtime(world, "west") == 1_500_000_000_000


def test_a_large_service_is_compared_whole_a_day_after_it_last_was() -> None:
    world = touched_since_the_first_point(LARGE)
    world.backup("r2")
    assert mtime(world, "west") != 1_500_000_000_000
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    world.backup("r3")
    assert mtime(world, "west") == 1_500_000_000_000
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def told(world: World) -> Verified:
    point = world.context().ledger.read().newest_sealed()
    assert point is not None
    return point.sealed.verified


def test_the_daily_audit_finds_what_somebody_changed_on_the_secondary_alone() -> None:
    """By a change that no diff of the secondary shows either: the time of a file."""
    world = World(policy=LARGE)
    fill(world)
    world.backup("r1")
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    MemoryNameNode(world.clusters["west"]).set_times(TOUCHED, 1_400_000_000_000)
    world.backup("r2")
    assert told(world).word == "match"
    assert mtime(world, "west") == mtime(world, "east")


@pytest.mark.parametrize("moved", [False, True])
def test_a_refill_without_a_trace_in_a_large_service_is_found_by_the_next_daily_audit(moved: bool) -> None:
    """Whichever runs lie in between, and although they prune: the last audited point stays on the primary till then."""
    world = World(policy=LARGE)
    fill(world)
    world.backup("r1")
    world.backup("r2")
    refill(world)
    if moved:
        MemoryNameNode(world.clusters["east"]).rename(f"{ROOT}/ü dir", f"{ROOT}/moved #")
    for number in range(3, 7):
        world.backup(f"r{number}")
    assert world.tree("west", ROOT) != world.tree("east", ROOT)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    world.backup("audited")
    assert told(world).word == "match"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    world.backup("after")
    state = world.context().ledger.read()
    there = [point.run for point in state.sealed() if "east" not in point.gone]
    assert there == ["audited", "after"], "what an audit looks back to is kept, and nothing beside the rule"


def test_a_file_that_grew_since_the_last_audit_and_was_refilled_then_is_found_by_the_next_one() -> None:
    """The difference since the last audit names it, because it grew: that says nothing of what came after its copy."""
    world = World(policy=LARGE)
    fill(world)
    world.backup("r1")
    east = world.clusters["east"]
    east.extend(east.find(TOUCHED), b"more")
    world.backup("it grew")
    refill(world)
    world.backup("nobody sees it")
    assert world.tree("west", ROOT) != world.tree("east", ROOT)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    world.backup("audited")
    assert told(world).word == "match"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def silent(self: MemoryNameNode, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    raise AccessDenied(path, "superuser privilege is required")


def test_what_keeps_an_audit_from_looking_for_refills_is_told_and_takes_nothing_else_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(policy=LARGE)
    fill(world)
    world.backup("audited")
    world.backup("baseline")
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    MemoryNameNode(world.clusters["west"]).set_times(TOUCHED, 1_400_000_000_000)
    monkeypatch.setattr(MemoryNameNode, "block_ids", silent)
    world.backup("next")
    assert told(world).word == "cannot tell"
    assert any("refilled files were not searched" in text for text in told(world).cannot_tell)
    assert mtime(world, "west") == mtime(world, "east"), "what the listings showed was not mended"


def test_held_and_streamed_audits_name_the_same_differences() -> None:
    clusters = {site: MemoryCluster(site, first_inode=20_000 * n) for n, site in enumerate(("east", "west"), 1)}
    for cluster in clusters.values():
        for path in ("a", "a b", "a/x e%20", "same", "same/ü"):
            cluster.make_directory(f"{ROOT}/{path}", 0o755, parents=True)
        cluster.make_file(f"{ROOT}/same/f+", replication=1, block_size=8, overwrite=False)
    names = {site: MemoryNameNode(cluster) for site, cluster in clusters.items()}
    for path, _ in walk(names["east"], ROOT):
        for namenode in names.values():
            namenode.set_times(f"{ROOT}/{path}", 1_600_000_000_000)
    clusters["west"].make_directory(f"{ROOT}/foreign=", 0o755, parents=False)
    clusters["east"].make_directory(f"{ROOT}/same/missing #", 0o755, parents=False)
    names["west"].set_permission(f"{ROOT}/a b", 0o700)
    names["east"].set_times(f"{ROOT}/same", 1_600_000_000_000)
    # A file that was moved in after the moment gives its directory its own time, also in the source's snapshot.
    names["east"].set_times(f"{ROOT}/same/ü", 1_600_000_000_001)
    names["west"].set_times(f"{ROOT}/a", 1_600_000_000_001)
    for namenode in names.values():
        namenode.allow_snapshot(ROOT)
        namenode.create_snapshot(ROOT, "s")
    audit = AuditRoot(names["east"], ROOT, "s", lambda _: None)
    held = audit.with_listing(audit.listing(), dict(walk(names["west"], f"{ROOT}/.snapshot/s")))
    streamed = audit.streamed(names["west"], "s")
    assert sorted(map(str, held.mismatch)) == sorted(map(str, streamed.mismatch)) == [
        f"{ROOT}/a b: mode 700 instead of 755",
        f"{ROOT}/a: mtime_ms 1600000000001 instead of 1600000000000",
        f"{ROOT}/foreign=: is not on the origin",
        f"{ROOT}/same/missing #: missing",
    ]
    assert held.match == streamed.match == 4


def listings(world: World, run: str) -> tuple[int, int]:
    """How many listings, and looks at every file of a root, a run asks the primary for, whatever for."""
    world.host.name = run
    context = world.context()
    BackupStages(context, run, one_process=True).run_all()
    asked = [(what, count) for (_, site, what), count in context.tools.asked.by_operation().items() if site == "east"]
    return tuple(sum(count for what, count in asked if what in wanted) for wanted in  # type: ignore[return-value]
                 (("list",), ("block_ids", "open_files")))


def test_what_every_run_looks_through_is_bounded_for_all_roots_together() -> None:
    """Many small roots are as much for a NameNode as one large one; the others have their turn once a day."""
    world = many(8)
    listed, checked = listings(world, "all of them")
    world.policy += "audit_entries: 12\n"               # three roots of four names each
    fewer, checked_fewer = listings(world, "within the day")
    assert (fewer * 8, checked_fewer) <= (listed * 4, checked)
    MemoryNameNode(world.clusters["east"]).set_times("/data/r 7+%/ü d/part 0", 1_500_000_000_000)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    assert listings(world, "a day later")[0] >= listed / 2
    west = MemoryNameNode(world.clusters["west"])
    assert west.status("/data/r 7+%/ü d/part 0").facts.mtime_ms == 1_500_000_000_000


def test_roots_whose_open_files_are_not_looked_for_are_one_warning_however_many_there_are() -> None:
    world = many(8)
    world.policy += "audit_entries: 4\n"
    warned = [text for text in world.backup("next")["warnings"] if "open files are not known" in text]
    assert warned == ["open files are not known: /data/r 1+% and 6 more: "
                      "open files are only searched up to 4 names of a service"]
