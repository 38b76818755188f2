"""A worker that sleeps before any effect of a run, and wakes in the middle of what its successor does (I2, I3, I6).

The successor took the service over and is itself about to have an effect, whichever it is, when the sleeper wakes and
goes on until it notices. All of it with directories and tables, and every promise is asked for afterwards.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults, faulty_namenode
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.ports.files import ASIDE, Files
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.stored import documents as points
from sim.chronicle import Chronicle, ChronicledWorld
from sim.half_done import lived_in
from sim.in_step import in_step
from sim.world import ROOT
from support.thinned import THOROUGH, thinned
from support.twin import TwinWriter

PATIENCE_S = 120
SERVICE = "/.hadoop-dr/east-west/services/billing/points"


class VisitedWorld(ChronicledWorld):
    """A pair whose secondary somebody else may change whenever a run is about to look at what it placed.

    Attributes:
        visitors: Whether anybody does.
    """

    visitors = False

    def __post_init__(self) -> None:
        self.visited = set[tuple[str, str]]()
        super().__post_init__()

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites; the secondary's name space is visited, and whoever writes documents there may sleep before."""
        sides = super().sides(faults)
        files = sides["west"].files
        return {
            **sides,
            "west": replace(
                sides["west"],
                namenode=faulty_namenode(Visited(self), faults),
                files=cast(Files, Slept(files, faults)) if isinstance(faults, BeforeWrite) else files,
            ),
        }


@dataclass(slots=True)
class BeforeWrite(Faults):
    """Sleeps also before a document of a point is written.

    Attributes:
        before: Number of the document, from 1; 0 before none.
        written: Documents so far.
    """

    before: int = 0
    written: int = 0


class Slept:
    """The documents of the secondary."""

    def __init__(self, inner: Files, faults: BeforeWrite) -> None:
        self._inner, self._faults = inner, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def put(self, path: str, content: bytes) -> None:
        """Sleeps first, if it is the one."""
        if path.startswith(SERVICE):
            self._faults.written += 1
            if self._faults.written == self._faults.before and self._faults.first:
                self._faults.first()
        self._inner.put(path, content)


class Visited(MemoryNameNode):
    """The secondary's name space."""

    def __init__(self, world: VisitedWorld) -> None:
        super().__init__(world.clusters["west"])
        self._world = world

    def create_snapshot(self, path: str, name: str) -> None:
        """Somebody was there just before, once for each point and run."""
        world, visit = self._world, (name, self._world.host.name)
        if world.visitors and path == ROOT and name.endswith("Z") and visit not in world.visited:
            world.visited.add(visit)
            TwinWriter(self.cluster).write(f"{ROOT}/for eign {len(world.visited)} ü", b"not of the primary")
        super().create_snapshot(path, name)


@cache
def _made() -> VisitedWorld:
    world = lived_in(kind=VisitedWorld)
    world.policy += "drift: restore\n"  # the sleeper's last request may come after its successor's seal
    world.visitors = True
    return world


def cases() -> list[tuple[int, int, int]]:
    """A sleeper before each document it writes, else before some effect; its successor is before another effect."""
    counted, chance = BeforeWrite(), random.Random(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "INSIDE_BYTES", -1)
        _made().clone().backup("counted", counted)
    count, found = counted.count, list[tuple[int, int, int]]()
    for _ in range(20 if THOROUGH else 1):
        documents = range(1, counted.written + 1)
        asleep = [(document, 0, chance.randrange(count // 3, count + 20)) for document in documents]
        asleep += [(0, chance.randrange(1, count + 1), chance.randrange(1, count + 20)) for _ in range(10)]
        found += thinned(asleep, 2)
    return found


class Woven:
    """One worker that sleeps before an effect, and a successor during one of whose effects it wakes.

    Attributes:
        replaced: Documents of the successor's that were others, or gone, when the sleeper had come to its end.
    """

    def __init__(self, world: ChronicledWorld) -> None:
        self.world, self.replaced = world, list[str]()
        self._woken, self._over = threading.Event(), threading.Event()
        self._there: dict[str, bytes] = {}
        self.ended: dict[str, str] = {}

    def run(self, sleeps: Faults, wakes_at: int) -> None:
        """Both runs, each to its end."""

        def wake() -> None:
            self._there = dict(documents(self.world))
            self._woken.set()
            assert self._over.wait(PATIENCE_S)

        def succeed() -> None:
            self._backup("successor", Faults(at=wakes_at, first=wake), takeover=True, reason="it is late")
            self._woken.set()

        successor = threading.Thread(target=succeed)

        def sleep() -> None:
            successor.start()
            assert self._woken.wait(PATIENCE_S)

        sleeps.first = sleep
        self._backup("sleeper", sleeps)
        after = dict(documents(self.world))
        self.replaced = [path for path, content in self._there.items() if after.get(path) != content]
        self._over.set()
        successor.join()

    def _backup(self, run: str, faults: Faults, **order: object) -> None:
        self.ended[run] = "no end"
        try:
            self.world.backup(run, faults, **order)
            self.ended[run] = "sealed"
        except DrError as error:
            self.ended[run] = f"{type(error).__name__}: {error}"


def documents(world: ChronicledWorld) -> Iterator[tuple[str, bytes]]:
    """Every document of points that counts: those on the secondary, but for what has no name yet, and for notes."""

    def below(path: str) -> Iterator[tuple[str, bytes]]:
        for name, node in list(world.clusters["west"].find(path).children.items()):
            if node.is_dir:
                yield from below(f"{path}/{name}")
            elif not name.startswith(ASIDE) and "/lacking/" not in path:
                yield f"{path}/{name}", node.content

    yield from below(SERVICE)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables lie beside the manifest, as large ones do."""
    monkeypatch.setattr(points, "INSIDE_BYTES", -1)


@pytest.mark.parametrize(("document", "effect", "wakes_at"), cases())
def test_a_sleeper_that_wakes_beside_its_successor_replaces_nothing_of_it_and_harms_no_point(
    document: int, effect: int, wakes_at: int
) -> None:
    world = _made().clone()
    chronicle, woven = Chronicle(world), Woven(world)
    woven.run(BeforeWrite(before=document, at=effect), wakes_at)
    assert woven.replaced == [], woven.ended
    world.host.dead |= {"sleeper", "successor"}
    chronicle.step(f"{woven.ended}")
    world.visitors = False
    with suppress(DrError):
        world.backup("next")
    assert world.backup("last")["state"] == "sealed"
    chronicle.step("went on", quiet=True)
    in_step(world)
