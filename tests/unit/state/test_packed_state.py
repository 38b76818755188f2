"""A checkpoint is as long as what is still needed of a service, and gives back all of that."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.ledger.bodies.taken import OpenFile, OpenFiles, TakenRoot
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.roots.existing_copy import is_new
from hadoop_dr.domain.state.packed_state import without_what_is_over
from hadoop_dr.domain.state.service_fold import dump_state, load_state
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.domain.tree.quotas import QuotaSet
from support.cost import calls
from support.entries import sealed, staged, taken

BOTH = ("east", "west")


def of_many(number: int, roots: int, *, gone: bool = False) -> Point:
    """A sealed point of so many roots with long and hostile names; in each its own ids, times, figures and quota."""
    names = [f"/warehouse/tablespace/external/hive/finance_{n // 10:04d}.db/tab ü%+_{n:05d}_fact" for n in range(roots)]
    name = point_id(1_795_140_000_000 + number * DAY_MS)
    took = {
        root: TakenRoot(SnapshotRecord(f"dr-{name}", number * 7919 + n, 1_795_140_000_000 + n * 31), n / 7, n / 3 + 1,
                        QuotaSet(n, n * 4096) if n % 10 == 0 else QuotaSet())
        for n, root in enumerate(names)
    }  # fmt: skip
    made = {root: SnapshotRecord(f"dr-{name}" + "-2" * (n == 3), n, n + number) for n, root in enumerate(names)}
    of = replace(
        taken(name), roots=took, declared=tuple(names), protect={"hdfs": tuple(names), "hive": ("fin*.t ü",)},
        datasets={"hive": {"e0": 7}}, roots_told=("told",), open_files=OpenFiles(1, (OpenFile("/a", 1),)),
    )  # fmt: skip
    whole = sealed(name)
    summary = replace(whole.summary, live={root: Held(n, n + 1) for n, root in enumerate(names)}, seconds={"plan": 1.5})
    whole = replace(whole, snapshots=made, summary=summary)
    state, ends = PointState.SEALED, BOTH if gone else ()
    return Point(name, of.moment_ms, state, "run", 1, 1, taken=of, sealed=whole, gone=ends)


def state_of(points: int, roots: int, gone: int = 0) -> ServiceState:
    """So many points of the same roots, the oldest of them gone from both sites."""
    every = [of_many(number, roots, gone=number < gone) for number in range(points)]
    return ServiceState({point.point: point for point in every})


def written(state: ServiceState) -> bytes:
    return json.dumps(dump_state(state), sort_keys=True, ensure_ascii=False).encode()


def test_a_checkpoint_gives_back_every_root_of_every_point_that_is_there() -> None:
    state = state_of(3, 25)
    assert load_state(json.loads(written(state))) == state


def test_of_a_point_that_is_gone_a_checkpoint_keeps_how_it_went_and_its_roots_by_name() -> None:
    first, second, third = of_many(0, 30, gone=True), of_many(1, 27, gone=True), of_many(2, 25)
    second = replace(second, state=PointState.VOID, staged=staged(second.point))
    state = ServiceState({point.point: point for point in (first, second, third)})
    again = load_state(json.loads(written(state)))
    for point in (first, second):
        kept = again.points[point.point]
        assert kept == without_what_is_over(point) == without_what_is_over(kept)
        assert (kept.taken.roots, kept.sealed.snapshots, kept.sealed.summary.live) == ({}, {}, {})
        assert list(kept.roots) == sorted(point.roots)
        assert (kept.gone, kept.state, kept.sealed.verified) == (BOTH, point.state, point.sealed.verified)
        assert (kept.taken.protect, kept.taken.datasets) == (point.taken.protect, point.taken.datasets)
        assert kept.sealed.retention == point.sealed.retention
    assert again.roots() == state.roots()
    assert again.retired_roots("east") == state.retired_roots("east")
    assert again.sealed_roots() == state.sealed_roots()
    placed_once = sorted(second.roots)[26]
    assert not is_new(state, "west", placed_once)
    assert not is_new(again, "west", placed_once)


def test_the_newest_point_stays_whole_also_when_it_is_gone() -> None:
    """The live tree is its work: the next run adopts what it left."""
    state = state_of(2, 5, gone=2)
    again = load_state(json.loads(written(state)))
    newest = state.newest_sealed()
    assert newest is not None
    assert again.newest_sealed() == newest
    oldest = min(state.points)
    assert again.points[oldest] != state.points[oldest]


def test_a_point_that_is_gone_from_one_site_only_is_kept_whole() -> None:
    half = replace(of_many(0, 5), gone=("east",))
    assert without_what_is_over(half) == half


def test_the_state_of_1500_roots_and_the_points_that_the_default_retention_keeps_stays_below_10_megabytes() -> None:
    """31 points on both sites, and the 100 newest of those that are gone."""
    content = written(state_of(131, 1500, gone=100))
    assert len(content) < 10_000_000
    assert len(gzip.compress(content, 6)) < 2_000_000


@pytest.mark.parametrize("grows", ["roots", "points", "gone"])
def test_writing_and_reading_a_checkpoint_costs_in_proportion_to_what_is_in_it(grows: str) -> None:
    """Counted in calls: four times as much costs at most four times as much."""
    few, many = {
        "roots": (state_of(4, 50), state_of(4, 200)),
        "points": (state_of(4, 50), state_of(16, 50)),
        "gone": (state_of(9, 50, gone=8), state_of(33, 50, gone=32)),
    }[grows]
    assert calls(lambda: dump_state(many)) <= 4 * calls(lambda: dump_state(few))
    kept_few, kept_many = dump_state(few), dump_state(many)
    assert calls(lambda: load_state(kept_many)) <= 4 * calls(lambda: load_state(kept_few))


def test_what_a_point_that_is_gone_costs_hardly_depends_on_its_roots() -> None:
    one, other = state_of(41, 400, gone=40), state_of(2, 400, gone=1)
    assert len(written(one)) <= 2 * len(written(other))
