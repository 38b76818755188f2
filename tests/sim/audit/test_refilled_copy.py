"""A file of the secondary that somebody cut and refilled, its time put back: found by its blocks, kept, replaced (I9).

No difference of snapshots tells it, and no listing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.errors import AccessDenied, ForeignFound
from hadoop_dr.services.backup.stages import BackupStages
from sim.asked import many
from sim.foreign_changes import RESTORE, SIZES, kept_snapshots, points
from sim.refilled import TOUCHED, refill
from sim.world import POLICY, ROOT, World, fill

NAME = TOUCHED.removeprefix(f"{ROOT}/")
WHAT = f"{TOUCHED} was replaced: other bytes of the same length, its modification time put back"


def sealed(policy: str = POLICY) -> World:
    """Two points, so that what the second one is compared with is a point as well."""
    world = World(policy=policy)
    fill(world)
    world.backup("r1")
    world.backup("r2")
    return world


def a_day_later(world: World) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)


def is_copied_again(world: World, document: dict[str, object], theirs: bytes) -> bool:
    """Whether the sealed snapshot and the live tree are the primary's, and what somebody wrote is kept and named."""
    [kept] = kept_snapshots(world)
    assert bytes(world.clusters["west"].find(f"{ROOT}/.snapshot/{kept}/{NAME}").content) == theirs
    assert [text for text in document["warnings"] if kept in text]                         # type: ignore[attr-defined]
    assert any(WHAT in line for one in points(world)["kept"] for line in one["found"])
    name = document["snapshots"]["west"][ROOT]                                             # type: ignore[index]
    right = world.tree("east", ROOT)
    return world.tree("west", f"{ROOT}/.snapshot/{name}") == right == world.tree("west", ROOT)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keep", [2048, 0, 10])
def test_a_file_that_somebody_refilled_on_the_secondary_is_kept_aside_and_copied_again(size: str, keep: int) -> None:
    world = sealed(POLICY + RESTORE + SIZES[size])
    theirs = refill(world, "west", keep=keep)
    a_day_later(world)
    assert is_copied_again(world, world.backup("r3"), theirs)
    world.backup("r4")
    assert len(kept_snapshots(world)) == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_somebody_refilled_on_the_secondary_is_refused_by_name_and_left_alone(size: str) -> None:
    world = sealed(POLICY + SIZES[size])
    refill(world, "west")
    a_day_later(world)
    theirs = world.tree("west", ROOT)
    with pytest.raises(ForeignFound) as refused:
        world.backup("r3")
    assert WHAT in str(refused.value)
    assert world.tree("west", ROOT) == theirs
    assert [point["state"] for point in points(world)["points"]] == ["sealed", "sealed", "foreign"]


def test_a_refilled_copy_in_a_large_root_is_found_by_the_daily_audit_whatever_runs_and_prunes_lie_between() -> None:
    """What an audit looks back to stays on the secondary until then."""
    world = sealed(POLICY.replace('secondary: "5"', 'secondary: "2"') + RESTORE + SIZES["large"])
    theirs = refill(world, "west")
    for number in range(3, 8):
        world.backup(f"r{number}")
    assert world.tree("west", ROOT) != world.tree("east", ROOT)
    a_day_later(world)
    assert is_copied_again(world, world.backup("audited"), theirs)
    world.backup("after")
    state = world.context().ledger.read()
    there = [point.run for point in state.sealed() if "west" not in point.gone]
    assert there == ["audited", "after"], "what an audit looks back to is kept, and nothing beside the rule"


@pytest.mark.parametrize("size", SIZES)
def test_a_refilled_copy_is_found_in_the_run_that_moves_it(size: str) -> None:
    world = sealed(POLICY + RESTORE + SIZES[size])
    refill(world, "west")
    a_day_later(world)
    MemoryNameNode(world.clusters["east"]).rename(f"{ROOT}/ü dir", f"{ROOT}/moved #")
    world.backup("r3")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    [kept] = points(world)["kept"]
    assert any("moved #/e%20 was replaced: other bytes" in line for line in kept["found"])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keep", [2048, 0, 10])
def test_what_a_run_itself_wrote_anew_to_the_same_length_is_nobodys_change(size: str, keep: int) -> None:
    world = sealed(POLICY + SIZES[size])
    a_day_later(world)
    for number in range(2):
        refill(world, "east", keep=keep)
        world.backup(f"refilled {number}")
        assert world.tree("west", ROOT) == world.tree("east", ROOT)
        east = world.clusters["east"]
        east.extend(east.find(TOUCHED), b"more")
        world.backup(f"appended {number}")
        a_day_later(world)
    world.backup("last")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert not kept_snapshots(world)


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_that_somebody_refilled_with_the_same_bytes_is_no_change(size: str) -> None:
    world = sealed(POLICY + SIZES[size])
    names, west = MemoryNameNode(world.clusters["west"]), world.clusters["west"]
    was, content = names.status(TOUCHED).facts, bytes(west.find(TOUCHED).content)
    names.truncate(TOUCHED, 10)
    west.extend(west.live(TOUCHED), content[10:])
    names.set_times(TOUCHED, was.mtime_ms)
    a_day_later(world)
    assert world.backup("r3")["verified"] == "match"
    assert not kept_snapshots(world)


def test_a_refilled_copy_is_found_after_an_exchange_of_roles_as_well() -> None:
    world = sealed(POLICY + RESTORE)
    world.exchange_roles()
    refill(world, "east")
    world.backup("the other way")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_snapshot_of_the_secondary_that_an_audit_looks_back_to_and_that_is_gone_has_all_compared() -> None:
    world = sealed(POLICY + RESTORE + SIZES["large"])
    first = world.context().ledger.read().sealed()[0]
    for number in range(3, 5):
        world.backup(f"r{number}")
    refill(world, "west")
    MemoryNameNode(world.clusters["west"]).delete_snapshot(ROOT, first.sealed.snapshots[ROOT].name)
    a_day_later(world)
    document = world.backup("audited")
    assert [text for text in document["warnings"] if "an audit looks back to it" in text]
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


@pytest.mark.parametrize("size", SIZES)
def test_blocks_of_the_secondary_that_are_not_told_leave_the_point_unaudited_until_they_are(
    monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    world = sealed(POLICY + RESTORE + SIZES[size])
    refill(world, "west")
    a_day_later(world)
    west, tells = world.clusters["west"], MemoryNameNode.block_ids

    def block_ids(self: MemoryNameNode, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        if self.cluster is west:
            raise AccessDenied(path, "superuser privilege is required")
        return tells(self, path)

    with monkeypatch.context() as silenced:
        silenced.setattr(MemoryNameNode, "block_ids", block_ids)
        document = world.backup("r3")
    assert [text for text in document["warnings"] if "refilled files were not looked for" in text]
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    assert not newest.sealed.summary.audited
    world.backup("r4")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def asked_of_the_secondary(world: World, run: str) -> int:
    world.host.name = run
    context = world.context()
    BackupStages(context, run, one_process=True).run_all()
    asked = context.tools.asked.by_operation().items()
    return sum(count for (_, site, what), count in asked if (site, what) == ("west", "block_ids"))


def test_an_unchanged_root_costs_one_question_for_its_blocks_and_a_changed_one_two() -> None:
    world = many(5)
    assert asked_of_the_secondary(world, "unchanged") == 5
    east = world.clusters["east"]
    east.extend(east.find("/data/r 3+%/ü d/part 0"), b"more")
    assert asked_of_the_secondary(world, "one changed") == 6


def test_a_refilled_copy_is_found_also_where_the_primary_gave_the_file_other_attributes() -> None:
    """A plan that sets a mode writes no block, so it explains none."""
    world = sealed(POLICY + RESTORE)
    theirs = refill(world, "west")
    MemoryNameNode(world.clusters["east"]).set_permission(TOUCHED, 0o600)
    world.backup("r3")
    [kept] = kept_snapshots(world)
    assert bytes(world.clusters["west"].find(f"{ROOT}/.snapshot/{kept}/{NAME}").content) == theirs
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
