"""Quotas of directories below a root are kept with every point, and asked about only where they may have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.ledger import Body, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import FenceLifted, SiteFenced
from hadoop_dr.domain.preflight import advice
from hadoop_dr.domain.tree.file_attributes import Quota
from hadoop_dr.domain.tree.quotas import QuotaSet, RootQuotas
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.datasets.hdfs import component, quotas
from hadoop_dr.services.datasets.hdfs.quotas import kept_quotas
from hadoop_dr.services.ledger.chain import Chain
from sim.world import ROOT, World, fill, protecting

EAST_QUOTA = ("east", "quota")


def kept(world: World) -> Mapping[str, RootQuotas]:
    """What the newest sealed point kept."""
    context = world.context()
    point = context.ledger.read().newest_sealed()
    assert point is not None
    found = kept_quotas(context.documents(point))
    assert found is not None
    return found


BELOW = frozenset({"ü dir", "ü dir/g=1"})


def quota(world: World, path: str, names: int, size: int = -1) -> None:
    MemoryNameNode(world.clusters["east"]).set_quota(path, names, size)


def asked(world: World, monkeypatch: pytest.MonkeyPatch, run: str) -> set[str]:
    """The directories that a run asks about, the root as an empty path."""
    paths: set[str] = set()
    real = MemoryNameNode.quota

    def noted(self: MemoryNameNode, path: str) -> object:
        if self.site == "east":
            paths.add(path.partition("/.snapshot/")[2].partition("/")[2])
        return real(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "quota", noted)
        world.backup(run)
    return paths


def test_a_point_keeps_the_quotas_of_every_directory_below_its_roots() -> None:
    world = World()
    fill(world)
    quota(world, f"{ROOT}/ü dir", 100, 1 << 30)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    world.backup("r1")
    assert kept(world) == {ROOT: RootQuotas({"ü dir": QuotaSet(100, 1 << 30), "ü dir/g=1": QuotaSet(5)})}
    assert world.clusters["west"].find(f"{ROOT}/ü dir").quota_names == -1


def tell(world: World, body: Body) -> None:
    """Appends to the pair's ledger."""
    chain = Chain(pair_chain("east-west"), world.files()["west"], world.files()["east"], world.clock)
    chain.entries()
    chain.append(body, epoch=1, run="test", pair_n=0, seen_n=chain.head_n)
    chain.follow()


def test_behind_a_fence_a_point_keeps_the_quotas_that_the_fence_replaced() -> None:
    """What the fence sets, one name and one byte, would else be what a promotion gives the users."""
    world, before = World(), QuotaSet(1_000, 1 << 30, (("SSD", 7),))
    fill(world)
    tell(world, SiteFenced("east", "fenced", {ROOT: before}))
    quota(world, ROOT, 1, 1)
    world.backup("fenced")
    [point] = world.context().ledger.read().sealed()
    assert point.taken.roots[ROOT].quota == kept(world)[ROOT].found[""] == before
    tell(world, FenceLifted("east"))
    quota(world, ROOT, 50, -1)
    world.backup("lifted")
    assert kept(world) == {ROOT: RootQuotas({"": QuotaSet(50)})}


def test_a_quota_of_a_root_that_is_set_changed_or_lifted_is_kept_with_the_next_point() -> None:
    """Also where nothing else changed; the primary is not asked for it before the seal, nor where it is as it was."""
    world = World()
    fill(world)
    world.backup("r0")
    for number, (names, wanted) in enumerate([(1_000, {"": QuotaSet(1_000)}), (7, {"": QuotaSet(7)}), (-1, {})]):
        quota(world, ROOT, names)
        world.backup(f"r{number + 1}")
        assert kept(world) == ({ROOT: RootQuotas(wanted)} if wanted else {})


def test_an_unchanged_service_asks_for_no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    fill(world)
    world.backup("r1")
    assert asked(world, monkeypatch, "r2") == set()


def test_a_quota_of_a_root_that_is_nearly_used_up_is_told_by_the_run_that_reads_it_and_every_later_one() -> None:
    world = World()
    fill(world)
    world.backup("r0")
    quota(world, ROOT, MemoryNameNode(world.clusters["east"]).quota(ROOT).used_names + 1)
    for run in ("r1", "r2"):
        warned = [text for text in world.backup(run)["warnings"] if text.startswith(f"east:{ROOT} has used ")]
        assert len(warned) == 1
    assert warned[0] in world.context().ledger.read().sealed()[-1].sealed.summary.warnings


def test_in_a_large_root_a_directory_that_had_no_quota_is_counted_once_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For an answer the NameNode counts all below such a directory; one that has a quota tells it at once."""
    world = World(policy=protecting(f"hdfs: {ROOT}") + "audit_entries: 3\n")
    fill(world)
    quota(world, f"{ROOT}/ü dir", 1_000)
    world.backup("r1")
    quota(world, f"{ROOT}/ü dir", 500)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    world.clusters["east"].make_directory(f"{ROOT}/new +", 0o755, parents=True)
    assert asked(world, monkeypatch, "r2") == {"ü dir"}
    assert kept(world) == {ROOT: RootQuotas({"ü dir": QuotaSet(500)}, frozenset({"", "new +", "ü dir/g=1"}))}
    world.clock.sleep_until(world.clock.monotonic_s() + 25 * 3600)
    assert asked(world, monkeypatch, "r3") >= {"", "new +", "ü dir/g=1"}
    assert kept(world) == {ROOT: RootQuotas({"ü dir": QuotaSet(500), "ü dir/g=1": QuotaSet(5)})}


def test_a_promotion_names_every_quota_that_it_does_not_set() -> None:
    world = World()
    fill(world)
    quota(world, ROOT, 1_000)
    quota(world, f"{ROOT}/ü dir", 100, 1 << 30)
    world.backup("r1")
    context = world.context()
    [point] = context.ledger.read().sealed()
    promoted = components_of(context).promote(point, context.documents(point))
    assert (promoted.live, promoted.left) == ([], [
        f"quota of {ROOT}: 1000 names, is stored with the point, not set",
        f"quota of {ROOT}/ü dir: 100 names and {1 << 30} bytes, is stored with the point, not set",
    ])  # fmt: skip
    for side in context.sides.values():
        side.files.remove(f"{context.directory(point.point)}/manifest.json")
    context = world.context()
    promoted = components_of(context).promote(point, context.documents(point))
    assert promoted.left[-1] == f"the quotas below the roots of point {point.point}: its document is lost"


def test_an_increment_asks_only_where_something_changed_and_what_it_knows_moves_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    fill(world)
    world.clusters["east"].make_directory(f"{ROOT}/still/standing", 0o755, parents=True)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    world.clusters["east"].make_directory(f"{ROOT}/quiet %", 0o755, parents=True)
    quota(world, f"{ROOT}/quiet %", 50)
    world.backup("r1")
    world.clusters["east"].rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    quota(world, f"{ROOT}/still/standing", 9)
    paths = asked(world, monkeypatch, "r2")
    assert "still/standing" in paths
    assert not {"quiet %", "moved/g=1"} & paths
    quiet, standing = {"quiet %": QuotaSet(50)}, {"still/standing": QuotaSet(9)}
    assert kept(world) == {ROOT: RootQuotas({"moved/g=1": QuotaSet(5), **quiet, **standing})}
    quota(world, f"{ROOT}/quiet %", -1)
    world.clusters["east"].delete(f"{ROOT}/moved", recursive=True)
    world.backup("r3")
    assert kept(world) == {ROOT: RootQuotas(standing)}


def test_an_existing_copy_that_is_adopted_keeps_the_quotas_of_what_was_not_copied() -> None:
    world = World()
    for site in ("east", "west"):
        fill_site(world, site)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    world.backup("adopts")
    assert kept(world) == {ROOT: RootQuotas({"ü dir/g=1": QuotaSet(5)})}


def fill_site(world: World, site: str) -> None:
    west, world.clusters["east"] = world.clusters["east"], world.clusters[site]
    fill(world)
    world.clusters["east"] = west


@pytest.mark.parametrize("most", [3, 1000], ids=["large", "small"])
def test_what_a_bound_left_out_is_said_and_asked_about_by_the_runs_that_follow(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}") + f"audit_entries: {most}\n")
    fill(world)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    monkeypatch.setattr(component, "MOST", 1)
    first = world.backup("r1")
    assert any("quotas of 2 directories" in warning for warning in first["warnings"])
    assert kept(world) == {ROOT: RootQuotas({}, BELOW, BELOW)}
    world.backup("r2")
    second = world.backup("r3")
    assert not any("quotas" in warning for warning in second["warnings"])
    assert kept(world) == {ROOT: RootQuotas({"ü dir/g=1": QuotaSet(5)})}


def test_no_quota_is_asked_for_before_the_point_is_visible() -> None:
    """A NameNode counts all that lies below a directory without a quota."""
    world = World()
    fill(world)
    world.backup("r1")
    world.clusters["east"].rename(f"{ROOT}/ü dir/e%20", f"{ROOT}/ü dir/g=1/e%20")
    context = world.context()
    BackupStages(context, "r2", one_process=True).run_all()
    counts = context.tools.asked.by_operation()
    asked = {stage: n for (stage, site, what), n in counts.items() if (site, what) == EAST_QUOTA}
    assert asked == {"prune": 3}, "the root itself, and both directories"


@pytest.mark.parametrize("most", [3, 1000], ids=["large", "small"])
def test_what_a_run_that_ended_with_its_seal_left_open_is_asked_by_the_next_one(most: int) -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}") + f"audit_entries: {most}\n")
    fill(world)
    world.backup("r1")
    world.clock.sleep_until(world.clock.monotonic_s() + 25 * 3600)
    quota(world, f"{ROOT}/ü dir/g=1", 5)
    stages = world.stages("r2")
    for stage in (stages.preflight, stages.moment, stages.plan, stages.place, stages.verify, stages.seal):
        stage()
    assert kept(world) == {ROOT: RootQuotas({}, BELOW, BELOW)}
    context = world.context()
    point = context.ledger.read().newest_sealed()
    assert point is not None
    left = components_of(context).promote(point, context.documents(point)).left
    assert left[-1] == f"the quotas of 2 directories of point {point.point}: they were not read in time"
    world.backup("r3")
    assert kept(world) == {ROOT: RootQuotas({"ü dir/g=1": QuotaSet(5)})}


def test_a_primary_that_falls_silent_after_the_seal_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    fill(world)
    quota(world, f"{ROOT}/ü dir", 7)
    real = MemoryNameNode.quota

    def silent(self: MemoryNameNode, path: str) -> Quota:
        if ".snapshot" in path:
            raise Unreachable("east", "does not answer")
        return real(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "quota", silent)
        first = world.backup("r1")
    assert first["state"] == "sealed"
    assert [told for told in first["warnings"] if "left open" in told and "east" in told]
    assert not [told for told in world.backup("r2")["warnings"] if "left open" in told]
    assert kept(world) == {ROOT: RootQuotas({"ü dir": QuotaSet(7)})}


@pytest.mark.parametrize(("large", "most"), [(1, 2), (20_000, 16)], ids=["large", "small"])
def test_few_directories_of_a_large_root_are_asked_about_at_once(
    large: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A NameNode counts all that lies below each of them, on a handler that others wait for."""
    monkeypatch.setattr(advice, "LARGE_NAMES", large)
    world, widths, real = World(), list[int](), quotas.map_bounded

    def noted(act: Callable[[object], Quota], work: Iterable[object], **how: int) -> Iterator[Quota]:
        widths.append(how.get("width", 16))
        return real(act, work, **how)

    fill(world)
    monkeypatch.setattr(quotas, "map_bounded", noted)
    world.backup("r1")
    assert widths[-1] == most


def test_check_asks_no_quota_of_a_root_that_is_known_to_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be called often, and what a NameNode counts for one answer is the whole root."""
    world = World(policy=protecting(f"hdfs: {ROOT}") + "audit_entries: 3\n")
    fill(world)
    told, asks = list[Result](), list[str]()
    real = MemoryNameNode.quota

    def noted(self: MemoryNameNode, path: str) -> Quota:
        asks.append(path)
        return real(self, path)

    quota(world, ROOT, 1)
    assert any("has used" in warning for warning in world.backup("r1")["warnings"])
    monkeypatch.setattr(MemoryNameNode, "quota", noted)
    told += [one for one in RunChecks(world.context()).look() if one.name == "quotas"]
    assert ROOT not in asks
    assert [(one.mark, one.detail.startswith(f"{ROOT}: large, so not queried")) for one in told] == [(Mark.OK, True)]
