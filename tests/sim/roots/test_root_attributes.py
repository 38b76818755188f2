"""The attributes of a root on the secondary: the primary's, set by place, and changed by nothing before it (I8, I9)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from sim.root_looks import ACL, ROOT, looks
from sim.world import POLICY, World, fill, plan_and_stage, protecting


def closed_root(world: World) -> Any:
    """The secondary has the root already, private and somebody's."""
    world.clusters["west"].make_directory(ROOT, 0o700, parents=True)
    west = MemoryNameNode(world.clusters["west"])
    west.set_owner(ROOT, "ann", "payroll")
    west.set_acl(ROOT, ACL)
    west.set_permission(ROOT, 0o710)
    west.set_xattr(ROOT, "user.note", b"theirs")
    return looks(world, "west")


def test_a_root_that_a_run_makes_is_closed_until_place_gives_it_what_the_primary_has() -> None:
    world = World(policy=POLICY.replace("/data/a b+%", "/data/of a department/a b+%"))
    root = "/data/of a department/a b+%"
    world.clusters["east"].make_directory(root, 0o755, parents=True)
    MemoryNameNode(world.clusters["east"]).set_permission(root, 0o1775)
    world.clusters["east"].make_file(f"{root}/ü", replication=1, block_size=1024, overwrite=True)
    stages, west = world.stages("r1"), MemoryNameNode(world.clusters["west"])
    modes = []
    for step in (stages.preflight, stages.moment, lambda: plan_and_stage(stages), stages.place):
        step()  # type: ignore[operator]
        modes.append(west.status(root).facts.mode)
    assert modes == [0o700, 0o700, 0o700, 0o1775]
    assert west.status("/data/of a department").facts.mode == 0o755
    assert looks(world, "west", root) == looks(world, "east", root)


def test_a_run_with_no_new_root_asks_neither_namenode_to_make_one_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world, asked, real = World(), list[str](), MemoryNameNode.allow_snapshot
    fill(world)
    monkeypatch.setattr(MemoryNameNode, "allow_snapshot", lambda self, path: (asked.append(path), real(self, path))[1])
    world.backup("r1")
    assert asked
    asked.clear()
    world.backup("r2")
    assert asked == []


DEEP = "/data/hr ü/a=b/a b+%"


def deep_root() -> World:
    """A root of which the directories above let few people through, and a file that everybody may read."""
    world = World(policy=POLICY.replace(ROOT, DEEP))
    east = world.clusters["east"]
    east.make_directory(DEEP, 0o755, parents=True)
    east.make_file(f"{DEEP}/salaries #", replication=1, block_size=1024, overwrite=True)
    namenode = MemoryNameNode(east)
    namenode.set_owner("/data/hr ü", "hr", "payroll")
    namenode.set_permission("/data/hr ü", 0o1700)
    namenode.set_owner("/data/hr ü/a=b", "ann", "payroll")
    namenode.set_acl("/data/hr ü/a=b", ACL)
    return world


@pytest.mark.parametrize("inherits", [False, True], ids=["plain", "below a default ACL"])
def test_what_is_missing_above_a_root_is_made_as_the_primary_has_it(inherits: bool) -> None:
    world, above = deep_root(), ("/data", "/data/hr ü", "/data/hr ü/a=b")
    if inherits:
        MemoryNameNode(world.clusters["west"]).set_acl(
            "/", ("default:group::rwx", "default:mask::rwx", "default:other::rwx", "default:user::rwx",
                  "default:user:eve:rwx", "group::r-x", "mask::r-x", "other::r-x", "user::rwx"))  # fmt: skip
    assert [warning for warning in world.backup("r1")["warnings"] if "above" in warning] == []
    assert [looks(world, "west", path) for path in above] == [looks(world, "east", path) for path in above]


def test_who_reaches_more_on_the_secondary_because_of_what_lies_above_is_told_and_nothing_is_changed() -> None:
    world = deep_root()
    world.clusters["west"].make_directory("/data/hr ü", 0o755, parents=True)
    said = "on west /data/hr ü is hdfs:supergroup 755, on east hr:payroll 1700"
    assert told_above(world) == [("warn", said)]
    run = world.stages("r1")
    assert f"above roots: {said}" in run.preflight()["warnings"]
    run.moment()
    plan_and_stage(run)
    run.place()
    run.verify()
    run.seal()
    assert looks(world, "west", "/data/hr ü")[0].mode == 0o755
    assert [warning for warning in world.stages("r2").preflight()["warnings"] if "above" in warning] == []
    assert told_above(world) == [("warn", said)], "a check goes on telling it"


def told_above(world: World) -> list[tuple[str, str]]:
    results = RunChecks(world.context()).look()
    return [(result.mark.value, result.detail) for result in results if result.name == "above roots"]


def test_nothing_before_place_changes_an_attribute_of_a_root_that_is_there() -> None:
    world = World()
    fill(world)
    theirs = closed_root(world)
    stages = world.stages("r1")
    for step in (stages.preflight, stages.moment, lambda: plan_and_stage(stages)):
        step()  # type: ignore[operator]
        assert looks(world, "west") == theirs
    stages.place()
    assert looks(world, "west") == looks(world, "east")


@pytest.mark.parametrize("policy", [POLICY, protecting("hdfs: /data/a b+%", "hdfs: /data/not there")])
def test_a_run_that_is_refused_leaves_a_roots_attributes_as_they_were(policy: str) -> None:
    """Refused before its claim, and when its moment was taken already: more is deleted than may be."""
    world = World(policy=policy.replace("100%", "{share: 1%, at_least: 0}") + "drift: restore\n")
    fill(world)
    theirs = closed_root(world)
    for name in ("keep", "h#"):
        world.clusters["west"].make_file(f"{ROOT}/{name} of theirs", replication=1, block_size=1024, overwrite=True)
    with pytest.raises(Refused):
        world.backup("refused")
    assert looks(world, "west") == theirs


@pytest.mark.parametrize("look", ["check", "plan"])
def test_looking_changes_no_attribute_of_a_root_on_either_site(look: str) -> None:
    world = World()
    fill(world)
    world.backup("r1")
    closed = closed_root(world)
    before = looks(world, "east"), closed
    context = world.context()
    looked = RunChecks(context).look() if look == "check" else Preview(context).run()
    assert looked
    assert (looks(world, "east"), looks(world, "west")) == before
