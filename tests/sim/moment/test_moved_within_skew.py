"""A file that is moved from one root into another while their snapshots are taken is in both as it was (I1, I9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.faults import Faults, faulty_namenode
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.services import verify_candidate
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.context import SiteConnections
from sim.world import World, protecting
from sim.written_files import put

A, B = "/data/a =#", "/data/ü%"
POLICY = protecting(f'hdfs: "{A}"', f'hdfs: "{B}"') + "max_skew: 10s\n"


class Restless(World):
    """A world in which somebody does something between the snapshot of one root and that of the next."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.between: Callable[[], None] | None = None
        self.over = Event()

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites; on the primary whatever is done comes after the first root's snapshot and before the other's."""
        sides = super().sides(faults)
        namenode = faulty_namenode(Interrupted(self), faults)
        return {**sides, "east": replace(sides["east"], namenode=namenode)}


class Interrupted(MemoryNameNode):
    """The primary's name space."""

    def __init__(self, world: Restless) -> None:
        super().__init__(world.clusters["east"])
        self._world, self._over = world, world.over

    def create_snapshot(self, path: str, name: str) -> None:
        if path == B:
            assert self._over.wait(30)
        super().create_snapshot(path, name)
        if path == A:
            act, self._world.between = self._world.between, None
            if act is not None:
                act()
            self._over.set()


def grown(east: MemoryCluster) -> None:
    east.extend(east.find(f"{B}/f"), b"xyz" * 10)


def grown_by_blocks(east: MemoryCluster) -> None:
    east.extend(east.find(f"{B}/f"), b"xyz" * 1500)


@pytest.mark.parametrize("read_back", [True, False])
@pytest.mark.parametrize("change", [grown, grown_by_blocks], ids=lambda change: change.__name__)
def test_a_file_that_two_roots_have_at_different_lengths_is_sealed_as_each_has_it(
    change: Callable[[MemoryCluster], None], read_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not read_back:
        monkeypatch.setattr(verify_candidate, "READ_BACK_BYTES", 16)
    world = Restless(POLICY)
    east = world.clusters["east"]
    for root in (A, B):
        east.make_directory(f"{root}/k", 0o755, parents=True)
        put(east, f"{root}/k/1 %", b"1")
    world.backup("first")
    put(east, f"{A}/f", b"abc" * 700)

    def moved() -> None:
        east.rename(f"{A}/f", f"{B}/f")
        change(east)

    world.over.clear()
    world.between = moved
    document = world.backup("moved")
    assert world.between is None
    [_, newest] = world.context().ledger.read().sealed()
    assert newest.sealed.verified.word == "match", document
    for root in (A, B):
        first, second = (
            world.tree(site, f"{root}/.snapshot/{newest.snapshots_on(site)[root].name}") for site in ("east", "west")
        )
        assert first == second
        assert "f" in first
    again = verify_again(world.context(), newest.point)
    assert (again["mismatch"], again["cannot_tell"]) == ([], [])
