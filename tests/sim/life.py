"""A life at random: users change the primary's tree and catalog, and runs die, lose answers and are taken over."""

from __future__ import annotations

import random
from contextlib import suppress

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.errors import DrError
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.chronicle import Chronicle, ChronicledWorld, beside
from sim.world import ROOT, protecting
from support.catalogs import Ddl
from support.history import History
from support.twin import TwinWriter

ASIDE = "/out side %"
WAREHOUSE = "/data/wh =#"
ONE_ROOT = protecting("hdfs: /data", "hive: bill")
TWO_ROOTS = protecting(f"hdfs: {ROOT}", f'hdfs: "{WAREHOUSE}"', "hive: bill")
WAYS = ("undisturbed", "death", "death after", "lost, not done", "lost, done", "taken over", "users at work", "pruned")


class Life:
    """One history of one service.

    Args:
        seed: The same even seed is the same life; with an odd one there are two roots, whose work goes on in threads,
            and which of two effects comes first can differ. Its ledger has a checkpoint every one to three entries, so
            what a run begins with was folded, written and read back.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self._chance = seed, random.Random(seed)
        policy, every = TWO_ROOTS if seed % 2 else ONE_ROOT, 1 + seed // 2 % 3
        self.world = world = ChronicledWorld(policy, checkpoint_every=every)
        east = world.clusters["east"]
        for path in (ROOT, WAREHOUSE):
            east.make_directory(path, 0o755, parents=True)
        beside(world)
        namenode = MemoryNameNode(east)
        self._tree = History(namenode, TwinWriter(east), ROOT, ASIDE, seed, namenode.truncate)
        self._ddl = Ddl(world.metastores["east"], seed, f"hdfs://east{WAREHOUSE}")
        self.chronicle = Chronicle(world)
        self.happened: dict[str, int] = dict.fromkeys(WAYS, 0)
        self._effects = 300

    def live(self, rounds: int) -> None:
        """Goes through so many runs; the last one is undisturbed."""
        for number in range(rounds):
            self.users(self._chance.randrange(9))
            self.chronicle.step(f"seed {self.seed}, round {number}: users were at work")
            self.run(f"run {number}", "undisturbed" if number == rounds - 1 else self._chance.choice(WAYS))

    def users(self, steps: int) -> None:
        """They change both; a metastore makes the directories of what is created, and somebody puts files there."""
        self.chronicle.loose |= bool(self.world.context().ledger.read().unfinished())
        self._tree.run(steps)
        self._ddl.run(steps)
        rows = read_all(self.world.metastores["east"], selection_of(["bill"])).values()
        east, writer = self.world.clusters["east"], TwinWriter(self.world.clusters["east"])
        for place in locations(rows):
            east.make_directory(place.path, 0o755, parents=True)
            if self._chance.random() < 0.5:
                writer.write(f"{place.path}/part {self._chance.randrange(2)}", self._chance.randbytes(20))

    def run(self, run: str, way: str) -> None:
        """One run under one disturbance, and what became of it."""
        at = self._chance.randrange(1, self._effects)
        if self._chance.random() < 0.5:  # where bytes are there and the live secondary changes
            at = round(self._effects * self._chance.uniform(0.5, 0.95))
        ended = "sealed"
        faults = self._faults(run, way, at)
        try:
            self.world.backup(run, faults, approve_deletions=True)
        except Died:
            ended = "died"
        except DrError as error:
            ended = f"{type(error).__name__}: {error}"
        self.world.host.dead.add(run)
        struck = way == "undisturbed" or faults.count >= at
        self.happened[way] += struck
        if struck and way == "taken over" and "drift" not in self.world.policy:
            # The last request of an overtaken worker may come after its successor's seal: a person says what then.
            self.world.policy += "drift: restore\n"
        if ended == "sealed":
            self._effects = max(20, faults.count)
        if way == "undisturbed":
            assert ended == "sealed", (self.seed, self.chronicle.done, ended)
        told = f"{run}: {way} at effect {at}" if struck else f"{run}: nothing happened to it"
        self.chronicle.step(f"{told}; {ended}", quiet=way == "undisturbed")

    def _faults(self, run: str, way: str, at: int) -> Faults:
        world = self.world

        def meanwhile() -> None:
            """Somebody else's work; it may be refused."""
            with suppress(DrError):
                if way == "taken over":
                    world.backup(f"{run}, successor", approve_deletions=True, takeover=True, reason="it is late")
                elif way == "users at work":
                    self.users(3)
                elif way == "pruned":
                    Prune(world.context()).run("by hand")
            world.host.name = run

        match way:
            case "undisturbed":
                return Faults()
            case "death" | "death after":
                return Faults(at=at, die=True, after=way == "death after")
            case "lost, not done" | "lost, done":
                return Faults(at=at, lose=True, after=way == "lost, done")
            case _:
                return Faults(at=at, first=meanwhile)
