"""Extended attributes that a point keeps: nobody asks again what was there before, and nothing gets lost by that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs
from hadoop_dr.services.points import xattrs
from sim.world import ROOT, World, fill

D, DEEP = f"{ROOT}/ü dir", f"{ROOT}/ü dir/g=1"


def east(world: World) -> MemoryNameNode:
    return MemoryNameNode(world.clusters["east"])


def write(world: World, path: str, content: bytes = b"later") -> None:
    cluster = world.clusters["east"]
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), content)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Paths inside the primary's snapshots whose extended attributes were asked for."""
    paths: list[str] = []
    real = MemoryNameNode.extras

    def noted(self: MemoryNameNode, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        if xattrs and self.site == "east" and "/.snapshot/" in path:
            paths.append(path.partition("/.snapshot/")[2])
        return real(self, path, acl=acl, xattrs=xattrs)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "extras", noted)
        yield paths


def marked() -> World:
    """A sealed point of directories and files that have extended attributes."""
    world = World()
    fill(world)
    for path in (D, DEEP, f"{D}/e%20", f"{ROOT}/a b"):
        east(world).set_xattr(path, "user.ü =", path.encode())
    east(world).set_xattr(ROOT, "user.root", b"1")
    world.backup("first")
    return world


def test_an_increment_asks_for_extended_attributes_of_the_newer_snapshot_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = marked()
    write(world, f"{D}/new #")
    with asked(monkeypatch) as paths:
        point = world.backup("second")
    newer = point["snapshots"]["east"][ROOT]
    assert sorted(paths) == sorted([f"{newer}/ü dir", f"{newer}/ü dir/new #"])
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_what_was_set_lifted_moved_and_swapped_arrives_though_nobody_asks_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = marked()
    write(world, f"{ROOT}/b+")
    world.backup("second")
    cluster = world.clusters["east"]
    cluster.rename(D, f"{ROOT}/moved %")
    write(world, f"{ROOT}/moved %/child")
    cluster.rename(f"{ROOT}/a b", f"{ROOT}/aside")
    cluster.rename(f"{ROOT}/b+", f"{ROOT}/a b")
    cluster.rename(f"{ROOT}/aside", f"{ROOT}/b+")
    world.backup("third")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    east(world).remove_xattr(f"{ROOT}/moved %", "user.ü =")
    write(world, f"{ROOT}/moved %/another")
    east(world).set_xattr(f"{ROOT}/moved %/g=1", "user.ü =", b"other")
    east(world).remove_xattr(f"{ROOT}/b+", "user.ü =")
    east(world).remove_xattr(f"{ROOT}/moved %/e%20", "user.ü =")
    east(world).remove_xattr(ROOT, "user.root")
    with asked(monkeypatch) as paths:
        point = world.backup("fourth")
    assert {path.partition("/")[0] for path in paths} == {point["snapshots"]["east"][ROOT]}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert not point["warnings"]


def test_a_point_that_kept_none_is_asked_for_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(xattrs, "MOST", 4)
        world = marked()
    east(world).remove_xattr(DEEP, "user.ü =")
    write(world, f"{D}/new #")
    with asked(monkeypatch) as paths:
        second = world.backup("second")
    assert len({path.partition("/")[0] for path in paths}) == 2
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert not second["warnings"]
