"""What a run does for each root does not grow with their number: counted in records it makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.state import service_state
from hadoop_dr.services.backup.prune import Prune
from sim.asked import Asked, many

FEW, MANY = 8, 32
PER_ROOT = 60
"""Of an unchanged run with three points: 58."""
PER_SNAPSHOT = 8
"""Of a prune with nothing to do, for each snapshot that it looks at: 6."""


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Gives how many records of snapshots were made since it was asked last."""
    made = [0]

    def counted(*values: object) -> SnapshotRef:
        made[0] += 1
        return SnapshotRef(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(service_state, "SnapshotRef", counted)

    def since() -> int:
        count, made[0] = made[0], 0
        return count

    return since


def test_an_unchanged_run_makes_as_many_records_of_snapshots_for_each_root_however_many_there_are(
    records: Callable[[], int],
) -> None:
    for roots in (FEW, MANY):
        world = many(roots)
        records()
        Asked(world, "unchanged")
        assert records() <= PER_ROOT * roots


def test_a_prune_looks_at_each_snapshot_once_however_many_roots_and_points_there_are(
    records: Callable[[], int],
) -> None:
    for roots, kept in ((FEW, 4), (MANY, 4), (FEW, 12)):
        world = many(roots)
        world.policy = world.policy.replace('secondary: "5"', f'secondary: "{kept}"')
        for number in range(kept):
            world.clock.sleep_until(world.clock.monotonic_s() + 900)
            world.backup(f"more {number}")
        context = world.context()
        points = len(context.ledger.read().sealed())
        records()
        Prune(context).run("prune")
        assert points >= kept
        assert records() <= PER_SNAPSHOT * roots * points
