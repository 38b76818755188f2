"""A copy that the secondary has already gets the attributes in which it differs, and no others are sent (S2.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.ports.mover import Mover, Operation, Outcome, SetAttributes
from sim.world import ROOT, World

FILES = 60


class Listening:
    """A mover that keeps what attributes are set."""

    def __init__(self, inner: Mover, heard: list[SetAttributes]) -> None:
        self._inner, self._heard = inner, heard

    def apply(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        wanted = list(operations)
        self._heard += [one for one in wanted if isinstance(one, SetAttributes)]
        return self._inner.apply(wanted)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class Copied(World):
    """A world in which both sites have the same files, as a copy that was created before left them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.heard: list[SetAttributes] = []
        for cluster in self.clusters.values():
            cluster.make_directory(f"{ROOT}/d ü", 0o755, parents=True)
            for n in range(FILES):
                made = cluster.make_file(f"{ROOT}/d ü/e%20 {n}", replication=1, block_size=1024, overwrite=True)
                cluster.extend(made, b"same %d" % n)
                MemoryNameNode(cluster).set_times(f"{ROOT}/d ü/e%20 {n}", 1_700_000_000_000)

    def movers(self, faults: Faults, origin: str) -> tuple[Mover, Mover, Mover]:
        across, within, mine = super().movers(faults, origin)
        return across, Listening(within, self.heard), mine  # type: ignore[return-value]

    def of_files(self) -> dict[str, SetAttributes]:
        """What was set on files of the live tree, by name."""
        return {one.path.rpartition("/")[2]: one for one in self.heard if "/d ü/e%20" in one.path}


def test_an_equal_copy_has_no_attribute_of_a_file_set() -> None:
    world = Copied()
    assert world.backup("first")["files_copied"] == 0
    assert world.of_files() == {}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_of_each_file_only_what_differs_is_set() -> None:
    world = Copied()
    east, west = (MemoryNameNode(world.clusters[site]) for site in ("east", "west"))
    path = f"{ROOT}/d ü/e%20"
    west.set_times(f"{path} 1", 1_600_000_000_000)
    west.set_permission(f"{path} 2", 0o600)
    east.set_owner(f"{path} 3", "alice", "staff")
    east.set_replication(f"{path} 4", 3)
    east.set_acl(f"{path} 5", ("group::r--", "mask::rwx", "other::---", "user::rw-", "user:alice:rwx"))
    west.set_xattr(f"{path} 6", "user.theirs", b"x")
    assert world.backup("first")["files_copied"] == 0
    told = {
        name: {field for field in ("owner", "mode", "replication", "mtime_ms") if getattr(one, field) is not None}
        for name, one in world.of_files().items()
    }
    assert told == {
        "e%20 1": {"mtime_ms"}, "e%20 2": {"mode"}, "e%20 3": {"owner"}, "e%20 4": {"replication"}, "e%20 5": {"mode"},
    }  # fmt: skip
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
