"""What runs of services of many roots ask of the sites."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.domain.ledger import CHECKPOINT_EVERY
from hadoop_dr.ports.requests import AUDIT, DATA
from hadoop_dr.services.backup.stages import BackupStages
from sim.world import World, protecting


def many(roots: int) -> World:
    """A service of so many directories with two files each, whose first points are sealed."""
    names = [f"/data/r {number}+%" for number in range(roots)]
    world = World(policy=protecting(*[f"hdfs: {name}" for name in names]), checkpoint_every=CHECKPOINT_EVERY)
    for name in names:
        for directory in ("x", "ü d"):
            write(world.clusters["east"], f"{name}/{directory}", "part 0")
    world.backup("first")
    world.backup("second")
    return world


def write(cluster: MemoryCluster, directory: str, name: str, content: bytes = b"one") -> None:
    cluster.make_directory(directory, 0o755, parents=True)
    cluster.extend(cluster.make_file(f"{directory}/{name}", replication=1, block_size=1024, overwrite=True), content)

ZOOKEEPER = "read"
"""What the coordinator of a site is asked."""


class Asked:
    """What one run asked, by stage and site."""

    def __init__(self, world: World, run: str) -> None:
        world.host.name = run
        context = world.context()
        self.document = BackupStages(context, run, one_process=True).run_all()
        self.operations = context.tools.asked.by_operation()
        self.recorded = next(p for p in world.context().ledger.read().points.values() if p.run == run).sealed.summary

    def until_sealed(self) -> int:
        """Requests to HDFS and metastores up to the seal, without what looks for hidden changes and what moves data."""
        return sum(
            count
            for (stage, site, what), count in self.operations.items()
            if stage not in (AUDIT, "prune") and site != DATA and what != ZOOKEEPER
        )

    def trips(self) -> int:
        """Requests from the moment's stage to the seal that waited for one another."""
        return sum(self.document["requests"][stage]["trips"] for stage in ("moment", "plan", "place", "verify", "seal"))

    def of(self, operation: str, stage: str | None = None) -> int:
        """How often something was asked."""
        return sum(
            count for (at, _, what), count in self.operations.items() if what == operation and stage in (None, at)
        )
