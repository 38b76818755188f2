"""Lines of ``protect`` that widen or narrow while points hold snapshots: without an order the roots stay (S2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from sim.directories import SITES, hdfs, holds, write
from sim.world import World

PARENT, CHILD, SIBLING = "/data/ü %", "/data/ü %/b+ c", "/data/ü %/d#"


def both(policy: str) -> World:
    world = World(policy)
    for root in (PARENT, CHILD, SIBLING):
        write(world, f"{root}/f 1", root.encode())
    return world


def told(world: World) -> list[tuple[str, str, str]]:
    results = RunChecks(world.context()).look()
    return [(result.mark.value, result.detail, result.remedy) for result in results if result.name == "roots"]


def everything(world: World) -> dict[str, Any]:
    names = {site: MemoryNameNode(world.clusters[site]) for site in SITES}
    shots = {(s, r): [x.name for x in n.snapshots(r)] for s, n in names.items() for r in n.snapshottable()}
    trees = {site: world.tree(site, "/data") for site in SITES}
    return {"shots": shots, "trees": trees, "entries": len(world.context().ledger.chain.entries())}


def test_a_line_that_widens_over_a_root_is_refused_before_anything_changes_and_says_what_helps() -> None:
    world = both(hdfs(CHILD))
    world.backup("first")
    world.policy = hdfs(PARENT)
    before = everything(world)
    with pytest.raises(Refused, match=r"points of this service hold those of /data/ü %/b\+ c") as refused:
        world.backup("second")
    assert f"Declare {CHILD} again; or back up with --change-roots" in refused.value.remedy
    assert everything(world) == before
    failed = [(detail, remedy) for mark, detail, remedy in told(world) if mark == "fail"]
    assert [detail.partition(":")[0] for detail, _ in failed] == list(SITES)
    assert all("--change-roots" in remedy for _, remedy in failed)
    world.policy = hdfs(CHILD)
    holds(world, world.backup("as before"), CHILD)


def test_a_foreign_directory_with_snapshots_is_named_with_another_remedy() -> None:
    world = both(hdfs(PARENT))
    MemoryNameNode(world.clusters["east"]).allow_snapshot(SIBLING)
    with pytest.raises(Refused, match="has them already and HDFS refuses nesting") as refused:
        world.backup("first")
    assert refused.value.remedy == f"Protect {SIBLING} instead, or run: hdfs dfsadmin -disallowSnapshot '{SIBLING}'"


@pytest.mark.parametrize("narrow", [(CHILD,), (CHILD, SIBLING)])
def test_a_line_that_narrows_keeps_its_root_and_the_check_says_so(narrow: tuple[str, ...]) -> None:
    world = both(hdfs(PARENT))
    world.backup("first")
    world.policy = hdfs(*narrow)
    write(world, f"{PARENT}/f 1", b"changed")
    said = [detail for mark, detail, _ in told(world) if mark == "warn"]
    assert [f"with --change-roots {', '.join(narrow)} would be a root instead of {PARENT}"] == said
    second = world.backup("second")
    [point] = [p for p in world.context().ledger.read().sealed() if p.point == second["point"]]
    assert set(point.taken.roots) == {PARENT}
    assert second["baseline"] is not None
    assert [warning for warning in second["warnings"] if "any more" in warning] == []
    assert world.tree("west", PARENT) == world.tree("east", PARENT)
    world.policy = hdfs(PARENT)
    holds(world, world.backup("third"), PARENT)


def test_a_directory_beside_a_root_that_narrowed_comes_in_as_a_root_of_its_own() -> None:
    world = both(hdfs(PARENT))
    write(world, "/lake/x", b"x")
    world.backup("first")
    world.policy = hdfs(CHILD, "/lake")
    second = world.backup("second")
    [point] = [p for p in world.context().ledger.read().sealed() if p.point == second["point"]]
    assert set(point.taken.roots) == {PARENT, "/lake"}
    assert world.tree("west", "/lake") == world.tree("east", "/lake")


def test_a_plan_says_that_a_run_would_be_refused_for_nesting() -> None:
    world = both(hdfs(CHILD))
    assert Preview(world.context()).run()["files"] > 0
    world.backup("first")
    assert Preview(world.context()).run()["refused"] == []
    world.policy = hdfs(PARENT)
    before = everything(world)
    refused = Preview(world.context()).run()["refused"]
    assert [line.partition(" ")[0] for line in refused] == [f"{site}:/data/ü" for site in SITES]
    assert all(f"points of this service hold those of {CHILD}" in line for line in refused)
    assert everything(world) == before
