"""Inode ids that a point keeps of the secondary: a wide change is bound by them, and never by those of another tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.tree import bound_inodes as bound
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.services.points.inodes import INODES, keep_inodes
from hadoop_dr.services.stored.documents import Documents, Row
from sim.world import ROOT, World
from support.thinned import thinned

DIRECTORIES = ("ü 1", "b+%/deep =", "c#")


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "WIDE", 2)


def write(cluster: MemoryCluster, path: str, content: bytes) -> None:
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), content)


def lived_in() -> World:
    """A point, and a change in every directory: replaced, gone, swapped, moved out, new."""
    world = World()
    east = world.clusters["east"]
    for directory in DIRECTORIES:
        east.make_directory(f"{ROOT}/{directory}", 0o755, parents=True)
        for name in ("stays", "replaced", "goes", "swap"):
            write(east, f"{ROOT}/{directory}/{name} %", f"{directory} {name}".encode())
    world.backup("first")
    for directory in DIRECTORIES:
        write(east, f"{ROOT}/{directory}/replaced %", b"other")
        write(east, f"{ROOT}/{directory}/new", b"new")
        east.delete(f"{ROOT}/{directory}/goes %", recursive=False)
    for old, new in (("ü 1", "aside"), ("c#", "ü 1"), ("aside", "c#")):
        east.rename(f"{ROOT}/{old}/swap %" if old != "aside" else f"{ROOT}/aside",
                    f"{ROOT}/{new}/swap %" if new != "aside" else f"{ROOT}/aside")
    return world


def listed(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], set[str]]:
    """A run, and the directories of the secondary's baseline that it listed."""
    base, paths = str(newest(world).sealed.snapshots[ROOT].name), set[str]()
    real = MemoryNameNode.list

    def noted(self: MemoryNameNode, path: str) -> Iterator[DirEntry]:
        if self.site == "west" and f"/.snapshot/{base}/" in path:
            paths.add(path.partition(f"/{base}/")[2])
        return real(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "list", noted)
        return world.backup("second"), paths


def newest(world: World) -> Any:
    point = world.context().ledger.read().newest_sealed()
    assert point is not None
    return point


def test_a_wide_change_is_bound_without_a_listing_of_each_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in()
    kept = world.tree("west", ROOT)
    base = newest(world).sealed.snapshots[ROOT].name
    document, paths = listed(world, monkeypatch)
    assert not paths
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    older = world.tree("west", f"{ROOT}/.snapshot/{base}")
    assert {path: seen for path, seen in older.items() if path} == {path: seen for path, seen in kept.items() if path}
    assert not document["warnings"]


@pytest.mark.parametrize("wrong", ["another snapshot", "another kind", "none"])
def test_where_no_ids_of_the_very_baseline_are_kept_it_is_listed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in()
    rows = world.context().documents(newest(world)).read_recorded(INODES, forms.INODES)
    assert rows
    mixed: dict[str, list[Row]] = {
        "another snapshot": [(row[0], "dr-another", row[2], int(str(row[3])) + 1, row[4]) for row in rows],
        "another kind": [(*row[:3], int(str(row[3])) + 1, "fd"[row[4] == "f"]) for row in rows],
    }
    read = Documents.read_recorded
    monkeypatch.setattr(
        Documents, "read_recorded",
        lambda self, name, form: mixed.get(wrong) if form is forms.INODES else read(self, name, form),
    )  # fmt: skip
    document, paths = listed(world, monkeypatch)
    assert paths == set(DIRECTORIES) | {"b+%"}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert not document["warnings"]


def test_after_an_exchange_of_roles_the_ids_of_the_other_site_bind_nothing() -> None:
    world = lived_in()
    world.backup("second")
    world.exchange_roles()
    west = world.clusters["west"]
    for directory in DIRECTORIES:
        write(west, f"{ROOT}/{directory}/replaced %", b"the other way")
    assert world.backup("back")["baseline"] == newest_but_one(world).point
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def newest_but_one(world: World) -> Any:
    return world.context().ledger.read().sealed()[-2]


def test_more_ids_than_a_document_should_have_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.clusters["east"].make_directory(ROOT, 0o755, parents=True)
    world.backup("first")
    documents = world.context().documents(newest(world))
    monkeypatch.setattr("hadoop_dr.services.points.inodes.MOST", 1)
    one = (ROOT, "s", "a", 1, "f")
    assert keep_inodes(documents, []) == keep_inodes(documents, [one, one]) == {}
    documents.recorded = keep_inodes(documents, [one])
    assert documents.read_recorded(INODES, forms.INODES) == [one]


@cache
def effects() -> int:
    faults = Faults()
    lived_in().backup("counted", faults)
    return faults.count


@pytest.mark.parametrize(("share", "after"), thinned(product(range(24), (False, True)), 5))
def test_a_run_that_is_bound_by_kept_ids_and_dies_anywhere_is_carried_to_its_end(share: int, after: bool) -> None:
    world = lived_in()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=1 + share * effects() // 24, die=True, after=after))
    world.host.dead.add("dies")
    assert world.backup("next")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
