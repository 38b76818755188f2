"""A secondary whose /fsck is refused: told by `check`, and no reason to keep snapshots for ever (I8, I9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import AccessDenied
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.refilled import LARGE, refill
from sim.world import POLICY, ROOT, World, fill

DAY_S = 86_400


def refuse(patch: pytest.MonkeyPatch, *sites: str) -> None:
    real = MemoryNameNode.block_ids

    def answer(self: MemoryNameNode, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        if self.site in sites:
            raise AccessDenied(f"{self.site}:/fsck", "403 Forbidden")
        return real(self, path)

    patch.setattr(MemoryNameNode, "block_ids", answer)


def filled(policy: str) -> World:
    world = World(policy)
    fill(world)
    return world


def later(world: World, run: str) -> dict[str, object]:
    """The run of the next half day; one file changes in between."""
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S / 2)
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    return world.backup(run)


def there(world: World, site: str) -> int:
    return len(MemoryNameNode(world.clusters[site]).snapshots(ROOT))


@pytest.mark.parametrize("policy", [POLICY, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("audited_first", [True, False])
def test_snapshots_are_pruned_on_both_sites_although_no_audit_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch, policy: str, audited_first: bool
) -> None:
    world, given_up, whole = filled(policy), 0, 0
    if audited_first:
        world.backup("audited")
    refuse(monkeypatch, "west")
    counts = []
    for number in range(30):
        warnings = [str(line) for line in later(world, f"r{number}")["warnings"]]  # type: ignore[attr-defined]
        given_up += any("no longer for audits" in line for line in warnings)
        whole += any("is compared whole" in line for line in warnings)
        counts.append(max(there(world, "east"), there(world, "west")))
    assert max(counts) <= 14  # three days and three points of two a day, and what the rules keep
    assert given_up >= 1
    assert 1 <= whole <= 5  # of thirty runs


def test_what_was_refilled_while_audits_were_hindered_for_long_is_found_once_they_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = filled(LARGE)
    world.backup("audited")
    with monkeypatch.context() as patch:
        refuse(patch, "east", "west")
        refill(world)
        for number in range(10):
            later(world, f"r{number}")
    later(world, "last")
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    assert newest.sealed.summary.audited
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def told(world: World) -> list[Result]:
    return [result for result in RunChecks(world.context()).look() if result.name == "fsck"]


@pytest.mark.parametrize("backed_up", [False, True])
@pytest.mark.parametrize("site", ["east", "west"])
def test_check_tells_of_a_site_that_refuses_fsck_before_a_point_is_not_audited(
    monkeypatch: pytest.MonkeyPatch, site: str, backed_up: bool
) -> None:
    world = filled(POLICY)
    if backed_up:
        world.backup("r1")
    assert told(world) == []
    refuse(monkeypatch, site)
    [warning] = told(world)
    assert warning.mark is Mark.WARN
    assert warning.detail.startswith(f"{site}: its NameNodes do not answer /fsck ({site}:/fsck: 403 Forbidden")
    assert "not audited" in warning.detail
    assert f"every NameNode of {site}" in warning.remedy
