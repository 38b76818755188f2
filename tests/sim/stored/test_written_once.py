"""No document of a point that counts is ever replaced, whoever sleeps before a write and wakes too late (I3, I6)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults, faulty_files
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.formats.manifest import MANIFEST_FILE
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.mover import Mover
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.stored import documents
from sim.world import ROOT, TableWorld, protecting
from sim.written_files import put
from support.catalogs import database

STAGES = ("moment", "plan", "stage", "place", "verify")
NOTES = ("/changers/", "/lacking/")
"""Below these nothing is read but that it is there."""


class Watched:
    """The documents of one site; it is noted what was written under each name."""

    def __init__(self, inner: Files, written: dict[str, set[str]]) -> None:
        self._inner, self._written, self.site = inner, written, inner.site

    def put(self, path: str, content: bytes) -> None:
        self._inner.put(path, content)
        self._note(path, content)

    def append_new(self, path: str, content: bytes) -> bool:
        made = self._inner.append_new(path, content)
        if made:
            self._note(path, content)
        return made

    def _note(self, path: str, content: bytes) -> None:
        if "/points/" in path and not any(note in path for note in NOTES):
            self._written[f"{self.site}:{path.partition('/points/')[2]}"].add(hashlib.sha256(content).hexdigest())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Archive(TableWorld):
    """A world that notes what was written under the name of each document of a point."""

    def __post_init__(self) -> None:
        self.written = defaultdict[str, set[str]](set)
        super().__post_init__()

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites with their documents watched; only what is done to documents counts as an effect."""
        return {
            name: replace(side, files=faulty_files(cast(Files, Watched(side.files, self.written)), faults))
            for name, side in super().sides(Faults()).items()
        }

    def movers(self, faults: Faults, origin: str) -> tuple[Mover, Mover, Mover]:
        """Movers without faults."""
        return super().movers(Faults(), origin)

    def replaced(self) -> list[str]:
        """Documents that somebody wrote anew with another content.

        The source's copy of a plan follows the secondary's, which alone counts until its digest is in the ledger.
        """
        twice = (name for name, contents in self.written.items() if len(contents) > 1)
        return sorted(name for name in twice if not (name.startswith("east:") and name.endswith(MANIFEST_FILE)))


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables lie beside the manifest, as large ones do."""
    monkeypatch.setattr(documents, "INSIDE_BYTES", -1)


@cache
def changed() -> Archive:
    """A sealed point, and since then a change of every kind."""
    world = Archive(protecting("hive: bill", f"hdfs: {ROOT}") + "drift: restore\n")
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/d/e ü", 0o755, parents=True)
    for number in range(3):
        put(east, f"{ROOT}/d/p {number}%", b"old %d" % number)
    world.create("t 1")
    world.create("goes =")
    world.backup("first")
    put(east, f"{ROOT}/d/p 1%", b"new")
    put(east, f"{ROOT}/new=", b"new")
    east.rename(f"{ROOT}/d/e ü", f"{ROOT}/e 2+")
    east.delete(f"{ROOT}/d/p 2%", recursive=False)
    world.create("t 2")
    world.metastores["east"].drop(world.metastores["east"].tables("bill", ["goes ="]))
    return world


def users(world: Archive) -> None:
    """They go on in between."""
    put(world.clusters["east"], f"{ROOT}/d/p 0%", b"newer")
    world.create("t later #")
    world.metastores["west"].create([database("theirs", "hdfs://west/theirs")])


def carry(world: Archive, *stages: str, try_no: int = 1, faults: Faults | None = None) -> None:
    for stage in stages:
        process = world.stages("run", try_no, faults)
        if stage == "stage":
            for shard in range(world.stages("run", try_no).plan()["shards"]):
                process.stage(shard)
        else:
            getattr(process, stage)()


def begun(until: str) -> Archive:
    world = changed().clone()
    world.host.name = "run"
    world.stages("run").preflight()
    carry(world, *STAGES[: STAGES.index(until)])
    if until == "verify":  # somebody else is at work there, too: found, kept, undone
        put(world.clusters["west"], f"{ROOT}/new=", b"foreign")
        put(world.clusters["west"], f"{ROOT}/foreign ü", b"f")
    return world


def as_sealed(world: Archive, at: object) -> None:
    """The newest point has on both sites the same, and nothing that counts was written twice."""
    point = world.context().ledger.read().newest_sealed()
    assert point is not None, at
    for root in point.taken.roots:
        names = (point.snapshots_on(site)[root].name for site in ("east", "west"))
        first, second = (world.tree(site, f"{root}/.snapshot/{name}") for site, name in zip(("east", "west"), names,
                                                                                           strict=True))
        assert first == second, at
    assert world.replaced() == [], at


def effects_of(stage: str) -> int:
    world, faults = begun(stage), Faults()
    carry(world, stage, faults=faults)
    return faults.count


GOES_ON = [
    ("moment", 1), ("moment", 3), ("plan", 1), ("plan", 2), ("plan", 4), ("stage", 2), ("place", 1), ("verify", 1),
]  # fmt: skip
"""Where the sleeper is, and how many stages a later try carries out meanwhile."""


@pytest.mark.parametrize(("stage", "goes_on"), GOES_ON)
def test_a_try_that_wakes_after_a_later_one_went_on_replaces_no_document(stage: str, goes_on: int) -> None:
    first = STAGES.index(stage)
    for at in range(1, effects_of(stage) + 1):
        world = begun(stage)

        def meanwhile(world: Archive = world) -> None:
            users(world)
            with suppress(DrError):
                carry(world, *STAGES[first : first + goes_on], try_no=2)

        with suppress(DrError):
            carry(world, stage, faults=Faults(at=at, first=meanwhile))
        carry(world, *STAGES[first:], try_no=3)
        assert world.stages("run", 3).seal()["state"] == "sealed", at
        as_sealed(world, (stage, at))


def successor(world: Archive, until: str) -> None:
    """Another run takes the service over and carries the point on: to a stage, or to the seal of it."""
    world.host.name = "successor"
    with suppress(Died):
        world.stages("successor", faults=Faults(at=HALF_WAY.get(until, 0), die=True)).run_all(
            takeover=True, reason="it stood still"
        )
    world.host.name = "run"


HALF_WAY = {"half way": 12}


@pytest.mark.parametrize("until", ["half way", "sealed"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_wakes_after_it_was_taken_over_replaces_no_document(stage: str, until: str) -> None:
    for at in range(1, effects_of(stage) + 1, 2 if stage == "verify" else 1):
        world = begun(stage)

        def meanwhile(world: Archive = world) -> None:
            users(world)
            successor(world, until)

        with suppress(DrError):
            carry(world, stage, faults=Faults(at=at, first=meanwhile))
        world.host.dead |= {"run", "successor"}
        assert world.backup("next", takeover=True, reason="died")["state"] == "sealed", at
        as_sealed(world, (stage, at))
